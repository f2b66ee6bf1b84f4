//! Writing sorted rows as tables: one entry of a shared table after the other, and the statements of
//! a name as one group.

use std::io::{self, Write};
use std::path::Path;

use super::super::GroupPlace;
use super::super::error::BuildError;
use super::super::file::{Output, Place};
use super::super::sorter::Sorter;
use super::super::table::TableWriter;
use super::spill;

/// A group of statements is cut here, so that neither building nor reading needs more at once.
const MAX_GROUP: usize = 1 << 20;
/// Groups from here on are compressed; below, it would gain little.
const COMPRESS_FROM: usize = 1 << 10;
/// zstd's own default.
const LEVEL: i32 = 3;

/// What stops the writing of a table: reading sorted rows back, or writing them.
pub(super) enum TableError {
    Sort(io::Error),
    Write(io::Error),
}

impl From<io::Error> for TableError {
    fn from(error: io::Error) -> Self {
        Self::Sort(error)
    }
}

impl TableError {
    pub(super) fn or_spill(self, directory: &Path) -> BuildError {
        match self {
            Self::Sort(source) => spill(directory, source),
            Self::Write(source) => BuildError::Write(source),
        }
    }
}

pub(super) fn write_table<W: Write>(
    sorter: Sorter,
    output: &mut Output<W>,
) -> Result<(Place, u64), TableError> {
    let mut table = TableWriter::default();
    let mut last = Vec::new();
    sorter.drain(|key, value| {
        // An advisory that names an id twice, or a table that comes twice.
        let entry = (key.to_vec(), value.to_vec());
        if last == [entry.clone()] {
            return Ok(());
        }
        last = vec![entry];
        table.push(output, key, value).map_err(TableError::Write)
    })?;
    table.finish(output).map_err(TableError::Write)
}

pub(super) fn write_names<W: Write>(sorter: Sorter, output: &mut Output<W>) -> Result<Place, TableError> {
    let mut groups = Groups::new().map_err(TableError::Write)?;
    sorter.drain(|key, value| {
        let Some((fingerprint, row)) = value.split_first_chunk::<8>() else { return Ok(()) };
        if groups.key != key || groups.rows.len() + row.len() > MAX_GROUP {
            groups.flush(output).map_err(TableError::Write)?;
            groups.key = key.to_vec();
        }
        groups.rows.extend_from_slice(row);
        groups.fingerprint = groups.fingerprint.wrapping_add(u64::from_le_bytes(*fingerprint));
        Ok::<(), TableError>(())
    })?;
    groups.flush(output).map_err(TableError::Write)?;
    groups.table.finish(output).map(|(place, _)| place).map_err(TableError::Write)
}

/// Gathers the statements of one name.
struct Groups {
    key: Vec<u8>,
    rows: Vec<u8>,
    fingerprint: u64,
    compressor: zstd::bulk::Compressor<'static>,
    table: TableWriter,
}

impl Groups {
    fn new() -> io::Result<Self> {
        Ok(Self {
            key: Vec::new(),
            rows: Vec::new(),
            fingerprint: 0,
            compressor: zstd::bulk::Compressor::new(LEVEL)?,
            table: TableWriter::default(),
        })
    }

    fn flush<W: Write>(&mut self, output: &mut Output<W>) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let (place, unpacked) = if self.rows.len() >= COMPRESS_FROM {
            (output.part(&self.compressor.compress(&self.rows)?)?, Some(self.rows.len() as u32))
        } else {
            (output.part(&self.rows)?, None)
        };
        let group = GroupPlace { place, unpacked, fingerprint: self.fingerprint };
        let value = postcard::to_allocvec(&group).map_err(io::Error::other)?;
        self.table.push(output, &self.key, &value)?;
        self.rows.clear();
        self.fingerprint = 0;
        Ok(())
    }
}
