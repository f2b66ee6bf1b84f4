//! Analyses an image: its layers from the cache or read now, merged, joined.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use plimsoll_catalog::{LayerFragment, Pattern, Reader, join, readers};
use plimsoll_image::source::directory::read_directory;
use plimsoll_image::source::place::Place;
use plimsoll_image::source::{Image, ImageLayer, Source};
use plimsoll_image::{LayerError, LayerExpectation, Room, count_bytes, merge};
use plimsoll_model::{
    Analysis, Digest, FileKind, FileTable, ImageIdentity, Layer, LayerFacts, PathIndex, Problem,
};
use plimsoll_store::LayerCache;

use crate::attached::key::VerifyingKey;
use crate::attached::{self, AttachedVex};
use crate::base;
use crate::error::EngineError;
use crate::fragments::Fragments;
use crate::late::{self, Late};
use crate::layers::{Reading, expectation, read_facts, refresh, stale_readers};
use crate::open::{Settings, open};
use crate::progress::{Counted, Progress};
use crate::spool::Spool;

/// Answers questions about images.
#[derive(Debug)]
pub struct Engine {
    pub(crate) settings: Settings,
    pub(crate) cache: Option<Arc<LayerCache>>,
    readers: Vec<&'static dyn Reader>,
    spool: Spool,
    /// Entries and bytes of names that the layers of an image may have, where a test says so.
    #[cfg(test)]
    most: Option<(usize, usize)>,
}

/// What an analysis is for. It decides only how much of a root directory on this machine is
/// read; the layers of an image are read once and for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// What is installed, and the files by name, size and owner.
    Overview,
    /// The digests of all files as well.
    Digests,
    /// The digests, and what the files say beyond being packages ([`Analysis::evidence`]).
    Evidence,
}

/// What is asked about an image.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What the analysis is for.
    pub purpose: Purpose,
    /// The image that it was built on, where the user says so. It is checked.
    pub base: Option<&'a str>,
    /// Whether to find out what is attached to it where it is kept.
    pub attachments: bool,
    /// The user's key, for verifying signatures of what is attached.
    pub key: Option<&'a VerifyingKey>,
}

impl From<Purpose> for Question<'_> {
    fn from(purpose: Purpose) -> Self {
        Self { purpose, base: None, attachments: false, key: None }
    }
}

/// What is known about an image.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The image.
    pub analysis: Analysis,
    /// VEX documents that are attached to it, where that was asked.
    pub vex: Vec<AttachedVex>,
}

/// What is known of a layer before this run reads any.
enum Known {
    /// Everything.
    Facts(LayerFacts),
    /// Everything but what these readers make of it.
    Stale(LayerFacts, Vec<&'static dyn Reader>),
    /// Nothing.
    Nothing,
}

impl Engine {
    /// An engine with the settings given. Costs nothing until it is asked something.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let cache = settings
            .cache
            .as_ref()
            .map(|directory| Arc::new(LayerCache::new(directory, settings.cache_capacity)));
        let spool = Spool::new(settings.cache.iter().chain(&settings.scratch).cloned());
        Self {
            settings,
            cache,
            readers: readers(),
            spool,
            #[cfg(test)]
            most: None,
        }
    }

    /// The cache, if there is one.
    #[must_use]
    pub fn cache(&self) -> Option<&LayerCache> {
        self.cache.as_deref()
    }

    /// Analyses the image that the user named.
    ///
    /// # Errors
    /// [`EngineError`] where the image or one of its layers cannot be had. Damage inside is told
    /// in [`Analysis::problems`] instead.
    pub fn analyse(
        &self,
        name: &str,
        purpose: Purpose,
        progress: &dyn Progress,
    ) -> Result<Analysis, EngineError> {
        Ok(self.ask(name, &purpose.into(), progress)?.analysis)
    }

