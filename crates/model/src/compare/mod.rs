//! Differences between analyses: what the second image lacks, has more, or has otherwise.
//!
//! [`compare`] sets two analyses side by side and gives a [`Comparison`]: plain data that points
//! into both by position, so it can be kept beside them, and so that two images of a hundred
//! thousand files each compare in milliseconds. [`matrix::compare_many`] does the same for the
//! packages of any number of images. The order of versions is an ecosystem's business and is
//! handed in.
//!
//! Everything is symmetric: with the sides swapped, added and removed, upgraded and downgraded
//! change places and nothing else does. Unknown is never equal: what one side does not have at
//! all (an SBOM has no files, a root directory no configuration) is not compared and said to be
//! unknown.

pub mod config;
pub mod files;
pub mod fold;
pub mod layers;
pub mod matrix;
pub mod packages;
pub mod verdict;
pub mod vulnerabilities;

use std::cmp::Ordering;

pub use config::{ConfigChange, ConfigComparison, ConfigField, Setting};
pub use files::{Aspects, FileChange, FileComparison};
pub use fold::{FileCounts, FileGroup};
pub use layers::LayerComparison;
pub use matrix::{Matrix, MatrixRow, compare_many};
pub use packages::{PackageChange, PackageTotals};
pub use verdict::{Sizes, Verdict};
pub use vulnerabilities::{
    Standing, VulnerabilityChange, VulnerabilityComparison, VulnerabilityCoverage, VulnerabilityRow,
    VulnerabilitySide,
};

use crate::analysis::Analysis;
use crate::finding::Vulnerabilities;
use crate::package::PackageType;

/// The rules by which two versions of a package type are ordered; `None` where no ecosystem
/// knows the type or a text is no version of it.
pub type VersionOrder<'a> = &'a dyn Fn(&PackageType, &str, &str) -> Option<Ordering>;

/// How a thing differs between the image before and the image after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// Only the image before has it.
    Removed,
    /// Only the image after has it.
    Added,
    /// A package whose version after is newer by the rules of its ecosystem.
    Upgraded,
    /// A package whose version after is older by the rules of its ecosystem.
    Downgraded,
    /// Both have it and it is not the same; nothing says which is newer.
    Changed,
}

impl Change {
    /// Every kind of change, in the order in which totals name them.
    pub const ALL: [Self; 5] = [Self::Removed, Self::Added, Self::Upgraded, Self::Downgraded, Self::Changed];

    /// The word that documents use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Added => "added",
            Self::Upgraded => "upgraded",
            Self::Downgraded => "downgraded",
            Self::Changed => "changed",
        }
    }

    /// The change as it looks with the two sides swapped.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        match self {
            Self::Removed => Self::Added,
            Self::Added => Self::Removed,
            Self::Upgraded => Self::Downgraded,
            Self::Downgraded => Self::Upgraded,
            Self::Changed => Self::Changed,
        }
    }

    /// Which change it is when a thing is present as told and differs where it is on both sides.
    #[must_use]
    pub(crate) const fn of_presence(before: bool, after: bool) -> Self {
        match (before, after) {
            (true, false) => Self::Removed,
            (false, true) => Self::Added,
            _ => Self::Changed,
        }
    }
}

/// How strict a comparison is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// Whether a file whose modification time alone differs counts as changed. Off by default:
    /// two builds of the same recipe differ in it everywhere and in nothing else.
    pub times: bool,
}

/// Everything that differs between two images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The answer in one word.
    pub verdict: Verdict,
    /// Packages that differ, by name, then type, architecture, place and version.
    pub packages: Vec<PackageChange>,
    /// How many packages differ in which way.
    pub totals: PackageTotals,
    /// How large both images are, as far as it is known.
    pub sizes: Sizes,
    /// Files that differ, in listing order, and folded by owning package.
    pub files: FileComparison,
    /// Settings that differ.
    pub config: ConfigComparison,
    /// Layers that both share and that only one has.
    pub layers: LayerComparison,
    /// Vulnerabilities that both have and that only one has; `None` where nobody asked.
    pub vulnerabilities: Option<VulnerabilityComparison>,
}

impl Comparison {
    /// The same, with the vulnerabilities of both images: each told by its analysis and the
    /// answer about it. The verdict is about the images alone and stays.
    #[must_use]
    pub fn with_vulnerabilities(
        self,
        before: (&Analysis, &Vulnerabilities),
        after: (&Analysis, &Vulnerabilities),
    ) -> Self {
        Self { vulnerabilities: Some(vulnerabilities::compare(before, after)), ..self }
    }
}

/// Compares two analyses by the usual rules.
#[must_use]
pub fn compare(before: &Analysis, after: &Analysis, order: VersionOrder<'_>) -> Comparison {
    compare_by(before, after, order, Rules::default())
}

/// Compares two analyses by rules of the caller's choice.
#[must_use]
pub fn compare_by(before: &Analysis, after: &Analysis, order: VersionOrder<'_>, rules: Rules) -> Comparison {
    let packages = packages::compare(before, after, order);
    let files = files::compare(before, after, rules);
    let config = config::compare(before, after);
    let layers = layers::compare(before, after);
    let verdict = verdict::decide(before, after, &packages, &files, &config);
    Comparison {
        verdict,
        totals: PackageTotals::of(&packages),
        packages,
        sizes: Sizes::of(before, after),
        files,
        config,
        layers,
        vulnerabilities: None,
    }
}

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
