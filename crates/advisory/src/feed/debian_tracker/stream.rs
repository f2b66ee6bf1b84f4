//! Reads the tracker's map of maps one flaw at a time, so that the whole of it is never in memory.

use std::fmt;
use std::io::{BufReader, Read};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Takes source package, id, and what is said about it.
type Take<'a> = dyn FnMut(&str, &str, Value) + 'a;

/// Reads the file up to a limit and hands on each flaw as soon as it is read. An error is where
/// the JSON itself ends to be JSON; everything before it has been handed on.
pub(super) fn read(bytes: &mut dyn Read, limit: u64, take: &mut Take<'_>) -> Result<(), serde_json::Error> {
    let reader = BufReader::with_capacity(1 << 18, bytes.take(limit));
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    Sources { take }.deserialize(&mut deserializer)?;
    deserializer.end()
}

/// The map of source packages.
struct Sources<'a, 'b> {
    take: &'a mut Take<'b>,
}

impl<'de> DeserializeSeed<'de> for Sources<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Sources<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of source packages")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(source) = map.next_key::<String>()? {
            map.next_value_seed(Flaws { source: &source, take: &mut *self.take })?;
        }
        Ok(())
    }
}

/// The flaws of one source package.
struct Flaws<'a, 'b> {
    source: &'a str,
    take: &'a mut Take<'b>,
}

impl<'de> DeserializeSeed<'de> for Flaws<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Flaws<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of flaws")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(id) = map.next_key::<String>()? {
            let value: Value = map.next_value()?;
            (self.take)(self.source, &id, value);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut empty = true;
        while list.next_element::<IgnoredAny>()?.is_some() {
            empty = false;
        }
        if !empty {
            (self.take)(self.source, "", Value::Null);
        }
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.odd()
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.odd()
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.odd()
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.odd()
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.odd()
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.odd()
    }
}

impl Flaws<'_, '_> {
    /// A source package whose flaws are no map: handed on as a flaw that says nothing, so that
    /// it becomes a problem.
    fn odd<E>(self) -> Result<(), E> {
        (self.take)(self.source, "", Value::Null);
        Ok(())
    }
}
