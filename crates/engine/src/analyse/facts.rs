//! The facts about an image's layers: out of the cache, or read now, as many at once as there are
//! cores.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use plimsoll_catalog::Reader;
use plimsoll_image::source::{Image, ImageLayer, Source};
use plimsoll_image::{LayerError, LayerExpectation, Room};
use plimsoll_model::{Digest, FileTable, LayerFacts, Problem};

use super::{Engine, Purpose};
use crate::error::EngineError;
use crate::late::{self, Late};
use crate::layers::{expectation, read_facts, refresh, stale_readers};
use crate::progress::{Counted, Progress};

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
    /// What the layers of one image may take.
    pub(super) fn room(&self) -> Room {
        #[cfg(test)]
        if let Some((entries, names)) = self.most {
            return Room::new(entries, names);
        }
        Room::default()
    }

    /// The facts about every layer, by digest.
    #[expect(clippy::too_many_arguments, reason = "one call, and each is a thing of its own")]
    pub(super) fn layer_facts(
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
    pub(super) fn readers_for(&self, purpose: Purpose) -> Vec<&'static dyn Reader> {
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
}

#[cfg(test)]
mod tests {
    use plimsoll_testing::image_from_text;

    use super::super::{Engine, Purpose};
    use crate::open::Settings;
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
