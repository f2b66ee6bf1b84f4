//! What is attached to an image where it is kept: one walk for registries and layouts, over the
//! places where tools put such things.
//!
//! * The list of referrers: `/v2/NAME/referrers/DIGEST` (distribution specification 1.1), or the
//!   tag `sha256-HEX` in registries without it ("Referrers Tag Schema").
//! * cosign's tags `sha256-HEX.sig`, `.att` and `.sbom`, which are older than that list.
//! * Attestation manifests that `BuildKit` puts into the image's own index.
//!
//! Lists are hearsay. Every artefact is fetched by its digest, verified, and must itself say that
//! it is attached to this image; only cosign's tags need no more than their name.

use std::collections::BTreeMap;

use plimsoll_model::{AttachmentPlace, Digest, Problem};

use super::{Documents, Image, Root, SourceError, verified};
use crate::limits::{MAX_ATTACHED, MAX_ATTACHED_BLOBS};
use crate::manifest::{Descriptor, Document};

/// The annotation that names the manifest which an attestation of `BuildKit` is about.
pub const BUILDKIT_SUBJECT: &str = "vnd.docker.reference.digest";

/// What cosign's tags end in.
const COSIGN_SUFFIXES: [&str; 3] = ["sig", "att", "sbom"];

/// The annotation by which cosign tells entries of a layout apart (`cosign save`).
const COSIGN_KIND: &str = "kind";

/// Everything that was found, and what could not be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attached {
    /// The artefacts, each once, in the order of places and of each place's own list.
    pub artifacts: Vec<AttachedArtifact>,
    /// Places that did not answer, artefacts that could not be read or are of another image.
    pub problems: Vec<Problem>,
}

/// One artefact, its manifest verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedArtifact {
    /// Digest of its manifest.
    pub digest: Digest,
    /// Media type of its manifest.
    pub media_type: String,
    /// What kind of artefact it says that it is.
    pub artifact_type: Option<String>,
    /// Bytes of its manifest.
    pub size: u64,
    /// Annotations of its manifest, and of the list where that has others.
    pub annotations: BTreeMap<String, String>,
    /// The manifest or index that it is attached to.
    pub subject: Digest,
    /// Where it was found.
    pub place: AttachmentPlace,
    /// Its blobs.
    pub blobs: Vec<Descriptor>,
}

/// What a place lists as attached to a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// The entries, in the list's order.
    pub entries: Vec<Descriptor>,
    /// Why the list was not read to its end, as a sentence; `None` where it was.
    pub cut: Option<&'static str>,
}

/// A place that keeps artefacts beside images.
pub trait Attic: Documents + Sync {
    /// What says of itself that it is attached to a manifest; `None` where the place has no such
    /// list.
    ///
    /// # Errors
    /// [`SourceError`] where the list cannot be had.
    fn referrers(&self, subject: &Digest) -> Result<Option<Listing>, SourceError>;

    /// The document under a tag; `None` where there is no such tag.
    ///
    /// # Errors
    /// [`SourceError`] where it cannot be had.
    fn tagged(&self, tag: &str) -> Result<Option<Root>, SourceError>;
}

/// Whether an entry of a layout is a signature or an attestation that cosign saved.
pub(super) fn is_cosign(entry: &Descriptor) -> bool {
    entry.annotations.get(COSIGN_KIND).is_some_and(|kind| {
        kind.starts_with("dev.cosignproject.cosign/")
            && kind != "dev.cosignproject.cosign/image"
            && kind != "dev.cosignproject.cosign/imageIndex"
    })
}

/// The bytes of an attached blob, verified.
pub(super) fn blob(documents: &dyn Documents, blob: &Descriptor) -> Result<Vec<u8>, SourceError> {
    verified(documents, blob)
}

/// Finds what is attached to an image: to its manifest first, then to the index around it.
pub(super) fn find(attic: &dyn Attic, image: &Image) -> Attached {
    let mut search = Search { attic, asked: 0, found: Attached::default() };
    let identity = &image.identity;
    if let Some(subject) = &identity.manifest_digest {
        search.add_all(&image.attestations, subject, AttachmentPlace::Index);
    }
    let subjects: Vec<&Digest> = identity.manifest_digest.iter().chain(&identity.index_digest).collect();
    // All at once: each is a request of its own to a registry, and most find nothing.
    let looked: Vec<Looked> = std::thread::scope(|scope| {
        let asked: Vec<_> = subjects.iter().map(|subject| Asked::start(scope, attic, subject)).collect();
        asked.into_iter().map(Asked::wait).collect()
    });
    for (subject, looked) in subjects.into_iter().zip(looked) {
        search.take_all(subject, looked);
    }
    let mut found = search.found;
    found.problems.sort();
    found.problems.dedup();
    found
}

/// What the places of one subject answer.
struct Looked {
    listed: Result<(AttachmentPlace, Listing), SourceError>,
    tagged: Vec<Result<Option<Root>, SourceError>>,
}

type Waiting<'a, T> = std::thread::ScopedJoinHandle<'a, Result<T, SourceError>>;

/// The same while the answers are on their way.
struct Asked<'a> {
    listed: Waiting<'a, (AttachmentPlace, Listing)>,
    tagged: Vec<Waiting<'a, Option<Root>>>,
}

