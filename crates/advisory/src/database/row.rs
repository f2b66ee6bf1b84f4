//! Statements as they are stored: what matching needs, and the number of the advisory for the
//! rest.

use plimsoll_model::{FixState, NameKind, RangeEnd, Statement};
use serde::{Deserialize, Serialize};

use super::error::DatabaseError;

/// One stored statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementRow<'a> {
    /// Number of its advisory in this database.
    pub advisory: u32,
    /// Position of its feed in this database.
    pub feed: u16,
    /// Whether the advisory was taken back.
    pub withdrawn: bool,
    /// The release that it is limited to.
    #[serde(borrow)]
    pub release: Option<&'a str>,
    /// Architectures that it is limited to; empty for all.
    #[serde(borrow)]
    pub architectures: Vec<&'a str>,
    /// The module stream that it is limited to.
    #[serde(borrow)]
    pub module: Option<&'a str>,
    /// The class of repositories that it is limited to.
    #[serde(borrow)]
    pub repository: Option<&'a str>,
    /// What becomes of the flaw.
    pub state: FixState,
    /// Affected versions as ranges.
    #[serde(borrow)]
    pub ranges: Vec<RowRange<'a>>,
    /// Affected versions one by one.
    #[serde(borrow)]
    pub versions: Vec<&'a str>,
}

/// A stored range of affected versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowRange<'a> {
    /// The first affected version; `None` for the very first there is.
    #[serde(borrow)]
    pub introduced: Option<&'a str>,
    /// Where it ends.
    #[serde(borrow)]
    pub end: RowEnd<'a>,
}

/// Where a stored range ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RowEnd<'a> {
    /// The first version that is not affected any more.
    Fixed(&'a str),
    /// The last affected version.
    LastAffected(&'a str),
    /// Nobody knows an end.
    Open,
}

impl<'a> StatementRow<'a> {
    pub(super) fn new(feed: u16, advisory: u32, withdrawn: bool, statement: &'a Statement) -> Self {
        let range = |range: &'a plimsoll_model::VersionRange| RowRange {
            introduced: range.introduced.as_deref(),
            end: match &range.end {
                RangeEnd::Fixed(version) => RowEnd::Fixed(version),
                RangeEnd::LastAffected(version) => RowEnd::LastAffected(version),
                RangeEnd::Open => RowEnd::Open,
            },
        };
        Self {
            advisory,
            feed,
            withdrawn,
            release: statement.scope.release.as_deref(),
            architectures: statement.architectures.iter().map(String::as_str).collect(),
            module: statement.module.as_deref(),
            repository: statement.repository.as_deref(),
            state: statement.state,
            ranges: statement.ranges.iter().map(range).collect(),
            versions: statement.versions.iter().map(String::as_str).collect(),
        }
    }
}

/// All statements about one name.
#[derive(Debug, Clone, Default)]
pub struct Statements {
    pub(super) chunks: Vec<Vec<u8>>,
}

impl Statements {
    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The statements, by feed and number of the advisory.
    ///
    /// # Errors
    /// [`DatabaseError::Damaged`] where they cannot be decoded.
    pub fn rows(&self) -> Result<Vec<StatementRow<'_>>, DatabaseError> {
        let mut rows = Vec::new();
        for chunk in &self.chunks {
            let mut rest = chunk.as_slice();
            while !rest.is_empty() {
                let (row, after) = postcard::take_from_bytes(rest)
                    .map_err(|_| DatabaseError::Damaged { part: "a group", fault: "cannot be decoded" })?;
                rows.push(row);
                rest = after;
            }
        }
        Ok(rows)
    }
}

/// What statements are found by: a name, which name it is, and where it is used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageKey {
    /// Purl type.
    pub kind: String,
    /// Distribution; `None` for registries of languages.
    pub distribution: Option<String>,
    /// Which name. Languages have one name only, and it counts as the installed package's.
    pub name_kind: NameKind,
    /// The name, in the form that all spellings of it share ([`super::normal_name`]).
    pub name: String,
}

impl PackageKey {
    /// The key of a name in any spelling.
    #[must_use]
    pub fn new(kind: &str, distribution: Option<&str>, name: &str, name_kind: NameKind) -> Self {
        Self {
            kind: kind.to_owned(),
            distribution: distribution.map(str::to_owned),
            name_kind: if distribution.is_none() { NameKind::Binary } else { name_kind },
            name: super::normal_name(kind, name).into_owned(),
        }
    }

    /// `kind NUL distribution NUL letter name`; `None` where a part holds a NUL.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let distribution = self.distribution.as_deref().unwrap_or_default();
        if [&self.kind, distribution, &self.name].iter().any(|part| part.contains('\0')) {
            return None;
        }
        let mut key = Vec::with_capacity(self.kind.len() + distribution.len() + self.name.len() + 3);
        key.extend_from_slice(self.kind.as_bytes());
        key.push(0);
        key.extend_from_slice(distribution.as_bytes());
        key.push(0);
        key.push(match self.name_kind {
            NameKind::Source => b's',
            NameKind::Binary => b'b',
        });
        key.extend_from_slice(self.name.as_bytes());
        Some(key)
    }

    pub(super) fn decode(key: &[u8]) -> Option<Self> {
        let mut parts = std::str::from_utf8(key).ok()?.splitn(3, '\0');
        let (kind, distribution, name) = (parts.next()?, parts.next()?, parts.next()?);
        let (letter, name) = name.split_at_checked(1)?;
        Some(Self {
            kind: kind.to_owned(),
            distribution: Some(distribution.to_owned()).filter(|text| !text.is_empty()),
            name_kind: if letter == "s" { NameKind::Source } else { NameKind::Binary },
            name: name.to_owned(),
        })
    }
}

/// A number that changes with the bytes: FNV-1a, then a finalising mix so that sums of it stay
/// well spread. It tells two states of a feed apart; it is no protection against forgery.
pub(super) fn fingerprint(parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut step = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    for part in parts {
        for byte in (part.len() as u64).to_le_bytes() {
            step(byte);
        }
        for byte in *part {
            step(*byte);
        }
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
