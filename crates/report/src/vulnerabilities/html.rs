//! Findings as one page that needs nothing else, in the style of the comparison of two images.

use std::fmt::Write as _;
use std::io::{self, Write};

use plimsoll_model::{Conclusion, Finding, SeverityLevel, Verdict};

use super::totals::Totals;
use super::words::{Remedy, address, exploited, percent, reason};
use super::{VulnerabilityList, facts};
use crate::page::{self, VULNERABILITY_STYLE, escape};
use crate::place::{base_note, whose};
use crate::units::{count, counted};

/// Up to how many rows the page has: a browser stays quick, and the page says what it leaves out.
const MAX_ROWS: usize = 10_000;

pub(super) fn write(list: &VulnerabilityList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let name = escape(&list.analysis.identity.name);
    let mut page = page::begin(&format!("Vulnerabilities of {name}"), VULNERABILITY_STYLE);
    let class = match list.answer.conclusion() {
        Conclusion::Clean => "remark same",
        Conclusion::Affected => "remark bad",
        Conclusion::NoData => "remark",
    };
    let _ = write!(
        page,
        "<header>\n<p class=\"kicker\">Vulnerabilities</p>\n<h1>{name}</h1>\n<p class=\"{class}\">{}</p>\n",
        escape(&facts::headline(list))
    );
    let remarks = facts::remarks(list);
    if !remarks.is_empty() {
        page.push_str("<p class=\"remark\">");
        for remark in remarks {
            let _ = write!(page, "<span class=\"line\">{}</span>", escape(&remark));
        }
        page.push_str("</p>\n");
    }
    let database = facts::database_line(&list.answer.database, &list.answer.coverage, list.now);
    let _ = writeln!(page, "<p class=\"database\">{}</p>", escape(&database));
    for note in facts::support(list).into_iter().chain(base_note(list.analysis)) {
        let _ = writeln!(page, "<p class=\"database\">{}</p>", escape(&note));
    }
    page.push_str("</header>\n");
    write_totals(list, &mut page);
    write_findings(list, &mut page);
    write_coverage(list, &mut page);
    page::end(&mut page, "Written by Plimsoll");
    out.write_all(page.as_bytes())?;
    out.flush()
}

/// One tile for each severity, and how many can be fixed.
fn write_totals(list: &VulnerabilityList<'_>, page: &mut String) {
    let totals = Totals::of(list.answer);
    // A row of zeros would read as good news where there is no news at all.
    if totals.affected == 0 && list.answer.conclusion() == Conclusion::NoData {
        return;
    }
    page.push_str("<section class=\"totals\" aria-label=\"Findings by severity\">\n");
    for (level, findings, fixable) in &totals.severities {
        let quiet = matches!(level, SeverityLevel::Negligible | SeverityLevel::Unknown);
        if quiet && *findings == 0 {
            continue;
        }
        let empty = if *findings == 0 { " none" } else { "" };
        let _ = write!(page, "<p class=\"tile {level}{empty}\"><b>{}</b>{level}", count(*findings));
        if *fixable > 0 {
            let _ = write!(page, "<span>{} fixable</span>", count(*fixable));
        }
        page.push_str("</p>\n");
    }
    page.push_str("</section>\n");
}

/// The class of a row, which the filters look at.
const fn class(finding: &Finding) -> &'static str {
    match finding.severity {
        SeverityLevel::Critical => "critical",
        SeverityLevel::High => "high",
        SeverityLevel::Medium => "medium",
        SeverityLevel::Low => "low",
        SeverityLevel::Negligible => "negligible",
        SeverityLevel::Unknown => "unknown",
    }
}

/// The buttons that leave rows of one severity only, or fixable ones. They are radio buttons,
/// which the style sheet looks at, so they need no script.
fn write_filter(findings: &[&Finding], page: &mut String) {
    let mut kinds: Vec<(&str, usize)> = SeverityLevel::ALL
        .into_iter()
        .rev()
        .map(|level| (level.word(), findings.iter().filter(|finding| finding.severity == level).count()))
        .filter(|(_, rows)| *rows > 0)
        .collect();
    let fixable = findings.iter().filter(|finding| finding.fixed_version.is_some()).count();
    if fixable > 0 && fixable < findings.len() {
        kinds.push(("fixable", fixable));
    }
    if kinds.len() < 2 {
        return;
    }
    page.push_str("<input type=\"radio\" name=\"only\" id=\"only-all\" checked>");
    for (word, _) in &kinds {
        let _ = write!(page, "<input type=\"radio\" name=\"only\" id=\"only-{word}\">");
    }
    let all = count(findings.len() as u64);
    let _ = write!(page, "\n<p class=\"filter\"><label for=\"only-all\">all <b>{all}</b></label>");
    for (word, rows) in &kinds {
        let _ = write!(page, "<label for=\"only-{word}\">{word} <b>{}</b></label>", count(*rows as u64));
    }
    page.push_str("</p>\n");
}

