//! What an answer says before and after its rows: the answer in a sentence, the database it was
//! made with, and what could not be judged.

use std::collections::BTreeMap;

use plimsoll_model::{
    AppliedVex, Conclusion, CoverageSummary, DatabaseFacts, FeedCoverage, FeedFacts, Finding, NoCoverage,
    Package,
};

use super::VulnerabilityList;
use super::totals::Totals;
use crate::units::{age, count, counted, day, incomplete};

/// The answer in one sentence. Without data it never sounds like a clean image.
pub(super) fn headline(list: &VulnerabilityList<'_>) -> String {
    let totals = Totals::of(list.answer);
    let judged = totals.packages.saturating_sub(totals.unjudged);
    match list.answer.conclusion() {
        Conclusion::Affected => {
            let mut text = format!(
                "{} of {} in {}: {} can be fixed",
                counted(totals.affected, "finding"),
                vulnerabilities(totals.vulnerabilities),
                counted(totals.affected_packages, "package"),
                if totals.fixable == totals.affected { "all".to_owned() } else { count(totals.fixable) }
            );
            match totals.known_exploited {
                0 => {}
                1 => text.push_str(", 1 is known to be exploited"),
                several => text.push_str(&format!(", {} are known to be exploited", count(several))),
            }
            text.push('.');
            if totals.unjudged > 0 {
                let all = counted(totals.packages, "package");
                text.push_str(&format!(" {} of {all} could not be judged.", count(totals.unjudged)));
            }
            text
        }
        Conclusion::Clean => {
            format!("No known vulnerability. Judged: all of {}.", counted(totals.packages, "package"))
        }
        Conclusion::NoData if totals.packages == 0 => {
            "No data: there is no installed package to judge.".to_owned()
        }
        Conclusion::NoData if judged == 0 => {
            format!("No data: none of {} could be judged.", counted(totals.packages, "package"))
        }
        Conclusion::NoData if totals.unjudged == 0 => format!(
            "Undecided: nothing is known to be affected, but of {} nobody can say.",
            counted(totals.undecided, "finding")
        ),
        Conclusion::NoData => format!(
            "No data on {} of {}. In the other {} no vulnerability is known.",
            count(totals.unjudged),
            counted(totals.packages, "package"),
            count(judged)
        ),
    }
}

/// A count of vulnerabilities.
pub(crate) fn vulnerabilities(number: u64) -> String {
    if number == 1 { "1 vulnerability".to_owned() } else { format!("{} vulnerabilities", count(number)) }
}

/// The line that stands on every result: how old the database is, which of its feeds were used
/// for these packages, and how new their knowledge of them is.
pub(crate) fn database_line(
    database: &DatabaseFacts,
    coverage: &[CoverageSummary],
    now: Option<&str>,
) -> String {
    if database.feeds.is_empty() {
        return "There is no advisory data: no feed is loaded.".to_owned();
    }
    let built = database.built_at.as_deref().map_or_else(|| "unknown date".to_owned(), |at| dated(at, now));
    let used = || coverage.iter().flat_map(|summary| &summary.feeds);
    let mut ids: Vec<&str> = used().map(|each| each.feed.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return format!(
            "Database of {built}; none of its {} was used.",
            counted(database.feeds.len() as u64, "feed")
        );
    }
    let newest = used().filter_map(|each| each.newest.as_deref()).max();
    let mut undated: Vec<&str> =
        used().filter(|each| each.newest.is_none()).map(|each| each.feed.as_str()).collect();
    undated.sort_unstable();
    undated.dedup();
    // How new a feed without dates is nobody knows, and others say nothing about it.
    let newest = match (newest, undated.is_empty()) {
        (None, _) => "their entries have no dates".to_owned(),
        (Some(at), true) => format!("newest entry {}", dated(at, now)),
        (Some(at), false) => {
            format!("newest entry that has a date {} ({} has none)", dated(at, now), undated.join(", "))
        }
    };
    format!("Database of {built}; feeds used: {}; {newest}.", ids.join(", "))
}

