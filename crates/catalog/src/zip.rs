//! Zip archives, read by position. The directory at the end rules, as it does for Java.

use std::io::{self, Read};

use flate2::read::DeflateDecoder;
use rawzip::{
    CompressionMethod, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ReaderAt, ZipArchive, ZipArchiveEntryWayfinder,
    ZipLocator,
};

use crate::content::Content;

/// A part of some content that is an archive itself: all of it, or what lies uncompressed inside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    content: &'a dyn Content,
    start: u64,
    size: u64,
}

impl<'a> Part<'a> {
    pub(crate) fn whole(content: &'a dyn Content) -> Self {
        Self { content, start: 0, size: content.size() }
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// The part between two places in this one, as far as this one has it.
    fn part(&self, (from, to): (u64, u64)) -> Self {
        let (from, to) = (from.min(self.size), to.min(self.size));
        Self { content: self.content, start: self.start + from, size: to.saturating_sub(from) }
    }

    /// Whether it begins so.
    pub(crate) fn starts_with(&self, beginning: &[u8]) -> bool {
        let mut first = vec![0; beginning.len()];
        self.read_exact_at(&mut first, 0).is_ok() && first == beginning
    }
}

impl ReaderAt for Part<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let length = self.size.saturating_sub(offset).min(buffer.len() as u64) as usize;
        match buffer.get_mut(..length) {
            Some(buffer) if !buffer.is_empty() => self.content.read_at(buffer, self.start + offset),
            _ => Ok(0),
        }
    }
}

/// An entry of an archive's directory.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Its name, as the archive spells it.
    pub(crate) name: Vec<u8>,
    /// What the directory says how large it is, in bytes.
    pub(crate) size: u64,
    /// What the directory says how many bytes it takes in the archive.
    pub(crate) packed: u64,
    pub(crate) is_encrypted: bool,
    method: CompressionMethod,
    checksum: u32,
    place: ZipArchiveEntryWayfinder,
}

impl Entry {
    pub(crate) fn is_stored(&self) -> bool {
        self.method == CompressionMethod::STORE
    }

    /// Whether Java could read it: it knows no other ways of compression.
    pub(crate) fn is_known(&self) -> bool {
        self.is_stored() || self.method == CompressionMethod::DEFLATE
    }
}

/// How an archive's directory was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// To its end.
    Whole,
    /// It breaks off.
    Damaged(String),
    /// The caller stopped.
    Stopped,
}

/// An archive whose directory was found.
#[derive(Debug)]
pub(crate) struct Archive<'a> {
    zip: ZipArchive<Part<'a>>,
}

impl<'a> Archive<'a> {
    /// Finds the directory; `None` where there is none.
    pub(crate) fn open(part: Part<'a>) -> Option<Self> {
        let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
        let zip = ZipLocator::new().locate_in_reader(part, &mut buffer, part.size()).ok()?;
        Some(Self { zip })
    }

    /// Hands every entry to `take`, until that answers `false`: its name, how many bytes it takes
    /// in the archive, and all of it.
    pub(crate) fn entries(&self, mut take: impl FnMut(&[u8], u64, &dyn Fn() -> Entry) -> bool) -> End {
        let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
        let mut entries = self.zip.entries(&mut buffer);
        loop {
            let record = match entries.next_entry() {
                Ok(Some(record)) => record,
                Ok(None) => return End::Whole,
                Err(error) => return End::Damaged(error.to_string()),
            };
            let path = record.file_path();
            let name: &[u8] = path.as_ref();
            let entry = || Entry {
                name: name.to_vec(),
                size: record.uncompressed_size_hint(),
                packed: record.compressed_size_hint(),
                is_encrypted: record.flags().is_encrypted(),
                method: record.compression_method(),
                checksum: record.crc32(),
                place: record.wayfinder(),
            };
            if !take(name, record.compressed_size_hint(), &entry) {
                return End::Stopped;
            }
        }
    }

    /// Where a stored entry lies; `None` where the archive breaks off before its end.
    pub(crate) fn part(&self, entry: &Entry) -> Option<Part<'a>> {
        let range = self.zip.get_entry(entry.place).ok()?.compressed_data_range();
        let part = self.zip.get_ref().part(range);
        (part.size == entry.packed).then_some(part)
    }

    /// The content of an entry, as it unpacks.
    pub(crate) fn reader(&self, entry: &Entry) -> io::Result<Box<dyn Read + '_>> {
        let packed = self.zip.get_entry(entry.place).map_err(io::Error::other)?.reader();
        Ok(if entry.is_stored() { Box::new(packed) } else { Box::new(DeflateDecoder::new(packed)) })
    }

    /// The first bytes of an entry, `limit` at most, and what is wrong with them.
    pub(crate) fn read(&self, entry: &Entry, limit: u64) -> (Vec<u8>, Option<&'static str>) {
        let mut content = Vec::new();
        let outcome = self.reader(entry).and_then(|reader| reader.take(limit).read_to_end(&mut content));
        let length = content.len() as u64;
        let fault = if outcome.is_err() {
            Some("cannot be unpacked to its end")
        } else if length > entry.size || (length < entry.size && length < limit) {
            Some("is not of the size that the archive's directory says")
        } else if length == entry.size && rawzip::crc32(&content) != entry.checksum {
            Some("does not have the checksum that the archive's directory says")
        } else {
            None
        };
        (content, fault)
    }
}
