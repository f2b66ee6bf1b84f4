//! Files that readers want under a name by which their content does not come: a hard link comes
//! after its content, which passed by under another name. One more pass over the layer, for such
//! layers alone, hands the content out under the names that are wanted.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use plimsoll_catalog::{ClaimId, Claims, Reader};
use plimsoll_image::{ContentReader, LayerError, LayerExpectation, read_layer};
use plimsoll_model::{FileId, FileTable, Fragment, LayerFacts, NodeId, Problem, path};

/// Bytes that are handed to readers in such a pass, in all, an empty file counted as one. A file of a
/// few megabytes may have any number of names, each is read for itself, and what readers keep of
/// them is in memory until the layer is done. A store of a hundred thousand small descriptions has
/// some hundred megabytes.
const MAX_BYTES: u64 = 256 << 20;

/// The code of what is told of a name that was not read.
const NOT_READ: &str = "file-not-read";

/// A name under which a content is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Late {
    /// The path under which the content comes.
    content: Vec<u8>,
    /// The path that is wanted.
    name: Vec<u8>,
    /// The file there, in the layer's table.
    file: FileId,
    /// What the content must be: an archive may hold others under the same path, which it replaced.
    hash: Option<[u8; 32]>,
}

/// Finds the hard links whose names are wanted, and tells that they were not read: what is read
/// late takes that back.
pub(crate) fn find(
    files: &FileTable,
    readers: &[&'static dyn Reader],
    claims: &mut Claims,
    problems: &mut Vec<Problem>,
) -> Vec<Late> {
    let mut wanted: Vec<(FileId, Vec<u8>)> = Vec::new();
    let (mut name, mut found) = (Vec::new(), Vec::new());
    for id in files.ids().filter(|id| files.record(*id).is_hard_link()) {
        files.write_path(id, &mut name);
        claim(readers, claims, &name, &mut found);
        if !found.is_empty() {
            problems.push(Problem::new(
                NOT_READ,
                subject(&name),
                "the layer holds it as a hard link to another name, under which its content was not recognised",
            ));
            wanted.push((id, name.clone()));
        }
    }
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut first: HashMap<[u8; 32], Option<FileId>> =
        wanted.iter().filter_map(|(id, _)| Some((*files.record(*id).sha256()?, None))).collect();
    for id in files.ids() {
        let record = files.record(id);
        if let Some(slot @ None) = record.sha256().and_then(|own| first.get_mut(own))
            && !record.is_hard_link()
        {
            *slot = Some(id);
        }
    }
    let late = wanted.into_iter().filter_map(|(file, name)| {
        // What was not hashed, in a root directory, lies under its own name.
        let Some(hash) = files.record(file).sha256() else {
            return Some(Late { content: name.clone(), name, file, hash: None });
        };
        let content = (*first.get(hash)?)?;
        let mut path = Vec::new();
        files.write_path(content, &mut path);
        Some(Late { content: path, name, file, hash: Some(*hash) })
    });
    late.collect()
}

/// The readers that want a name and are not asked for evidence, which is found by content,
/// whatever name it was read under.
fn claim(readers: &[&'static dyn Reader], claims: &mut Claims, name: &[u8], found: &mut Vec<ClaimId>) {
    claims.find(name, found);
    found.retain(|claim| readers.get(claim.reader).is_some_and(|reader| !reader.is_on_demand()));
}

fn subject(name: &[u8]) -> String {
    format!("/{}", path::escape(name))
}

/// Hands contents out under the names that are wanted.
struct Reading<'a> {
    readers: &'a [&'static dyn Reader],
    claims: Claims,
    late: &'a [Late],
    /// The wanted names of each content.
    names: HashMap<&'a [u8], Vec<usize>>,
    /// Who wants the file at hand, under which name.
    found: Vec<(usize, ClaimId)>,
    content: Vec<u8>,
    left: u64,
    made: Vec<(FileId, usize, Vec<u8>)>,
    problems: Vec<Problem>,
    /// Which names were read.
    done: Vec<bool>,
}