    /// Analyses the image that the user named, and answers what else is asked about it.
    ///
    /// # Errors
    /// Those of [`Self::analyse`], and [`EngineError::Base`] where the base named is not the
    /// image's.
    pub fn ask(
        &self,
        name: &str,
        question: &Question<'_>,
        progress: &dyn Progress,
    ) -> Result<Answer, EngineError> {
        let place = Place::tell(name).map_err(|source| EngineError::of_source(name, source))?;
        let without_layers = matches!(place, Place::Directory(_) | Place::Sbom(_));
        if let (true, Some(base)) = (without_layers, question.base) {
            let why = format!("{name} has no layers, so whether it is built on {base} cannot be told");
            return Err(EngineError::Base(why));
        }
        match &place {
            Place::Directory(root) => {
                let analysis = self.analyse_directory(name, root, question.purpose, progress)?;
                Ok(Answer { analysis, vex: Vec::new() })
            }
            Place::Sbom(path) => Ok(Answer { analysis: crate::sbom::read(name, path)?, vex: Vec::new() }),
            _ => {
                let opened = open(name, &place, &self.settings, self.cache.as_ref())?;
                let outcome = self.analyse_image(name, opened.source(), question, progress);
                for notice in opened.notices() {
                    progress.notice(&notice);
                }
                outcome
            }
        }
    }

    fn analyse_image(
        &self,
        name: &str,
        source: &dyn Source,
        question: &Question<'_>,
        progress: &dyn Progress,
    ) -> Result<Answer, EngineError> {
        let image = source
            .image(self.settings.platform.as_ref())
            .map_err(|source| EngineError::of_source(name, source))?;
        let base = match question.base {
            Some(base) => {
                let known = self.documents(base, progress)?;
                Some(base::named(&image, &known).map_err(EngineError::Base)?)
            }
            None => base::recognise(self.cache(), &image),
        };
        let mut problems = Vec::new();
        let room = Arc::new(self.room());
        let facts =
            self.layer_facts(name, source, &image, question.purpose, &room, progress, &mut problems)?;
        let found = if question.attachments { attached::read(source, &image, question.key) } else { None };
        // Only an image whose layers were read and verified is worth remembering.
        if let Some(cache) = self.cache() {
            base::remember(cache, &image);
        }
        let order: Vec<usize> = image
            .layers
            .iter()
            .filter_map(|layer| facts.keys().position(|digest| *digest == layer.digest))
            .collect();
        let facts = facts.into_values().collect();
        let mut analysis = self.assemble(image, facts, &order, question.purpose, problems);
        analysis.base = base;
        let (attachments, vex) = found.map(|found| (found.attachments, found.vex)).unzip();
        analysis.attachments = attachments;
        Ok(Answer { analysis, vex: vex.unwrap_or_default() })
    }

    /// What an image is, without its layers.
    fn documents(&self, name: &str, progress: &dyn Progress) -> Result<Image, EngineError> {
        let place = Place::tell(name).map_err(|source| EngineError::of_source(name, source))?;
        if matches!(place, Place::Directory(_) | Place::Sbom(_)) {
            return Err(EngineError::Base(format!("{name} has no layers, so nothing can be built on it")));
        }
        let opened = open(name, &place, &self.settings, self.cache.as_ref())?;
        let image = opened.source().image(self.settings.platform.as_ref());
        for notice in opened.notices() {
            progress.notice(&notice);
        }
        image.map_err(|source| EngineError::of_source(name, source))
    }

    /// What the layers of one image may take.
    fn room(&self) -> Room {
        #[cfg(test)]
        if let Some((entries, names)) = self.most {
            return Room::new(entries, names);
        }
        Room::default()
    }

