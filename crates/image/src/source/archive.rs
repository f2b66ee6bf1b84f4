//! One file that holds a whole image: a tar archive, plain or compressed, of documents and
//! layers. A plain one is indexed by jumping from header to header; a compressed one has to be
//! read through, once for its documents and once for the layers that are wanted.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::{SourceError, open_regular};
use crate::decompress::{Compression, decompress};
use crate::limits::{MAX_ARCHIVE_ENTRIES, MAX_DOCUMENT};
use crate::tar::{Entry, EntryKind, TarError, TarReader, Window};

/// Bytes of documents that are kept from a compressed archive. Its layers come between them,
/// and which entries are documents is known only in the end.
const MAX_DOCUMENTS: usize = 64 * 1024 * 1024;

/// Content beyond this is jumped over rather than read when a plain archive is indexed.
const JUMP: u64 = 64 * 1024;

/// How many links an entry may be behind.
const MAX_LINKS: usize = 8;

#[derive(Debug, Clone, Copy)]
struct Slot {
    offset: u64,
    size: u64,
}

/// An archive whose entries are known.
#[derive(Debug)]
pub(super) struct Archive {
    path: PathBuf,
    compression: Compression,
    slots: BTreeMap<String, Slot>,
    links: BTreeMap<String, String>,
    documents: BTreeMap<String, Vec<u8>>,
}

impl Archive {
    pub(super) fn open(path: &Path) -> Result<Self, SourceError> {
        let mut archive = Self {
            path: path.to_owned(),
            compression: Compression::None,
            slots: BTreeMap::new(),
            links: BTreeMap::new(),
            documents: BTreeMap::new(),
        };
        let file = archive.file()?;
        let (compression, plain) = decompress(file).map_err(|source| archive.fail(source))?;
        archive.compression = compression;
        if compression == Compression::None {
            drop(plain);
            archive.index()?;
        } else {
            archive.skim(plain)?;
        }
        Ok(archive)
    }

    pub(super) fn is_stream(&self) -> bool {
        self.compression != Compression::None
    }

    fn file(&self) -> Result<File, SourceError> {
        open_regular(&self.path)
    }

    fn fail(&self, source: io::Error) -> SourceError {
        SourceError::Read { what: self.path.display().to_string(), source }
    }

    fn damaged(&self, error: &TarError) -> SourceError {
        let cause = match error {
            TarError::Read { source, .. } => format!(": {source}"),
            TarError::Damaged { .. } => String::new(),
        };
        SourceError::Damaged { what: self.path.display().to_string(), why: format!("{error}{cause}") }
    }

    fn note(&mut self, entry: &Entry, slot: Slot) -> Result<(), SourceError> {
        let name = normal(&entry.path);
        match entry.kind {
            EntryKind::File => {
                self.slots.insert(name, slot);
            }
            EntryKind::Symlink => {
                let target = join(&name, &entry.link);
                self.links.insert(name, target);
            }
            EntryKind::HardLink => {
                self.links.insert(name, normal(&entry.link));
            }
            _ => {}
        }
        if self.slots.len() + self.links.len() > MAX_ARCHIVE_ENTRIES {
            let why = format!("it has more than {MAX_ARCHIVE_ENTRIES} entries");
            return Err(SourceError::Damaged { what: self.path.display().to_string(), why });
        }
        Ok(())
    }

    fn index(&mut self) -> Result<(), SourceError> {
        let mut start = 0;
        loop {
            let mut file = self.file()?;
            file.seek(SeekFrom::Start(start)).map_err(|source| self.fail(source))?;
            let mut tar = TarReader::new(Window::new(file, None, u64::MAX));
            loop {
                let Some(entry) = tar.next_entry().map_err(|error| self.damaged(&error))? else {
                    return Ok(());
                };
                let slot = Slot { offset: start + tar.position(), size: entry.size };
                self.note(&entry, slot)?;
                if entry.kind == EntryKind::File && entry.size > JUMP {
                    start = slot.offset + entry.size.next_multiple_of(512);
                    break;
                }
            }
        }
    }

