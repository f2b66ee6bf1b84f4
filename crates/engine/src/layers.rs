//! From a layer's bytes to its facts: the pass of `image` with the readers of `catalog`.

use std::io::Read;

use plimsoll_catalog::executable::Excerpt;
use plimsoll_catalog::{ClaimId, Claims, Reader};
use plimsoll_image::source::ImageLayer;
use plimsoll_image::{ContentReader, LayerError, LayerExpectation, read_layer};
use plimsoll_model::{FileId, FileTable, Fragment, LayerFacts, NodeId, Problem, ReaderRevision, path};

use crate::late::{self, Late};
use crate::spool::{Spool, Spooled};

/// Offers the contents of files to the readers that claim them, and keeps what they make.
pub(crate) struct Reading<'a> {
    readers: &'a [&'static dyn Reader],
    claims: Claims,
    /// Who wants the file at hand by its name, and its content, kept whole for them.
    found: Vec<ClaimId>,
    content: Vec<u8>,
    /// Who wants it by its name and reads it by position, since it is too large for memory.
    found_large: Vec<ClaimId>,
    spool: &'a Spool,
    spooled: Option<Spooled<'a>>,
    /// Who wants it because it is text, of which they get no more than their limit.
    found_as_text: Vec<ClaimId>,
    /// How much of the file is kept in `content`.
    room: usize,
    /// Who wants it by how it begins, and what is kept for them.
    found_by_magic: Vec<ClaimId>,
    excerpt: Excerpt,
    /// What readers keep of it though it is too large for them.
    too_large: Vec<(usize, Vec<u8>)>,
    made: Vec<(usize, NodeId, Vec<u8>)>,
    /// Bytes that each reader has made.
    made_bytes: Vec<u64>,
    problems: Vec<Problem>,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(readers: &'a [&'static dyn Reader], spool: &'a Spool) -> Self {
        Self {
            readers,
            claims: Claims::compile(readers),
            found: Vec::new(),
            content: Vec::new(),
            found_large: Vec::new(),
            spool,
            spooled: None,
            found_as_text: Vec::new(),
            room: 0,
            found_by_magic: Vec::new(),
            excerpt: Excerpt::default(),
            too_large: Vec::new(),
            made: Vec::new(),
            made_bytes: vec![0; readers.len()],
            problems: Vec::new(),
        }
    }

    /// The fragments and problems, once it is known where the files went, and the names that are to
    /// be read late.
    pub(crate) fn finish(
        mut self,
        files: &FileTable,
        places: &[Option<FileId>],
    ) -> (Vec<Fragment>, Vec<Problem>, Vec<Late>) {
        let mut fragments: Vec<(FileId, usize, Vec<u8>)> = self
            .made
            .iter_mut()
            // A file that a later entry of its own layer replaced says nothing about the image.
            .filter_map(|(reader, node, payload)| {
                let file = (*places.get(node.index())?)?;
                Some((file, *reader, std::mem::take(payload)))
            })
            .collect();
        fragments.sort_by_key(|(file, reader, _)| (*file, *reader));
        let late = late::find(files, self.readers, &mut self.claims, &mut self.problems);
        let fragments = fragments
            .into_iter()
            .map(|(file, reader, payload)| Fragment {
                reader: self.readers[reader].doc().id.to_owned(),
                file,
                payload,
            })
            .collect();
        (fragments, self.problems, late)
    }
}

