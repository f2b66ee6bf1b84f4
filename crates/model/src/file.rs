//! The files of one layer or of a merged image, in a form that stays small and fast at a
//! hundred thousand entries.
//!
//! A [`FileTable`] keeps fixed-size records in listing order (a directory right before all that
//! lies in it) and every name once, in one arena. A path is its record's name and its parent's
//! path, so no path is stored twice and the subtree of a directory is a contiguous range.

mod builder;
mod capability;
mod encoding;
mod lookup;

use serde::{Deserialize, Serialize};

pub use builder::{FileTableBuilder, NewFile, NodeId};
pub use capability::describe_capability;
pub use encoding::TableError;
pub use lookup::PathIndex;

use crate::digest::Digest;
use crate::path::TreePath;

/// What a directory entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum FileKind {
    /// A regular file; hard links show as this.
    File = 0,
    /// A directory.
    Directory = 1,
    /// A symbolic link.
    Symlink = 2,
    /// A named pipe.
    Fifo = 3,
    /// A character device.
    Char = 4,
    /// A block device.
    Block = 5,
    /// Only in the table of one layer: the name is hidden in the layers below.
    Whiteout = 6,
    /// Only in the table of one layer: a hard link to a file of a layer below.
    HardLink = 7,
}

impl FileKind {
    /// The word that listings use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "directory",
            Self::Symlink => "symlink",
            Self::Fifo => "fifo",
            Self::Char => "char",
            Self::Block => "block",
            Self::Whiteout => "whiteout",
            Self::HardLink => "hardlink",
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0 => Self::File,
            1 => Self::Directory,
            2 => Self::Symlink,
            3 => Self::Fifo,
            4 => Self::Char,
            5 => Self::Block,
            6 => Self::Whiteout,
            7 => Self::HardLink,
            _ => return None,
        })
    }
}

/// The position of a file in its [`FileTable`]. The root is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

impl FileId {
    /// The root directory, which every table has.
    pub const ROOT: Self = Self(0);

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A range of a table's arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) length: u32,
}

/// The facts about one file, without its name, link target and extended attributes, which
/// [`FileTable`] hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileRecord {
    pub(crate) parent: u32,
    pub(crate) subtree_end: u32,
    pub(crate) name: Span,
    pub(crate) link: Span,
    pub(crate) attributes: Span,
    pub(crate) size_or_device: u64,
    /// Modification time, in seconds since 1970, UTC.
    pub modified: i64,
    /// Numeric owner.
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// Permission bits with setuid, setgid and sticky: the low twelve bits of `st_mode`.
    pub mode: u16,
    /// What kind of file.
    pub kind: FileKind,
    pub(crate) flags: u8,
    /// In a merged table, which layer brought the file (an index from the lowest); 0 elsewhere.
    pub layer: u16,
    pub(crate) hash: [u8; 32],
}

pub(crate) const FLAG_IMPLICIT: u8 = 1;
pub(crate) const FLAG_OPAQUE: u8 = 2;
pub(crate) const FLAG_HASHED: u8 = 4;
pub(crate) const FLAG_LINKED: u8 = 8;

impl FileRecord {
    /// Content size in bytes, uncompressed; zero for anything but regular files and symlinks.
    #[must_use]
    pub const fn size(&self) -> u64 {
        match self.kind {
            FileKind::File | FileKind::Symlink => self.size_or_device,
            _ => 0,
        }
    }

    /// Major and minor number of a device.
    #[must_use]
    pub const fn device(&self) -> Option<(u32, u32)> {
        match self.kind {
            FileKind::Char | FileKind::Block => {
                Some(((self.size_or_device >> 32) as u32, self.size_or_device as u32))
            }
            _ => None,
        }
    }

    /// SHA-256 of a regular file's content.
    #[must_use]
    pub const fn sha256(&self) -> Option<&[u8; 32]> {
        if self.flags & FLAG_HASHED != 0 { Some(&self.hash) } else { None }
    }

    /// SHA-256 of a regular file's content, as a digest.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        self.sha256().map(|hash| Digest::sha256(*hash))
    }

    /// Whether the archive has no entry for this directory: it exists because something lies in
    /// it, and its mode and owner are those of a layer below, or root's.
    #[must_use]
    pub const fn is_implicit(&self) -> bool {
        self.flags & FLAG_IMPLICIT != 0
    }

    /// Whether this directory hides whatever the layers below have at its path.
    #[must_use]
    pub const fn is_opaque(&self) -> bool {
        self.flags & FLAG_OPAQUE != 0
    }

    /// Whether the archive spelled this file as a hard link to another name.
    #[must_use]
    pub const fn is_hard_link(&self) -> bool {
        self.flags & FLAG_LINKED != 0
    }

    /// Whether somebody who runs this file takes its owner's or its group's rights.
    #[must_use]
    pub fn is_setid(&self) -> bool {
        self.kind == FileKind::File && self.mode & 0o6000 != 0
    }
}

