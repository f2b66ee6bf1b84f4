//! What package databases recorded of each file when they installed it, and which files are no
//! longer so.

mod named;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::analysis::Analysis;
use crate::file::{FileId, FileKind, FileRecord};
use crate::path::TreePath;

use named::Names;
pub use named::RecordedNames;

/// A digest as a package database has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordedDigest {
    /// MD5.
    Md5([u8; 16]),
    /// SHA-1.
    Sha1([u8; 20]),
    /// SHA-256.
    Sha256([u8; 32]),
    /// One that is not computed here.
    Other,
}

/// What a package database recorded of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFile {
    /// The package, an index into [`Analysis::packages`].
    pub package: u32,
    /// The path that the package lists.
    pub path: TreePath,
    /// What lies there in the merged tree.
    pub file: Option<FileId>,
    /// The digest of its content, or of a link's target (apk).
    pub digest: Option<RecordedDigest>,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// `st_mode`: the type, where the database has it, and the low twelve bits.
    pub mode: Option<u16>,
    /// Numeric owner and group.
    pub owner: Option<(u32, u32)>,
    /// Whether it is configuration, which is there to be changed.
    pub is_configuration: bool,
    /// Whether it may be missing.
    pub may_be_missing: bool,
    /// What is recorded in words, by databases that do so (rpm).
    pub named: Option<Box<RecordedNames>>,
}

/// Digests of one content that a table of files does not have, as far as they were computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WeakDigests {
    /// MD5.
    pub md5: Option<[u8; 16]>,
    /// SHA-1.
    pub sha1: Option<[u8; 20]>,
}

/// Digests that the table of an image's files does not have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KnownDigests {
    /// Of the content of files, by its SHA-256.
    pub contents: HashMap<[u8; 32], WeakDigests>,
    /// Of the targets of links.
    pub links: HashMap<FileId, WeakDigests>,
}

impl RecordedDigest {
    /// Whether a content has it; `None` where that is not known.
    fn is_of(&self, sha256: Option<&[u8; 32]>, known: Option<&WeakDigests>) -> Option<bool> {
        match self {
            Self::Sha256(recorded) => sha256.map(|own| own == recorded),
            Self::Md5(recorded) => known?.md5.map(|own| own == *recorded),
            Self::Sha1(recorded) => known?.sha1.map(|own| own == *recorded),
            Self::Other => None,
        }
    }
}

/// What is no longer as it was installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It is not there.
    Missing,
    /// It is another kind of file.
    Type,
    /// Its content differs.
    Content,
    /// Its size differs.
    Size,
    /// It is a link to something else.
    Link,
    /// Its permission bits differ.
    Mode,
    /// Its owner or group differs.
    Owner,
    /// Its capabilities differ.
    Capabilities,
    /// Its content could not be compared: its digest, or the one recorded, is not known.
    Unknown,
}

impl Change {
    /// What documents call it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Type => "type",
            Self::Content => "content",
            Self::Size => "size",
            Self::Link => "link",
            Self::Mode => "mode",
            Self::Owner => "owner",
            Self::Capabilities => "capabilities",
            Self::Unknown => "unknown",
        }
    }
}

/// A file that changed since its package was installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModifiedFile {
    /// What was recorded.
    pub recorded: RecordedFile,
    /// What changed, at least one thing.
    pub changes: Vec<Change>,
}

/// Files that changed since their packages were installed, in path order. `digests` gives those
/// that the tables do not have, by SHA-256.
#[must_use]
pub fn modified(analysis: &Analysis, digests: &KnownDigests) -> Vec<ModifiedFile> {
    let recorded = analysis.evidence.iter().flat_map(|evidence| &evidence.recorded);
    let names = Names::of(analysis);
    let mut modified: Vec<ModifiedFile> = recorded
        .filter_map(|recorded| {
            let changes = compare(analysis, &names, recorded, digests);
            (!changes.is_empty()).then(|| ModifiedFile { recorded: recorded.clone(), changes })
        })
        .collect();
    modified.sort_by(|left, right| {
        (&left.recorded.path, left.recorded.package).cmp(&(&right.recorded.path, right.recorded.package))
    });
    modified
}

/// Bits of `st_mode` that tell the type.
const TYPE: u16 = 0o170_000;

fn type_bits(record: &FileRecord) -> u16 {
    match record.kind {
        FileKind::File | FileKind::HardLink => 0o100_000,
        FileKind::Directory => 0o040_000,
        FileKind::Symlink => 0o120_000,
        FileKind::Fifo => 0o010_000,
        FileKind::Char => 0o020_000,
        FileKind::Block => 0o060_000,
        FileKind::Whiteout => 0,
    }
}

