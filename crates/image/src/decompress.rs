//! Compressed bytes to plain ones: gzip of one or many members, Zstandard, or neither, told
//! apart by their first bytes as container engines do, whatever the media type claims.

mod gzip;

use std::io::{self, BufRead, BufReader, Read};

use crate::limits::MAX_ZSTD_WINDOW_LOG;

/// How a layer is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// RFC 1952, one member or several.
    Gzip,
    /// RFC 8878, with skippable frames.
    Zstd,
}

impl Compression {
    /// Tells the compression by the first bytes of a blob.
    #[must_use]
    pub const fn detect(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }
}

/// How many compressed bytes are asked of the source at once.
const INPUT: usize = 256 * 1024;

/// Plain bytes of a stream whose compression is told by its start.
///
/// # Errors
/// Whatever reading the first bytes gives, and a decoder that could not be set up.
pub fn decompress<'a, R: Read + Send + 'a>(
    source: R,
) -> io::Result<(Compression, Box<dyn Read + Send + 'a>)> {
    let mut input = BufReader::with_capacity(INPUT, source);
    let mut start = Vec::with_capacity(4);
    // A reader may hand out one byte at a time; four are needed to tell.
    input.by_ref().take(4).read_to_end(&mut start)?;
    let compression = Compression::detect(&start);
    let input = Replay { start: start.into(), inner: input };
    Ok((
        compression,
        match compression {
            Compression::None => Box::new(input),
            Compression::Gzip => Box::new(gzip::GzipReader::new(input)),
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
                decoder.window_log_max(MAX_ZSTD_WINDOW_LOG)?;
                Box::new(decoder)
            }
        },
    ))
}

/// The bytes that were looked at, and then the rest.
struct Replay<R> {
    start: std::collections::VecDeque<u8>,
    inner: R,
}

impl<R: BufRead> Read for Replay<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.start.is_empty() { self.inner.read(buffer) } else { self.start.read(buffer) }
    }
}

impl<R: BufRead> BufRead for Replay<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start.is_empty() { self.inner.fill_buf() } else { self.start.fill_buf() }
    }

    fn consume(&mut self, amount: usize) {
        if self.start.is_empty() {
            self.inner.consume(amount);
        } else {
            self.start.consume(amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn check(bytes: &[u8], compression: Compression, plain: &[u8]) {
        let (found, mut reader) = decompress(bytes).unwrap();
        assert_eq!(found, compression);
        let mut out = Vec::new();
        reader.read_to_end(&mut out).unwrap();
        assert_eq!(out, plain);
    }

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_member_of_a_gzip_stream_is_read() {
        check(&[gzip(b"one "), gzip(b"two")].concat(), Compression::Gzip, b"one two");
    }

    #[test]
    fn a_gzip_stream_that_is_damaged_or_ends_early_is_an_error() {
        let whole = gzip(b"some plain bytes");
        let read = |bytes: &[u8]| decompress(bytes).unwrap().1.read_to_end(&mut Vec::new());
        for cut in 4..whole.len() {
            assert!(read(&whole[..cut]).is_err(), "cut at {cut}");
        }
        for position in whole.len() - 8..whole.len() {
            let mut damaged = whole.clone();
            damaged[position] ^= 1;
            assert!(read(&damaged).is_err(), "changed at {position}");
        }
        assert!(read(&[&whole[..], b"more"].concat()).is_err());
    }

    #[test]
    fn optional_fields_of_a_gzip_header_are_passed_over() {
        let mut encoder = flate2::GzBuilder::new()
            .filename("name")
            .comment("comment")
            .extra("extra")
            .write(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"plain").unwrap();
        check(&encoder.finish().unwrap(), Compression::Gzip, b"plain");
    }

    #[test]
    fn every_frame_of_a_zstd_stream_is_read_and_skippable_ones_are_skipped() {
        let frame = |plain: &[u8]| zstd::encode_all(plain, 1).unwrap();
        let skippable = [0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, b'x', b'x'];
        let bytes = [&skippable[..], &frame(b"one "), &skippable, &frame(b"two")].concat();
        check(&bytes, Compression::Zstd, b"one two");
    }

    #[test]
    fn anything_else_is_taken_as_it_is() {
        check(b"", Compression::None, b"");
        check(b"abc", Compression::None, b"abc");
    }
}
