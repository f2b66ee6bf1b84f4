//! `docker-archive:TAR[:name]`: what `docker save` and `podman save` write, of any age, plain or
//! compressed.
//!
//! `manifest.json` lists images, each with the path of its configuration and of its layers. The
//! archive keeps layers uncompressed (or, from some writers, compressed); the configuration's
//! diff ids are the only digests it has, and what is read is verified against them.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use plimsoll_model::{Algorithm, ImageIdentity, Platform, Reference};
use serde::Deserialize;

use super::archive::Archive;
use super::{DeliverLayer, Image, ImageLayer, Source, SourceError, deliver_each, image_from};
use crate::hashing::digest_of;
use crate::limits::MAX_LAYERS;
use crate::manifest::{Configuration, Descriptor, DocumentError};

/// The media type of a layer as such archives keep it.
pub const LAYER_TYPE: &str = "application/vnd.docker.image.rootfs.diff.tar";

/// An archive of images in Docker's own format.
#[derive(Debug)]
pub struct DockerArchive {
    name: String,
    archive: Archive,
    reference: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Vec<String>,
}

impl DockerArchive {
    /// An archive. `name` is how the user called it, `reference` which of its images is meant.
    ///
    /// # Errors
    /// [`SourceError`] where the archive cannot be read.
    pub fn open(name: &str, path: &Path, reference: Option<&str>) -> Result<Self, SourceError> {
        let archive = Archive::open(path)?;
        Ok(Self { name: name.to_owned(), archive, reference: reference.map(str::to_owned) })
    }

    fn listed(&self) -> Result<Listed, SourceError> {
        let bytes = self.archive.document("manifest.json")?;
        let list: Vec<Listed> = serde_json::from_slice(&bytes).map_err(|cause| {
            let source = DocumentError::Json { what: "list of images", cause: cause.to_string() };
            SourceError::Document { what: format!("manifest.json of {}", self.name), source }
        })?;
        let tags = |listed: &Listed| listed.repo_tags.clone().unwrap_or_default();
        let mut names: Vec<String> = list.iter().flat_map(&tags).collect();
        let mut chosen: Vec<Listed> = match &self.reference {
            Some(wanted) => list.into_iter().filter(|each| is_called(&tags(each), wanted)).collect(),
            None => list,
        };
        match (chosen.len(), &self.reference) {
            (1, _) => Ok(chosen.remove(0)),
            (0, Some(wanted)) => {
                let what = format!("{wanted} in {} (it holds {})", self.name, names.join(", "));
                Err(SourceError::Missing { what })
            }
            (0, None) => Err(SourceError::Missing { what: format!("an image in {}", self.name) }),
            _ => {
                names.sort();
                Err(SourceError::Ambiguous { place: self.name.clone(), names: names.join(", ") })
            }
        }
    }
}

/// Whether one of an image's names is the one wanted, in whichever of its spellings
/// (`debian:12`, `docker.io/library/debian:12`).
fn is_called(names: &[String], wanted: &str) -> bool {
    let full = |name: &str| name.parse::<Reference>().map(|reference| reference.to_string());
    names.iter().any(|name| name == wanted || matches!((full(name), full(wanted)), (Ok(a), Ok(b)) if a == b))
}

impl Source for DockerArchive {
    fn image(&self, wanted: Option<&Platform>) -> Result<Image, SourceError> {
        let listed = self.listed()?;
        if listed.layers.len() > MAX_LAYERS {
            let why = format!("it has more than {MAX_LAYERS} layers");
            return Err(SourceError::Damaged { what: self.name.clone(), why });
        }
        let bytes = self.archive.document(&listed.config)?;
        let what = format!("{} of {}", listed.config, self.name);
        let configuration = Configuration::parse(&bytes)
            .map_err(|source| SourceError::Document { what: what.clone(), source })?;
        if configuration.diff_ids.len() != listed.layers.len() {
            let why = format!(
                "the configuration names {} layers and manifest.json {}",
                configuration.diff_ids.len(),
                listed.layers.len()
            );
            return Err(SourceError::Damaged { what, why });
        }
        if let (Some(wanted), Some(own)) = (wanted, &configuration.platform)
            && !own.satisfies(wanted)
        {
            return Err(SourceError::Platform {
                name: self.name.clone(),
                wanted: wanted.clone(),
                offered: own.to_string(),
            });
        }
        let blobs: Vec<Descriptor> = configuration
            .diff_ids
            .iter()
            .zip(&listed.layers)
            .map(|(diff_id, path)| Descriptor {
                media_type: LAYER_TYPE.to_owned(),
                digest: diff_id.clone(),
                size: self.archive.size(path).unwrap_or(0),
                platform: None,
                annotations: BTreeMap::new(),
                artifact_type: None,
                urls: Vec::new(),
            })
            .collect();
        let identity = ImageIdentity {
            name: self.name.clone(),
            reference: listed.repo_tags.as_ref().and_then(|tags| tags.first().cloned()),
            config_digest: Some(digest_of(Algorithm::Sha256, &bytes)),
            ..ImageIdentity::default()
        };
        let mut image = image_from(identity, &bytes, &blobs)?;
        for (layer, path) in image.layers.iter_mut().zip(listed.layers) {
            layer.location = path;
            layer.is_known_by_diff_id = true;
        }
        Ok(image)
    }

    fn open_layer(&self, layer: &ImageLayer) -> Result<Box<dyn Read + Send + '_>, SourceError> {
        self.archive.blob(&layer.location)
    }

    fn is_stream(&self) -> bool {
        self.archive.is_stream()
    }

    fn stream_layers(
        &self,
        wanted: &[&ImageLayer],
        deliver: &mut DeliverLayer<'_>,
    ) -> Result<(), SourceError> {
        if !self.archive.is_stream() {
            return deliver_each(self, wanted, deliver);
        }
        let names: BTreeMap<String, usize> =
            wanted.iter().enumerate().map(|(at, layer)| (layer.location.clone(), at)).collect();
        self.archive.stream(&names, &mut |at, bytes| deliver(wanted[at], bytes))
    }
}
