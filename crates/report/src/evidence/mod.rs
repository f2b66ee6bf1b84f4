//! What is known of files beyond their rows in a listing: `plimsoll files --evidence`.

mod json;
mod table;

use plimsoll_model::{Analysis, FileId};

use crate::format::{Document, Format};

/// The evidence of some files of one image, in order. Those of which there is none are left out.
#[derive(Debug, Clone)]
pub struct EvidenceList<'a> {
    /// The image, analysed with evidence.
    pub analysis: &'a Analysis,
    /// Which of its files.
    pub selected: Vec<FileId>,
}

/// The document of `plimsoll files --evidence`.
#[derive(Debug, Clone, Copy)]
pub struct FileEvidence;

impl FileEvidence {
    /// Whether there is anything to tell of a file.
    #[must_use]
    pub fn has(evidence: &plimsoll_model::Evidence, file: FileId) -> bool {
        json::facts(evidence, file).is_some()
    }
}

impl Document for FileEvidence {
    type View<'a> = EvidenceList<'a>;

    const FORMATS: &'static [Format<Self>] = ALL;
}

/// Every format of the evidence of files.
pub const ALL: &[Format<FileEvidence>] = &[
    Format { id: "table", summary: "a paragraph per file, for people", write: table::write },
    Format { id: "json", summary: "everything known", write: json::write },
];

#[cfg(test)]
mod tests;
