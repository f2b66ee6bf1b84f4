//! Findings: what is known about the flaws of the packages of one image, how sure it is, and
//! what nobody can say.
//!
//! The type family: [`Vulnerabilities`] is the whole answer for one image. It holds
//! [`Finding`]s, each with a [`Verdict`] and the [`FindingSource`]s that it was folded from, one
//! [`Coverage`] for every package, and the [`DatabaseFacts`] that it was made with.

mod coverage;
mod enrichment;
mod verdict;

use serde::{Deserialize, Serialize};

pub use coverage::{Coverage, CoverageSummary, FeedCoverage, NoCoverage, SetAside};
pub use enrichment::{CvssScore, ExploitProbability, KnownExploited, SeverityLevel};
pub use verdict::{NotAffectedReason, UnknownReason, Verdict};

use crate::advisory::{EndOfLife, FixState, Scope, Severity};
use crate::attachment::AppliedVex;
use crate::path::TreePath;
use crate::problem::Problem;

/// One flaw in one installed package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The id that it is best known by: its CVE, else its GHSA id, else the publisher's own.
    pub id: String,
    /// Every other id of the same flaw, sorted.
    pub aliases: Vec<String>,
    /// One line, from the first source that has one.
    pub summary: Option<String>,
    /// Position of the package in [`crate::Analysis::packages`].
    pub package: u32,
    /// Its installed version, as its own database writes it.
    pub version: String,
    /// Who says what, in the order of feeds and ids.
    pub sources: Vec<FindingSource>,
    /// What follows from all sources together.
    pub verdict: Verdict,
    /// Set where sources contradict each other: which of them was followed, in one sentence.
    pub disagreement: Option<String>,
    /// Who lifted it, where somebody did: a VEX document or an ignore entry, with the reason.
    pub lifted_by: Option<String>,
    /// The version to go to, by the sources that were followed; `None` where none is out.
    pub fixed_version: Option<String>,
    /// How bad, on one scale for all publishers.
    pub severity: SeverityLevel,
    /// The highest CVSS base score that a source states.
    pub cvss: Option<CvssScore>,
    /// How likely it is to be exploited within thirty days (EPSS).
    pub exploit_probability: Option<ExploitProbability>,
    /// Its entry in the catalogue of flaws that are exploited already (CISA KEV).
    pub known_exploited: Option<KnownExploited>,
    /// The layer that brought the package: a position in [`crate::Analysis::layers`].
    pub layer: Option<u32>,
    /// The file that says that the package is installed.
    pub evidence: Option<TreePath>,
}

/// What one advisory of one feed says about one package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FindingSource {
    /// Id of the feed.
    pub feed: String,
    /// The advisory's own id.
    pub advisory: String,
    /// Where its statement holds.
    pub scope: Scope,
    /// What the publisher does about it.
    pub state: FixState,
    /// What this source alone says of the installed version.
    pub verdict: Verdict,
    /// The range that the installed version lies in, else all ranges, in words.
    pub range: String,
    /// The first version without the flaw, where the range that the installed version lies in
    /// ends in one.
    pub fixed_version: Option<String>,
    /// How bad it is, as this publisher says it.
    pub severities: Vec<Severity>,
}

/// The answer for one image.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Vulnerabilities {
    /// Sorted by package, then id. The verdict `NotAffected` stands here only where somebody
    /// says otherwise: a VEX statement or an ignore entry that lifts a finding.
    pub findings: Vec<Finding>,
    /// For each package of the analysis, who judged it or why nobody could.
    pub packages: Vec<Coverage>,
    /// The same, counted by kind of package and scope.
    pub coverage: Vec<CoverageSummary>,
    /// Statements about these packages that do not apply to them, counted by reason.
    pub set_aside: SetAside,
    /// What is wrong with the input: damaged database parts, unused or expired ignores.
    pub problems: Vec<Problem>,
    /// VEX documents that were found attached to the image and applied, in the order found.
    pub attached_vex: Vec<AppliedVex>,
    /// Until when the release of the image's distribution gets security fixes, where the database
    /// knows.
    pub end_of_life: Option<EndOfLife>,
    /// What all this was made with.
    pub database: DatabaseFacts,
}

/// The one word for an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// Every package was judged and none has an open finding.
    Clean,
    /// There is at least one package that is affected.
    Affected,
    /// Nothing is known to be affected, but not everything could be judged.
    NoData,
}

