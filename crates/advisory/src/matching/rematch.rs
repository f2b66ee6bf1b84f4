//! Answers that are kept, brought up to date after the database changed: only packages of whose
//! names something else is said now are matched again.
//!
//! ```text
//! once      ListIndex::insert(list, &analysis)            for every stored list of packages
//! update    Changes::between(&old, &new)                  what is said otherwise, and of which names
//!           index.holding(&changes)                       the lists that it concerns
//!           Renewer::new((&old, &new), &changes)
//!           renewer.bring_up_to_date(…)                   for every list
//! ```

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plimsoll_model::{Analysis, Coverage, Finding, NoCoverage, Package, SetAside, Vulnerabilities};

use super::circumstances::Circumstances;
use super::exception::Vex;
use super::names::looks;
use super::release::Candidate;
use super::{Matcher, Options, coverage, end_of_life, find, package_keys};
use crate::database::{
    Database, DatabaseError, Exploitation, PackageKey, changed_exploitation, changed_names,
};

/// Which stored lists of packages hold which names: the inverted index.
#[derive(Debug, Default)]
pub struct ListIndex {
    lists: HashMap<PackageKey, Vec<u32>>,
}

impl ListIndex {
    /// Takes in the packages of a list, which is known by a number of the caller's.
    pub fn insert(&mut self, list: u32, analysis: &Analysis) {
        for key in package_keys(analysis) {
            self.lists.entry(key).or_default().push(list);
        }
    }

    /// How many different names there are in all lists.
    #[must_use]
    pub fn names(&self) -> usize {
        self.lists.len()
    }

    /// The lists that hold a name of which something else is said now.
    #[must_use]
    pub fn holding(&self, changes: &Changes) -> BTreeSet<u32> {
        changes.names.iter().filter_map(|name| self.lists.get(name)).flatten().copied().collect()
    }
}

/// What differs between two databases.
#[derive(Debug, Default)]
pub struct Changes {
    names: BTreeSet<PackageKey>,
    exploitation: BTreeMap<String, Exploitation>,
}

impl Changes {
    /// Compares two databases.
    ///
    /// # Errors
    /// [`DatabaseError`] where one of them cannot be read.
    pub fn between(old: &Database, new: &Database) -> Result<Self, DatabaseError> {
        Ok(Self { names: changed_names(old, new)?, exploitation: changed_exploitation(old, new)? })
    }

    /// Names of packages of which something else is said now.
    #[must_use]
    pub const fn names(&self) -> &BTreeSet<PackageKey> {
        &self.names
    }

    /// How many flaws there are of whose exploitation something else is said now.
    #[must_use]
    pub fn flaws(&self) -> usize {
        self.exploitation.len()
    }
}

/// What had to be done about a stored answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// The whole list was matched anew, since others speak for its packages now.
    Matched,
    /// The packages of whose names something else is said now were matched anew.
    Partly,
    /// Nothing is said otherwise of its packages; what the feeds know in all, and what is known
    /// about exploitation, was put right.
    Refreshed,
}

/// Packages whose match is remembered, some kilobytes each: images are made of the same ones.
const MAX_REMEMBERED: usize = 20_000;

/// Brings stored answers up to date, one after the other.
#[derive(Debug)]
pub struct Renewer<'a> {
    old: &'a Database,
    new: &'a Database,
    changes: &'a Changes,
    /// What came out for a package in its circumstances, by all that a match depends on.
    remembered: HashMap<String, Rematched>,
}

/// What a package that was matched with both databases comes to.
#[derive(Debug, Clone, Default)]
struct Rematched {
    findings: Vec<Finding>,
    gone: SetAside,
    come: SetAside,
}

impl<'a> Renewer<'a> {
    /// For answers that were made with the old of two databases.
    #[must_use]
    pub fn new((old, new): (&'a Database, &'a Database), changes: &'a Changes) -> Self {
        Self { old, new, changes, remembered: HashMap::new() }
    }

