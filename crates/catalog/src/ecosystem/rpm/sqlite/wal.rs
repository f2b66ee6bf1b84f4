//! The write-ahead log, `rpmdb.sqlite-wal`: pages that committed transactions wrote and that
//! were not copied back into the database yet. Section 4 of SQLite's "Database File Format".

use std::collections::HashMap;

use crate::ecosystem::rpm::bytes::{ByteOrder, index};
use crate::ecosystem::rpm::damage::Damage;

/// Checksums over little-endian words; one more means big-endian ones.
const MAGIC: u32 = 0x377f_0682;
/// The one format there is.
const VERSION: u32 = 3_007_000;
const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// What a log adds to its database.
#[derive(Debug)]
pub(in crate::ecosystem::rpm) struct Wal<'a> {
    content: &'a [u8],
    page_size: usize,
    /// Where the newest committed version of each page lies.
    newest: HashMap<u32, usize>,
    /// Pages of the database after the last commit; 0 where nothing was committed.
    pages: u32,
}

impl<'a> Wal<'a> {
    /// Finds what was committed: frames count as long as salts and checksums continue from the
    /// header's, and up to the last one that ends a transaction.
    pub(in crate::ecosystem::rpm) fn open(content: &'a [u8], damage: &mut Damage) -> Option<Self> {
        let number = |at| ByteOrder::Big.u32(content, at);
        if content.is_empty() {
            return None;
        }
        let order = match number(0) {
            Some(MAGIC) => ByteOrder::Little,
            Some(magic) if magic == MAGIC + 1 => ByteOrder::Big,
            _ => {
                damage.note(
                    "the file does not begin like a write-ahead log of SQLite, so nothing of it is applied",
                );
                return None;
            }
        };
        let page_size = index(number(8)?);
        let salts = (number(16), number(20));
        let mut sums = checksum(order, content.get(..24)?, (0, 0));
        let sound = number(4) == Some(VERSION)
            && page_size.is_power_of_two()
            && (512..=65_536).contains(&page_size)
            && (number(24), number(28)) == (Some(sums.0), Some(sums.1));
        if !sound {
            damage.note("the header of the write-ahead log is damaged, so nothing of it is applied");
            return None;
        }
        let mut wal = Self { content, page_size, newest: HashMap::new(), pages: 0 };
        let mut pending = Vec::new();
        let frame_size = FRAME_HEADER + page_size;
        let frames = content.get(HEADER..)?;
        let mut valid = 0;
        for (position, frame) in frames.chunks_exact(frame_size).enumerate() {
            let word = |at| ByteOrder::Big.u32(frame, at);
            let (head, page) = frame.split_at_checked(FRAME_HEADER)?;
            sums = checksum(order, head.get(..8)?, sums);
            sums = checksum(order, page, sums);
            if (word(8), word(12)) != salts || (word(16), word(20)) != (Some(sums.0), Some(sums.1)) {
                break;
            }
            valid = position + 1;
            pending.push((word(0)?, HEADER + position * frame_size + FRAME_HEADER));
            if let Some(pages @ 1..) = word(4) {
                wal.pages = pages;
                wal.newest.extend(pending.drain(..));
            }
        }
        // Behind the end may lie frames of an earlier round, whose salts differ, and those of a
        // transaction that never ended, whose checksums need not be right yet. But the end of a
        // transaction of this round means that something before it was damaged.
        let rest = frames.get(valid * frame_size..).unwrap_or_default();
        let own_commit = |frame: &[u8]| {
            let word = |at| ByteOrder::Big.u32(frame, at);
            (word(8), word(12)) == salts && matches!(word(4), Some(1..))
        };
        if rest.chunks(frame_size).any(own_commit) {
            damage.note(format_args!(
                "the write-ahead log is damaged after {valid} of its frames; like SQLite itself, the answer leaves out the changes of the others"
            ));
        }
        if !frames.len().is_multiple_of(frame_size) {
            damage.note("the write-ahead log ends in the middle of a frame; its last changes may be missing");
        }
        Some(wal)
    }

    pub(super) const fn page_size(&self) -> usize {
        self.page_size
    }

    pub(super) const fn pages(&self) -> u32 {
        self.pages
    }

    pub(super) const fn bytes(&self) -> usize {
        self.content.len()
    }

    /// The newest committed version of a page; `None` where the log has none.
    pub(super) fn page(&self, number: u32) -> Option<&'a [u8]> {
        let start = *self.newest.get(&number)?;
        self.content.get(start..start.checked_add(self.page_size)?)
    }

    /// Whether any transaction was committed.
    pub(in crate::ecosystem::rpm) const fn changes_anything(&self) -> bool {
        self.pages > 0
    }
}

/// SQLite's checksum: two sums that feed each other, over pairs of words.
fn checksum(order: ByteOrder, bytes: &[u8], (mut first, mut second): (u32, u32)) -> (u32, u32) {
    for pair in bytes.chunks_exact(8) {
        let word = |at| order.u32(pair, at).unwrap_or(0);
        first = first.wrapping_add(word(0)).wrapping_add(second);
        second = second.wrapping_add(word(4)).wrapping_add(first);
    }
    (first, second)
}
