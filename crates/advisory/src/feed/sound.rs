//! Whether a file that just came is whole, before it takes the place of the one before: a page
//! of HTML, an empty answer, an archive without its end, a document that breaks off are not.
//!
//! What entries say is not judged here: a damaged entry is read around when the feed is read.

use std::io::{self, BufRead, BufReader, SeekFrom};

use rawzip::ZipArchive;
use serde::de::IgnoredAny;

use super::ReadSeek;
use crate::unpack::unpack;
use crate::xml::{Token, XmlReader};

/// The most that a compressed file may unpack to. The largest real one, Red Hat's archive of all
/// documents, has some ten gigabytes.
const MAXIMUM_UNPACKED: u64 = 64 << 30;

/// A file may unpack to so many times its size. Deflate reaches a thousand on nothing but zeros;
/// real feeds reach fifty (bzip2 and zstd of repetitive XML and JSON).
const MAXIMUM_RATIO: u64 = 400;

/// Below this nobody cares how much a file grew.
const RATIO_FROM: u64 = 64 << 20;

/// Reads a file to its end; `path` tells what it should be.
///
/// # Errors
/// What is wrong with it, as the end of a sentence that begins with the file.
pub fn check(path: &str, bytes: &mut dyn ReadSeek) -> Result<(), String> {
    let length = bytes.seek(SeekFrom::End(0)).map_err(|error| format!("it cannot be read ({error})"))?;
    bytes.seek(SeekFrom::Start(0)).map_err(|error| format!("it cannot be read ({error})"))?;
    if length == 0 {
        return Err("it is empty".to_owned());
    }
    if path.ends_with(".zip") {
        return check_zip(bytes);
    }
    let unpacked = unpack(bytes).map_err(|error| format!("it cannot be unpacked ({error})"))?;
    let bound = MAXIMUM_UNPACKED.min(length.saturating_mul(MAXIMUM_RATIO).max(RATIO_FROM));
    let mut content = BufReader::new(Bounded { inner: unpacked, left: bound });
    let first = first_byte(&mut content)?;
    let stem = [".gz", ".bz2", ".zst"].iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path);
    let kind = stem.rsplit_once('.').map_or("", |(_, kind)| kind);
    let is_page = first == b'<' && !matches!(kind, "xml" | "html");
    if is_page {
        return Err("it is a page of HTML or XML, not what was asked for".to_owned());
    }
    match kind {
        "json" => {
            let mut reader = serde_json::Deserializer::from_reader(&mut content);
            let read = serde::Deserialize::deserialize(&mut reader).and_then(|IgnoredAny| reader.end());
            read.map_err(|error| format!("it is no JSON to its end ({error})"))
        }
        "xml" => check_xml(&mut content),
        _ => io::copy(&mut content, &mut io::sink())
            .map(|_| ())
            .map_err(|error| format!("it cannot be read to its end ({error})")),
    }
}

/// The first byte that is no white space; it stays to be read.
fn first_byte(content: &mut impl BufRead) -> Result<u8, String> {
    loop {
        let buffer = content.fill_buf().map_err(|error| format!("it cannot be unpacked ({error})"))?;
        if buffer.is_empty() {
            return Err("there is nothing in it".to_owned());
        }
        match buffer.iter().position(|byte| !byte.is_ascii_whitespace()) {
            Some(at) => {
                let byte = buffer.get(at).copied().unwrap_or_default();
                content.consume(at);
                return Ok(byte);
            }
            None => {
                let length = buffer.len();
                content.consume(length);
            }
        }
    }
}

fn check_zip(bytes: &mut dyn ReadSeek) -> Result<(), String> {
    let damaged = |error: rawzip::Error| format!("its directory of entries cannot be read ({error})");
    let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
    let archive = ZipArchive::from_seekable(bytes, &mut buffer).map_err(damaged)?;
    let mut entries = archive.entries(&mut buffer);
    let mut seen = 0_u64;
    while entries.next_entry().map_err(damaged)?.is_some() {
        seen += 1;
    }
    if seen == 0 { Err("it is an archive without an entry".to_owned()) } else { Ok(()) }
}

/// Whether a document ends where its root does. What stands between is judged by its feed, which
/// reads around damaged elements; so tags that do not match are no matter here.
fn check_xml(content: &mut impl BufRead) -> Result<(), String> {
    let mut xml = XmlReader::new(content);
    let mut first = true;
    loop {
        match xml.next() {
            Ok(Token::Open(tag)) => {
                if std::mem::take(&mut first) && tag.name().eq_ignore_ascii_case("html") {
                    return Err("it is a page of HTML, not what was asked for".to_owned());
                }
            }
            Ok(Token::End) if first => return Err("there is no element in it".to_owned()),
            Ok(Token::End) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// Fails beyond a number of bytes, where `Take` would look like the end of the file.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: io::Read> io::Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("it unpacks to more than any real feed does"));
        }
        let read = self.inner.by_ref().take(self.left).read(buffer)?;
        self.left -= read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use super::*;

    fn judge(path: &str, content: &[u8], expect: &str) {
        let found = check(path, &mut Cursor::new(content)).map_or_else(|why| why, |()| "sound".to_owned());
        assert!(found.contains(expect), "{path}: {found}");
    }

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(content).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn whole_files_are_sound() {
        judge("a.json", b" {\"a\": [1, 2]}\n", "sound");
        judge("a.xml.gz", &gzip(b"<?xml version=\"1.0\"?><updates><update/></updates>"), "sound");
        judge("a.csv", b"\"2023/cve.json\",\"2023-12-10T00:00:00+00:00\"\n", "sound");
        judge("index.html", b"<html><a href=\"v3.20/\">v3.20/</a></html>", "sound");
    }

    #[test]
    fn what_is_not_what_was_asked_for_is_told() {
        judge("a.json", b"", "it is empty");
        judge("a.csv", b" \n ", "there is nothing in it");
        judge("a.json", b"<html>Sign in to the network</html>", "a page of HTML");
        judge("a.csv", b"<!DOCTYPE html>", "a page of HTML");
        judge("a.xml", b"<html><body/></html>", "a page of HTML");
        judge("a.zip", b"<html></html>", "its directory of entries cannot be read");
    }

    #[test]
    fn what_breaks_off_is_told() {
        judge("a.json", b"{\"a\": [1, 2", "no JSON to its end");
        judge("a.json", b"{} trailing", "no JSON to its end");
        judge("a.xml", b"<updates><update>", "ends in the middle");
        let whole = gzip(b"{\"a\": [1, 2, 3, 4, 5, 6, 7, 8, 9]}");
        judge("a.json.gz", whole.get(..whole.len() - 9).unwrap(), "no JSON to its end");
        judge("a.csv.gz", whole.get(..whole.len() - 9).unwrap(), "cannot be read to its end");
    }

    #[test]
    fn a_bomb_is_not_unpacked_to_its_end() {
        let bomb = gzip(&vec![b' '; 70 << 20]);
        judge("a.csv.gz", &bomb, "more than any real feed");
    }
}
