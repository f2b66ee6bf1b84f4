//! Findings as JSON, schema `plimsoll/vulnerabilities/1`: the conclusion, the database it was
//! made with, everything known about each finding, and each package that nobody could judge. A
//! fact that is not known is `null`.

use std::io::{self, Write};

use plimsoll_model::{
    Coverage, CvssScore, DatabaseFacts, Digest, Finding, FindingSource, FixState, KnownExploited, NoCoverage,
    NotAffectedReason, Package, Purl, Scope, Severity, SourcePackage, TreePath, UnknownReason, Verdict,
};
use serde::Serialize;

use super::totals::Totals;
use super::words::{Remedy, state};
use super::{VulnerabilityList, newest};
use crate::buffer::Buffer;
use crate::json::{head, member, rows};

#[derive(Serialize)]
struct FindingEntry<'a> {
    id: &'a str,
    aliases: &'a [String],
    summary: Option<&'a str>,
    severity: &'static str,
    cvss: Option<f64>,
    epss: Option<Probability>,
    known_exploited: Option<&'a KnownExploited>,
    state: &'static str,
    reason: Option<Reason>,
    fix: Option<&'static str>,
    fixed_version: Option<&'a str>,
    disagreement: Option<&'a str>,
    lifted_by: Option<&'a str>,
    package: Option<PackageEntry<'a>>,
    version: &'a str,
    layer: Option<LayerEntry<'a>>,
    evidence: Option<&'a TreePath>,
    sources: Vec<SourceEntry<'a>>,
}

#[derive(Serialize)]
struct Probability {
    probability: f64,
    percentile: f64,
}

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

#[derive(Serialize)]
pub(crate) struct LayerEntry<'a> {
    /// Its position in the image, the lowest 1.
    pub(crate) position: usize,
    pub(crate) digest: &'a Digest,
    pub(crate) instruction: Option<&'a str>,
    pub(crate) base: Option<bool>,
}

#[derive(Serialize)]
struct SourceEntry<'a> {
    feed: &'a str,
    advisory: &'a str,
    scope: ScopeEntry<'a>,
    fix_state: &'static str,
    state: &'static str,
    reason: Option<Reason>,
    range: &'a str,
    fixed_version: Option<&'a str>,
    severities: Vec<SeverityEntry<'a>>,
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
                })
                .collect(),
            known_exploited: database.known_exploited,
            exploit_probabilities: database.exploit_probabilities,
        }
    }
}

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

#[derive(Serialize)]
struct CoverageEntry<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    scope: &'a str,
    packages: u64,
    judged: u64,
    feeds: &'a [String],
    unknown: Vec<UnknownEntry>,
}

#[derive(Serialize)]
struct UnknownEntry {
    reason: &'static str,
    detail: String,
    packages: u64,
}

#[derive(Serialize)]
struct UnjudgedEntry<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    version: &'a str,
    reason: &'static str,
    detail: String,
}

