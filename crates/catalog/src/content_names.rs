//! Hard links: names under which the bytes of another file are found, whose evidence is theirs.

use std::collections::HashMap;

use plimsoll_model::{FileId, FileKind};

use crate::reader::LayeredImage;

/// Which hard links have the content of which file.
#[derive(Debug, Default)]
pub(crate) struct ContentNames {
    by_hash: HashMap<[u8; 32], Vec<FileId>>,
    hashes: HashMap<FileId, [u8; 32]>,
}

/// The hard links of the merged tree, which the pass over a layer read under another name.
pub(crate) fn content_names(image: &LayeredImage<'_>) -> ContentNames {
    let table = image.files.table();
    let mut names = ContentNames::default();
    for id in table.ids() {
        let record = table.record(id);
        if record.kind == FileKind::File
            && record.is_hard_link()
            && let Some(hash) = record.sha256()
        {
            names.by_hash.entry(*hash).or_default().push(id);
        }
    }
    if !names.by_hash.is_empty() {
        for fragment in image.fragments.iter().filter_map(|fragment| fragment.file) {
            if let Some(hash) = table.record(fragment).sha256() {
                names.hashes.insert(fragment, *hash);
            }
        }
    }
    names
}

impl ContentNames {
    /// The hard links with the content of a file.
    pub(crate) fn others(&self, file: FileId) -> &[FileId] {
        self.hashes.get(&file).and_then(|hash| self.by_hash.get(hash)).map(Vec::as_slice).unwrap_or_default()
    }
}
