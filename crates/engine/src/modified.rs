//! Files that changed since their package was installed. Package databases have digests that the
//! table of files does not have (MD5, SHA-1); the layers are read once more for them, and what
//! that gives is kept with the layer's facts.

use md5::Md5;
use plimsoll_image::source::directory::{is_left_out, read_directory};
use plimsoll_image::source::place::Place;
use plimsoll_image::source::{ImageLayer, Source};
use plimsoll_image::{ContentReader, read_layer};
use plimsoll_model::evidence::{KnownDigests, ModifiedFile, RecordedDigest, WeakDigests, modified};
use plimsoll_model::{
    Analysis, Digest, FileId, FileKind, FileTable, Fragment, LayerFacts, NodeId, ReaderRevision,
};
use sha1::Sha1;
use sha1::digest::Digest as _;

use crate::analyse::{Engine, Purpose, Question};
use crate::error::EngineError;
use crate::layers::{expectation, refresh};
use crate::open::open;
use crate::progress::{Counted, Progress};

/// What fragments with digests are stored under.
const ID: &str = "digests";

/// Which digests are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Wanted {
    md5: bool,
    sha1: bool,
}

impl Wanted {
    /// Stands for the revision of the fragments: what was computed for fewer is computed again.
    fn revision(self) -> u32 {
        u32::from(self.md5) | u32::from(self.sha1) << 1
    }

    /// Both together: what is stored for one kind of image must not be lost to another.
    fn with(self, revision: u32) -> Self {
        Self { md5: self.md5 || revision & 1 != 0, sha1: self.sha1 || revision & 2 != 0 }
    }

    fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

impl Engine {
    /// Analyses the image that the user named, with evidence, and finds its files that changed
    /// since their package was installed. `base` is the image that it was built on, where the user
    /// says so.
    ///
    /// # Errors
    /// [`EngineError`] where the image or one of its layers cannot be had, or the base is not its.
    pub fn modified(
        &self,
        name: &str,
        base: Option<&str>,
        progress: &dyn Progress,
    ) -> Result<(Analysis, Vec<ModifiedFile>), EngineError> {
        let question = Question { base, ..Purpose::Evidence.into() };
        let analysis = self.ask(name, &question, progress)?.analysis;
        let wanted = wanted(&analysis);
        let mut known = KnownDigests { links: links(&analysis, wanted), ..KnownDigests::default() };
        if !wanted.is_nothing() {
            self.digests(name, &analysis, wanted, &mut known, progress)?;
        }
        let mut modified = modified(&analysis, &known);
        if matches!(Place::tell(name), Ok(Place::Directory(_))) {
            modified.retain(|file| !is_left_out(file.recorded.path.as_bytes()));
        }
        Ok((analysis, modified))
    }

    fn digests(
        &self,
        name: &str,
        analysis: &Analysis,
        wanted: Wanted,
        known: &mut KnownDigests,
        progress: &dyn Progress,
    ) -> Result<(), EngineError> {
        let place = Place::tell(name).map_err(|source| EngineError::of_source(name, source))?;
        match &place {
            Place::Directory(root) => {
                let mut digesting = Digesting::new(wanted);
                progress.begin(name, 0);
                let advance = |bytes| progress.advance(bytes);
                let read = read_directory(root, self.settings.threads, true, &mut digesting, &advance);
                progress.end();
                let read = read.map_err(|source| EngineError::of_source(name, source))?;
                learn(&read.files, digesting.finish(&read.places), known);
                Ok(())
            }
            Place::Sbom(_) => Ok(()),
            _ => {
                let opened = open(name, &place, &self.settings, self.cache.as_ref())?;
                self.digests_of_layers(name, opened.source(), analysis, wanted, known, progress)
            }
        }
    }

    /// Computes the digests of the layers that brought a file which has them recorded, as far as
    /// they are not stored.
    fn digests_of_layers(
        &self,
        name: &str,
        source: &dyn Source,
        analysis: &Analysis,
        wanted: Wanted,
        known: &mut KnownDigests,
        progress: &dyn Progress,
    ) -> Result<(), EngineError> {
        let image = source
            .image(self.settings.platform.as_ref())
            .map_err(|source| EngineError::of_source(name, source))?;
        let brings: Vec<bool> = layers_with_recorded(analysis, image.layers.len());
        let mut missing: Vec<&ImageLayer> = Vec::new();
        let mut stored = 0;
        for (layer, _) in image.layers.iter().zip(brings).filter(|(_, brings)| *brings) {
            if missing.iter().any(|other| other.digest == layer.digest) {
                continue;
            }
            match self.cache.as_ref().and_then(|cache| cache.layer(&layer.digest, true)) {
                Some(facts) if has(&facts, wanted) => learn(&facts.files, facts.fragments, known),
                other => {
                    stored |= other.as_ref().and_then(revision_of).unwrap_or_default();
                    missing.push(layer);
                }
            }
        }
        let wanted = wanted.with(stored);
        if missing.is_empty() {
            return Ok(());
        }
        progress.begin(name, missing.iter().map(|layer| layer.size).sum());
        let mut failed = None;
        let mut read = |layer: &ImageLayer, blob: Box<dyn std::io::Read + Send + '_>| match digest_layer(
            Counted { inner: blob, progress },
            layer,
            wanted,
        ) {
            Ok(fresh) => {
                learn(&fresh.files, fresh.fragments.clone(), known);
                self.store(&layer.digest, fresh);
            }
            Err(source) => {
                failed.get_or_insert(EngineError::of_layer(name, &layer.digest, source));
            }
        };
        let outcome = source.stream_layers(&missing, &mut |layer, blob| read(layer, blob));
        progress.end();
        outcome.map_err(|source| EngineError::of_source(name, source))?;
        failed.map_or(Ok(()), Err)
    }

