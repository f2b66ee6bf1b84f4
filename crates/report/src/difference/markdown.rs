//! A comparison in GitHub's Markdown, made for a comment on a pull request: the answer first,
//! long lists folded away.
//!
//! Whatever comes from an image stands in a code span, where nothing is a link, a mention, an
//! image or HTML.

use std::fmt::Write as _;
use std::io::{self, Write};

use plimsoll_model::compare::{Change, Setting, VulnerabilityChange};

use super::facts::{facts, names, only_other_differences, remarks, totals};
use super::rows::{
    config_name, config_rows, extras, file_text, group_rows, layer_rows, package_rows, setting_text,
};
use super::{DifferenceView, NOT_INSTALLED, vulnerabilities};
use crate::markdown::{MAX_ROWS, code, folded, prose, rest};
use crate::units::{count, counted, size};

/// Up to how many packages show without being folded away.
const OPEN_ROWS: usize = 20;

pub(super) fn write(view: &DifferenceView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let [before, after] = names([view.before, view.after]).map(|name| code(&name));
    let mut text = format!("### {before} → {after}\n\n");
    for remark in remarks(view).iter().chain(&only_other_differences(view)) {
        let _ = write!(text, "{}\n\n", prose(remark));
    }
    let _ = write!(text, "**{}**\n\n", totals(view));
    let _ = write!(text, "| | {before} | {after} |\n|---|---|---|\n");
    for fact in facts(view) {
        let _ = writeln!(text, "| {} | {} | {} |", fact.label, prose(&fact.before), prose(&fact.after));
    }
    let sections = view.options.sections;
    if sections.packages {
        write_packages(view, &before, &after, &mut text);
    }
    if sections.files {
        write_files(view, &mut text);
    }
    if sections.config {
        write_config(view, &before, &after, &mut text);
    }
    if sections.layers {
        write_layers(view, &mut text);
    }
    write_vulnerabilities(view, &before, &after, &mut text);
    out.write_all(text.as_bytes())?;
    out.flush()
}

const fn sign(change: Change) -> &'static str {
    match change {
        Change::Removed => "➖",
        Change::Added => "➕",
        Change::Upgraded => "⬆️",
        Change::Downgraded => "⬇️",
        Change::Changed => "✏️",
    }
}

fn write_packages(view: &DifferenceView<'_>, before: &str, after: &str, text: &mut String) {
    let rows = package_rows(view);
    if rows.is_empty() {
        return;
    }
    let extras = extras(rows.iter().map(|row| row.package));
    let heading = format!("{} of packages", counted(rows.len() as u64, "change"));
    folded(text, &heading, rows.len() <= OPEN_ROWS, |text| {
        text.push_str("| | Package |");
        for extra in &extras {
            let _ = write!(text, " {} |", extra.title());
        }
        let _ = write!(text, " {before} | {after} |\n|---|---|{}---|---|\n", "---|".repeat(extras.len()));
        for row in rows.iter().take(MAX_ROWS) {
            let _ = write!(text, "| {} | {} |", sign(row.change), code(&row.package.name));
            for extra in &extras {
                let _ = write!(text, " {} |", code(&extra.of(row.package)));
            }
            for version in [&row.before, &row.after] {
                let version = version.as_ref();
                let cell = version.map_or_else(|| NOT_INSTALLED.to_owned(), |version| code(version));
                let _ = write!(text, " {cell} |");
            }
            text.push('\n');
        }
        rest(text, rows.len());
    });
}

fn write_files(view: &DifferenceView<'_>, text: &mut String) {
    let groups = group_rows(view);
    if groups.is_empty() {
        return;
    }
    let files: u64 = groups.iter().map(|row| row.counts.total()).sum();
    let heading = format!("{} of files", counted(files, "change"));
    folded(text, &heading, false, |text| {
        text.push_str("| Files of | Removed | Added | Changed | Moved | Before | After |\n");
        text.push_str("|---|--:|--:|--:|--:|--:|--:|\n");
        for row in groups.iter().take(MAX_ROWS) {
            let counts = row.counts;
            let name = row.owner.map_or_else(|| "*no package*".to_owned(), |owner| code(&owner.name));
            let _ = write!(text, "| {name} |");
            for amount in [counts.removed, counts.added, counts.changed, counts.moved] {
                let _ = write!(text, " {} |", if amount == 0 { String::new() } else { count(amount) });
            }
            let _ = writeln!(text, " {} | {} |", size(counts.bytes_before), size(counts.bytes_after));
        }
        rest(text, groups.len());
        let parts = groups.iter().filter(|row| view.options.every_file || row.whole.is_none());
        let mut all = 0;
        let mut lines = String::new();
        for change in parts.flat_map(|row| view.files(&row.group.changes)) {
            if all < MAX_ROWS {
                let file = file_text(view, change);
                let _ = write!(lines, "- {} {}", sign(file.change), code(&file.path));
                if let Some(to) = &file.to {
                    let _ = write!(lines, " → {}", code(to));
                }
                if !file.detail.is_empty() {
                    let _ = write!(lines, ": {}", prose(&file.detail));
                }
                lines.push('\n');
            }
            all += 1;
        }
        if all > 0 {
            let _ = write!(text, "\n{lines}");
            rest(text, all);
        }
    });
}