fn compare(
    analysis: &Analysis,
    names: &Names<'_>,
    recorded: &RecordedFile,
    digests: &KnownDigests,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let Some(file) = recorded.file else {
        if !recorded.may_be_missing {
            changes.push(Change::Missing);
        }
        return changes;
    };
    let record = analysis.files.record(file);
    let recorded_type = recorded.mode.map_or(0, |mode| mode & TYPE);
    let has_other_type = recorded_type != 0 && recorded_type != type_bits(record)
        || recorded.digest.is_some() && !matches!(record.kind, FileKind::File | FileKind::Symlink);
    if has_other_type {
        changes.push(Change::Type);
    } else {
        if let Some(digest) = &recorded.digest {
            let same = match record.kind {
                FileKind::File => {
                    let own = record.sha256();
                    digest.is_of(own, own.and_then(|own| digests.contents.get(own)))
                }
                _ => digest.is_of(None, digests.links.get(&file)),
            };
            match same {
                Some(true) => {}
                Some(false) => changes.push(Change::Content),
                None => changes.push(Change::Unknown),
            }
        }
        if record.kind == FileKind::File && recorded.size.is_some_and(|size| size != record.size()) {
            changes.push(Change::Size);
        }
    }
    let named = recorded.named.as_deref();
    if named.is_some_and(|named| named.has_other_link(analysis, file)) {
        changes.push(Change::Link);
    }
    // A link's own mode says nothing.
    if record.kind != FileKind::Symlink
        && recorded.mode.is_some_and(|mode| mode & 0o7777 != record.mode & 0o7777)
    {
        changes.push(Change::Mode);
    }
    let has_other_number = recorded.owner.is_some_and(|owner| owner != (record.uid, record.gid));
    if has_other_number || named.is_some_and(|named| names.are_others(named, record)) {
        changes.push(Change::Owner);
    }
    if named.is_some_and(|named| named.has_other_capabilities(analysis, file)) {
        changes.push(Change::Capabilities);
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Evidence;
    use crate::file::{FileTableBuilder, NewFile, NodeId};

    /// An image with one file of mode 0644, and what was recorded of it.
    fn check(change: impl FnOnce(&mut RecordedFile), expect: &[Change]) {
        let mut builder = FileTableBuilder::new();
        let new =
            NewFile { kind: FileKind::File, mode: 0o644, implicit: false, ..NewFile::IMPLICIT_DIRECTORY };
        let node = builder.insert(NodeId::ROOT, b"a", &new);
        builder.set_sha256(node, [7; 32]);
        let mut recorded = RecordedFile {
            package: 0,
            path: TreePath::parse(b"a").unwrap(),
            file: Some(FileId(1)),
            digest: Some(RecordedDigest::Md5([1; 16])),
            size: None,
            mode: Some(0o100_644),
            owner: None,
            is_configuration: false,
            may_be_missing: false,
            named: None,
        };
        change(&mut recorded);
        let evidence = Evidence { recorded: vec![recorded], ..Evidence::default() };
        let analysis =
            Analysis { files: builder.finish().0, evidence: Some(evidence), ..Analysis::default() };
        let mut digests = KnownDigests::default();
        digests.contents.insert([7; 32], WeakDigests { md5: Some([1; 16]), sha1: None });
        let found: Vec<Change> =
            modified(&analysis, &digests).into_iter().flat_map(|file| file.changes).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn a_file_that_is_as_it_was_installed_is_not_modified() {
        check(|_| {}, &[]);
        check(|recorded| recorded.digest = Some(RecordedDigest::Sha256([7; 32])), &[]);
    }

    #[test]
    fn what_changed_is_told_and_what_is_not_known_is_no_change() {
        check(|recorded| recorded.digest = Some(RecordedDigest::Md5([2; 16])), &[Change::Content]);
        check(|recorded| recorded.digest = Some(RecordedDigest::Sha1([2; 20])), &[Change::Unknown]);
        check(|recorded| recorded.mode = Some(0o100_600), &[Change::Mode]);
        check(|recorded| recorded.mode = Some(0o040_644), &[Change::Type]);
        check(|recorded| recorded.owner = Some((1, 0)), &[Change::Owner]);
        check(|recorded| recorded.size = Some(9), &[Change::Size]);
        check(|recorded| recorded.file = None, &[Change::Missing]);
        check(|recorded| (recorded.file, recorded.may_be_missing) = (None, true), &[]);
    }
}
