//! Sorts any number of keys with their values in bounded memory.
//!
//! Rows gather in memory up to a budget, are sorted and written to a temporary file, and all
//! such files are merged at the end. Rows of the same key keep the order they came in.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// Read at once from each temporary file while merging.
const MERGE_BUFFER: usize = 64 << 10;

/// Keys and values on their way to being sorted.
#[derive(Debug)]
pub(super) struct Sorter {
    directory: PathBuf,
    budget: usize,
    bytes: Vec<u8>,
    rows: Vec<Span>,
    segments: Vec<File>,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    key: u32,
    value: u32,
}

/// The bytes that one row adds to `bytes`, for the bookkeeping of the budget.
const ROW_COST: usize = std::mem::size_of::<Span>();

impl Span {
    fn key(self, bytes: &[u8]) -> &[u8] {
        let start = self.start as usize;
        bytes.get(start..start + self.key as usize).unwrap_or_default()
    }

    fn value(self, bytes: &[u8]) -> &[u8] {
        let start = self.start as usize + self.key as usize;
        bytes.get(start..start + self.value as usize).unwrap_or_default()
    }
}

impl Sorter {
    /// A sorter that keeps about `budget` bytes in memory and the rest in `directory`.
    pub(super) fn new(directory: &Path, budget: usize) -> Self {
        Self {
            directory: directory.to_owned(),
            // Offsets are 32 bits wide.
            budget: budget.min(1 << 30),
            bytes: Vec::new(),
            rows: Vec::new(),
            segments: Vec::new(),
        }
    }

    /// Adds a row. Key and value together must stay far below the budget's 4 GB ceiling.
    pub(super) fn push(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        let full = self.bytes.len() + self.rows.len() * ROW_COST >= self.budget;
        if full && !self.rows.is_empty() {
            self.spill()?;
        }
        let too_long = || io::Error::other("a row is too long to be sorted");
        let start = u32::try_from(self.bytes.len()).map_err(|_| too_long())?;
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(value);
        u32::try_from(self.bytes.len()).map_err(|_| too_long())?;
        self.rows.push(Span { start, key: key.len() as u32, value: value.len() as u32 });
        Ok(())
    }

    fn sort(&mut self) {
        let bytes = &self.bytes;
        self.rows.sort_by(|left, right| left.key(bytes).cmp(right.key(bytes)));
    }

    fn spill(&mut self) -> io::Result<()> {
        self.sort();
        let mut file = BufWriter::new(tempfile::tempfile_in(&self.directory)?);
        for row in &self.rows {
            file.write_all(&row.key.to_le_bytes())?;
            file.write_all(&row.value.to_le_bytes())?;
            file.write_all(row.key(&self.bytes))?;
            file.write_all(row.value(&self.bytes))?;
        }
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.segments.push(file);
        self.bytes.clear();
        self.rows.clear();
        Ok(())
    }

    /// Hands every row to `take`, in the order of keys.
    pub(super) fn drain<E: From<io::Error>>(
        mut self,
        mut take: impl FnMut(&[u8], &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.segments.is_empty() {
            self.sort();
            for row in &self.rows {
                take(row.key(&self.bytes), row.value(&self.bytes))?;
            }
            return Ok(());
        }
        if !self.rows.is_empty() {
            self.spill()?;
        }
        drop(std::mem::take(&mut self.bytes));
        let files = std::mem::take(&mut self.segments);
        let mut readers: Vec<BufReader<File>> =
            files.into_iter().map(|file| BufReader::with_capacity(MERGE_BUFFER, file)).collect();
        let mut heads = BinaryHeap::new();
        for (segment, reader) in readers.iter_mut().enumerate() {
            heads.extend(Row::read(reader, segment)?.map(Reverse));
        }
        while let Some(Reverse(row)) = heads.pop() {
            take(&row.key, &row.value)?;
            if let Some(reader) = readers.get_mut(row.segment) {
                heads.extend(Row::read(reader, row.segment)?.map(Reverse));
            }
        }
        Ok(())
    }
}

/// The next row of a temporary file.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    key: Vec<u8>,
    value: Vec<u8>,
    segment: usize,
}

impl Row {
    fn read(reader: &mut impl Read, segment: usize) -> io::Result<Option<Self>> {
        let mut lengths = [0; 8];
        let mut filled = 0;
        while filled < lengths.len() {
            match reader.read(lengths.get_mut(filled..).unwrap_or_default())? {
                0 if filled == 0 => return Ok(None),
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => filled += count,
            }
        }
        let [a, b, c, d, e, f, g, h] = lengths;
        let mut key = vec![0; u32::from_le_bytes([a, b, c, d]) as usize];
        let mut value = vec![0; u32::from_le_bytes([e, f, g, h]) as usize];
        reader.read_exact(&mut key)?;
        reader.read_exact(&mut value)?;
        Ok(Some(Self { key, value, segment }))
    }
}

impl Ord for Row {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key).then(self.segment.cmp(&other.segment))
    }
}

impl PartialOrd for Row {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sorts `count` rows with few distinct keys in segments of `budget` bytes.
    fn check(count: u32, budget: usize) {
        let mut sorter = Sorter::new(&std::env::temp_dir(), budget);
        let mut expect = Vec::new();
        for number in 0..count {
            let key = (number.wrapping_mul(2_654_435_761) >> 20) % 97;
            let row = (key.to_be_bytes().to_vec(), number.to_be_bytes().to_vec());
            sorter.push(&row.0, &row.1).unwrap();
            expect.push(row);
        }
        expect.sort();
        let mut found = Vec::new();
        sorter
            .drain(|key, value| {
                found.push((key.to_vec(), value.to_vec()));
                Ok::<(), io::Error>(())
            })
            .unwrap();
        assert_eq!(found, expect);
    }

    #[test]
    fn rows_come_out_in_key_order_and_keep_the_order_they_came_in() {
        check(0, 1000);
        check(1000, 1 << 20);
        check(1000, 1000);
        check(1000, 1);
    }
}
