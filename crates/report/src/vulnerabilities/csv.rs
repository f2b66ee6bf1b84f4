//! Findings as RFC 4180 rows. The first eight columns are fixed; what is new goes to the end.
//!
//! | column | content |
//! |---|---|
//! | state | `affected`, `not-affected` (a VEX statement, an ignore entry or the distribution lifts the finding), `unknown`, `no-data` |
//! | layer | digest of the layer that brought the package |
//! | fix | `fixed`, `not-yet`, `wont-fix`; empty where the package is not known to be affected and no fix is named |
//! | reason | why the state is `not-affected` or `unknown`, and who says so |
//! | cvss, epss, epss_percentile | a score of 0.0 to 10.0, and two fractions of 1 |
//! | kev | the day on which it was listed as exploited, or `yes`; `ransomware` behind it where so |
//! | aliases, feeds | separated by semicolons |
//! | from | `base` where the layer is one of the base image, `own` where not, either with a question mark where that is but probable, empty where nobody knows |
//!
//! Where nobody could judge packages, a row without an id says so for each kind of package and reason,
//! in the state `no-data`: a document without any row is that of a clean image alone.

use std::io::{self, Write};

use super::VulnerabilityList;
use super::words::{Remedy, exploited, fraction, reason, state};
use crate::buffer::Buffer;
use crate::csv::row;
use crate::units::counted;

/// The columns, in their order.
pub const HEADER: [&str; 23] = [
    "id",
    "severity",
    "type",
    "package",
    "installed",
    "fixed",
    "state",
    "layer",
    "fix",
    "reason",
    "cvss",
    "epss",
    "epss_percentile",
    "kev",
    "aliases",
    "feeds",
    "arch",
    "source",
    "purl",
    "evidence",
    "place",
    "from",
    "summary",
];

/// The state of packages that nobody could judge.
const NO_DATA: &str = "no-data";

pub(super) fn write(list: &VulnerabilityList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    row(&mut out.bytes, &HEADER);
    for finding in list.findings() {
        let package = list.package(finding);
        let text = |text: Option<String>| text.unwrap_or_default();
        let probability = finding.exploit_probability;
        let mut feeds: Vec<&str> = finding.sources.iter().map(|source| source.feed.as_str()).collect();
        feeds.dedup();
        row(
            &mut out.bytes,
            &[
                &finding.id,
                finding.severity.word(),
                package.map(|package| package.kind.as_str()).unwrap_or_default(),
                package.map(|package| package.name.as_str()).unwrap_or_default(),
                &finding.version,
                finding.fixed_version.as_deref().unwrap_or_default(),
                state(finding.verdict),
                &text(list.layer(finding).map(|(_, layer)| layer.digest.to_string())),
                Remedy::of(finding).map(Remedy::word).unwrap_or_default(),
                &text(reason(finding)),
                &text(finding.cvss.map(|score| score.to_string())),
                &text(probability.map(|probability| fraction(probability.score))),
                &text(probability.map(|probability| fraction(probability.percentile))),
                &text(finding.known_exploited.as_ref().map(exploited)),
                &finding.aliases.join(";"),
                &feeds.join(";"),
                package.and_then(|package| package.arch.as_deref()).unwrap_or_default(),
                &text(package.and_then(|package| package.source.as_ref()).map(|source| source.name.clone())),
                &text(package.and_then(crate::packages::purl).map(|purl| purl.to_string())),
                &text(finding.evidence.as_ref().map(ToString::to_string)),
                &text(package.and_then(|package| package.place.as_ref()).map(ToString::to_string)),
                crate::place::whose(list.analysis, finding.layer),
                finding.summary.as_deref().unwrap_or_default(),
            ],
        );
        out.end_row()?;
    }
    for line in &list.answer.coverage {
        for (reason, packages) in &line.unknown {
            let reason = format!("{}: {reason}", counted(*packages, "package"));
            let mut fields = [""; HEADER.len()];
            (fields[2], fields[6], fields[9]) = (&line.kind, NO_DATA, &reason);
            row(&mut out.bytes, &fields);
            out.end_row()?;
        }
    }
    if list.answer.coverage.is_empty() {
        let mut fields = [""; HEADER.len()];
        (fields[6], fields[9]) = (NO_DATA, "there is no installed package to judge");
        row(&mut out.bytes, &fields);
    }
    out.finish()
}
