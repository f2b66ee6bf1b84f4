//! The compiled database: one file that never changes once it is written.
//!
//! [`DatabaseBuilder`] takes advisories in any number and writes one file in one go, in bounded
//! memory. [`Database`] opens it by reading its head; everything else is read when it is asked
//! for, each part checked by its checksum. A new database is put in the place of an old one by
//! renaming; whoever reads the old one goes on reading it.
//!
//! Tables find things: names of packages (per kind and distribution) their statements,
//! ids and aliases their advisories, CVE ids what is known about their exploitation, and releases of
//! distributions until when they get fixes.

mod builder;
mod change;
mod error;
mod file;
mod name;
mod row;
mod sorter;
mod table;
#[cfg(test)]
mod tests;
mod texts;

use std::fs::File;
use std::path::Path;

use plimsoll_model::{
    Advisory, DatabaseFacts, EndOfLife, ExploitProbability, FeedFacts, KnownExploited, NameKind,
};
use serde::{Deserialize, Serialize};

pub use builder::{Built, DatabaseBuilder, FeedHandle, FeedOrigin};
pub use change::{changed_exploitation, changed_names};
pub use error::{BuildError, DatabaseError};
pub use name::normal_name;
pub use row::{PackageKey, RowEnd, RowRange, StatementRow, Statements};

use file::{Place, Source};
use table::Table;
use texts::Texts;

/// What stands at the end of the file and is read first.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    facts: DatabaseFacts,
    advisories: u32,
    texts: Place,
    names: Place,
    ids: Place,
    exploited: Place,
    probabilities: Place,
    lifecycles: Place,
}

/// Where the statements of a name lie: a value of the table of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct GroupPlace {
    place: Place,
    /// Length once unpacked; `None` where it is stored as it is.
    unpacked: Option<u32>,
    /// Sum of the fingerprints of its statements: what [`changed_names`] compares.
    fingerprint: u64,
}

/// What is known about the exploitation of a flaw.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exploitation {
    /// Its entry in the catalogue of exploited flaws.
    pub known_exploited: Option<KnownExploited>,
    /// How likely it is to be exploited.
    pub probability: Option<ExploitProbability>,
}

impl Exploitation {
    /// Of two ids of one flaw: the first entry there is, and the higher probability.
    pub fn join(&mut self, other: Self) {
        self.known_exploited = self.known_exploited.take().or(other.known_exploited);
        self.probability = self.probability.max(other.probability);
    }
}

/// An open database. It may be read by many threads at once.
#[derive(Debug)]
pub struct Database {
    source: Source,
    facts: DatabaseFacts,
    advisories: u32,
    texts: Texts,
    names: Table,
    ids: Table,
    exploited: Table,
    probabilities: Table,
    lifecycles: Table,
}

impl Database {
    /// Opens a file.
    ///
    /// # Errors
    /// [`DatabaseError`] where it cannot be opened, is none, or is damaged at its end.
    pub fn open(path: &Path) -> Result<Self, DatabaseError> {
        let error = |source| DatabaseError::Open { path: path.to_owned(), source };
        let file = File::open(path).map_err(error)?;
        let length = file.metadata().map_err(error)?.len();
        Self::read(Source::File(file, length))
    }

