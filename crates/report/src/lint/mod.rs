//! What the rules say about an image: `plimsoll lint`.
//!
//! Totals and the rules without data are those of the whole answer; only the rows are those that
//! were selected. No document takes a rule without data for one that passed.

mod csv;
mod json;
mod markdown;
mod sarif;
mod table;
mod words;

use plimsoll_model::{Analysis, Layer, Lint, Observation};

use crate::format::{Document, Format};
pub use csv::HEADER as CSV_COLUMNS;

/// Observations about one image, chosen and in order.
#[derive(Debug, Clone)]
pub struct LintList<'a> {
    /// The image.
    pub analysis: &'a Analysis,
    /// Everything that the rules say.
    pub lint: &'a Lint,
    /// Which of the observations (indices into [`Lint::observations`]), in the order to show.
    pub selected: Vec<usize>,
    /// Columns of the terminal; `None` cuts nothing.
    pub width: Option<usize>,
}

impl<'a> LintList<'a> {
    /// Every observation, the worst first.
    #[must_use]
    pub fn new(analysis: &'a Analysis, lint: &'a Lint) -> Self {
        Self { analysis, lint, selected: (0..lint.observations.len()).collect(), width: None }
    }

    /// The chosen observations.
    pub fn observations(&self) -> impl Iterator<Item = &'a Observation> {
        self.selected.iter().filter_map(|position| self.lint.observations.get(*position))
    }

    /// The layer of an observation, counted from one.
    fn layer(&self, observation: &Observation) -> Option<(usize, &'a Layer)> {
        let position = observation.layer? as usize;
        Some((position + 1, self.analysis.layers.get(position)?))
    }
}

/// The document of `plimsoll lint`.
#[derive(Debug, Clone, Copy)]
pub struct Linting;

impl Document for Linting {
    type View<'a> = LintList<'a>;

    const FORMATS: &'static [Format<Self>] = ALL;
}

/// Every format of the list of observations.
pub const ALL: &[Format<Linting>] = &[
    Format { id: "table", summary: "totals and columns for people", write: table::write },
    Format {
        id: "json",
        summary: "every rule and everything known about each observation",
        write: json::write,
    },
    Format { id: "csv", summary: "RFC 4180, one row per observation", write: csv::write },
    Format { id: "sarif", summary: "SARIF 2.1.0, for code scanning", write: sarif::write },
    Format { id: "markdown", summary: "for a comment on a pull request", write: markdown::write },
];

#[cfg(test)]
mod tests;