/// The stable kebab-case name of a reason.
const fn code(reason: &NoCoverage) -> &'static str {
    match reason {
        NoCoverage::NoFeed => "no-feed",
        NoCoverage::FeedEmpty(_) => "feed-empty",
        NoCoverage::FeedTooOld { .. } => "feed-too-old",
        NoCoverage::FeedAgeUnknown(_) => "feed-age-unknown",
        NoCoverage::DistributionUnknown => "distribution-unknown",
        NoCoverage::ReleaseUnknown => "release-unknown",
        NoCoverage::ReleaseNotCovered(_) => "release-not-covered",
        NoCoverage::VersionUnparsable => "version-unparsable",
        NoCoverage::NoVersionOrder => "no-version-order",
        NoCoverage::DatabaseDamaged => "database-damaged",
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

/// A score as a number: both sides of the division are exact, so it prints with one decimal.
fn score(score: CvssScore) -> f64 {
    f64::from(score.0) / 10.0
}

fn fraction(hundred_thousandths: u32) -> f64 {
    f64::from(hundred_thousandths) / 100_000.0
}

pub(super) fn write(list: &VulnerabilityList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (analysis, answer) = (list.analysis, list.answer);
    let mut out = Buffer::new(out);
    head(&mut out, "plimsoll/vulnerabilities/1", analysis);
    member(&mut out, "distribution", &analysis.distribution);
    member(&mut out, "conclusion", &answer.conclusion());
    member(&mut out, "summary", &super::facts::headline(list));
    let totals = Totals::of(answer);
    member(&mut out, "totals", &totals);
    out.text(",\n\"severities\": {");
    for (position, (level, findings, fixable)) in totals.severities.iter().enumerate() {
        let comma = if position == 0 { "" } else { "," };
        out.text(&format!("{comma}\"{level}\":{{\"affected\":{findings},\"fixable\":{fixable}}}"));
    }
    out.text("}");
    member(&mut out, "database", &DatabaseEntry::of(&answer.database));
    member(&mut out, "advisory_problems", &answer.problems);
    out.text(",\n\"coverage\": [");
    let coverage = answer.coverage.iter().map(|summary| CoverageEntry {
        kind: &summary.kind,
        scope: &summary.scope,
        packages: summary.packages,
        judged: summary.judged,
        feeds: &summary.feeds,
        unknown: summary
            .unknown
            .iter()
            .map(|(reason, packages)| UnknownEntry {
                reason: code(reason),
                detail: reason.to_string(),
                packages: *packages,
            })
            .collect(),
    });
    rows(&mut out, coverage)?;
    out.text(",\n\"unjudged\": [");
    let unjudged = answer.packages.iter().zip(&analysis.packages).filter_map(|(coverage, package)| {
        let Coverage::Unknown(reason) = coverage else { return None };
        Some(UnjudgedEntry {
            kind: package.kind.as_str(),
            name: &package.name,
            version: &package.version,
            reason: code(reason),
            detail: reason.to_string(),
        })
    });
    rows(&mut out, unjudged)?;
    member(&mut out, "statements_set_aside", &answer.set_aside);
    out.text(",\n\"findings\": [");
    rows(&mut out, list.findings().map(|finding| entry(list, finding)))?;
    out.text("\n}\n");
    out.finish()
}

fn entry<'a>(list: &VulnerabilityList<'a>, finding: &'a Finding) -> FindingEntry<'a> {
    FindingEntry {
        id: &finding.id,
        aliases: &finding.aliases,
        summary: finding.summary.as_deref(),
        severity: finding.severity.word(),
        cvss: finding.cvss.map(score),
        epss: finding.exploit_probability.map(|probability| Probability {
            probability: fraction(probability.score),
            percentile: fraction(probability.percentile),
        }),
        known_exploited: finding.known_exploited.as_ref(),
        state: state(finding.verdict),
        reason: Reason::of(finding.verdict),
        fix: Remedy::of(finding).map(Remedy::word),
        fixed_version: finding.fixed_version.as_deref(),
        disagreement: finding.disagreement.as_deref(),
        lifted_by: finding.lifted_by.as_deref(),
        package: list.package(finding).map(PackageEntry::of),
        version: &finding.version,
        layer: list.layer(finding).map(|(position, layer)| LayerEntry {
            position,
            digest: &layer.digest,
            instruction: layer.instruction.as_deref(),
            base: list.is_base(finding),
        }),
        evidence: finding.evidence.as_ref(),
        sources: finding.sources.iter().map(source).collect(),
    }
}

fn source(source: &FindingSource) -> SourceEntry<'_> {
    SourceEntry {
        feed: &source.feed,
        advisory: &source.advisory,
        scope: ScopeEntry::of(&source.scope),
        fix_state: fix_state(source.state),
        state: state(source.verdict),
        reason: Reason::of(source.verdict),
        range: &source.range,
        fixed_version: source.fixed_version.as_deref(),
        severities: source.severities.iter().map(SeverityEntry::of).collect(),
    }
}