    /// Reads a database from memory.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, DatabaseError> {
        Self::read(Source::Bytes(bytes))
    }

    fn read(source: Source) -> Result<Self, DatabaseError> {
        let head: Head = postcard::from_bytes(&file::read_head(&source)?)
            .map_err(|_| DatabaseError::Damaged { part: "its head", fault: "cannot be decoded" })?;
        Ok(Self {
            texts: Texts::open(&source, head.texts)?,
            names: Table::open(&source, head.names, "the table of names")?,
            ids: Table::open(&source, head.ids, "the table of ids")?,
            exploited: Table::open(&source, head.exploited, "the table of exploited flaws")?,
            probabilities: Table::open(&source, head.probabilities, "the table of probabilities")?,
            lifecycles: Table::open(&source, head.lifecycles, "the table of releases")?,
            facts: head.facts,
            advisories: head.advisories,
            source,
        })
    }

    /// What it holds.
    #[must_use]
    pub const fn facts(&self) -> &DatabaseFacts {
        &self.facts
    }

    /// Its feeds. A statement's feed is a position here.
    #[must_use]
    pub fn feeds(&self) -> &[FeedFacts] {
        &self.facts.feeds
    }

    /// How many advisories there are; they are numbered from 0.
    #[must_use]
    pub const fn advisories(&self) -> u32 {
        self.advisories
    }

    /// Bytes of the file.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.source.length()
    }

    /// The statements about a name, in any spelling, of a kind of package and a distribution.
    ///
    /// # Errors
    /// [`DatabaseError`] where the file cannot be read there.
    pub fn statements(
        &self,
        kind: &str,
        distribution: Option<&str>,
        name: &str,
        name_kind: NameKind,
    ) -> Result<Statements, DatabaseError> {
        self.statements_of(&PackageKey::new(kind, distribution, name, name_kind))
    }

    /// The statements under a key.
    ///
    /// # Errors
    /// [`DatabaseError`] where the file cannot be read there.
    pub fn statements_of(&self, key: &PackageKey) -> Result<Statements, DatabaseError> {
        let Some(key) = key.encode() else { return Ok(Statements::default()) };
        let groups = self.names.get(&self.source, &key)?;
        let chunks = groups.iter().map(|group| self.group(group)).collect::<Result<_, _>>()?;
        Ok(Statements { chunks })
    }

    fn group(&self, value: &[u8]) -> Result<Vec<u8>, DatabaseError> {
        let group = decode_group(value)?;
        let stored = self.source.part(group.place, "a group")?;
        group.unpacked.map_or(Ok(stored.clone()), |length| texts::unpack(&stored, length, "a group"))
    }

    /// The position of its feed and the text of an advisory, without its statements.
    ///
    /// # Errors
    /// [`DatabaseError`] where the file cannot be read there, or there is no such number.
    pub fn advisory(&self, number: u32) -> Result<(u16, Advisory), DatabaseError> {
        if number >= self.advisories {
            let fault = "names an advisory that is not there";
            return Err(DatabaseError::Damaged { part: "a group", fault });
        }
        self.texts.get(&self.source, number)
    }

    /// Numbers of the advisories that have this id, this alias, or collect it; sorted.
    ///
    /// # Errors
    /// [`DatabaseError`] where the file cannot be read there.
    pub fn advisories_named(&self, id: &str) -> Result<Vec<u32>, DatabaseError> {
        let values = self.ids.get(&self.source, id.to_ascii_uppercase().as_bytes())?;
        let damaged = DatabaseError::Damaged { part: "the table of ids", fault: "cannot be decoded" };
        let numbers: Option<Vec<u32>> =
            values.iter().map(|value| value.as_slice().try_into().ok().map(u32::from_le_bytes)).collect();
        let mut numbers = numbers.ok_or(damaged)?;
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }

    /// What the catalogue of exploited flaws says about a CVE.
    ///
    /// # Errors
    /// [`DatabaseError`] where the file cannot be read there.
    pub fn known_exploited(&self, cve: &str) -> Result<Option<KnownExploited>, DatabaseError> {
        self.lookup(&self.exploited, cve.to_ascii_uppercase().as_bytes())
    }

    /// How likely a CVE is to be exploited.
    ///
    /// # Errors
    /// [`DatabaseError`] where the file cannot be read there.
    pub fn exploit_probability(&self, cve: &str) -> Result<Option<ExploitProbability>, DatabaseError> {
        self.lookup(&self.probabilities, cve.to_ascii_uppercase().as_bytes())
    }

    /// Until when a release of a distribution gets fixes. `distribution` is its `ID` in os-release;
    /// `release` its `VERSION_ID`, of which the last numbers may be more than the publisher's
    /// dates are for (`9.4` is a `9`, `3.20.3` a `3.20`), or its codename.
    ///
    /// # Errors
    /// [`DatabaseError`] where the file cannot be read there.
    pub fn end_of_life(&self, distribution: &str, release: &str) -> Result<Option<EndOfLife>, DatabaseError> {
        let mut release = release;
        loop {
            if let Some(dates) = self.lookup(&self.lifecycles, &lifecycle_key(distribution, release))? {
                return Ok(Some(dates));
            }
            match release.rsplit_once('.') {
                Some((shorter, _)) => release = shorter,
                None => return Ok(None),
            }
        }
    }

    /// What a table that feeds share says of a key. Where several feeds speak of it, the one that
    /// stands first in [`crate::feed::ALL`] is believed, in whichever order they were loaded.
    fn lookup<T: serde::de::DeserializeOwned>(
        &self,
        table: &Table,
        key: &[u8],
    ) -> Result<Option<T>, DatabaseError> {
        let damaged = DatabaseError::Damaged { part: "a table of facts", fault: "cannot be decoded" };
        let values = table.get(&self.source, key)?;
        let entries: Result<Vec<(u16, T)>, _> =
            values.iter().map(|value| postcard::from_bytes(value)).collect();
        let rank = |feed: u16| {
            let id = self.feeds().get(usize::from(feed)).map_or("", |facts| facts.id.as_str());
            let name = id.split('/').next().unwrap_or(id);
            let place = crate::feed::ALL.iter().position(|known| known.doc().id == name);
            (place.unwrap_or(usize::MAX), id.to_owned())
        };
        let entries = entries.map_err(|_| damaged)?;
        Ok(entries.into_iter().min_by_key(|(feed, _)| rank(*feed)).map(|(_, entry)| entry))
    }

    /// Everything that is known about the exploitation of a CVE.
    ///
    /// # Errors
    /// [`DatabaseError`] where the file cannot be read there.
    pub fn exploitation(&self, cve: &str) -> Result<Exploitation, DatabaseError> {
        Ok(Exploitation {
            known_exploited: self.known_exploited(cve)?,
            probability: self.exploit_probability(cve)?,
        })
    }

    /// Reads and checks every part.
    ///
    /// # Errors
    /// The first [`DatabaseError`] there is.
    pub fn verify(&self) -> Result<(), DatabaseError> {
        self.names.scan(&self.source, |_, value| {
            let chunks = vec![self.group(value)?];
            Statements { chunks }.rows().map(|_| ())
        })?;
        for table in [&self.ids, &self.exploited, &self.probabilities, &self.lifecycles] {
            table.scan(&self.source, |_, _| Ok::<(), DatabaseError>(()))?;
        }
        (0..self.advisories).try_for_each(|number| self.texts.get(&self.source, number).map(|_| ()))
    }
}

fn decode_group(value: &[u8]) -> Result<GroupPlace, DatabaseError> {
    let fault = "cannot be decoded";
    postcard::from_bytes(value).map_err(|_| DatabaseError::Damaged { part: "the table of names", fault })
}

/// `distribution NUL release`, in lower case.
fn lifecycle_key(distribution: &str, release: &str) -> Vec<u8> {
    format!("{}\0{}", distribution.to_ascii_lowercase(), release.to_ascii_lowercase()).into_bytes()
}