impl<'a> Asked<'a> {
    fn start<'e>(scope: &'a std::thread::Scope<'a, 'e>, attic: &'e dyn Attic, subject: &Digest) -> Self {
        let tag = format!("{}-{}", subject.algorithm().name(), subject.hex());
        let tagged = COSIGN_SUFFIXES.map(|suffix| format!("{tag}.{suffix}"));
        let subject = subject.clone();
        Self {
            listed: scope.spawn(move || listed(attic, &subject, &tag)),
            tagged: tagged.into_iter().map(|tag| scope.spawn(move || attic.tagged(&tag))).collect(),
        }
    }

    fn wait(self) -> Looked {
        fn end<T>(waiting: Waiting<'_, T>) -> Result<T, SourceError> {
            // A panic of our own goes on as one.
            waiting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        }
        Looked { listed: end(self.listed), tagged: self.tagged.into_iter().map(end).collect() }
    }
}

/// The list of referrers, from wherever the place keeps it.
fn listed(attic: &dyn Attic, subject: &Digest, tag: &str) -> Result<(AttachmentPlace, Listing), SourceError> {
    if let Some(listed) = attic.referrers(subject)? {
        return Ok((AttachmentPlace::Referrers, listed));
    }
    let Some(root) = attic.tagged(tag)? else {
        return Ok((AttachmentPlace::ReferrersTag, Listing::default()));
    };
    match Document::parse(&root.bytes, &root.media_type) {
        Ok(Document::Index(index)) => {
            Ok((AttachmentPlace::ReferrersTag, Listing { entries: index.manifests, cut: None }))
        }
        _ => {
            let why = "it leads to no list of referrers".to_owned();
            Err(SourceError::Damaged { what: format!("the tag {tag}"), why })
        }
    }
}

struct Search<'a> {
    attic: &'a dyn Attic,
    /// Artefacts that were asked for, whatever came of it: each costs a request.
    asked: usize,
    found: Attached,
}

impl Search<'_> {
    /// Takes in what one subject's lists and tags say.
    fn take_all(&mut self, subject: &Digest, looked: Looked) {
        // A registry that fails at the list may have the tags all the same; one that fails at
        // everything is told of once.
        let is_silent = looked.listed.is_err() && looked.tagged.iter().all(Result::is_err);
        match looked.listed {
            Ok((place, listed)) => {
                self.add_all(&listed.entries, subject, place);
                if let Some(cut) = listed.cut {
                    self.problem(subject, cut.to_owned());
                }
            }
            Err(error) => self.problem(subject, error.to_string()),
        }
        for tagged in looked.tagged.into_iter().filter(|_| !is_silent) {
            match tagged {
                Ok(Some(root)) => self.take(&root, None, subject, AttachmentPlace::CosignTag),
                Ok(None) => {}
                Err(error) => self.problem(subject, error.to_string()),
            }
        }
    }

    fn add_all(&mut self, listed: &[Descriptor], subject: &Digest, place: AttachmentPlace) {
        for descriptor in listed {
            if self.asked >= MAX_ATTACHED {
                let why = format!("more than {MAX_ATTACHED} artifacts are attached; the others are left out");
                return self.problem(subject, why);
            }
            self.add(descriptor, subject, place);
        }
    }

    fn add(&mut self, listed: &Descriptor, subject: &Digest, place: AttachmentPlace) {
        if self.found.artifacts.iter().any(|known| known.digest == listed.digest) {
            return;
        }
        self.asked += 1;
        match verified(self.attic, listed) {
            Ok(bytes) => {
                let (media_type, digest) = (listed.media_type.clone(), listed.digest.clone());
                self.take(&Root { media_type, digest, bytes }, Some(listed), subject, place);
            }
            Err(error) => self.problem(&listed.digest, error.to_string()),
        }
    }

    /// Takes an artefact whose document is at hand.
    fn take(&mut self, root: &Root, listed: Option<&Descriptor>, subject: &Digest, place: AttachmentPlace) {
        if self.found.artifacts.iter().any(|known| known.digest == root.digest) {
            return;
        }
        let (stated, artifact_type, mut annotations, blobs) =
            match Document::parse(&root.bytes, &root.media_type) {
                Ok(Document::Manifest(manifest)) => {
                    let artifact = manifest.artifact().map(str::to_owned);
                    (manifest.subject, artifact, manifest.annotations, manifest.layers)
                }
                Ok(Document::Index(index)) => {
                    (index.subject, index.artifact_type, index.annotations, Vec::new())
                }
                Err(error) => return self.problem(&root.digest, error.to_string()),
            };
        // `BuildKit` names the subject in the index, which is part of the image itself.
        let is_listed_only = matches!(place, AttachmentPlace::Referrers | AttachmentPlace::ReferrersTag);
        if is_listed_only && stated.as_ref().is_none_or(|stated| stated.digest != *subject) {
            let why = "it is listed as attached to this image and does not say so itself; it is left out";
            return self.problem(&root.digest, why.to_owned());
        }
        if blobs.len() > MAX_ATTACHED_BLOBS {
            let why = format!("it has more than {MAX_ATTACHED_BLOBS} blobs; the others are left out");
            self.problem(&root.digest, why);
        }
        for (key, value) in listed.iter().flat_map(|listed| &listed.annotations) {
            annotations.entry(key.clone()).or_insert_with(|| value.clone());
        }
        self.found.artifacts.push(AttachedArtifact {
            digest: root.digest.clone(),
            media_type: root.media_type.clone(),
            artifact_type: artifact_type.or_else(|| listed.and_then(|listed| listed.artifact_type.clone())),
            size: root.bytes.len() as u64,
            annotations,
            subject: subject.clone(),
            place,
            blobs: blobs.into_iter().take(MAX_ATTACHED_BLOBS).collect(),
        });
    }

    fn problem(&mut self, subject: &Digest, why: String) {
        self.found.problems.push(Problem::new("attachment-not-read", subject.to_string(), why));
    }
}
