//! Files that only one image has, that differ, or that moved.
//!
//! Both tables are walked at once in listing order, directory by directory; names are compared
//! as bytes and no path is ever built, so the walk costs what two reads of the tables cost.

use super::fold::{self, FileGroup};
use super::{Change, Rules};
use crate::analysis::Analysis;
use crate::file::{FileId, FileKind, FileRecord, FileTable};

/// In what respects two files of one name differ: a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Aspects(u16);

impl Aspects {
    /// None at all.
    pub const NONE: Self = Self(0);
    /// The content of a regular file.
    pub const CONTENT: Self = Self(1);
    /// What kind of file it is.
    pub const KIND: Self = Self(2);
    /// Permission bits.
    pub const MODE: Self = Self(4);
    /// User or group.
    pub const OWNER: Self = Self(8);
    /// File capability, which is one of the extended attributes.
    pub const CAPABILITY: Self = Self(16);
    /// Any other extended attribute.
    pub const ATTRIBUTES: Self = Self(32);
    /// Target of a symbolic link.
    pub const LINK: Self = Self(64);
    /// Device number.
    pub const DEVICE: Self = Self(128);
    /// Modification time; only where it was asked for.
    pub const TIME: Self = Self(256);

    const WORDS: [(Self, &'static str); 9] = [
        (Self::CONTENT, "content"),
        (Self::KIND, "type"),
        (Self::MODE, "mode"),
        (Self::OWNER, "owner"),
        (Self::CAPABILITY, "capability"),
        (Self::ATTRIBUTES, "attributes"),
        (Self::LINK, "link"),
        (Self::DEVICE, "device"),
        (Self::TIME, "time"),
    ];

    /// Whether the set holds nothing.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the set holds everything that `other` does.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The words of what it holds, in a fixed order.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Self::WORDS.into_iter().filter(move |(aspect, _)| self.contains(*aspect)).map(|(_, word)| word)
    }

    const fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// One file that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileChange {
    /// Where it is in the tree before; `None` for an added file.
    pub before: Option<FileId>,
    /// Where it is in the tree after; `None` for a removed file.
    pub after: Option<FileId>,
    /// Whether it is a file with the very same content under another path. Then both sides are
    /// set and the aspects say what else differs.
    pub moved: bool,
    /// In what respects the two sides differ.
    pub aspects: Aspects,
}

impl FileChange {
    /// How it differs; a move is a change.
    #[must_use]
    pub const fn change(&self) -> Change {
        Change::of_presence(self.before.is_some(), self.after.is_some())
    }
}

/// Everything that differs between two trees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileComparison {
    /// Whether both sides have files to compare at all; an SBOM has not.
    pub known: bool,
    /// The files, in listing order; a moved one stands where it is after.
    pub changes: Vec<FileChange>,
    /// The same files by the package that owns them.
    pub groups: Vec<FileGroup>,
    /// Regular files of equal size whose content could not be compared, because the content of
    /// one side was not hashed. They are not among the changes, and not known to be equal.
    pub unverified: u64,
}

pub(super) fn compare(before: &Analysis, after: &Analysis, rules: Rules) -> FileComparison {
    if !before.has_files || !after.has_files {
        return FileComparison::default();
    }
    let mut walk =
        Walk { before: &before.files, after: &after.files, rules, changes: Vec::new(), unverified: 0 };
    walk.run();
    let Walk { mut changes, unverified, .. } = walk;
    pair_moved(&before.files, &after.files, rules, &mut changes);
    let groups = fold::by_package(before, after, &changes);
    FileComparison { known: true, changes, groups, unverified }
}

struct Walk<'a> {
    before: &'a FileTable,
    after: &'a FileTable,
    rules: Rules,
    changes: Vec<FileChange>,
    unverified: u64,
}

/// What is still to come of a directory on both sides.
struct Frame {
    before: u32,
    before_end: u32,
    after: u32,
    after_end: u32,
}

