//! How many findings of which kind.

use std::collections::BTreeSet;

use plimsoll_model::{Coverage, NotAffectedReason, SeverityLevel, UnknownReason, Verdict, Vulnerabilities};
use serde::Serialize;

/// The counts of one answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Totals {
    /// Findings that say that a package is affected.
    pub(super) affected: u64,
    /// Of those, the ones with a fixed version.
    pub(super) fixable: u64,
    /// Of the affected ones, those in the catalogue of exploited flaws.
    pub(super) known_exploited: u64,
    /// Different ids among the affected.
    pub(super) vulnerabilities: u64,
    /// Packages with at least one of them.
    pub(super) affected_packages: u64,
    /// Findings of which nobody can say.
    pub(super) undecided: u64,
    /// Findings that a VEX statement, an ignore entry or the distribution lifts.
    pub(super) lifted: u64,
    /// Installed packages.
    pub(super) packages: u64,
    /// Of those, the ones that nobody could judge.
    pub(super) unjudged: u64,
    /// The affected by severity, the worst first: all, and the fixable ones.
    #[serde(skip)]
    pub(super) severities: Vec<(SeverityLevel, u64, u64)>,
    /// Why findings are undecided, with how many.
    #[serde(skip)]
    pub(super) undecided_because: Vec<(UnknownReason, u64)>,
    /// Why findings are lifted, with how many.
    #[serde(skip)]
    pub(super) lifted_because: Vec<(NotAffectedReason, u64)>,
}

impl Totals {
    pub(super) fn of(answer: &Vulnerabilities) -> Self {
        let affected: Vec<_> = answer.affected().collect();
        let fixable = |level: Option<SeverityLevel>| {
            let of_level = affected.iter().filter(|each| level.is_none_or(|level| each.severity == level));
            let all = of_level.clone().count() as u64;
            (all, of_level.filter(|each| each.fixed_version.is_some()).count() as u64)
        };
        let mut undecided: std::collections::BTreeMap<UnknownReason, u64> = Default::default();
        let mut lifted: std::collections::BTreeMap<NotAffectedReason, u64> = Default::default();
        for finding in &answer.findings {
            match finding.verdict {
                Verdict::Affected => {}
                Verdict::Unknown(reason) => *undecided.entry(reason).or_default() += 1,
                Verdict::NotAffected(reason) => *lifted.entry(reason).or_default() += 1,
            }
        }
        let installed = answer.packages.iter().filter(|each| **each != Coverage::NotInstalled);
        let unjudged = answer.packages.iter().filter(|each| matches!(each, Coverage::Unknown(_)));
        Self {
            affected: affected.len() as u64,
            fixable: fixable(None).1,
            known_exploited: affected.iter().filter(|each| each.known_exploited.is_some()).count() as u64,
            vulnerabilities: affected.iter().map(|each| &each.id).collect::<BTreeSet<_>>().len() as u64,
            affected_packages: affected.iter().map(|each| each.package).collect::<BTreeSet<_>>().len() as u64,
            undecided: undecided.values().sum(),
            lifted: lifted.values().sum(),
            packages: installed.count() as u64,
            unjudged: unjudged.count() as u64,
            severities: SeverityLevel::ALL
                .into_iter()
                .rev()
                .map(|level| (level, fixable(Some(level)).0, fixable(Some(level)).1))
                .collect(),
            undecided_because: undecided.into_iter().collect(),
            lifted_because: lifted.into_iter().collect(),
        }
    }
}
