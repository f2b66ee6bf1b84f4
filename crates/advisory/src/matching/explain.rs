//! The whole chain behind an answer: feed, advisory, statement, each comparison, package, layer.

use std::collections::BTreeSet;

use plimsoll_model::{Advisory, Analysis, Coverage, FixState, NameKind, Scope, TreePath, Verdict};

use super::applicable::{Fit, Inapplicable, sift};
use super::judge::{self, Comparison, VersionOrder, range_words, statement_words};
use super::{Matcher, Options, identity, settle};
use crate::database::{Database, DatabaseError};

/// How one statement was applied to one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Position of the package in [`Analysis::packages`].
    pub package: u32,
    /// Id of the feed.
    pub feed: String,
    /// The advisory, without its statements.
    pub advisory: Advisory,
    /// Where the statement holds.
    pub scope: Scope,
    /// The name that it uses, and which of the package's names that is.
    pub name: (String, NameKind),
    /// The version that was judged: the source package's where the statement names that.
    pub version: String,
    /// What the publisher does about it.
    pub state: FixState,
    /// All affected versions, in words.
    pub affected: String,
    /// The range that the version lies in, in words.
    pub range: Option<String>,
    /// Every comparison that was made, in turn.
    pub comparisons: Vec<Comparison>,
    /// What the statement says of the version; `None` where it is not about this package.
    pub verdict: Option<Verdict>,
    /// Why it is not about this package, as the rest of "does not apply: ".
    pub inapplicable: Option<String>,
    /// The layer that brought the package: a position in [`Analysis::layers`].
    pub layer: Option<u32>,
    /// The file that says that the package is installed.
    pub evidence: Option<TreePath>,
}

/// Everything that was looked at for a flaw, by any of its ids: for every installed package,
/// every statement about its names of an advisory that means or collects the flaw. Statements
/// that do not apply are here too, with the reason.
///
/// # Errors
/// [`DatabaseError`] where the database cannot be read.
pub fn explain(
    database: &Database,
    analysis: &Analysis,
    id: &str,
    options: &Options<'_>,
) -> Result<Vec<Explanation>, DatabaseError> {
    let advisories = named(database, id)?;
    let mut explanations = Vec::new();
    if advisories.is_empty() {
        return Ok(explanations);
    }
    let mut matcher = Matcher::new(database, analysis, options);
    for (position, package) in (0_u32..).zip(&analysis.packages).filter(|(_, each)| !each.declared) {
        let owner = match matcher.cover(position) {
            Coverage::JudgedAsPartOf(owner) => analysis.packages.get(owner as usize),
            _ => None,
        };
        let found = matcher.look_up(package)?;
        let circumstances = matcher.circumstances(package.kind.as_str());
        let mut looked_at = Vec::new();
        for found in &found {
            let rows = found.statements.rows()?;
            let fits = sift(&rows, package, &circumstances);
            let rows = rows.into_iter().zip(fits).filter(|(row, _)| advisories.contains(&row.advisory));
            looked_at.extend(rows.map(|(row, fit)| (found, row, fit)));
        }
        let of_stream = looked_at.iter().any(|(.., fit)| *fit == Fit::OfStream);
        for (found, row, fit) in looked_at {
            let fit = match fit {
                Fit::Applies | Fit::Perhaps if of_stream => Fit::Not(Inapplicable::Superseded),
                fit => fit,
            };
            let inapplicable = match (fit, owner) {
                (Fit::Not(why), _) => Some(why.words(&row, package, &circumstances)),
                (_, Some(owner)) => Some(format!(
                    "{} {} brought the package, so what is said of that decides",
                    owner.name, owner.version
                )),
                (_, None) => None,
            };
            let version = found.look.version.as_ref();
            let mut comparisons = Vec::new();
            let judgement = inapplicable.is_none().then(|| {
                let order = VersionOrder { kind: &package.kind };
                let judgement = judge::judge(order, version, &row, |bound, order| {
                    comparisons.push(Comparison {
                        installed: version.to_owned(),
                        bound: bound.to_owned(),
                        order,
                    });
                });
                settle(judgement, fit)
            });
            let feed = database.feeds().get(usize::from(row.feed));
            explanations.push(Explanation {
                package: position,
                feed: feed.map(|feed| feed.id.clone()).unwrap_or_default(),
                advisory: database.advisory(row.advisory)?.1,
                scope: Scope {
                    kind: found.look.key.kind.clone(),
                    distribution: found.look.key.distribution.clone(),
                    release: row.release.map(str::to_owned),
                },
                name: (found.look.key.name.clone(), found.look.key.name_kind),
                version: version.to_owned(),
                state: row.state,
                affected: statement_words(&row),
                range: judgement.and_then(|each| each.range).map(|range| range_words(&range)),
                comparisons,
                verdict: judgement.map(|each| each.verdict),
                inapplicable,
                layer: package.layer,
                evidence: package.evidence.clone(),
            });
        }
    }
    Ok(explanations)
}

/// Advisories that mean or collect a flaw, by its id and every id that is an alias of it.
fn named(database: &Database, id: &str) -> Result<BTreeSet<u32>, DatabaseError> {
    /// A flaw has a handful of ids; a hostile feed could chain any number of them.
    const MAX_IDS: usize = 64;
    let mut advisories = BTreeSet::new();
    let mut ids = vec![id.to_owned()];
    let mut next = 0;
    while let Some(id) = ids.get(next).cloned() {
        next += 1;
        for number in database.advisories_named(&id)? {
            if !advisories.insert(number) {
                continue;
            }
            let text = database.advisory(number)?.1;
            for alias in identity::synonyms(&text, &id) {
                if ids.len() < MAX_IDS && !ids.iter().any(|known| known.eq_ignore_ascii_case(&alias)) {
                    ids.push(alias);
                }
            }
        }
    }
    Ok(advisories)
}