impl Walk<'_> {
    fn run(&mut self) {
        let (left_end, right_end) = (self.before.len() as u32, self.after.len() as u32);
        let mut stack = vec![self.enter(FileId::ROOT, left_end, FileId::ROOT, right_end)];
        while let Some(frame) = stack.last_mut() {
            let left = (frame.before < frame.before_end).then_some(FileId(frame.before));
            let right = (frame.after < frame.after_end).then_some(FileId(frame.after));
            let (takes_left, takes_right) = match (left, right) {
                (None, None) => {
                    stack.pop();
                    continue;
                }
                (Some(left), Some(right)) => {
                    let order = self.before.name(left).cmp(self.after.name(right));
                    (order.is_le().then_some(left), order.is_ge().then_some(right))
                }
                one_sided => one_sided,
            };
            // An end beyond its directory's own can only come from a damaged table; cutting it
            // keeps the walk linear whatever the table says.
            if let Some(left) = takes_left {
                frame.before = self.before.subtree_end(left).0.min(frame.before_end);
            }
            if let Some(right) = takes_right {
                frame.after = self.after.subtree_end(right).0.min(frame.after_end);
            }
            let (left_end, right_end) = (frame.before, frame.after);
            match (takes_left, takes_right) {
                (Some(left), Some(right)) => {
                    let below = self.enter(left, left_end, right, right_end);
                    stack.push(below);
                }
                (Some(left), None) => {
                    self.one_sided(left.0..left_end, |id| (Some(id), None));
                }
                (None, Some(right)) => {
                    self.one_sided(right.0..right_end, |id| (None, Some(id)));
                }
                (None, None) => {}
            }
        }
    }

    fn one_sided(
        &mut self,
        subtree: std::ops::Range<u32>,
        sides: impl Fn(FileId) -> (Option<FileId>, Option<FileId>),
    ) {
        self.changes.extend(subtree.map(|position| {
            let (before, after) = sides(FileId(position));
            FileChange { before, after, moved: false, aspects: Aspects::NONE }
        }));
    }

    /// Compares two entries of one path and gives what lies below them.
    fn enter(&mut self, left: FileId, left_end: u32, right: FileId, right_end: u32) -> Frame {
        let (aspects, verified) = differences(self.before, left, self.after, right, self.rules);
        if !aspects.is_empty() {
            let (before, after) = (Some(left), Some(right));
            self.changes.push(FileChange { before, after, moved: false, aspects });
        }
        if !verified {
            self.unverified += 1;
        }
        Frame { before: left.0 + 1, before_end: left_end, after: right.0 + 1, after_end: right_end }
    }
}

/// In what two entries differ, and whether their content could be compared.
fn differences(
    before: &FileTable,
    left: FileId,
    after: &FileTable,
    right: FileId,
    rules: Rules,
) -> (Aspects, bool) {
    let (ours, theirs) = (before.record(left), after.record(right));
    let mut aspects = Aspects::NONE;
    let mut verified = true;
    if ours.kind == theirs.kind {
        match ours.kind {
            FileKind::File => match same_content(ours, theirs) {
                Some(true) => {}
                Some(false) => aspects.add(Aspects::CONTENT),
                None => verified = false,
            },
            FileKind::Symlink if before.link(left) != after.link(right) => {
                aspects.add(Aspects::LINK);
            }
            FileKind::Char | FileKind::Block if ours.device() != theirs.device() => {
                aspects.add(Aspects::DEVICE);
            }
            _ => {}
        }
    } else {
        aspects.add(Aspects::KIND);
    }
    // The kernel ignores the permission bits of a symbolic link, and archives write what they like.
    let has_mode = ours.kind != FileKind::Symlink && theirs.kind != FileKind::Symlink;
    if has_mode && ours.mode != theirs.mode {
        aspects.add(Aspects::MODE);
    }
    if (ours.uid, ours.gid) != (theirs.uid, theirs.gid) {
        aspects.add(Aspects::OWNER);
    }
    compare_attributes(before, left, after, right, &mut aspects);
    if rules.times && ours.modified != theirs.modified {
        aspects.add(Aspects::TIME);
    }
    (aspects, verified)
}

/// Whether two regular files hold the same; `None` where it cannot be told.
fn same_content(left: &FileRecord, right: &FileRecord) -> Option<bool> {
    if left.size() != right.size() {
        return Some(false);
    }
    match (left.sha256(), right.sha256()) {
        (Some(left), Some(right)) => Some(left == right),
        _ if left.size() == 0 => Some(true),
        _ => None,
    }
}

