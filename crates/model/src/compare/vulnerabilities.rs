//! Vulnerabilities that only one image has, and those that both have, by id, package type and name.
//!
//! Each side of a row has a [`Standing`]. That a side has no finding means "not affected" only
//! where its package was judged, or is not installed at all: where nobody could judge it, the row
//! is undetermined, neither fixed nor new.

use std::collections::BTreeMap;

use crate::advisory::order_ids;
use crate::analysis::Analysis;
use crate::attachment::AppliedVex;
use crate::finding::{
    Conclusion, Coverage, CoverageSummary, DatabaseFacts, Finding, SeverityLevel, Verdict, Vulnerabilities,
};
use crate::package::{Package, PackageType};

/// What became of a vulnerability from one image to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VulnerabilityChange {
    /// The image after has it, the image before had not.
    New,
    /// The image before had it, the image after has not.
    Fixed,
    /// At least one side is affected or undecided, and of at least one nobody can say.
    Undetermined,
    /// Both have it.
    Remaining,
}

impl VulnerabilityChange {
    /// Every kind, in the order in which documents list them.
    pub const ALL: [Self; 4] = [Self::New, Self::Fixed, Self::Undetermined, Self::Remaining];

    /// The word that documents use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Fixed => "fixed",
            Self::Undetermined => "undetermined",
            Self::Remaining => "remaining",
        }
    }

    /// The change as it looks with the two sides swapped.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        match self {
            Self::New => Self::Fixed,
            Self::Fixed => Self::New,
            same => same,
        }
    }
}

/// How one image stands to one vulnerability in one of its packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// The package has it.
    Affected,
    /// Nobody can say: the finding is undecided, or nobody could judge the package.
    Unknown,
    /// The package was judged and has it not.
    NotAffected,
}

impl Standing {
    /// The word that documents use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::Unknown => "unknown",
            Self::NotAffected => "not-affected",
        }
    }
}

/// One image's side of a row. Where several packages of one type and name are installed, it is
/// the one that stands worst.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VulnerabilitySide {
    /// How it stands.
    pub standing: Standing,
    /// Installed version.
    pub version: String,
    /// How bad, where there is a finding.
    pub severity: Option<SeverityLevel>,
    /// The version to go to, where one is out.
    pub fixed_version: Option<String>,
    /// Position of the package in the packages of its analysis.
    pub package: u32,
}

/// One vulnerability in the packages of one type and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VulnerabilityRow {
    /// What became of it.
    pub change: VulnerabilityChange,
    /// Its id.
    pub id: String,
    /// Type of the package.
    pub kind: PackageType,
    /// Name of the package.
    pub name: String,
    /// Whether it is in the catalogue of flaws that are exploited already.
    pub known_exploited: bool,
    /// The image before; `None` where it does not have the package.
    pub before: Option<VulnerabilitySide>,
    /// The image after; `None` where it does not have the package.
    pub after: Option<VulnerabilitySide>,
}

impl VulnerabilityRow {
    /// How bad it is: in the image after, or else in the image before.
    #[must_use]
    pub fn severity(&self) -> SeverityLevel {
        let of = |side: &Option<VulnerabilitySide>| side.as_ref().and_then(|side| side.severity);
        of(&self.after).or_else(|| of(&self.before)).unwrap_or_default()
    }

    /// Severity before and after, where both have it and their publishers do not agree.
    #[must_use]
    pub fn severity_change(&self) -> Option<(SeverityLevel, SeverityLevel)> {
        let (before, after) = (self.before.as_ref()?.severity?, self.after.as_ref()?.severity?);
        (before != after).then_some((before, after))
    }
}

/// What is known about one image as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VulnerabilityCoverage {
    /// The one word for the image.
    pub conclusion: Conclusion,
    /// Installed packages.
    pub packages: u64,
    /// Of those, the ones that nobody could judge.
    pub unjudged: u64,
    /// Who judged the others, by kind of package and scope.
    pub by_kind: Vec<CoverageSummary>,
    /// VEX documents that are attached to the image, and what became of each.
    pub attached_vex: Vec<AppliedVex>,
}

impl VulnerabilityCoverage {
    /// Ids of the feeds that judged packages of the image, sorted.
    #[must_use]
    pub fn feeds(&self) -> Vec<&str> {
        crate::finding::feeds_of(&self.by_kind)
    }
}

/// How the vulnerabilities of two images differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VulnerabilityComparison {
    /// By change, then the worst first, then by id, package type and name.
    pub rows: Vec<VulnerabilityRow>,
    /// How completely the image before could be judged.
    pub before: VulnerabilityCoverage,
    /// How completely the image after could be judged.
    pub after: VulnerabilityCoverage,
    /// What the answer about the image after was made with.
    pub database: DatabaseFacts,
    /// Whether the answer about the image before was made with the same database.
    pub same_database: bool,
}

