//! Observations in GitHub's Markdown, made for a comment on a pull request: the answer and the
//! totals first, the rows folded away, what could not be seen in view.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{LintList, words};
use crate::markdown::{MAX_ROWS, code, folded, prose, rest};
use crate::units::{count, counted};
use crate::vulnerabilities::sign;

/// Up to how many observations show without being folded away.
const OPEN_ROWS: usize = 20;

pub(super) fn write(list: &LintList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mark = match (list.lint.observations.is_empty(), list.lint.without_data().next().is_some()) {
        (true, false) => "✅",
        (true, true) => "❔",
        (false, _) => "⚠️",
    };
    let mut text = format!("### Defaults of {}\n\n", code(&list.analysis.identity.name));
    let _ = write!(text, "{mark} **{}**\n\n", prose(&words::headline(list.lint)));
    let totals = words::totals(list.lint);
    if totals.iter().any(|(_, number)| *number > 0) {
        text.push_str("| Severity | Observations |\n|---|--:|\n");
        for (level, number) in totals.iter().filter(|(_, number)| *number > 0) {
            let _ = writeln!(text, "| {} {level} | {} |", sign(*level), count(*number));
        }
    }
    write_observations(list, &mut text);
    for line in words::selection(list).into_iter().chain([words::passed(list.lint)]) {
        let _ = write!(text, "\n{}\n", prose(&line));
    }
    let without = words::without_data(list.lint);
    if !without.is_empty() {
        text.push_str("\n**No data, and so not known to pass:**\n\n");
        for line in without.iter().take(MAX_ROWS) {
            let _ = writeln!(text, "- {}", prose(line));
        }
    }
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn write_observations(list: &LintList<'_>, text: &mut String) {
    let observations: Vec<_> = list.observations().collect();
    if observations.is_empty() {
        return;
    }
    let heading = counted(observations.len() as u64, "observation");
    folded(text, &heading, observations.len() <= OPEN_ROWS, |text| {
        text.push_str("| Severity | Rule | Where | What | Layer |\n|---|---|---|---|--:|\n");
        for each in observations.iter().take(MAX_ROWS) {
            let layer = list.layer(each).map(|(position, _)| position.to_string()).unwrap_or_default();
            let _ = writeln!(
                text,
                "| {} {} | {} | {} | {} | {layer} |",
                sign(each.severity),
                each.severity,
                code(each.rule),
                code(&words::about(each)),
                prose(&each.detail),
            );
        }
        rest(text, observations.len());
    });
}
