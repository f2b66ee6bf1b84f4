//! Reads tar archives as container engines write and unpack them: v7, ustar, star, GNU and PAX,
//! long names, sparse files, extended attributes.
//!
//! The rules are those of POSIX.1-2017 `pax`, of the GNU tar manual, and, where these leave a
//! choice, of Go's `archive/tar`, since that is what container engines unpack with: a reader
//! that disagrees with the engine can be shown other files than the engine runs.
//!
//! Contents are handed out as slices of the one buffer, never copied.

mod extended;
mod header;
mod sparse;
mod window;

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};
use thiserror::Error;

pub use window::Window;

use crate::limits::MAX_EXTENDED_HEADER;
use extended::Extended;
use header::{BLOCK, Header, is_zero};
use sparse::Hole;

/// What an archive entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// Another name of a file.
    HardLink,
    /// A named pipe.
    Fifo,
    /// A character device.
    Char,
    /// A block device.
    Block,
    /// A type that no standard knows, by its byte.
    Unknown(u8),
}

/// One archive entry without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// Its path as the archive spells it.
    pub path: Vec<u8>,
    /// Its link target as the archive spells it.
    pub link: Vec<u8>,
    /// Permission bits.
    pub mode: u16,
    /// Numeric owner.
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// Content size in bytes, holes included.
    pub size: u64,
    /// Modification time, in seconds since 1970, UTC.
    pub modified: i64,
    /// Major and minor number of a device.
    pub device: (u32, u32),
    /// Extended attributes, in the archive's order.
    pub attributes: Vec<(Vec<u8>, Vec<u8>)>,
    /// Position of its header in the archive, in bytes.
    pub offset: u64,
}

/// Why an archive cannot be read on.
#[derive(Debug, Error)]
pub enum TarError {
    /// The bytes could not be had, or the archive ends in the middle of something.
    #[error("reading stopped at byte {offset}")]
    Read {
        /// Position in the uncompressed archive.
        offset: u64,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// The bytes are no tar header.
    #[error("{what} at byte {offset}")]
    Damaged {
        /// Position in the uncompressed archive.
        offset: u64,
        /// What is wrong.
        what: &'static str,
    },
}

/// A tar archive being read.
#[derive(Debug)]
pub struct TarReader<R> {
    input: Window<R>,
    /// Stored bytes of the current entry's content that are still to come.
    content: u64,
    /// Zero bytes that fill the current entry's last block.
    padding: u64,
    holes: Vec<Hole>,
    size: u64,
    /// Whether a lone block of zeros was met in the middle, and where.
    lone_zero_block: Option<u64>,
}

impl<R: Read> TarReader<R> {
    /// Reads an archive of plain bytes.
    pub fn new(input: Window<R>) -> Self {
        Self { input, content: 0, padding: 0, holes: Vec::new(), size: 0, lone_zero_block: None }
    }

    /// Bytes of the archive read so far.
    pub fn position(&self) -> u64 {
        self.input.position()
    }

    /// Where a lone block of zeros was met in the middle of the archive: a sign of damage that
    /// some readers take for the end.
    pub fn lone_zero_block(&self) -> Option<u64> {
        self.lone_zero_block
    }

    /// What the bytes are read through.
    pub fn into_input(self) -> Window<R> {
        self.input
    }

    /// Whether there is nothing at all in the archive.
    fn at_end(&mut self) -> Result<bool, TarError> {
        let offset = self.input.position();
        let fail = |source| TarError::Read { offset, source };
        let available = self.input.available(BLOCK).map_err(fail)?;
        if available.is_empty() {
            return Ok(true);
        }
        if available.len() < BLOCK {
            // An archive that ends in less than a block of zeros ends all the same.
            if is_zero(available) {
                return Ok(true);
            }
            return Err(TarError::Damaged { offset, what: "the archive ends inside a header" });
        }
        Ok(false)
    }