impl VulnerabilityComparison {
    /// How many rows are of one kind.
    #[must_use]
    pub fn count(&self, change: VulnerabilityChange) -> u64 {
        self.rows.iter().filter(|row| row.change == change).count() as u64
    }

    /// How many vulnerabilities that both have are of another severity after.
    #[must_use]
    pub fn severity_changes(&self) -> u64 {
        self.rows.iter().filter(|row| row.severity_change().is_some()).count() as u64
    }
}

/// A vulnerability in the packages of one type and name.
type Key<'a> = (&'a str, &'a PackageType, &'a str);

/// What one image says, by vulnerability and by package.
struct Judged<'a> {
    analysis: &'a Analysis,
    answer: &'a Vulnerabilities,
    findings: BTreeMap<Key<'a>, Vec<&'a Finding>>,
    installed: BTreeMap<(&'a PackageType, &'a str), Vec<u32>>,
}

impl<'a> Judged<'a> {
    fn of((analysis, answer): (&'a Analysis, &'a Vulnerabilities)) -> Self {
        let mut findings: BTreeMap<Key<'a>, Vec<&'a Finding>> = BTreeMap::new();
        for finding in &answer.findings {
            let Some(package) = analysis.packages.get(finding.package as usize) else { continue };
            let key = (finding.id.as_str(), &package.kind, package.name.as_str());
            findings.entry(key).or_default().push(finding);
        }
        let mut installed: BTreeMap<(&'a PackageType, &'a str), Vec<u32>> = BTreeMap::new();
        for (position, package) in (0_u32..).zip(&analysis.packages).filter(|(_, each)| !each.declared) {
            installed.entry((&package.kind, package.name.as_str())).or_default().push(position);
        }
        Self { analysis, answer, findings, installed }
    }

    /// Keys of everything that is affected or undecided.
    fn open(&self) -> impl Iterator<Item = &Key<'a>> {
        let open = |finding: &&Finding| !matches!(finding.verdict, Verdict::NotAffected(_));
        self.findings.iter().filter(move |(_, findings)| findings.iter().any(open)).map(|(key, _)| key)
    }

    fn package(&self, position: u32) -> Option<&'a Package> {
        self.analysis.packages.get(position as usize)
    }

    fn side(&self, key: &Key<'a>) -> Option<VulnerabilitySide> {
        let standing = |finding: &Finding| match finding.verdict {
            Verdict::Affected => Standing::Affected,
            Verdict::Unknown(_) => Standing::Unknown,
            Verdict::NotAffected(_) => Standing::NotAffected,
        };
        let findings = self.findings.get(key).map_or(&[][..], Vec::as_slice);
        let found = findings.iter().map(|finding| VulnerabilitySide {
            standing: standing(finding),
            version: finding.version.clone(),
            severity: Some(finding.severity),
            fixed_version: finding.fixed_version.clone(),
            package: finding.package,
        });
        // What is installed beside it and has no finding stands as well as it was judged.
        let installed = self.installed.get(&(key.1, key.2)).into_iter().flatten();
        let silent = installed.filter(|position| !findings.iter().any(|each| each.package == **position));
        let bare = silent.filter_map(|position| {
            let judged = self.answer.packages.get(*position as usize).is_some_and(Coverage::is_judged);
            Some(VulnerabilitySide {
                standing: if judged { Standing::NotAffected } else { Standing::Unknown },
                version: self.package(*position)?.version.clone(),
                severity: None,
                fixed_version: None,
                package: *position,
            })
        });
        // Of equals the first: a finding says more than a package without one.
        found.chain(bare).min_by_key(|side| side.standing)
    }

    fn coverage(&self) -> VulnerabilityCoverage {
        let coverage = (0_u32..).zip(&self.analysis.packages).filter(|(_, package)| !package.declared);
        let unknown = |position: u32| match self.answer.packages.get(position as usize) {
            Some(coverage) => matches!(coverage, Coverage::Unknown(_)),
            None => true,
        };
        let (mut packages, mut unjudged) = (0, 0);
        for (position, _) in coverage {
            packages += 1;
            unjudged += u64::from(unknown(position));
        }
        VulnerabilityCoverage {
            conclusion: self.answer.conclusion(),
            packages,
            unjudged,
            by_kind: self.answer.coverage.clone(),
            attached_vex: self.answer.attached_vex.clone(),
        }
    }
}

