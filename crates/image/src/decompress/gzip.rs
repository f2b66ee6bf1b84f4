//! Gzip streams of any number of members (RFC 1952).
//!
//! Inflating is the library's; the frame around it is read here because the library sums the
//! CRC-32 of the plain bytes with portable code, which took a twelfth of the whole pass over a
//! layer. `crc32fast` uses the processor's carry-less multiplication.

use std::io::{self, BufRead, Read};

use flate2::{Decompress, FlushDecompress, Status};

/// Bytes of optional header fields that are passed over. RFC 1952 bounds the extra field to
/// 64 KiB and gives names no bound; no real one comes near this.
const MAX_HEADER: usize = 256 * 1024;

const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const HEADER_CRC: u8 = 2;

/// Plain bytes of a gzip stream.
pub(super) struct GzipReader<R> {
    inner: R,
    inflate: Decompress,
    state: State,
    checksum: crc32fast::Hasher,
    length: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first member, whose header must come.
    First,
    /// After a member: another one, or the end.
    Between,
    Body,
    End,
}

fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl<R: BufRead> GzipReader<R> {
    pub(super) fn new(inner: R) -> Self {
        let inflate = Decompress::new(false);
        Self { inner, inflate, state: State::First, checksum: crc32fast::Hasher::new(), length: 0 }
    }

    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.inner.read_exact(&mut byte)?;
        Ok(byte[0])
    }

    fn header(&mut self) -> io::Result<()> {
        let mut fixed = [0; 10];
        self.inner.read_exact(&mut fixed)?;
        let [0x1f, 0x8b, 8, flags, ..] = fixed else {
            return Err(damaged("bytes that are no gzip member follow"));
        };
        if flags & EXTRA != 0 {
            let length = u16::from_le_bytes([self.byte()?, self.byte()?]);
            for _ in 0..length {
                self.byte()?;
            }
        }
        for field in [NAME, COMMENT] {
            if flags & field != 0 {
                let mut length = 0;
                while self.byte()? != 0 {
                    length += 1;
                    if length > MAX_HEADER {
                        return Err(damaged("a gzip header's name has no end"));
                    }
                }
            }
        }
        if flags & HEADER_CRC != 0 {
            for _ in 0..2 {
                self.byte()?;
            }
        }
        self.inflate.reset(false);
        self.checksum.reset();
        self.length = 0;
        self.state = State::Body;
        Ok(())
    }

    fn trailer(&mut self) -> io::Result<()> {
        let mut trailer = [0; 8];
        self.inner.read_exact(&mut trailer)?;
        let [a, b, c, d, length @ ..] = trailer;
        if u32::from_le_bytes([a, b, c, d]) != self.checksum.clone().finalize() {
            return Err(damaged("a gzip member's checksum is wrong"));
        }
        if u32::from_le_bytes(length) != self.length {
            return Err(damaged("a gzip member's length is wrong"));
        }
        self.state = State::Between;
        Ok(())
    }
}

impl<R: BufRead> Read for GzipReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match self.state {
                State::End => return Ok(0),
                State::First => self.header()?,
                State::Between if self.inner.fill_buf()?.is_empty() => self.state = State::End,
                State::Between => self.header()?,
                State::Body => {
                    let input = self.inner.fill_buf()?;
                    let ended = input.is_empty();
                    let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
                    let status = self
                        .inflate
                        .decompress(input, buffer, FlushDecompress::None)
                        .map_err(|_| damaged("the deflate stream is corrupt"))?;
                    let used = (self.inflate.total_in() - before_in) as usize;
                    let made = (self.inflate.total_out() - before_out) as usize;
                    self.inner.consume(used);
                    self.checksum.update(&buffer[..made]);
                    self.length = self.length.wrapping_add(made as u32);
                    if status == Status::StreamEnd {
                        self.trailer()?;
                    } else if made == 0 && ended {
                        return Err(io::Error::new(
                            io::ErrorKind::UnexpectedEof,
                            "the gzip stream ends too early",
                        ));
                    }
                    if made > 0 {
                        return Ok(made);
                    }
                }
            }
        }
    }
}