    /// The facts about every layer, by digest.
    #[expect(clippy::too_many_arguments, reason = "one call, and each is a thing of its own")]
    fn layer_facts(
        &self,
        name: &str,
        source: &dyn Source,
        image: &Image,
        purpose: Purpose,
        room: &Arc<Room>,
        progress: &dyn Progress,
        problems: &mut Vec<Problem>,
    ) -> Result<BTreeMap<Digest, LayerFacts>, EngineError> {
        let mut known: BTreeMap<Digest, Known> = BTreeMap::new();
        let mut wanted: Vec<&ImageLayer> = Vec::new();
        for (layer, state) in self.look_up(name, image, purpose, room)? {
            if !matches!(state, Known::Facts(_)) {
                wanted.push(layer);
            }
            known.insert(layer.digest.clone(), state);
        }
        let fresh = if wanted.is_empty() {
            BTreeMap::new()
        } else {
            progress.begin(name, wanted.iter().map(|layer| layer.size).sum());
            let fresh = self.read_layers(name, source, &wanted, &known, room, progress);
            progress.end();
            fresh?
        };
        let mut facts = BTreeMap::new();
        let mut fresh = fresh;
        for (digest, state) in known {
            let (whole, new) = match (state, fresh.remove(&digest)) {
                (Known::Facts(facts), _) => (facts, false),
                (Known::Stale(old, _), Some(read)) => (refresh(old, read), true),
                (Known::Nothing, Some(read)) => (read, true),
                // `read_layers` answers for every layer that was wanted, or not at all.
                (_, None) => continue,
            };
            // What could not be read for want of space is read again the next time.
            if let Some(cache) = self.cache.as_ref().filter(|_| new && !self.spool.has_failed())
                && let Err(error) = cache.store_layer(&digest, &whole)
            {
                problems.push(Problem::new(
                    "cache-not-written",
                    cache.directory().display().to_string(),
                    error.to_string(),
                ));
            }
            facts.insert(digest, whole);
        }
        problems.sort();
        problems.dedup();
        Ok(facts)
    }