    /// Brings a stored answer up to date. What comes out is what [`find`] would give.
    ///
    /// `holds_changed` says whether the list is one of [`ListIndex::holding`]. The answer must
    /// have been made by the same `options`, but for the time of asking: where a feed is too old
    /// by now, the list is matched anew.
    ///
    /// # Errors
    /// [`DatabaseError`] where a database cannot be read.
    pub fn bring_up_to_date(
        &mut self,
        holds_changed: bool,
        analysis: &Analysis,
        answer: &mut Vulnerabilities,
        options: &Options<'_>,
    ) -> Result<Renewal, DatabaseError> {
        let (old, database, changes) = (self.old, self.new, self.changes);
        // Ignore entries run out by the day, and what they lifted is not kept. A problem means that
        // the old database was damaged where it speaks of the list.
        let is_whole = options.ignores.is_empty() && answer.problems.is_empty();
        let mut matcher = Matcher::new(database, analysis, options);
        let mut before = Matcher::new(old, analysis, options);
        if !is_whole
            || !is_covered_alike(&mut matcher, analysis, answer)
            || (holds_changed && !has_same_speakers(&mut before, &mut matcher, analysis))
        {
            *answer = find(database, analysis, options);
            return Ok(Renewal::Matched);
        }
        if holds_changed {
            self.match_changed(&mut before, &mut matcher, answer, options)?;
        }
        answer.coverage = coverage::summarise(&analysis.packages, &answer.packages, &matcher.speakers);
        answer.database = database.facts().clone();
        answer.end_of_life = end_of_life(database, analysis)?;
        if !changes.exploitation.is_empty() {
            for finding in &mut answer.findings {
                let cves = || {
                    std::iter::once(&finding.id).chain(&finding.aliases).filter(|id| id.starts_with("CVE-"))
                };
                if cves().any(|cve| changes.exploitation.contains_key(cve)) {
                    let mut known = Exploitation::default();
                    for cve in cves() {
                        known.join(match changes.exploitation.get(cve) {
                            Some(changed) => changed.clone(),
                            None => database.exploitation(cve)?,
                        });
                    }
                    finding.known_exploited = known.known_exploited;
                    finding.exploit_probability = known.probability;
                }
            }
        }
        Ok(if holds_changed { Renewal::Partly } else { Renewal::Refreshed })
    }

    /// Matches the packages of whose names something else is said now, and puts what comes out in
    /// the place of what was found about them before.
    fn match_changed(
        &mut self,
        before: &mut Matcher<'_>,
        after: &mut Matcher<'_>,
        answer: &mut Vulnerabilities,
        options: &Options<'_>,
    ) -> Result<(), DatabaseError> {
        let analysis = after.analysis;
        let vex = Vex::new(options.vex, analysis);
        let attached_vex = Vex::new(options.attached_vex, analysis);
        let mut found = Vec::new();
        let mut concerned = BTreeSet::new();
        for ((position, package), coverage) in (0_u32..).zip(&analysis.packages).zip(&answer.packages) {
            if matches!(coverage, Coverage::NotInstalled | Coverage::JudgedAsPartOf(_)) {
                continue;
            }
            let candidate = after.speakers(package.kind.as_str()).candidate.clone();
            let distribution = candidate.as_ref().map(|each| each.distribution.as_str());
            let mut names = looks(package, distribution).into_iter().map(|look| look.key);
            if !names.any(|name| self.changes.names.contains(&name)) {
                continue;
            }
            concerned.insert(position);
            let key = key(package, candidate.as_ref(), &after.circumstances(package.kind.as_str()));
            let rematched = match self.remembered.get(&key) {
                Some(known) => known.clone(),
                None => {
                    let (mut gone, mut come) = (Vulnerabilities::default(), Vulnerabilities::default());
                    before.findings(position, package, &mut gone)?;
                    let findings = after.findings(position, package, &mut come)?;
                    let made = Rematched { findings, gone: gone.set_aside, come: come.set_aside };
                    if self.remembered.len() >= MAX_REMEMBERED {
                        self.remembered.clear();
                    }
                    self.remembered.insert(key, made.clone());
                    made
                }
            };
            exchange(&mut answer.set_aside, rematched.gone, rematched.come);
            for mut finding in rematched.findings {
                finding.package = position;
                finding.layer = package.layer;
                finding.evidence.clone_from(&package.evidence);
                if !vex.apply(&mut finding, package) {
                    attached_vex.apply(&mut finding, package);
                }
                found.push(finding);
            }
        }
        answer.findings.retain(|finding| !concerned.contains(&finding.package));
        answer.findings.append(&mut found);
        // Stable: the findings of one package stay in the order of their ids.
        answer.findings.sort_by_key(|finding| finding.package);
        Ok(())
    }
}

