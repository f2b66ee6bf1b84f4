//! A comparison as one page that needs nothing else: no script, no font, no picture, no network.
//! It follows the reader's choice of light or dark and fits a phone as well as a wide screen.

mod sections;
mod vulnerabilities;

use std::fmt::Write as _;
use std::io::{self, Write};

use plimsoll_model::compare::{Change, Verdict};

use super::DifferenceView;
use super::facts::{Fact, facts, names, only_other_differences, remarks, saved, totals};
use crate::page::{self, VULNERABILITY_STYLE, escape};
use crate::units::{count, size};

pub(super) fn write(view: &DifferenceView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let names = names([view.before, view.after]);
    let [before, after] = names.each_ref().map(|name| escape(name));
    let vulnerable = view.comparison.vulnerabilities.is_some();
    let style = if vulnerable { VULNERABILITY_STYLE } else { "" };
    let mut page = page::begin(&format!("{before} → {after}"), style);
    let _ = write!(
        page,
        "<header>\n<p class=\"kicker\">Image comparison</p>\n\
         <h1><span>{before}</span> <i aria-label=\"to\">→</i> <span>{after}</span></h1>\n"
    );
    for remark in remarks(view).iter().chain(&only_other_differences(view)) {
        let class = if view.comparison.verdict == Verdict::Different { "remark" } else { "remark same" };
        let _ = writeln!(page, "<p class=\"{class}\">{}</p>", escape(remark));
    }
    page.push_str("</header>\n");
    write_totals(view, &mut page);
    write_images(view, &names, &mut page);
    let sections = view.options.sections;
    if sections.packages {
        sections::packages(view, &names, &mut page);
    }
    if sections.files {
        sections::files(view, &mut page);
    }
    if sections.config {
        sections::config(view, &names, &mut page);
    }
    if sections.layers {
        sections::layers(view, &mut page);
    }
    vulnerabilities::write(view, &names, &mut page);
    page::end(&mut page, "Compared by Plimsoll");
    out.write_all(page.as_bytes())?;
    out.flush()
}

/// The five counts as tiles, and the size that was saved.
fn write_totals(view: &DifferenceView<'_>, page: &mut String) {
    let counts = view.comparison.totals;
    let _ = writeln!(page, "<section class=\"totals\" aria-label=\"{}\">", escape(&totals(view)));
    for change in Change::ALL {
        let amount = counts.get(change);
        if change == Change::Changed && amount == 0 {
            continue;
        }
        let empty = if amount == 0 { " none" } else { "" };
        let _ =
            writeln!(page, "<p class=\"tile {0}{empty}\"><b>{1}</b>{0}</p>", change.word(), count(amount));
    }
    if let Some(saved) = saved(view) {
        // `19.3 MB saved (compressed)`: the amount is large, the rest small.
        let words: Vec<&str> = saved.splitn(3, ' ').collect();
        if let [amount, unit, rest] = words.as_slice() {
            let _ = writeln!(page, "<p class=\"tile size\"><b>{amount}<small> {unit}</small></b>{rest}</p>");
        }
    }
    page.push_str("</section>\n");
}

/// Takes one side of a fact.
type Side = fn(&Fact) -> &str;

/// One card for each image, its facts and how large it is beside the other.
fn write_images(view: &DifferenceView<'_>, names: &[String; 2], page: &mut String) {
    let facts = facts(view);
    let sizes = view.comparison.sizes;
    let (bytes, label) = match sizes.compressed {
        (Some(before), Some(after)) => ([before, after], "compressed"),
        _ => match sizes.content {
            (Some(before), Some(after)) => ([before, after], "unpacked"),
            _ => ([0, 0], ""),
        },
    };
    page.push_str("<section class=\"images\">\n");
    let side_of: [(&str, Side); 2] = [("Before", |fact| &fact.before), ("After", |fact| &fact.after)];
    for (((side, value), name), own) in side_of.into_iter().zip(names).zip(bytes) {
        let _ = write!(
            page,
            "<article class=\"card\">\n<p class=\"side\">{side}</p>\n<h2>{}</h2>\n",
            escape(name)
        );
        let largest = bytes.into_iter().max().unwrap_or(0);
        if largest > 0 {
            let percent = u128::from(own) * 100 / u128::from(largest);
            let _ = write!(
                page,
                "<p class=\"bar\" aria-hidden=\"true\"><i style=\"width:{percent}%\"></i></p>\n\
                 <p class=\"amount\"><b>{}</b> {label}</p>\n",
                size(own)
            );
        }
        page.push_str("<dl>\n");
        // The bar tells it already.
        for fact in facts.iter().filter(|fact| label != "compressed" || fact.label != "Compressed") {
            let differs = if fact.before == fact.after { "" } else { " class=\"differs\"" };
            let _ =
                writeln!(page, "<div><dt>{}</dt><dd{differs}>{}</dd></div>", fact.label, escape(value(fact)));
        }
        page.push_str("</dl>\n</article>\n");
    }
    page.push_str("</section>\n");
}
