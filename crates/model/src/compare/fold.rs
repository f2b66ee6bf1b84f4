//! File changes folded by the package that owns the file, so that ten thousand rows read as forty.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::files::FileChange;
use crate::analysis::Analysis;
use crate::file::{FileId, FileKind, FileTable};
use crate::package::{Package, PackageType};

/// How many files differ in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileCounts {
    /// Only before.
    pub removed: u64,
    /// Only after.
    pub added: u64,
    /// Same path, something differs.
    pub changed: u64,
    /// Same content, another path.
    pub moved: u64,
    /// Bytes of regular files before, hard-linked ones once, of all these changes.
    pub bytes_before: u64,
    /// Bytes of regular files after.
    pub bytes_after: u64,
}

impl FileCounts {
    /// Counts some changes between two trees.
    #[must_use]
    pub fn of<'a>(
        changes: impl IntoIterator<Item = &'a FileChange>,
        before: &FileTable,
        after: &FileTable,
    ) -> Self {
        let mut counts = Self::default();
        for change in changes {
            counts.count(change, before, after);
        }
        counts
    }

    /// How many files there are in all.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.removed + self.added + self.changed + self.moved
    }

    fn count(&mut self, change: &FileChange, before: &FileTable, after: &FileTable) {
        *match (change.moved, change.before, change.after) {
            (true, ..) => &mut self.moved,
            (_, Some(_), None) => &mut self.removed,
            (_, None, Some(_)) => &mut self.added,
            _ => &mut self.changed,
        } += 1;
        self.bytes_before += bytes(before, change.before);
        self.bytes_after += bytes(after, change.after);
    }
}

fn bytes(table: &FileTable, id: Option<FileId>) -> u64 {
    let record = id.map(|id| table.record(id));
    record
        .filter(|record| record.kind == FileKind::File && !record.is_hard_link())
        .map_or(0, crate::file::FileRecord::size)
}

/// The files of one package that differ, or those that no package owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileGroup {
    /// A package of the owner's type and name before; `None` where there is none, or where no
    /// package owns these files.
    pub before: Option<u32>,
    /// The same after.
    pub after: Option<u32>,
    /// How many files, and how large.
    pub counts: FileCounts,
    /// The files: positions in [`super::FileComparison::changes`], ascending.
    pub changes: Vec<u32>,
}

impl FileGroup {
    /// The owning package, as it is after, or else as it was before.
    #[must_use]
    pub fn owner<'a>(&self, before: &'a Analysis, after: &'a Analysis) -> Option<&'a Package> {
        let get = |analysis: &'a Analysis, position: Option<u32>| {
            position.and_then(|position| analysis.packages.get(position as usize))
        };
        get(after, self.after).or_else(|| get(before, self.before))
    }

    /// Whether the whole package went, and its files with it.
    #[must_use]
    pub const fn is_package_removed(&self) -> bool {
        self.before.is_some() && self.after.is_none()
    }

    /// Whether the whole package is new, and its files with it.
    #[must_use]
    pub const fn is_package_added(&self) -> bool {
        self.before.is_none() && self.after.is_some()
    }
}

/// The packages of an analysis by type and name: the first of each.
type Names<'a> = BTreeMap<(&'a PackageType, &'a str), u32>;

fn names(analysis: &Analysis) -> Names<'_> {
    let mut names = Names::new();
    for (position, package) in (0_u32..).zip(&analysis.packages) {
        names.entry((&package.kind, package.name.as_str())).or_insert(position);
    }
    names
}

/// The package that a file is folded under: its first owner, in the order of packages.
fn owner(analysis: &Analysis, file: Option<FileId>) -> Option<&Package> {
    analysis.owners(file?).next()
}

/// Groups changes by owner, the most bytes first; what no package owns comes last. A changed file
/// belongs to its owner after, or, if it has none any more, to its owner before.
pub(super) fn by_package(before: &Analysis, after: &Analysis, changes: &[FileChange]) -> Vec<FileGroup> {
    let mut groups: BTreeMap<Option<(&PackageType, &str)>, FileGroup> = BTreeMap::new();
    let (old, new) = (names(before), names(after));
    for (position, change) in (0_u32..).zip(changes) {
        let package = owner(after, change.after).or_else(|| owner(before, change.before));
        let key = package.map(|package| (&package.kind, package.name.as_str()));
        let group = groups.entry(key).or_insert_with(|| FileGroup {
            before: key.and_then(|key| old.get(&key).copied()),
            after: key.and_then(|key| new.get(&key).copied()),
            counts: FileCounts::default(),
            changes: Vec::new(),
        });
        group.counts.count(change, &before.files, &after.files);
        group.changes.push(position);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(key, group)| {
        (key.is_none(), Reverse(group.counts.bytes_before.max(group.counts.bytes_after)), *key)
    });
    groups.into_iter().map(|(_, group)| group).collect()
}