/// The files of one layer, or of a merged image.
#[derive(Clone, PartialEq, Eq)]
pub struct FileTable {
    pub(crate) arena: Vec<u8>,
    pub(crate) records: Vec<FileRecord>,
}

impl std::fmt::Debug for FileTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.ids().map(|id| (self.path(id), self.record(id).kind))).finish()
    }
}

impl Default for FileTable {
    fn default() -> Self {
        FileTableBuilder::new().finish().0
    }
}

impl FileTable {
    /// How many entries there are, the root among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// How many bytes names, link targets and attributes take.
    #[must_use]
    pub fn arena_bytes(&self) -> usize {
        self.arena.len()
    }

    /// Whether there is nothing below the root.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.len() <= 1
    }

    /// Every entry in listing order, the root first.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = FileId> + use<> {
        (0..self.records.len() as u32).map(FileId)
    }

    /// The facts about one entry.
    #[must_use]
    pub fn record(&self, id: FileId) -> &FileRecord {
        &self.records[id.index()]
    }

    fn bytes(&self, span: Span) -> &[u8] {
        &self.arena[span.start as usize..(span.start + span.length) as usize]
    }

    /// The last component of an entry's path; empty for the root.
    #[must_use]
    pub fn name(&self, id: FileId) -> &[u8] {
        self.bytes(self.record(id).name)
    }

    /// The directory that an entry lies in; the root lies in itself.
    #[must_use]
    pub fn parent(&self, id: FileId) -> FileId {
        FileId(self.record(id).parent)
    }

    /// The first position after everything that lies in `id`, at any depth.
    #[must_use]
    pub fn subtree_end(&self, id: FileId) -> FileId {
        FileId(self.record(id).subtree_end)
    }

    /// The entries that lie directly in a directory, in name order.
    pub fn children(&self, id: FileId) -> impl Iterator<Item = FileId> + '_ {
        let end = self.record(id).subtree_end;
        let mut next = id.0 + 1;
        std::iter::from_fn(move || {
            (next < end).then(|| {
                let child = FileId(next);
                next = self.record(child).subtree_end;
                child
            })
        })
    }

    /// Target of a symbolic link, as the archive has it; for an unresolved hard link the
    /// normalised path that it names. Empty for everything else.
    #[must_use]
    pub fn link(&self, id: FileId) -> &[u8] {
        self.bytes(self.record(id).link)
    }

    /// Extended attributes in name order.
    pub fn attributes(&self, id: FileId) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut rest = self.bytes(self.record(id).attributes);
        std::iter::from_fn(move || {
            let (name, after) = split_field(rest)?;
            let (value, after) = split_field(after)?;
            rest = after;
            Some((name, value))
        })
    }

    /// The file capability in the words of `getcap` (`cap_net_raw=ep`), if it has one.
    #[must_use]
    pub fn capability(&self, id: FileId) -> Option<String> {
        self.attributes(id)
            .find(|(name, _)| *name == b"security.capability")
            .map(|(_, value)| describe_capability(value))
    }

    /// Writes the normal path (no leading slash) into `path`, which is cleared first.
    pub fn write_path(&self, id: FileId, path: &mut Vec<u8>) {
        path.clear();
        let mut chain = [0_u32; 64];
        let mut depth = 0;
        let mut at = id;
        while at != FileId::ROOT {
            if depth == chain.len() {
                // Deeper than any sane tree: go on from the path of what was reached.
                let mut prefix = Vec::new();
                self.write_path(at, &mut prefix);
                path.extend_from_slice(&prefix);
                break;
            }
            chain[depth] = at.0;
            depth += 1;
            at = self.parent(at);
        }
        for position in chain[..depth].iter().rev() {
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(self.name(FileId(*position)));
        }
    }

    /// The path of an entry.
    #[must_use]
    pub fn path(&self, id: FileId) -> TreePath {
        let mut path = Vec::new();
        self.write_path(id, &mut path);
        TreePath::from_normal(path)
    }

    /// An index for looking paths up; made once, then shared.
    #[must_use]
    pub fn index(&self) -> PathIndex<'_> {
        PathIndex::new(self)
    }
}

/// Splits a field (its length as four little-endian bytes, then its bytes) off the front.
pub(crate) fn split_field(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

#[cfg(test)]
mod tests;
