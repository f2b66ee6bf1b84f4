//! Observations on a terminal: the answer in a sentence, the observations, what could not be seen.

use std::io::{self, Write};

use owo_colors::{AnsiColors, OwoColorize as _};
use plimsoll_model::{Observation, SeverityLevel};

use super::{LintList, words};
use crate::place::{base_note, whose};
use crate::table::{Column, clean, write_toned};
use crate::units::count;
use crate::vulnerabilities::colour;

const COLUMNS: [Column; 5] = [
    Column::text("Severity"),
    Column::text("Rule"),
    Column::cut("Where", 16),
    Column::cut("What", 20),
    Column::text("Layer"),
];

pub(super) fn write(list: &LintList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let worst = list.lint.observations.iter().map(|each| each.severity).max();
    let tone = match worst {
        Some(level) => colour(level).unwrap_or(AnsiColors::Default),
        None if list.lint.without_data().next().is_some() => AnsiColors::Yellow,
        None => AnsiColors::Green,
    };
    let name = clean(&list.analysis.identity.name);
    writeln!(out, "{}: {}", name.bold(), words::headline(list.lint).color(tone))?;
    write_totals(list, out)?;
    let observations: Vec<_> = list.observations().collect();
    if !observations.is_empty() {
        let rows: Vec<Vec<String>> = observations
            .iter()
            .map(|each| {
                vec![
                    each.severity.to_string(),
                    each.rule.to_owned(),
                    words::about(each),
                    each.detail.clone(),
                    layer(list, each),
                ]
            })
            .collect();
        writeln!(out)?;
        write_toned(out, &COLUMNS, &rows, list.width, &|row, column| {
            if column == 0 { observations.get(row).and_then(|each| colour(each.severity)) } else { None }
        })?;
    }
    writeln!(out)?;
    if let Some(note) = base_note(list.analysis).filter(|_| !observations.is_empty()) {
        writeln!(out, "{}", clean(&note))?;
    }
    if let Some(line) = words::selection(list) {
        writeln!(out, "{line}")?;
    }
    writeln!(
        out,
        "{} `plimsoll explain RULE` says why one matters and what to do.",
        words::passed(list.lint)
    )?;
    let without = words::without_data(list.lint);
    if !without.is_empty() {
        writeln!(out, "\n{}", "No data, and so not known to pass:".bold())?;
        for line in without {
            writeln!(out, "  {}", clean(&line))?;
        }
    }
    out.flush()
}

/// The layer's position, and whether it is one of the base image.
fn layer(list: &LintList<'_>, observation: &Observation) -> String {
    let Some((position, _)) = list.layer(observation) else { return String::new() };
    match whose(list.analysis, observation.layer) {
        "" => position.to_string(),
        whose => format!("{position} {whose}"),
    }
}

fn write_totals(list: &LintList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<(SeverityLevel, u64)> =
        words::totals(list.lint).into_iter().filter(|(_, number)| *number > 0).collect();
    if shown.is_empty() {
        return Ok(());
    }
    let columns = [Column::text("Severity"), Column::number("Observations")];
    let rows: Vec<Vec<String>> =
        shown.iter().map(|(level, number)| vec![level.to_string(), count(*number)]).collect();
    writeln!(out)?;
    write_toned(out, &columns, &rows, list.width, &|row, column| {
        if column == 0 { shown.get(row).and_then(|(level, _)| colour(*level)) } else { None }
    })
}
