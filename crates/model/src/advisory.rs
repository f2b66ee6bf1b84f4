//! Advisories: what publishers say about versions of packages, whatever form they say it in.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// What one publisher says under one id.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Advisory {
    /// The publisher's own id, such as `CVE-2024-1234`, `DSA-5700-1`, `ALSA-2024:1234`, `GHSA-…`.
    pub id: String,
    /// Other ids of the very same flaw.
    pub aliases: Vec<String>,
    /// Ids of the flaws that it collects or derives from: an erratum names its CVEs here.
    pub related: Vec<String>,
    /// One line.
    pub summary: Option<String>,
    /// How bad it is, in each of the ways that the publisher says it.
    pub severities: Vec<Severity>,
    /// When it was first published (RFC 3339, UTC).
    pub published: Option<String>,
    /// When it was last changed (RFC 3339, UTC).
    pub modified: Option<String>,
    /// When it was taken back, if it was (RFC 3339, UTC).
    pub withdrawn: Option<String>,
    /// Where to read more.
    pub references: Vec<String>,
    /// What it says about which packages.
    pub statements: Vec<Statement>,
}

/// How bad a flaw is, in one publisher's way of saying it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// A CVSS vector of version 2, 3.0, 3.1 or 4.0, as published.
    Cvss(String),
    /// A word of the publisher's own scale, lower case (`important`, `moderate`, `negligible`).
    Word(String),
}

/// Where a statement holds: in one release of a distribution, or in a language's registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// Purl type of the packages (`deb`, `rpm`, `apk`, `pypi`, …): their versions' order.
    pub kind: String,
    /// `ID` of the distribution as os-release writes it (`debian`, `almalinux`, `ol`); `None`
    /// for registries of languages.
    pub distribution: Option<String>,
    /// The release as far as the publisher tells it: `12`, `3.18`, `9`; `None` where the
    /// statement holds for every release.
    pub release: Option<String>,
}

/// Which name of a package a statement uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NameKind {
    /// The name of the source package: Debian's source, apk's origin.
    Source,
    /// The name of the installed package.
    Binary,
}

/// What becomes of a flaw in one package of one scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FixState {
    /// Fixed where the ranges end; where they do not end, not yet.
    Ranges,
    /// Affected, and the publisher says that it will not fix it.
    WillNotFix,
    /// Affected, and no fix is out yet.
    NotYetFixed,
    /// The publisher has not decided whether it is affected.
    UnderInvestigation,
    /// The publisher says that it is not affected.
    NotAffected,
}

/// What an advisory says about one package.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Statement {
    /// Where it holds.
    pub scope: Scope,
    /// The package, as its ecosystem writes it.
    pub name: String,
    /// Which of its names that is.
    pub name_kind: NameKind,
    /// Architectures it is limited to; empty for all.
    pub architectures: Vec<String>,
    /// rpm's modularity label (`name:stream`) that it is limited to; where it holds for each of
    /// several, they are separated by `|`.
    pub module: Option<String>,
    /// The publisher's class of repositories it is limited to (`eus`, `esm-apps`, `ksplice`).
    pub repository: Option<String>,
    /// What becomes of it.
    pub state: FixState,
    /// Versions that are affected, as ranges. Empty with no `versions` means: the state alone
    /// speaks, for every version.
    pub ranges: Vec<VersionRange>,
    /// Versions that are affected, one by one.
    pub versions: Vec<String>,
}

/// A range of affected versions, in the order of the scope's package type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VersionRange {
    /// The first affected version; `None` for the very first there is.
    pub introduced: Option<String>,
    /// Where it ends.
    pub end: RangeEnd,
}

/// Where a range of affected versions ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RangeEnd {
    /// This version is the first that is not affected any more.
    Fixed(String),
    /// This version is the last that is affected.
    LastAffected(String),
    /// Nobody knows an end.
    Open,
}

/// Until when a release of a distribution gets security fixes. Days are written `2026-06-10`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EndOfLife {
    /// The day that it was released on.
    pub released: Option<String>,
    /// The last day of the support that everybody gets.
    pub supported_until: Option<String>,
    /// Whether that support is over, where the publisher says so without a day.
    pub is_over: Option<bool>,
    /// Support beyond it, which somebody else gives or which costs something.
    pub further: Vec<FurtherSupport>,
}

/// Support of a release beyond the ordinary one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FurtherSupport {
    /// What its publisher calls it (`LTS`, `ESM`).
    pub name: String,
    /// Its last day.
    pub until: String,
}

impl EndOfLife {
    /// Whether the support that everybody gets is over on a day (`2026-07-01`, or a time that
    /// begins with one); `None` where nobody says.
    #[must_use]
    pub fn is_over_on(&self, day: &str) -> Option<bool> {
        let day = day.get(..10)?;
        self.supported_until.as_deref().map_or(self.is_over, |until| Some(until < day))
    }

    /// The last day of any support, and its name; `None` where no day is known.
    #[must_use]
    pub fn last_day(&self) -> Option<(&str, Option<&str>)> {
        let ordinary = self.supported_until.as_deref().map(|until| (until, None));
        let further =
            self.further.iter().map(|support| (support.until.as_str(), Some(support.name.as_str())));
        ordinary.into_iter().chain(further).max_by_key(|(until, _)| *until)
    }
}

/// The order of ids for lists: part by part, numbers by their value and before words, so that
/// CVE-2024-9 comes before CVE-2024-10.
#[must_use]
pub fn order_ids(left: &str, right: &str) -> Ordering {
    let (mut before, mut after) = (left.split('-'), right.split('-'));
    loop {
        let order = match (before.next(), after.next()) {
            (None, None) => return left.cmp(right),
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(one), Some(other)) => match (one.parse::<u64>(), other.parse::<u64>()) {
                (Ok(one), Ok(other)) => one.cmp(&other),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => one.cmp(other),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expect: &[&str]) {
        let mut ids: Vec<&str> = expect.iter().rev().copied().collect();
        ids.sort_by(|left, right| order_ids(left, right));
        assert_eq!(ids, expect);
    }

    #[test]
    fn numbers_in_ids_are_ordered_by_their_value() {
        check(&["CVE-2023-11", "CVE-2024-2", "CVE-2024-10", "CVE-2024-100", "GHSA-a", "GHSA-b"]);
        check(&["A-0000001", "A-1", "A-1-0000000002", "A-1-2", "A-1-3", "A-2", "A-1a"]);
        check(&["1", "2", "10", "", "1a"]);
    }
}
