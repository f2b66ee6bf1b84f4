//! `dir:ROOTFS`: a root directory on this machine, such as `/` itself or an unpacked image.
//!
//! It stays on the file system that the directory lies on, leaves out `proc`, `sys` and `dev`,
//! and says what it may not read. Nothing is written, links are not followed.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use plimsoll_model::path::MAX_DEPTH;
use plimsoll_model::{FileId, FileKind, FileTable, FileTableBuilder, NewFile, NodeId, Problem};
use sha2::{Digest as _, Sha256};

use super::SourceError;
use crate::layer::{ContentReader, FIRST_BYTES};
use crate::limits::MAX_ENTRIES;
use crate::upper::ProblemLog;

/// Top-level directories that hold the kernel's views rather than files, and are not read.
const LEFT_OUT: [&[u8]; 3] = [b"proc", b"sys", b"dev"];

/// Whether a path of a root directory is one that is never read, so that its absence says nothing.
#[must_use]
pub fn is_left_out(path: &[u8]) -> bool {
    let path = path.strip_prefix(b"/").unwrap_or(path);
    LEFT_OUT.contains(&path.split(|byte| *byte == b'/').next().unwrap_or_default())
}

/// Bytes read at once while hashing.
const PIECE: usize = 256 * 1024;

/// What a root directory holds.
#[derive(Debug)]
pub struct DirectoryRead {
    /// Its files.
    pub files: FileTable,
    /// Where the nodes that the [`ContentReader`] was told of went.
    pub places: Vec<Option<FileId>>,
    /// What may not or cannot be read.
    pub problems: Vec<Problem>,
}

/// Reads a root directory, on as many threads as are given. Without `digests` no more than the
/// first bytes of a file are read, but for those whose content is wanted: on a whole machine
/// that is the difference between seconds and minutes.
///
/// # Errors
/// [`SourceError`] where the directory itself cannot be read, or holds more files than any root
/// directory has.
pub fn read_directory(
    root: &Path,
    threads: usize,
    digests: bool,
    content: &mut dyn ContentReader,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<DirectoryRead, SourceError> {
    let fail = |source| SourceError::Read { what: root.display().to_string(), source };
    let metadata = fs::metadata(root).map_err(fail)?;
    if !metadata.is_dir() {
        return Err(fail(io::Error::new(io::ErrorKind::NotADirectory, "it is not a directory")));
    }
    let mut walk = Walk {
        builder: FileTableBuilder::new(),
        problems: ProblemLog::default(),
        device: metadata.dev(),
        links: HashMap::new(),
        files: Vec::new(),
        elsewhere: Vec::new(),
    };
    walk.builder.replace(NodeId::ROOT, &NewFile { implicit: false, ..directory(&metadata) });
    walk.directory(NodeId::ROOT, root)?;
    let Walk { mut builder, mut problems, links, files, elsewhere, .. } = walk;
    for path in &elsewhere {
        let detail = "another file system is mounted here; what it holds is not part of the report";
        problems.add("other-file-system", path, detail);
    }
    let hashes = see_all(&files, threads, digests, progress);
    let mut beginnings = Vec::with_capacity(files.len());
    for (file, outcome) in files.iter().zip(hashes) {
        match outcome {
            Ok((hash, first)) => {
                if let Some(hash) = hash {
                    builder.set_sha256(file.node, hash);
                }
                beginnings.push(first);
            }
            Err(error) => {
                unreadable(&mut problems, &mut builder, file.node, &error);
                beginnings.push(Vec::new());
            }
        }
    }
    let mut path = Vec::new();
    let mut buffer = vec![0; PIECE];
    for (file, first) in files.iter().zip(&beginnings) {
        if !builder.is_alive(file.node) {
            continue;
        }
        builder.write_path(file.node, &mut path);
        if content.wants(&path, file.size, first) {
            match pieces(&file.path, &mut buffer, |piece| content.piece(piece)) {
                Ok(()) => content.end(file.node, &path),
                Err(error) => unreadable(&mut problems, &mut builder, file.node, &error),
            }
        }
    }
    // Hard links after hashing, so that they share what their first name was found to hold.
    for (first, others) in links.into_values() {
        for other in others.into_iter().filter(|_| builder.is_alive(first)).collect::<Vec<_>>() {
            builder.link_to(other, first);
        }
    }
    let (files, places) = builder.finish();
    Ok(DirectoryRead { files, places, problems: problems.finish(&root.display().to_string()) })
}

struct Walk {
    builder: FileTableBuilder,
    problems: ProblemLog,
    device: u64,
    /// By inode: the first name met, and the others.
    links: HashMap<u64, (NodeId, Vec<NodeId>)>,
    files: Vec<Found>,
    elsewhere: Vec<Vec<u8>>,
}

/// A regular file whose content is still to be read.
struct Found {
    node: NodeId,
    path: PathBuf,
    size: u64,
}

impl Walk {
    fn directory(&mut self, root: NodeId, place: &Path) -> Result<(), SourceError> {
        let mut pending = vec![(root, place.to_owned(), 0_usize)];
        while let Some((node, place, depth)) = pending.pop() {
            let mut names: Vec<OsString> = match fs::read_dir(&place) {
                Ok(entries) => entries.filter_map(Result::ok).map(|entry| entry.file_name()).collect(),
                Err(error) => {
                    unreadable(&mut self.problems, &mut self.builder, node, &error);
                    continue;
                }
            };
            names.sort();
            for name in names {
                if node == NodeId::ROOT && LEFT_OUT.contains(&name.as_bytes()) {
                    continue;
                }
                let path = place.join(&name);
                let Some(child) = self.entry(node, name, &path) else { continue };
                if self.builder.nodes_made() > MAX_ENTRIES {
                    let why = format!("it holds more than {MAX_ENTRIES} files");
                    return Err(SourceError::Damaged { what: place.display().to_string(), why });
                }
                if depth < MAX_DEPTH {
                    pending.push((child, path, depth + 1));
                }
            }
        }
        Ok(())
    }

    /// Notes one entry; gives its node where it is a directory to go into.
    fn entry(&mut self, parent: NodeId, name: OsString, path: &Path) -> Option<NodeId> {
        let name = name.into_vec();
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            // Files come and go while a living system is read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                let mut subject = Vec::new();
                self.builder.write_path(parent, &mut subject);
                subject.push(b'/');
                subject.extend_from_slice(&name);
                self.problems.add("file-unreadable", &subject, &format!("it cannot be looked at: {error}"));
                return None;
            }
        };
        let kind = kind_of(&metadata)?;
        let link = match kind {
            FileKind::Symlink => {
                fs::read_link(path).map(|t| t.into_os_string().into_vec()).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let attributes = attributes(path);
        let device = metadata.rdev();
        let file = NewFile {
            kind,
            size: metadata.size(),
            device: (rustix::fs::major(device), rustix::fs::minor(device)),
            link: &link,
            attributes: &attributes,
            implicit: false,
            ..directory(&metadata)
        };
        let node = self.builder.insert(parent, &name, &file);
        match kind {
            FileKind::Directory if metadata.dev() != self.device => {
                let mut subject = Vec::new();
                self.builder.write_path(node, &mut subject);
                self.elsewhere.push(subject);
                None
            }
            FileKind::Directory => Some(node),
            FileKind::File => {
                if metadata.nlink() > 1 {
                    if let Some((_, others)) = self.links.get_mut(&metadata.ino()) {
                        others.push(node);
                        return None;
                    }
                    self.links.insert(metadata.ino(), (node, Vec::new()));
                }
                self.files.push(Found { node, path: path.to_owned(), size: metadata.size() });
                None
            }
            _ => None,
        }
    }
}

/// Tells of something that cannot be read. What is gone by now was not part of the directory:
/// files come and go while a living system is read.
fn unreadable(problems: &mut ProblemLog, builder: &mut FileTableBuilder, node: NodeId, error: &io::Error) {
    if error.kind() == io::ErrorKind::NotFound && node != NodeId::ROOT {
        builder.remove(node, &mut |_| {});
        return;
    }
    let mut path = Vec::new();
    builder.write_path(node, &mut path);
    problems.add("file-unreadable", &path, &format!("it cannot be read: {error}"));
}

fn kind_of(metadata: &Metadata) -> Option<FileKind> {
    let kind = metadata.file_type();
    if kind.is_file() {
        Some(FileKind::File)
    } else if kind.is_dir() {
        Some(FileKind::Directory)
    } else if kind.is_symlink() {
        Some(FileKind::Symlink)
    } else if kind.is_fifo() {
        Some(FileKind::Fifo)
    } else if kind.is_char_device() {
        Some(FileKind::Char)
    } else if kind.is_block_device() {
        Some(FileKind::Block)
    } else {
        // A socket lives only while its server does; archives cannot hold one either.
        None
    }
}

fn directory(metadata: &Metadata) -> NewFile<'static> {
    NewFile {
        mode: (metadata.mode() & 0o7777) as u16,
        uid: metadata.uid(),
        gid: metadata.gid(),
        modified: metadata.mtime(),
        ..NewFile::IMPLICIT_DIRECTORY
    }
}

