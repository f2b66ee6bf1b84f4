//! Whether the image says how to tell that it works.

use plimsoll_model::{About, LintRule, SeverityLevel};

use super::{Answer, Rule};
use crate::facts::Facts;

/// No health check.
#[derive(Debug, Clone, Copy)]
pub struct Missing;

const DOC: LintRule = LintRule {
    id: "healthcheck-missing",
    title: "No health check",
    severity: SeverityLevel::Negligible,
    why: "Docker cannot tell a program that hangs from one that works. Orchestrators with checks of their own, such as Kubernetes, do not look at it.",
    remedy: "Add HEALTHCHECK with a command that asks the program itself.",
};

impl Rule for Missing {
    fn doc(&self) -> &'static LintRule {
        &DOC
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        Answer::of(facts.config().map(|config| {
            let detail = match config.healthcheck.as_deref() {
                None | Some([]) => "the image has none",
                Some([word, ..]) if word == "NONE" => "the image switches off that of its base",
                Some(_) => return Vec::new(),
            };
            vec![Facts::observe(&DOC, About::Setting("Healthcheck".to_owned()), detail)]
        }))
    }
}
