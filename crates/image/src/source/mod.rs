//! Where images are found: one file per kind of place.
//!
//! Every place answers the same two questions: what is the image ([`Source::image`]), and what
//! are the bytes of one layer ([`Source::open_layer`], or [`Source::stream_layers`] where they
//! come in one stream that cannot be wound back).

mod archive;
pub mod attached;
pub mod daemon;
pub mod directory;
pub mod docker_archive;
pub mod oci;
pub mod place;
pub mod registry;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use plimsoll_model::{Digest, ImageConfig, ImageIdentity, Platform};
use thiserror::Error;

use self::attached::Attached;
use crate::hashing::digest_of;
use crate::history::{Boundary, boundary};
use crate::limits::{MAX_DOCUMENT, MAX_INDEX_DEPTH, MAX_LAYERS, MAX_MANIFESTS};
use crate::manifest::{Configuration, Descriptor, Document, DocumentError, Manifest};

/// What an image is, before any layer was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Image {
    /// Which image.
    pub identity: ImageIdentity,
    /// How it is run.
    pub config: ImageConfig,
    /// Its layers, the lowest first.
    pub layers: Vec<ImageLayer>,
    /// One line per step of its history, the oldest first.
    pub history: Vec<String>,
    /// Where its history looks as if a base image ended.
    pub boundary: Option<Boundary>,
    /// The image that its annotations say it was built on. Nothing of it is verified.
    pub stated_base: Option<StatedBase>,
    /// Manifests of the same index that say something about it (`BuildKit`'s attestations).
    pub attestations: Vec<Descriptor>,
}

/// What the annotations of a manifest or an index say about the base image (image-spec 1.1,
/// "Pre-Defined Annotation Keys"). Labels of the same name are not looked at: a base image's own
/// labels are inherited, and would name the base of the base.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatedBase {
    /// `org.opencontainers.image.base.name`.
    pub name: Option<String>,
    /// `org.opencontainers.image.base.digest`, where it is one.
    pub digest: Option<Digest>,
}

impl StatedBase {
    fn of(annotations: &BTreeMap<String, String>) -> Option<Self> {
        let text = |key| annotations.get(key).map(|text| text.trim()).filter(|text| !text.is_empty());
        // Beyond this it is no reference (distribution specification: 255 and a tag of 128).
        let name = text("org.opencontainers.image.base.name").filter(|name| name.len() <= 512);
        let digest = text("org.opencontainers.image.base.digest").and_then(|text| text.parse().ok());
        (name.is_some() || digest.is_some()).then(|| Self { name: name.map(str::to_owned), digest })
    }
}

/// One layer of an image, before it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageLayer {
    /// Position, from the lowest.
    pub index: usize,
    /// Digest of the blob as the source keeps it.
    pub digest: Digest,
    /// Digest of the uncompressed archive, as the configuration states it.
    pub diff_id: Option<Digest>,
    /// Whether `digest` is but the diff id, because the source keeps no digest of its blobs. The
    /// blob may then be compressed all the same, and only what it unpacks to can be verified.
    pub is_known_by_diff_id: bool,
    /// Media type of the blob.
    pub media_type: String,
    /// Bytes of the blob, where the source says so; zero where it does not.
    pub size: u64,
    /// The instruction that made it.
    pub instruction: Option<String>,
    /// When it was made (RFC 3339).
    pub created: Option<String>,
    /// Where the source finds it, for sources that do not find blobs by digest.
    pub location: String,
}

/// A place where one image is.
pub trait Source: Send + Sync + std::fmt::Debug {
    /// What the image is. `wanted` chooses among several platforms; without it, this machine's
    /// is taken where on offer.
    ///
    /// # Errors
    /// [`SourceError`] where there is no such image or its documents are unreadable.
    fn image(&self, wanted: Option<&Platform>) -> Result<Image, SourceError>;

    /// The bytes of one layer, as the source keeps them.
    ///
    /// # Errors
    /// [`SourceError`] where they cannot be had.
    fn open_layer(&self, layer: &ImageLayer) -> Result<Box<dyn Read + Send + '_>, SourceError>;

    /// Whether the layers come in one stream: then only [`Self::stream_layers`] is of use.
    fn is_stream(&self) -> bool {
        false
    }

    /// Hands out the layers wanted, in the order in which they come, each exactly once.
    ///
    /// # Errors
    /// [`SourceError`] where the stream breaks off or lacks one.
    fn stream_layers(
        &self,
        wanted: &[&ImageLayer],
        deliver: &mut DeliverLayer<'_>,
    ) -> Result<(), SourceError> {
        deliver_each(self, wanted, deliver)
    }