fn write_config(view: &DifferenceView<'_>, before: &str, after: &str, text: &mut String) {
    let rows: Vec<_> = config_rows(view).collect();
    if rows.is_empty() {
        return;
    }
    let heading = format!("{} of settings", counted(rows.len() as u64, "change"));
    folded(text, &heading, rows.len() <= OPEN_ROWS, |text| {
        let _ = write!(text, "| | Setting | {before} | {after} |\n|---|---|---|---|\n");
        for change in rows.iter().take(MAX_ROWS) {
            let cell = |side: Option<&Setting>| match side.map(setting_text) {
                None => "not set".to_owned(),
                Some(value) if value.is_empty() => "empty".to_owned(),
                Some(value) => code(&value),
            };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                sign(change.change),
                code(&config_name(change)),
                cell(change.before.as_ref()),
                cell(change.after.as_ref())
            );
        }
        rest(text, rows.len());
    });
}

fn write_layers(view: &DifferenceView<'_>, text: &mut String) {
    let rows = layer_rows(view);
    if rows.is_empty() {
        return;
    }
    let same = rows.iter().filter(|row| row.change.is_none()).count() as u64;
    let heading = format!(
        "{} of layers, {} in common",
        counted(rows.len() as u64 - same, "change"),
        counted(same, "layer")
    );
    folded(text, &heading, false, |text| {
        text.push_str("| | Layer | Compressed | Unpacked | Instruction |\n|---|---|--:|--:|---|\n");
        for row in rows.iter().take(MAX_ROWS) {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} |",
                row.change.map_or("=", sign),
                code(&row.layer.digest.short()),
                size(row.layer.compressed_size),
                size(row.layer.unpacked_size),
                code(row.layer.instruction.as_deref().unwrap_or_default())
            );
        }
        rest(text, rows.len());
    });
}

fn write_vulnerabilities(view: &DifferenceView<'_>, before: &str, after: &str, text: &mut String) {
    let Some(comparison) = vulnerabilities::asked(view) else { return };
    let _ = write!(text, "\n**{}**\n", vulnerabilities::totals(comparison));
    for remark in vulnerabilities::remarks(view, comparison) {
        let _ = write!(text, "\n{}\n", prose(&remark));
    }
    for change in VulnerabilityChange::ALL {
        let all = vulnerabilities::rows(view, comparison).filter(|row| row.change == change);
        let rows: Vec<_> = all.collect();
        if rows.is_empty() {
            continue;
        }
        let heading = format!("{} {}", count(rows.len() as u64), vulnerabilities::word(change));
        let open = rows.len() <= OPEN_ROWS && change != VulnerabilityChange::Remaining;
        folded(text, &heading, open, |text| {
            let _ = write!(
                text,
                "| Vulnerability | Severity | Package | {before} | {after} | Fixed in |\n|---|---|---|---|---|---|\n"
            );
            for row in rows.iter().take(MAX_ROWS) {
                let side = |side: &Option<_>| match side {
                    None => NOT_INSTALLED.to_owned(),
                    side => code(&vulnerabilities::side_text(side.as_ref())),
                };
                let _ = writeln!(
                    text,
                    "| {} | {} {} | {} | {} | {} | {} |",
                    code(&row.id),
                    crate::vulnerabilities::sign(row.severity()),
                    vulnerabilities::severity_and_use(row),
                    code(&row.name),
                    side(&row.before),
                    side(&row.after),
                    code(vulnerabilities::fixed_text(row))
                );
            }
            rest(text, rows.len());
        });
    }
}