/// All that the match of a package depends on, as one text.
fn key(package: &Package, candidate: Option<&Candidate>, circumstances: &Circumstances) -> String {
    let Package { kind, name, version, arch, source, origin, purl, .. } = package;
    format!("{candidate:?} {circumstances:?} {:?}", (kind, name, version, arch, source, origin, purl))
}

/// Whether statements of the same distribution and release are looked at, kind by kind.
fn has_same_speakers(before: &mut Matcher<'_>, after: &mut Matcher<'_>, analysis: &Analysis) -> bool {
    let kinds: BTreeSet<&str> = analysis.packages.iter().map(|package| package.kind.as_str()).collect();
    kinds.into_iter().all(|kind| before.speakers(kind).candidate == after.speakers(kind).candidate)
}

/// Counts without the ones that are gone and with those that have come.
fn exchange(counts: &mut SetAside, gone: SetAside, come: SetAside) {
    let change = |count: &mut u64, gone: u64, come: u64| *count = count.saturating_sub(gone) + come;
    change(&mut counts.withdrawn, gone.withdrawn, come.withdrawn);
    change(&mut counts.other_architecture, gone.other_architecture, come.other_architecture);
    change(&mut counts.other_module, gone.other_module, come.other_module);
    change(&mut counts.other_repository, gone.other_repository, come.other_repository);
    change(&mut counts.other_release, gone.other_release, come.other_release);
    change(&mut counts.other_line, gone.other_line, come.other_line);
    change(&mut counts.superseded, gone.superseded, come.superseded);
}

/// Whether who judges each package, or why nobody does, is as the answer has it.
fn is_covered_alike(matcher: &mut Matcher<'_>, analysis: &Analysis, answer: &Vulnerabilities) -> bool {
    if analysis.packages.len() != answer.packages.len() {
        return false;
    }
    let mut alike = (0_u32..).zip(&analysis.packages).zip(&answer.packages);
    alike.all(|((position, package), coverage)| match coverage {
        Coverage::NotInstalled => true,
        // Whether an owner judges it depends on whether the feeds have heard of that owner.
        _ if matcher.owners.owner(position).is_some() => matcher.cover(position) == *coverage,
        Coverage::JudgedAsPartOf(_) => false,
        Coverage::Unknown(NoCoverage::DatabaseDamaged) => false,
        Coverage::Unknown(
            NoCoverage::VersionUnparsable | NoCoverage::NoVersionOrder | NoCoverage::GroupUnknown,
        ) => matcher.speakers(package.kind.as_str()).answer.is_ok(),
        Coverage::Unknown(why) => matcher.speakers(package.kind.as_str()).answer.as_ref().err() == Some(why),
        Coverage::Judged { feeds, scope } => {
            let speakers = matcher.speakers(package.kind.as_str());
            let now = speakers.answer.as_ref().ok().into_iter().flatten().map(|each| &each.feed);
            speakers.scope == *scope && speakers.answer.is_ok() && now.eq(feeds)
        }
    })
}
