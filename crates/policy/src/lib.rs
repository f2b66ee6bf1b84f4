//! Facts to verdicts: what the rules for images say about one image.
//!
//! **Never:** opens a file or a socket, stores, fetches, knows the clock: whatever a rule needs
//! beyond the facts is handed in ([`Inputs`]). A rule that could not see what it needs answers
//! "no data", never "passed".
//!
//! # Where to start
//!
//! * [`check`] asks the rules chosen and gives a [`Lint`].
//! * A [`Rule`] is one thing to find: its [`LintRule`] says what, why and what to do, its `check`
//!   looks at [`Facts`]. [`rule::ALL`] is the list; a file in `rule/` holds one rule or a family.
//!
//! [`LintRule`]: plimsoll_model::LintRule

mod facts;
mod instruction;
pub mod rule;
#[cfg(test)]
mod sample;

use std::cmp::Reverse;

use plimsoll_model::{Analysis, Lint, RuleOutcome};

pub use facts::{Facts, SupportEnd};
pub use rule::{Answer, Rule};

/// What rules need beyond the facts about the image. All of it may be missing; then the rules
/// that need it say so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inputs {
    /// The time of asking (RFC 3339, UTC).
    pub now: Option<String>,
    /// Days after which an image counts as old; `None` asks for [`DEFAULT_MAX_AGE`].
    pub max_age_days: Option<u32>,
    /// When the support of the image's distribution ends, and who says so.
    pub support_end: Option<SupportEnd>,
}

/// Days after which an image counts as old: most distributions have fixed something by then that
/// an attacker can use from outside.
pub const DEFAULT_MAX_AGE: u32 = 180;

/// Asks the rules that `wanted` knows by their ids.
#[must_use]
pub fn check(analysis: &Analysis, inputs: &Inputs, wanted: &dyn Fn(&str) -> bool) -> Lint {
    let facts = Facts::new(analysis, inputs);
    let mut lint = Lint::default();
    for rule in rule::ALL.iter().filter(|rule| wanted(rule.doc().id)) {
        let answer = rule.check(&facts).bounded();
        lint.outcomes.push(RuleOutcome {
            rule: rule.doc(),
            observations: answer.observations.len(),
            no_data: answer.no_data,
        });
        lint.observations.extend(answer.observations);
    }
    lint.observations.sort_by(|left, right| {
        let key = |each: &plimsoll_model::Observation| (Reverse(each.severity), each.rule);
        key(left)
            .cmp(&key(right))
            .then_with(|| (&left.about, left.line, left.layer).cmp(&(&right.about, right.line, right.layer)))
            .then_with(|| left.detail.cmp(&right.detail))
    });
    lint
}