fn compare_attributes(
    before: &FileTable,
    left: FileId,
    after: &FileTable,
    right: FileId,
    aspects: &mut Aspects,
) {
    // Most files have none, or the same ones in the same order.
    if before.attributes(left).eq(after.attributes(right)) {
        return;
    }
    const CAPABILITY: &[u8] = b"security.capability";
    let is_capability = |(name, _): &(&[u8], &[u8])| *name == CAPABILITY;
    if before.attributes(left).find(is_capability) != after.attributes(right).find(is_capability) {
        aspects.add(Aspects::CAPABILITY);
    }
    let other = |attribute: &(&[u8], &[u8])| !is_capability(attribute);
    if !before.attributes(left).filter(other).eq(after.attributes(right).filter(other)) {
        aspects.add(Aspects::ATTRIBUTES);
    }
}

/// A file that may have moved: the hash of its content, and the change that tells of it.
struct Candidate<'a> {
    hash: &'a [u8; 32],
    name: &'a [u8],
    change: usize,
}

/// Makes one move of a removed and an added file with the same content. Of several with the same
/// content those of the same name are paired first, then the first with the first in listing order.
/// Empty files say nothing about where they came from.
fn pair_moved(before: &FileTable, after: &FileTable, rules: Rules, changes: &mut Vec<FileChange>) {
    fn candidates<'a>(
        table: &'a FileTable,
        changes: &[FileChange],
        side: fn(&FileChange) -> Option<FileId>,
    ) -> Vec<Candidate<'a>> {
        let mut found: Vec<Candidate<'a>> = changes
            .iter()
            .enumerate()
            .filter_map(|(change, file)| {
                let id = side(file)?;
                let record = table.record(id);
                let hash = record.sha256().filter(|_| record.kind == FileKind::File && record.size() > 0)?;
                Some(Candidate { hash, name: table.name(id), change })
            })
            .collect();
        found.sort_unstable_by(|left, right| {
            (left.hash, left.name, left.change).cmp(&(right.hash, right.name, right.change))
        });
        found
    }
    let removed =
        candidates(before, changes, |change| if change.after.is_none() { change.before } else { None });
    let added =
        candidates(after, changes, |change| if change.before.is_none() { change.after } else { None });
    let (pairs, removed, added) =
        zip_equal(removed, added, |left, right| (left.hash, left.name).cmp(&(right.hash, right.name)));
    let (more, ..) = zip_equal(removed, added, |left, right| left.hash.cmp(right.hash));
    let mut gone = vec![false; if pairs.is_empty() && more.is_empty() { 0 } else { changes.len() }];
    for (left, right) in pairs.iter().chain(&more) {
        let Some(from) = changes.get(left.change).and_then(|change| change.before) else {
            continue;
        };
        let Some(change) = changes.get_mut(right.change) else { continue };
        let Some(to) = change.after else { continue };
        let (aspects, _) = differences(before, from, after, to, rules);
        *change = FileChange { before: Some(from), after: Some(to), moved: true, aspects };
        if let Some(slot) = gone.get_mut(left.change) {
            *slot = true;
        }
    }
    if !gone.is_empty() {
        let mut gone = gone.into_iter();
        changes.retain(|_| gone.next() != Some(true));
    }
}

/// What two ordered lists give when zipped: the pairs, and what is left of either.
type Zipped<'a> = (Vec<(Candidate<'a>, Candidate<'a>)>, Vec<Candidate<'a>>, Vec<Candidate<'a>>);

/// Takes pairs that compare equal out of two ordered lists, the first with the first.
fn zip_equal<'a>(
    left: Vec<Candidate<'a>>,
    right: Vec<Candidate<'a>>,
    order: impl Fn(&Candidate<'a>, &Candidate<'a>) -> std::cmp::Ordering,
) -> Zipped<'a> {
    let (mut pairs, mut lonely_left, mut lonely_right) = (Vec::new(), Vec::new(), Vec::new());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(ours), Some(theirs)) = (left.peek(), right.peek()) {
        match order(ours, theirs) {
            std::cmp::Ordering::Less => lonely_left.extend(left.next()),
            std::cmp::Ordering::Greater => lonely_right.extend(right.next()),
            std::cmp::Ordering::Equal => pairs.extend(left.next().zip(right.next())),
        }
    }
    lonely_left.extend(left);
    lonely_right.extend(right);
    (pairs, lonely_left, lonely_right)
}