/// Until when the image's distribution gets security fixes; nothing where nobody says.
pub(super) fn support(list: &VulnerabilityList<'_>) -> Option<String> {
    let dates = list.answer.end_of_life.as_ref()?;
    let name = list.analysis.distribution.as_ref()?.title();
    let (last, support) = match dates.last_day() {
        Some(known) => known,
        None if dates.is_over == Some(true) => {
            return Some(format!(
                "{name} gets no security fixes any more: its feeds may not know new flaws."
            ));
        }
        None => return None,
    };
    let of = support.map(|support| format!(" ({support})")).unwrap_or_default();
    let over = list.now.is_some_and(|now| last < day(now));
    Some(if over {
        format!("{name} gets no security fixes since {last}{of}: its feeds may not know new flaws.")
    } else if support.is_some() && list.now.and_then(|now| dates.is_over_on(now)) == Some(true) {
        format!("{name} gets security fixes until {last} from {} alone.", support.unwrap_or_default())
    } else {
        format!("{name} gets security fixes until {last}{of}.")
    })
}

/// A day, and how long ago it was.
fn dated(moment: &str, now: Option<&str>) -> String {
    match now.and_then(|now| age(moment, now)) {
        Some(age) => format!("{} ({})", day(moment), age.trim_start_matches("of ")),
        None => day(moment).to_owned(),
    }
}

/// Feeds that could not be updated, other damage to the data, and VEX documents that are attached to
/// the image.
pub(super) fn remarks(list: &VulnerabilityList<'_>) -> Vec<String> {
    // What other feeds lack is no matter of this image; `advisories status` tells it.
    let used = list.answer.feeds_used();
    let missed = |id: &str| {
        list.answer.coverage.iter().flat_map(|summary| &summary.unknown).any(|(reason, _)| match reason {
            NoCoverage::FeedEmpty(feed) | NoCoverage::FeedAgeUnknown(feed) => feed == id,
            NoCoverage::FeedTooOld { feed, .. } => feed == id,
            _ => false,
        })
    };
    let concerns =
        |feed: &&FeedFacts| used.contains(&feed.id.as_str()) || feed.enrichments > 0 || missed(&feed.id);
    let kept = list.answer.database.feeds.iter().filter(concerns).filter_map(|feed| {
        let because = feed.kept_because.as_deref()?;
        let of = feed.fetched_at.as_deref().map_or("an unknown date", day);
        Some(format!("The feed {} could not be updated ({because}); its data is of {of}.", feed.id))
    });
    let problems = list.answer.problems.iter().map(ToString::to_string);
    let mut remarks: Vec<String> = kept.chain(problems).chain(attached(&list.answer.attached_vex)).collect();
    let damage = list.analysis.problems.len() as u64;
    if damage > 0 {
        let problems = counted(damage, "problem");
        remarks.push(format!("{problems} while reading the image: packages may be missing here."));
    }
    remarks
}

/// Which packages nobody could judge, one line per kind and reason.
pub(super) fn not_judged(list: &VulnerabilityList<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut named = 0;
    for summary in &list.answer.coverage {
        for (reason, packages) in &summary.unknown {
            named += packages;
            let place = if summary.scope == summary.kind {
                summary.kind.clone()
            } else {
                format!("{} ({})", summary.kind, summary.scope)
            };
            lines.push(format!("{place}: {}: {reason}", counted(*packages, "package")));
        }
    }
    // What the summary leaves out is told all the same.
    let all = Totals::of(list.answer).unjudged;
    if all > named {
        lines.push(format!("{}: no reason is recorded", counted(all - named, "package")));
    }
    lines
}

/// Who judged the other packages, one line per kind of package: by which feeds, how much these
/// know of the very release or registry, and how new that is.
pub(crate) fn judged(coverage: &[CoverageSummary], now: Option<&str>) -> Vec<String> {
    let judged = coverage.iter().filter(|summary| summary.judged > 0);
    judged
        .map(|summary| {
            let mut text = format!(
                "{} of {}",
                count(summary.judged),
                counted(summary.packages, &format!("{} package", summary.kind))
            );
            if summary.judged > summary.part_of_others {
                let feeds: Vec<String> =
                    summary.feeds.iter().map(|feed| known_by(feed, summary, now)).collect();
                let feeds = if feeds.is_empty() {
                    "feeds that are not recorded".to_owned()
                } else {
                    feeds.join(" and ")
                };
                text.push_str(&format!(" by {feeds}"));
            }
            match (summary.part_of_others, summary.judged - summary.part_of_others.min(summary.judged)) {
                (0, _) => {}
                (_, 0) => text.push_str(", all as part of the distribution's own packages"),
                (parts, _) => {
                    let parts = counted(parts, "package");
                    text.push_str(&format!("; {parts} as part of the distribution's own"));
                }
            }
            text
        })
        .collect()
}

