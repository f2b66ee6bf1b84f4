//! Which feeds speak for a kind of package in this image, and why none does.

use std::collections::BTreeMap;

use plimsoll_model::package::is_of_distribution;
use plimsoll_model::{
    Coverage, CoverageSummary, Distribution, FeedCoverage, FeedFacts, NoCoverage, Package, ScopeFacts,
};

use super::release::{self, Candidate, Releases};
use super::{AgeLimits, age};
use crate::database::Database;

/// Who speaks for packages of one kind.
#[derive(Debug, Clone)]
pub(super) struct Speakers {
    /// The distribution and release whose statements are looked at; `None` for languages, and
    /// where nobody speaks.
    pub(super) candidate: Option<Candidate>,
    /// Feeds that judge, or why nobody does. Statements are looked at even where the feeds are
    /// too old to be trusted: what they do say is not made wrong by age.
    pub(super) answer: Result<Vec<FeedCoverage>, NoCoverage>,
    /// The scope in words.
    pub(super) scope: String,
}

impl Speakers {
    /// Who speaks for packages of `kind` in an image of this distribution.
    pub(super) fn of(
        kind: &str,
        distribution: Option<&Distribution>,
        database: &Database,
        limits: &AgeLimits<'_>,
    ) -> Self {
        if !is_of_distribution(kind) {
            let answer = judge(database, kind, None, limits);
            return Self { candidate: None, answer, scope: kind.to_owned() };
        }
        let Some(distribution) = distribution.filter(|known| !known.id.is_empty()) else {
            let answer = Err(NoCoverage::DistributionUnknown);
            return Self { candidate: None, answer, scope: kind.to_owned() };
        };
        let mut first = None;
        for candidate in release::candidates(distribution) {
            let scope = match candidate.releases.title() {
                Some(release) => format!("{} {release}", candidate.distribution),
                None => candidate.distribution.clone(),
            };
            let answer = judge(database, kind, Some(&candidate), limits);
            let speaks = match &answer {
                Ok(_) | Err(NoCoverage::FeedTooOld { .. } | NoCoverage::FeedAgeUnknown(_)) => true,
                Err(_) => false,
            };
            let speakers = Self { candidate: Some(candidate), answer, scope };
            if speaks {
                return speakers;
            }
            first.get_or_insert(speakers);
        }
        first.unwrap_or_else(|| Self {
            candidate: None,
            answer: Err(NoCoverage::NoFeed),
            scope: kind.to_owned(),
        })
    }
}

/// The feeds that speak for a scope and are fresh enough. Of a distribution with releases, a
/// feed speaks for one only where it has statements about that very release: what it says of
/// every release at once is looked at all the same, but is no knowledge of this one.
fn judge(
    database: &Database,
    kind: &str,
    candidate: Option<&Candidate>,
    limits: &AgeLimits<'_>,
) -> Result<Vec<FeedCoverage>, NoCoverage> {
    let distribution = candidate.map(|candidate| candidate.distribution.as_str());
    let ours =
        |facts: &&ScopeFacts| facts.scope.kind == kind && facts.scope.distribution.as_deref() == distribution;
    let mut fresh = Vec::new();
    let mut stale: Option<NoCoverage> = None;
    let mut other_release = false;
    for feed in database.feeds() {
        let scopes: Vec<&ScopeFacts> = feed.scopes.iter().filter(ours).collect();
        let release = |facts: &ScopeFacts| facts.scope.release.clone();
        let held = || {
            scopes
                .iter()
                .filter(|facts| candidate.is_none_or(|each| each.releases.hold(release(facts).as_deref())))
        };
        let named = candidate.is_some_and(|each| matches!(each.releases, Releases::Named(_)));
        if !held().any(|facts| facts.statements > 0 && (!named || release(facts).is_some())) {
            other_release |= !scopes.is_empty();
            continue;
        }
        // A quiet release, long out of support, does not make its distribution's feed old.
        let newest = scopes.iter().filter_map(|facts| facts.newest.as_deref()).max();
        match age::fault(feed, newest, limits) {
            None => fresh.push(FeedCoverage {
                feed: feed.id.clone(),
                statements: held().map(|facts| facts.statements).sum(),
                newest: held().filter_map(|facts| facts.newest.clone()).max(),
                fetched_at: feed.fetched_at.clone(),
                unreadable: feed.unreadable,
                incomplete_because: feed.incomplete_because.clone(),
            }),
            Some(fault) => stale = Some(younger(stale, fault)),
        }
    }
    if !fresh.is_empty() {
        fresh.sort();
        return Ok(fresh);
    }
    Err(stale.unwrap_or_else(|| silence(database.feeds(), kind, candidate, other_release)))
}

