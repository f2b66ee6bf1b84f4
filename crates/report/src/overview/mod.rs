//! One image on one screen: `plimsoll inspect`.

mod attached;
mod json;
mod summary;
mod table;
mod weight;

use plimsoll_model::Analysis;

use crate::format::{Document, Format};

/// What the overview is made of.
#[derive(Debug, Clone, Copy)]
pub struct Overview<'a> {
    /// The image.
    pub analysis: &'a Analysis,
    /// Columns of the terminal; `None` cuts nothing.
    pub width: Option<usize>,
}

/// The document of `plimsoll inspect`.
#[derive(Debug, Clone, Copy)]
pub struct Inspection;

impl Document for Inspection {
    type View<'a> = Overview<'a>;

    const FORMATS: &'static [Format<Self>] = ALL;
}

/// Every format of the overview.
pub const ALL: &[Format<Inspection>] = &[
    Format { id: "table", summary: "one screen for people", write: table::write },
    Format { id: "json", summary: "the same facts, every list in full", write: json::write },
];

#[cfg(test)]
mod tests;