/// Compares the vulnerabilities of two images, each told by its analysis and the answer about it.
#[must_use]
pub fn compare(
    before: (&Analysis, &Vulnerabilities),
    after: (&Analysis, &Vulnerabilities),
) -> VulnerabilityComparison {
    let (old, new) = (Judged::of(before), Judged::of(after));
    let keys: std::collections::BTreeSet<&Key<'_>> = old.open().chain(new.open()).collect();
    let mut rows: Vec<VulnerabilityRow> = keys.into_iter().map(|key| row(key, &old, &new)).collect();
    // Stable: keys come in the order of type and name.
    rows.sort_by(|left, right| {
        let rank = |row: &VulnerabilityRow| (row.change, std::cmp::Reverse(row.severity()));
        rank(left).cmp(&rank(right)).then_with(|| order_ids(&left.id, &right.id))
    });
    VulnerabilityComparison {
        rows,
        before: old.coverage(),
        after: new.coverage(),
        database: after.1.database.clone(),
        same_database: before.1.database == after.1.database,
    }
}

fn row<'a>(key: &Key<'a>, old: &Judged<'a>, new: &Judged<'a>) -> VulnerabilityRow {
    let (before, after) = (old.side(key), new.side(key));
    // A package that is not installed has no vulnerability.
    let standing =
        |side: &Option<VulnerabilitySide>| side.as_ref().map_or(Standing::NotAffected, |side| side.standing);
    let change = match (standing(&before), standing(&after)) {
        (Standing::Affected, Standing::Affected) => VulnerabilityChange::Remaining,
        (Standing::Affected, Standing::NotAffected) => VulnerabilityChange::Fixed,
        (Standing::NotAffected, Standing::Affected) => VulnerabilityChange::New,
        _ => VulnerabilityChange::Undetermined,
    };
    let findings = [old, new].into_iter().filter_map(|side| side.findings.get(key)).flatten();
    VulnerabilityRow {
        change,
        id: key.0.to_owned(),
        kind: key.1.clone(),
        name: key.2.to_owned(),
        known_exploited: findings.into_iter().any(|finding| finding.known_exploited.is_some()),
        before,
        after,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::with_packages;
    use super::*;
    use crate::finding::{NoCoverage, NotAffectedReason, UnknownReason};

    /// An answer about packages: the state of each vulnerability as `ID package state`, and
    /// packages that nobody could judge as `? package`, separated by commas.
    fn answer(analysis: &Analysis, text: &str) -> Vulnerabilities {
        let judged = Coverage::Judged { feeds: vec!["osv".into()], scope: "test".into() };
        let mut answer =
            Vulnerabilities { packages: vec![judged; analysis.packages.len()], ..Vulnerabilities::default() };
        for line in text.split(',').filter(|line| !line.trim().is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let named = |name: &str, package: &Package| {
                name == package.name || name == format!("{}@{}", package.name, package.version)
            };
            let position = analysis.packages.iter().position(|package| named(words[1], package)).unwrap();
            if words[0] == "?" {
                answer.packages[position] = Coverage::Unknown(NoCoverage::NoFeed);
                continue;
            }
            answer.findings.push(Finding {
                id: words[0].to_owned(),
                aliases: Vec::new(),
                summary: None,
                package: position as u32,
                version: analysis.packages[position].version.clone(),
                sources: Vec::new(),
                verdict: match words[2] {
                    "unknown" => Verdict::Unknown(UnknownReason::UnderInvestigation),
                    "lifted" => Verdict::NotAffected(NotAffectedReason::Ignored),
                    _ => Verdict::Affected,
                },
                disagreement: None,
                lifted_by: None,
                fixed_version: None,
                severity: SeverityLevel::from_word(words[2]).unwrap_or_default(),
                cvss: None,
                exploit_probability: None,
                known_exploited: None,
                layer: None,
                evidence: None,
            });
        }
        answer
    }

    /// Each side: packages, then what is known about them.
    fn check(before: [&str; 2], after: [&str; 2], expect: &[&str]) {
        let images = [with_packages(before[0]), with_packages(after[0])];
        let answers = [answer(&images[0], before[1]), answer(&images[1], after[1])];
        let line = |row: &VulnerabilityRow| {
            let side = |side: &Option<VulnerabilitySide>| {
                side.as_ref()
                    .map_or("-".to_owned(), |side| format!("{} {}", side.standing.word(), side.version))
            };
            format!(
                "{} {} {}: {} | {}",
                row.change.word(),
                row.id,
                row.name,
                side(&row.before),
                side(&row.after)
            )
        };
        let there = compare((&images[0], &answers[0]), (&images[1], &answers[1]));
        assert_eq!(there.rows.iter().map(line).collect::<Vec<_>>(), expect);
        // With the sides swapped, new and fixed change places and nothing else does.
        let back = compare((&images[1], &answers[1]), (&images[0], &answers[0]));
        let mut mirrored: Vec<VulnerabilityRow> = back
            .rows
            .into_iter()
            .map(|row| VulnerabilityRow {
                change: row.change.mirrored(),
                before: row.after,
                after: row.before,
                ..row
            })
            .collect();
        mirrored.sort_by(|left, right| (&left.id, &left.kind).cmp(&(&right.id, &right.kind)));
        let mut rows = there.rows;
        rows.sort_by(|left, right| (&left.id, &left.kind).cmp(&(&right.id, &right.kind)));
        assert_eq!(mirrored, rows);
    }

    #[test]
    fn an_upgrade_fixes_some_and_brings_others() {
        check(
            ["deb openssl 1, deb perl 5, deb zlib 1", "CVE-1 openssl high, CVE-2 perl low, CVE-3 zlib low"],
            ["deb openssl 2, deb zlib 1, deb curl 8", "CVE-3 zlib low, CVE-4 curl critical, CVE-5 curl low"],
            &[
                "new CVE-4 curl: - | affected 8",
                "new CVE-5 curl: - | affected 8",
                "fixed CVE-1 openssl: affected 1 | not-affected 2",
                "fixed CVE-2 perl: affected 5 | -",
                "remaining CVE-3 zlib: affected 1 | affected 1",
            ],
        );
    }

    #[test]
    fn what_nobody_can_judge_any_more_is_not_fixed() {
        check(
            ["deb openssl 1", "CVE-1 openssl high"],
            ["deb openssl 2", "? openssl"],
            &["undetermined CVE-1 openssl: affected 1 | unknown 2"],
        );
        check(
            ["deb openssl 1", "CVE-1 openssl high"],
            ["deb openssl 2", "CVE-1 openssl unknown"],
            &["undetermined CVE-1 openssl: affected 1 | unknown 2"],
        );
        check(
            ["deb openssl 1", "CVE-1 openssl unknown"],
            ["deb openssl 1", "CVE-1 openssl unknown"],
            &["undetermined CVE-1 openssl: unknown 1 | unknown 1"],
        );
    }

    #[test]
    fn what_a_statement_lifts_is_fixed_and_what_it_no_longer_lifts_is_new() {
        check(
            ["deb openssl 1", "CVE-1 openssl high"],
            ["deb openssl 1", "CVE-1 openssl lifted"],
            &["fixed CVE-1 openssl: affected 1 | not-affected 1"],
        );
        check(["deb a 1", "CVE-1 a lifted"], ["deb a 1", "CVE-1 a lifted"], &[]);
    }

    #[test]
    fn of_several_packages_of_one_name_the_worst_counts() {
        check(
            ["npm ms 1 /a, npm ms 2 /b", "CVE-1 ms@1 high"],
            ["npm ms 2 /a, npm ms 3 /b", ""],
            &["fixed CVE-1 ms: affected 1 | not-affected 2"],
        );
        check(
            ["npm ms 1 /a, npm ms 2 /b", "CVE-1 ms@1 high"],
            ["npm ms 2 /a, npm ms 3 /b", "? ms@3"],
            &["undetermined CVE-1 ms: affected 1 | unknown 3"],
        );
        check(
            ["deb ms 1", "CVE-1 ms high"],
            ["npm ms 1", "CVE-1 ms high"],
            &["new CVE-1 ms: - | affected 1", "fixed CVE-1 ms: affected 1 | -"],
        );
    }

    #[test]
    fn a_severity_that_another_publisher_sees_otherwise_is_told() {
        let images = [with_packages("deb a 1"), with_packages("deb a 1")];
        let answers = [answer(&images[0], "CVE-1 a low"), answer(&images[1], "CVE-1 a high")];
        let comparison = compare((&images[0], &answers[0]), (&images[1], &answers[1]));
        assert_eq!(comparison.rows[0].severity_change(), Some((SeverityLevel::Low, SeverityLevel::High)));
        assert_eq!(comparison.severity_changes(), 1);
        assert_eq!(comparison.count(VulnerabilityChange::Remaining), 1);
    }

    #[test]
    fn an_image_without_answers_is_not_taken_for_judged() {
        let image = with_packages("deb a 1, deb b 2");
        let nothing = Vulnerabilities::default();
        let comparison = compare((&image, &nothing), (&image, &nothing));
        assert_eq!(comparison.after.unjudged, 2);
        assert_eq!(comparison.after.conclusion, Conclusion::NoData);
    }
}