impl ContentReader for Reading<'_> {
    fn wants(&mut self, name: &[u8], size: u64, first: &[u8]) -> bool {
        self.claims.find(name, &mut self.found);
        let Self { found, problems, readers, too_large, .. } = self;
        too_large.clear();
        found.retain(|claim| {
            let fits = size <= claim.limit;
            if fits {
                return true;
            }
            if let Some(payload) = readers[claim.reader].too_large(name, size) {
                too_large.push((claim.reader, payload));
            } else {
                let detail = format!(
                    "it has {size} bytes, more than the {} that the {} reader takes; what it holds is missing from the report",
                    claim.limit,
                    readers[claim.reader].doc().title
                );
                problems.push(Problem::new("file-too-large", format!("/{}", path::escape(name)), detail));
            }
            false
        });
        self.content.clear();
        self.claims.find_magic(first, &mut self.found_by_magic);
        let found = &self.found;
        let too_large = &self.too_large;
        self.found_by_magic.retain(|claim| {
            found.iter().all(|other| other.reader != claim.reader)
                && too_large.iter().all(|(reader, _)| *reader != claim.reader)
        });
        let readers = self.readers;
        let is_large = |claim: &mut ClaimId| size > readers[claim.reader].memory();
        self.found_large = self.found.extract_if(.., is_large).collect();
        self.spooled = (!self.found_large.is_empty()).then(|| self.spool.begin());
        if !self.found_by_magic.is_empty() {
            self.excerpt.begin(size);
        }
        self.claims.find_text(first, &mut self.found_as_text);
        let (found, large, by_magic) = (&self.found, &self.found_large, &self.found_by_magic);
        let too_large = &self.too_large;
        self.found_as_text.retain(|claim| {
            found.iter().chain(large).chain(by_magic).all(|other| other.reader != claim.reader)
                && too_large.iter().all(|(reader, _)| *reader != claim.reader)
        });
        self.room = if self.found.is_empty() {
            let most = self.found_as_text.iter().map(|claim| claim.limit).max().unwrap_or(0);
            usize::try_from(most).unwrap_or(usize::MAX)
        } else {
            usize::MAX
        };
        let is_kept =
            !self.found.is_empty() || !self.found_large.is_empty() || !self.found_as_text.is_empty();
        is_kept || !self.found_by_magic.is_empty() || !self.too_large.is_empty()
    }

    fn piece(&mut self, piece: &[u8]) {
        let room = self.room.saturating_sub(self.content.len());
        if room > 0 {
            self.content.extend_from_slice(piece.get(..room).unwrap_or(piece));
        }
        if let Some(spooled) = &mut self.spooled {
            spooled.push(piece);
        }
        if !self.found_by_magic.is_empty() {
            self.excerpt.push(piece);
        }
    }

    fn end(&mut self, node: NodeId, name: &[u8]) {
        let Self {
            readers,
            found,
            content,
            found_as_text,
            found_by_magic,
            excerpt,
            too_large,
            made,
            made_bytes,
            problems,
            ..
        } = self;
        made.extend(too_large.drain(..).map(|(reader, payload)| (reader, node, payload)));
        let mut offer = |claim: ClaimId, content: &[u8]| {
            let reader = readers[claim.reader];
            let Some(mut payload) = reader.read(name, content, problems) else { return };
            // It stays until all layers are joined, and grew by doubling.
            payload.shrink_to_fit();
            let all = made_bytes[claim.reader].saturating_add(payload.len() as u64);
            if all <= reader.layer_limit() {
                made_bytes[claim.reader] = all;
                made.push((claim.reader, node, payload));
            } else if let Some(payload) = reader.beyond_layer_limit() {
                made.push((claim.reader, node, payload));
            }
        };
        for claim in found.drain(..) {
            offer(claim, content);
        }
        for claim in found_by_magic.drain(..) {
            offer(claim, excerpt.content());
        }
        for claim in found_as_text.drain(..) {
            let limit = usize::try_from(claim.limit).unwrap_or(usize::MAX);
            offer(claim, content.get(..limit).unwrap_or(content));
        }
        self.end_large(node, name);
    }
}

