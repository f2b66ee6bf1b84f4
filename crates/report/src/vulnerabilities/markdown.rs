//! Findings in GitHub's Markdown, made for a comment on a pull request: the answer and the totals
//! first, the rows folded away, what could not be judged in view.

use std::fmt::Write as _;
use std::io::{self, Write};

use plimsoll_model::{Conclusion, SeverityLevel, Verdict};

use super::totals::Totals;
use super::words::{Remedy, address, exploited, percent, state};
use super::{VulnerabilityList, facts};
use crate::markdown::{MAX_ROWS, code, folded, prose, rest};
use crate::place::base_note;
use crate::units::{count, counted};

/// Up to how many findings show without being folded away.
const OPEN_ROWS: usize = 20;

/// A sign that is seen before its word is read.
pub(crate) const fn sign(level: SeverityLevel) -> &'static str {
    match level {
        SeverityLevel::Critical => "🟣",
        SeverityLevel::High => "🔴",
        SeverityLevel::Medium => "🟠",
        SeverityLevel::Low => "🟡",
        SeverityLevel::Negligible | SeverityLevel::Unknown => "⚪",
    }
}

pub(super) fn write(list: &VulnerabilityList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let answer = list.answer;
    let mark = match answer.conclusion() {
        Conclusion::Clean => "✅",
        Conclusion::Affected => "⚠️",
        Conclusion::NoData => "❔",
    };
    let mut text = format!("### Vulnerabilities of {}\n\n", code(&list.analysis.identity.name));
    let _ = write!(text, "{mark} **{}**\n\n", prose(&facts::headline(list)));
    let totals = Totals::of(answer);
    if totals.affected > 0 {
        text.push_str("| Severity | Findings | Fixable |\n|---|--:|--:|\n");
        for (level, findings, fixable) in totals.severities.iter().filter(|(_, findings, _)| *findings > 0) {
            let _ =
                writeln!(text, "| {} {level} | {} | {} |", sign(*level), count(*findings), count(*fixable));
        }
        let _ = writeln!(text, "| total | {} | {} |", count(totals.affected), count(totals.fixable));
        text.push('\n');
    }
    let database = facts::database_line(&answer.database, &answer.coverage, list.now);
    let _ = writeln!(text, "{}", prose(&database));
    for note in facts::support(list).into_iter().chain(base_note(list.analysis)) {
        let _ = write!(text, "\n{}\n", prose(&note));
    }
    for remark in facts::remarks(list) {
        let _ = write!(text, "\n{}\n", prose(&remark));
    }
    write_coverage(list, &mut text);
    if let Some(selection) = facts::selection(list) {
        let _ = write!(text, "\n{selection}\n");
    }
    write_findings(list, &mut text);
    for line in facts::set_apart(list) {
        let _ = write!(text, "\n{}\n", prose(&line));
    }
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn write_coverage(list: &VulnerabilityList<'_>, text: &mut String) {
    let judged = facts::judged(&list.answer.coverage, list.now);
    if !judged.is_empty() {
        text.push_str("\nJudged:\n\n");
        for line in judged {
            let _ = writeln!(text, "- {}", prose(&line));
        }
    }
    let lines = facts::not_judged(list);
    if lines.is_empty() {
        return;
    }
    text.push_str("\n**Not judged, and so not known to be free of vulnerabilities:**\n\n");
    for line in lines.iter().take(MAX_ROWS) {
        let _ = writeln!(text, "- {}", prose(line));
    }
    rest(text, lines.len());
}

fn write_findings(list: &VulnerabilityList<'_>, text: &mut String) {
    let findings: Vec<_> = list.open().collect();
    if findings.is_empty() {
        return;
    }
    let heading = counted(findings.len() as u64, "finding");
    folded(text, &heading, findings.len() <= OPEN_ROWS, |text| {
        text.push_str(
            "| Vulnerability | Severity | CVSS | EPSS | KEV | Package | Installed | Fixed in | Layer |\n\
             |---|---|--:|--:|---|---|---|---|---|\n",
        );
        let labels = facts::labels(list, &findings);
        for (finding, label) in findings.iter().zip(labels).take(MAX_ROWS) {
            let id = address(&finding.id)
                .map_or_else(|| code(&finding.id), |address| format!("[{}]({address})", finding.id));
            let fixed = match (finding.verdict, Remedy::of(finding)) {
                (_, Some(Remedy::Fixed(version))) => code(version),
                (_, Some(other)) => other.text().to_owned(),
                (Verdict::Affected, None) => String::new(),
                (verdict, None) => state(verdict).to_owned(),
            };
            let _ = writeln!(
                text,
                "| {id} | {} {} | {} | {} | {} | {} | {} | {fixed} | {} |",
                sign(finding.severity),
                finding.severity,
                finding.cvss.map(|score| score.to_string()).unwrap_or_default(),
                finding.exploit_probability.map(percent).unwrap_or_default(),
                prose(&finding.known_exploited.as_ref().map(exploited).unwrap_or_default()),
                code(&label),
                code(&finding.version),
                facts::layer(list, finding),
            );
        }
        rest(text, findings.len());
    });
}
