//! A directory of facts by digest, shared by any number of processes.
//!
//! A file is written beside its place and renamed into it, so a reader sees all of it or
//! nothing. Two processes that read the same layer write the same bytes; the later rename wins
//! and nobody notices.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use plimsoll_model::{Digest, LayerFacts};
use thiserror::Error;

use crate::encoding::{PREFIX, decode, encode, main_length};
use crate::images::{self, KnownImage};

/// Where images are kept by the chain of their layers.
const IMAGES: &str = "images";

/// Bytes of one such file that are read: sixteen names, each at its longest.
const MAX_IMAGES_FILE: u64 = 64 << 10;

/// A cache that cannot be written to. Reading goes on without it.
#[derive(Debug, Error)]
#[error("cannot write to the cache at {path}: {source}; use --cache-dir to name another, or --no-cache")]
pub struct CacheError {
    path: String,
    #[source]
    source: io::Error,
}

/// What a cache holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheUsage {
    /// Files.
    pub entries: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Facts about layers and documents of images, by digest.
#[derive(Debug)]
pub struct LayerCache {
    directory: PathBuf,
    /// Bytes beyond which the entries that were not used for longest are removed.
    capacity: u64,
    written: AtomicU64,
    /// Buffers to read into, kept between reads: fresh memory for each layer of a large image
    /// took a fifth of the time of a look at a known image.
    buffers: Mutex<Vec<Vec<u8>>>,
}

