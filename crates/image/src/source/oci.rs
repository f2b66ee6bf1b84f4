//! `oci:DIR[:ref]` and `oci-archive:TAR[:ref]`: the OCI image layout, as a directory or in a tar
//! archive (image-spec 1.1, `image-layout.md`).

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use plimsoll_model::{Algorithm, Digest, Platform};

use super::archive::Archive;
use super::attached::{self, Attached, Attic, Listing};
use super::{
    DeliverLayer, Documents, Image, ImageLayer, Root, Source, SourceError, deliver_each, open_regular,
    resolve,
};
use crate::hashing::digest_of;
use crate::limits::{MAX_DOCUMENT, MAX_MANIFESTS};
use crate::manifest::{Descriptor, Document, INDEX_TYPES, Index};

const REF_NAME: &str = "org.opencontainers.image.ref.name";
const CONTAINERD_NAME: &str = "io.containerd.image.name";

/// An OCI image layout.
#[derive(Debug)]
pub struct OciLayout {
    name: String,
    place: Place,
    reference: Option<String>,
}

#[derive(Debug)]
enum Place {
    Directory(PathBuf),
    Archive(Archive),
}

impl OciLayout {
    /// A layout in a directory. `name` is how the user called it.
    #[must_use]
    pub fn directory(name: &str, directory: &Path, reference: Option<&str>) -> Self {
        Self {
            name: name.to_owned(),
            place: Place::Directory(directory.to_owned()),
            reference: reference.map(str::to_owned),
        }
    }

    /// A layout in a tar archive, plain or compressed.
    ///
    /// # Errors
    /// [`SourceError`] where the archive cannot be read.
    pub fn archive(name: &str, path: &Path, reference: Option<&str>) -> Result<Self, SourceError> {
        Ok(Self {
            name: name.to_owned(),
            place: Place::Archive(Archive::open(path)?),
            reference: reference.map(str::to_owned),
        })
    }

    fn document_at(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        match &self.place {
            Place::Archive(archive) => archive.document(path),
            Place::Directory(directory) => {
                let path = directory.join(path);
                let what = path.display().to_string();
                let file = open_regular(&path)?;
                let mut bytes = Vec::new();
                file.take(MAX_DOCUMENT + 1)
                    .read_to_end(&mut bytes)
                    .map_err(|source| SourceError::Read { what: what.clone(), source })?;
                if bytes.len() as u64 > MAX_DOCUMENT {
                    let why = "it is larger than any real document".to_owned();
                    return Err(SourceError::Damaged { what, why });
                }
                Ok(bytes)
            }
        }
    }

    fn blob_path(digest: &Digest) -> String {
        format!("blobs/{}/{}", digest.algorithm().name(), digest.hex())
    }

    /// The layout's own list, and its bytes.
    fn listing(&self) -> Result<(Index, Vec<u8>), SourceError> {
        let bytes = self.document_at("index.json")?;
        let what = format!("index.json of {}", self.name);
        let document = Document::parse(&bytes, INDEX_TYPES[0])
            .map_err(|source| SourceError::Document { what: what.clone(), source })?;
        let Document::Index(index) = document else {
            let why = "it is a manifest where the list of images belongs".to_owned();
            return Err(SourceError::Damaged { what, why });
        };
        if index.manifests.len() > MAX_MANIFESTS {
            let why = format!("it lists more than {MAX_MANIFESTS} manifests");
            return Err(SourceError::Damaged { what, why });
        }
        Ok((*index, bytes))
    }

    /// Whether an entry of the list is no image but attached to one: its descriptor says so, or
    /// the document itself has a subject or says that it is an artefact.
    fn is_attached(&self, entry: &Descriptor) -> bool {
        if entry.is_attestation() || attached::is_cosign(entry) || entry.artifact_type.is_some() {
            return true;
        }
        let Ok(bytes) = self.document(entry) else { return false };
        match Document::parse(&bytes, &entry.media_type) {
            Ok(Document::Manifest(manifest)) => manifest.subject.is_some() || manifest.artifact().is_some(),
            Ok(Document::Index(index)) => index.subject.is_some(),
            Err(_) => false,
        }
    }

