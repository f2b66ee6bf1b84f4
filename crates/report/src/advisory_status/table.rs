//! Feeds as a table for people, and what is wrong with any of them below it.

use std::io::{self, Write};

use plimsoll_model::FeedFacts;

use super::AdvisoryStatus;
use crate::table::{Column, clean, write as write_table};
use crate::units::{age, count, counted, day, incomplete};

const COLUMNS: [Column; 8] = [
    Column::text("Feed"),
    Column::number("Advisories"),
    Column::number("Statements"),
    Column::number("Other"),
    Column::text("Newest"),
    Column::number("Age"),
    Column::text("Fetched"),
    Column::cut("Source", 12),
];

pub(super) fn write(status: &AdvisoryStatus<'_>, out: &mut dyn Write) -> io::Result<()> {
    let database = status.database;
    if database.feeds.is_empty() {
        writeln!(out, "There is no advisory data: no feed is loaded.")?;
        return out.flush();
    }
    let dates = |moment: Option<&str>| moment.map_or("unknown", day).to_owned();
    let number = |amount: u64| if amount == 0 { String::new() } else { count(amount) };
    // A feed that holds nothing at all shows that it does.
    let advisories = |feed: &FeedFacts| {
        if feed.enrichments == 0 { count(feed.advisories) } else { number(feed.advisories) }
    };
    let rows: Vec<Vec<String>> = database
        .feeds
        .iter()
        .map(|feed| {
            vec![
                feed.id.clone(),
                advisories(feed),
                number(feed.statements),
                number(feed.enrichments),
                feed.newest.as_deref().map_or("no date", day).to_owned(),
                status.age(feed).map(|days| counted(days, "day")).unwrap_or_default(),
                dates(feed.fetched_at.as_deref()),
                feed.source.clone(),
            ]
        })
        .collect();
    write_table(out, &COLUMNS, &rows, status.width)?;
    writeln!(out)?;
    let built = database.built_at.as_deref();
    let old = built.zip(status.now).and_then(|(built, now)| age(built, now));
    let old = old.map(|age| format!(" ({age})")).unwrap_or_default();
    let advisories: u64 = database.feeds.iter().map(|feed| feed.advisories).sum();
    let statements: u64 = database.feeds.iter().map(|feed| feed.statements).sum();
    writeln!(
        out,
        "Built {}{old}: {} with {}, {} known to be exploited, {} with an exploit probability.",
        clean(built.map_or("on an unknown date", day)),
        counted(advisories, "advisory"),
        counted(statements, "statement"),
        count(database.known_exploited),
        count(database.exploit_probabilities)
    )?;
    if let Some(place) = status.place {
        writeln!(out, "It lies at {}", clean(place))?;
    }
    for note in notes(status) {
        writeln!(out, "{}", clean(&note))?;
    }
    out.flush()
}

/// What is wrong with feeds.
fn notes(status: &AdvisoryStatus<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    for feed in &status.database.feeds {
        if let Some(because) = &feed.kept_because {
            let on = feed.failed_at.as_deref().map(|at| format!(" on {}", day(at))).unwrap_or_default();
            notes.push(format!(
                "{}: could not be updated{on}, so its last good data was kept: {because}",
                feed.id
            ));
        }
        if let Some(what) = incomplete(feed.unreadable, feed.incomplete_because.as_deref()) {
            notes.push(format!("{}: is incomplete: {what}", feed.id));
        }
        if feed.advisories == 0 && feed.enrichments == 0 {
            notes.push(format!("{}: is empty, so what it should speak for has no data", feed.id));
        }
        if feed.refused > 0 {
            let entries = counted(feed.refused, "entry");
            notes.push(format!("{}: {entries} could not be stored", feed.id));
        }
    }
    notes
}