impl LayerCache {
    /// A cache in a directory, which is made when something is first stored. `capacity` is the
    /// number of bytes beyond which the entries unused for longest go.
    #[must_use]
    pub fn new(directory: &Path, capacity: u64) -> Self {
        Self {
            directory: directory.to_owned(),
            capacity,
            written: AtomicU64::new(0),
            buffers: Mutex::default(),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn place(&self, kind: &str, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.directory.join(kind).join(digest.algorithm().name()).join(&hex[..2]).join(hex)
    }

    /// The facts about a layer, if they are stored and readable. Without the evidence that is read
    /// on demand, its readers' revisions and fragments are left out.
    #[must_use]
    pub fn layer(&self, digest: &Digest, with_evidence: bool) -> Option<LayerFacts> {
        let path = self.place("layers", digest);
        if !fs::metadata(&path).ok()?.is_file() {
            return None;
        }
        let mut file = File::open(&path).ok()?;
        let buffers = || self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut buffer = buffers().pop().unwrap_or_default();
        buffer.clear();
        let read = || {
            let mut prefix = [0; PREFIX];
            file.read_exact(&mut prefix).ok()?;
            buffer.extend_from_slice(&prefix);
            let length = if with_evidence { u64::MAX } else { main_length(&prefix)? };
            file.take(length).read_to_end(&mut buffer).ok()?;
            decode(&buffer, with_evidence).ok()
        };
        let facts = read();
        buffers().push(buffer);
        touch(&path);
        facts
    }

    /// Gives back the memory that is kept for reading the next layer.
    pub fn release(&self) {
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether facts about a layer are stored, readable or not.
    #[must_use]
    pub fn has_layer(&self, digest: &Digest) -> bool {
        self.place("layers", digest).exists()
    }

    /// Stores the facts about a layer.
    ///
    /// # Errors
    /// [`CacheError`] where the directory cannot be written to.
    pub fn store_layer(&self, digest: &Digest, facts: &LayerFacts) -> Result<(), CacheError> {
        self.write(&self.place("layers", digest), &encode(facts))
    }

    /// A document (manifest, configuration) whose digest the caller verifies.
    #[must_use]
    pub fn document(&self, digest: &Digest) -> Option<Vec<u8>> {
        let path = self.place("documents", digest);
        if !fs::metadata(&path).ok()?.is_file() {
            return None;
        }
        let bytes = fs::read(&path).ok()?;
        touch(&path);
        Some(bytes)
    }

    /// Stores a document.
    ///
    /// # Errors
    /// [`CacheError`] where the directory cannot be written to.
    pub fn store_document(&self, digest: &Digest, bytes: &[u8]) -> Result<(), CacheError> {
        self.write(&self.place("documents", digest), bytes)
    }

    /// Images that were looked at and have exactly the layers of a chain, names of registries
    /// first.
    #[must_use]
    pub fn images(&self, chain: &Digest) -> Vec<KnownImage> {
        let path = self.place(IMAGES, chain);
        let bytes = File::open(&path).and_then(|file| {
            let mut bytes = Vec::new();
            file.take(MAX_IMAGES_FILE).read_to_end(&mut bytes).map(|_| bytes)
        });
        let Ok(bytes) = bytes else { return Vec::new() };
        touch(&path);
        images::decode(&bytes)
    }

    /// Keeps in mind that an image has exactly the layers of a chain.
    ///
    /// # Errors
    /// [`CacheError`] where the directory cannot be written to.
    pub fn remember_image(&self, chain: &Digest, image: &KnownImage) -> Result<(), CacheError> {
        match images::with(self.images(chain), image) {
            Some(known) => self.write(&self.place(IMAGES, chain), &images::encode(&known)),
            None => Ok(()),
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), CacheError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let temporary = path.with_extension(format!("{}-{number}.new", std::process::id()));
        let write = || {
            if let Some(parent) = path.parent() {
                DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
            }
            let mut file = File::create(&temporary)?;
            file.write_all(bytes)?;
            fs::rename(&temporary, path)
        };
        write().map_err(|source| {
            // Whatever was written of it is of no use; that it may be gone already does not matter.
            let _ = fs::remove_file(&temporary);
            CacheError { path: self.directory.display().to_string(), source }
        })?;
        // A look at the whole directory after every 64 MiB keeps it near its capacity.
        let before = self.written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if before == 0 || (before + bytes.len() as u64) >> 26 != before >> 26 {
            self.trim();
        }
        Ok(())
    }

    /// Removes the entries unused for longest until the capacity holds.
    pub fn trim(&self) {
        let mut files = self.files();
        let mut total: u64 = files.iter().map(|(_, size, _)| size).sum();
        files.sort_by_key(|(used, _, _)| *used);
        for (_, size, path) in files {
            if total <= self.capacity {
                return;
            }
            if fs::remove_file(path).is_ok() {
                total -= size;
            }
        }
    }

    /// How much is stored.
    #[must_use]
    pub fn usage(&self) -> CacheUsage {
        let files = self.files();
        CacheUsage { entries: files.len() as u64, bytes: files.iter().map(|(_, size, _)| size).sum() }
    }

    /// Removes everything stored.
    ///
    /// # Errors
    /// [`CacheError`] where something cannot be removed.
    pub fn clear(&self) -> Result<(), CacheError> {
        for (_, _, path) in self.files() {
            fs::remove_file(&path)
                .map_err(|source| CacheError { path: path.display().to_string(), source })?;
        }
        Ok(())
    }

    /// When each file was last used, its size, and its path.
    fn files(&self) -> Vec<(SystemTime, u64, PathBuf)> {
        let mut found = Vec::new();
        // Only what this cache made is ever counted or removed.
        let mut pending: Vec<PathBuf> =
            ["layers", "documents", IMAGES].iter().map(|kind| self.directory.join(kind)).collect();
        while let Some(directory) = pending.pop() {
            let Ok(entries) = fs::read_dir(&directory) else { continue };
            for entry in entries.filter_map(Result::ok) {
                match entry.metadata() {
                    Ok(metadata) if metadata.is_dir() => pending.push(entry.path()),
                    Ok(metadata) => {
                        let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                        found.push((used, metadata.len(), entry.path()));
                    }
                    Err(_) => {}
                }
            }
        }
        found
    }
}

/// Marks a file as used just now, at most once an hour: what has been used stays longest.
fn touch(path: &Path) {
    let mark = || -> io::Result<()> {
        let file = File::options().append(true).open(path)?;
        let old = file.metadata()?.modified()?;
        let now = SystemTime::now();
        if now.duration_since(old).is_ok_and(|age| age.as_secs() > 3_600) {
            file.set_modified(now)?;
        }
        Ok(())
    };
    // A cache on a read-only file system works without.
    let _ = mark();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(byte: u8) -> Digest {
        Digest::sha256([byte; 32])
    }

    #[test]
    fn what_was_stored_is_found_again() {
        let directory = tempfile::tempdir().unwrap();
        let cache = LayerCache::new(directory.path(), u64::MAX);
        assert_eq!(cache.layer(&digest(1), true), None);
        let facts = LayerFacts { unpacked_size: 5, ..LayerFacts::default() };
        cache.store_layer(&digest(1), &facts).unwrap();
        assert_eq!(cache.layer(&digest(1), true), Some(facts));
        assert_eq!(cache.layer(&digest(2), true), None);
        cache.store_document(&digest(1), b"{}").unwrap();
        assert_eq!(cache.document(&digest(1)).as_deref(), Some(b"{}".as_slice()));
        assert_eq!(cache.usage().entries, 2);
        cache.clear().unwrap();
        assert_eq!(cache.usage(), CacheUsage::default());
    }

    #[test]
    fn damaged_entries_are_as_good_as_none() {
        let directory = tempfile::tempdir().unwrap();
        let cache = LayerCache::new(directory.path(), u64::MAX);
        cache.store_layer(&digest(1), &LayerFacts::default()).unwrap();
        fs::write(cache.place("layers", &digest(1)), b"plimsollx").unwrap();
        assert_eq!(cache.layer(&digest(1), true), None);
    }

    #[test]
    fn beyond_the_capacity_the_oldest_entries_go() {
        let directory = tempfile::tempdir().unwrap();
        let cache = LayerCache::new(directory.path(), 250);
        for byte in 1..=4 {
            cache.store_document(&digest(byte), &[0; 100]).unwrap();
            let old = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(u64::from(byte));
            File::options()
                .append(true)
                .open(cache.place("documents", &digest(byte)))
                .unwrap()
                .set_modified(old)
                .unwrap();
        }
        cache.trim();
        let left: Vec<u8> = (1..=4).filter(|byte| cache.document(&digest(*byte)).is_some()).collect();
        assert_eq!(left, [3, 4]);
    }

    #[test]
    fn a_cache_that_cannot_be_written_says_so_and_reads_as_empty() {
        let cache = LayerCache::new(Path::new("/proc/no-such-place"), u64::MAX);
        assert!(cache.store_layer(&digest(1), &LayerFacts::default()).is_err());
        assert_eq!(cache.layer(&digest(1), true), None);
    }
}
