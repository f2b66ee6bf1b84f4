//! Vulnerabilities on a terminal: the answer in a sentence, totals by severity, the database, the
//! findings, and what could not be judged.

use std::io::{self, Write};

use owo_colors::{AnsiColors, OwoColorize as _};
use plimsoll_model::{Conclusion, SeverityLevel, Verdict};

use super::totals::Totals;
use super::words::{Remedy, exploited, percent, state};
use super::{VulnerabilityList, facts};
use crate::place::base_note;
use crate::table::{Column, clean, write_toned};
use crate::units::count;

const COLUMNS: [Column; 11] = [
    Column::text("ID"),
    Column::text("Severity"),
    Column::number("CVSS"),
    Column::number("EPSS"),
    Column::text("KEV"),
    Column::text("Type"),
    Column::cut("Package", 12),
    Column::cut("Installed", 10),
    Column::cut("Fixed in", 10),
    Column::text("State"),
    Column::text("Layer"),
];

const SEVERITY: usize = 1;
const KIND: usize = 5;
const STATE: usize = 9;

/// Columns that are shown only where they tell something.
const OPTIONAL: [usize; 6] = [2, 3, 4, KIND, STATE, 10];

/// The colour of a severity.
pub(crate) const fn colour(level: SeverityLevel) -> Option<AnsiColors> {
    match level {
        SeverityLevel::Critical => Some(AnsiColors::BrightRed),
        SeverityLevel::High => Some(AnsiColors::Red),
        SeverityLevel::Medium => Some(AnsiColors::Yellow),
        SeverityLevel::Low => Some(AnsiColors::Cyan),
        SeverityLevel::Negligible | SeverityLevel::Unknown => None,
    }
}

pub(super) fn write(list: &VulnerabilityList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let conclusion = list.answer.conclusion();
    let headline = facts::headline(list);
    let tone = match conclusion {
        Conclusion::Clean => AnsiColors::Green,
        Conclusion::Affected => AnsiColors::Red,
        Conclusion::NoData => AnsiColors::Yellow,
    };
    writeln!(out, "{}: {}", clean(&list.analysis.identity.name).bold(), headline.color(tone))?;
    write_totals(list, out)?;
    let answer = list.answer;
    writeln!(out)?;
    for line in facts::judged(&answer.coverage, list.now) {
        writeln!(out, "Judged: {}", clean(&line))?;
    }
    let database = facts::database_line(&answer.database, &answer.coverage, list.now);
    writeln!(out, "{}", clean(&database))?;
    for note in facts::support(list).into_iter().chain(base_note(list.analysis)) {
        writeln!(out, "{}", clean(&note))?;
    }
    for remark in facts::remarks(list) {
        writeln!(out, "{}", clean(&remark))?;
    }
    write_findings(list, out)?;
    let apart = facts::set_apart(list);
    if !apart.is_empty() {
        writeln!(out)?;
        for line in apart {
            writeln!(out, "{}", clean(&line))?;
        }
    }
    write_coverage(list, out)?;
    out.flush()
}

fn write_totals(list: &VulnerabilityList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let totals = Totals::of(list.answer);
    if totals.affected == 0 {
        return Ok(());
    }
    let columns = [Column::text("Severity"), Column::number("Findings"), Column::number("Fixable")];
    let shown: Vec<_> = totals.severities.iter().filter(|(_, findings, _)| *findings > 0).collect();
    let row = |name: &str, findings, fixable| vec![name.to_owned(), count(findings), count(fixable)];
    let mut rows: Vec<_> =
        shown.iter().map(|(level, findings, fixable)| row(level.word(), *findings, *fixable)).collect();
    rows.push(row("total", totals.affected, totals.fixable));
    writeln!(out)?;
    write_toned(out, &columns, &rows, list.width, &|row, column| {
        if column == 0 { shown.get(row).and_then(|(level, ..)| colour(*level)) } else { None }
    })
}

fn write_findings(list: &VulnerabilityList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<_> = list.open().collect();
    if let Some(selection) = facts::selection(list) {
        writeln!(out, "\n{selection}")?;
    }
    if findings.is_empty() {
        return Ok(());
    }
    let labels = facts::labels(list, &findings);
    let rows: Vec<[String; COLUMNS.len()]> = findings
        .iter()
        .zip(labels)
        .map(|(finding, label)| {
            let package = list.package(finding);
            let remedy = Remedy::of(finding);
            let text = |text: Option<String>| text.unwrap_or_default();
            [
                finding.id.clone(),
                finding.severity.to_string(),
                text(finding.cvss.map(|score| score.to_string())),
                text(finding.exploit_probability.map(percent)),
                text(finding.known_exploited.as_ref().map(exploited)),
                text(package.map(|package| package.kind.to_string())),
                label,
                finding.version.clone(),
                text(remedy.map(|remedy| remedy.text().to_owned())),
                if finding.verdict == Verdict::Affected { "" } else { state(finding.verdict) }.to_owned(),
                facts::layer(list, finding),
            ]
        })
        .collect();
    let kinds: std::collections::BTreeSet<&str> = rows.iter().map(|row| row[KIND].as_str()).collect();
    let shown = |column: usize| match column {
        KIND => kinds.len() > 1,
        _ => {
            !OPTIONAL.contains(&column)
                || rows.iter().any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()))
        }
    };
    let kept: Vec<usize> = (0..COLUMNS.len()).filter(|column| shown(*column)).collect();
    let columns: Vec<Column> = kept.iter().filter_map(|column| COLUMNS.get(*column).copied()).collect();
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| kept.iter().filter_map(|column| row.get(*column).cloned()).collect()).collect();
    writeln!(out)?;
    write_toned(out, &columns, &cells, list.width, &|row, column| {
        if kept.get(column) == Some(&SEVERITY) {
            findings.get(row).and_then(|finding| colour(finding.severity))
        } else {
            None
        }
    })
}

fn write_coverage(list: &VulnerabilityList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let lines = facts::not_judged(list);
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", "Not judged, and so not known to be free of vulnerabilities:".bold())?;
    for line in lines {
        writeln!(out, "  {}", clean(&line))?;
    }
    Ok(())
}