    /// The next entry; `None` at the end of the archive.
    ///
    /// # Errors
    /// [`TarError`], after which nothing more can be read.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, TarError> {
        self.skip_content()?;
        let mut extended = Extended::default();
        let mut long_name: Option<Vec<u8>> = None;
        let mut long_link: Option<Vec<u8>> = None;
        let mut zero_at = None;
        loop {
            if self.at_end()? {
                return Ok(None);
            }
            let offset = self.input.position();
            let damaged = |what| TarError::Damaged { offset, what };
            let block = self.block()?;
            if is_zero(&block) {
                if zero_at.is_some() {
                    return Ok(None);
                }
                zero_at = Some(offset);
                continue;
            }
            if let Some(at) = zero_at.take() {
                self.lone_zero_block.get_or_insert(at);
            }
            let header = Header::parse(block).map_err(damaged)?;
            match header.type_flag() {
                b'x' => {
                    let records = self.extended_content(&header)?;
                    extended = Extended::default();
                    extended.read(&records).map_err(damaged)?;
                }
                b'g' => {
                    // POSIX means these for all entries that follow. Go hands them to its caller
                    // instead, and container engines ignore them: so must we.
                    let records = self.extended_content(&header)?;
                    Extended::default().read(&records).map_err(damaged)?;
                    (extended, long_name, long_link) = (Extended::default(), None, None);
                }
                b'L' => long_name = Some(self.text_content(&header)?),
                b'K' => long_link = Some(self.text_content(&header)?),
                _ => {
                    return self.finish_entry(offset, &header, &mut extended, long_name, long_link).map(Some);
                }
            }
        }
    }

    fn finish_entry(
        &mut self,
        offset: u64,
        header: &Header,
        extended: &mut Extended,
        long_name: Option<Vec<u8>>,
        long_link: Option<Vec<u8>>,
    ) -> Result<Entry, TarError> {
        let damaged = |what| TarError::Damaged { offset, what };
        // Where an entry has a long name of both kinds, Go takes GNU's.
        let long = |text: Option<Vec<u8>>| text.filter(|text| !text.is_empty());
        let path = long(long_name).or(extended.path.take()).unwrap_or_else(|| header.path());
        let link = long(long_link).or(extended.link.take()).unwrap_or_else(|| header.link());
        let kind = header.kind(&path);
        let stored = match extended.size {
            Some(size) => size,
            None => header.size().map_err(damaged)?,
        };
        // Only regular files, and types that nobody knows, carry content: a size on anything
        // else is for show (Go: `isHeaderOnlyType`).
        let has_content = matches!(kind, EntryKind::File | EntryKind::Unknown(_));
        self.content = if has_content { stored } else { 0 };
        self.padding = (BLOCK as u64 - self.content % BLOCK as u64) % BLOCK as u64;
        self.size = self.content;
        self.holes.clear();
        let mut path = path;
        if header.type_flag() == b'S' {
            let (holes, size) = self.old_gnu_sparse(header).map_err(|error| error.at(offset))?;
            (self.holes, self.size) = (holes, size);
        } else if kind == EntryKind::File && extended.sparse.is_some() {
            self.pax_sparse(extended, &mut path).map_err(|error| error.at(offset))?;
        }
        Ok(Entry {
            kind,
            path,
            link,
            mode: (header.mode() & 0o7777) as u16,
            uid: extended.uid.unwrap_or_else(|| header.uid()),
            gid: extended.gid.unwrap_or_else(|| header.gid()),
            size: if kind == EntryKind::File { self.size } else { 0 },
            modified: extended.modified.unwrap_or_else(|| header.modified()),
            device: header.device(),
            attributes: std::mem::take(&mut extended.attributes),
            offset,
        })
    }

    /// Hands out the current entry's content, piece by piece, holes as zeros; nothing of it is
    /// handed out twice. `hole` is asked before each run of zeros and may refuse it.
    ///
    /// # Errors
    /// [`TarError::Read`] where the archive ends too early.
    pub fn read_content(
        &mut self,
        piece: &mut dyn FnMut(&[u8]),
        hole: &mut dyn FnMut(u64) -> bool,
    ) -> Result<(), TarError> {
        if self.holes.is_empty() {
            let stored = std::mem::take(&mut self.content);
            return self.pass(stored, piece);
        }
        let holes = std::mem::take(&mut self.holes);
        let mut at = 0;
        for next in &holes {
            let data = next.start.saturating_sub(at).min(self.content);
            self.content -= data;
            self.pass(data, piece)?;
            if hole(next.length) {
                fill_with_zeros(next.length, piece);
            }
            at = next.start + next.length;
        }
        let rest = self.size.saturating_sub(at).min(self.content);
        self.content -= rest;
        self.pass(rest, piece)
    }

