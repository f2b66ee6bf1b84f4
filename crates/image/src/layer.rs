//! The one pass over one layer: decompress, verify, hash every file, hand out what is wanted.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use plimsoll_model::{Algorithm, Digest, FileId, FileTable, NodeId, Problem};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::decompress::{Compression, decompress};
use crate::hashing::{Hasher, HashingReader};
use crate::limits::{MAX_ENTRIES, MAX_EXPANSION, MAX_HOLE_BYTES, MAX_NAME_BYTES, UNPACKED_FLOOR};
use crate::read_ahead::read_ahead;
use crate::room::{Room, Share};
use crate::tar::{Entry, TarError, TarReader, Window};
use crate::upper::Upper;

/// How many of a file's first bytes are there when [`ContentReader::wants`] is asked, if it has
/// so many: enough for the magic number of any format.
pub const FIRST_BYTES: usize = 16;

/// Somebody who wants to see the contents of some files while a layer is read.
pub trait ContentReader {
    /// Whether the content of the regular file at this normal path, of `size` bytes, is wanted.
    /// `first` is how it begins: all of it, or at least [`FIRST_BYTES`]. It comes again as a piece.
    fn wants(&mut self, path: &[u8], size: u64, first: &[u8]) -> bool;

    /// The next bytes of the file that was wanted, in order from its first one.
    fn piece(&mut self, piece: &[u8]);

    /// The file that was wanted is complete. A file that breaks off gets no such call.
    fn end(&mut self, node: NodeId, path: &[u8]);
}

/// Wants nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoContent;

impl ContentReader for NoContent {
    fn wants(&mut self, _: &[u8], _: u64, _: &[u8]) -> bool {
        false
    }

    fn piece(&mut self, _: &[u8]) {}

    fn end(&mut self, _: NodeId, _: &[u8]) {}
}

/// Asks whether a file is wanted as soon as enough of it is there, and passes it on if so.
struct Offer<'a> {
    content: &'a mut dyn ContentReader,
    path: &'a [u8],
    size: u64,
    /// The first bytes, until there are enough of them.
    first: &'a mut Vec<u8>,
    wanted: Option<bool>,
}

impl Offer<'_> {
    fn piece(&mut self, piece: &[u8]) {
        match self.wanted {
            Some(true) => self.content.piece(piece),
            Some(false) => {}
            None if self.first.is_empty() && piece.len() >= FIRST_BYTES => {
                let wanted = self.content.wants(self.path, self.size, piece);
                self.wanted = Some(wanted);
                if wanted {
                    self.content.piece(piece);
                }
            }
            None => {
                self.first.extend_from_slice(piece);
                if self.first.len() >= FIRST_BYTES {
                    self.ask();
                }
            }
        }
    }

    /// Asks with the few bytes that there are.
    fn ask(&mut self) -> bool {
        let wanted = self.content.wants(self.path, self.size, self.first);
        self.wanted = Some(wanted);
        if wanted && !self.first.is_empty() {
            self.content.piece(self.first);
        }
        wanted
    }

    /// Whether it is wanted, now that all of it has passed.
    fn finish(mut self) -> bool {
        match self.wanted {
            Some(wanted) => wanted,
            None => self.ask(),
        }
    }
}

/// What is known about a layer's blob before it is read.
#[derive(Debug, Clone, Default)]
pub struct LayerExpectation {
    /// What its bytes must hash to; without it, whatever they hash to is reported.
    pub digest: Option<Digest>,
    /// How many bytes it has, where that is known: a bound on what it may unpack to.
    pub size: Option<u64>,
    /// What its uncompressed bytes must hash to, where that is to be verified as well.
    pub diff_id: Option<Digest>,
    /// Whether to inflate on a thread of its own: faster by half where a core is free.
    pub read_ahead: bool,
    /// What the layers of its image may hold in memory together; without it, each for itself.
    pub room: Option<Arc<Room>>,
}

/// What one pass over a layer found.
#[derive(Debug)]
pub struct LayerRead {
    /// What the blob's bytes hash to; equal to the expected digest, if there was one.
    pub digest: Digest,
    /// What the uncompressed bytes hash to, where that was computed.
    pub diff_id: Option<Digest>,
    /// The blob's size in bytes.
    pub compressed_size: u64,
    /// Uncompressed bytes, headers included.
    pub unpacked_size: u64,
    /// Bytes of file content that a later entry of the same layer replaced.
    pub replaced_size: u64,
    /// The layer's entries.
    pub files: FileTable,
    /// Where the nodes that the [`ContentReader`] was told of went.
    pub places: Vec<Option<FileId>>,
    /// Damage.
    pub problems: Vec<Problem>,
}

