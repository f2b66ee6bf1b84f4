//! From a database and the packages of an image to findings: pure functions, the clock and
//! everything else handed in.
//!
//! # How a package is judged
//!
//! 1. Who speaks for it (`coverage`): its distribution and release, or its language's registry.
//!    Where nobody does, or only feeds that are too old, the answer is unknown and why.
//! 2. By which names it is looked up, and with which version (`names`).
//! 3. Which statements are about it (`applicable`): release, architecture, module stream, class
//!    of repositories; withdrawn advisories never are.
//! 4. What each says of its version (`judge`), by the order of versions of its own ecosystem.
//! 5. Which statements are about the same flaw (`identity`), and what they say together (`fold`).
//! 6. What lifts a finding (`exception`): VEX statements and ignore entries.
//!
//! Of the image's own distribution and the one that it rebuilds only the first that has a feed
//! for the release is asked, so that these two never contradict each other.

mod age;
mod applicable;
mod coverage;
mod exception;
mod explain;
mod fold;
mod identity;
mod judge;
mod names;
mod owner;
mod release;
mod severity;

use std::collections::BTreeMap;

use plimsoll_model::{Analysis, Coverage, NoCoverage, Package, Problem, UnknownReason, Vulnerabilities};

pub use age::AgeLimits;
pub use explain::{Explanation, explain};
pub use judge::Comparison;
pub use names::package_keys;

use crate::database::{Database, DatabaseError, StatementRow, Statements};
use crate::vex::VexDocument;
use crate::vex::ignore::IgnoreEntry;
use coverage::Speakers;
use exception::{Ignores, Vex};
use fold::Hit;
use judge::VersionOrder;
use names::{Look, is_named, is_of_distribution, looks};
use owner::Owners;

/// What a match is made with, apart from the database and the packages.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// The time, and how old feeds may be.
    pub age: AgeLimits<'a>,
    /// VEX documents.
    pub vex: &'a [VexDocument],
    /// VEX documents that came with the image. They count where none of the others says anything.
    pub attached_vex: &'a [VexDocument],
    /// Ignore entries.
    pub ignores: &'a [IgnoreEntry],
}

/// Judges every installed package of an image.
#[must_use]
pub fn find(database: &Database, analysis: &Analysis, options: &Options<'_>) -> Vulnerabilities {
    let mut matcher = Matcher::new(database, analysis, options);
    let mut answer = Vulnerabilities { database: database.facts().clone(), ..Vulnerabilities::default() };
    let vex = Vex::new(options.vex, analysis);
    let attached_vex = Vex::new(options.attached_vex, analysis);
    let mut ignores = Ignores::new(options.ignores, options.age.now);
    for (position, package) in analysis.packages.iter().enumerate() {
        let coverage = matcher.cover(package);
        if matches!(coverage, Coverage::NotInstalled | Coverage::JudgedAsPartOf(_)) {
            answer.packages.push(coverage);
            continue;
        }
        match matcher.findings(position as u32, package, &mut answer) {
            Ok(mut findings) => {
                for finding in &mut findings {
                    if !vex.apply(finding, package) {
                        attached_vex.apply(finding, package);
                    }
                    ignores.apply(finding, package);
                }
                answer.findings.append(&mut findings);
                answer.packages.push(coverage);
            }
            Err(error) => {
                answer.packages.push(Coverage::Unknown(NoCoverage::DatabaseDamaged));
                let detail = format!("it could not be judged: {error}");
                answer.problems.push(Problem::new("advisory-database-damaged", &package.name, detail));
            }
        }
    }
    answer.coverage = coverage::summarise(&analysis.packages, &answer.packages, &matcher.speakers);
    answer.problems.extend(ignores.problems());
    answer.problems.sort();
    answer.problems.dedup();
    answer
}

/// One database, one image, and what was found out about who speaks for its kinds of package.
struct Matcher<'a> {
    database: &'a Database,
    analysis: &'a Analysis,
    limits: AgeLimits<'a>,
    owners: Owners<'a>,
    speakers: BTreeMap<String, Speakers>,
}

/// Statements about one name of a package.
struct Found<'a> {
    look: Look<'a>,
    statements: Statements,
}

impl<'a> Matcher<'a> {
    fn new(database: &'a Database, analysis: &'a Analysis, options: &Options<'a>) -> Self {
        Self {
            database,
            analysis,
            limits: options.age,
            owners: Owners::new(analysis),
            speakers: BTreeMap::new(),
        }
    }

    fn speakers(&mut self, kind: &str) -> &Speakers {
        self.speakers.entry(kind.to_owned()).or_insert_with(|| {
            Speakers::of(kind, self.analysis.distribution.as_ref(), self.database, &self.limits)
        })
    }

    /// Who judges a package.
    fn cover(&mut self, package: &Package) -> Coverage {
        if package.declared {
            return Coverage::NotInstalled;
        }
        if let Some(owner) = self.owners.owner(package)
            && let Some(owning) = self.analysis.packages.get(owner as usize)
            && self.cover_itself(owning).is_judged()
        {
            return Coverage::JudgedAsPartOf(owner);
        }
        self.cover_itself(package)
    }

    fn cover_itself(&mut self, package: &Package) -> Coverage {
        let speakers = self.speakers(package.kind.as_str());
        let coverage = match &speakers.answer {
            Ok(feeds) => Coverage::Judged { feeds: feeds.clone(), scope: speakers.scope.clone() },
            Err(why) => return Coverage::Unknown(why.clone()),
        };
        if !is_named(package) {
            return Coverage::Unknown(NoCoverage::GroupUnknown);
        }
        match (VersionOrder { kind: &package.kind }).fault(&package.version) {
            Some(UnknownReason::NoVersionOrder) => Coverage::Unknown(NoCoverage::NoVersionOrder),
            Some(_) => Coverage::Unknown(NoCoverage::VersionUnparsable),
            None => coverage,
        }
    }

    /// Everything the database says about a package's names.
    fn look_up<'p>(&mut self, package: &'p Package) -> Result<Vec<Found<'p>>, DatabaseError> {
        let kind = package.kind.as_str();
        let speakers = self.speakers(kind);
        let distribution = speakers.candidate.as_ref().map(|each| each.distribution.clone());
        if is_of_distribution(kind) && distribution.is_none() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for look in looks(package, distribution.as_deref()) {
            let statements = self.database.statements_of(&look.key)?;
            if !statements.is_empty() {
                found.push(Found { look, statements });
            }
        }
        Ok(found)
    }

    fn findings(
        &mut self,
        position: u32,
        package: &Package,
        answer: &mut Vulnerabilities,
    ) -> Result<Vec<plimsoll_model::Finding>, DatabaseError> {
        let found = self.look_up(package)?;
        let rows: Vec<(&Found<'_>, Vec<StatementRow<'_>>)> = found
            .iter()
            .map(|found| Ok((found, found.statements.rows()?)))
            .collect::<Result<_, DatabaseError>>()?;
        let releases = self.speakers(package.kind.as_str()).candidate.clone().map(|each| each.releases);
        let order = VersionOrder { kind: &package.kind };
        let mut hits: Vec<Hit<'_>> = Vec::new();
        for (found, rows) in &rows {
            for row in rows {
                if let Some(why) = applicable::inapplicable(row, package, releases.as_ref()) {
                    why.count(&mut answer.set_aside);
                    continue;
                }
                let judgement = judge::judge(order, &found.look.version, row, |_, _| ());
                hits.push(Hit { row, judgement, key: &found.look.key });
            }
        }
        fold::fold(self.database, position, package, order, &hits)
    }
}
