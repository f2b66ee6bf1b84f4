//! The parts of the page that hold the differences.

use std::fmt::Write as _;

use plimsoll_model::compare::{Change, Setting};

use super::super::rows::{
    FileText, GroupRow, PackageRow, config_rows, extras, file_text, group_rows, layer_rows, package_rows,
    setting_text,
};
use super::super::{DifferenceView, NOT_INSTALLED};
use crate::page::escape;
use crate::units::{count, counted, size};

/// Up to how many files of one package are named, and of all packages together: a browser
/// stays quick, and the page says what it leaves out.
const MAX_GROUP_FILES: usize = 500;
const MAX_FILES: usize = 10_000;

/// Up to how many files a package's list stands open from the start.
const OPEN_FILES: u64 = 10;

fn badge(change: Change) -> String {
    format!("<span class=\"badge {0}\">{0}</span>", change.word())
}

/// Opens a section with its heading and how much it holds.
fn open(page: &mut String, id: &str, title: &str, about: &str) {
    let _ = write!(
        page,
        "<section id=\"{id}\" class=\"part\">\n<h2>{title}<small>{}</small></h2>\n",
        escape(about)
    );
}

/// Says that a section has nothing to show.
fn nothing(page: &mut String, sentence: &str) {
    let _ = write!(page, "<p class=\"nothing\">{sentence}</p>\n</section>\n");
}

