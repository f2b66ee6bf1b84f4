//! What the documents say in the same words.

use plimsoll_model::{Lint, Observation, SeverityLevel};

use super::LintList;
use crate::units::{count, counted};

/// Severities, the worst first, with how many observations each has.
pub(super) fn totals(lint: &Lint) -> Vec<(SeverityLevel, u64)> {
    SeverityLevel::ALL.into_iter().rev().map(|level| (level, lint.count(level) as u64)).collect()
}

/// The answer in one sentence.
pub(super) fn headline(lint: &Lint) -> String {
    let found: Vec<String> = totals(lint)
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .map(|(level, number)| format!("{} {level}", count(number)))
        .collect();
    let without = lint.without_data().count();
    match (found.is_empty(), without) {
        (true, 0) => format!("all {} passed", counted(lint.outcomes.len() as u64, "rule")),
        (true, _) => {
            format!("nothing found, but {} could not see everything", counted(without as u64, "rule"))
        }
        (false, _) => {
            format!("{}: {}", counted(lint.observations.len() as u64, "observation"), found.join(", "))
        }
    }
}

/// What is left out of the rows.
pub(super) fn selection(list: &LintList<'_>) -> Option<String> {
    let (all, shown) = (list.lint.observations.len() as u64, list.selected.len() as u64);
    let hidden = all.saturating_sub(shown);
    (hidden > 0).then(|| {
        format!(
            "{} of {} not listed, for the filters given; --severity negligible lists all.",
            count(hidden),
            counted(all, "observation")
        )
    })
}

/// What an observation is about, with its line.
pub(super) fn about(observation: &Observation) -> String {
    match observation.line {
        Some(line) => format!("{}:{line}", observation.about),
        None => observation.about.to_string(),
    }
}

/// The rules that could not see everything, each with why.
pub(super) fn without_data(lint: &Lint) -> Vec<String> {
    lint.without_data()
        .filter_map(|outcome| Some(format!("{}: {}", outcome.rule.id, outcome.no_data.as_deref()?)))
        .collect()
}

/// How many rules passed, in words.
pub(super) fn passed(lint: &Lint) -> String {
    let passed = lint.outcomes.iter().filter(|outcome| outcome.is_passed()).count();
    format!("{} passed.", counted(passed as u64, "rule"))
}