    /// Finds what is attached to the image; `None` where this kind of place keeps no such things.
    fn attached(&self, _image: &Image) -> Option<Attached> {
        None
    }

    /// The bytes of a blob that is attached, verified, at most [`MAX_DOCUMENT`] of them.
    ///
    /// # Errors
    /// [`SourceError`] where they cannot be had or are not the promised ones.
    fn attached_blob(&self, blob: &Descriptor) -> Result<Vec<u8>, SourceError> {
        Err(SourceError::Missing { what: format!("the blob {}", blob.digest.short()) })
    }
}

/// Hands out layers that can be opened one by one.
fn deliver_each<S: Source + ?Sized>(
    source: &S,
    wanted: &[&ImageLayer],
    deliver: &mut DeliverLayer<'_>,
) -> Result<(), SourceError> {
    for layer in wanted {
        deliver(layer, source.open_layer(layer)?);
    }
    Ok(())
}

/// Takes one layer of a stream.
pub type DeliverLayer<'a> = dyn FnMut(&ImageLayer, Box<dyn Read + Send + '_>) + 'a;

/// Why an image cannot be had.
#[derive(Debug, Error)]
pub enum SourceError {
    /// Something at this place is not there.
    #[error("{what} is not there")]
    Missing {
        /// What was looked for.
        what: String,
    },
    /// A file or stream could not be read.
    #[error("cannot read {what}: {source}")]
    Read {
        /// What was being read.
        what: String,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// A document could not be used.
    #[error("{what}: {source}")]
    Document {
        /// Which document, by digest or place.
        what: String,
        /// Why.
        #[source]
        source: DocumentError,
    },
    /// A document's bytes are not the promised ones.
    #[error("{what} hashes to {found}, not to {expected}: it was altered or cut short")]
    Digest {
        /// Which document.
        what: String,
        /// What was promised.
        expected: Digest,
        /// What arrived.
        found: Digest,
    },
    /// The image does not come for the platform asked for.
    #[error("{name} does not come for {wanted}; it comes for {offered}: choose one with --platform")]
    Platform {
        /// The image.
        name: String,
        /// The platform asked for.
        wanted: Platform,
        /// The platforms on offer.
        offered: String,
    },
    /// Several images under one roof and no word on which.
    #[error("{place} holds several images: name one of {names}")]
    Ambiguous {
        /// The archive or directory.
        place: String,
        /// What can be named.
        names: String,
    },
    /// Damaged beyond use, or hostile.
    #[error("{what}: {why}")]
    Damaged {
        /// What was being read.
        what: String,
        /// What is wrong.
        why: String,
    },
    /// A registry or a daemon said no, or nothing at all.
    #[error("{0}")]
    Remote(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Opens a regular file of this machine. A pipe or a device in its place, where an image put a
/// link to one, would be read without end.
pub(crate) fn open_regular(path: &Path) -> Result<File, SourceError> {
    let what = path.display().to_string();
    let fail = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => SourceError::Missing { what: what.clone() },
        _ => SourceError::Read { what: what.clone(), source },
    };
    if !std::fs::metadata(path).map_err(fail)?.is_file() {
        return Err(SourceError::Damaged { what, why: "it is no regular file".to_owned() });
    }
    File::open(path).map_err(fail)
}

/// Documents found by digest, as OCI layouts and registries keep them.
pub trait Documents {
    /// The bytes of a document, at most [`MAX_DOCUMENT`] of them. The digest is verified by the
    /// caller.
    ///
    /// # Errors
    /// [`SourceError`] where it cannot be had.
    fn document(&self, descriptor: &Descriptor) -> Result<Vec<u8>, SourceError>;
}

/// Remembers documents by digest between runs, so that a registry is not asked for one twice.
/// What it gives is verified before it is believed.
pub trait DocumentMemory: Send + Sync + std::fmt::Debug {
    /// The bytes kept under a digest.
    fn recall(&self, digest: &Digest) -> Option<Vec<u8>>;

    /// Keeps bytes under their digest, if it can.
    fn keep(&self, digest: &Digest, bytes: &[u8]);
}

/// What a name in an OCI store leads to: a document that was already fetched.
#[derive(Debug, Clone)]
pub struct Root {
    /// Its media type, as the store says.
    pub media_type: String,
    /// Digest of the bytes, verified.
    pub digest: Digest,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Follows a name from its root document to one image: through indexes to the manifest of the
/// platform wanted, and on to its configuration.
///
/// # Errors
/// [`SourceError`], naming the document that is at fault.
pub fn resolve(
    documents: &dyn Documents,
    name: &str,
    root: Root,
    wanted: Option<&Platform>,
) -> Result<Image, SourceError> {
    let mut identity = ImageIdentity { name: name.to_owned(), ..ImageIdentity::default() };
    let mut stated_base = None;
    let mut attestations = Vec::new();
    let mut at = root;
    for _ in 0..MAX_INDEX_DEPTH {
        let what = at.digest.to_string();
        let document = Document::parse(&at.bytes, &at.media_type)
            .map_err(|source| SourceError::Document { what: what.clone(), source })?;
        match document {
            Document::Manifest(manifest) => {
                identity.manifest_digest = Some(at.digest);
                let mut image = from_manifest(documents, identity, &manifest)?;
                // The manifest is nearer to the image than the index, which may speak of several.
                image.stated_base = StatedBase::of(&manifest.annotations).or(stated_base);
                image.attestations = attestations;
                return fits(name, wanted, image);
            }
            Document::Index(index) => {
                if index.manifests.len() > MAX_MANIFESTS {
                    let why = format!("its index lists more than {MAX_MANIFESTS} manifests");
                    return Err(SourceError::Damaged { what, why });
                }
                let chosen = choose(name, &index.manifests, wanted, &mut identity)?;
                stated_base = StatedBase::of(&index.annotations).or(stated_base);
                let subject = chosen.digest.to_string();
                attestations.extend(index.manifests.into_iter().filter(|each| {
                    each.is_attestation()
                        && each.annotations.get(attached::BUILDKIT_SUBJECT) == Some(&subject)
                }));
                identity.index_digest.get_or_insert(at.digest);
                let bytes = verified(documents, &chosen)?;
                at = Root { media_type: chosen.media_type, digest: chosen.digest, bytes };
            }
        }
    }
    Err(SourceError::Damaged {
        what: name.to_owned(),
        why: format!("its indexes are nested more than {MAX_INDEX_DEPTH} deep"),
    })
}

/// An image that says that it is for another platform than the one asked for is not it.
fn fits(name: &str, wanted: Option<&Platform>, image: Image) -> Result<Image, SourceError> {
    // Configurations often leave the variant out or keep the plain one, so it decides nothing.
    let is_other = |own: &Platform, wanted: &Platform| {
        let plain = |each: &Platform| Platform::normal(&each.os, &each.architecture, None);
        plain(own) != plain(wanted)
    };
    match (wanted, &image.identity.platform) {
        (Some(wanted), Some(own)) if is_other(own, wanted) => Err(SourceError::Platform {
            name: name.to_owned(),
            wanted: wanted.clone(),
            offered: own.to_string(),
        }),
        _ => Ok(image),
    }
}

fn choose(
    name: &str,
    manifests: &[Descriptor],
    wanted: Option<&Platform>,
    identity: &mut ImageIdentity,
) -> Result<Descriptor, SourceError> {
    let images: Vec<&Descriptor> = manifests.iter().filter(|each| !each.is_attestation()).collect();
    let offered: Vec<Platform> = images.iter().filter_map(|each| each.platform.clone()).collect();
    let own = Platform::of_this_machine();
    let choice = wanted.unwrap_or(&own);
    let fits =
        |each: &&&Descriptor| each.platform.as_ref().is_some_and(|platform| platform.satisfies(choice));
    // An index of one is that one, whatever this machine is; asked for by name it must fit.
    let chosen = match images.as_slice() {
        [only] if wanted.is_none() || only.platform.is_none() => Some(*only),
        [] => None,
        _ => images
            .iter()
            .find(fits)
            .or_else(|| {
                // A plain ask for arm64 is served by any variant of it.
                images.iter().find(|each| {
                    choice.variant.is_none()
                        && each.platform.as_ref().is_some_and(|platform| {
                            platform.os == choice.os && platform.architecture == choice.architecture
                        })
                })
            })
            .copied(),
    };
    if !offered.is_empty() {
        identity.platforms.clone_from(&offered);
    }
    chosen.cloned().ok_or_else(|| {
        if images.is_empty() {
            return SourceError::Missing { what: format!("an image in the index of {name}") };
        }
        let offered: Vec<String> = offered.iter().map(ToString::to_string).collect();
        SourceError::Platform {
            name: name.to_owned(),
            wanted: choice.clone(),
            offered: if offered.is_empty() { "no named platform".to_owned() } else { offered.join(", ") },
        }
    })
}

fn verified(documents: &dyn Documents, descriptor: &Descriptor) -> Result<Vec<u8>, SourceError> {
    if descriptor.size > MAX_DOCUMENT {
        let why = format!("it claims {} bytes, more than any real document has", descriptor.size);
        return Err(SourceError::Damaged { what: descriptor.digest.to_string(), why });
    }
    let bytes = documents.document(descriptor)?;
    let found = digest_of(descriptor.digest.algorithm(), &bytes);
    if found != descriptor.digest {
        let what = "the document".to_owned();
        return Err(SourceError::Digest { what, expected: descriptor.digest.clone(), found });
    }
    // Engines hold descriptors to it (image-spec, descriptor.md: "size"); older tools write none.
    if descriptor.size != 0 && descriptor.size != bytes.len() as u64 {
        let why = format!(
            "it has {} bytes where the document that names it says {}; engines refuse such an image",
            bytes.len(),
            descriptor.size
        );
        return Err(SourceError::Damaged { what: descriptor.digest.to_string(), why });
    }
    Ok(bytes)
}

fn from_manifest(
    documents: &dyn Documents,
    mut identity: ImageIdentity,
    manifest: &Manifest,
) -> Result<Image, SourceError> {
    let what = manifest.config.digest.to_string();
    if let Some(kind) = manifest.artifact() {
        let source = DocumentError::NotAnImage(format!("an artifact of type {kind}"));
        return Err(SourceError::Document { what, source });
    }
    let bytes = verified(documents, &manifest.config)?;
    identity.config_digest = Some(manifest.config.digest.clone());
    image_from(identity, &bytes, &manifest.layers)
}

/// An image from its configuration and the blobs that its layers are kept in.
///
/// # Errors
/// [`SourceError`] where the configuration is unreadable or does not fit the layers.
pub fn image_from(
    mut identity: ImageIdentity,
    configuration: &[u8],
    blobs: &[Descriptor],
) -> Result<Image, SourceError> {
    let what = identity.config_digest.as_ref().map_or_else(|| identity.name.clone(), ToString::to_string);
    let configuration = Configuration::parse(configuration)
        .map_err(|source| SourceError::Document { what: what.clone(), source })?;
    if blobs.len() > MAX_LAYERS {
        let why = format!("it has more than {MAX_LAYERS} layers");
        return Err(SourceError::Damaged { what, why });
    }
    if !configuration.diff_ids.is_empty() && configuration.diff_ids.len() != blobs.len() {
        let why = format!(
            "the configuration names {} layers and the manifest {}; no engine runs such an image",
            configuration.diff_ids.len(),
            blobs.len()
        );
        return Err(SourceError::Damaged { what, why });
    }
    if identity.platform.is_none() {
        identity.platform.clone_from(&configuration.platform);
    }
    if identity.platforms.is_empty() {
        identity.platforms.extend(identity.platform.clone());
    }
    let steps = configuration.layer_history(blobs.len());
    let layers = blobs
        .iter()
        .zip(steps)
        .enumerate()
        .map(|(index, (blob, step))| ImageLayer {
            index,
            digest: blob.digest.clone(),
            diff_id: configuration.diff_ids.get(index).cloned(),
            is_known_by_diff_id: false,
            media_type: blob.media_type.clone(),
            size: blob.size,
            instruction: step.and_then(|step| step.created_by.clone()).filter(|text| !text.is_empty()),
            created: step.and_then(|step| step.created.clone()),
            location: String::new(),
        })
        .collect();
    let boundary = boundary(&configuration.history, blobs.len());
    let history = configuration.history.into_iter().map(|step| step.created_by.unwrap_or_default()).collect();
    Ok(Image { identity, config: configuration.config, layers, history, boundary, ..Image::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether an image of one platform is taken where another is asked for.
    fn check(own: &str, wanted: &str, expect: bool) {
        let own: Platform = own.parse().unwrap();
        let identity = ImageIdentity { platform: Some(own.clone()), ..ImageIdentity::default() };
        let wanted: Platform = wanted.parse().unwrap();
        let outcome = fits("x", Some(&wanted), Image { identity, ..Image::default() });
        assert_eq!(outcome.is_ok(), expect, "{own} for {wanted}");
    }

    #[test]
    fn an_image_for_another_system_or_processor_is_not_the_one_asked_for() {
        check("linux/amd64", "linux/amd64", true);
        check("linux/x86_64", "linux/amd64", true);
        check("linux/arm64", "linux/amd64", false);
        check("windows/amd64", "linux/amd64", false);
        check("linux/amd64", "windows/amd64", false);
        check("linux/arm/v6", "linux/arm/v7", true);
    }
}
