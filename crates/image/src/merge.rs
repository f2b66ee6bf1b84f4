//! Lays the layers of an image over each other, as the kernel's overlayfs does.
//!
//! The rules are those of the kernel's `Documentation/filesystems/overlayfs.rst`: an upper
//! directory merges with a lower one unless it is opaque; anything else of the upper layer hides
//! whatever the lower layers have at its path, and all below it; a whiteout hides and is itself
//! not seen.
//!
//! One tree grows from the lowest layer to the highest. A layer costs what it brings and what it
//! removes, whatever the size of the tree below.

use std::collections::{BTreeSet, HashMap};

use hashbrown::HashSet;
use plimsoll_model::file::FileRecord;
use plimsoll_model::{FileId, FileKind, FileTable, FileTableBuilder, LayerStatistics, NodeId, Problem};

use crate::links::find;
use crate::upper::MAX_TOLD;

/// Entries for which room is made before any is laid: more than all but the largest images have.
const MAX_RESERVED: usize = 1 << 19;

/// The merged tree and how each layer took part in it.
#[derive(Debug)]
pub struct Merged {
    /// The merged tree.
    pub files: FileTable,
    /// What each layer does to the paths below it, the lowest first; bytes are counted by
    /// [`count_bytes`].
    pub statistics: Vec<LayerStatistics>,
    /// Hard links whose target no layer has.
    pub problems: Vec<Problem>,
    nodes: Vec<Vec<Option<NodeId>>>,
    places: Vec<Option<FileId>>,
}

impl Merged {
    /// Where a file of a layer's own table is in the merged tree; `None` where it is hidden.
    #[must_use]
    pub fn visible(&self, layer: usize, file: FileId) -> Option<FileId> {
        let node = (*self.nodes.get(layer)?.get(file.0 as usize)?)?;
        *self.places.get(node.index())?
    }
}

/// A file of a lower layer that the layer at hand has hidden, in case it brings it again.
struct Hidden {
    layer: u16,
    size: u64,
    hash: Option<[u8; 32]>,
}

struct Merge<'a> {
    layers: &'a [&'a FileTable],
    builder: FileTableBuilder,
    statistics: Vec<LayerStatistics>,
    problems: Vec<Problem>,
    /// Hard links whose target no layer has.
    missing: usize,
    /// What the layer at hand hid with an opaque directory or a change of kind, by path.
    hidden: HashMap<Vec<u8>, Hidden>,
    path: Vec<u8>,
}

/// Merges the tables of an image's layers, the lowest first.
#[must_use]
pub fn merge(layers: &[&FileTable]) -> Merged {
    let mut merge = Merge {
        layers,
        builder: FileTableBuilder::new(),
        statistics: vec![LayerStatistics::default(); layers.len()],
        problems: Vec::new(),
        missing: 0,
        hidden: HashMap::new(),
        path: Vec::new(),
    };
    // Room for everything at once, so that nothing has to move while it is added; but no more than
    // real images need, since the sum is whatever a hostile one says.
    let entries: usize = layers.iter().map(|table| table.len()).sum();
    let names: usize = layers.iter().map(|table| table.arena_bytes()).sum();
    merge.builder.reserve(entries.min(MAX_RESERVED), names.min(MAX_RESERVED * 32));
    let nodes: Vec<_> = (0..layers.len()).map(|layer| merge.lay(layer)).collect();
    if let Some(more) = merge.missing.checked_sub(MAX_TOLD).filter(|more| *more > 0) {
        let detail = format!("{more} more hard links to files that no layer has");
        merge.problems.push(Problem::new("hard-link-target-missing", "/", detail));
    }
    let (files, places) = merge.builder.finish();
    Merged { files, statistics: merge.statistics, problems: merge.problems, nodes, places }
}