    /// What the cache knows of each layer, every digest once.
    fn look_up<'a>(
        &self,
        name: &str,
        image: &'a Image,
        purpose: Purpose,
        room: &Room,
    ) -> Result<Vec<(&'a ImageLayer, Known)>, EngineError> {
        let mut layers: Vec<&ImageLayer> = Vec::new();
        for layer in &image.layers {
            if !layers.iter().any(|other| other.digest == layer.digest) {
                layers.push(layer);
            }
        }
        if self.cache.is_none() {
            return Ok(layers.into_iter().map(|layer| (layer, Known::Nothing)).collect());
        }
        let next = AtomicUsize::new(0);
        let found = Mutex::new(Vec::with_capacity(layers.len()));
        let failed = Mutex::new(None);
        let work = || {
            while let Some(layer) = layers.get(next.fetch_add(1, Ordering::Relaxed)) {
                let state = self.known(layer, purpose);
                if let Known::Facts(facts) = &state
                    && let Err(why) = room.take(facts.files.len(), facts.files.arena_bytes())
                {
                    failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| {
                        EngineError::of_layer(name, &layer.digest, LayerError::Room(why))
                    });
                    // Nobody looks at the others then.
                    next.store(layers.len(), Ordering::Relaxed);
                    return;
                }
                found.lock().unwrap_or_else(PoisonError::into_inner).push((*layer, state));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.settings.threads.min(layers.len()) {
                scope.spawn(work);
            }
            work();
        });
        if let Some(cache) = &self.cache {
            cache.release();
        }
        if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.sort_by_key(|(layer, _)| layer.index);
        Ok(found)
    }

    fn known(&self, layer: &ImageLayer, purpose: Purpose) -> Known {
        let with_evidence = purpose == Purpose::Evidence;
        let stored =
            |with_evidence| self.cache.as_ref().and_then(|cache| cache.layer(&layer.digest, with_evidence));
        let Some(facts) = stored(with_evidence) else { return Known::Nothing };
        // An image that promises something else about the same bytes is judged by reading them;
        // one that promises nothing takes them as they are.
        if layer.diff_id.is_some() && facts.diff_id != layer.diff_id {
            return Known::Nothing;
        }
        let asked = self.readers_for(purpose);
        if stale_readers(&facts, &asked).is_empty() {
            return Known::Facts(facts);
        }
        // What is stored anew must be all there is, so what is stale beside it is read anew too.
        let Some(facts) = stored(true) else { return Known::Nothing };
        let stale = stale_readers(&facts, &self.readers);
        // The list of files comes anew with what is read; two of them would be one too many.
        Known::Stale(LayerFacts { files: FileTable::default(), ..facts }, stale)
    }

    /// The readers whose facts a question needs.
    fn readers_for(&self, purpose: Purpose) -> Vec<&'static dyn Reader> {
        let is_needed = |reader: &&dyn Reader| purpose == Purpose::Evidence || !reader.is_on_demand();
        self.readers.iter().copied().filter(is_needed).collect()
    }

    fn read_layers(
        &self,
        name: &str,
        source: &dyn Source,
        wanted: &[&ImageLayer],
        known: &BTreeMap<Digest, Known>,
        room: &Arc<Room>,
        progress: &dyn Progress,
    ) -> Result<BTreeMap<Digest, LayerFacts>, EngineError> {
        let done = Mutex::new(BTreeMap::new());
        let failed = Mutex::new(None);
        let fail = |error: EngineError| {
            failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        };
        let is_failed = || failed.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        let readers_of = |layer: &ImageLayer| -> &[&'static dyn Reader] {
            match known.get(&layer.digest) {
                Some(Known::Stale(_, stale)) => stale,
                _ => &self.readers,
            }
        };
        let late: Mutex<BTreeMap<Digest, Vec<Late>>> = Mutex::default();
        let read = |layer: &ImageLayer, blob: Box<dyn std::io::Read + Send + '_>, read_ahead: bool| {
            let readers = readers_of(layer);
            let expectation =
                LayerExpectation { room: Some(Arc::clone(room)), ..expectation(layer, read_ahead) };
            match read_facts(Counted { inner: blob, progress }, &expectation, readers, &self.spool) {
                Ok((facts, more)) => {
                    if !more.is_empty() {
                        let mut late = late.lock().unwrap_or_else(PoisonError::into_inner);
                        late.insert(layer.digest.clone(), more);
                    }
                    done.lock().unwrap_or_else(PoisonError::into_inner).insert(layer.digest.clone(), facts);
                }
                Err(source) => fail(EngineError::of_layer(name, &layer.digest, source)),
            }
        };
        if source.is_stream() {
            let outcome = source.stream_layers(wanted, &mut |layer, blob| read(layer, blob, true));
            if let Err(source) = outcome {
                fail(EngineError::of_source(name, source));
            }
        } else {
            // The largest first, so that no thread is left with a long one in the end.
            let mut queue: Vec<&ImageLayer> = wanted.to_vec();
            queue.sort_by_key(|layer| (layer.size, layer.index));
            let queue = Mutex::new(queue);
            let threads = self.settings.threads.max(1).min(wanted.len());
            // Cores without a layer of their own inflate for those that have one.
            let read_ahead = self.settings.threads > wanted.len();
            let work = || loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some(layer) = next.filter(|_| !is_failed()) else { return };
                match source.open_layer(layer) {
                    Ok(blob) => read(layer, blob, read_ahead),
                    Err(source) => fail(EngineError::of_source(name, source)),
                }
            };
            std::thread::scope(|scope| {
                for _ in 1..threads {
                    scope.spawn(work);
                }
                work();
            });
        }
        let late = late.into_inner().unwrap_or_else(PoisonError::into_inner);
        if !late.is_empty() && !is_failed() {
            let layers: Vec<&ImageLayer> =
                wanted.iter().copied().filter(|layer| late.contains_key(&layer.digest)).collect();
            let again = source.stream_layers(&layers, &mut |layer, blob| {
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                let (Some(late), Some(facts)) = (late.get(&layer.digest), done.get_mut(&layer.digest)) else {
                    return;
                };
                let readers = readers_of(layer);
                let expectation = expectation(layer, true);
                if let Err(source) = late::read_again(blob, &expectation, readers, late, facts) {
                    fail(EngineError::of_layer(name, &layer.digest, source));
                }
            });
            if let Err(source) = again {
                fail(EngineError::of_source(name, source));
            }
        }
        let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        failed.map_or_else(|| Ok(done.into_inner().unwrap_or_else(PoisonError::into_inner)), Err)
    }

    /// Puts the answer together from the facts about the different layers; `order` has the position
    /// of each of the image's among them.
    fn assemble(
        &self,
        image: Image,
        mut facts: Vec<LayerFacts>,
        order: &[usize],
        purpose: Purpose,
        mut problems: Vec<Problem>,
    ) -> Analysis {
        let with_evidence = purpose == Purpose::Evidence;
        let is_wanted = |reader: &dyn Reader| with_evidence || !reader.is_on_demand();
        let mut fragments = Fragments::take(&mut facts, &self.readers, is_wanted);
        let facts: Vec<&LayerFacts> = order.iter().filter_map(|position| facts.get(*position)).collect();
        let tables: Vec<&FileTable> = facts.iter().map(|facts| &facts.files).collect();
        let mut merged = merge(&tables);
        let mut statistics = std::mem::take(&mut merged.statistics);
        let found = std::mem::take(&mut merged.problems);
        let files = &merged.files;
        let index = files.index();
        let joined = std::thread::scope(|scope| {
            let count = || count_bytes(&tables, files, &mut statistics);
            if self.settings.threads > 1 {
                scope.spawn(count);
            } else {
                let mut count = count;
                count();
            }
            join(&self.readers, &index, with_evidence, &mut |position, with| {
                fragments.lend(position, order, &tables, &merged, &mut |own| {
                    problems.extend(unread(self.readers[position], &index, own));
                    with(own);
                });
            })
        });
        problems
            .extend(image.layers.iter().zip(&facts).filter_map(|(layer, facts)| wrong_size(layer, facts)));
        problems.extend(facts.iter().flat_map(|facts| facts.problems.iter().cloned()));
        problems.extend(found);
        problems.extend(joined.problems);
        problems.sort();
        problems.dedup();
        let layers = image
            .layers
            .into_iter()
            .zip(&facts)
            .zip(statistics)
            .map(|((layer, facts), mut statistics)| {
                statistics.content_bytes += facts.replaced_size;
                statistics.hidden_bytes += facts.replaced_size;
                Layer {
                    digest: layer.digest,
                    diff_id: layer.diff_id,
                    media_type: layer.media_type,
                    compressed_size: if layer.is_known_by_diff_id {
                        layer.size
                    } else {
                        facts.compressed_size
                    },
                    unpacked_size: facts.unpacked_size,
                    instruction: layer.instruction,
                    created: layer.created,
                    statistics,
                }
            })
            .collect();
        Analysis {
            identity: image.identity,
            config: Some(image.config),
            distribution: joined.distribution,
            layers,
            base: None,
            attachments: None,
            history: image.history,
            packages: joined.packages,
            has_files: true,
            files: merged.files,
            ownership: joined.owned,
            part_of: Vec::new(),
            evidence: with_evidence.then_some(joined.evidence),
            problems,
        }
    }

    fn analyse_directory(
        &self,
        name: &str,
        root: &Path,
        purpose: Purpose,
        progress: &dyn Progress,
    ) -> Result<Analysis, EngineError> {
        let readers = self.readers_for(purpose);
        let mut reading = Reading::new(&readers, &self.spool);
        progress.begin(name, 0);
        let read = read_directory(
            root,
            self.settings.threads,
            purpose != Purpose::Overview,
            &mut reading,
            &|bytes| {
                progress.advance(bytes);
            },
        );
        progress.end();
        let read = read.map_err(|source| EngineError::of_source(name, source))?;
        let (fragments, mut problems, late) = reading.finish(&read.files, &read.places);
        problems.extend(read.problems);
        let mut facts = LayerFacts { files: read.files, fragments, problems, ..LayerFacts::default() };
        late::read_in(root, &readers, &late, &mut facts);
        let image = Image {
            identity: ImageIdentity { name: name.to_owned(), ..ImageIdentity::default() },
            ..Image::default()
        };
        let mut analysis = self.assemble(image, vec![facts], &[0], purpose, Vec::new());
        analysis.config = None;
        for package in &mut analysis.packages {
            package.layer = None;
        }
        Ok(analysis)
    }
}

