//! Answers that are kept, brought up to date after the database changed: only lists that hold a
//! name of which something else is said now are matched again.
//!
//! ```text
//! once      ListIndex::insert(list, &analysis)            for every stored list of packages
//! update    Changes::between(&old, &new)                  what is said otherwise, and of which names
//!           index.holding(&changes)                       the lists to match anew
//!           bring_up_to_date(…)                           for every list
//! ```

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plimsoll_model::{Analysis, Coverage, NoCoverage, Vulnerabilities};

use super::{Matcher, Options, coverage, find, package_keys};
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
    /// The list was matched anew.
    Matched,
    /// Nothing is said otherwise of its packages; what the feeds know in all, and what is known
    /// about exploitation, was put right.
    Refreshed,
}

/// Brings a stored answer up to date with a new database. What comes out is what [`find`] would
/// give.
///
/// `holds_changed` says whether the list is one of [`ListIndex::holding`]. The answer must have
/// been made with the other of the two databases that `changes` compares, and by the same
/// `options`, but for the time of asking: where a feed is too old by now, the list is matched anew.
///
/// # Errors
/// [`DatabaseError`] where the database cannot be read.
pub fn bring_up_to_date(
    database: &Database,
    changes: &Changes,
    holds_changed: bool,
    analysis: &Analysis,
    answer: &mut Vulnerabilities,
    options: &Options<'_>,
) -> Result<Renewal, DatabaseError> {
    // Ignore entries run out by the day, and what they lifted is not kept.
    let by_day = !options.ignores.is_empty();
    let mut matcher = Matcher::new(database, analysis, options);
    if holds_changed || by_day || !is_covered_alike(&mut matcher, analysis, answer) {
        *answer = find(database, analysis, options);
        return Ok(Renewal::Matched);
    }
    answer.coverage = coverage::summarise(&analysis.packages, &answer.packages, &matcher.speakers);
    answer.database = database.facts().clone();
    if !changes.exploitation.is_empty() {
        for finding in &mut answer.findings {
            let cves =
                || std::iter::once(&finding.id).chain(&finding.aliases).filter(|id| id.starts_with("CVE-"));
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
    Ok(Renewal::Refreshed)
}

/// Whether who judges each package, or why nobody does, is as the answer has it.
fn is_covered_alike(matcher: &mut Matcher<'_>, analysis: &Analysis, answer: &Vulnerabilities) -> bool {
    if analysis.packages.len() != answer.packages.len() {
        return false;
    }
    // What was judged as part of an owner still is, if the owner is covered as it was.
    let mut alike = analysis.packages.iter().zip(&answer.packages);
    alike.all(|(package, coverage)| match coverage {
        Coverage::NotInstalled | Coverage::JudgedAsPartOf(_) => true,
        Coverage::Unknown(NoCoverage::DatabaseDamaged) => false,
        Coverage::Unknown(NoCoverage::VersionUnparsable | NoCoverage::NoVersionOrder) => {
            matcher.speakers(package.kind.as_str()).answer.is_ok()
        }
        Coverage::Unknown(why) => matcher.speakers(package.kind.as_str()).answer.as_ref().err() == Some(why),
        Coverage::Judged { feeds, scope } => {
            let speakers = matcher.speakers(package.kind.as_str());
            let now = speakers.answer.as_ref().ok().into_iter().flatten().map(|each| &each.feed);
            speakers.scope == *scope && speakers.answer.is_ok() && now.eq(feeds)
        }
    })
}
