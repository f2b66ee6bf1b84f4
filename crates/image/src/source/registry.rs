//! Images in registries: the pull half of the OCI distribution specification 1.1, over a
//! [`Transport`](crate::transport::Transport) that is handed in.
//!
//! A registry is believed nothing: what it sends is verified against digests or, for a tag,
//! hashed; where it sends us is judged first; what it says reaches the terminal only
//! made harmless. It may try our patience a bounded number of times.

mod blob;
mod challenge;
mod credentials;
mod failure;
mod hosts;
mod referrers;
mod retry;
mod session;
mod tags;
mod token;

use std::io::{self, Read};
use std::sync::Arc;

use plimsoll_model::{Algorithm, Digest, Platform, Reference};
use url::Url;

use self::blob::BlobReader;
use self::failure::harmless;
use self::session::{Question, Session};
use super::attached::{self, Attached, Attic, Listing};
use super::{DocumentMemory, Documents, Image, ImageLayer, Root, Source, SourceError, resolve};
use crate::hashing::digest_of;
use crate::limits::MAX_DOCUMENT;
use crate::manifest::{Descriptor, INDEX_TYPES, MANIFEST_TYPES, SCHEMA_1_TYPES};
use crate::transport::{Headers, Method};

pub use self::credentials::{Anonymous, Credential, CredentialError, Credentials};
pub use self::failure::{RegistryError, Said};
pub use self::retry::Timing;
pub use self::session::Access;

/// Types that say nothing about a document: what servers that do not know better send.
const PLAIN_TYPES: [&str; 4] =
    ["application/json", "application/octet-stream", "text/plain", "binary/octet-stream"];

/// One image of a registry.
#[derive(Debug)]
pub struct Registry {
    name: String,
    reference: Reference,
    session: Session,
    memory: Option<Arc<dyn DocumentMemory>>,
}

impl Registry {
    /// The image that `reference` names. Nothing is asked yet. `name` is how the user wrote it.
    #[must_use]
    pub fn new(name: &str, reference: Reference, access: Access) -> Self {
        let session = Session::new(reference.registry(), reference.repository(), access);
        Self { name: name.to_owned(), reference, session, memory: None }
    }

    /// The same, with a memory: documents that it has are not fetched again, and a tag is first
    /// asked for its digest alone, which Docker Hub does not count as a pull.
    #[must_use]
    pub fn remembering(mut self, memory: Arc<dyn DocumentMemory>) -> Self {
        self.memory = Some(memory);
        self
    }

    /// The document under a digest, if it is remembered as it was.
    fn recall(&self, digest: &Digest) -> Option<Vec<u8>> {
        let bytes = self.memory.as_ref()?.recall(digest)?;
        (digest_of(digest.algorithm(), &bytes) == *digest).then_some(bytes)
    }

    fn keep(&self, digest: &Digest, bytes: &[u8]) {
        if let Some(memory) = &self.memory {
            memory.keep(digest, bytes);
        }
    }

    /// The document that the reference leads to.
    fn root(&self) -> Result<Root, RegistryError> {
        let tag = self.reference.tag().unwrap_or_default();
        let known = match self.reference.digest() {
            Some(digest) => Some(digest.clone()),
            None if self.memory.is_some() => self.digest_of_tag(tag),
            None => None,
        };
        if let Some(digest) = known
            && let Some(bytes) = self.recall(&digest)
        {
            return Ok(Root { media_type: String::new(), digest, bytes });
        }
        let root = self.manifest(tag, self.reference.digest())?;
        self.keep(&root.digest, &root.bytes);
        Ok(root)
    }

    /// What the registry says a tag's digest is. Whatever goes wrong here goes wrong again, and
    /// is told, when the document itself is asked for.
    fn digest_of_tag(&self, tag: &str) -> Option<Digest> {
        let mut headers = Headers::default();
        headers.add("Accept", [INDEX_TYPES, MANIFEST_TYPES].concat().join(", "));
        let asked = self.asked(&format!("tag {tag}"));
        let url = self.url("manifests", tag).ok()?;
        let question = Question { method: Method::Head, url, headers, asked };
        let response = self.session.open(&question, &mut session::Tries::default()).ok()?;
        response.headers.get("docker-content-digest")?.trim().parse().ok()
    }

