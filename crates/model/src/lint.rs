//! What the rules for images say about one image.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::finding::SeverityLevel;
use crate::path::TreePath;

/// What a rule is, for documents, help and reference pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LintRule {
    /// Stable kebab-case id.
    pub id: &'static str,
    /// What it finds, in a few words.
    pub title: &'static str,
    /// How bad what it finds usually is. An [`Observation`] has its own.
    pub severity: SeverityLevel,
    /// Why it matters.
    pub why: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// What an observation is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "name", rename_all = "kebab-case")]
pub enum About {
    /// A file, by its absolute path; what is not UTF-8 is escaped.
    File(String),
    /// A field of the image's configuration, such as `User` or `Env[API_TOKEN]`.
    Setting(String),
    /// An instruction of the image's history, by its position from 1.
    Instruction(usize),
    /// A package, by its name.
    Package(String),
    /// The image as a whole.
    Image,
}

impl About {
    /// The file at a path.
    #[must_use]
    pub fn file(path: &TreePath) -> Self {
        Self::File(path.to_string())
    }
}

impl std::fmt::Display for About {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(name) | Self::Setting(name) | Self::Package(name) => f.write_str(name),
            Self::Instruction(position) => write!(f, "instruction {position}"),
            Self::Image => f.write_str("image"),
        }
    }
}

/// One thing that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Id of the rule.
    pub rule: &'static str,
    /// How bad it is here.
    pub severity: SeverityLevel,
    /// What it is about.
    pub about: About,
    /// The line in the file, counted from 1, where there is one.
    pub line: Option<u32>,
    /// What was found, in one sentence. It holds no secret.
    pub detail: String,
    /// For a secret: the id of the rule that recognised it.
    pub secret: Option<String>,
    /// The package that it came with, by name, where a package lists the file.
    pub package: Option<String>,
    /// Bytes that it is about, uncompressed.
    pub bytes: Option<u64>,
    /// The layer that brought it: a position in [`crate::Analysis::layers`].
    pub layer: Option<u32>,
    /// The instruction that brought it, where the history tells; shared by all that it brought,
    /// and cut where it is very long.
    pub instruction: Option<Arc<str>>,
    /// Whether it came with the base image; `None` where nobody knows.
    pub is_base: Option<bool>,
    /// Whether a later layer removed or replaced the file, so that it is in the image's layers
    /// and does not show.
    pub is_hidden: bool,
}

/// How one rule came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOutcome {
    /// The rule.
    pub rule: &'static LintRule,
    /// What it found: how many of [`Lint::observations`] are its own.
    pub observations: usize,
    /// What it could not look at, and why; `None` where it saw all that it needed. A rule with
    /// this and without observations has not passed.
    pub no_data: Option<String>,
}

impl RuleOutcome {
    /// Whether the rule saw everything and found nothing.
    #[must_use]
    pub const fn is_passed(&self) -> bool {
        self.observations == 0 && self.no_data.is_none()
    }
}

/// The answer for one image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lint {
    /// The worst first; of the same severity by rule, then by what they are about.
    pub observations: Vec<Observation>,
    /// Every rule that was asked, in the order of the list of rules.
    pub outcomes: Vec<RuleOutcome>,
}

impl Lint {
    /// The rules that could not see everything.
    pub fn without_data(&self) -> impl Iterator<Item = &RuleOutcome> {
        self.outcomes.iter().filter(|outcome| outcome.no_data.is_some())
    }

    /// How many observations there are of a severity.
    #[must_use]
    pub fn count(&self, severity: SeverityLevel) -> usize {
        self.observations.iter().filter(|each| each.severity == severity).count()
    }
}