fn write_findings(list: &VulnerabilityList<'_>, page: &mut String) {
    let findings: Vec<&Finding> = list.open().collect();
    let _ = write!(
        page,
        "<section id=\"findings\" class=\"part\">\n<h2>Findings<small>{}</small></h2>\n",
        counted(findings.len() as u64, "finding")
    );
    if findings.is_empty() {
        let nothing = match list.answer.conclusion() {
            Conclusion::NoData => {
                "Nothing to show, and not everything could be judged: this is no clean result."
            }
            Conclusion::Clean | Conclusion::Affected => "No finding to show.",
        };
        let _ = writeln!(page, "<p class=\"nothing\">{nothing}</p>");
    } else {
        if let Some(selection) = facts::selection(list) {
            let _ = writeln!(page, "<p class=\"apart\">{selection}</p>");
        }
        write_filter(&findings, page);
        let columns = Columns::of(&findings);
        let heading = |shown, title: &str| if shown { format!("<th>{title}</th>") } else { String::new() };
        let _ = write!(
            page,
            "<table class=\"findings\">\n<thead><tr><th>Vulnerability</th><th>Severity</th>{}{}\
             <th>Package</th><th>Installed</th><th>Fixed in</th><th>Layer</th></tr></thead>\n<tbody>\n",
            heading(columns.score, "CVSS"),
            heading(columns.probability, "EPSS")
        );
        let labels = facts::labels(list, &findings);
        for (finding, label) in findings.iter().zip(labels).take(MAX_ROWS) {
            write_row(list, finding, &label, columns, page);
        }
        page.push_str("</tbody>\n</table>\n");
        if findings.len() > MAX_ROWS {
            let rest = count((findings.len() - MAX_ROWS) as u64);
            let _ = writeln!(page, "<p class=\"nothing\">And {rest} more, which the CSV format lists.</p>");
        }
    }
    for line in facts::set_apart(list) {
        let _ = writeln!(page, "<p class=\"apart\">{}</p>", escape(&line));
    }
    page.push_str("</section>\n");
}

/// Which of the columns that no feed need fill have anything in them.
#[derive(Debug, Clone, Copy)]
struct Columns {
    score: bool,
    probability: bool,
}

impl Columns {
    fn of(findings: &[&Finding]) -> Self {
        Self {
            score: findings.iter().any(|finding| finding.cvss.is_some()),
            probability: findings.iter().any(|finding| finding.exploit_probability.is_some()),
        }
    }
}

fn write_row(
    list: &VulnerabilityList<'_>,
    finding: &Finding,
    label: &str,
    columns: Columns,
    page: &mut String,
) {
    let remedy = Remedy::of(finding);
    let fixable = if finding.fixed_version.is_some() { " fixable" } else { "" };
    let _ = write!(page, "<tr class=\"{}{fixable}\"><th scope=\"row\"><span class=\"id\">", class(finding));
    let id = escape(&finding.id);
    match address(&finding.id) {
        Some(address) => {
            let _ = write!(page, "<a href=\"{}\" rel=\"noreferrer\">{id}</a>", escape(&address));
        }
        None => page.push_str(&id),
    }
    if let Some(entry) = &finding.known_exploited {
        let since = escape(&exploited(entry)).into_owned();
        let _ = write!(page, " <span class=\"badge exploited\" title=\"listed {since}\">exploited</span>");
    }
    page.push_str("</span>");
    if let Some(summary) = &finding.summary {
        let summary = escape(summary);
        let _ = write!(page, "<span class=\"summary about\" title=\"{summary}\">{summary}</span>");
    }
    let mut about = Vec::new();
    if let (Verdict::Unknown(_), Some(reason)) = (finding.verdict, reason(finding)) {
        about.push(format!("Undecided: {reason}."));
    }
    about.extend(finding.disagreement.clone());
    if !about.is_empty() {
        let _ = write!(page, "<span class=\"summary\">{}</span>", escape(&about.join(" ")));
    }
    let number = |shown, title: &str, text: Option<String>| {
        let text = text.unwrap_or_default();
        if shown { format!("<td class=\"number\" data-side=\"{title}\">{text}</td>") } else { String::new() }
    };
    let score = number(columns.score, "CVSS", finding.cvss.map(|score| score.to_string()));
    let probability = number(columns.probability, "EPSS", finding.exploit_probability.map(percent));
    let _ = write!(
        page,
        "</th><td class=\"what\"><span class=\"badge {0}\">{0}</span></td>{score}{probability}\
         <td class=\"package\" data-side=\"Package\">{1}</td>\
         <td class=\"value\" data-side=\"Installed\">{2}</td>",
        class(finding),
        escape(label),
        escape(&finding.version)
    );
    let (state, text) = match remedy {
        Some(Remedy::Fixed(version)) => ("value fixed", escape(version)),
        Some(other) => ("missing", other.text().into()),
        None => ("missing", "unknown".into()),
    };
    let _ = write!(page, "<td class=\"{state}\" data-side=\"Fixed in\">{text}</td>");
    let _ = write!(page, "<td class=\"layer\" data-side=\"Layer\">");
    if let Some((position, layer)) = list.layer(finding) {
        let title = escape(layer.instruction.as_deref().unwrap_or("no instruction is recorded"));
        let _ = write!(page, "<span title=\"{title}\">{position}/{}</span>", list.analysis.layers.len());
        let whose = whose(list.analysis, finding.layer);
        if !whose.is_empty() {
            let _ = write!(page, " <small>{whose}</small>");
        }
    }
    page.push_str("</td></tr>\n");
}

fn write_coverage(list: &VulnerabilityList<'_>, page: &mut String) {
    let lines = facts::not_judged(list);
    let judged = facts::judged(&list.answer.coverage, list.now);
    page.push_str("<section id=\"coverage\" class=\"part\">\n<h2>Coverage</h2>\n");
    if !lines.is_empty() {
        page.push_str("<p class=\"remark\">Not judged, and so not known to be free of vulnerabilities:</p>\n<ul class=\"coverage\">\n");
        for line in lines {
            let _ = writeln!(page, "<li>{}</li>", escape(&line));
        }
        page.push_str("</ul>\n");
    }
    if !judged.is_empty() {
        page.push_str("<p class=\"apart\">Judged:</p>\n<ul class=\"coverage\">\n");
        for line in judged {
            let _ = writeln!(page, "<li>{}</li>", escape(&line));
        }
        page.push_str("</ul>\n");
    }
    page.push_str("</section>\n");
}
