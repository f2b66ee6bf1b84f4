//! Applies the entries of one layer, in order, to an empty directory: what an overlay's upper
//! directory holds after a container engine unpacked the layer into it.
//!
//! The rules are the OCI image specification's (`layer.md`, "Applying Changesets" and
//! "Whiteouts") and, where it is silent, containerd's (`archive/tar.go` with its overlay
//! whiteouts), which unpacks into the upper directory alone:
//!
//! * a whiteout hides names of the layers below and never one of its own layer;
//! * a later entry replaces an earlier one of the same name, a directory keeps what is in it;
//! * a missing parent is made; a parent that is a symbolic link *of this layer* is followed,
//!   within the root; one that only a lower layer has is not seen, and a directory is made.

use std::collections::BTreeMap;

use plimsoll_model::file::FileRecord;
use plimsoll_model::path::{self, MAX_DEPTH};
use plimsoll_model::{FileKind, FileTableBuilder, NewFile, NodeId, Problem};

use crate::limits::MAX_LINK_TARGET;
use crate::links::{MAX_LINKS, find, link_cost};
use crate::tar::{Entry, EntryKind};

/// How many problems of one kind are told one by one. A layer of damage must not become a
/// report of a million lines; the rest is counted.
pub(crate) const MAX_TOLD: usize = 20;

const WHITEOUT: &[u8] = b".wh.";
const WHITEOUT_META: &[u8] = b".wh..wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";

/// Problems of one layer, with a bound on how many of a kind are told.
#[derive(Debug, Default)]
pub(crate) struct ProblemLog {
    told: Vec<Problem>,
    counts: BTreeMap<&'static str, usize>,
}

impl ProblemLog {
    pub(crate) fn add(&mut self, code: &'static str, subject: &[u8], detail: &str) {
        let count = self.counts.entry(code).or_default();
        *count += 1;
        if *count <= MAX_TOLD {
            self.told.push(Problem::new(code, format!("/{}", path::escape(subject)), detail));
        }
    }

    pub(crate) fn finish(mut self, subject: &str) -> Vec<Problem> {
        for (code, count) in self.counts {
            if count > MAX_TOLD {
                let more = count - MAX_TOLD;
                self.told.push(Problem::new(code, subject, format!("{more} more of the same kind")));
            }
        }
        self.told.sort();
        self.told
    }
}

/// The upper directory in the making.
#[derive(Debug)]
pub(crate) struct Upper {
    pub(crate) builder: FileTableBuilder,
    /// Bytes of content whose entry a later one of the same layer replaced.
    pub(crate) replaced: u64,
    pub(crate) problems: ProblemLog,
    /// The directory of the last entry, as spelled, and its node: entries come in runs.
    last: Option<(Vec<u8>, NodeId)>,
    scratch: Vec<u8>,
}

/// Why a path could not be reached.
enum Blocked {
    File,
    Links,
}

impl Upper {
    pub(crate) fn new() -> Self {
        Self {
            builder: FileTableBuilder::new(),
            replaced: 0,
            problems: ProblemLog::default(),
            last: None,
            scratch: Vec::new(),
        }
    }

    /// Applies one entry. Gives the node of a regular file, whose content is then read.
    pub(crate) fn apply(&mut self, entry: &Entry) -> Option<NodeId> {
        let mut spelled = std::mem::take(&mut self.scratch);
        let node = match path::normalise_into(&entry.path, &mut spelled) {
            Ok(()) => self.apply_at(&spelled, entry),
            Err(error) => {
                let detail = format!("{error}; the entry was left out, as container engines refuse it");
                self.problems.add("entry-path-refused", &entry.path, &detail);
                None
            }
        };
        self.scratch = spelled;
        node
    }