/// A feed and what it knows of a scope.
fn known_by(feed: &FeedCoverage, summary: &CoverageSummary, now: Option<&str>) -> String {
    let about =
        if summary.scope == summary.kind { String::new() } else { format!(" about {}", summary.scope) };
    let date = match (&feed.newest, &feed.fetched_at) {
        (Some(newest), _) => format!("newest of {}", dated(newest, now)),
        (None, Some(fetched)) => format!("no dates, fetched {}", dated(fetched, now)),
        (None, None) => "of unknown date".to_owned(),
    };
    let damaged = incomplete(feed.unreadable, feed.incomplete_because.as_deref());
    let damaged = damaged.map(|what| format!("; incomplete: {what}")).unwrap_or_default();
    format!("{}: {}{about}, {date}{damaged}", feed.feed, counted(feed.statements, "statement"))
}

/// What to call the package of each of these findings: its name, and where rows would look the
/// same, what tells them apart: the architecture, or else where the package lies.
pub(super) fn labels(list: &VulnerabilityList<'_>, findings: &[&Finding]) -> Vec<String> {
    let packages: Vec<Option<&Package>> = findings.iter().map(|finding| list.package(finding)).collect();
    let key = |position: usize| {
        let (finding, package) = (findings.get(position)?, packages.get(position).copied().flatten()?);
        Some((&finding.id, &package.kind, &package.name, &finding.version))
    };
    let mut alike: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for position in 0..findings.len() {
        alike.entry(key(position)).or_default().push(position);
    }
    let mut labels: Vec<String> = packages
        .iter()
        .map(|package| package.map(|package| package.name.clone()).unwrap_or_default())
        .collect();
    for positions in alike.into_values().filter(|positions| positions.len() > 1) {
        let of = |position: &usize| packages.get(*position).copied().flatten();
        let mut architectures: Vec<_> =
            positions.iter().filter_map(|position| of(position)?.arch.as_deref()).collect();
        architectures.sort_unstable();
        architectures.dedup();
        let by_architecture = architectures.len() == positions.len();
        for position in positions {
            let (Some(package), Some(label)) = (of(&position), labels.get_mut(position)) else { continue };
            match (&package.arch, package.place.as_ref().or(package.evidence.as_ref())) {
                (Some(arch), _) if by_architecture => label.push_str(&format!(":{arch}")),
                (_, Some(path)) => label.push_str(&format!(" in {path}")),
                _ => {}
            }
        }
    }
    labels
}

/// Findings that are not open, and why.
pub(super) fn set_apart(list: &VulnerabilityList<'_>) -> Vec<String> {
    let totals = Totals::of(list.answer);
    let lifted = totals.lifted_because.iter().map(|(reason, findings)| {
        format!("{} not counted: {}.", counted(*findings, "finding"), reason.words())
    });
    let undecided = totals.undecided_because.iter().map(|(reason, findings)| {
        format!("{} undecided: {}.", counted(*findings, "finding"), reason.words())
    });
    undecided.chain(lifted).collect()
}

/// Says that not every open finding is shown, while the totals are of all.
pub(super) fn selection(list: &VulnerabilityList<'_>) -> Option<String> {
    let all = list.answer.affected().count() + list.answer.undecided().count();
    let shown = list.open().count();
    (shown < all).then(|| format!("Showing {} of {}.", count(shown as u64), counted(all as u64, "finding")))
}

/// The layer that brought the package: its place among all, whose it is, its digest.
pub(super) fn layer(list: &VulnerabilityList<'_>, finding: &Finding) -> String {
    crate::place::layer(list.analysis, finding.layer)
}

/// Whose word came with the image, what it is worth, and what becomes of it.
pub(crate) fn attached<'a>(found: impl IntoIterator<Item = &'a AppliedVex>) -> Vec<String> {
    let lines = found.into_iter().map(|vex| {
        let becomes = match (vex.applied, vex.lifted, vex.would_lift) {
            (true, 0, _) => "it lifts no finding; --no-attached-vex leaves it out".to_owned(),
            (true, lifted, _) => {
                format!("it lifts {}; --no-attached-vex leaves it out", counted(lifted, "finding"))
            }
            (false, _, 0) => "not applied, and it would lift no finding".to_owned(),
            (false, _, would) => format!(
                "not applied: {} of an unverified document would lift {}; --key verifies it, \
                 --trust-attached-vex believes whoever attached it",
                counted(vex.statements, "statement"),
                counted(would, "finding")
            ),
        };
        format!(
            "Attached VEX {} ({}), {}, {}: {becomes}.",
            vex.id,
            vex.digest.short(),
            vex.source,
            vex.worth()
        )
    });
    lines.collect()
}
