//! The known vulnerabilities of an image: `plimsoll vulns`.
//!
//! Totals, coverage and the line about the database are those of the whole answer; only the rows
//! are those that were selected. No document takes missing data for a clean image: each says
//! which packages nobody could judge, and why.

mod csv;
mod cyclonedx_vex;
pub(crate) mod entries;
pub(crate) mod facts;
mod html;
mod json;
mod markdown;
mod openvex;
pub(crate) mod sarif;
mod table;
mod totals;
pub(crate) mod words;

use std::cmp::Reverse;

use plimsoll_model::{Analysis, DatabaseFacts, Finding, Layer, Package, Verdict, Vulnerabilities, order_ids};

use crate::format::{Document, Format};
pub use csv::HEADER as CSV_COLUMNS;
pub(crate) use markdown::sign;
pub(crate) use table::colour;
pub use words::Remedy;
pub(crate) use words::address;

/// Findings about one image, chosen and in order.
#[derive(Debug, Clone)]
pub struct VulnerabilityList<'a> {
    /// The image.
    pub analysis: &'a Analysis,
    /// Everything that is known about its packages.
    pub answer: &'a Vulnerabilities,
    /// Which of the findings (indices into [`Vulnerabilities::findings`]), in the order to show.
    pub selected: Vec<usize>,
    /// The time of asking (RFC 3339), for the age of the data in documents for people. Formats
    /// for programs carry dates alone, so that the same image and database give the same bytes.
    pub now: Option<&'a str>,
    /// Columns of the terminal; `None` cuts nothing.
    pub width: Option<usize>,
}

impl<'a> VulnerabilityList<'a> {
    /// Every finding, the worst first: by severity, then exploited ones, then CVSS, then id and
    /// package. Findings that a VEX statement or an ignore entry lifts are among them: formats for
    /// people count them, formats for programs say so of each.
    #[must_use]
    pub fn new(analysis: &'a Analysis, answer: &'a Vulnerabilities) -> Self {
        let mut selected: Vec<usize> = (0..answer.findings.len()).collect();
        let worst =
            |finding: &Finding| Reverse((finding.severity, finding.known_exploited.is_some(), finding.cvss));
        selected.sort_by(|left, right| {
            let (Some(one), Some(other)) = (answer.findings.get(*left), answer.findings.get(*right)) else {
                return left.cmp(right);
            };
            worst(one)
                .cmp(&worst(other))
                .then_with(|| order_ids(&one.id, &other.id))
                .then_with(|| (one.package, left).cmp(&(other.package, right)))
        });
        Self { analysis, answer, selected, now: None, width: None }
    }

    /// The chosen findings.
    pub fn findings(&self) -> impl Iterator<Item = &'a Finding> {
        self.selected.iter().filter_map(|position| self.answer.findings.get(*position))
    }

    /// The chosen findings that are affected or undecided.
    fn open(&self) -> impl Iterator<Item = &'a Finding> {
        self.findings().filter(|finding| !matches!(finding.verdict, Verdict::NotAffected(_)))
    }

    fn package(&self, finding: &Finding) -> Option<&'a Package> {
        self.analysis.packages.get(finding.package as usize)
    }

    /// The layer that brought the package, counted from one.
    fn layer(&self, finding: &Finding) -> Option<(usize, &'a Layer)> {
        let position = finding.layer? as usize;
        Some((position + 1, self.analysis.layers.get(position)?))
    }

    /// Whether the layer that brought the package is one of the base image; `None` where nobody
    /// knows.
    fn is_base(&self, finding: &Finding) -> Option<bool> {
        crate::place::is_base(self.analysis, finding.layer)
    }
}

/// The latest change that any feed of a database knows of.
pub(crate) fn newest(database: &DatabaseFacts) -> Option<&str> {
    database.feeds.iter().filter_map(|feed| feed.newest.as_deref()).max()
}

/// The document of `plimsoll vulns`.
#[derive(Debug, Clone, Copy)]
pub struct Vulns;

impl Document for Vulns {
    type View<'a> = VulnerabilityList<'a>;

    const FORMATS: &'static [Format<Self>] = ALL;
}

/// Every format of the list of vulnerabilities.
pub const ALL: &[Format<Vulns>] = &[
    Format { id: "table", summary: "totals and columns for people", write: table::write },
    Format { id: "json", summary: "everything known about each finding", write: json::write },
    Format { id: "csv", summary: "RFC 4180, one row per finding", write: csv::write },
    Format { id: "sarif", summary: "SARIF 2.1.0, for code scanning", write: sarif::write },
    Format {
        id: "cyclonedx-vex",
        summary: "CycloneDX 1.6 bill of materials with vulnerabilities",
        write: cyclonedx_vex::write,
    },
    Format { id: "openvex", summary: "OpenVEX 0.2.0 statements", write: openvex::write },
    Format { id: "markdown", summary: "for a comment on a pull request", write: markdown::write },
    Format { id: "html", summary: "one page that needs nothing else", write: html::write },
];

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