/// What lies where a reader looks, through whatever links, and was not read: a database that is a
/// directory or a pipe, or is kept under a name that nobody claims.
fn unread(reader: &dyn Reader, files: &PathIndex<'_>, own: &[LayerFragment<'_>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    // Evidence says itself what it does not know.
    if reader.is_on_demand() {
        return problems;
    }
    for claim in reader.claims() {
        let Pattern::Path(path) = claim.pattern else { continue };
        let Some(file) = files.follow(path.as_bytes()) else { continue };
        let record = files.table().record(file);
        let is_empty = record.kind == FileKind::File && record.size() == 0;
        if is_empty || own.iter().any(|fragment| fragment.file == Some(file)) {
            continue;
        }
        let real = files.table().path(file);
        let detail = format!(
            "a {} lies here ({real}) that the {} reader did not read; what it may hold is missing from the report",
            record.kind.word(),
            reader.doc().title
        );
        problems.push(Problem::new("file-not-read", format!("/{path}"), detail));
    }
    problems
}

/// What a manifest says of a layer's size where that is not so. The bytes are verified by their
/// digest all the same; engines that hold blobs to both refuse the image.
fn wrong_size(layer: &ImageLayer, facts: &LayerFacts) -> Option<Problem> {
    let stated = layer.size;
    (!layer.is_known_by_diff_id && stated != 0 && stated != facts.compressed_size).then(|| {
        let detail = format!(
            "the manifest says that the layer has {stated} bytes, and it has {}; engines refuse such an image",
            facts.compressed_size
        );
        Problem::new("layer-size-wrong", layer.digest.to_string(), detail)
    })
}

