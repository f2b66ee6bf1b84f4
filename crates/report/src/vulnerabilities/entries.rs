//! Entries that our JSON documents about vulnerabilities share.

use plimsoll_model::{
    DatabaseFacts, Digest, FixState, NotAffectedReason, Package, Purl, Scope, Severity, SourcePackage,
    TreePath, UnknownReason, Verdict,
};
use serde::Serialize;

use super::newest;

/// Why a verdict is not "affected": a stable kebab-case name.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Reason {
    NotAffected(NotAffectedReason),
    Unknown(UnknownReason),
}

impl Reason {
    pub(crate) const fn of(verdict: Verdict) -> Option<Self> {
        match verdict {
            Verdict::Affected => None,
            Verdict::NotAffected(reason) => Some(Self::NotAffected(reason)),
            Verdict::Unknown(reason) => Some(Self::Unknown(reason)),
        }
    }
}

/// A package, as far as a finding about it has to say.
#[derive(Serialize)]
pub(crate) struct PackageEntry<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    version: &'a str,
    arch: Option<&'a str>,
    source: Option<&'a SourcePackage>,
    purl: Option<Purl>,
    place: Option<&'a TreePath>,
}

impl<'a> PackageEntry<'a> {
    pub(crate) fn of(package: &'a Package) -> Self {
        Self {
            kind: package.kind.as_str(),
            name: &package.name,
            version: &package.version,
            arch: package.arch.as_deref(),
            source: package.source.as_ref(),
            purl: crate::packages::purl(package),
            place: package.place.as_ref(),
        }
    }
}

/// The layer that brought a package.
#[derive(Serialize)]
pub(crate) struct LayerEntry<'a> {
    /// Its position in the image, the lowest 1.
    pub(crate) position: usize,
    pub(crate) digest: &'a Digest,
    pub(crate) instruction: Option<&'a str>,
    pub(crate) base: Option<bool>,
}

/// Where a statement holds.
#[derive(Serialize)]
pub(crate) struct ScopeEntry<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    distribution: Option<&'a str>,
    release: Option<&'a str>,
}

impl<'a> ScopeEntry<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self {
            kind: &scope.kind,
            distribution: scope.distribution.as_deref(),
            release: scope.release.as_deref(),
        }
    }
}

/// What the answer was made with.
#[derive(Serialize)]
pub(crate) struct DatabaseEntry<'a> {
    built_at: Option<&'a str>,
    newest: Option<&'a str>,
    feeds: Vec<FeedEntry<'a>>,
    known_exploited: u64,
    exploit_probabilities: u64,
}

#[derive(Serialize)]
struct FeedEntry<'a> {
    id: &'a str,
    source: &'a str,
    fetched_at: Option<&'a str>,
    newest: Option<&'a str>,
    kept_because: Option<&'a str>,
    advisories: u64,
    statements: u64,
    enrichments: u64,
    refused: u64,
    unreadable: u64,
    incomplete_because: Option<&'a str>,
}

impl<'a> DatabaseEntry<'a> {
    pub(crate) fn of(database: &'a DatabaseFacts) -> Self {
        Self {
            built_at: database.built_at.as_deref(),
            newest: newest(database),
            feeds: database
                .feeds
                .iter()
                .map(|feed| FeedEntry {
                    id: &feed.id,
                    source: &feed.source,
                    fetched_at: feed.fetched_at.as_deref(),
                    newest: feed.newest.as_deref(),
                    kept_because: feed.kept_because.as_deref(),
                    advisories: feed.advisories,
                    statements: feed.statements,
                    enrichments: feed.enrichments,
                    refused: feed.refused,
                    unreadable: feed.unreadable,
                    incomplete_because: feed.incomplete_because.as_deref(),
                })
                .collect(),
            known_exploited: database.known_exploited,
            exploit_probabilities: database.exploit_probabilities,
        }
    }
}

/// How bad a flaw is, as its publisher says it.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SeverityEntry<'a> {
    Cvss(&'a str),
    Word(&'a str),
}

impl<'a> SeverityEntry<'a> {
    pub(crate) fn of(severity: &'a Severity) -> Self {
        match severity {
            Severity::Cvss(vector) => Self::Cvss(vector),
            Severity::Word(word) => Self::Word(word),
        }
    }
}

/// The stable kebab-case name of what a publisher does about a flaw.
pub(crate) const fn fix_state(state: FixState) -> &'static str {
    match state {
        FixState::Ranges => "by-range",
        FixState::WillNotFix => "wont-fix",
        FixState::NotYetFixed => "not-yet",
        FixState::UnderInvestigation => "under-investigation",
        FixState::NotAffected => "not-affected",
    }
}
