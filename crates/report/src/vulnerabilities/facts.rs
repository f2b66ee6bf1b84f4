//! What an answer says before and after its rows: the answer in a sentence, the database it was
//! made with, and what could not be judged.

use plimsoll_model::{Conclusion, DatabaseFacts, Finding};

use super::totals::Totals;
use super::{VulnerabilityList, newest};
use crate::units::{age, count, counted, day};

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

/// The line that stands on every result: how old the data is, and whose it is.
pub(crate) fn database_line(database: &DatabaseFacts, now: Option<&str>) -> String {
    if database.feeds.is_empty() {
        return "There is no advisory data: no feed is loaded.".to_owned();
    }
    let aged = |moment: &str| match now.and_then(|now| age(moment, now)) {
        Some(age) => format!("{} ({age})", day(moment)),
        None => day(moment).to_owned(),
    };
    let built = database.built_at.as_deref().map_or_else(|| "unknown date".to_owned(), aged);
    let feeds: Vec<&str> = database.feeds.iter().map(|feed| feed.id.as_str()).collect();
    let newest = newest(database).map_or_else(|| "of unknown date".to_owned(), aged);
    format!("Database of {built}; feeds {}; newest entry {newest}.", feeds.join(", "))
}

/// Feeds that could not be updated, other damage to the data, and VEX documents that were applied
/// without anybody having asked for it.
pub(super) fn remarks(list: &VulnerabilityList<'_>) -> Vec<String> {
    let kept = list.answer.database.feeds.iter().filter_map(|feed| {
        let because = feed.kept_because.as_deref()?;
        let of = feed.fetched_at.as_deref().map_or("an unknown date", day);
        Some(format!("The feed {} could not be updated ({because}); its data is of {of}.", feed.id))
    });
    let problems = list.answer.problems.iter().map(ToString::to_string);
    let mut remarks: Vec<String> = kept.chain(problems).chain(attached(list)).collect();
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

/// Who judged the other packages, one line per kind.
pub(super) fn judged(list: &VulnerabilityList<'_>) -> Vec<String> {
    let judged = list.answer.coverage.iter().filter(|summary| summary.judged > 0);
    judged
        .map(|summary| {
            format!(
                "{}: {} by {}",
                summary.scope,
                counted(summary.judged, "package"),
                summary.feeds.join(", ")
            )
        })
        .collect()
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

/// Says that not every open finding is shown.
pub(super) fn selection(list: &VulnerabilityList<'_>) -> Option<String> {
    let all = list.answer.affected().count() + list.answer.undecided().count();
    let shown = list.open().count();
    (shown < all).then(|| format!("Shown: {} of {}.", count(shown as u64), counted(all as u64, "finding")))
}

/// The layer that brought the package: its place among all, whose it is, its digest.
pub(super) fn layer(list: &VulnerabilityList<'_>, finding: &Finding) -> String {
    crate::place::layer(list.analysis, finding.layer)
}

/// Whose word some findings are lifted on that came with the image, and what it is worth.
pub(super) fn attached(list: &VulnerabilityList<'_>) -> Vec<String> {
    let vex = list.answer.attached_vex.iter();
    vex.map(|vex| {
        let lifts = match vex.lifted {
            0 => "it lifts no finding".to_owned(),
            lifted => format!("it lifts {}", counted(lifted, "finding")),
        };
        let worth = match (&vex.signer, &vex.verification) {
            (plimsoll_model::Signer::Nobody, _) => "not signed".to_owned(),
            (_, verified @ plimsoll_model::Verification::Verified { .. }) => format!("signature {verified}"),
            (signer, _) => format!("signature not verified ({signer})"),
        };
        format!(
            "Attached VEX {} ({}), {}, {worth}: {lifts}; --no-attached-vex leaves it out.",
            vex.id,
            vex.digest.short(),
            vex.source
        )
    })
    .collect()
}