#[cfg(test)]
mod tests {
    use plimsoll_testing::image_from_text;

    use super::*;
    use crate::progress::NoProgress;

    /// Looks at an image of two layers with two files each, where the layers of an image may have
    /// so many entries; with or without knowing the layers already.
    fn check(most: usize, is_known: bool, expect: Option<&str>) {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("image");
        let text = "layer\nfile a \"1\"\nfile b \"2\"\nlayer\nfile c \"3\"\nfile d \"4\"\n";
        image_from_text(text).write_oci_layout(&place).unwrap();
        let settings = || Settings {
            cache: Some(directory.path().join("cache")),
            cache_capacity: u64::MAX,
            threads: 2,
            ..Settings::default()
        };
        let name = format!("oci:{}", place.display());
        if is_known {
            Engine::new(settings()).analyse(&name, Purpose::Overview, &NoProgress).unwrap();
        }
        let engine = Engine { most: Some((most, 1 << 20)), ..Engine::new(settings()) };
        let outcome = engine.analyse(&name, Purpose::Overview, &NoProgress);
        let error = outcome.err().map(|error| error.to_string());
        assert_eq!(error.is_some(), expect.is_some(), "{most} {is_known} {error:?}");
        let fits = error.iter().zip(expect).all(|(error, expect)| error.contains(expect));
        assert!(fits, "{error:?}");
    }

    #[test]
    fn layers_that_are_too_much_together_are_refused_as_they_come() {
        for is_known in [false, true] {
            check(6, is_known, None);
            check(5, is_known, Some("hold more than the 5 entries"));
            check(2, is_known, Some("hold more than the 2 entries"));
        }
    }
}