    /// Puts digests beside what is stored of a layer. Where nothing is, or nothing can be written,
    /// they are computed again next time.
    fn store(&self, digest: &Digest, fresh: LayerFacts) {
        let Some(cache) = &self.cache else { return };
        if let Some(old) = cache.layer(digest, true) {
            let _ = cache.store_layer(digest, &refresh(old, fresh));
        }
    }
}

/// Which digests the package databases have that the table of files does not.
fn wanted(analysis: &Analysis) -> Wanted {
    let recorded = analysis.evidence.iter().flat_map(|evidence| &evidence.recorded);
    recorded.filter(|recorded| recorded.file.is_some()).fold(Wanted::default(), |wanted, recorded| Wanted {
        md5: wanted.md5 || matches!(recorded.digest, Some(RecordedDigest::Md5(_))),
        sha1: wanted.sha1 || matches!(recorded.digest, Some(RecordedDigest::Sha1(_))),
    })
}

/// Which layers brought a file whose recorded digest must be computed.
fn layers_with_recorded(analysis: &Analysis, count: usize) -> Vec<bool> {
    let mut brings = vec![false; count];
    for recorded in analysis.evidence.iter().flat_map(|evidence| &evidence.recorded) {
        if let Some(file) = recorded.file
            && matches!(recorded.digest, Some(RecordedDigest::Md5(_) | RecordedDigest::Sha1(_)))
            && let Some(brings) = brings.get_mut(usize::from(analysis.files.record(file).layer))
        {
            *brings = true;
        }
    }
    brings
}

/// The digests of links' targets, of those that have one recorded.
fn links(analysis: &Analysis, wanted: Wanted) -> std::collections::HashMap<FileId, WeakDigests> {
    let recorded = analysis.evidence.iter().flat_map(|evidence| &evidence.recorded);
    recorded
        .filter(|recorded| recorded.digest.is_some())
        .filter_map(|recorded| recorded.file)
        .filter(|file| analysis.files.record(*file).kind == FileKind::Symlink)
        .map(|file| {
            let mut hashing = Hashing::new(wanted);
            hashing.update(analysis.files.link(file));
            (file, hashing.finish())
        })
        .collect()
}

fn has(facts: &LayerFacts, wanted: Wanted) -> bool {
    revision_of(facts).is_some_and(|stored| stored & wanted.revision() == wanted.revision())
}

/// For which digests a layer was read.
fn revision_of(facts: &LayerFacts) -> Option<u32> {
    facts.revisions.iter().find(|revision| revision.reader == ID).map(|stored| stored.revision)
}

/// Takes digests from fragments.
fn learn(files: &FileTable, fragments: Vec<Fragment>, known: &mut KnownDigests) {
    for fragment in fragments.into_iter().filter(|fragment| fragment.reader == ID) {
        if let (Some(sha256), Ok(digests)) =
            (files.record(fragment.file).sha256(), postcard::from_bytes(&fragment.payload))
        {
            known.contents.insert(*sha256, digests);
        }
    }
}

fn digest_layer(
    blob: impl std::io::Read + Send,
    layer: &ImageLayer,
    wanted: Wanted,
) -> Result<LayerFacts, plimsoll_image::LayerError> {
    let mut digesting = Digesting::new(wanted);
    let read = read_layer(blob, &expectation(layer, true), &mut digesting)?;
    let revision = ReaderRevision { reader: ID.to_owned(), revision: wanted.revision(), is_on_demand: true };
    Ok(LayerFacts {
        fragments: digesting.finish(&read.places),
        files: read.files,
        revisions: vec![revision],
        ..LayerFacts::default()
    })
}

/// Digests of one content, while it passes.
#[derive(Debug)]
struct Hashing {
    md5: Option<Md5>,
    sha1: Option<Sha1>,
}

impl Hashing {
    fn new(wanted: Wanted) -> Self {
        Self { md5: wanted.md5.then(Md5::new), sha1: wanted.sha1.then(Sha1::new) }
    }

    fn update(&mut self, bytes: &[u8]) {
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        if let Some(sha1) = &mut self.sha1 {
            sha1.update(bytes);
        }
    }

    fn finish(self) -> WeakDigests {
        WeakDigests {
            md5: self.md5.map(|md5| md5.finalize().into()),
            sha1: self.sha1.map(|sha1| sha1.finalize().into()),
        }
    }
}

/// Computes the digests of every file of a layer.
#[derive(Debug)]
struct Digesting {
    wanted: Wanted,
    current: Hashing,
    made: Vec<(NodeId, WeakDigests)>,
}

impl Digesting {
    fn new(wanted: Wanted) -> Self {
        Self { wanted, current: Hashing::new(wanted), made: Vec::new() }
    }

    fn finish(self, places: &[Option<FileId>]) -> Vec<Fragment> {
        let mut fragments: Vec<Fragment> = self
            .made
            .into_iter()
            .filter_map(|(node, digests)| {
                let file = (*places.get(node.index())?)?;
                let payload = postcard::to_allocvec(&digests).ok()?;
                Some(Fragment { reader: ID.to_owned(), file, payload })
            })
            .collect();
        fragments.sort_by_key(|fragment| fragment.file);
        fragments
    }
}

impl ContentReader for Digesting {
    fn wants(&mut self, _: &[u8], _: u64, _: &[u8]) -> bool {
        self.current = Hashing::new(self.wanted);
        true
    }

    fn piece(&mut self, piece: &[u8]) {
        self.current.update(piece);
    }

    fn end(&mut self, node: NodeId, _: &[u8]) {
        let done = std::mem::replace(&mut self.current, Hashing::new(self.wanted));
        self.made.push((node, done.finish()));
    }
}