    /// The reference.
    #[must_use]
    pub const fn reference(&self) -> &Reference {
        &self.reference
    }

    /// What the user should know although it is no error, in the order in which it came up:
    /// warnings of the registry (`Warning: 299`), logins that were not sent.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        self.session.notices()
    }

    fn asked(&self, what: &str) -> String {
        format!("{what} of {} at {}", self.reference.repository(), self.reference.registry())
    }

    fn url(&self, kind: &str, which: &str) -> Result<Url, RegistryError> {
        let path = format!("{}/{kind}/{which}", self.reference.repository());
        self.session.base()?.join(&path).map_err(|error| RegistryError::Name {
            registry: self.reference.registry().to_owned(),
            why: error.to_string(),
        })
    }

    /// Fetches a manifest or an index by tag or digest.
    fn manifest(&self, tag: &str, digest: Option<&Digest>) -> Result<Root, RegistryError> {
        let which = digest.map_or_else(|| tag.to_owned(), ToString::to_string);
        let asked = match digest {
            Some(digest) => self.asked(&format!("manifest {}", digest.short())),
            None => self.asked(&format!("tag {tag}")),
        };
        let mut headers = Headers::default();
        // Without them all, the registry converts or answers with another document.
        headers.add("Accept", [INDEX_TYPES, MANIFEST_TYPES].concat().join(", "));
        let question = Question {
            method: Method::Get,
            url: self.url("manifests", &which)?,
            headers,
            asked: asked.clone(),
        };
        let (headers, bytes) = self.session.fetch(&question, MAX_DOCUMENT)?;
        let own = digest_of(digest.map_or(Algorithm::Sha256, Digest::algorithm), &bytes);
        let mismatch = |witness, expected: &Digest, found| RegistryError::Digest {
            asked: asked.clone(),
            witness,
            expected: expected.clone(),
            found,
        };
        if let Some(expected) = digest.filter(|expected| **expected != own) {
            return Err(mismatch("its own name", expected, own));
        }
        if let Some(header) = headers.get("docker-content-digest") {
            match header.trim().parse::<Digest>() {
                Ok(claimed) => {
                    let found = digest_of(claimed.algorithm(), &bytes);
                    if found != claimed {
                        return Err(mismatch("the registry's own header", &claimed, found));
                    }
                }
                // A hash function that we do not know proves nothing; the bytes are named by ours.
                Err(_) => self.session.notice(format!(
                    "{} sends a digest that cannot be verified: {}",
                    self.reference.registry(),
                    harmless(header, 100)
                )),
            }
        }
        let media_type = media_type(headers.get("content-type"), &bytes)
            .map_err(|why| RegistryError::Ambiguous { asked, why })?;
        Ok(Root { media_type, digest: own, bytes })
    }

    /// What reading a small blob to its end ran into; the registry's own failures as such.
    fn read_failure(&self, descriptor: &Descriptor, error: io::Error) -> SourceError {
        match error.downcast::<RegistryError>() {
            Ok(error) => error.into(),
            Err(source) => {
                let what = self.asked(&format!("configuration {}", descriptor.digest.short()));
                SourceError::Read { what, source }
            }
        }
    }

    fn blob(&self, digest: &Digest, size: u64, what: &str) -> Result<BlobReader<'_>, RegistryError> {
        let asked = self.asked(&format!("{what} {}", digest.short()));
        // Zero is what a descriptor without a size has; an empty blob is caught by its digest.
        let length = Some(size).filter(|size| *size > 0);
        BlobReader::open(&self.session, self.url("blobs", &digest.to_string())?, asked, length)
    }
}

