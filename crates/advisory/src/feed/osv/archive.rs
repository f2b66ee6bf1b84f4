//! A zip of records, read entry by entry where it lies: memory is bounded by the largest entry.

use std::io::{self, Read as _, SeekFrom};

use flate2::{Decompress, FlushDecompress, Status};
use rawzip::{CompressionMethod, ErrorKind, ReaderAt, ZipArchive, ZipArchiveEntryWayfinder};

use crate::feed::ReadSeek;
use crate::feed::intake::{Cut, Reporter, clip};

/// The largest record that is read. The largest real ones have a few MB (kernels with thousands
/// of enumerated versions).
pub(super) const MAXIMUM_ENTRY: u64 = 64 << 20;

/// The most that all entries of one archive may come to. The largest real dump, all ecosystems
/// in one, comes to some GB.
const MAXIMUM_TOTAL: u64 = 16 << 30;

/// The most entries of one archive. The largest real dump has less than a million.
const MAXIMUM_ENTRIES: u64 = 8_000_000;

/// Hands each record of the archive to `read`, with its path. What cannot be unpacked is a
/// problem, and the entries after it are read all the same.
pub(super) fn read_entries(
    archive: &mut dyn ReadSeek,
    reporter: &mut Reporter<'_>,
    mut read: impl FnMut(&str, &[u8], &mut Reporter<'_>),
) {
    let length = match archive.seek(SeekFrom::End(0)) {
        Ok(length) => length,
        Err(error) => return Cut::Failed(error).raise(reporter),
    };
    let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
    let zip = match ZipArchive::from_seekable(archive, &mut buffer) {
        Ok(zip) => zip,
        Err(error) if matches!(error.kind(), ErrorKind::IO(_)) => {
            let error = io::Error::other(error.to_string());
            return Cut::Failed(error).raise(reporter);
        }
        Err(error) => {
            let detail = format!("the archive has no directory that can be read ({error}); fetch it again");
            return reporter.file_problem("zip-damaged", detail);
        }
    };
    let mut unpacker = Unpacker { inflate: Decompress::new(false), packed: Vec::new(), content: Vec::new() };
    let mut entries = zip.entries(&mut buffer);
    // What entries take up in the archive. More than the archive has means that they lie on top
    // of each other, which is how small archives are made to unpack to huge ones.
    let mut packed: u64 = 0;
    let mut unpacked: u64 = 0;
    let mut seen: u64 = 0;
    loop {
        let entry = match entries.next_entry() {
            Ok(Some(entry)) => entry,
            Ok(None) => return,
            Err(error) => {
                let detail = format!(
                    "the archive's directory breaks off after {seen} entries ({error}), so the rest was not read"
                );
                return reporter.file_problem("zip-damaged", detail);
            }
        };
        seen += 1;
        packed = packed.saturating_add(entry.compressed_size_hint());
        if packed > length || seen > MAXIMUM_ENTRIES || unpacked > MAXIMUM_TOTAL {
            let detail = format!(
                "after {seen} entries the archive promises more than it can hold, so it was read no further"
            );
            return reporter.file_problem("zip-bomb", detail);
        }
        if entry.is_dir() {
            continue;
        }
        let path = entry.file_path();
        let path = String::from_utf8_lossy(path.as_bytes()).into_owned();
        if !super::is_record(&path) {
            let detail = "it is neither JSON nor YAML, so it was not read";
            reporter.entry_problem("zip-entry-unknown", &path, detail);
            continue;
        }
        let promise = Promise {
            wayfinder: entry.wayfinder(),
            size: entry.uncompressed_size_hint(),
            packed: entry.compressed_size_hint(),
            crc: entry.crc32(),
            is_encrypted: entry.flags().is_encrypted(),
            method: entry.compression_method(),
        };
        match unpacker.unpack(&zip, &promise) {
            Ok(content) => {
                unpacked = unpacked.saturating_add(content.len() as u64);
                read(&path, content, reporter);
            }
            Err(refusal) => {
                // An entry that was refused for its size has been inflated up to the limit.
                unpacked = unpacked.saturating_add(refusal.inflated);
                reporter.entry_problem(refusal.code, clip(&path), refusal.detail);
            }
        }
    }
}

/// What the directory says about an entry.
struct Promise {
    wayfinder: ZipArchiveEntryWayfinder,
    size: u64,
    packed: u64,
    crc: u32,
    is_encrypted: bool,
    method: CompressionMethod,
}

struct Unpacker {
    inflate: Decompress,
    packed: Vec<u8>,
    content: Vec<u8>,
}

struct Refusal {
    code: &'static str,
    detail: String,
    inflated: u64,
}

impl Unpacker {
    /// The content of one entry, checked against the size and the checksum of the directory.
    fn unpack<R: ReaderAt>(&mut self, zip: &ZipArchive<R>, entry: &Promise) -> Result<&[u8], Refusal> {
        let refuse = |code, detail: String| Refusal { code, detail, inflated: 0 };
        let size = entry.size;
        if size > MAXIMUM_ENTRY || entry.packed > MAXIMUM_ENTRY {
            let detail = format!("it unpacks to {size} bytes, more than {MAXIMUM_ENTRY}, so it was not read");
            return Err(refuse("zip-entry-too-large", detail));
        }
        if entry.is_encrypted {
            return Err(refuse("zip-entry-encrypted", "it is encrypted, so it was not read".to_owned()));
        }
        let damaged = |detail: String, inflated| Refusal { code: "zip-entry-damaged", detail, inflated };
        self.packed.clear();
        let found = zip.get_entry(entry.wayfinder).map_err(|error| error.to_string());
        let read = found.and_then(|located| {
            let mut body = located.reader().take(entry.packed);
            body.read_to_end(&mut self.packed).map_err(|error| error.to_string())
        });
        if let Err(error) = read {
            return Err(damaged(format!("its content cannot be found ({error})"), 0));
        }
        let (data, method) = (self.packed.as_slice(), entry.method);
        if method == CompressionMethod::STORE {
            self.content.clear();
            self.content.extend_from_slice(data);
        } else if method == CompressionMethod::DEFLATE {
            self.content.clear();
            // One byte more than promised, so that an entry which goes on is noticed.
            self.content.reserve(usize::try_from(size).unwrap_or(0) + 1);
            self.inflate.reset(false);
            let status = self.inflate.decompress_vec(data, &mut self.content, FlushDecompress::Finish);
            let inflated = self.content.len() as u64;
            match status {
                Ok(Status::StreamEnd) => {}
                Ok(_) if inflated > size => {
                    let detail = format!("it unpacks to more than the {size} bytes that it promises");
                    return Err(Refusal { code: "zip-bomb", detail, inflated });
                }
                Ok(_) => return Err(damaged("its compressed content breaks off".to_owned(), inflated)),
                Err(error) => return Err(damaged(format!("it cannot be inflated ({error})"), inflated)),
            }
        } else {
            let detail =
                format!("its way of compression ({method:?}) is none that feeds use, so it was not read");
            return Err(refuse("zip-entry-unsupported", detail));
        }
        let inflated = self.content.len() as u64;
        if inflated != size || rawzip::crc32(&self.content) != entry.crc {
            return Err(damaged("its size or checksum is not what the directory says".to_owned(), inflated));
        }
        Ok(&self.content)
    }
}