impl Reading<'_> {
    /// Hands the file that was too large for memory to those who want it.
    fn end_large(&mut self, node: NodeId, name: &[u8]) {
        let Some(spooled) = self.spooled.take() else { return };
        let kept = match spooled.finish() {
            Ok(kept) => kept,
            Err(error) => {
                let detail = format!(
                    "it is too large for memory and could not be kept elsewhere while it is read ({error}); what it holds is missing from the report"
                );
                self.problems.push(Problem::new("file-not-read", format!("/{}", path::escape(name)), detail));
                return;
            }
        };
        for claim in self.found_large.drain(..) {
            let reader = self.readers[claim.reader];
            if let Some(payload) = reader.read_by_position(name, &kept, self.spool, &mut self.problems) {
                self.made.push((claim.reader, node, payload));
            }
        }
    }
}

/// What a layer's bytes must turn out to be, by all that its image says of them.
pub(crate) fn expectation(layer: &ImageLayer, read_ahead: bool) -> LayerExpectation {
    LayerExpectation {
        digest: (!layer.is_known_by_diff_id).then(|| layer.digest.clone()),
        size: (layer.size > 0).then_some(layer.size),
        diff_id: layer.diff_id.clone(),
        read_ahead,
        room: None,
    }
}

/// Reads one layer with the readers given. Gives the names besides that are to be read late.
pub(crate) fn read_facts(
    blob: impl Read + Send,
    expectation: &LayerExpectation,
    readers: &[&'static dyn Reader],
    spool: &Spool,
) -> Result<(LayerFacts, Vec<Late>), LayerError> {
    let mut reading = Reading::new(readers, spool);
    let read = read_layer(blob, expectation, &mut reading)?;
    let (fragments, mut problems, late) = reading.finish(&read.files, &read.places);
    problems.extend(read.problems);
    problems.sort();
    let facts = LayerFacts {
        // Of a stream that is damaged nobody can tell what it unpacks to: reading it again for the
        // same promise would give the same.
        diff_id: read.diff_id.or_else(|| expectation.diff_id.clone()),
        compressed_size: read.compressed_size,
        unpacked_size: read.unpacked_size,
        replaced_size: read.replaced_size,
        files: read.files,
        fragments,
        revisions: revisions(readers),
        problems,
    };
    Ok((facts, late))
}

/// The readers and their revisions, in id order.
pub(crate) fn revisions(readers: &[&'static dyn Reader]) -> Vec<ReaderRevision> {
    let mut revisions: Vec<ReaderRevision> = readers
        .iter()
        .map(|reader| ReaderRevision {
            reader: reader.doc().id.to_owned(),
            revision: reader.revision(),
            is_on_demand: reader.is_on_demand(),
        })
        .collect();
    revisions.sort();
    revisions
}

/// The readers whose part of stored facts is missing or of another revision.
pub(crate) fn stale_readers(facts: &LayerFacts, readers: &[&'static dyn Reader]) -> Vec<&'static dyn Reader> {
    readers
        .iter()
        .copied()
        .filter(|reader| {
            !facts
                .revisions
                .iter()
                .any(|known| known.reader == reader.doc().id && known.revision == reader.revision())
        })
        .collect()
}

/// Puts freshly read fragments of some readers in the place of their stale ones.
pub(crate) fn refresh(old: LayerFacts, fresh: LayerFacts) -> LayerFacts {
    let is_fresh = |id: &str| fresh.revisions.iter().any(|each| each.reader == id);
    let mut fragments = old.fragments;
    fragments.retain(|fragment| !is_fresh(&fragment.reader));
    let mut revisions = old.revisions;
    revisions.retain(|revision| !is_fresh(&revision.reader));
    let mut problems = old.problems;
    problems.extend(fresh.problems);
    problems.sort();
    problems.dedup();
    revisions.extend(fresh.revisions);
    revisions.sort();
    fragments.extend(fresh.fragments);
    fragments.sort_by(|left, right| left.file.cmp(&right.file).then_with(|| left.reader.cmp(&right.reader)));
    LayerFacts { fragments, revisions, problems, files: fresh.files, ..old }
}
