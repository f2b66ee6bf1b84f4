//! From a database and the packages of an image to findings: pure functions, the clock and
//! everything else handed in.
//!
//! # How a package is judged
//!
//! 1. Who speaks for it (`coverage`): its distribution and release, or its language's registry.
//!    Where nobody does, or only feeds that are too old, the answer is unknown and why.
//! 2. By which names it is looked up, and with which version (`names`).
//! 3. Which statements are about it (`applicable`, by what the image says of itself,
//!    `circumstances`): release, architecture, module stream, class of repositories, line of
//!    kernels (`line`); withdrawn advisories never are.
//! 4. What each says of its version (`judge`), by the order of versions of its own ecosystem.
//! 5. Which statements are about the same flaw (`identity`), and what they say together (`fold`).
//! 6. What lifts a finding (`exception`): VEX statements and ignore entries.
//!
//! Of the image's own distribution and the one that it rebuilds only the first that has a feed
//! for the release is asked, so that these two never contradict each other.

mod age;
mod applicable;
mod circumstances;
mod coverage;
mod exception;
mod explain;
mod fold;
mod identity;
mod judge;
mod line;
mod names;
mod owner;
mod release;
mod rematch;
mod severity;

use std::collections::BTreeMap;
use std::rc::Rc;

use plimsoll_model::package::is_of_distribution;
use plimsoll_model::{
    Analysis, Coverage, EndOfLife, NoCoverage, Package, Problem, UnknownReason, Verdict, Vulnerabilities,
};

pub use age::AgeLimits;
pub use exception::would_lift;
pub use explain::{Explanation, explain};
pub use judge::Comparison;
pub use names::package_keys;
pub use rematch::{Changes, ListIndex, Renewal, Renewer};

use crate::database::{Database, DatabaseError, StatementRow, Statements};
use crate::vex::VexDocument;
use crate::vex::ignore::IgnoreEntry;
use applicable::{Fit, sift};
use circumstances::Circumstances;
use coverage::Speakers;
use exception::{Ignores, Vex};
use fold::Hit;
use judge::{Judgement, VersionOrder};
use names::{Look, is_named, looks};
use owner::Owners;

/// What a match is made with, apart from the database and the packages.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// The time, and how old feeds may be.
    pub age: AgeLimits<'a>,
    /// VEX documents.
    pub vex: &'a [VexDocument],
    /// VEX documents that came with the image and are trusted. They count where none of the others
    /// says anything.
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
    for (position, package) in (0_u32..).zip(&analysis.packages) {
        let coverage = matcher.cover(position);
        if matches!(coverage, Coverage::NotInstalled | Coverage::JudgedAsPartOf(_)) {
            answer.packages.push(coverage);
            continue;
        }
        match matcher.findings(position, package, &mut answer) {
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
    answer.end_of_life = end_of_life(database, analysis).unwrap_or_else(|error| {
        let detail = format!("the distribution's dates could not be read: {error}");
        answer.problems.push(Problem::new("advisory-database-damaged", "end of life", detail));
        None
    });
    answer.problems.extend(ignores.problems());
    answer.problems.sort();
    answer.problems.dedup();
    answer
}

/// Until when the image's distribution gets security fixes; `None` where the database has no dates of
/// its release.
///
/// # Errors
/// [`DatabaseError`] where the database is damaged.
pub fn end_of_life(database: &Database, analysis: &Analysis) -> Result<Option<EndOfLife>, DatabaseError> {
    let Some(distribution) = &analysis.distribution else { return Ok(None) };
    let own = release::candidates(distribution).into_iter().next();
    let Some(release::Candidate { distribution, releases: release::Releases::Named(names) }) = own else {
        return Ok(None);
    };
    for name in names {
        if let Some(dates) = database.end_of_life(&distribution, &name)? {
            return Ok(Some(dates));
        }
    }
    Ok(None)
}

/// One database, one image, and what was found out about who speaks for its kinds of package.
struct Matcher<'a> {
    database: &'a Database,
    analysis: &'a Analysis,
    limits: AgeLimits<'a>,
    owners: Owners<'a>,
    speakers: BTreeMap<String, Speakers>,
    circumstances: BTreeMap<String, Rc<Circumstances>>,
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
            circumstances: BTreeMap::new(),
        }
    }

    fn speakers(&mut self, kind: &str) -> &Speakers {
        self.speakers.entry(kind.to_owned()).or_insert_with(|| {
            Speakers::of(kind, self.analysis.distribution.as_ref(), self.database, &self.limits)
        })
    }

    /// Who judges the package at a position.
    fn cover(&mut self, position: u32) -> Coverage {
        let analysis = self.analysis;
        let Some(package) = analysis.packages.get(position as usize).filter(|each| !each.declared) else {
            return Coverage::NotInstalled;
        };
        if let Some(owner) = self.owners.owner(position)
            && let Some(owning) = analysis.packages.get(owner as usize)
            && self.cover_itself(owning).is_judged()
            && (owner::is_own(owning, self.analysis) || self.has_heard_of(owning))
        {
            return Coverage::JudgedAsPartOf(owner);
        }
        self.cover_itself(package)
    }

    /// Whether the feeds name a package of a distribution at all, for whichever release: they never
    /// name what a third party packaged. Where the database cannot be read nobody has heard of it.
    fn has_heard_of(&mut self, package: &Package) -> bool {
        self.look_up(package).is_ok_and(|found| !found.is_empty())
    }

    fn cover_itself(&mut self, package: &Package) -> Coverage {
        let speakers = self.speakers(package.kind.as_str());
        let coverage = match &speakers.answer {
            Ok(feeds) => Coverage::Judged {
                feeds: feeds.iter().map(|each| each.feed.clone()).collect(),
                scope: speakers.scope.clone(),
            },
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

    /// What decides which statements are about packages of one kind.
    fn circumstances(&mut self, kind: &str) -> Rc<Circumstances> {
        if let Some(known) = self.circumstances.get(kind) {
            return Rc::clone(known);
        }
        let analysis = self.analysis;
        let found = Rc::new(Circumstances::of(analysis, self.speakers(kind).candidate.as_ref()));
        self.circumstances.insert(kind.to_owned(), Rc::clone(&found));
        found
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
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let circumstances = self.circumstances(package.kind.as_str());
        let order = VersionOrder { kind: &package.kind };
        let mut hits: Vec<Hit<'_>> = Vec::new();
        for (found, rows) in &rows {
            for (row, fit) in rows.iter().zip(sift(rows, package, &circumstances)) {
                if let Fit::Not(why) = fit {
                    why.count(&mut answer.set_aside);
                    continue;
                }
                let judgement = settle(judge::judge(order, &found.look.version, row, |_, _| ()), fit);
                hits.push(Hit { row, judgement, key: &found.look.key, of_stream: fit == Fit::OfStream });
            }
        }
        fold::fold(self.database, position, package, order, &hits, &mut answer.set_aside)
    }
}

/// What a statement's judgement is worth where nothing says whether it is about the package.
const fn settle(judgement: Judgement<'_>, fit: Fit) -> Judgement<'_> {
    match (fit, judgement.verdict) {
        (Fit::Perhaps, Verdict::Affected) => {
            Judgement { verdict: Verdict::Unknown(UnknownReason::LineUnknown), ..judgement }
        }
        _ => judgement,
    }
}