/// Why a layer could not be read. Damage inside a verified layer is no error but a problem.
#[derive(Debug, Error)]
pub enum LayerError {
    /// The source failed to hand out the bytes.
    #[error("reading the layer failed after {read} bytes: {source}")]
    Source {
        /// Compressed bytes read until then.
        read: u64,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// The bytes are not what the manifest promises.
    #[error(
        "the layer's bytes hash to {found}, not to {expected}: they were truncated or altered on the way; fetch the image again"
    )]
    Digest {
        /// What the manifest says.
        expected: Digest,
        /// What arrived.
        found: Digest,
    },
    /// The uncompressed bytes are not what the configuration promises.
    #[error(
        "the layer unpacks to {found}, not to {expected} as the image's configuration says; the image is broken and no engine unpacks it"
    )]
    DiffId {
        /// What the configuration says.
        expected: Digest,
        /// What it unpacks to.
        found: Digest,
    },
    /// The bytes could not be unpacked to their end, and no other digest vouches for them.
    #[error(
        "the layer's compressed stream is damaged, so that it cannot be verified against {expected}; fetch or save the image again"
    )]
    Unverified {
        /// What the configuration says.
        expected: Digest,
    },
    /// More bytes, entries or names than any real layer has.
    #[error("the layer is a decompression bomb or close to one: {0}; Plimsoll does not read it")]
    Excess(String),
    /// The layers of the image hold more together than is held in memory.
    #[error("{0}")]
    Room(String),
}

/// Reads one layer from its blob, whose compression is told by its first bytes.
///
/// # Errors
/// [`LayerError`] where the bytes cannot be had or are not the promised ones. Damage inside the
/// archive is told in [`LayerRead::problems`] instead, with all that could be read.
pub fn read_layer<R: Read + Send>(
    blob: R,
    expectation: &LayerExpectation,
    content: &mut dyn ContentReader,
) -> Result<LayerRead, LayerError> {
    let algorithm = expectation.digest.as_ref().map_or(Algorithm::Sha256, Digest::algorithm);
    let tap = Tap::new(HashingReader::new(blob, algorithm));
    let source = |tap: &Tap<R>, source| LayerError::Source { read: tap.count(), source };
    let plain_blob;
    let mut share = Share::new(expectation.room.as_deref());
    let outcome = match decompress(tap.clone()) {
        Ok((compression, plain)) => {
            // Plain bytes are the blob itself and are hashed on the way in.
            plain_blob = compression == Compression::None;
            let wanted = expectation.diff_id.as_ref().map(Digest::algorithm);
            let hash = wanted.filter(|wanted| !plain_blob || *wanted != algorithm);
            let limit = expectation
                .size
                .map_or(u64::MAX, |size| UNPACKED_FLOOR.max(size.saturating_mul(MAX_EXPANSION)));
            if expectation.read_ahead && compression != Compression::None {
                read_ahead(plain, |plain| pass(Window::new(plain, hash, limit), content, &mut share))?
            } else {
                pass(Window::new(plain, hash, limit), content, &mut share)?
            }
        }
        Err(error) => return Err(source(&tap, error)),
    };
    tap.drain().map_err(|error| source(&tap, error))?;
    if let Some(error) = tap.error() {
        return Err(source(&tap, error));
    }
    let (digest, compressed_size) = tap.finish();
    if let Some(expected) = &expectation.digest
        && *expected != digest
    {
        return Err(LayerError::Digest { expected: expected.clone(), found: digest });
    }
    let diff_id = outcome.diff_id.or_else(|| plain_blob.then(|| digest.clone()));
    match (&expectation.diff_id, &diff_id) {
        (Some(expected), Some(found)) if expected != found => {
            return Err(LayerError::DiffId { expected: expected.clone(), found: found.clone() });
        }
        // Without a digest of the blob, nothing else speaks for the bytes.
        (Some(expected), None) if expectation.digest.is_none() => {
            return Err(LayerError::Unverified { expected: expected.clone() });
        }
        _ => {}
    }
    let (files, places) = outcome.upper.builder.finish();
    share.settle(files.len(), files.arena_bytes()).map_err(LayerError::Room)?;
    Ok(LayerRead {
        diff_id,
        compressed_size,
        unpacked_size: outcome.unpacked_size,
        replaced_size: outcome.upper.replaced,
        files,
        places,
        problems: outcome.upper.problems.finish(&digest.to_string()),
        digest,
    })
}

