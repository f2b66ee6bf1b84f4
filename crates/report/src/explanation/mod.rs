//! Why an image is, or is not, said to have one vulnerability: `plimsoll vulns --explain ID`.
//!
//! The whole chain, link by link: the feed's entry, its statement, each comparison of versions,
//! the package, the file that says it is installed, its layer, the instruction that brought it,
//! and what to change.

mod json;
mod packages;
mod table;

use std::cmp::Ordering;

use plimsoll_model::{Advisory, Analysis, FixState, NameKind, Scope, Verdict, Vulnerabilities};

use crate::format::{Document, Format};

/// What was looked at for one vulnerability.
#[derive(Debug, Clone, Copy)]
pub struct Explanation<'a> {
    /// The image.
    pub analysis: &'a Analysis,
    /// Everything that is known about its packages.
    pub answer: &'a Vulnerabilities,
    /// The id as it was asked for.
    pub id: &'a str,
    /// Every statement about a package of the image, of advisories that mean or collect it:
    /// those that do not apply too. By package, in the order in which they were looked at.
    pub statements: &'a [AppliedStatement],
    /// The time of asking (RFC 3339), for the age of the data in documents for people.
    pub now: Option<&'a str>,
    /// Columns of the terminal; `None` cuts nothing.
    pub width: Option<usize>,
}

/// How one statement of an advisory was applied to one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedStatement {
    /// Position of the package in [`Analysis::packages`].
    pub package: u32,
    /// Id of the feed.
    pub feed: String,
    /// The advisory; its statements are not looked at.
    pub advisory: Advisory,
    /// Where the statement holds; its type says whose order of versions was applied.
    pub scope: Scope,
    /// The name that the statement uses.
    pub name: String,
    /// Which of the package's names that is.
    pub name_kind: NameKind,
    /// The version that was judged: the source package's where the statement names that.
    pub version: String,
    /// What the publisher does about it.
    pub state: FixState,
    /// All affected versions, in words.
    pub affected: String,
    /// The range that the version lies in, in words.
    pub range: Option<String>,
    /// Every comparison that was made, in turn.
    pub comparisons: Vec<VersionComparison>,
    /// What the statement says of the version; `None` where it does not apply.
    pub verdict: Option<Verdict>,
    /// Why it does not apply, as the rest of "does not apply: ".
    pub inapplicable: Option<String>,
}

/// Two versions that were compared, and what came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionComparison {
    /// The installed version.
    pub installed: String,
    /// The bound of the advisory's range.
    pub bound: String,
    /// `None` where one of them is no version of its ecosystem.
    pub order: Option<Ordering>,
}

impl VersionComparison {
    /// The sign between the two versions; `None` where they cannot be compared.
    #[must_use]
    pub const fn sign(&self) -> Option<&'static str> {
        match self.order {
            Some(Ordering::Less) => Some("<"),
            Some(Ordering::Equal) => Some("="),
            Some(Ordering::Greater) => Some(">"),
            None => None,
        }
    }
}

/// The document of `plimsoll vulns --explain`.
#[derive(Debug, Clone, Copy)]
pub struct Explained;

impl Document for Explained {
    type View<'a> = Explanation<'a>;

    const FORMATS: &'static [Format<Self>] = ALL;
}

/// Every format of an explanation.
pub const ALL: &[Format<Explained>] = &[
    Format { id: "table", summary: "the chain in words, for people", write: table::write },
    Format { id: "json", summary: "the chain for programs", write: json::write },
];

#[cfg(test)]
pub(crate) mod tests;