/// The one media type on which header and document agree. Clients that followed different ones
/// would see different images (CVE-2021-41190).
fn media_type(header: Option<&str>, bytes: &[u8]) -> Result<String, String> {
    #[derive(serde::Deserialize)]
    struct Typed {
        #[serde(rename = "mediaType")]
        media_type: Option<String>,
    }
    let header = header.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_known = |kind: &str| {
        INDEX_TYPES.contains(&kind) || MANIFEST_TYPES.contains(&kind) || SCHEMA_1_TYPES.contains(&kind)
    };
    if !header.is_empty() && !is_known(&header) && !PLAIN_TYPES.contains(&header.as_str()) {
        return Err(format!(
            "it comes as {}, which is no manifest; is this really a registry, or does a proxy want a login?",
            harmless(&header, 100)
        ));
    }
    let typed =
        serde_json::from_slice::<Typed>(bytes).map_err(|error| format!("it is no JSON object: {error}"))?;
    let own = typed.media_type.unwrap_or_default();
    if is_known(&header) && !own.is_empty() && own != header {
        let own = harmless(&own, 100);
        return Err(format!(
            "the registry calls it {header} and it calls itself {own}, so that clients would disagree about what it is"
        ));
    }
    Ok(if is_known(&header) { header } else { own })
}

impl Source for Registry {
    fn image(&self, wanted: Option<&Platform>) -> Result<Image, SourceError> {
        let root = self.root()?;
        let mut image = resolve(self, &self.name, root, wanted)?;
        image.identity.reference = Some(self.reference.to_string());
        Ok(image)
    }

    fn open_layer(&self, layer: &ImageLayer) -> Result<Box<dyn Read + Send + '_>, SourceError> {
        Ok(Box::new(self.blob(&layer.digest, layer.size, "layer")?))
    }

    fn attached(&self, image: &Image) -> Option<Attached> {
        Some(attached::find(self, image))
    }

    fn attached_blob(&self, blob: &Descriptor) -> Result<Vec<u8>, SourceError> {
        attached::blob(self, blob)
    }
}

impl Documents for Registry {
    fn document(&self, descriptor: &Descriptor) -> Result<Vec<u8>, SourceError> {
        if let Some(bytes) = self.recall(&descriptor.digest) {
            return Ok(bytes);
        }
        let bytes = self.fetch_document(descriptor)?;
        // Kept only under the digest that it really has.
        if digest_of(descriptor.digest.algorithm(), &bytes) == descriptor.digest {
            self.keep(&descriptor.digest, &bytes);
        }
        Ok(bytes)
    }
}

impl Registry {
    fn fetch_document(&self, descriptor: &Descriptor) -> Result<Vec<u8>, SourceError> {
        let kind = descriptor.media_type.as_str();
        let is_manifest = INDEX_TYPES.contains(&kind)
            || MANIFEST_TYPES.contains(&kind)
            || SCHEMA_1_TYPES.contains(&kind)
            || descriptor.platform.is_some();
        if is_manifest {
            let root = self.manifest("", Some(&descriptor.digest))?;
            if !kind.is_empty() && !root.media_type.is_empty() && root.media_type != kind {
                let asked = self.asked(&format!("manifest {}", descriptor.digest.short()));
                let why = format!(
                    "the index calls it {} and it calls itself {}",
                    harmless(kind, 100),
                    harmless(&root.media_type, 100)
                );
                return Err(RegistryError::Ambiguous { asked, why }.into());
            }
            return Ok(root.bytes);
        }
        let mut bytes = Vec::new();
        self.blob(&descriptor.digest, descriptor.size, "configuration")?
            .take(MAX_DOCUMENT + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| self.read_failure(descriptor, error))?;
        if bytes.len() as u64 > MAX_DOCUMENT {
            let why = format!("it has more than {MAX_DOCUMENT} bytes, more than any real one");
            return Err(SourceError::Damaged { what: self.asked("configuration"), why });
        }
        Ok(bytes)
    }
}

impl From<RegistryError> for SourceError {
    fn from(error: RegistryError) -> Self {
        Self::Remote(Box::new(error))
    }
}

#[cfg(test)]
mod tests;
