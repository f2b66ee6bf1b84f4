//! Builds a [`FileTable`] from entries in any order, with replacement and removal of subtrees.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::{
    FLAG_HASHED, FLAG_IMPLICIT, FLAG_LINKED, FLAG_OPAQUE, FileId, FileKind, FileRecord, FileTable, Span,
};

const NONE: u32 = u32::MAX;

/// A place in a tree under construction. It stays valid until [`FileTableBuilder::finish`],
/// which says where it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// The root directory.
    pub const ROOT: Self = Self(0);

    /// A small number of its own, for use as an index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What to put at a name.
#[derive(Debug, Clone, Copy)]
pub struct NewFile<'a> {
    /// What kind of file.
    pub kind: FileKind,
    /// Permission bits, the low twelve of `st_mode`.
    pub mode: u16,
    /// Numeric owner.
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// Content size in bytes.
    pub size: u64,
    /// Major and minor number, for devices.
    pub device: (u32, u32),
    /// Modification time, in seconds since 1970, UTC.
    pub modified: i64,
    /// Link target.
    pub link: &'a [u8],
    /// Extended attributes; sorted by name here.
    pub attributes: &'a [(Vec<u8>, Vec<u8>)],
    /// Whether nothing but the need for a parent speaks for this directory.
    pub implicit: bool,
    /// Whether this directory hides the layers below.
    pub opaque: bool,
}

impl NewFile<'_> {
    /// A directory that no entry speaks for: root's, mode 0755, as container engines make it.
    pub const IMPLICIT_DIRECTORY: NewFile<'static> = NewFile {
        kind: FileKind::Directory,
        mode: 0o755,
        uid: 0,
        gid: 0,
        size: 0,
        device: (0, 0),
        modified: 0,
        link: b"",
        attributes: &[],
        implicit: true,
        opaque: false,
    };
}

#[derive(Debug, Clone, Copy)]
struct Node {
    record: FileRecord,
    first_child: u32,
    last_child: u32,
    next_sibling: u32,
    alive: bool,
    /// Whether the children were added in name order, so that they need no sorting.
    in_order: bool,
}