    /// Whether the current entry has holes that the archive does not store.
    pub fn is_sparse(&self) -> bool {
        !self.holes.is_empty()
    }

    /// Hands out the current entry's content, which must not be sparse, piece by piece, and gives
    /// its SHA-256.
    ///
    /// # Errors
    /// [`TarError::Read`] where the archive ends too early.
    pub fn read_hashed(&mut self, piece: &mut dyn FnMut(&[u8])) -> Result<[u8; 32], TarError> {
        if !self.input.begin_file() {
            let mut hasher = Sha256::new();
            self.read_content(
                &mut |bytes| {
                    hasher.update(bytes);
                    piece(bytes);
                },
                &mut |_| false,
            )?;
            return Ok(hasher.finalize().into());
        }
        let mut rest = std::mem::take(&mut self.content);
        while rest > 0 {
            let offset = self.input.position();
            let bytes = self.input.some(rest).map_err(|source| TarError::Read { offset, source })?;
            piece(bytes);
            let taken = bytes.len();
            rest -= taken as u64;
            self.input.consume_file(taken);
        }
        Ok(self.input.end_file())
    }

    /// A reader of the current entry's stored content.
    pub fn content_reader(&mut self) -> ContentReader<'_, R> {
        ContentReader { tar: self }
    }

    fn pass(&mut self, mut length: u64, piece: &mut dyn FnMut(&[u8])) -> Result<(), TarError> {
        while length > 0 {
            let offset = self.input.position();
            let bytes = self.input.some(length).map_err(|source| TarError::Read { offset, source })?;
            piece(bytes);
            let taken = bytes.len();
            length -= taken as u64;
            self.input.consume(taken);
        }
        Ok(())
    }

    fn skip_content(&mut self) -> Result<(), TarError> {
        let rest = std::mem::take(&mut self.content);
        self.holes.clear();
        self.pass(rest, &mut |_| {})?;
        let padding = std::mem::take(&mut self.padding);
        self.pass(padding, &mut |_| {})
    }

    fn block(&mut self) -> Result<[u8; BLOCK], TarError> {
        let offset = self.input.position();
        let fail = |source| TarError::Read { offset, source };
        let available = self.input.available(BLOCK).map_err(fail)?;
        let block = available.first_chunk::<BLOCK>().copied().ok_or_else(|| {
            fail(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive ends inside a block"))
        })?;
        self.input.consume(BLOCK);
        Ok(block)
    }

    fn extended_content(&mut self, header: &Header) -> Result<Vec<u8>, TarError> {
        let offset = self.input.position();
        let damaged = |what| TarError::Damaged { offset, what };
        let size = header.size().map_err(damaged)?;
        if size > MAX_EXTENDED_HEADER {
            return Err(damaged("an extended header is larger than the 1 MiB that engines accept"));
        }
        let mut content = Vec::with_capacity(size as usize);
        self.pass(size, &mut |piece| content.extend_from_slice(piece))?;
        self.pass((BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64, &mut |_| {})?;
        Ok(content)
    }

    fn text_content(&mut self, header: &Header) -> Result<Vec<u8>, TarError> {
        let mut text = self.extended_content(header)?;
        if let Some(end) = text.iter().position(|byte| *byte == 0) {
            text.truncate(end);
        }
        Ok(text)
    }
}

/// Reads the stored content of one entry.
#[derive(Debug)]
pub struct ContentReader<'a, R> {
    tar: &'a mut TarReader<R>,
}

impl<R: Read> Read for ContentReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.tar.content.min(buffer.len() as u64);
        if most == 0 {
            return Ok(0);
        }
        let bytes = self.tar.input.some(most)?;
        let count = bytes.len();
        buffer[..count].copy_from_slice(bytes);
        self.tar.content -= count as u64;
        self.tar.input.consume(count);
        Ok(count)
    }
}

fn fill_with_zeros(mut length: u64, piece: &mut dyn FnMut(&[u8])) {
    static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
    while length > 0 {
        let now = length.min(ZEROS.len() as u64);
        piece(&ZEROS[..now as usize]);
        length -= now;
    }
}

#[cfg(test)]
mod tests;
