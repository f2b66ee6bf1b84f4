//! What advisories say apart from their statements: ids, words, references, in compressed
//! blocks that are small, because a scan reads advisories from all over the database.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use plimsoll_model::{Advisory, Severity};
use serde::{Deserialize, Serialize};

use super::error::DatabaseError;
use super::file::{MAX_PART, Output, Place, Source};

/// Unpacked bytes of a block. Unpacking 16 KiB takes some twenty microseconds; blocks of 64 KiB
/// would pack a tenth better and take four times as long for each finding.
const BLOCK: usize = 16 << 10;
/// zstd's own default: twice the speed of the next useful level.
const LEVEL: i32 = 3;
/// Unpacked blocks that are kept, some half a megabyte: advisories of one package lie together.
const KEPT: usize = 32;
const PART: &str = "a block of advisories";

/// An advisory as it is written.
#[derive(Debug, Serialize)]
pub(super) struct WrittenAdvisory<'a> {
    feed: u16,
    id: &'a str,
    aliases: &'a [String],
    related: &'a [String],
    summary: Option<&'a str>,
    severities: &'a [Severity],
    published: Option<&'a str>,
    modified: Option<&'a str>,
    withdrawn: Option<&'a str>,
    references: &'a [String],
}

impl<'a> WrittenAdvisory<'a> {
    pub(super) fn new(feed: u16, advisory: &'a Advisory) -> Self {
        Self {
            feed,
            id: &advisory.id,
            aliases: &advisory.aliases,
            related: &advisory.related,
            summary: advisory.summary.as_deref(),
            severities: &advisory.severities,
            published: advisory.published.as_deref(),
            modified: advisory.modified.as_deref(),
            withdrawn: advisory.withdrawn.as_deref(),
            references: &advisory.references,
        }
    }
}

/// The same as it is read: field by field [`WrittenAdvisory`].
#[derive(Debug, Deserialize)]
struct ReadAdvisory {
    feed: u16,
    id: String,
    aliases: Vec<String>,
    related: Vec<String>,
    summary: Option<String>,
    severities: Vec<Severity>,
    published: Option<String>,
    modified: Option<String>,
    withdrawn: Option<String>,
    references: Vec<String>,
}

/// Where a block lies, and which advisories are in it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct BlockPlace {
    first: u32,
    unpacked: u32,
    place: Place,
}

/// Writes blocks.
pub(super) struct TextsWriter {
    bodies: Vec<u8>,
    lengths: Vec<u32>,
    first: u32,
    blocks: Vec<BlockPlace>,
    compressor: zstd::bulk::Compressor<'static>,
}

impl std::fmt::Debug for TextsWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextsWriter").field("blocks", &self.blocks.len()).finish_non_exhaustive()
    }
}

impl TextsWriter {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            bodies: Vec::new(),
            lengths: Vec::new(),
            first: 0,
            blocks: Vec::new(),
            compressor: zstd::bulk::Compressor::new(LEVEL)?,
        })
    }

    /// Adds the next advisory in its encoded form.
    pub(super) fn push<W: Write>(&mut self, output: &mut Output<W>, body: &[u8]) -> io::Result<()> {
        self.bodies.extend_from_slice(body);
        self.lengths.push(body.len() as u32);
        if self.bodies.len() >= BLOCK { self.flush(output) } else { Ok(()) }
    }

    fn flush<W: Write>(&mut self, output: &mut Output<W>) -> io::Result<()> {
        if self.lengths.is_empty() {
            return Ok(());
        }
        let mut block = postcard::to_allocvec(&self.lengths).map_err(io::Error::other)?;
        block.extend_from_slice(&self.bodies);
        let place = output.part(&self.compressor.compress(&block)?)?;
        self.blocks.push(BlockPlace { first: self.first, unpacked: block.len() as u32, place });
        self.first += self.lengths.len() as u32;
        self.bodies.clear();
        self.lengths.clear();
        Ok(())
    }

    pub(super) fn finish<W: Write>(mut self, output: &mut Output<W>) -> io::Result<Place> {
        self.flush(output)?;
        output.part(&postcard::to_allocvec(&self.blocks).map_err(io::Error::other)?)
    }
}

/// Reads blocks.
#[derive(Debug, Default)]
pub(super) struct Texts {
    blocks: Vec<BlockPlace>,
    kept: Mutex<VecDeque<(usize, Arc<Vec<u8>>)>>,
}

const DAMAGED: DatabaseError = DatabaseError::Damaged { part: PART, fault: "cannot be decoded" };

impl Texts {
    pub(super) fn open(source: &Source, place: Place) -> Result<Self, DatabaseError> {
        let blocks: Vec<BlockPlace> =
            postcard::from_bytes(&source.part(place, "the list of blocks")?).map_err(|_| DAMAGED)?;
        if !blocks.is_sorted_by_key(|block| block.first) {
            return Err(DAMAGED);
        }
        Ok(Self { blocks, kept: Mutex::default() })
    }

    fn block(&self, source: &Source, at: usize) -> Result<Arc<Vec<u8>>, DatabaseError> {
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, block)) = kept().iter().find(|(position, _)| *position == at) {
            return Ok(Arc::clone(block));
        }
        let stored = self.blocks.get(at).ok_or(DAMAGED)?;
        let block = unpack(&source.part(stored.place, PART)?, stored.unpacked, PART)?;
        let block = Arc::new(block);
        let mut kept = kept();
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((at, Arc::clone(&block)));
        Ok(block)
    }

    /// Feed and text of the advisory with this number.
    pub(super) fn get(&self, source: &Source, number: u32) -> Result<(u16, Advisory), DatabaseError> {
        let at = self.blocks.partition_point(|block| block.first <= number).checked_sub(1);
        let at = at.ok_or(DAMAGED)?;
        let first = self.blocks.get(at).ok_or(DAMAGED)?.first;
        let block = self.block(source, at)?;
        let (lengths, bodies) = postcard::take_from_bytes::<Vec<u32>>(&block).map_err(|_| DAMAGED)?;
        let position = (number - first) as usize;
        let before = lengths.get(..position).ok_or(DAMAGED)?;
        let start: u64 = before.iter().map(|length| u64::from(*length)).sum();
        let length = *lengths.get(position).ok_or(DAMAGED)?;
        let body = bodies.get(start as usize..).and_then(|rest| rest.get(..length as usize));
        let read: ReadAdvisory = postcard::from_bytes(body.ok_or(DAMAGED)?).map_err(|_| DAMAGED)?;
        let advisory = Advisory {
            id: read.id,
            aliases: read.aliases,
            related: read.related,
            summary: read.summary,
            severities: read.severities,
            published: read.published,
            modified: read.modified,
            withdrawn: read.withdrawn,
            references: read.references,
            statements: Vec::new(),
        };
        Ok((read.feed, advisory))
    }
}

/// Unpacks what must come to exactly `unpacked` bytes.
pub(super) fn unpack(packed: &[u8], unpacked: u32, part: &'static str) -> Result<Vec<u8>, DatabaseError> {
    let damaged = DatabaseError::Damaged { part, fault: "cannot be unpacked" };
    if unpacked > MAX_PART {
        return Err(damaged);
    }
    match zstd::bulk::decompress(packed, unpacked as usize) {
        Ok(bytes) if bytes.len() == unpacked as usize => Ok(bytes),
        _ => Err(damaged),
    }
}
