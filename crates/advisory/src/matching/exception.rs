//! What lifts a finding: VEX statements and ignore entries.

use std::slice;

use plimsoll_model::{
    Analysis, Digest, Finding, NotAffectedReason, Package, Problem, Purl, Verdict, Vulnerabilities,
};

use super::Options;
use crate::vex::ignore::{IgnoreEntry, IgnoreSubject};
use crate::vex::{VexDocument, VexStatement, VexStatus, VexSubject, effective};

/// The VEX documents that were handed in, and the image that they may speak of.
#[derive(Debug)]
pub(super) struct Vex<'a> {
    documents: &'a [VexDocument],
    digests: Vec<Digest>,
    purls: Vec<Purl>,
    references: Vec<&'a str>,
}

impl<'a> Vex<'a> {
    pub(super) fn new(documents: &'a [VexDocument], analysis: &'a Analysis) -> Self {
        let identity = &analysis.identity;
        let digests = [&identity.manifest_digest, &identity.index_digest, &identity.config_digest];
        let cpe = analysis.distribution.as_ref().and_then(|known| known.cpe_name.as_deref());
        Self {
            documents,
            digests: digests.into_iter().flatten().cloned().collect(),
            purls: if documents.is_empty() { Vec::new() } else { identity.purls() },
            references: cpe.into_iter().collect(),
        }
    }

    /// The statement that counts for a finding.
    fn statement(&self, finding: &Finding, package: &Package) -> Option<&'a VexStatement> {
        if self.documents.is_empty() {
            return None;
        }
        let subject = VexSubject {
            package: package.purl.as_ref(),
            image_digests: &self.digests,
            image_purls: &self.purls,
            references: &self.references,
        };
        effective(self.documents, &ids(finding), &subject)
    }

    /// Lifts a finding where the statement that counts for it says so. Statements that it is
    /// affected, or not decided yet, change nothing: the feeds have spoken. Gives whether there is
    /// such a statement.
    pub(super) fn apply(&self, finding: &mut Finding, package: &Package) -> bool {
        let Some(statement) = self.statement(finding, package) else { return false };
        let reason = match statement.status {
            VexStatus::NotAffected => NotAffectedReason::VexNotAffected,
            VexStatus::Fixed => NotAffectedReason::VexFixed,
            VexStatus::Affected | VexStatus::UnderInvestigation => return true,
        };
        let why = statement.justification.as_ref().or(statement.impact.as_ref());
        finding.verdict = Verdict::NotAffected(reason);
        finding.lifted_by = Some(match why {
            Some(why) => format!("{}: {why}", statement.document),
            None => statement.document.clone(),
        });
        true
    }
}

/// How many findings of an answer that still stand a document would lift, were it among the
/// [`Options::attached_vex`] that the answer was made with.
#[must_use]
pub fn would_lift(
    document: &VexDocument,
    analysis: &Analysis,
    answer: &Vulnerabilities,
    options: &Options<'_>,
) -> u64 {
    let (own, attached) = (Vex::new(options.vex, analysis), Vex::new(slice::from_ref(document), analysis));
    let standing = answer.findings.iter().filter(|each| !matches!(each.verdict, Verdict::NotAffected(_)));
    let lifted = standing.filter(|finding| {
        let package = analysis.packages.get(finding.package as usize);
        package.is_some_and(|package| {
            let lifts =
                |said: &VexStatement| matches!(said.status, VexStatus::NotAffected | VexStatus::Fixed);
            own.statement(finding, package).is_none()
                && attached.statement(finding, package).is_some_and(lifts)
        })
    });
    lifted.count() as u64
}

fn ids(finding: &Finding) -> Vec<&str> {
    std::iter::once(&finding.id).chain(&finding.aliases).map(String::as_str).collect()
}

/// The ignore entries, and which of them were of use.
#[derive(Debug)]
pub(super) struct Ignores<'a> {
    entries: Vec<(&'a IgnoreEntry, State)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unused,
    Used,
    Expired,
    /// It has an end, and nobody says what day it is.
    Undatable,
}

impl<'a> Ignores<'a> {
    /// Entries as they hold at `now`.
    pub(super) fn new(entries: &'a [IgnoreEntry], now: Option<&str>) -> Self {
        let today = now.and_then(|now| now.get(..10));
        let state = |entry: &IgnoreEntry| match today {
            None => State::Undatable,
            Some(today) if entry.is_expired(today) => State::Expired,
            Some(_) => State::Unused,
        };
        Self { entries: entries.iter().map(|entry| (entry, state(entry))).collect() }
    }

    /// Lifts a finding by the first entry that covers it.
    pub(super) fn apply(&mut self, finding: &mut Finding, package: &Package) {
        let paths: Vec<String> =
            package.place.iter().chain(&package.evidence).map(ToString::to_string).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        for (entry, state) in &mut self.entries {
            if !matches!(state, State::Unused | State::Used) {
                continue;
            }
            let ids = ids(finding);
            let subject = IgnoreSubject {
                ids: &ids,
                package: &package.name,
                purl: package.purl.as_ref(),
                paths: &paths,
            };
            if entry.covers(&subject) {
                *state = State::Used;
                if !matches!(finding.verdict, Verdict::NotAffected(_)) {
                    finding.verdict = Verdict::NotAffected(NotAffectedReason::Ignored);
                    finding.lifted_by =
                        Some(format!("{} ({}, until {})", entry.reason, entry.owner, entry.until));
                }
            }
        }
    }

    /// What is wrong with the entries.
    pub(super) fn problems(&self) -> impl Iterator<Item = Problem> {
        self.entries.iter().filter_map(|(entry, state)| {
            let until = &entry.until;
            let (code, detail) = match state {
                State::Used => return None,
                State::Unused => (
                    "ignore-unused",
                    format!(
                        "no finding of this image is covered by the entry of line {}; remove it",
                        entry.line
                    ),
                ),
                State::Expired => (
                    "ignore-expired",
                    format!("the entry of line {} ended on {until}, so the finding counts again", entry.line),
                ),
                State::Undatable => (
                    "ignore-undatable",
                    format!("the entry ends on {until} and today is not known, so it does not count"),
                ),
            };
            Some(Problem::new(code, entry.id.clone(), detail))
        })
    }
}