/// The buttons that leave rows of one kind only. They are radio buttons, which the style sheet
/// looks at, so they need no script.
fn filter(page: &mut String, rows: &[PackageRow<'_>]) {
    let kinds: Vec<(Change, usize)> = Change::ALL
        .into_iter()
        .map(|change| (change, rows.iter().filter(|row| row.change == change).count()))
        .filter(|(_, rows)| *rows > 0)
        .collect();
    if kinds.len() < 2 {
        return;
    }
    page.push_str("<input type=\"radio\" name=\"only\" id=\"only-all\" checked>");
    for (change, _) in &kinds {
        let word = change.word();
        let _ = write!(page, "<input type=\"radio\" name=\"only\" id=\"only-{word}\">");
    }
    let _ = write!(
        page,
        "\n<p class=\"filter\"><label for=\"only-all\">all <b>{}</b></label>",
        count(rows.len() as u64)
    );
    for (change, rows) in &kinds {
        let word = change.word();
        let _ = write!(page, "<label for=\"only-{word}\">{word} <b>{}</b></label>", count(*rows as u64));
    }
    page.push_str("</p>\n");
}

pub(super) fn packages(view: &DifferenceView<'_>, names: &[String; 2], page: &mut String) {
    let rows = package_rows(view);
    open(page, "packages", "Packages", &counted(rows.len() as u64, "difference"));
    if rows.is_empty() {
        nothing(page, "No packages differ.");
        return;
    }
    let extras = extras(rows.iter().map(|row| row.package));
    filter(page, &rows);
    let [before, after] = names.each_ref().map(|name| escape(name));
    page.push_str("<table>\n<thead><tr><th>Package</th>");
    for extra in &extras {
        let _ = write!(page, "<th>{}</th>", extra.title());
    }
    let _ = write!(page, "<th>Change</th><th>{before}</th><th>{after}</th></tr></thead>\n<tbody>\n");
    for row in &rows {
        let _ = write!(
            page,
            "<tr class=\"{}\"><th scope=\"row\">{}</th>",
            row.change.word(),
            escape(&row.package.name)
        );
        for extra in &extras {
            let _ = write!(page, "<td class=\"extra\">{}</td>", escape(&extra.of(row.package)));
        }
        let _ = write!(page, "<td class=\"what\">{}</td>", badge(row.change));
        for (version, class, label) in [(&row.before, "old", "Before"), (&row.after, "new", "After")] {
            match version {
                Some(version) => {
                    let _ = write!(
                        page,
                        "<td class=\"{class} value\" data-side=\"{label}\">{}</td>",
                        escape(version)
                    );
                }
                None => {
                    let _ = write!(
                        page,
                        "<td class=\"{class} missing\" data-side=\"{label}\">{NOT_INSTALLED}</td>"
                    );
                }
            }
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n</section>\n");
}

pub(super) fn files(view: &DifferenceView<'_>, page: &mut String) {
    let groups = group_rows(view);
    let all: u64 = groups.iter().map(|row| row.counts.total()).sum();
    open(page, "files", "Files", &counted(all, "difference"));
    if !view.comparison.files.known {
        nothing(page, "Files were not compared: one of the sources has none.");
        return;
    }
    if groups.is_empty() {
        nothing(page, "No files differ.");
        return;
    }
    let mut left = MAX_FILES;
    for row in &groups {
        group(view, row, &mut left, page);
    }
    page.push_str("</section>\n");
}

/// One package's files, folded away below their counts.
fn group(view: &DifferenceView<'_>, row: &GroupRow<'_>, left: &mut usize, page: &mut String) {
    let counts = row.counts;
    let open = if row.whole.is_none() && counts.total() <= OPEN_FILES { " open" } else { "" };
    let class = if row.owner.is_none() { " class=\"nobody\"" } else { "" };
    let _ = write!(page, "<details{open}><summary><b{class}>{}</b>", escape(row.name()));
    if let Some(change) = row.whole {
        let _ = write!(page, "<span class=\"badge {0}\">package {0}</span>", change.word());
    }
    page.push_str("<span class=\"counts\">");
    for (amount, class, sign, word) in [
        (counts.removed, "removed", "−", "removed"),
        (counts.added, "added", "+", "added"),
        (counts.changed, "changed", "~", "changed"),
        (counts.moved, "changed", "→", "moved"),
    ] {
        if amount > 0 {
            let _ = write!(page, "<i class=\"{class}\" title=\"{word}\">{sign}{}</i>", count(amount));
        }
    }
    let _ = write!(
        page,
        "</span><span class=\"bytes\">{} → {}</span></summary>\n<ul>\n",
        size(counts.bytes_before),
        size(counts.bytes_after)
    );
    let room = MAX_GROUP_FILES.min(*left);
    let mut shown = 0;
    for change in view.files(&row.group.changes).take(room) {
        file(&file_text(view, change), page);
        shown += 1;
    }
    *left -= shown;
    let rest = counts.total().saturating_sub(shown as u64);
    if rest > 0 {
        let _ =
            writeln!(page, "<li class=\"rest\">and {} more, which the CSV format lists</li>", count(rest));
    }
    page.push_str("</ul>\n</details>\n");
}

fn file(text: &FileText, page: &mut String) {
    let sign = match text.sign {
        '-' => '−',
        '>' => '→',
        other => other,
    };
    let _ = write!(page, "<li class=\"{}\"><i>{sign}</i><code>{}", text.change.word(), escape(&text.path));
    if let Some(to) = &text.to {
        let _ = write!(page, " → {}", escape(to));
    }
    let _ = writeln!(page, "</code><span>{}</span></li>", escape(&text.detail));
}

pub(super) fn config(view: &DifferenceView<'_>, names: &[String; 2], page: &mut String) {
    let rows: Vec<_> = config_rows(view).collect();
    open(page, "config", "Settings", &counted(rows.len() as u64, "difference"));
    if rows.is_empty() {
        let known = view.comparison.config.known;
        nothing(
            page,
            if known {
                "No settings differ."
            } else {
                "Settings were not compared: one of the sources has none."
            },
        );
        return;
    }
    let [before, after] = names.each_ref().map(|name| escape(name));
    let _ = write!(
        page,
        "<table class=\"settings\">\n<thead><tr><th>Setting</th><th>Change</th><th>{before}</th>\
         <th>{after}</th></tr></thead>\n<tbody>\n"
    );
    for change in rows {
        let _ = write!(page, "<tr><th scope=\"row\">{}", change.field.word());
        if let Some(key) = &change.key {
            let _ = write!(page, " <code>{}</code>", escape(key));
        }
        let _ = write!(page, "</th><td class=\"what\">{}</td>", badge(change.change));
        let sides = [(&change.before, "old", "Before"), (&change.after, "new", "After")];
        for (setting, class, label) in sides {
            let value = setting.as_ref().map(|setting: &Setting| setting_text(setting));
            let (state, shown) = match &value {
                None => ("missing", "not set".into()),
                Some(value) if value.is_empty() => ("missing", "empty".into()),
                Some(value) => ("value", escape(value)),
            };
            let _ = write!(page, "<td class=\"{class} {state}\" data-side=\"{label}\">{shown}</td>");
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n</section>\n");
}

pub(super) fn layers(view: &DifferenceView<'_>, page: &mut String) {
    let rows = layer_rows(view);
    let same = rows.iter().filter(|row| row.change.is_none()).count();
    let about =
        format!("{}, {} in both", counted((rows.len() - same) as u64, "difference"), count(same as u64));
    open(page, "layers", "Layers", &about);
    if !view.comparison.layers.known {
        nothing(page, "Layers were not compared: one of the sources has none.");
        return;
    }
    if rows.is_empty() {
        nothing(page, "No layers differ.");
        return;
    }
    page.push_str("<ol class=\"layers\">\n");
    for row in rows {
        let mark = row.change.map_or_else(|| "<span class=\"badge both\">in both</span>".to_owned(), badge);
        let _ = writeln!(
            page,
            "<li>{mark}<code class=\"instruction\">{}</code><span class=\"bytes\">{} compressed, {} \
             unpacked</span><code class=\"digest\">{}</code></li>",
            escape(row.layer.instruction.as_deref().unwrap_or("no instruction is recorded")),
            size(row.layer.compressed_size),
            size(row.layer.unpacked_size),
            row.layer.digest.short()
        );
    }
    page.push_str("</ol>\n</section>\n");
}
