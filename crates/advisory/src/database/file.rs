//! The file as such: places in it, reading one place, writing one after the other.
//!
//! ```text
//! magic (8) · form (2)
//! blocks, groups and tables, each stored once and named by a `Place` with its checksum
//! head (postcard)
//! offset of the head (8) · its length (4) · its checksum (4) · magic (8)
//! ```
//!
//! Nothing is mapped into memory: a place is read when it is asked for, so opening costs one
//! small read, memory stays small, and a file that changes under us gives an error and no fault.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt as _;

use serde::{Deserialize, Serialize};

use super::error::DatabaseError;

/// First and last bytes of every database.
pub(super) const MAGIC: &[u8; 8] = b"plimsadv";
/// The form of everything that follows; goes up with every change of it.
pub(super) const FORM: u16 = 2;
/// Bytes before the first block.
pub(super) const PREFIX: usize = MAGIC.len() + 2;
/// Bytes after the head.
pub(super) const TRAILER: usize = 8 + 4 + 4 + MAGIC.len();
/// No part is larger, stored or unpacked: a damaged or hostile length must not make us ask for
/// more memory than the largest part that is ever written, the head of a database with tens of
/// thousands of scopes and the list of its blocks.
pub(super) const MAX_PART: u32 = 64 << 20;

/// Where some bytes lie, and their checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) length: u32,
    pub(super) checksum: u32,
}

/// What a database is read from.
#[derive(Debug)]
pub(super) enum Source {
    /// An open file: it stays the same one even when another is put in its place.
    File(File, u64),
    /// Bytes in memory.
    Bytes(Vec<u8>),
}

impl Source {
    pub(super) const fn length(&self) -> u64 {
        match self {
            Self::File(_, length) => *length,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// Some bytes, unchecked.
    pub(super) fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, DatabaseError> {
        let cut = DatabaseError::Damaged { part: "the file", fault: "is cut short" };
        let end = offset.checked_add(length as u64).filter(|end| *end <= self.length());
        let Some(end) = end else { return Err(cut) };
        match self {
            Self::File(file, _) => {
                let mut bytes = vec![0; length];
                file.read_exact_at(&mut bytes, offset)
                    .map_err(|source| DatabaseError::Read { offset, source })?;
                Ok(bytes)
            }
            Self::Bytes(bytes) => bytes.get(offset as usize..end as usize).map(<[u8]>::to_vec).ok_or(cut),
        }
    }

    /// The bytes at a place, checked. `part` names it in an error.
    pub(super) fn part(&self, place: Place, part: &'static str) -> Result<Vec<u8>, DatabaseError> {
        if place.length > MAX_PART {
            return Err(DatabaseError::Damaged { part, fault: "has an impossible length" });
        }
        let bytes = self.read(place.offset, place.length as usize)?;
        if crc32fast::hash(&bytes) != place.checksum {
            return Err(DatabaseError::Damaged { part, fault: "does not fit its checksum" });
        }
        Ok(bytes)
    }
}

/// Writes one part after the other and knows where it is.
#[derive(Debug)]
pub(super) struct Output<W> {
    writer: W,
    offset: u64,
}

impl<W: Write> Output<W> {
    /// Begins a file.
    pub(super) fn new(mut writer: W) -> io::Result<Self> {
        writer.write_all(MAGIC)?;
        writer.write_all(&FORM.to_le_bytes())?;
        Ok(Self { writer, offset: PREFIX as u64 })
    }

    /// Writes a part and says where it lies.
    pub(super) fn part(&mut self, bytes: &[u8]) -> io::Result<Place> {
        let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= MAX_PART);
        let length = length.ok_or_else(|| io::Error::other("a part of the database is too large"))?;
        let place = Place { offset: self.offset, length, checksum: crc32fast::hash(bytes) };
        self.writer.write_all(bytes)?;
        self.offset += u64::from(length);
        Ok(place)
    }

    /// Writes the head and what finds it, and hands the writer back.
    pub(super) fn finish(mut self, head: &[u8]) -> io::Result<W> {
        let place = self.part(head)?;
        self.writer.write_all(&place.offset.to_le_bytes())?;
        self.writer.write_all(&place.length.to_le_bytes())?;
        self.writer.write_all(&place.checksum.to_le_bytes())?;
        self.writer.write_all(MAGIC)?;
        self.writer.flush()?;
        Ok(self.writer)
    }
}

/// The bytes of the head of a database.
pub(super) fn read_head(source: &Source) -> Result<Vec<u8>, DatabaseError> {
    let damaged = |fault| DatabaseError::Damaged { part: "the file", fault };
    if source.length() < (PREFIX + TRAILER) as u64 {
        return Err(DatabaseError::NotADatabase);
    }
    let prefix = source.read(0, PREFIX)?;
    let form = prefix.strip_prefix(MAGIC).and_then(|rest| rest.first_chunk::<2>());
    let form = form.map(|bytes| u16::from_le_bytes(*bytes)).ok_or(DatabaseError::NotADatabase)?;
    if form != FORM {
        return Err(DatabaseError::OtherVersion { found: form, expected: FORM });
    }
    let trailer = source.read(source.length() - TRAILER as u64, TRAILER)?;
    let trailer = trailer.strip_suffix(MAGIC).ok_or(damaged("is cut short"))?;
    let (offset, rest) = trailer.split_first_chunk::<8>().ok_or(damaged("is cut short"))?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(damaged("is cut short"))?;
    let checksum = rest.first_chunk::<4>().ok_or(damaged("is cut short"))?;
    let place = Place {
        offset: u64::from_le_bytes(*offset),
        length: u32::from_le_bytes(*length),
        checksum: u32::from_le_bytes(*checksum),
    };
    source.part(place, "its head")
}
