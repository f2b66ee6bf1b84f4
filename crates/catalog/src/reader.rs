//! The contract between the pass over a layer and whoever makes facts of its files.

use plimsoll_model::{Distribution, Evidence, FileId, Package, PathIndex, Problem};

use crate::claim::Claim;
use crate::content::{Content, Scratch};

/// What an extension is, for help, reference pages and error messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doc {
    /// Stable kebab-case id.
    pub id: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What it reads, what it keeps, and what it cannot know. Plain paragraphs.
    pub explanation: &'static str,
}

/// Makes facts of the files that it claims.
///
/// During the pass over a layer, [`Self::read`] sees one file at a time and answers with a
/// fragment in an encoding of its own. When layers are merged, [`Self::join`] sees the fragments
/// of all layers and the merged tree. Both are pure functions of what they are handed.
pub trait Reader: Sync + std::fmt::Debug {
    /// What it is.
    fn doc(&self) -> &'static Doc;

    /// Goes up whenever [`Self::read`] would write something else for the same bytes, so that
    /// cached fragments go stale.
    fn revision(&self) -> u32;

    /// The files that it wants.
    fn claims(&self) -> &'static [Claim];

    /// Makes a fragment of one regular file; `None` where there is nothing to keep. Damage goes
    /// to `problems`, and what could be read is kept all the same.
    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>>;

    /// How many bytes of a file are kept in memory for it. A larger one, up to its claim's limit,
    /// is kept in an unnamed file and goes to [`Self::read_by_position`].
    fn memory(&self) -> u64 {
        u64::MAX
    }

    /// Like [`Self::read`], of a file that is too large for memory. Only a reader whose
    /// [`Self::memory`] is bounded is asked.
    fn read_by_position(
        &self,
        path: &[u8],
        content: &dyn Content,
        scratch: &dyn Scratch,
        problems: &mut Vec<Problem>,
    ) -> Option<Vec<u8>> {
        let _ = (path, content, scratch, problems);
        None
    }

    /// What is kept of a file that it claims by name and that is larger than the claim's limit.
    /// Without an answer, it is told as a problem that the file is missing from the report.
    fn too_large(&self, _path: &[u8], _size: u64) -> Option<Vec<u8>> {
        None
    }

    /// The most bytes of fragments that it keeps of one layer.
    fn layer_limit(&self) -> u64 {
        u64::MAX
    }

    /// What is kept of a file whose fragment would go beyond [`Self::layer_limit`].
    fn beyond_layer_limit(&self) -> Option<Vec<u8>> {
        None
    }

    /// Whether what it joins is evidence that most questions do without, so that it is joined only
    /// when evidence is asked for. Its fragments are kept all the same.
    fn is_on_demand(&self) -> bool {
        false
    }

    /// Makes facts about the image of the fragments of all its layers.
    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined);
}

/// One fragment with its place among the layers.
#[derive(Debug, Clone, Copy)]
pub struct LayerFragment<'a> {
    /// Which layer, counted from the lowest.
    pub layer: u32,
    /// The normal path of the file that it was made of.
    pub path: &'a [u8],
    /// The file in the merged tree, where this very file still shows; `None` where a later
    /// layer removed or replaced it.
    pub file: Option<FileId>,
    /// What [`Reader::read`] wrote.
    pub payload: &'a [u8],
}

/// What [`Reader::join`] sees: its own fragments, in layer order and then file order, and the
/// merged tree.
#[derive(Debug)]
pub struct LayeredImage<'a> {
    /// The fragments of one reader.
    pub fragments: &'a [LayerFragment<'a>],
    /// The merged tree.
    pub files: &'a PathIndex<'a>,
}

/// A file that the merged tree still shows, and what was made of it.
#[derive(Debug, Clone, Copy)]
pub struct ShownFragment<'a> {
    /// The file in the merged tree.
    pub file: FileId,
    /// Its normal path.
    pub path: &'a [u8],
    /// What [`Reader::read`] wrote.
    pub payload: &'a [u8],
    /// The lowest layer from which on every version of the file says the same.
    pub layer: u32,
}