    fn apply_at(&mut self, spelled: &[u8], entry: &Entry) -> Option<NodeId> {
        if spelled.starts_with(WHITEOUT_META) && spelled != OPAQUE {
            // What AUFS kept for itself in the root of a layer; engines skip it.
            return None;
        }
        if spelled.is_empty() {
            if entry.kind == EntryKind::Directory {
                self.put(NodeId::ROOT, entry, FileKind::Directory);
            }
            return None;
        }
        let slash = spelled.iter().rposition(|byte| *byte == b'/');
        let (directory, name) =
            slash.map_or((b"".as_slice(), spelled), |slash| (&spelled[..slash], &spelled[slash + 1..]));
        let parent = match self.directory(directory) {
            Ok(parent) => parent,
            Err(blocked) => {
                let detail = match blocked {
                    Blocked::File => {
                        "a file of the same layer is in the place of its directory; the entry was left out"
                    }
                    Blocked::Links => "its directory is a loop of symbolic links; the entry was left out",
                };
                self.problems.add("entry-directory-unreachable", spelled, detail);
                return None;
            }
        };
        if name == OPAQUE {
            self.builder.set_opaque(parent);
            return None;
        }
        if let Some(hidden) = name.strip_prefix(WHITEOUT) {
            self.hide(spelled, parent, hidden);
            return None;
        }
        self.place(spelled, parent, name, entry)
    }

    fn hide(&mut self, spelled: &[u8], parent: NodeId, hidden: &[u8]) {
        if matches!(hidden, b"" | b"." | b"..") {
            self.problems.add("whiteout-without-name", spelled, "a whiteout names nothing; it was left out");
            return;
        }
        match self.builder.child(parent, hidden) {
            None => {
                let file = NewFile { kind: FileKind::Whiteout, mode: 0, ..NewFile::IMPLICIT_DIRECTORY };
                self.builder.insert(parent, hidden, &file);
            }
            Some(own) if self.builder.get(own).kind == FileKind::Directory => {
                if self.builder.get(own).is_implicit() {
                    let file = NewFile { implicit: false, ..NewFile::IMPLICIT_DIRECTORY };
                    self.builder.replace(own, &file);
                }
                self.builder.set_opaque(own);
            }
            Some(_) => {}
        }
    }

    fn place(&mut self, spelled: &[u8], parent: NodeId, name: &[u8], entry: &Entry) -> Option<NodeId> {
        let kind = match entry.kind {
            EntryKind::File => FileKind::File,
            EntryKind::Directory => FileKind::Directory,
            EntryKind::Symlink => FileKind::Symlink,
            EntryKind::HardLink => FileKind::HardLink,
            EntryKind::Fifo => FileKind::Fifo,
            // A character device 0:0 is how overlayfs itself spells a whiteout.
            EntryKind::Char if entry.device == (0, 0) => FileKind::Whiteout,
            EntryKind::Char => FileKind::Char,
            EntryKind::Block => FileKind::Block,
            EntryKind::Unknown(flag) => {
                let detail = format!("an entry of unknown type {:?} was left out", char::from(flag));
                self.problems.add("entry-type-unknown", spelled, &detail);
                return None;
            }
        };
        if matches!(kind, FileKind::HardLink | FileKind::Symlink) && entry.link.len() > MAX_LINK_TARGET {
            let detail = "its link target is longer than any kernel takes; the entry was left out";
            self.problems.add("link-target-too-long", spelled, detail);
            return None;
        }
        if kind == FileKind::HardLink {
            self.place_link(spelled, parent, name, entry);
            return None;
        }
        let node = self.put_child(parent, name, entry, kind);
        (kind == FileKind::File).then_some(node)
    }

    fn put_child(&mut self, parent: NodeId, name: &[u8], entry: &Entry, kind: FileKind) -> NodeId {
        let mut opaque = false;
        if let Some(own) = self.builder.child(parent, name) {
            let there = self.builder.get(own).kind;
            if there == FileKind::Directory && kind == FileKind::Directory {
                self.put(own, entry, kind);
                return own;
            }
            opaque = there == FileKind::Whiteout && kind == FileKind::Directory;
            self.remove(own);
        }
        let file = NewFile { opaque, ..new_file(entry, kind) };
        self.builder.insert(parent, name, &file)
    }

    fn put(&mut self, node: NodeId, entry: &Entry, kind: FileKind) {
        let opaque = self.builder.get(node).is_opaque();
        self.builder.replace(node, &NewFile { opaque, ..new_file(entry, kind) });
    }