/// A tree under construction. Every operation costs what it touches, whatever the order.
#[derive(Debug)]
pub struct FileTableBuilder {
    arena: Vec<u8>,
    nodes: Vec<Node>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Default for FileTableBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl FileTableBuilder {
    /// A tree with nothing but an implicit root.
    #[must_use]
    pub fn new() -> Self {
        let mut builder = Self {
            arena: Vec::new(),
            nodes: Vec::new(),
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        };
        let record = builder.record(0, Span::default(), &NewFile::IMPLICIT_DIRECTORY);
        builder.nodes.push(Node {
            record,
            first_child: NONE,
            last_child: NONE,
            next_sibling: NONE,
            alive: true,
            in_order: true,
        });
        builder
    }

    /// Makes room for so many more entries, so that nothing has to move while they are added.
    pub fn reserve(&mut self, entries: usize, arena: usize) {
        self.nodes.reserve(entries);
        self.arena.reserve(arena);
        let Self { index, nodes, arena, hasher, .. } = self;
        index.reserve(entries, |&node| hash_node(nodes, arena, hasher, node));
    }

    /// How many places were ever made, removed ones among them: what bounds memory.
    #[must_use]
    pub fn nodes_made(&self) -> usize {
        self.nodes.len()
    }

    /// How many bytes names, links and attributes take so far.
    #[must_use]
    pub fn arena_bytes(&self) -> usize {
        self.arena.len()
    }

    fn span(&mut self, bytes: &[u8]) -> Span {
        let start = self.arena.len() as u32;
        self.arena.extend_from_slice(bytes);
        Span { start, length: bytes.len() as u32 }
    }

    fn record(&mut self, parent: u32, name: Span, file: &NewFile<'_>) -> FileRecord {
        let link = if file.link.is_empty() { Span::default() } else { self.span(file.link) };
        let attributes = if file.attributes.is_empty() {
            Span::default()
        } else {
            let mut sorted: Vec<&(Vec<u8>, Vec<u8>)> = file.attributes.iter().collect();
            sorted.sort();
            let start = self.arena.len() as u32;
            for (name, value) in sorted {
                for field in [name, value] {
                    self.arena.extend_from_slice(&(field.len() as u32).to_le_bytes());
                    self.arena.extend_from_slice(field);
                }
            }
            Span { start, length: self.arena.len() as u32 - start }
        };
        let mut flags = 0;
        if file.implicit {
            flags |= FLAG_IMPLICIT;
        }
        if file.opaque {
            flags |= FLAG_OPAQUE;
        }
        let size_or_device = match file.kind {
            FileKind::Char | FileKind::Block => u64::from(file.device.0) << 32 | u64::from(file.device.1),
            FileKind::Symlink => file.link.len() as u64,
            _ => file.size,
        };
        FileRecord {
            parent,
            subtree_end: 0,
            name,
            link,
            attributes,
            size_or_device,
            modified: file.modified,
            uid: file.uid,
            gid: file.gid,
            mode: file.mode & 0o7777,
            kind: file.kind,
            flags,
            layer: 0,
            hash: [0; 32],
        }
    }

    fn hash(&self, parent: NodeId, name: &[u8]) -> u64 {
        self.hasher.hash_one((parent.0, name))
    }

    fn name_of(&self, node: u32) -> &[u8] {
        let span = self.nodes[node as usize].record.name;
        &self.arena[span.start as usize..(span.start + span.length) as usize]
    }

    /// The name of a node; empty for the root.
    #[must_use]
    pub fn name(&self, node: NodeId) -> &[u8] {
        self.name_of(node.0)
    }

    /// The entry called `name` in directory `parent`.
    #[must_use]
    pub fn child(&self, parent: NodeId, name: &[u8]) -> Option<NodeId> {
        let hash = self.hash(parent, name);
        self.index
            .find(hash, |&node| {
                self.nodes[node as usize].record.parent == parent.0 && self.name_of(node) == name
            })
            .map(|&node| NodeId(node))
    }

    /// The facts about a node so far.
    #[must_use]
    pub fn get(&self, node: NodeId) -> &FileRecord {
        &self.nodes[node.index()].record
    }

    /// The directory that a node lies in; the root lies in itself.
    #[must_use]
    pub fn parent(&self, node: NodeId) -> NodeId {
        NodeId(self.nodes[node.index()].record.parent)
    }

    /// Writes the normal path of a node into `path`, which is cleared first.
    pub fn write_path(&self, node: NodeId, path: &mut Vec<u8>) {
        path.clear();
        let mut at = node;
        // Backwards, then turned round: names come leaf first.
        while at != NodeId::ROOT {
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend(self.name(at).iter().rev());
            at = self.parent(at);
        }
        path.reverse();
    }

    /// Calls `visit` for everything that lies in a directory, at any depth, in no order.
    pub fn visit_below(&self, node: NodeId, visit: &mut dyn FnMut(NodeId, &FileRecord)) {
        let mut pending = vec![self.nodes[node.index()].first_child];
        while let Some(mut at) = pending.pop() {
            while at != NONE {
                let current = &self.nodes[at as usize];
                if current.alive {
                    visit(NodeId(at), &current.record);
                    pending.push(current.first_child);
                }
                at = current.next_sibling;
            }
        }
    }

    /// A node's link target.
    #[must_use]
    pub fn link(&self, node: NodeId) -> &[u8] {
        let span = self.get(node).link;
        &self.arena[span.start as usize..(span.start + span.length) as usize]
    }

    /// Whether a node is still part of the tree.
    #[must_use]
    pub fn is_alive(&self, node: NodeId) -> bool {
        self.nodes[node.index()].alive
    }

    /// Puts a new entry into directory `parent`. The name must not be taken: see [`Self::child`].
    pub fn insert(&mut self, parent: NodeId, name: &[u8], file: &NewFile<'_>) -> NodeId {
        let span = self.span(name);
        let record = self.record(parent.0, span, file);
        self.link_in(parent, record)
    }

    fn link_in(&mut self, parent: NodeId, record: FileRecord) -> NodeId {
        let id = self.nodes.len() as u32;
        let last = self.nodes[parent.index()].last_child;
        self.nodes.push(Node {
            record,
            first_child: NONE,
            last_child: NONE,
            next_sibling: NONE,
            alive: true,
            in_order: true,
        });
        if last == NONE {
            self.nodes[parent.index()].first_child = id;
        } else {
            self.nodes[last as usize].next_sibling = id;
            if self.name_of(last) >= self.name_of(id) {
                self.nodes[parent.index()].in_order = false;
            }
        }
        self.nodes[parent.index()].last_child = id;
        let hash = self.hash(parent, self.name_of(id));
        let Self { index, nodes, arena, hasher, .. } = self;
        index.insert_unique(hash, id, |&node| hash_node(nodes, arena, hasher, node));
        NodeId(id)
    }

    /// Copies an entry of a finished table into directory `parent`, under its own name, as
    /// brought by `layer`.
    pub fn insert_from(&mut self, parent: NodeId, table: &FileTable, id: FileId, layer: u16) -> NodeId {
        let record = self.copy_record(table, id, parent.0, layer);
        self.link_in(parent, record)
    }

    /// Replaces the facts about a node by those of an entry of a finished table; what lies below
    /// the node stays.
    pub fn replace_from(&mut self, node: NodeId, table: &FileTable, id: FileId, layer: u16) {
        let old = self.nodes[node.index()].record;
        let record = self.copy_record(table, id, old.parent, layer);
        self.nodes[node.index()].record = FileRecord { name: old.name, ..record };
    }

    fn copy_record(&mut self, table: &FileTable, id: FileId, parent: u32, layer: u16) -> FileRecord {
        let source = table.record(id);
        let mut copy = |span: Span| {
            if span.length == 0 { Span::default() } else { self.span(table.bytes(span)) }
        };
        let (name, link, attributes) = (copy(source.name), copy(source.link), copy(source.attributes));
        FileRecord { parent, name, link, attributes, layer, ..*source }
    }

    /// Replaces the facts about a node; what lies below it stays.
    pub fn replace(&mut self, node: NodeId, file: &NewFile<'_>) {
        let old = self.nodes[node.index()].record;
        let record = self.record(old.parent, old.name, file);
        self.nodes[node.index()].record = FileRecord { layer: old.layer, ..record };
    }

    /// Makes `node` another name of `target`: same facts, same content.
    pub fn link_to(&mut self, node: NodeId, target: NodeId) {
        let own = self.nodes[node.index()].record;
        let target = self.nodes[target.index()].record;
        self.nodes[node.index()].record = FileRecord {
            parent: own.parent,
            name: own.name,
            layer: own.layer,
            flags: target.flags | FLAG_LINKED,
            ..target
        };
    }

    /// Says what a regular file's content hashes to.
    pub fn set_sha256(&mut self, node: NodeId, hash: [u8; 32]) {
        let record = &mut self.nodes[node.index()].record;
        record.hash = hash;
        record.flags |= FLAG_HASHED;
    }

    /// Says that a directory hides whatever the layers below have at its path.
    pub fn set_opaque(&mut self, node: NodeId) {
        self.nodes[node.index()].record.flags |= FLAG_OPAQUE;
    }

    /// Takes out what lies below a directory, calling `gone` for each entry.
    pub fn remove_children(&mut self, node: NodeId, gone: &mut dyn FnMut(&FileRecord)) {
        let mut pending = Vec::new();
        let mut at = std::mem::replace(&mut self.nodes[node.index()].first_child, NONE);
        self.nodes[node.index()].last_child = NONE;
        self.nodes[node.index()].in_order = true;
        loop {
            while at != NONE {
                let current = self.nodes[at as usize];
                if current.alive {
                    gone(&current.record);
                    self.unlink(at);
                    if current.first_child != NONE {
                        pending.push(current.first_child);
                    }
                }
                at = current.next_sibling;
            }
            match pending.pop() {
                Some(next) => at = next,
                None => return,
            }
        }
    }

    /// Takes out an entry and all below it, calling `gone` for each.
    pub fn remove(&mut self, node: NodeId, gone: &mut dyn FnMut(&FileRecord)) {
        self.remove_children(node, gone);
        gone(&self.nodes[node.index()].record);
        self.unlink(node.0);
    }

    fn unlink(&mut self, node: u32) {
        let parent = NodeId(self.nodes[node as usize].record.parent);
        let hash = self.hash(parent, self.name_of(node));
        if let Ok(entry) = self.index.find_entry(hash, |&other| other == node) {
            entry.remove();
        }
        self.nodes[node as usize].alive = false;
    }

    /// The finished table, and for each node where it went (`None` where it was removed).
    #[must_use]
    pub fn finish(mut self) -> (FileTable, Vec<Option<FileId>>) {
        let mut records: Vec<FileRecord> = Vec::with_capacity(self.nodes.len());
        let mut places = vec![None; self.nodes.len()];
        let mut children: Vec<u32> = Vec::new();
        // Each frame is a finished directory's place and the range of its children still to come.
        let mut stack: Vec<(u32, Vec<u32>)> = Vec::new();
        let mut root = self.nodes[0].record;
        root.parent = 0;
        records.push(root);
        places[0] = Some(FileId::ROOT);
        stack.push((0, self.sorted_children(0, &mut children)));
        while let Some((place, rest)) = stack.last_mut() {
            let Some(node) = rest.pop() else {
                records[*place as usize].subtree_end = records.len() as u32;
                stack.pop();
                continue;
            };
            let own = records.len() as u32;
            let mut record = self.nodes[node as usize].record;
            record.parent = *place;
            record.subtree_end = own + 1;
            records.push(record);
            places[node as usize] = Some(FileId(own));
            if self.nodes[node as usize].first_child != NONE {
                let below = self.sorted_children(node, &mut children);
                stack.push((own, below));
            }
        }
        self.arena.shrink_to_fit();
        records.shrink_to_fit();
        (FileTable { arena: self.arena, records }, places)
    }

    /// The live children of a node in reverse name order, to be popped one by one.
    fn sorted_children(&self, node: u32, scratch: &mut Vec<u32>) -> Vec<u32> {
        scratch.clear();
        let mut at = self.nodes[node as usize].first_child;
        while at != NONE {
            let child = &self.nodes[at as usize];
            if child.alive {
                scratch.push(at);
            }
            at = child.next_sibling;
        }
        if !self.nodes[node as usize].in_order {
            scratch.sort_by(|left, right| self.name_of(*left).cmp(self.name_of(*right)));
        }
        scratch.iter().rev().copied().collect()
    }
}

fn hash_node(nodes: &[Node], arena: &[u8], hasher: &DefaultHashBuilder, node: u32) -> u64 {
    let record = &nodes[node as usize].record;
    let name = &arena[record.name.start as usize..(record.name.start + record.name.length) as usize];
    hasher.hash_one((record.parent, name))
}
