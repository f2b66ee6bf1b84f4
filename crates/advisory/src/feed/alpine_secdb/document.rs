//! The shape of a file of Alpine's security database, read so that one odd entry does not cost
//! the others.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};

use crate::feed::intake::Text;

/// One file.
#[derive(Deserialize)]
pub(super) struct Database {
    #[serde(default)]
    pub(super) distroversion: Text,
    #[serde(default)]
    pub(super) reponame: Text,
    #[serde(default)]
    pub(super) urlprefix: Text,
    pub(super) packages: Vec<Loose<Entry>>,
}

/// One package, wrapped as it is there.
#[derive(Deserialize)]
pub(super) struct Entry {
    #[serde(default)]
    pub(super) pkg: Loose<Package>,
}

/// One package.
#[derive(Deserialize)]
pub(super) struct Package {
    #[serde(default)]
    pub(super) name: Text,
    #[serde(default)]
    pub(super) secfixes: Loose<Fixes>,
}

/// A map that is read as `T`, or whatever else stands in its place.
#[derive(Default)]
pub(super) enum Loose<T> {
    /// Nothing, or an empty list, which is how some generators write an empty map.
    #[default]
    Missing,
    /// A map.
    Is(T),
    /// Something else.
    Other,
}

/// Versions with the lines of identifiers that they fix, in the file's order. A version may be
/// there twice, which a map would hide.
#[derive(Default)]
pub(super) struct Fixes {
    pub(super) versions: Vec<(String, Vec<String>)>,
    /// How many lines are no texts.
    pub(super) odd: u64,
}

impl<'de> Deserialize<'de> for Fixes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Versions;
        impl<'de> Visitor<'de> for Versions {
            type Value = Fixes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of versions")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fixes, A::Error> {
                let mut fixes = Fixes::default();
                while let Some(version) = map.next_key::<String>()? {
                    let Lines { texts, odd } = map.next_value()?;
                    fixes.odd += odd;
                    fixes.versions.push((version, texts));
                }
                Ok(fixes)
            }
        }
        deserializer.deserialize_map(Versions)
    }
}

/// A list of texts, or one alone.
#[derive(Default)]
struct Lines {
    texts: Vec<String>,
    odd: u64,
}

impl<'de> Deserialize<'de> for Lines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LinesVisitor)
    }
}

struct LinesVisitor;

impl LinesVisitor {
    fn odd<E>(self) -> Result<Lines, E> {
        Ok(Lines { odd: 1, ..Lines::default() })
    }
}

impl<'de> Visitor<'de> for LinesVisitor {
    type Value = Lines;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Lines, A::Error> {
        let mut lines = Lines::default();
        while let Some(Text(text)) = list.next_element()? {
            match text {
                Some(text) => lines.texts.push(text),
                None => lines.odd += 1,
            }
        }
        Ok(lines)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Lines, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.odd()
    }

    fn visit_str<E>(self, text: &str) -> Result<Lines, E> {
        Ok(Lines { texts: vec![text.to_owned()], odd: 0 })
    }

    fn visit_unit<E>(self) -> Result<Lines, E> {
        Ok(Lines::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Lines, E> {
        self.odd()
    }

    fn visit_i64<E>(self, _: i64) -> Result<Lines, E> {
        self.odd()
    }

    fn visit_u64<E>(self, _: u64) -> Result<Lines, E> {
        self.odd()
    }

    fn visit_f64<E>(self, _: f64) -> Result<Lines, E> {
        self.odd()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor(PhantomData))
    }
}

struct LooseVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for LooseVisitor<T> {
    type Value = Loose<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Loose<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Loose::Is)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Loose<T>, A::Error> {
        let mut empty = true;
        while list.next_element::<IgnoredAny>()?.is_some() {
            empty = false;
        }
        Ok(if empty { Loose::Missing } else { Loose::Other })
    }

    fn visit_unit<E>(self) -> Result<Loose<T>, E> {
        Ok(Loose::Missing)
    }

    fn visit_str<E>(self, _: &str) -> Result<Loose<T>, E> {
        Ok(Loose::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Loose<T>, E> {
        Ok(Loose::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Loose<T>, E> {
        Ok(Loose::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Loose<T>, E> {
        Ok(Loose::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Loose<T>, E> {
        Ok(Loose::Other)
    }
}
