//! Images as text for the tests of this crate: a few files in a few layers, read and joined.

use std::collections::BTreeMap;

use plimsoll_model::{FileId, FileKind, FileTable, FileTableBuilder, NewFile, NodeId, Problem};

use crate::reader::{Joined, LayerFragment, Reader, join};

/// What one line of a sample says.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sample<'a> {
    /// A file and its content.
    File(&'a str, &'a str),
    /// A file whose content is no text.
    Bytes(&'a str, &'a [u8]),
    /// A symbolic link and its target.
    Link(&'a str, &'a str),
    /// A directory.
    Directory(&'a str),
    /// A path that this layer removes.
    Removed(&'a str),
}

/// What the readers made of a sample.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) joined: Joined,
    /// Problems met while reading files, before any join.
    pub(crate) problems: Vec<Problem>,
    pub(crate) table: FileTable,
}

impl Read {
    /// The paths that a package lists, in listing order.
    pub(crate) fn paths_of(&self, name: &str) -> Vec<String> {
        let owned = self
            .joined
            .owned
            .iter()
            .filter(|(_, package)| self.joined.packages[*package as usize].name == name);
        owned.map(|(id, _)| self.table.path(*id).to_string()).collect()
    }
}

/// What a reader made of one file.
struct Made<'a> {
    layer: u32,
    path: &'a str,
    file: Option<FileId>,
    payload: Vec<u8>,
}

fn put(builder: &mut FileTableBuilder, path: &str, file: &NewFile<'_>) {
    let mut at = NodeId::ROOT;
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    for part in directory.split('/').filter(|part| !part.is_empty()) {
        at = builder
            .child(at, part.as_bytes())
            .unwrap_or_else(|| builder.insert(at, part.as_bytes(), &NewFile::IMPLICIT_DIRECTORY));
    }
    match builder.child(at, name.as_bytes()) {
        Some(node) => builder.replace(node, file),
        None => {
            builder.insert(at, name.as_bytes(), file);
        }
    }
}

fn new_file(kind: FileKind, link: &str) -> NewFile<'_> {
    NewFile { kind, link: link.as_bytes(), implicit: false, ..NewFile::IMPLICIT_DIRECTORY }
}

/// Reads the files of some layers, the lowest first, with some readers and joins them. Paths
/// must be real, not through links.
pub(crate) fn read(readers: &[&'static dyn Reader], layers: &[&[Sample<'_>]]) -> Read {
    let mut shown: BTreeMap<&str, (usize, Sample<'_>)> = BTreeMap::new();
    for (layer, samples) in layers.iter().enumerate() {
        for sample in *samples {
            match sample {
                Sample::Removed(path) => {
                    shown.remove(path);
                }
                Sample::File(path, _)
                | Sample::Bytes(path, _)
                | Sample::Link(path, _)
                | Sample::Directory(path) => {
                    shown.insert(path, (layer, *sample));
                }
            }
        }
    }
    let mut builder = FileTableBuilder::new();
    for (path, (_, sample)) in &shown {
        match sample {
            Sample::File(..) | Sample::Bytes(..) => put(&mut builder, path, &new_file(FileKind::File, "")),
            Sample::Link(_, target) => {
                put(&mut builder, path, &new_file(FileKind::Symlink, target));
            }
            Sample::Directory(_) | Sample::Removed(_) => {
                put(&mut builder, path, &new_file(FileKind::Directory, ""));
            }
        }
    }
    let (table, _) = builder.finish();
    let index = table.index();
    let claims = crate::Claims::compile(readers);
    let mut problems = Vec::new();
    let mut made: Vec<Vec<Made<'_>>> = readers.iter().map(|_| Vec::new()).collect();
    let (mut wanted, mut as_text) = (Vec::new(), Vec::new());
    for (layer, samples) in layers.iter().enumerate() {
        for sample in *samples {
            let (path, content) = match sample {
                Sample::File(path, content) => (path, content.as_bytes()),
                Sample::Bytes(path, content) => (path, *content),
                _ => continue,
            };
            claims.find(path.as_bytes(), &mut wanted);
            claims.find_text(content, &mut as_text);
            for claim in wanted.iter().chain(&as_text) {
                let reader = readers[claim.reader];
                if let Some(payload) = reader.read(path.as_bytes(), content, &mut problems) {
                    let shows = shown.get(path).is_some_and(|(from, _)| *from == layer);
                    let file = if shows { index.resolve(path.as_bytes()) } else { None };
                    made[claim.reader].push(Made { layer: layer as u32, path, file, payload });
                }
            }
        }
    }
    let fragments: Vec<Vec<LayerFragment<'_>>> = made
        .iter()
        .map(|own| {
            own.iter()
                .map(|made| LayerFragment {
                    layer: made.layer,
                    path: made.path.as_bytes(),
                    file: made.file,
                    payload: &made.payload,
                })
                .collect()
        })
        .collect();
    let joined = join(readers, &index, true, &mut |position, with| with(&fragments[position]));
    Read { joined, problems, table }
}

/// What `work` makes, which must not take longer than what grows with its input in a straight line
/// takes on any machine, by far.
pub(crate) fn soon<T>(work: impl FnOnce() -> T) -> T {
    let start = std::time::Instant::now();
    let made = work();
    let taken = start.elapsed();
    assert!(taken.as_secs() < 30, "it took {taken:?}");
    made
}
