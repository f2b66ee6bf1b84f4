//! Findings as JSON, schema `plimsoll/vulnerabilities/1`: the conclusion, the database it was
//! made with, everything known about each finding, and each package that nobody could judge. A
//! fact that is not known is `null`.

use std::io::{self, Write};

use plimsoll_model::{
    Coverage, CvssScore, FeedCoverage, Finding, FindingSource, KnownExploited, NoCoverage, TreePath,
};
use serde::Serialize;

use super::VulnerabilityList;
use super::entries::{DatabaseEntry, LayerEntry, PackageEntry, Reason, ScopeEntry, SeverityEntry, fix_state};
use super::totals::Totals;
use super::words::{Remedy, state};
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

#[derive(Serialize)]
struct CoverageEntry<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    scope: &'a str,
    packages: u64,
    judged: u64,
    part_of_others: u64,
    feeds: &'a [FeedCoverage],
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
        NoCoverage::GroupUnknown => "group-unknown",
        NoCoverage::DatabaseDamaged => "database-damaged",
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
    member(&mut out, "end_of_life", &answer.end_of_life);
    member(&mut out, "database", &DatabaseEntry::of(&answer.database));
    member(&mut out, "advisory_problems", &answer.problems);
    out.text(",\n\"coverage\": [");
    let coverage = answer.coverage.iter().map(|summary| CoverageEntry {
        kind: &summary.kind,
        scope: &summary.scope,
        packages: summary.packages,
        judged: summary.judged,
        part_of_others: summary.part_of_others,
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
    member(&mut out, "attached_vex", &answer.attached_vex);
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
