//! Tables of sorted keys: blocks of some kilobytes, and the first key of each block.
//!
//! A block is a run of entries, each `shared prefix with the key before · rest of the key ·
//! value`, lengths as LEB128. A look-up searches the first keys, which are in memory, and reads
//! one block. The same key may come several times, in a row.

use std::io::{self, Write};

use super::error::DatabaseError;
use super::file::{Output, Place, Source};

/// Large enough that the list of first keys stays small, small enough to be searched entry by
/// entry in a microsecond or two.
const BLOCK: usize = 4 << 10;

/// Writes a table.
#[derive(Debug, Default)]
pub(super) struct TableWriter {
    block: Vec<u8>,
    first: Vec<u8>,
    last: Vec<u8>,
    index: Vec<(Vec<u8>, Place)>,
    entries: u64,
}

impl TableWriter {
    /// Adds an entry. Keys come in order.
    pub(super) fn push<W: Write>(
        &mut self,
        output: &mut Output<W>,
        key: &[u8],
        value: &[u8],
    ) -> io::Result<()> {
        if self.block.len() >= BLOCK {
            self.flush(output)?;
        }
        let mut shared = 0;
        if self.block.is_empty() {
            self.first = key.to_vec();
        } else {
            shared = self.last.iter().zip(key).take_while(|(left, right)| left == right).count();
        }
        let rest = key.get(shared..).unwrap_or_default();
        write_number(&mut self.block, shared as u64);
        write_number(&mut self.block, rest.len() as u64);
        self.block.extend_from_slice(rest);
        write_number(&mut self.block, value.len() as u64);
        self.block.extend_from_slice(value);
        self.last.clear();
        self.last.extend_from_slice(key);
        self.entries += 1;
        Ok(())
    }

    fn flush<W: Write>(&mut self, output: &mut Output<W>) -> io::Result<()> {
        if !self.block.is_empty() {
            let place = output.part(&self.block)?;
            self.index.push((std::mem::take(&mut self.first), place));
            self.block.clear();
        }
        Ok(())
    }

    /// Writes what is left, and the list of first keys; its place and the number of entries.
    pub(super) fn finish<W: Write>(mut self, output: &mut Output<W>) -> io::Result<(Place, u64)> {
        self.flush(output)?;
        let index = postcard::to_allocvec(&self.index).map_err(io::Error::other)?;
        Ok((output.part(&index)?, self.entries))
    }
}

/// A table in a database.
#[derive(Debug, Default)]
pub(super) struct Table {
    part: &'static str,
    index: Vec<(Box<[u8]>, Place)>,
}

impl Table {
    /// Opens a table by the place of its list of first keys. `part` names it in errors.
    pub(super) fn open(source: &Source, place: Place, part: &'static str) -> Result<Self, DatabaseError> {
        let bytes = source.part(place, part)?;
        let index: Vec<(&[u8], Place)> = postcard::from_bytes(&bytes)
            .map_err(|_| DatabaseError::Damaged { part, fault: "cannot be decoded" })?;
        let index: Vec<(Box<[u8]>, Place)> =
            index.into_iter().map(|(key, place)| (key.into(), place)).collect();
        if !index.is_sorted_by(|left, right| left.0 <= right.0) {
            return Err(DatabaseError::Damaged { part, fault: "is out of order" });
        }
        Ok(Self { part, index })
    }

    /// The values of a key, in the order they were written.
    pub(super) fn get(&self, source: &Source, key: &[u8]) -> Result<Vec<Vec<u8>>, DatabaseError> {
        let mut values = Vec::new();
        // The key may begin in the middle of the last block that starts before it.
        let start = self.index.partition_point(|(first, _)| **first < *key).saturating_sub(1);
        for (first, place) in self.index.iter().skip(start) {
            if **first > *key {
                break;
            }
            let block = source.part(*place, self.part)?;
            let mut entries = Entries::new(&block, self.part);
            while entries.step()? {
                match entries.key.as_slice().cmp(key) {
                    std::cmp::Ordering::Less => {}
                    std::cmp::Ordering::Equal => values.push(entries.value.to_vec()),
                    std::cmp::Ordering::Greater => return Ok(values),
                }
            }
        }
        Ok(values)
    }

