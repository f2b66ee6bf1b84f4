//! The files of an image: `plimsoll files`. A hundred thousand rows are normal here, so every
//! format streams and none makes a value per cell.

mod csv;
mod json;
mod table;

use plimsoll_model::{Analysis, FileId, FileKind, FileRecord, Package};

use crate::format::{Document, Format};

/// Files of one image, chosen and in order.
#[derive(Debug, Clone)]
pub struct FileList<'a> {
    /// The image.
    pub analysis: &'a Analysis,
    /// Which of its files, in the order to show. The root directory is never shown.
    pub selected: Vec<FileId>,
    /// Columns of the terminal; `None` cuts nothing.
    pub width: Option<usize>,
}

impl<'a> FileList<'a> {
    /// Every file of the image.
    #[must_use]
    pub fn all(analysis: &'a Analysis) -> Self {
        Self { analysis, selected: analysis.files.ids().skip(1).collect(), width: None }
    }

    /// The rows: the chosen files that exist, without the root.
    fn rows(&self) -> impl Iterator<Item = Row<'a>> + '_ {
        let mut next_owned = 0;
        let known = self.analysis.files.len();
        let analysis = self.analysis;
        self.selected
            .iter()
            .filter(move |id| **id != FileId::ROOT && (id.0 as usize) < known)
            .map(move |id| Row { id: *id, owners: owners(analysis, *id, &mut next_owned) })
    }
}

/// The owners of a file. `next` remembers where the last search ended, because files nearly
/// always come in order.
fn owners<'a>(analysis: &'a Analysis, id: FileId, next: &mut usize) -> &'a [(FileId, u32)] {
    let all = &analysis.ownership;
    let ahead = all.get(*next..).unwrap_or_default();
    let behind = next.checked_sub(1).and_then(|last| all.get(last)).is_some_and(|(last, _)| *last >= id);
    if behind {
        *next = all.partition_point(|(other, _)| *other < id);
    } else {
        *next += ahead.iter().take_while(|(other, _)| *other < id).count();
    }
    let rest = all.get(*next..).unwrap_or_default();
    let count = rest.iter().take_while(|(other, _)| *other == id).count();
    *next += count;
    rest.get(..count).unwrap_or_default()
}

/// One file and the packages that list it.
struct Row<'a> {
    id: FileId,
    owners: &'a [(FileId, u32)],
}

impl<'a> Row<'a> {
    fn record<'b>(&self, analysis: &'b Analysis) -> &'b FileRecord {
        analysis.files.record(self.id)
    }

    /// Calls `each` with the names of the owning packages, each once. A directory of several
    /// packages belongs to none of them in particular: it gets `*`.
    fn for_each_owner<'b>(&self, analysis: &'b Analysis, mut each: impl FnMut(&'b str)) {
        if self.owners.len() > 1 && self.record(analysis).kind == FileKind::Directory {
            each("*");
            return;
        }
        let package = |owner: &(FileId, u32)| analysis.packages.get(owner.1 as usize);
        let mut last = None;
        for Package { name, .. } in self.owners.iter().filter_map(package) {
            if last != Some(name) {
                each(name);
            }
            last = Some(name);
        }
    }
}

/// The document of `plimsoll files`.
#[derive(Debug, Clone, Copy)]
pub struct Files;

impl Document for Files {
    type View<'a> = FileList<'a>;

    const FORMATS: &'static [Format<Self>] = ALL;
}

/// Every format of the list of files.
pub const ALL: &[Format<Files>] = &[
    Format { id: "table", summary: "lines for people, like those of ls -l", write: table::write },
    Format { id: "json", summary: "everything known about each file", write: json::write },
    Format { id: "csv", summary: "RFC 4180, one row per file, names as their bytes", write: csv::write },
];

#[cfg(test)]
mod tests;