impl Merge<'_> {
    fn lay(&mut self, layer: usize) -> Vec<Option<NodeId>> {
        let table = self.layers[layer];
        let targets = self.link_targets(table);
        self.hidden.clear();
        let mut nodes: Vec<Option<NodeId>> = Vec::with_capacity(table.len());
        let own = layer as u16;
        let root = table.record(FileId::ROOT);
        // The kernel does not ask whether the root of a layer is opaque: all roots are merged.
        if !root.is_implicit() {
            self.builder.replace_from(NodeId::ROOT, table, FileId::ROOT, own);
        }
        nodes.push(Some(NodeId::ROOT));
        for id in table.ids().skip(1) {
            let parent = nodes[table.parent(id).0 as usize];
            let node = parent.and_then(|parent| self.lay_entry(layer, id, parent, &targets));
            nodes.push(node);
        }
        nodes
    }

    /// Where the hard links of a layer to the layers below lead, before the layer changes them.
    fn link_targets(&self, table: &FileTable) -> HashMap<FileId, NodeId> {
        table
            .ids()
            .filter(|id| table.record(*id).kind == FileKind::HardLink)
            .filter_map(|id| Some((id, find(&self.builder, table.link(id))?)))
            .collect()
    }

    fn lay_entry(
        &mut self,
        layer: usize,
        id: FileId,
        parent: NodeId,
        targets: &HashMap<FileId, NodeId>,
    ) -> Option<NodeId> {
        let table = self.layers[layer];
        let record = table.record(id);
        let below = self.builder.child(parent, table.name(id));
        match record.kind {
            FileKind::Whiteout => {
                if let Some(below) = below {
                    let mut removed = 0;
                    self.builder.remove(below, &mut |gone| {
                        removed += u64::from(gone.kind != FileKind::Directory);
                    });
                    self.statistics[layer].removed += removed;
                }
                None
            }
            FileKind::Directory => Some(self.lay_directory(layer, id, parent, below)),
            FileKind::HardLink => {
                let target = targets
                    .get(&id)
                    .copied()
                    .filter(|target| self.builder.get(*target).kind != FileKind::Directory);
                let Some(target) = target else {
                    let detail = format!(
                        "a hard link to /{}, which no layer has; it is missing from the report",
                        plimsoll_model::path::escape(table.link(id))
                    );
                    self.missing += 1;
                    if self.missing <= MAX_TOLD {
                        let subject = table.path(id).to_string();
                        self.problems.push(Problem::new("hard-link-target-missing", subject, detail));
                    }
                    return None;
                };
                let node = self.lay_file(layer, id, parent, below);
                self.builder.link_to(node, target);
                Some(node)
            }
            _ => Some(self.lay_file(layer, id, parent, below)),
        }
    }

    fn lay_directory(&mut self, layer: usize, id: FileId, parent: NodeId, below: Option<NodeId>) -> NodeId {
        let table = self.layers[layer];
        let record = table.record(id);
        let own = layer as u16;
        if let Some(below) = below {
            if self.builder.get(below).kind == FileKind::Directory {
                if record.is_opaque() {
                    self.hide_below(below, layer);
                }
                if !record.is_implicit() {
                    self.builder.replace_from(below, table, id, own);
                }
                return below;
            }
            self.statistics[layer].changed += 1;
            self.builder.remove(below, &mut |_| {});
        }
        self.builder.insert_from(parent, table, id, own)
    }

    fn lay_file(&mut self, layer: usize, id: FileId, parent: NodeId, below: Option<NodeId>) -> NodeId {
        let table = self.layers[layer];
        let record = table.record(id);
        match below {
            Some(below) if self.builder.get(below).kind == FileKind::Directory => {
                self.hide_below(below, layer);
                self.builder.remove(below, &mut |_| {});
                self.statistics[layer].added += 1;
            }
            Some(below) => {
                let old = hidden_facts(self.builder.get(below));
                self.builder.remove(below, &mut |_| {});
                self.statistics[layer].changed += 1;
                self.count_rewritten(&old, record);
            }
            None => {
                let again = if self.hidden.is_empty() {
                    None
                } else {
                    table.write_path(id, &mut self.path);
                    self.hidden.remove(&self.path)
                };
                match again {
                    Some(old) => {
                        self.statistics[layer].removed -= 1;
                        self.statistics[layer].changed += 1;
                        self.count_rewritten(&old, record);
                    }
                    None => self.statistics[layer].added += 1,
                }
            }
        }
        self.builder.insert_from(parent, table, id, layer as u16)
    }

    fn count_rewritten(&mut self, old: &Hidden, new: &FileRecord) {
        if old.hash.is_some() && old.hash.as_ref() == new.sha256() {
            self.statistics[usize::from(old.layer)].rewritten_bytes += old.size;
        }
    }

    /// Takes out all below a directory and remembers it, since the same layer may bring it again.
    fn hide_below(&mut self, node: NodeId, layer: usize) {
        let mut gone = Vec::new();
        self.builder.visit_below(node, &mut |below, record| {
            if record.kind != FileKind::Directory {
                gone.push((below, hidden_facts(record)));
            }
        });
        for (below, facts) in gone {
            self.builder.write_path(below, &mut self.path);
            self.hidden.insert(self.path.clone(), facts);
            self.statistics[layer].removed += 1;
        }
        self.builder.remove_children(node, &mut |_| {});
    }
}

