//! What a package.json says a package is entered by, as Node's documentation of packages has it.
//!
//! It is read as it streams by: built up in memory, hostile JSON takes eighty times its size.

use memchr::memmem;
use plimsoll_model::evidence::references::ReferenceKind;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::collection::Collection;

/// How deeply conditions of `exports` are followed; real ones nest four times at most.
const MAX_DEPTH: u32 = 16;

/// Members that name files, whether as text, as a map or as lists of these.
const ENTRIES: &[&str] = &["main", "module", "browser", "bin", "exports", "imports", "type"];

const SCRIPTS: &str = "scripts";

/// Scripts that a package is started by.
const STARTS: &[&str] = &["prestart", "start", "poststart"];

pub(super) fn read(content: &[u8], found: &mut Collection) {
    let json = content.strip_prefix(b"\xef\xbb\xbf".as_slice()).unwrap_or(content);
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let manifest = Manifest { content, places: [None; ENTRIES.len() + 1], found: &mut *found };
    if deserializer.deserialize_map(manifest).and_then(|()| deserializer.end()).is_err() {
        found.cut_short();
    }
}

/// The whole document.
struct Manifest<'a> {
    content: &'a [u8],
    /// Where the members of interest first stand, `scripts` last.
    places: [Option<usize>; ENTRIES.len() + 1],
    found: &'a mut Collection,
}

impl Manifest<'_> {
    fn place(&mut self, position: usize, name: &str) -> usize {
        let content = self.content;
        let find = || memmem::find(content, format!("\"{name}\"").as_bytes()).unwrap_or(0);
        self.places.get_mut(position).map_or(0, |place| *place.get_or_insert_with(find))
    }
}

impl<'de> Visitor<'de> for Manifest<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a manifest")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            if let Some((position, by)) = ENTRIES.iter().enumerate().find(|(_, entry)| **entry == name) {
                let at = self.place(position, by);
                let content = self.content;
                members.next_value_seed(Targets {
                    content,
                    at,
                    by,
                    depth: MAX_DEPTH,
                    only: None,
                    found: self.found,
                })?;
            } else if name == SCRIPTS {
                let at = self.place(ENTRIES.len(), SCRIPTS);
                let content = self.content;
                let only = Some(STARTS);
                members.next_value_seed(Targets {
                    content,
                    at,
                    by: SCRIPTS,
                    depth: 1,
                    only,
                    found: self.found,
                })?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// A member whose texts are targets, however they are nested.
struct Targets<'a> {
    content: &'a [u8],
    at: usize,
    by: &'static str,
    /// How much deeper it may go.
    depth: u32,
    /// The names of the members that count, where not all of them do.
    only: Option<&'static [&'static str]>,
    found: &'a mut Collection,
}

impl Targets<'_> {
    /// What lies in it, one level deeper.
    fn inner(&mut self) -> Targets<'_> {
        let Self { content, at, by, .. } = *self;
        Targets { content, at, by, depth: self.depth.saturating_sub(1), only: None, found: self.found }
    }
}

impl<'de> DeserializeSeed<'de> for Targets<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Targets<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E: Error>(self, target: &str) -> Result<(), E> {
        self.found.add(self.content, self.at, ReferenceKind::Directive, target.as_bytes(), self.by);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut values: A) -> Result<(), A::Error> {
        if self.depth == 0 {
            self.found.cut_short();
            while values.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        while values.next_element_seed(self.inner())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        if self.depth == 0 {
            self.found.cut_short();
            while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        while let Some(name) = members.next_key::<String>()? {
            if self.only.is_none_or(|names| names.contains(&name.as_str())) {
                members.next_value_seed(self.inner())?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    crate::passed_over::pass_over_scalars!();
}