    fn skim(&mut self, plain: Box<dyn Read + Send + '_>) -> Result<(), SourceError> {
        let mut tar = TarReader::new(Window::new(plain, None, u64::MAX));
        let mut kept = 0;
        while let Some(entry) = tar.next_entry().map_err(|error| self.damaged(&error))? {
            self.note(&entry, Slot { offset: tar.position(), size: entry.size })?;
            if entry.kind != EntryKind::File || entry.size > MAX_DOCUMENT {
                continue;
            }
            let mut bytes = Vec::new();
            let mut text = true;
            tar.read_content(
                &mut |piece| {
                    text = text && (!bytes.is_empty() || matches!(piece.first(), Some(b'{' | b'[')));
                    if text {
                        bytes.extend_from_slice(piece);
                    }
                },
                &mut |_| false,
            )
            .map_err(|error| self.damaged(&error))?;
            kept += bytes.len();
            if kept > MAX_DOCUMENTS {
                let why = "its documents take more than 64 MiB".to_owned();
                return Err(SourceError::Damaged { what: self.path.display().to_string(), why });
            }
            if text {
                self.documents.insert(normal(&entry.path), bytes);
            }
        }
        Ok(())
    }

    /// The entry that a name leads to through the archive's links.
    fn target<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        let mut at = name;
        for _ in 0..MAX_LINKS {
            if self.slots.contains_key(at) {
                return Some(at);
            }
            at = self.links.get(at)?;
        }
        None
    }

    pub(super) fn size(&self, name: &str) -> Option<u64> {
        self.slots.get(self.target(name)?).map(|slot| slot.size)
    }

    pub(super) fn missing(&self, name: &str) -> SourceError {
        SourceError::Missing { what: format!("{name} in {}", self.path.display()) }
    }

    pub(super) fn document(&self, name: &str) -> Result<Vec<u8>, SourceError> {
        let target = self.target(name).ok_or_else(|| self.missing(name))?;
        if self.is_stream() {
            return self.documents.get(target).cloned().ok_or_else(|| self.missing(name));
        }
        if self.size(target).is_some_and(|size| size > MAX_DOCUMENT) {
            let why = format!("{name} is larger than any real document");
            return Err(SourceError::Damaged { what: self.path.display().to_string(), why });
        }
        let mut bytes = Vec::new();
        self.blob(target)?.read_to_end(&mut bytes).map_err(|source| self.fail(source))?;
        Ok(bytes)
    }

    pub(super) fn blob(&self, name: &str) -> Result<Box<dyn Read + Send + '_>, SourceError> {
        let slot = self.target(name).and_then(|target| self.slots.get(target));
        let slot = slot.ok_or_else(|| self.missing(name))?;
        let mut file = self.file()?;
        file.seek(SeekFrom::Start(slot.offset)).map_err(|source| self.fail(source))?;
        Ok(Box::new(file.take(slot.size)))
    }

    /// Reads a compressed archive through and hands out the blobs that `wanted` names, each to
    /// all who want it: two layers may be one blob.
    pub(super) fn stream(
        &self,
        wanted: &BTreeMap<String, usize>,
        deliver: &mut dyn FnMut(usize, Box<dyn Read + Send + '_>),
    ) -> Result<(), SourceError> {
        let mut targets: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, position) in wanted {
            targets.insert(self.target(name).ok_or_else(|| self.missing(name))?, *position);
        }
        let (_, plain) = decompress(self.file()?).map_err(|source| self.fail(source))?;
        let mut tar = TarReader::new(Window::new(plain, None, u64::MAX));
        while let Some(entry) = tar.next_entry().map_err(|error| self.damaged(&error))? {
            if entry.kind != EntryKind::File {
                continue;
            }
            if let Some(position) = targets.remove(normal(&entry.path).as_str()) {
                deliver(position, Box::new(tar.content_reader()));
                if targets.is_empty() {
                    return Ok(());
                }
            }
        }
        match targets.into_keys().next() {
            Some(name) => Err(self.missing(name)),
            None => Ok(()),
        }
    }
}

/// An entry's name without leading `./` and doubled slashes.
pub(super) fn normal(path: &[u8]) -> String {
    let mut normal = Vec::new();
    // A name that climbs out is no name that a document could ask for.
    let _ = plimsoll_model::path::normalise_into(path, &mut normal);
    String::from_utf8_lossy(&normal).into_owned()
}

/// Where a link leads that lies beside `name`.
pub(super) fn join(name: &str, link: &[u8]) -> String {
    let directory = name.rfind('/').map_or("", |slash| &name[..=slash]);
    normal(&[directory.as_bytes(), link].concat())
}
