//! From what single statements say to findings: one for each flaw, with every source.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use plimsoll_model::{
    Advisory, FeedFacts, Finding, FindingSource, FixState, Package, Scope, SetAside, Verdict, order_ids,
};

use super::identity::{self, Groups};
use super::judge::{Judgement, VersionOrder, range_words, statement_words};
use super::severity;
use crate::database::{Database, DatabaseError, Exploitation, PackageKey, RowEnd, StatementRow};

/// A statement that applies to a package, and what it says of its version.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit<'a> {
    pub(super) row: &'a StatementRow<'a>,
    pub(super) judgement: Judgement<'a>,
    pub(super) key: &'a PackageKey,
    /// Whether it is about the image's own stream of updates.
    pub(super) of_stream: bool,
}

/// Makes findings of everything that is said about one package.
///
/// A flaw is affected if any source says so, else unknown if any source cannot say. Sources of
/// the same flaw that say "not affected" stand beside it, and the finding says that they
/// disagree. A flaw that every source calls not affected is no finding. Where a source is about
/// the image's own stream of updates, only such are heard.
pub(super) fn fold(
    database: &Database,
    position: u32,
    package: &Package,
    order: VersionOrder<'_>,
    hits: &[Hit<'_>],
    set_aside: &mut SetAside,
) -> Result<Vec<Finding>, DatabaseError> {
    let mut groups = Groups::default();
    let mut texts: BTreeMap<u32, Advisory> = BTreeMap::new();
    let mut cleared: BTreeMap<u32, usize> = BTreeMap::new();
    for (index, hit) in hits.iter().enumerate() {
        let number = hit.row.advisory;
        if matches!(hit.judgement.verdict, Verdict::NotAffected(_)) {
            let known = cleared.entry(number).or_insert(index);
            if !hits.get(*known).is_some_and(|hit| hit.of_stream) {
                *known = index;
            }
            continue;
        }
        let text = text_of(database, &mut texts, number)?;
        for ids in identity::flaws(text, hit.key.distribution.is_some()) {
            groups.add(&ids, index);
        }
    }
    let mut findings = Vec::new();
    for (ids, mut members) in groups.finish() {
        for id in &ids {
            for number in database.advisories_named(id)? {
                let Some(index) = cleared.get(&number).copied() else { continue };
                let Some(hit) = hits.get(index) else { continue };
                let text = text_of(database, &mut texts, number)?;
                let flaws = identity::flaws(text, hit.key.distribution.is_some());
                if flaws.iter().any(|flaw| flaw.contains(id)) {
                    members.push(index);
                }
            }
        }
        members.sort_unstable();
        members.dedup();
        let of_stream = |index: &usize| hits.get(*index).is_some_and(|hit| hit.of_stream);
        if members.iter().any(of_stream) {
            let all = members.len();
            members.retain(of_stream);
            set_aside.superseded += (all - members.len()) as u64;
            let open = |index: &usize| {
                let hit = hits.get(*index);
                hit.is_some_and(|hit| !matches!(hit.judgement.verdict, Verdict::NotAffected(_)))
            };
            if !members.iter().any(open) {
                continue;
            }
        }
        let group = Group { database, package, order, hits, texts: &texts };
        findings.push(group.finding(position, &ids, &members)?);
    }
    findings.sort_by(|left, right| order_ids(&left.id, &right.id));
    Ok(findings)
}

/// The text of an advisory, read once.
fn text_of<'t>(
    database: &Database,
    texts: &'t mut BTreeMap<u32, Advisory>,
    number: u32,
) -> Result<&'t Advisory, DatabaseError> {
    Ok(match texts.entry(number) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(empty) => empty.insert(database.advisory(number)?.1),
    })
}

/// What one flaw of one package is made of.
struct Group<'a> {
    database: &'a Database,
    package: &'a Package,
    order: VersionOrder<'a>,
    hits: &'a [Hit<'a>],
    texts: &'a BTreeMap<u32, Advisory>,
}