    fn remove(&mut self, node: NodeId) {
        self.last = None;
        let mut replaced = 0;
        self.builder.remove(node, &mut |record| {
            if !record.is_hard_link() {
                replaced += record_bytes(record);
            }
        });
        self.replaced += replaced;
    }

    fn place_link(&mut self, spelled: &[u8], parent: NodeId, name: &[u8], entry: &Entry) {
        let mut target = Vec::new();
        if let Err(error) = path::normalise_into(&entry.link, &mut target) {
            let detail = format!("a hard link's target is refused: {error}; the entry was left out");
            self.problems.add("entry-path-refused", spelled, &detail);
            return;
        }
        let own = find(&self.builder, &target);
        if let Some(own) = own {
            match self.builder.get(own).kind {
                FileKind::Directory => {
                    let detail = "a hard link names a directory; the entry was left out";
                    self.problems.add("hard-link-to-directory", spelled, detail);
                    return;
                }
                FileKind::Whiteout => {}
                _ => {
                    if self.builder.child(parent, name) == Some(own) {
                        return;
                    }
                    let node = self.put_child(parent, name, entry, FileKind::File);
                    self.builder.link_to(node, own);
                    return;
                }
            }
        }
        // Not a file of this layer: a layer below must have it.
        let linked = Entry { link: target, ..entry.clone() };
        self.put_child(parent, name, &linked, FileKind::HardLink);
    }

    fn parent(&self, node: NodeId) -> NodeId {
        self.builder.parent(node)
    }

    /// The node of a directory as spelled, made where it is missing.
    fn directory(&mut self, spelled: &[u8]) -> Result<NodeId, Blocked> {
        if let Some((last, node)) = &self.last
            && last == spelled
        {
            return Ok(*node);
        }
        let mut links = 0;
        let node = self.make(NodeId::ROOT, spelled, 0, &mut links)?;
        self.last = Some((spelled.to_vec(), node));
        Ok(node)
    }

    fn make(
        &mut self,
        from: NodeId,
        spelled: &[u8],
        depth: usize,
        links: &mut usize,
    ) -> Result<NodeId, Blocked> {
        let mut at = if spelled.first() == Some(&b'/') { NodeId::ROOT } else { from };
        for (step, name) in spelled.split(|byte| *byte == b'/').enumerate() {
            match name {
                b"" | b"." => continue,
                b".." => {
                    at = self.parent(at);
                    continue;
                }
                _ => {}
            }
            if depth + step > MAX_DEPTH {
                return Err(Blocked::Links);
            }
            let Some(next) = self.builder.child(at, name) else {
                at = self.builder.insert(at, name, &NewFile::IMPLICIT_DIRECTORY);
                continue;
            };
            at = match self.builder.get(next).kind {
                FileKind::Directory => next,
                FileKind::Whiteout => {
                    // What it removed it does not take its mode from.
                    let file = NewFile { opaque: true, implicit: false, ..NewFile::IMPLICIT_DIRECTORY };
                    self.builder.replace(next, &file);
                    next
                }
                FileKind::Symlink => {
                    *links += link_cost(self.builder.link(next));
                    if *links > MAX_LINKS {
                        return Err(Blocked::Links);
                    }
                    let target = self.builder.link(next).to_vec();
                    self.make(at, &target, depth + step, links)?
                }
                _ => return Err(Blocked::File),
            };
        }
        Ok(at)
    }
}

/// Bytes that an entry's content takes in its layer.
const fn record_bytes(record: &FileRecord) -> u64 {
    match record.kind {
        FileKind::File => record.size(),
        _ => 0,
    }
}

fn new_file(entry: &Entry, kind: FileKind) -> NewFile<'_> {
    NewFile {
        kind,
        // The kernel shows every symbolic link with all permissions.
        mode: if kind == FileKind::Symlink { 0o777 } else { entry.mode },
        uid: entry.uid,
        gid: entry.gid,
        size: entry.size,
        device: entry.device,
        modified: entry.modified,
        link: if matches!(kind, FileKind::Symlink | FileKind::HardLink) { &entry.link } else { b"" },
        attributes: &entry.attributes,
        implicit: false,
        opaque: false,
    }
}