struct Outcome {
    upper: Upper,
    diff_id: Option<Digest>,
    unpacked_size: u64,
}

fn pass<P: Read>(
    window: Window<P>,
    content: &mut dyn ContentReader,
    share: &mut Share<'_>,
) -> Result<Outcome, LayerError> {
    let mut tar = TarReader::new(window);
    let mut reading =
        Reading { upper: Upper::new(), holes: MAX_HOLE_BYTES, first: Vec::new(), path: Vec::new() };
    let mut current = Vec::new();
    let stopped = loop {
        match tar.next_entry() {
            Ok(Some(entry)) => {
                if let Err(error) = reading.entry(&mut tar, &entry, content)? {
                    current.clone_from(&entry.path);
                    break Some(error);
                }
                current = entry.path;
                let builder = &reading.upper.builder;
                share.grow(builder.nodes_made(), builder.arena_bytes()).map_err(LayerError::Room)?;
            }
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    let Reading { mut upper, .. } = reading;
    if let Some(error) = stopped {
        if let TarError::Read { source, .. } = &error
            && source.kind() == io::ErrorKind::FileTooLarge
        {
            return Err(LayerError::Excess(source.to_string()));
        }
        let cause = match &error {
            TarError::Read { source, .. } => format!(": {source}"),
            TarError::Damaged { .. } => String::new(),
        };
        let detail = format!(
            "the layer's archive is damaged here: {error}{cause}; entries after this one are missing from the report"
        );
        upper.problems.add("layer-archive-damaged", &current, &detail);
    } else if let Some(offset) = tar.lone_zero_block() {
        let detail = format!(
            "the archive has a lone block of zeros at byte {offset}, where some programs stop reading; what follows it is shown"
        );
        upper.problems.add("layer-archive-lone-zero-block", b"", &detail);
    }
    let read_so_far = tar.position();
    let (diff_id, unpacked_size) = match tar.into_input().drain() {
        Ok(done) => done,
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            return Err(LayerError::Excess(error.to_string()));
        }
        // The blob's own digest decides whether this is damage or a broken transfer.
        Err(error) => {
            let detail = format!("the compressed stream is damaged: {error}");
            upper.problems.add("layer-archive-damaged", b"", &detail);
            (None, read_so_far)
        }
    };
    Ok(Outcome { upper, diff_id, unpacked_size })
}

struct Reading {
    upper: Upper,
    /// Bytes of holes that may still be hashed.
    holes: u64,
    /// The beginning of the file at hand, where it comes in pieces too small to judge it by.
    first: Vec<u8>,
    path: Vec<u8>,
}

impl Reading {
    fn entry<P: Read>(
        &mut self,
        tar: &mut TarReader<P>,
        entry: &Entry,
        content: &mut dyn ContentReader,
    ) -> Result<Result<(), TarError>, LayerError> {
        let node = self.upper.apply(entry);
        if self.upper.builder.nodes_made() > MAX_ENTRIES {
            return Err(LayerError::Excess(format!("it has more than {MAX_ENTRIES} entries")));
        }
        if self.upper.builder.arena_bytes() > MAX_NAME_BYTES {
            return Err(LayerError::Excess(format!("its names take more than {MAX_NAME_BYTES} bytes")));
        }
        let Some(node) = node else { return Ok(Ok(())) };
        self.first.clear();
        let Self { upper, holes, first, path } = self;
        upper.builder.write_path(node, path);
        let mut offer = Offer { content: &mut *content, path, size: entry.size, first, wanted: None };
        let mut keep = |piece: &[u8]| offer.piece(piece);
        let hash = if tar.is_sparse() {
            read_sparse(tar, holes, &mut keep)
        } else {
            tar.read_hashed(&mut keep).map(Some)
        };
        match hash {
            Ok(Some(hash)) => upper.builder.set_sha256(node, hash),
            Ok(None) => {
                let detail = "its holes are too large to be hashed; it is listed without a digest";
                upper.problems.add("sparse-file-not-hashed", path, detail);
            }
            Err(error) => return Ok(Err(error)),
        }
        if offer.finish() {
            content.end(node, path);
        }
        Ok(Ok(()))
    }
}

/// Reads a file with holes and hashes it as it unpacks; `None` where the holes are more than the
/// layer may still ask to be hashed.
fn read_sparse<P: Read>(
    tar: &mut TarReader<P>,
    holes: &mut u64,
    keep: &mut dyn FnMut(&[u8]),
) -> Result<Option<[u8; 32]>, TarError> {
    let mut hasher = Sha256::new();
    let mut refused = false;
    tar.read_content(
        &mut |piece| {
            hasher.update(piece);
            keep(piece);
        },
        &mut |length| {
            let allowed = length <= *holes;
            *holes -= if allowed { length } else { 0 };
            refused |= !allowed;
            allowed
        },
    )?;
    Ok((!refused).then(|| hasher.finalize().into()))
}

/// The compressed bytes, readable by the decoder and, after it gave up, by whoever must see the
/// rest to verify the digest.
#[derive(Debug)]
struct Tap<R>(Arc<Mutex<TapState<R>>>);

#[derive(Debug)]
struct TapState<R> {
    reader: Option<HashingReader<R>>,
    count: u64,
    error: Option<(io::ErrorKind, String)>,
}

impl<R> Clone for Tap<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: Read> Tap<R> {
    fn new(reader: HashingReader<R>) -> Self {
        Self(Arc::new(Mutex::new(TapState { reader: Some(reader), count: 0, error: None })))
    }

    fn with<T>(&self, act: impl FnOnce(&mut TapState<R>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self) -> u64 {
        self.with(|state| state.count)
    }

    fn error(&self) -> Option<io::Error> {
        self.with(|state| state.error.take()).map(|(kind, text)| io::Error::new(kind, text))
    }

    fn drain(&self) -> io::Result<()> {
        let mut rest = vec![0; 64 * 1024];
        let mut this = self.clone();
        while this.read(&mut rest)? > 0 {}
        Ok(())
    }

    fn finish(&self) -> (Digest, u64) {
        self.with(|state| state.reader.take())
            .map_or_else(|| (Hasher::new(Algorithm::Sha256).finish(), 0), HashingReader::finish)
    }
}

impl<R: Read> Read for Tap<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.with(|state| {
            if let Some((kind, text)) = &state.error {
                return Err(io::Error::new(*kind, text.clone()));
            }
            let Some(reader) = &mut state.reader else { return Ok(0) };
            loop {
                match reader.read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        state.error = Some((error.kind(), error.to_string()));
                        return Err(error);
                    }
                    Ok(read) => {
                        state.count += read as u64;
                        return Ok(read);
                    }
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wants what begins with `#!`, and notes what it is told.
    #[derive(Default)]
    struct Scripts(Vec<String>);

    impl ContentReader for Scripts {
        fn wants(&mut self, _: &[u8], _: u64, first: &[u8]) -> bool {
            self.0.push(format!("wants {}", String::from_utf8_lossy(first)));
            first.starts_with(b"#!")
        }

        fn piece(&mut self, piece: &[u8]) {
            self.0.push(format!("piece {}", String::from_utf8_lossy(piece)));
        }

        fn end(&mut self, _: NodeId, _: &[u8]) {}
    }

    fn check(pieces: &[&str], expect: &[&str], wanted: bool) {
        let (mut scripts, mut first) = (Scripts::default(), Vec::new());
        let mut offer = Offer { content: &mut scripts, path: b"a", size: 0, first: &mut first, wanted: None };
        pieces.iter().for_each(|piece| offer.piece(piece.as_bytes()));
        assert_eq!(offer.finish(), wanted, "{pieces:?}");
        assert_eq!(scripts.0, expect, "{pieces:?}");
    }

    #[test]
    fn a_file_is_offered_once_when_enough_of_it_is_there() {
        let whole = "#!/bin/sh -e -u\n";
        check(&[whole, "more"], &["wants #!/bin/sh -e -u\n", "piece #!/bin/sh -e -u\n", "piece more"], true);
        check(
            &["#", "!/bin/sh", " -e -u\nx"],
            &["wants #!/bin/sh -e -u\nx", "piece #!/bin/sh -e -u\nx"],
            true,
        );
        check(&["#!/bin/"], &["wants #!/bin/", "piece #!/bin/"], true);
        check(&["\u{7f}ELF and so on, and", "more"], &["wants \u{7f}ELF and so on, and"], false);
        check(&[], &["wants "], false);
    }
}
