//! Analyses an image: its layers from the cache or read now, merged, joined.

mod facts;

use std::path::Path;
use std::sync::Arc;

use plimsoll_catalog::{LayerFragment, Pattern, Reader, join, readers};
use plimsoll_image::source::directory::read_directory;
use plimsoll_image::source::place::Place;
use plimsoll_image::source::{Image, ImageLayer, Source};
use plimsoll_image::{count_bytes, merge};
use plimsoll_model::{Analysis, FileKind, FileTable, ImageIdentity, Layer, LayerFacts, PathIndex, Problem};
use plimsoll_store::LayerCache;

use crate::attached::key::VerifyingKey;
use crate::attached::{self, AttachedVex};
use crate::base;
use crate::error::EngineError;
use crate::fragments::Fragments;
use crate::late;
use crate::layers::Reading;
use crate::open::{Settings, open};
use crate::progress::Progress;
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
