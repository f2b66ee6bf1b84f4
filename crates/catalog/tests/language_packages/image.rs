//! Reads real images with all readers, as the engine does, with an archive reader of its own.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use plimsoll_catalog::executable::Excerpt;
use plimsoll_catalog::{Claims, Joined, LayerFragment, join, readers};
use plimsoll_model::{FileKind, FileTable, FileTableBuilder, NewFile, NodeId, Problem, TreePath};

/// What all readers together made of an image.
pub(crate) struct Answer {
    pub(crate) joined: Joined,
    pub(crate) read_problems: Vec<Problem>,
    pub(crate) table: FileTable,
}

/// The folder of an image among the test data.
pub(crate) fn folder(image: &str) -> Option<PathBuf> {
    let data = std::env::var_os("PLIMSOLL_DATA")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/plimsoll-data")));
    let folder = data.map(|data| data.join("out").join(image)).filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("skipped: {image} is not among the test data");
    }
    folder
}

struct Made {
    layer: u32,
    path: Vec<u8>,
    node: NodeId,
    entry: usize,
    payload: Vec<u8>,
}

/// The tree under construction: which archive entry each place was last written by.
struct Tree {
    builder: FileTableBuilder,
    written: HashMap<NodeId, usize>,
}

impl Tree {
    fn put(&mut self, path: &[u8], file: &NewFile<'_>, entry: usize) -> NodeId {
        let mut parent = NodeId::ROOT;
        let mut names: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
        let name = names.pop().unwrap_or_default();
        for name in names {
            let child = self.builder.child(parent, name);
            parent = child.unwrap_or_else(|| self.builder.insert(parent, name, &NewFile::IMPLICIT_DIRECTORY));
        }
        if let Some(name) = name.strip_prefix(b".wh.") {
            if name == b".wh..opq" {
                self.builder.remove_children(parent, &mut |_| {});
            } else if let Some(node) = self.builder.child(parent, name) {
                self.builder.remove(node, &mut |_| {});
            }
            return parent;
        }
        if name.is_empty() {
            return NodeId::ROOT;
        }
        let node = match self.builder.child(parent, name) {
            Some(node) => {
                if file.kind != FileKind::Directory {
                    self.builder.remove_children(node, &mut |_| {});
                }
                self.builder.replace(node, file);
                node
            }
            None => self.builder.insert(parent, name, file),
        };
        self.written.insert(node, entry);
        node
    }
}

/// Reads the layers of an OCI layout.
pub(crate) fn look(layout: &Path) -> Answer {
    let json =
        |path: &Path| -> serde_json::Value { serde_json::from_reader(File::open(path).unwrap()).unwrap() };
    let blob =
        |digest: &serde_json::Value| layout.join("blobs").join(digest.as_str().unwrap().replace(':', "/"));
    let manifest = json(&blob(&json(&layout.join("index.json"))["manifests"][0]["digest"]));
    let layers = manifest["layers"].as_array().unwrap().iter().map(|layer| {
        let file = File::open(blob(&layer["digest"])).unwrap();
        Box::new(flate2::read::MultiGzDecoder::new(file)) as Box<dyn std::io::Read>
    });
    look_at(layers)
}

/// Reads archives, the lowest layer first.
pub(crate) fn look_at(layers: impl Iterator<Item = Box<dyn std::io::Read>>) -> Answer {
    let readers = readers();
    let claims = Claims::compile(&readers);
    let mut tree = Tree { builder: FileTableBuilder::new(), written: HashMap::new() };
    let mut made: Vec<Vec<Made>> = readers.iter().map(|_| Vec::new()).collect();
    let mut read_problems = Vec::new();
    let (mut entries, mut content, mut excerpt) = (0, Vec::new(), Excerpt::default());
    let (mut by_name, mut by_magic) = (Vec::new(), Vec::new());
    for (layer, archive) in layers.enumerate() {
        for entry in tar::Archive::new(archive).entries().unwrap() {
            let mut entry = entry.unwrap();
            entries += 1;
            let path = TreePath::parse(&entry.path_bytes()).unwrap();
            let kind = match entry.header().entry_type() {
                tar::EntryType::Directory => FileKind::Directory,
                tar::EntryType::Symlink => FileKind::Symlink,
                _ => FileKind::File,
            };
            let link = entry.link_name_bytes().map(std::borrow::Cow::into_owned).unwrap_or_default();
            let new = NewFile { kind, link: &link, implicit: false, ..NewFile::IMPLICIT_DIRECTORY };
            let node = tree.put(path.as_bytes(), &new, entries);
            if entry.header().entry_type() != tar::EntryType::Regular {
                continue;
            }
            content.clear();
            entry.read_to_end(&mut content).unwrap();
            claims.find(path.as_bytes(), &mut by_name);
            claims.find_magic(&content, &mut by_magic);
            excerpt.begin(content.len() as u64);
            content.chunks(100_000).for_each(|piece| excerpt.push(piece));
            let named = by_name.iter().map(|claim| (claim, false));
            for (claim, in_parts) in named.chain(by_magic.iter().map(|claim| (claim, true))) {
                let bytes = if in_parts { excerpt.content() } else { &content };
                let payload = readers[claim.reader].read(path.as_bytes(), bytes, &mut read_problems);
                made[claim.reader].extend(payload.map(|payload| Made {
                    layer: layer as u32,
                    path: path.as_bytes().to_vec(),
                    node,
                    entry: entries,
                    payload,
                }));
            }
        }
    }
    let Tree { builder, written } = tree;
    let (table, places) = builder.finish();
    let index = table.index();
    let fragments: Vec<Vec<LayerFragment<'_>>> = made
        .iter()
        .map(|own| {
            let fragment = |made| {
                let Made { layer, path, node, entry, payload }: &Made = made;
                let file = places[node.index()].filter(|_| written.get(node) == Some(entry));
                LayerFragment { layer: *layer, path, file, payload }
            };
            own.iter().map(fragment).collect()
        })
        .collect();
    let joined = join(&readers, &index, true, &mut |position, with| with(&fragments[position]));
    Answer { joined, read_problems, table }
}
