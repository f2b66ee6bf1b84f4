//! Takes the compression off a file that its publisher serves compressed.

use std::io::{self, BufRead, BufReader, Cursor, Read};

/// Large enough that a decoder is not called for every tag, small enough to stay in cache.
const BUFFER_BYTES: usize = 64 << 10;

/// The content of a plain, gzip, bzip2 or zstd file, told apart by the first bytes and not by the
/// name: mirrors and proxies decompress what they like.
///
/// # Errors
/// The source cannot be read.
pub(crate) fn unpack<'a>(mut bytes: &'a mut dyn Read) -> io::Result<Box<dyn BufRead + 'a>> {
    let mut head = Vec::with_capacity(4);
    (&mut bytes).take(4).read_to_end(&mut head)?;
    let packing = head.clone();
    let source = BufReader::with_capacity(BUFFER_BYTES, Cursor::new(head).chain(bytes));
    Ok(match packing.as_slice() {
        [0x1f, 0x8b, ..] => buffered(flate2::bufread::MultiGzDecoder::new(source)),
        [b'B', b'Z', b'h', ..] => buffered(bzip2::bufread::MultiBzDecoder::new(source)),
        [0x28, 0xb5, 0x2f, 0xfd] => buffered(zstd::stream::read::Decoder::with_buffer(source)?),
        _ => Box::new(source),
    })
}

fn buffered<'a>(decoder: impl Read + 'a) -> Box<dyn BufRead + 'a> {
    Box::new(BufReader::with_capacity(BUFFER_BYTES, decoder))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn check(mut packed: &[u8], expect: &str) {
        let mut text = String::new();
        unpack(&mut packed).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, expect);
    }

    #[test]
    fn every_packing_gives_the_same_text() {
        check(b"plain", "plain");
        check(b"", "");
        check(b"ab", "ab");
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"<a/>").unwrap();
        check(&gzip.finish().unwrap(), "<a/>");
        let mut bzip = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bzip.write_all(b"<a/>").unwrap();
        check(&bzip.finish().unwrap(), "<a/>");
        check(&zstd::encode_all(&b"<a/>"[..], 1).unwrap(), "<a/>");
    }
}
