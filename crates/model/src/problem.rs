//! Damage as data: what could not be read, where, and what it means for the answer.

mod known;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use known::{GROUPS, ProblemDoc, ProblemGroup, known};

/// A stable kebab-case name for a kind of damage, such as `rpm-database-damaged`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProblemCode(std::borrow::Cow<'static, str>);

impl ProblemCode {
    /// A code known when the program is built.
    #[must_use]
    pub const fn new(code: &'static str) -> Self {
        Self(std::borrow::Cow::Borrowed(code))
    }

    /// What there is to say about it.
    #[must_use]
    pub fn doc(&self) -> Option<ProblemDoc> {
        known().find(|doc| doc.code == self.0)
    }

    /// The kebab-case name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something that could not be read or does not agree with itself. The rest of the answer
/// stands; this says what it may lack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// What kind of damage.
    pub code: ProblemCode,
    /// The path inside the image, or the layer digest, that it was met on.
    pub subject: String,
    /// What is wrong and what the answer lacks for it, in one sentence.
    pub detail: String,
}

impl Problem {
    /// A problem with all its parts.
    pub fn new(code: &'static str, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code: ProblemCode::new(code), subject: subject.into(), detail: detail.into() }
    }
}

impl Problem {
    /// Whether packages may be missing from the answer because of it.
    #[must_use]
    pub fn hides_packages(&self) -> bool {
        self.code.doc().is_some_and(|doc| doc.group.hides_packages)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.subject, self.detail, self.code)
    }
}