    /// Hands every entry to `take`, in the order of keys.
    pub(super) fn scan<E: From<DatabaseError>>(
        &self,
        source: &Source,
        mut take: impl FnMut(&[u8], &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut cursor = self.cursor(source);
        while let Some((key, value)) = cursor.next_entry()? {
            take(&key, &value)?;
        }
        Ok(())
    }

    /// Walks through every entry.
    pub(super) const fn cursor<'a>(&'a self, source: &'a Source) -> Cursor<'a> {
        Cursor { table: self, source, next_block: 0, block: Vec::new(), position: 0, key: Vec::new() }
    }
}

/// One entry.
pub(super) type KeyAndValue = (Vec<u8>, Vec<u8>);

/// A walk through a table, one entry at a time.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    table: &'a Table,
    source: &'a Source,
    next_block: usize,
    block: Vec<u8>,
    position: usize,
    key: Vec<u8>,
}

impl Cursor<'_> {
    /// The next key and its value.
    pub(super) fn next_entry(&mut self) -> Result<Option<KeyAndValue>, DatabaseError> {
        loop {
            let rest = self.block.get(self.position..).unwrap_or_default();
            let mut entries =
                Entries { rest, part: self.table.part, key: std::mem::take(&mut self.key), value: &[] };
            if entries.step()? {
                self.position = self.block.len() - entries.rest.len();
                let entry = (entries.key.clone(), entries.value.to_vec());
                self.key = entries.key;
                return Ok(Some(entry));
            }
            let Some((_, place)) = self.table.index.get(self.next_block) else { return Ok(None) };
            self.next_block += 1;
            self.block = self.source.part(*place, self.table.part)?;
            self.position = 0;
            self.key.clear();
        }
    }
}

/// The entries of one block.
struct Entries<'a> {
    rest: &'a [u8],
    part: &'static str,
    key: Vec<u8>,
    value: &'a [u8],
}

impl<'a> Entries<'a> {
    const fn new(block: &'a [u8], part: &'static str) -> Self {
        Self { rest: block, part, key: Vec::new(), value: &[] }
    }

    /// Goes to the next entry; false at the end.
    fn step(&mut self) -> Result<bool, DatabaseError> {
        if self.rest.is_empty() {
            return Ok(false);
        }
        let damaged = DatabaseError::Damaged { part: self.part, fault: "cannot be decoded" };
        if self.read().is_some() { Ok(true) } else { Err(damaged) }
    }

    fn read(&mut self) -> Option<()> {
        let shared = self.number()?;
        let rest = self.field()?;
        if shared > self.key.len() {
            return None;
        }
        self.key.truncate(shared);
        self.key.extend_from_slice(rest);
        self.value = self.field()?;
        Some(())
    }

    fn field(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        let (field, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(field)
    }

    fn number(&mut self) -> Option<usize> {
        let mut number = 0_u64;
        for shift in (0..35).step_by(7) {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(number).ok();
            }
        }
        None
    }
}

fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(entries: &[(String, String)]) -> (Source, Table) {
        let mut output = Output::new(Vec::new()).unwrap();
        let mut writer = TableWriter::default();
        for (key, value) in entries {
            writer.push(&mut output, key.as_bytes(), value.as_bytes()).unwrap();
        }
        let (place, _) = writer.finish(&mut output).unwrap();
        let source = Source::Bytes(output.finish(b"").unwrap());
        let table = Table::open(&source, place, "a table").unwrap();
        (source, table)
    }

    #[test]
    fn every_key_is_found_and_no_other() {
        let entries: Vec<(String, String)> =
            (0..2000).map(|number| (format!("key-{:06}", number * 2), format!("value {number}"))).collect();
        let (source, table) = table(&entries);
        assert!(table.index.len() > 3);
        for (key, value) in &entries {
            assert_eq!(table.get(&source, key.as_bytes()).unwrap(), [value.as_bytes().to_vec()]);
        }
        for absent in ["", "key-000001", "key-003999", "key-9", "l"] {
            assert!(table.get(&source, absent.as_bytes()).unwrap().is_empty(), "{absent}");
        }
    }

    #[test]
    fn a_key_may_come_many_times_across_blocks() {
        let mut entries = vec![("a".to_owned(), "first".to_owned())];
        entries.extend((0..900).map(|number| ("b".to_owned(), format!("{number:030}"))));
        entries.push(("c".into(), "last".into()));
        let (source, table) = table(&entries);
        assert_eq!(table.get(&source, b"b").unwrap().len(), 900);
        assert_eq!(table.get(&source, b"a").unwrap(), [b"first".to_vec()]);
        assert_eq!(table.get(&source, b"c").unwrap(), [b"last".to_vec()]);
        let mut seen = 0;
        table
            .scan(&source, |_, _| {
                seen += 1;
                Ok::<(), DatabaseError>(())
            })
            .unwrap();
        assert_eq!(seen, 902);
    }
}
