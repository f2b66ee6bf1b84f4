//! Sparse files: GNU's old header form and its three forms in PAX records.

use std::io::Read;

use super::extended::{Extended, PaxSparse, decimal};
use super::header::{BLOCK, Header, number};
use super::{TarError, TarReader};
use crate::limits::{MAX_EXTENDED_HEADER, MAX_SPARSE_FRAGMENTS};

/// A run of zeros that the archive does not store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hole {
    pub(super) start: u64,
    pub(super) length: u64,
}

/// Why a sparse file's map is of no use.
pub(super) enum SparseError {
    Map(&'static str),
    Tar(TarError),
}

impl From<TarError> for SparseError {
    fn from(error: TarError) -> Self {
        Self::Tar(error)
    }
}

impl SparseError {
    pub(super) fn at(self, offset: u64) -> TarError {
        match self {
            Self::Map(what) => TarError::Damaged { offset, what },
            Self::Tar(error) => error,
        }
    }
}

const BROKEN: SparseError = SparseError::Map("a sparse file's map is broken");
const TOO_MANY: SparseError = SparseError::Map("a sparse file has too many fragments");

/// The holes between fragments of data. Fragments must be in order, not overlap, lie within
/// the file, and add up to what is stored (Go: `validateSparseEntries`).
fn holes(fragments: &[(u64, u64)], size: u64, stored: u64) -> Result<Vec<Hole>, SparseError> {
    let mut holes = Vec::new();
    let (mut at, mut data) = (0_u64, 0_u64);
    for (start, length) in fragments {
        let end = start.checked_add(*length).ok_or(BROKEN)?;
        if *start < at || end > size {
            return Err(BROKEN);
        }
        if *start > at {
            holes.push(Hole { start: at, length: start - at });
        }
        data = data.checked_add(*length).ok_or(BROKEN)?;
        at = end;
    }
    if data > stored {
        return Err(BROKEN);
    }
    if at < size {
        holes.push(Hole { start: at, length: size - at });
    }
    Ok(holes)
}

impl<R: Read> TarReader<R> {
    pub(super) fn old_gnu_sparse(&mut self, header: &Header) -> Result<(Vec<Hole>, u64), SparseError> {
        let (first, mut more, size) = header.gnu_sparse();
        let size = size.ok_or(BROKEN)?;
        let mut fragments = Vec::new();
        let mut add = |entries: &[u8]| -> Result<(), SparseError> {
            for entry in entries.chunks_exact(24) {
                if entry[0] == 0 || entry[12] == 0 {
                    break;
                }
                let field = |bytes| number(bytes).and_then(|n| u64::try_from(n).ok()).ok_or(BROKEN);
                fragments.push((field(&entry[..12])?, field(&entry[12..])?));
                if fragments.len() > MAX_SPARSE_FRAGMENTS {
                    return Err(TOO_MANY);
                }
            }
            Ok(())
        };
        add(first)?;
        while more {
            let block = self.block()?;
            add(&block[..504])?;
            more = block[504] != 0;
        }
        Ok((holes(&fragments, size, self.content)?, size))
    }

    pub(super) fn pax_sparse(
        &mut self,
        extended: &mut Extended,
        path: &mut Vec<u8>,
    ) -> Result<(), SparseError> {
        let Some(mut sparse) = extended.sparse.take() else { return Ok(()) };
        if let Some(name) = sparse.name.take() {
            *path = name;
        }
        if sparse.major == 1 && sparse.minor == 0 {
            self.map_before_data(&mut sparse)?;
        }
        let Some(size) = sparse.size else { return Ok(()) };
        if !sparse.map.len().is_multiple_of(2) {
            return Err(BROKEN);
        }
        let fragments: Vec<(u64, u64)> = sparse.map.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        if fragments.len() > MAX_SPARSE_FRAGMENTS {
            return Err(TOO_MANY);
        }
        self.holes = holes(&fragments, size, self.content)?;
        self.size = size;
        Ok(())
    }

    /// Version 1.0 keeps the map in front of the data: a count, then offsets and lengths, one
    /// decimal number per line, filled up to a block.
    fn map_before_data(&mut self, sparse: &mut PaxSparse) -> Result<(), SparseError> {
        let mut text = Vec::new();
        let mut numbers = Vec::new();
        let mut wanted = None;
        while wanted.is_none_or(|count: usize| numbers.len() < count) {
            if self.content < BLOCK as u64 || text.len() as u64 > MAX_EXTENDED_HEADER {
                return Err(BROKEN);
            }
            let block = self.block()?;
            self.content -= BLOCK as u64;
            text.extend_from_slice(&block);
            while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let number = decimal(&text[..end]).ok_or(BROKEN)?;
                text.drain(..=end);
                match wanted {
                    None if number > MAX_SPARSE_FRAGMENTS as u64 => return Err(TOO_MANY),
                    None => wanted = Some(number as usize * 2),
                    Some(count) if numbers.len() < count => numbers.push(number),
                    Some(_) => break,
                }
                if wanted.is_some_and(|count| numbers.len() == count) {
                    break;
                }
            }
        }
        sparse.map = numbers;
        Ok(())
    }
}
