//! Which flaws an advisory speaks of, and under which id a flaw is best known.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use plimsoll_model::{Advisory, order_ids};

/// The flaws of an advisory, each as the ids that mean it.
///
/// An advisory under a CVE id, or with one as alias, is one flaw. A distribution's erratum that
/// collects CVEs (`related`, or several as aliases) is as many flaws as it has CVEs, and its own
/// id means none of them alone. What registries of languages call related is another flaw.
pub(super) fn flaws(advisory: &Advisory, of_distribution: bool) -> Vec<BTreeSet<String>> {
    let own: BTreeSet<String> =
        std::iter::once(&advisory.id).chain(&advisory.aliases).filter(|id| !id.is_empty()).cloned().collect();
    if !of_distribution || is_cve(&advisory.id) {
        return vec![own];
    }
    let count = |ids: &BTreeSet<String>, is: fn(&str) -> bool| ids.iter().filter(|id| is(id)).count();
    if count(&own, is_cve) == 1 {
        return vec![own];
    }
    let all: BTreeSet<String> = own.iter().chain(&advisory.related).cloned().collect();
    for is in [is_cve as fn(&str) -> bool, is_ghsa] {
        let collected: Vec<&String> = all.iter().filter(|id| is(id)).collect();
        match collected.as_slice() {
            [] => {}
            // `UBUNTU-CVE-2024-1` and `BELL-CVE-2024-1` are names of the CVE itself.
            [only] if advisory.id.ends_with(only.as_str()) => {
                return vec![BTreeSet::from([(*only).clone(), advisory.id.clone()])];
            }
            many => return many.iter().map(|id| BTreeSet::from([(*id).clone()])).collect(),
        }
    }
    vec![own]
}

/// The ids that an advisory gives the flaw `id`. One with several CVEs of its own is an erratum,
/// whoever publishes it, and makes none of them another name of the other.
pub(super) fn synonyms(advisory: &Advisory, id: &str) -> BTreeSet<String> {
    let own = || std::iter::once(&advisory.id).chain(&advisory.aliases);
    let erratum = own().filter(|id| is_cve(id)).nth(1).is_some();
    let about = |flaw: &BTreeSet<String>| flaw.iter().any(|each| each.eq_ignore_ascii_case(id));
    flaws(advisory, erratum).into_iter().find(about).unwrap_or_default()
}

fn is_cve(id: &str) -> bool {
    id.starts_with("CVE-")
}

fn is_ghsa(id: &str) -> bool {
    id.starts_with("GHSA-")
}

/// The order of ids from best known to least: CVE, GHSA, others; CVEs by year and number.
pub(super) fn by_fame(left: &str, right: &str) -> Ordering {
    let rank = |id: &str| if is_cve(id) { 0 } else { 1 + u8::from(!is_ghsa(id)) };
    rank(left).cmp(&rank(right)).then_with(|| order_ids(left, right))
}

/// Groups of ids that mean the same flaw, each with what was found under any of them.
#[derive(Debug, Default)]
pub(super) struct Groups {
    of: BTreeMap<String, usize>,
    groups: Vec<Option<(BTreeSet<String>, Vec<usize>)>>,
}

impl Groups {
    /// Adds something found under these ids.
    pub(super) fn add(&mut self, ids: &BTreeSet<String>, found: usize) {
        let known: BTreeSet<usize> = ids.iter().filter_map(|id| self.of.get(id).copied()).collect();
        let mut merged = (ids.clone(), Vec::new());
        for group in known {
            if let Some((ids, found)) = self.groups.get_mut(group).and_then(Option::take) {
                merged.0.extend(ids);
                merged.1.extend(found);
            }
        }
        merged.1.push(found);
        for id in &merged.0 {
            self.of.insert(id.clone(), self.groups.len());
        }
        self.groups.push(Some(merged));
    }

    /// Every group: its ids, the best known first, and what was found, sorted.
    pub(super) fn finish(self) -> Vec<(Vec<String>, Vec<usize>)> {
        let sorted = |(ids, mut found): (BTreeSet<String>, Vec<usize>)| {
            let mut ids: Vec<String> = ids.into_iter().collect();
            ids.sort_by(|left, right| by_fame(left, right));
            found.sort_unstable();
            found.dedup();
            (ids, found)
        };
        self.groups.into_iter().flatten().map(sorted).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ID aliases… | related…`, and the flaws it comes to.
    fn check(text: &str, of_distribution: bool, expect: &[&str]) {
        let (own, related) = text.split_once('|').unwrap_or((text, ""));
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let own = words(own);
        let advisory = Advisory {
            id: own[0].clone(),
            aliases: own[1..].to_vec(),
            related: words(related),
            ..Advisory::default()
        };
        let found: Vec<String> = flaws(&advisory, of_distribution)
            .into_iter()
            .map(|ids| ids.into_iter().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn an_erratum_is_as_many_flaws_as_it_collects() {
        check("CVE-2024-1", true, &["CVE-2024-1"]);
        check("ALSA-1 | CVE-2024-1 CVE-2024-2", true, &["CVE-2024-1", "CVE-2024-2"]);
        check("DSA-1 CVE-2024-1 CVE-2024-2", true, &["CVE-2024-1", "CVE-2024-2"]);
        check("ALSA-1 | CVE-2024-1", true, &["CVE-2024-1"]);
        check("BELL-CVE-2024-1 | CVE-2024-1", true, &["BELL-CVE-2024-1 CVE-2024-1"]);
        check("CGA-1 | GHSA-a", true, &["GHSA-a"]);
        check("ALBA-1", true, &["ALBA-1"]);
        check("GHSA-a CVE-2024-1 | CVE-2024-2", false, &["CVE-2024-1 GHSA-a"]);
        check("RUSTSEC-1 | CVE-2024-2", false, &["RUSTSEC-1"]);
    }

    #[test]
    fn the_best_known_id_comes_first() {
        let mut ids = ["RUSTSEC-2024-1", "GHSA-b", "CVE-2024-10", "CVE-2024-9", "CVE-2023-11"];
        ids.sort_by(|left, right| by_fame(left, right));
        assert_eq!(ids, ["CVE-2023-11", "CVE-2024-9", "CVE-2024-10", "GHSA-b", "RUSTSEC-2024-1"]);
    }

    #[test]
    fn chains_of_aliases_are_one_flaw() {
        let ids = |text: &str| text.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
        let mut groups = Groups::default();
        groups.add(&ids("A B"), 0);
        groups.add(&ids("C D"), 1);
        groups.add(&ids("E"), 2);
        groups.add(&ids("B C"), 3);
        let found = groups.finish();
        assert_eq!(found.len(), 2);
        assert!(found.contains(&(vec!["A".into(), "B".into(), "C".into(), "D".into()], vec![0, 1, 3])));
    }
}
