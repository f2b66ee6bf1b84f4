//! The one buffer through which an archive is read: filled from the decompressor, looked at in
//! place, hashed once.

use std::io::{self, Read};

use plimsoll_model::{Algorithm, Digest};

use crate::hashing::{Hasher, TwinSha256};

/// Large enough that a fill is worth its call, small enough to stay in a core's own cache
/// between inflating, hashing and parsing. A multiple of the tar block.
const CAPACITY: usize = 256 * 1024;

/// Bytes on their way through.
#[derive(Debug)]
pub struct Window<R> {
    source: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    position: u64,
    twin: TwinSha256,
    /// For a stream that is to be hashed with anything but SHA-256.
    other: Option<Hasher>,
    limit: u64,
}

impl<R: Read> Window<R> {
    /// A window on `source` that hashes all that passes, if an algorithm is given, and refuses
    /// to take in more than `limit` bytes.
    pub fn new(source: R, algorithm: Option<Algorithm>, limit: u64) -> Self {
        let twin = TwinSha256::new(algorithm == Some(Algorithm::Sha256));
        let other = algorithm.filter(|it| *it != Algorithm::Sha256).map(Hasher::new);
        let buffer = vec![0; CAPACITY].into_boxed_slice();
        Self { source, buffer, start: 0, end: 0, position: 0, twin, other, limit }
    }

    /// How many bytes were consumed.
    pub const fn position(&self) -> u64 {
        self.position
    }

    fn fill(&mut self) -> io::Result<usize> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let read = loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.end += read;
        if self.position + (self.end - self.start) as u64 > self.limit {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "the layer unpacks to more bytes than Plimsoll reads for its compressed size",
            ));
        }
        Ok(read)
    }

    /// At least `wanted` bytes (no more than the capacity) without consuming them; fewer only at
    /// the end.
    pub fn available(&mut self, wanted: usize) -> io::Result<&[u8]> {
        while self.end - self.start < wanted {
            if self.fill()? == 0 {
                break;
            }
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// One to `most` bytes without consuming them; the end is an error.
    pub fn some(&mut self, most: u64) -> io::Result<&[u8]> {
        if self.start == self.end && self.fill()? == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the archive ends before its entry does",
            ));
        }
        let length = ((self.end - self.start) as u64).min(most) as usize;
        Ok(&self.buffer[self.start..self.start + length])
    }

    /// Goes past bytes that were looked at.
    pub fn consume(&mut self, amount: usize) {
        self.twin.update(&self.buffer[self.start..self.start + amount]);
        self.pass(amount);
    }

    /// Begins a file, whose hash [`Self::end_file`] gives; false where it has to be hashed by
    /// itself.
    pub fn begin_file(&mut self) -> bool {
        self.twin.begin_file()
    }

    /// Goes past bytes of the file at hand.
    pub fn consume_file(&mut self, amount: usize) {
        self.twin.update_file(&self.buffer[self.start..self.start + amount]);
        self.pass(amount);
    }

    /// SHA-256 of the file at hand.
    pub fn end_file(&mut self) -> [u8; 32] {
        self.twin.end_file()
    }

    fn pass(&mut self, amount: usize) {
        if let Some(other) = &mut self.other {
            other.update(&self.buffer[self.start..self.start + amount]);
        }
        self.start += amount;
        self.position += amount as u64;
    }

    /// Takes in all that is left; gives the digest, if one was wanted, and how many bytes passed.
    ///
    /// # Errors
    /// Whatever the source gives.
    pub fn drain(mut self) -> io::Result<(Option<Digest>, u64)> {
        loop {
            let rest = self.end - self.start;
            self.consume(rest);
            if self.fill()? == 0 {
                let digest = self.other.map(Hasher::finish);
                return Ok((digest.or_else(|| self.twin.finish_stream().map(Digest::sha256)), self.position));
            }
        }
    }
}
