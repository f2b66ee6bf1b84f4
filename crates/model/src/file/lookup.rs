//! Finding files by path, through symbolic links or not.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::{FileId, FileKind, FileTable};

/// How many symbolic links one look-up follows before it gives up; Linux stops at 40.
pub(super) const MAX_LINKS: usize = 40;

/// Looks up paths in a [`FileTable`] in constant time per component.
#[derive(Debug)]
pub struct PathIndex<'a> {
    table: &'a FileTable,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl<'a> PathIndex<'a> {
    pub(super) fn new(table: &'a FileTable) -> Self {
        let hasher = DefaultHashBuilder::default();
        let mut index = HashTable::with_capacity(table.len());
        let hash = |position: u32| {
            let id = FileId(position);
            hasher.hash_one((table.record(id).parent, table.name(id)))
        };
        for id in table.ids().skip(1) {
            index.insert_unique(hash(id.0), id.0, |&other| hash(other));
        }
        Self { table, index, hasher }
    }

    /// The table that is looked up in.
    #[must_use]
    pub const fn table(&self) -> &'a FileTable {
        self.table
    }

    /// The entry called `name` in a directory.
    #[must_use]
    pub fn child(&self, directory: FileId, name: &[u8]) -> Option<FileId> {
        let hash = self.hasher.hash_one((directory.0, name));
        self.index
            .find(hash, |&position| {
                let id = FileId(position);
                self.table.parent(id) == directory && self.table.name(id) == name
            })
            .map(|&position| FileId(position))
    }

    /// The entry at a path whose directories may be reached through symbolic links; a link in
    /// the last place is the answer itself. Leading slashes, `.` and `..` are understood as the
    /// kernel does inside a root of its own.
    #[must_use]
    pub fn resolve(&self, path: &[u8]) -> Option<FileId> {
        self.walk(FileId::ROOT, path, false, &mut 0)
    }

    /// The entry at a path, a symbolic link in the last place followed too.
    #[must_use]
    pub fn follow(&self, path: &[u8]) -> Option<FileId> {
        self.walk(FileId::ROOT, path, true, &mut 0)
    }

    fn walk(&self, from: FileId, path: &[u8], follow_last: bool, links: &mut usize) -> Option<FileId> {
        let mut at = if path.first() == Some(&b'/') { FileId::ROOT } else { from };
        let mut rest = path;
        loop {
            while let [b'/', after @ ..] = rest {
                rest = after;
            }
            if rest.is_empty() {
                return Some(at);
            }
            let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            rest = after;
            if self.table.record(at).kind != FileKind::Directory {
                return None;
            }
            match name {
                b"." => continue,
                b".." => {
                    at = self.table.parent(at);
                    continue;
                }
                _ => {}
            }
            let directory = at;
            at = self.child(directory, name)?;
            let last = rest.iter().all(|byte| *byte == b'/');
            if self.table.record(at).kind == FileKind::Symlink && (!last || follow_last) {
                *links += 1;
                if *links > MAX_LINKS {
                    return None;
                }
                at = self.walk(directory, self.table.link(at), true, links)?;
            }
        }
    }
}
