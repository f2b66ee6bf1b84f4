//! A comparison on a terminal: both images' facts, the packages side by side, one line of totals,
//! then whatever else was asked for.
//!
//! A row of the packages holds nothing but the name and the two versions. A column for the type,
//! the architecture or the place comes in only where two rows of the list could not be told apart
//! without it.

use std::io::{self, Write};

use owo_colors::{AnsiColors, OwoColorize as _};
use plimsoll_model::compare::{Change, VulnerabilityChange};

use super::facts::{facts, names, only_other_differences, remarks, totals};
use super::grid::{self, Cell, Column, Tone};
use super::rows::{
    GroupRow, config_name, config_rows, extras, file_text, group_rows, layer_rows, package_rows, setting_text,
};
use super::{DifferenceView, NOT_INSTALLED, vulnerabilities};
use crate::buffer::Buffer;
use crate::table::{clean, spaces};
use crate::units::{count, size};

/// Up to how many files of one package are named one by one without being asked for: what still
/// reads at a glance.
const SMALL_GROUP: u64 = 10;

pub(super) fn write(view: &DifferenceView<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_facts(view, out)?;
    if view.options.sections.packages {
        write_packages(view, out)?;
    }
    writeln!(out)?;
    for remark in remarks(view).iter().chain(&only_other_differences(view)) {
        writeln!(out, "{}", clean(remark))?;
    }
    writeln!(out, "{}", totals(view).bold())?;
    if view.options.sections.files && view.comparison.files.known {
        write_files(view, out)?;
    }
    if view.options.sections.config {
        write_config(view, out)?;
    }
    if view.options.sections.layers && view.comparison.layers.known {
        write_layers(view, out)?;
    }
    write_vulnerabilities(view, out)
}

/// The colour of a change: what went is red, what came is green.
const fn tone(change: Change) -> Tone {
    Tone::Colour(match change {
        Change::Removed => AnsiColors::Red,
        Change::Added => AnsiColors::Green,
        Change::Upgraded => AnsiColors::Cyan,
        Change::Downgraded => AnsiColors::Yellow,
        Change::Changed => AnsiColors::Magenta,
    })
}

fn write_facts(view: &DifferenceView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let [before, after] = names([view.before, view.after]);
    let columns = [Column::text("Image"), Column::text(before), Column::text(after)];
    let rows: Vec<Vec<Cell<'_>>> = facts(view)
        .into_iter()
        .map(|fact| vec![Cell::new(fact.label, Tone::Faint), fact.before.into(), fact.after.into()])
        .collect();
    grid::write(out, &columns, &rows, view.options.width)
}

fn write_packages(view: &DifferenceView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rows = package_rows(view);
    if rows.is_empty() {
        return Ok(());
    }
    let extras = extras(rows.iter().map(|row| row.package));
    let [before, after] = names([view.before, view.after]);
    let mut columns = vec![Column::text("Package")];
    columns.extend(extras.iter().map(|extra| Column::text(extra.title())));
    columns.extend([Column::text(before), Column::text(after)]);
    let rows: Vec<Vec<Cell<'_>>> = rows
        .into_iter()
        .map(|row| {
            let missing = || Cell::new(NOT_INSTALLED, Tone::Faint);
            let mut cells = vec![Cell::from(row.package.name.as_str())];
            cells.extend(extras.iter().map(|extra| Cell::from(extra.of(row.package))));
            let old_tone = if row.after.is_none() { tone(row.change) } else { Tone::Plain };
            cells.push(row.before.map_or_else(missing, |text| Cell::new(text, old_tone)));
            cells.push(row.after.map_or_else(missing, |text| Cell::new(text, tone(row.change))));
            cells
        })
        .collect();
    writeln!(out)?;
    grid::write(out, &columns, &rows, view.options.width)
}

fn write_files(view: &DifferenceView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let groups = group_rows(view);
    if groups.is_empty() {
        return writeln!(out, "\nNo files differ.");
    }
    let mut columns = vec![Column::text("Files of")];
    columns.extend(["Removed", "Added", "Changed", "Moved", "Before", "After"].map(Column::number));
    let number = |amount: u64| if amount == 0 { String::new() } else { count(amount) };
    let bytes = |amount: u64| if amount == 0 { String::new() } else { size(amount) };
    let rows: Vec<Vec<Cell<'_>>> = groups
        .iter()
        .map(|row| {
            let counts = row.counts;
            let name = Cell::new(
                row.name(),
                match (row.owner, row.whole) {
                    (None, _) => Tone::Faint,
                    (_, None) => Tone::Plain,
                    (_, Some(change)) => tone(change),
                },
            );
            let numbers = [counts.removed, counts.added, counts.changed, counts.moved].map(number);
            let sizes = [counts.bytes_before, counts.bytes_after].map(bytes);
            std::iter::once(name).chain(numbers.into_iter().chain(sizes).map(Cell::from)).collect()
        })
        .collect();
    writeln!(out)?;
    grid::write(out, &columns, &rows, view.options.width)?;
    for row in &groups {
        let small = row.whole.is_none() && row.counts.total() <= SMALL_GROUP;
        if view.options.every_file || small {
            write_group(view, row, out)?;
        }
    }
    Ok(())
}