/// Of two feeds that are too old, the one that is less so.
fn younger(one: Option<NoCoverage>, other: NoCoverage) -> NoCoverage {
    match (one, other) {
        (Some(NoCoverage::FeedTooOld { feed, days, limit }), NoCoverage::FeedTooOld { days: more, .. })
            if days <= more =>
        {
            NoCoverage::FeedTooOld { feed, days, limit }
        }
        (_, other) => other,
    }
}

/// Why nobody speaks for a scope.
fn silence(
    feeds: &[FeedFacts],
    kind: &str,
    candidate: Option<&Candidate>,
    other_release: bool,
) -> NoCoverage {
    let distribution = candidate.map(|candidate| candidate.distribution.as_str());
    if other_release {
        return match candidate.and_then(|candidate| candidate.releases.title()) {
            Some(release) => NoCoverage::ReleaseNotCovered(release.to_owned()),
            None => NoCoverage::ReleaseUnknown,
        };
    }
    let meant = |feed: &&FeedFacts| {
        feed.statements == 0 && feed.meant_for.iter().any(|(k, d)| k == kind && d.as_deref() == distribution)
    };
    feeds.iter().find(meant).map_or(NoCoverage::NoFeed, |feed| NoCoverage::FeedEmpty(feed.id.clone()))
}

/// Counts coverage by kind and scope. `scopes` gives the scope of packages that nobody judged.
pub(super) fn summarise(
    packages: &[Package],
    coverage: &[Coverage],
    scopes: &BTreeMap<String, Speakers>,
) -> Vec<CoverageSummary> {
    let mut summaries: BTreeMap<&str, (CoverageSummary, BTreeMap<NoCoverage, u64>)> = BTreeMap::new();
    for (package, coverage) in packages.iter().zip(coverage) {
        if *coverage == Coverage::NotInstalled {
            continue;
        }
        let kind = package.kind.as_str();
        let (summary, unknown) = summaries.entry(kind).or_insert_with(|| {
            let scope = scopes.get(kind).map_or(kind, |speakers| &speakers.scope).to_owned();
            let summary = CoverageSummary {
                kind: kind.to_owned(),
                scope,
                packages: 0,
                judged: 0,
                part_of_others: 0,
                feeds: Vec::new(),
                unknown: Vec::new(),
            };
            (summary, BTreeMap::new())
        });
        summary.packages += 1;
        match coverage {
            Coverage::Judged { feeds, .. } => {
                summary.judged += 1;
                if summary.feeds.is_empty() {
                    let known = scopes.get(kind).and_then(|speakers| speakers.answer.as_ref().ok());
                    let known = known.into_iter().flatten();
                    summary.feeds = known.filter(|each| feeds.contains(&each.feed)).cloned().collect();
                }
            }
            Coverage::JudgedAsPartOf(_) => {
                summary.judged += 1;
                summary.part_of_others += 1;
            }
            Coverage::NotInstalled => {}
            Coverage::Unknown(why) => *unknown.entry(why.clone()).or_default() += 1,
        }
    }
    summaries
        .into_values()
        .map(|(summary, unknown)| CoverageSummary { unknown: unknown.into_iter().collect(), ..summary })
        .collect()
}
