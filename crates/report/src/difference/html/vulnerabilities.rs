//! The part of the page that holds the vulnerabilities of both images.

use std::fmt::Write as _;

use plimsoll_model::compare::{VulnerabilityChange, VulnerabilityComparison, VulnerabilityRow};

use super::super::DifferenceView;
use super::super::vulnerabilities::{
    asked, fixed_text, remarks, rows, severity_text, side_text, totals, word,
};
use crate::page::escape;
use crate::units::count;
use crate::vulnerabilities::address;

/// Up to how many rows of one kind the page has: a browser stays quick, and the page says what
/// it leaves out.
const MAX_ROWS: usize = 5_000;

pub(super) fn write(view: &DifferenceView<'_>, names: &[String; 2], page: &mut String) {
    let Some(comparison) = asked(view) else { return };
    page.push_str("<section id=\"vulnerabilities\" class=\"part\">\n<h2>Vulnerabilities</h2>\n");
    write_totals(comparison, page);
    for remark in remarks(view, comparison) {
        let _ = writeln!(page, "<p class=\"apart\">{}</p>", escape(&remark));
    }
    let all: Vec<&VulnerabilityRow> = rows(view, comparison).collect();
    if all.is_empty() {
        page.push_str("<p class=\"nothing\">No vulnerability to show.</p>\n");
    }
    for change in VulnerabilityChange::ALL {
        let rows: Vec<&VulnerabilityRow> = all.iter().copied().filter(|row| row.change == change).collect();
        if rows.is_empty() {
            continue;
        }
        // What changed is what the page is for; what stayed is there for who looks for it.
        let open = if change == VulnerabilityChange::Remaining { "" } else { " open" };
        let _ = writeln!(
            page,
            "<details{open}><summary><b>{}</b><span class=\"counts\"><i>{}</i></span></summary>",
            word(change),
            count(rows.len() as u64)
        );
        write_rows(&rows, names, page);
        page.push_str("</details>\n");
    }
    page.push_str("</section>\n");
}

fn write_totals(comparison: &VulnerabilityComparison, page: &mut String) {
    let _ = writeln!(page, "<div class=\"totals\" role=\"group\" aria-label=\"{}\">", totals(comparison));
    for change in VulnerabilityChange::ALL {
        let rows = comparison.count(change);
        if rows == 0 && change == VulnerabilityChange::Undetermined {
            continue;
        }
        let empty = if rows == 0 { " none" } else { "" };
        let (class, title) = (change.word(), word(change));
        let _ = writeln!(page, "<p class=\"tile {class}{empty}\"><b>{}</b>{title}</p>", count(rows));
    }
    page.push_str("</div>\n");
}

fn write_rows(rows: &[&VulnerabilityRow], names: &[String; 2], page: &mut String) {
    let [before, after] = names.each_ref().map(|name| escape(name));
    // What is fixed names no version to go to: a column of nothing tells nothing.
    let has_fixes = rows.iter().any(|row| !fixed_text(row).is_empty());
    let fixed_in = if has_fixes { "<th>Fixed in</th>" } else { "" };
    let _ = write!(
        page,
        "<table class=\"findings\">\n<thead><tr><th>Vulnerability</th><th>Severity</th><th>Package</th>\
         <th class=\"image\">{before}</th><th class=\"image\">{after}</th>{fixed_in}</tr></thead>\n<tbody>\n"
    );
    for row in rows.iter().take(MAX_ROWS) {
        let id = escape(&row.id);
        let id = address(&row.id).map_or_else(
            || id.clone().into_owned(),
            |address| format!("<a href=\"{}\" rel=\"noreferrer\">{id}</a>", escape(&address)),
        );
        let exploited =
            if row.known_exploited { " <span class=\"badge exploited\">exploited</span>" } else { "" };
        let _ = write!(
            page,
            "<tr><th scope=\"row\"><span class=\"id\">{id}{exploited}</span></th><td class=\"what\"><span class=\"badge {}\">{}</span></td>\
             <td class=\"package whole\" data-side=\"Package\">{}</td>",
            row.severity(),
            severity_text(row),
            escape(&row.name)
        );
        for (side, label) in [(&row.before, "Before"), (&row.after, "After")] {
            let class = if side.is_some() { "value" } else { "missing" };
            let text = side_text(side.as_ref());
            let _ = write!(page, "<td class=\"{class}\" data-side=\"{label}\">{}</td>", escape(&text));
        }
        if has_fixes {
            let fixed = escape(fixed_text(row));
            let _ = write!(page, "<td class=\"value fixed\" data-side=\"Fixed in\">{fixed}</td>");
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n");
    if rows.len() > MAX_ROWS {
        let rest = count((rows.len() - MAX_ROWS) as u64);
        let _ = writeln!(page, "<p class=\"nothing\">And {rest} more, which the CSV format lists.</p>");
    }
}