impl<'a> LayeredImage<'a> {
    /// The fragments of the files that still show, in path order.
    #[must_use]
    pub fn shown(&self) -> Vec<ShownFragment<'a>> {
        let mut fragments: Vec<&LayerFragment<'a>> = self.fragments.iter().collect();
        fragments.sort_by(|left, right| left.path.cmp(right.path).then(left.layer.cmp(&right.layer)));
        let versions = fragments.chunk_by(|left, right| left.path == right.path);
        versions
            .filter_map(|versions| {
                let last = versions.last()?;
                let alike = versions.iter().rev().take_while(|version| version.payload == last.payload);
                let layer = alike.last().map_or(last.layer, |version| version.layer);
                Some(ShownFragment { file: last.file?, path: last.path, payload: last.payload, layer })
            })
            .collect()
    }
}

/// What the readers have found so far. Each adds to it; [`evidence::ALL`](crate::evidence::ALL)
/// goes first, so ecosystems know the distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Joined {
    /// Which distribution.
    pub distribution: Option<Distribution>,
    /// Packages, in any order.
    pub packages: Vec<Package>,
    /// Which package (an index into `packages`) lists which file, in any order.
    pub owned: Vec<(FileId, u32)>,
    /// Whether evidence is asked for: what packages record of their files belongs to it.
    pub with_evidence: bool,
    /// What readers that are [on demand](Reader::is_on_demand) found, and recorded files.
    pub evidence: Evidence,
    /// Damage that shows only when layers meet.
    pub problems: Vec<Problem>,
}

/// Every reader there is, in the order in which they are joined.
#[must_use]
pub fn readers() -> Vec<&'static dyn Reader> {
    let evidence = crate::evidence::ALL.iter().copied();
    let ecosystems = crate::ecosystem::ALL.iter().flat_map(|ecosystem| ecosystem.readers().iter().copied());
    let late = crate::ecosystem::ALL.iter().flat_map(|ecosystem| ecosystem.late_readers().iter().copied());
    evidence.chain(ecosystems).chain(late).collect()
}

/// Hands the fragments of the reader at a position to whoever joins them, and may let them go then.
pub type Lend<'a> = &'a mut dyn FnMut(usize, &mut dyn FnMut(&[LayerFragment<'_>]));

/// Joins the fragments of all readers, of those on demand only `with_evidence`. `lend` is asked once
/// for each reader, in their order; packages come back in listing order and ownership sorted.
#[must_use]
pub fn join(
    readers: &[&'static dyn Reader],
    files: &PathIndex<'_>,
    with_evidence: bool,
    lend: Lend<'_>,
) -> Joined {
    let mut joined = Joined { with_evidence, ..Joined::default() };
    for (position, reader) in readers.iter().enumerate() {
        if !reader.is_on_demand() || with_evidence {
            lend(position, &mut |fragments| {
                reader.join(&LayeredImage { fragments, files }, &mut joined);
            });
        }
    }
    sort(&mut joined);
    joined
}

fn sort(joined: &mut Joined) {
    let mut order: Vec<u32> = (0..joined.packages.len() as u32).collect();
    order.sort_by(|left, right| {
        joined.packages[*left as usize].listing_order(&joined.packages[*right as usize])
    });
    let mut place = vec![0_u32; order.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old as usize] = new as u32;
    }
    let mut packages: Vec<Option<Package>> =
        std::mem::take(&mut joined.packages).into_iter().map(Some).collect();
    joined.packages = order.iter().filter_map(|old| packages[*old as usize].take()).collect();
    for (_, package) in &mut joined.owned {
        *package = place[*package as usize];
    }
    for recorded in &mut joined.evidence.recorded {
        recorded.package = place[recorded.package as usize];
    }
    joined.owned.sort_unstable();
    joined.owned.dedup();
    joined.problems.sort();
    joined.problems.dedup();
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Claims;

    /// Fragments find their reader by it when layers are merged.
    #[test]
    fn no_two_readers_have_the_same_id() {
        let mut seen = BTreeSet::new();
        for reader in readers() {
            assert!(seen.insert(reader.doc().id), "{} is the id of two readers", reader.doc().id);
        }
    }

    #[test]
    fn a_script_that_is_claimed_by_its_name_and_by_its_place_is_read_once() {
        let readers = readers();
        let mut found = Vec::new();
        Claims::compile(&readers).find(b"docker-entrypoint.d/docker-entrypoint.sh", &mut found);
        let ids: Vec<&str> = found.iter().map(|claim| readers[claim.reader].doc().id).collect();
        assert_eq!(ids.iter().filter(|id| **id == "texts").count(), 1, "{ids:?}");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    }
}