fn attributes(path: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    // The kernel's own bound on the names, and on a value, is 64 KiB.
    let mut names = vec![0_u8; 64 * 1024];
    let Ok(length) = rustix::fs::llistxattr(path, &mut names[..]) else { return Vec::new() };
    let mut found = Vec::new();
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0_u8; 64 * 1024];
        if let Ok(length) = rustix::fs::lgetxattr(path, name, &mut value[..]) {
            value.truncate(length);
            found.push((name.to_vec(), value));
        }
    }
    found
}

fn see_all(
    files: &[Found],
    threads: usize,
    digests: bool,
    progress: &(dyn Fn(u64) + Sync),
) -> Vec<io::Result<Seen>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        let mut buffer = vec![0; PIECE];
        loop {
            let position = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = files.get(position) else { return done };
            done.push((position, see(&file.path, digests, &mut buffer)));
            progress(if digests { file.size } else { FIRST_BYTES as u64 });
        }
    };
    let mut hashes: Vec<Option<io::Result<Seen>>> = files.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            for (position, outcome) in worker.join().unwrap_or_default() {
                hashes[position] = Some(outcome);
            }
        }
    });
    let lost = || Err(io::Error::other("the thread that was to read it ended early"));
    hashes.into_iter().map(|outcome| outcome.unwrap_or_else(lost)).collect()
}

/// A file's SHA-256, where it is wanted, and its first [`FIRST_BYTES`].
type Seen = (Option<[u8; 32]>, Vec<u8>);

fn see(path: &Path, digest: bool, buffer: &mut [u8]) -> io::Result<Seen> {
    let mut first = Vec::new();
    if !digest {
        File::open(path)?.take(FIRST_BYTES as u64).read_to_end(&mut first)?;
        return Ok((None, first));
    }
    let mut hasher = Sha256::new();
    pieces(path, buffer, |piece| {
        hasher.update(piece);
        first.extend(piece.iter().take(FIRST_BYTES - first.len()));
    })?;
    Ok((Some(hasher.finalize().into()), first))
}

/// Reads a file in pieces as large as `buffer`.
fn pieces(path: &Path, buffer: &mut [u8], mut piece: impl FnMut(&[u8])) -> io::Result<()> {
    let mut file = File::open(path)?;
    loop {
        match file.read(buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => piece(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