    /// The document that the layout's name leads to.
    fn root(&self) -> Result<Root, SourceError> {
        let (index, bytes) = self.listing()?;
        let mut images: Vec<&Descriptor> =
            index.manifests.iter().filter(|each| !each.is_attestation()).collect();
        // A lone entry is told by its own document, with a better word than that it is missing.
        if images.len() > 1 {
            images.retain(|each| !self.is_attached(each));
        }
        let names = |each: &Descriptor| -> Vec<String> {
            [REF_NAME, CONTAINERD_NAME].iter().filter_map(|key| each.annotations.get(*key).cloned()).collect()
        };
        let chosen: Vec<&Descriptor> = match &self.reference {
            Some(wanted) => images.iter().copied().filter(|each| names(each).contains(wanted)).collect(),
            None => images.clone(),
        };
        match chosen.as_slice() {
            [] => {
                let wanted = self.reference.as_deref().unwrap_or("an image");
                Err(SourceError::Missing { what: format!("{wanted} in {}", self.name) })
            }
            [only] => {
                let bytes = self.document(only)?;
                let found = digest_of(only.digest.algorithm(), &bytes);
                if found != only.digest {
                    let what = format!("the document of {}", self.name);
                    return Err(SourceError::Digest { what, expected: only.digest.clone(), found });
                }
                Ok(Root { media_type: only.media_type.clone(), digest: only.digest.clone(), bytes })
            }
            several
                if several.iter().all(|each| each.platform.is_some())
                    && several.windows(2).all(|pair| names(pair[0]) == names(pair[1])) =>
            {
                // One image for several platforms: the layout's own list is its index.
                let digest = digest_of(Algorithm::Sha256, &bytes);
                Ok(Root { media_type: INDEX_TYPES[0].to_owned(), digest, bytes })
            }
            several => {
                let mut offered: Vec<String> = several.iter().flat_map(|each| names(each)).collect();
                offered.sort();
                offered.dedup();
                let place = self.name.clone();
                Err(SourceError::Ambiguous { place, names: offered.join(", ") })
            }
        }
    }
}

impl Documents for OciLayout {
    fn document(&self, descriptor: &Descriptor) -> Result<Vec<u8>, SourceError> {
        self.document_at(&Self::blob_path(&descriptor.digest))
    }
}

impl Attic for OciLayout {
    fn referrers(&self, subject: &Digest) -> Result<Option<Listing>, SourceError> {
        let (index, _) = self.listing()?;
        let is_about = |entry: &&Descriptor| {
            let Ok(bytes) = self.document(entry) else { return false };
            let own = match Document::parse(&bytes, &entry.media_type) {
                Ok(Document::Manifest(manifest)) => manifest.subject,
                Ok(Document::Index(index)) => index.subject,
                Err(_) => None,
            };
            own.is_some_and(|own| own.digest == *subject)
        };
        let entries = index.manifests.iter().filter(is_about).cloned().collect();
        Ok(Some(Listing { entries, cut: None }))
    }

    fn tagged(&self, tag: &str) -> Result<Option<Root>, SourceError> {
        let (index, _) = self.listing()?;
        let is_it = |entry: &&Descriptor| entry.annotations.get(REF_NAME).is_some_and(|name| name == tag);
        let Some(entry) = index.manifests.iter().find(is_it) else { return Ok(None) };
        let bytes = super::verified(self, entry)?;
        Ok(Some(Root { media_type: entry.media_type.clone(), digest: entry.digest.clone(), bytes }))
    }
}

impl Source for OciLayout {
    fn image(&self, wanted: Option<&Platform>) -> Result<Image, SourceError> {
        resolve(self, &self.name, self.root()?, wanted)
    }

    fn open_layer(&self, layer: &ImageLayer) -> Result<Box<dyn Read + Send + '_>, SourceError> {
        let path = Self::blob_path(&layer.digest);
        match &self.place {
            Place::Archive(archive) => archive.blob(&path),
            Place::Directory(directory) => Ok(Box::new(open_regular(&directory.join(path))?)),
        }
    }

    fn attached(&self, image: &Image) -> Option<Attached> {
        Some(attached::find(self, image))
    }

    fn attached_blob(&self, blob: &Descriptor) -> Result<Vec<u8>, SourceError> {
        attached::blob(self, blob)
    }

    fn is_stream(&self) -> bool {
        matches!(&self.place, Place::Archive(archive) if archive.is_stream())
    }

    fn stream_layers(
        &self,
        wanted: &[&ImageLayer],
        deliver: &mut DeliverLayer<'_>,
    ) -> Result<(), SourceError> {
        match &self.place {
            Place::Archive(archive) if archive.is_stream() => {
                let names: BTreeMap<String, usize> = wanted
                    .iter()
                    .enumerate()
                    .map(|(position, layer)| (Self::blob_path(&layer.digest), position))
                    .collect();
                archive.stream(&names, &mut |position, bytes| deliver(wanted[position], bytes))
            }
            _ => deliver_each(self, wanted, deliver),
        }
    }
}