impl Group<'_> {
    fn finding(&self, position: u32, ids: &[String], members: &[usize]) -> Result<Finding, DatabaseError> {
        let hits: Vec<(&Hit<'_>, &Advisory)> = members
            .iter()
            .filter_map(|index| self.hits.get(*index))
            .filter_map(|hit| Some((hit, self.texts.get(&hit.row.advisory)?)))
            .collect();
        let mut sources: Vec<FindingSource> =
            hits.iter().map(|(hit, text)| source(self.database.feeds(), hit, text)).collect();
        sources.sort();
        sources.dedup();
        let verdict = together(sources.iter().map(|source| source.verdict));
        let followed = || sources.iter().filter(|source| source.verdict == verdict);
        let fixed_version =
            followed().filter_map(|source| source.fixed_version.clone()).reduce(|best, other| {
                match self.order.compare(&other, &best) {
                    Some(Ordering::Greater) => other,
                    _ => best,
                }
            });
        let of_distribution = sources.iter().any(|source| source.scope.distribution.is_some());
        let (severity, cvss) =
            severity::fold(hits.iter().flat_map(|(_, text)| &text.severities), of_distribution);
        let mut exploitation = Exploitation::default();
        for id in ids.iter().filter(|id| id.starts_with("CVE-")) {
            exploitation.join(self.database.exploitation(id)?);
        }
        Ok(Finding {
            id: ids.first().cloned().unwrap_or_default(),
            aliases: aliases(ids),
            summary: hits.iter().find_map(|(_, text)| text.summary.clone()),
            package: position,
            version: self.package.version.clone(),
            disagreement: disagreement(&sources, verdict),
            sources,
            verdict,
            lifted_by: None,
            fixed_version,
            severity,
            cvss,
            exploit_probability: exploitation.probability,
            known_exploited: exploitation.known_exploited,
            layer: self.package.layer,
            evidence: self.package.evidence.clone(),
        })
    }
}

fn aliases(ids: &[String]) -> Vec<String> {
    let mut aliases: Vec<String> = ids.iter().skip(1).cloned().collect();
    aliases.sort_by(|left, right| order_ids(left, right));
    aliases
}

/// What several verdicts come to: affected before unknown before not affected.
fn together(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    let rank = |verdict: &Verdict| match verdict {
        Verdict::Affected => 0,
        Verdict::Unknown(_) => 1,
        Verdict::NotAffected(_) => 2,
    };
    // There is no group without a member.
    verdicts.min_by_key(rank).unwrap_or(Verdict::Affected)
}

fn source(feeds: &[FeedFacts], hit: &Hit<'_>, text: &Advisory) -> FindingSource {
    let row = hit.row;
    let fixed = hit.judgement.range.and_then(|range| match range.end {
        RowEnd::Fixed(version) => Some(version.to_owned()),
        RowEnd::LastAffected(_) | RowEnd::Open => None,
    });
    FindingSource {
        feed: feeds.get(usize::from(row.feed)).map(|feed| feed.id.clone()).unwrap_or_default(),
        advisory: text.id.clone(),
        scope: Scope {
            kind: hit.key.kind.clone(),
            distribution: hit.key.distribution.clone(),
            release: row.release.map(str::to_owned),
        },
        state: row.state,
        verdict: hit.judgement.verdict,
        range: hit.judgement.range.map_or_else(|| statement_words(row), |range| range_words(&range)),
        fixed_version: fixed.filter(|_| row.state != FixState::NotAffected),
        severities: text.severities.clone(),
    }
}

/// One sentence where some sources say that the package is not affected and others do not.
fn disagreement(sources: &[FindingSource], verdict: Verdict) -> Option<String> {
    let name = |source: &FindingSource| format!("{} ({})", source.advisory, source.feed);
    let list = |not: bool| {
        let mut names: Vec<String> = sources
            .iter()
            .filter(|source| matches!(source.verdict, Verdict::NotAffected(_)) == not)
            .map(name)
            .collect();
        names.dedup();
        names.join(", ")
    };
    let (others, clear) = (list(false), list(true));
    (!clear.is_empty() && !others.is_empty())
        .then(|| format!("{clear} says not affected; {others} says {} and was followed", verdict.word()))
}