impl<'a> Reading<'a> {
    fn new(readers: &'a [&'static dyn Reader], late: &'a [Late]) -> Self {
        let mut names: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (position, each) in late.iter().enumerate() {
            names.entry(&each.content).or_default().push(position);
        }
        Self {
            readers,
            claims: Claims::compile(readers),
            late,
            names,
            found: Vec::new(),
            content: Vec::new(),
            left: MAX_BYTES,
            made: Vec::new(),
            problems: Vec::new(),
            done: vec![false; late.len()],
        }
    }

    /// Notes who wants a content of so many bytes under one of its names, where it may be read.
    fn want(&mut self, position: usize, size: u64) {
        let Some(late) = self.late.get(position).filter(|_| self.done.get(position) == Some(&false)) else {
            return;
        };
        let cost = size.max(1);
        let mut found = Vec::new();
        claim(self.readers, &mut self.claims, &late.name, &mut found);
        let is_small = |claim: &ClaimId| {
            let memory = self.readers.get(claim.reader).map_or(0, |reader| reader.memory());
            size <= claim.limit.min(memory)
        };
        // All of them or none: a name of which one reader knows nothing was not read.
        if found.iter().all(is_small) && cost <= self.left {
            self.left -= cost;
            self.found.extend(found.into_iter().map(|claim| (position, claim)));
        }
    }

    fn offer(&mut self) {
        let own = ring::digest::digest(&ring::digest::SHA256, &self.content);
        for (position, claim) in std::mem::take(&mut self.found) {
            let (Some(late), Some(reader)) = (self.late.get(position), self.readers.get(claim.reader)) else {
                continue;
            };
            if late.hash.is_some_and(|wanted| own.as_ref() != wanted) {
                continue;
            }
            if let Some(mut payload) = reader.read(&late.name, &self.content, &mut self.problems) {
                payload.shrink_to_fit();
                self.made.push((late.file, claim.reader, payload));
            }
            if let Some(done) = self.done.get_mut(position) {
                *done = true;
            }
        }
    }

    /// Adds what was read to the facts of the layer, and takes back that it was not.
    fn amend(self, facts: &mut LayerFacts) {
        let read = self.late.iter().zip(&self.done).filter(|(_, done)| **done);
        let done: HashSet<String> = read.map(|(late, _)| subject(&late.name)).collect();
        facts
            .problems
            .retain(|problem| problem.code.as_str() != NOT_READ || !done.contains(&problem.subject));
        facts.problems.extend(self.problems);
        facts.problems.sort();
        let readers = self.readers;
        facts.fragments.extend(self.made.into_iter().filter_map(|(file, reader, payload)| {
            Some(Fragment { reader: readers.get(reader)?.doc().id.to_owned(), file, payload })
        }));
        facts.fragments.sort_by_key(|fragment| {
            let reader = readers.iter().position(|reader| reader.doc().id == fragment.reader);
            (fragment.file, reader)
        });
    }
}

impl ContentReader for Reading<'_> {
    fn wants(&mut self, name: &[u8], size: u64, _: &[u8]) -> bool {
        self.found.clear();
        self.content.clear();
        for position in self.names.get(name).cloned().unwrap_or_default() {
            self.want(position, size);
        }
        !self.found.is_empty()
    }

    fn piece(&mut self, piece: &[u8]) {
        self.content.extend_from_slice(piece);
    }

    fn end(&mut self, _: NodeId, _: &[u8]) {
        self.offer();
    }
}

/// Reads a layer once more for the names given.
pub(crate) fn read_again(
    blob: impl Read + Send,
    expectation: &LayerExpectation,
    readers: &[&'static dyn Reader],
    late: &[Late],
    facts: &mut LayerFacts,
) -> Result<(), LayerError> {
    let mut reading = Reading::new(readers, late);
    read_layer(blob, expectation, &mut reading)?;
    reading.amend(facts);
    Ok(())
}

/// Reads the names given in a root directory, where each name leads to its content.
pub(crate) fn read_in(root: &Path, readers: &[&'static dyn Reader], late: &[Late], facts: &mut LayerFacts) {
    use std::os::unix::ffi::OsStrExt as _;
    let mut reading = Reading::new(readers, late);
    for (position, each) in late.iter().enumerate() {
        let size = facts.files.record(each.file).size();
        reading.want(position, size);
        reading.content.clear();
        let place = root.join(std::ffi::OsStr::from_bytes(&each.name));
        let read = std::fs::symlink_metadata(&place).is_ok_and(|metadata| metadata.is_file())
            && !reading.found.is_empty()
            && File::open(&place)
                .and_then(|file| file.take(size).read_to_end(&mut reading.content))
                .is_ok_and(|read| read as u64 == size);
        if read {
            reading.offer();
        }
        reading.found.clear();
    }
    reading.amend(facts);
}
