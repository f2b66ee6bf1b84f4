//! The strings of JSON that may be secrets, and where they stand in the text.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::client_file::is_password;
use super::rule::{Match, Text};

/// The most strings of a JSON file that are looked for in its text without being there, because they
/// are written with escapes. Each costs a look at all of the text.
const MAX_MISSED: usize = 64;

/// Gathers the strings of JSON whose keys are wanted, in their order and without building up what
/// lies around them.
struct JsonStrings<'a> {
    wanted: &'a dyn Fn(&str) -> bool,
    is_wanted: bool,
    found: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for JsonStrings<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonStrings<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if self.is_wanted {
            self.found.push(text.to_owned());
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while entries
            .next_element_seed(JsonStrings { wanted: self.wanted, is_wanted: false, found: self.found })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(key) = members.next_key::<String>()? {
            let is_wanted = (self.wanted)(&key);
            members.next_value_seed(JsonStrings { wanted: self.wanted, is_wanted, found: self.found })?;
        }
        Ok(())
    }

    crate::passed_over::pass_over_scalars!();
}

/// Where the strings of JSON whose keys are wanted stand in the text. A value that is written
/// with escapes is told at the beginning of the text. Of a document that breaks off, what comes
/// before that counts.
pub(super) fn json_values(text: &Text<'_>, wanted: &dyn Fn(&str) -> bool) -> Vec<Match> {
    let mut found = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(text.content);
    let _ = JsonStrings { wanted, is_wanted: false, found: &mut found }.deserialize(&mut deserializer);
    let (mut from, mut missed) = (0, 0);
    found
        .iter()
        .filter(|secret| is_password(secret.as_bytes()))
        .map(|secret| {
            // What JSON escapes ends the part that can be looked for.
            let plain = secret.split(['\n', '\r', '\t', '"', '\\']).next().unwrap_or_default();
            let place = (!plain.is_empty() && missed < MAX_MISSED)
                .then(|| memchr::memmem::find(text.from(from), plain.as_bytes()))
                .flatten();
            match place {
                Some(place) => {
                    let start = from + place;
                    from = start + plain.len();
                    Match::hidden(start, from)
                }
                None => {
                    missed += 1;
                    Match::hidden(0, 1)
                }
            }
        })
        .collect()
}
