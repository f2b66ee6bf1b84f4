//! The bytes of a [`FileTable`], for the cache: little-endian records behind a small head, made
//! to be read at memory speed. Reading checks everything that later code relies on, so a
//! damaged cache is an error here and never a panic elsewhere.

use thiserror::Error;

use super::{FileKind, FileRecord, FileTable, Span};
use crate::path::MAX_DEPTH;

const RECORD: usize = 96;

/// Bytes that are no file table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the stored file table is damaged: {0}")]
pub struct TableError(&'static str);

impl FileTable {
    /// Appends the table's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.reserve(8 + self.records.len() * RECORD + self.arena.len());
        out.extend_from_slice(&(self.records.len() as u32).to_le_bytes());
        out.extend_from_slice(&(self.arena.len() as u32).to_le_bytes());
        for record in &self.records {
            let mut bytes = [0_u8; RECORD];
            let words = [
                record.parent,
                record.subtree_end,
                record.name.start,
                record.name.length,
                record.link.start,
                record.link.length,
                record.attributes.start,
                record.attributes.length,
                record.uid,
                record.gid,
            ];
            for (slot, word) in bytes.chunks_exact_mut(4).zip(words) {
                slot.copy_from_slice(&word.to_le_bytes());
            }
            bytes[40..48].copy_from_slice(&record.size_or_device.to_le_bytes());
            bytes[48..56].copy_from_slice(&record.modified.to_le_bytes());
            bytes[56..58].copy_from_slice(&record.mode.to_le_bytes());
            bytes[58..60].copy_from_slice(&record.layer.to_le_bytes());
            bytes[60] = record.kind as u8;
            bytes[61] = record.flags;
            bytes[64..96].copy_from_slice(&record.hash);
            out.extend_from_slice(&bytes);
        }
        out.extend_from_slice(&self.arena);
    }

    /// Reads a table back; gives the bytes after it.
    ///
    /// # Errors
    /// [`TableError`] where the bytes are cut short or do not form a tree.
    pub fn decode(bytes: &[u8]) -> Result<(Self, &[u8]), TableError> {
        const SHORT: TableError = TableError("it is cut short");
        let (count, rest) = bytes.split_first_chunk::<4>().ok_or(SHORT)?;
        let (arena, rest) = rest.split_first_chunk::<4>().ok_or(SHORT)?;
        let count = u32::from_le_bytes(*count);
        let arena_length = u32::from_le_bytes(*arena);
        let record_bytes = (count as usize).checked_mul(RECORD).ok_or(SHORT)?;
        let (stored, rest) = rest.split_at_checked(record_bytes).ok_or(SHORT)?;
        let (arena, rest) = rest.split_at_checked(arena_length as usize).ok_or(SHORT)?;
        let mut records = Vec::with_capacity(count as usize);
        let mut depths: Vec<u16> = Vec::with_capacity(count as usize);
        for (position, bytes) in stored.chunks_exact(RECORD).enumerate() {
            let record = read_record(bytes, arena_length).ok_or(TableError("a record is wrong"))?;
            let position = position as u32;
            let depth = if position == 0 {
                0
            } else {
                depths.get(record.parent as usize).map_or(u16::MAX, |depth| depth + 1)
            };
            let ends = record.subtree_end > position && record.subtree_end <= count;
            if !ends || (position > 0 && record.parent >= position) || depth as usize > MAX_DEPTH + 1 {
                return Err(TableError("its records do not form a tree"));
            }
            depths.push(depth);
            records.push(record);
        }
        if records.is_empty() || records[0].parent != 0 {
            return Err(TableError("it has no root"));
        }
        Ok((Self { arena: arena.to_vec(), records }, rest))
    }
}

fn read_record(bytes: &[u8], arena: u32) -> Option<FileRecord> {
    let word = |index: usize| -> Option<u32> {
        Some(u32::from_le_bytes(bytes.get(index * 4..index * 4 + 4)?.try_into().ok()?))
    };
    let span = |index: usize| -> Option<Span> {
        let span = Span { start: word(index)?, length: word(index + 1)? };
        (span.start.checked_add(span.length)? <= arena).then_some(span)
    };
    Some(FileRecord {
        parent: word(0)?,
        subtree_end: word(1)?,
        name: span(2)?,
        link: span(4)?,
        attributes: span(6)?,
        uid: word(8)?,
        gid: word(9)?,
        size_or_device: u64::from_le_bytes(bytes.get(40..48)?.try_into().ok()?),
        modified: i64::from_le_bytes(bytes.get(48..56)?.try_into().ok()?),
        mode: u16::from_le_bytes(bytes.get(56..58)?.try_into().ok()?),
        layer: u16::from_le_bytes(bytes.get(58..60)?.try_into().ok()?),
        kind: FileKind::from_byte(*bytes.get(60)?)?,
        flags: *bytes.get(61)?,
        hash: bytes.get(64..96)?.try_into().ok()?,
    })
}
