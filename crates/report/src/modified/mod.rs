//! Files that changed since their package was installed: `plimsoll files --modified`.

mod csv;
mod json;
mod table;

use plimsoll_model::Analysis;
use plimsoll_model::evidence::ModifiedFile;

use crate::format::{Document, Format};

/// Modified files of one image, in order.
#[derive(Debug, Clone)]
pub struct ModifiedList<'a> {
    /// The image.
    pub analysis: &'a Analysis,
    /// Those of its files that changed.
    pub files: Vec<&'a ModifiedFile>,
    /// Columns of the terminal; `None` cuts nothing.
    pub width: Option<usize>,
}

impl ModifiedList<'_> {
    /// The layer that brought what lies there now: it made the change. Of what is missing, which
    /// layer took it away is not known.
    fn layer(file: &ModifiedFile, analysis: &Analysis) -> Option<u32> {
        let record = analysis.files.record(file.recorded.file?);
        (!analysis.layers.is_empty()).then(|| u32::from(record.layer))
    }

    fn package(&self, file: &ModifiedFile) -> &str {
        self.analysis.packages.get(file.recorded.package as usize).map_or("", |package| &package.name)
    }
}

fn words(file: &ModifiedFile) -> Vec<&'static str> {
    file.changes.iter().map(|change| change.word()).collect()
}

/// The document of `plimsoll files --modified`.
#[derive(Debug, Clone, Copy)]
pub struct Modified;

impl Document for Modified {
    type View<'a> = ModifiedList<'a>;

    const FORMATS: &'static [Format<Self>] = ALL;
}

/// Every format of the list of modified files.
pub const ALL: &[Format<Modified>] = &[
    Format { id: "table", summary: "lines for people", write: table::write },
    Format { id: "json", summary: "everything known about each file", write: json::write },
    Format { id: "csv", summary: "RFC 4180, one row per file", write: csv::write },
];

#[cfg(test)]
mod tests;
