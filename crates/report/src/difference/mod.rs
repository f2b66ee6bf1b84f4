//! What differs between two images: `plimsoll diff`; for three and more there is [`matrix`].

mod csv;
mod facts;
mod grid;
mod html;
mod json;
mod markdown;
pub mod matrix;
mod plain;
mod rows;
mod table;
mod vulnerabilities;

use plimsoll_model::Analysis;
use plimsoll_model::compare::{Change, Comparison, FileChange};

use crate::format::{Document, Format};

/// The word for a side that does not have a package; the table of 2017 had it.
pub const NOT_INSTALLED: &str = "Not Installed";

/// Which parts of a comparison are shown. Packages are by default, the rest where asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sections {
    /// Packages.
    pub packages: bool,
    /// Files.
    pub files: bool,
    /// Configuration.
    pub config: bool,
    /// Layers.
    pub layers: bool,
}

impl Sections {
    /// Everything there is.
    pub const ALL: Self = Self { packages: true, files: true, config: true, layers: true };
}

impl Default for Sections {
    fn default() -> Self {
        Self { packages: true, files: false, config: false, layers: false }
    }
}

/// Rows of one kind of change only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// What only the image after has.
    Added,
    /// What only the image before has.
    Removed,
    /// What both have and is not the same: upgraded, downgraded and moved too.
    Changed,
}

impl Only {
    /// Every choice, with the word that people write.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Added, "added"), (Self::Removed, "removed"), (Self::Changed, "changed")];

    /// Whether a change is one of those wanted.
    #[must_use]
    pub const fn takes(self, change: Change) -> bool {
        match self {
            Self::Added => matches!(change, Change::Added),
            Self::Removed => matches!(change, Change::Removed),
            Self::Changed => !matches!(change, Change::Added | Change::Removed),
        }
    }
}

/// How a comparison is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Which parts.
    pub sections: Sections,
    /// Which rows; `None` shows all. Totals are those of the whole comparison all the same.
    pub only: Option<Only>,
    /// Whether the table names each single file even of a package of which many differ, or
    /// that came or went as a whole.
    pub every_file: bool,
    /// Columns of the terminal; `None` cuts nothing.
    pub width: Option<usize>,
}

/// A comparison and what it is about. Vulnerabilities are shown where the comparison has them
/// ([`Comparison::with_vulnerabilities`]).
#[derive(Debug, Clone, Copy)]
pub struct DifferenceView<'a> {
    /// The first image.
    pub before: &'a Analysis,
    /// The second image.
    pub after: &'a Analysis,
    /// How they differ.
    pub comparison: &'a Comparison,
    /// How that is shown.
    pub options: Options,
}

impl<'a> DifferenceView<'a> {
    fn takes(&self, change: Change) -> bool {
        self.options.only.is_none_or(|only| only.takes(change))
    }

    /// The changes of files to show, of those given by position.
    fn files(&self, positions: &'a [u32]) -> impl Iterator<Item = &'a FileChange> {
        let changes = &self.comparison.files.changes;
        positions
            .iter()
            .filter_map(|position| changes.get(*position as usize))
            .filter(|change| self.takes(change.change()))
    }
}

/// The document of `plimsoll diff A B`.
#[derive(Debug, Clone, Copy)]
pub struct Difference;

impl Document for Difference {
    type View<'a> = DifferenceView<'a>;

    const FORMATS: &'static [Format<Self>] = ALL;
}

/// Every format of a comparison of two images.
pub const ALL: &[Format<Difference>] = &[
    Format { id: "table", summary: "side by side, for people", write: table::write },
    Format { id: "json", summary: "everything that differs, for programs", write: json::write },
    Format { id: "csv", summary: "RFC 4180, one row per difference", write: csv::write },
    Format { id: "markdown", summary: "for a comment on a pull request", write: markdown::write },
    Format { id: "html", summary: "one page that needs nothing else", write: html::write },
    Format {
        id: "plain",
        summary: "the six columns of show-pkg-diffs, separated by spaces",
        write: plain::write,
    },
];

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vulnerability_tests;