fn hidden_facts(record: &FileRecord) -> Hidden {
    let size = if record.is_hard_link() { 0 } else { record.size() };
    Hidden { layer: record.layer, size, hash: record.sha256().copied() }
}

/// Adds up, for each layer, the bytes it brings, those that no longer show, and those that
/// another file holds as well. `merged` must be the tree that the layers merge to.
pub fn count_bytes(layers: &[&FileTable], merged: &FileTable, statistics: &mut [LayerStatistics]) {
    for (table, statistics) in layers.iter().zip(statistics.iter_mut()) {
        for id in table.ids() {
            statistics.content_bytes += content(table.record(id));
        }
    }
    let mut shown = vec![0_u64; layers.len()];
    // Contents that show: which layer has the bytes, what they are, how many.
    let mut contents: Vec<(u16, &[u8; 32], u64)> = Vec::with_capacity(merged.len());
    let mut linked: BTreeSet<(&[u8; 32], u16, u64)> = BTreeSet::new();
    for id in merged.ids() {
        let record = merged.record(id);
        match record.sha256().filter(|_| record.kind == FileKind::File) {
            Some(hash) if record.is_hard_link() => {
                linked.insert((hash, record.layer, record.size()));
            }
            Some(hash) => contents.push((record.layer, hash, record.size())),
            // Too large to be hashed, and yet it shows.
            None => shown[usize::from(record.layer)] += content(record),
        }
    }
    if !linked.is_empty() {
        // A name whose first link is gone, or was written again, still needs the bytes, in the
        // layer that has them.
        let holders = holders(layers, &linked);
        let mut held: HashSet<(&[u8; 32], u16)> =
            contents.iter().map(|(layer, hash, _)| (*hash, *layer)).collect();
        for (hash, layer, size) in linked {
            let below = holders.get(hash).map_or(&[][..], Vec::as_slice);
            let nearest = below.partition_point(|holder| *holder <= layer).checked_sub(1);
            if let Some(holder) = nearest.map(|at| below[at])
                && held.insert((hash, holder))
            {
                contents.push((holder, hash, size));
            }
        }
    }
    // What the lowest layer brings is the original, what comes later a copy.
    contents.sort_by_key(|(layer, ..)| *layer);
    let mut seen: HashSet<&[u8; 32]> = HashSet::with_capacity(contents.len());
    for (layer, hash, size) in contents {
        shown[usize::from(layer)] += size;
        if size > 0 && !seen.insert(hash) {
            statistics[usize::from(layer)].duplicate_bytes += size;
        }
    }
    for (statistics, shown) in statistics.iter_mut().zip(shown) {
        statistics.hidden_bytes = statistics.content_bytes.saturating_sub(shown);
    }
}

/// For each content that hard links show, the layers that have a file of it, the lowest first.
fn holders<'a>(
    layers: &[&'a FileTable],
    linked: &BTreeSet<(&'a [u8; 32], u16, u64)>,
) -> HashMap<&'a [u8; 32], Vec<u16>> {
    let mut holders: HashMap<&[u8; 32], Vec<u16>> =
        linked.iter().map(|(hash, ..)| (*hash, Vec::new())).collect();
    for (layer, table) in layers.iter().enumerate() {
        for id in table.ids() {
            let record = table.record(id);
            let hash = record.sha256().filter(|_| !record.is_hard_link());
            if let Some(known) = hash.and_then(|hash| holders.get_mut(hash))
                && known.last() != Some(&(layer as u16))
            {
                known.push(layer as u16);
            }
        }
    }
    holders
}

const fn content(record: &FileRecord) -> u64 {
    match record.kind {
        FileKind::File if !record.is_hard_link() => record.size(),
        _ => 0,
    }
}