/// The files of one package, one per line.
fn write_group(view: &DifferenceView<'_>, row: &GroupRow<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    out.text("\n");
    out.text(&clean(row.name()).bold().to_string());
    out.text("\n");
    for change in view.files(&row.group.changes) {
        let file = file_text(view, change);
        let sign = file.sign.to_string();
        let colour = match file.sign {
            '-' => AnsiColors::Red,
            '+' => AnsiColors::Green,
            _ => AnsiColors::Magenta,
        };
        spaces(&mut out.bytes, 2);
        out.text(&sign.color(colour).to_string());
        out.text(" ");
        out.text(&clean(&file.path));
        if let Some(to) = &file.to {
            out.text(" → ");
            out.text(&clean(to));
        }
        if !file.detail.is_empty() {
            out.text("  ");
            out.text(&clean(&file.detail).dimmed().to_string());
        }
        out.text("\n");
        out.end_row()?;
    }
    out.finish()
}

fn write_config(view: &DifferenceView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let [before, after] = names([view.before, view.after]);
    let columns = [Column::text("Setting"), Column::text(before), Column::text(after)];
    let rows: Vec<Vec<Cell<'_>>> = config_rows(view)
        .map(|change| {
            let colour = if change.informational { Tone::Plain } else { tone(change.change) };
            let missing = || Cell::new("not set", Tone::Faint);
            let cell = |side: Option<&plimsoll_model::compare::Setting>| {
                side.map_or_else(missing, |setting| Cell::from(setting_text(setting).into_owned()))
            };
            vec![
                Cell::new(config_name(change), colour),
                cell(change.before.as_ref()),
                cell(change.after.as_ref()),
            ]
        })
        .collect();
    if rows.is_empty() {
        return if view.comparison.config.known { writeln!(out, "\nNo settings differ.") } else { Ok(()) };
    }
    writeln!(out)?;
    grid::write(out, &columns, &rows, view.options.width)
}

fn write_layers(view: &DifferenceView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let columns = [
        Column::text("Layer"),
        Column::number("Before"),
        Column::number("After"),
        Column::number("Compressed"),
        Column::number("Unpacked"),
        Column::text("Instruction"),
    ];
    let position = |position: Option<usize>| position.map(|at| at.to_string()).unwrap_or_default();
    let rows: Vec<Vec<Cell<'_>>> = layer_rows(view)
        .into_iter()
        .map(|row| {
            vec![
                Cell::new(row.layer.digest.short(), row.change.map_or(Tone::Plain, tone)),
                position(row.positions.0).into(),
                position(row.positions.1).into(),
                size(row.layer.compressed_size).into(),
                size(row.layer.unpacked_size).into(),
                Cell::from(row.layer.instruction.as_deref().unwrap_or_default()),
            ]
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    grid::write(out, &columns, &rows, view.options.width)
}

fn write_vulnerabilities(view: &DifferenceView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(comparison) = vulnerabilities::asked(view) else { return Ok(()) };
    writeln!(out, "\n{}", vulnerabilities::totals(comparison).bold())?;
    for remark in vulnerabilities::remarks(view, comparison) {
        writeln!(out, "{}", clean(&remark))?;
    }
    let [before, after] = names([view.before, view.after]);
    let mut columns = vec![
        Column::text("Vulnerability"),
        Column::text("Change"),
        Column::text("Severity"),
        Column::text("Package"),
        Column::text(before),
        Column::text(after),
        Column::text("Fixed in"),
    ];
    let shown: Vec<_> = vulnerabilities::rows(view, comparison).collect();
    let mut rows: Vec<Vec<Cell<'_>>> = shown
        .iter()
        .map(|row| {
            let tone = match row.change {
                VulnerabilityChange::New => Tone::Colour(AnsiColors::Red),
                VulnerabilityChange::Fixed => Tone::Colour(AnsiColors::Green),
                VulnerabilityChange::Undetermined => Tone::Colour(AnsiColors::Yellow),
                VulnerabilityChange::Remaining => Tone::Plain,
            };
            let severity = crate::vulnerabilities::colour(row.severity()).map_or(Tone::Plain, Tone::Colour);
            let side = |side: &'_ Option<_>| {
                let tone = if side.is_none() { Tone::Faint } else { Tone::Plain };
                Cell::new(vulnerabilities::side_text(side.as_ref()).into_owned(), tone)
            };
            vec![
                Cell::new(row.id.as_str(), tone),
                Cell::new(vulnerabilities::word(row.change), tone),
                Cell::new(vulnerabilities::severity_and_use(row), severity),
                Cell::from(row.name.as_str()),
                side(&row.before),
                side(&row.after),
                Cell::from(vulnerabilities::fixed_text(row)),
            ]
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    if shown.iter().all(|row| vulnerabilities::fixed_text(row).is_empty()) {
        columns.pop();
        rows.iter_mut().for_each(|row| drop(row.pop()));
    }
    writeln!(out)?;
    grid::write(out, &columns, &rows, view.options.width)
}