impl Vulnerabilities {
    /// The one word for the image. It is never `Clean` where a package could not be judged, a
    /// finding is undecided, or there was no package to judge at all.
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        let mut undecided = false;
        for finding in &self.findings {
            match finding.verdict {
                Verdict::Affected => return Conclusion::Affected,
                Verdict::Unknown(_) => undecided = true,
                Verdict::NotAffected(_) => {}
            }
        }
        if undecided || !self.is_complete() { Conclusion::NoData } else { Conclusion::Clean }
    }

    /// Ids of the feeds that judged packages of the image, sorted.
    #[must_use]
    pub fn feeds_used(&self) -> Vec<&str> {
        feeds_of(&self.coverage)
    }

    /// Whether every installed package was judged, and there is at least one.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.packages.iter().any(Coverage::is_judged)
            && !self.packages.iter().any(|each| matches!(each, Coverage::Unknown(_)))
    }

    /// Findings that say that a package is affected.
    pub fn affected(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.verdict == Verdict::Affected)
    }

    /// Findings of which nobody can say whether the package is affected.
    pub fn undecided(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| matches!(finding.verdict, Verdict::Unknown(_)))
    }
}

/// Ids of the feeds that judged packages of any of these kinds, sorted.
pub(crate) fn feeds_of(coverage: &[CoverageSummary]) -> Vec<&str> {
    let mut ids: Vec<&str> =
        coverage.iter().flat_map(|summary| &summary.feeds).map(|each| each.feed.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// What an advisory database holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DatabaseFacts {
    /// When it was built (RFC 3339, UTC), as its builder was told.
    pub built_at: Option<String>,
    /// Its feeds, in the order they were added.
    pub feeds: Vec<FeedFacts>,
    /// Entries of the catalogue of exploited flaws.
    pub known_exploited: u64,
    /// Entries of the table of exploit probabilities.
    pub exploit_probabilities: u64,
}

/// What a database holds of one feed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FeedFacts {
    /// Id of the feed.
    pub id: String,
    /// Where its bytes came from: an address, a folder.
    pub source: String,
    /// When they were fetched (RFC 3339, UTC), as the builder was told.
    pub fetched_at: Option<String>,
    /// Purl type and distribution that it is meant to speak for, as far as its publisher says;
    /// this is how a feed that came out empty is known for what is missing.
    pub meant_for: Vec<(String, Option<String>)>,
    /// Set where the feed failed and its rows were taken from an older database: the reason.
    pub kept_because: Option<String>,
    /// When that was tried (RFC 3339, UTC); `None` where nothing failed.
    pub failed_at: Option<String>,
    /// Entries that could not be read.
    pub unreadable: u64,
    /// Set where a file of it was not read to its end: the reason.
    pub incomplete_because: Option<String>,
    /// Advisories.
    pub advisories: u64,
    /// Of those, the ones that their publisher took back. They never match.
    pub withdrawn: u64,
    /// Statements about packages.
    pub statements: u64,
    /// Entries about flaws as such (exploited, likely to be), of feeds that hold no advisories.
    pub enrichments: u64,
    /// Advisories and statements that could not be stored: too large, or with no usable name.
    pub refused: u64,
    /// The latest change of any of its advisories (RFC 3339, UTC); `None` where it has no dates.
    pub newest: Option<String>,
    /// Its scopes, sorted.
    pub scopes: Vec<ScopeFacts>,
}

/// What a feed holds about one scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeFacts {
    /// Which.
    pub scope: Scope,
    /// Statements.
    pub statements: u64,
    /// The latest change of an advisory that speaks of it (RFC 3339, UTC).
    pub newest: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(packages: &[Coverage], verdicts: &[Verdict], expect: Conclusion) {
        let finding = |verdict: &Verdict| Finding {
            id: "CVE-2024-1".into(),
            aliases: Vec::new(),
            summary: None,
            package: 0,
            version: "1".into(),
            sources: Vec::new(),
            verdict: *verdict,
            disagreement: None,
            lifted_by: None,
            fixed_version: None,
            severity: SeverityLevel::Unknown,
            cvss: None,
            exploit_probability: None,
            known_exploited: None,
            layer: None,
            evidence: None,
        };
        let answer = Vulnerabilities {
            packages: packages.to_vec(),
            findings: verdicts.iter().map(finding).collect(),
            ..Vulnerabilities::default()
        };
        assert_eq!(answer.conclusion(), expect);
    }

    #[test]
    fn an_image_is_clean_only_where_every_package_was_judged() {
        let judged = Coverage::Judged { feeds: vec!["osv".into()], scope: "debian 12".into() };
        let unknown = Coverage::Unknown(NoCoverage::DistributionUnknown);
        check(std::slice::from_ref(&judged), &[], Conclusion::Clean);
        check(&[judged.clone(), Coverage::NotInstalled], &[], Conclusion::Clean);
        check(&[judged.clone(), unknown.clone()], &[], Conclusion::NoData);
        check(&[], &[], Conclusion::NoData);
        check(&[Coverage::NotInstalled], &[], Conclusion::NoData);
        check(
            std::slice::from_ref(&judged),
            &[Verdict::Unknown(UnknownReason::UnderInvestigation)],
            Conclusion::NoData,
        );
        check(&[judged], &[Verdict::NotAffected(NotAffectedReason::OutsideRanges)], Conclusion::Clean);
        check(&[unknown], &[Verdict::Affected], Conclusion::Affected);
    }
}
