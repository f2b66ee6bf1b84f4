//! Images that were looked at, under the chain of their layers: how a base image is recognised.
//!
//! The key is the chain id of the image specification ("Layer ChainID"), so an image's base is
//! found by asking once for each number of its lowest layers, whatever the number of images known.

use plimsoll_model::Digest;
use serde::{Deserialize, Serialize};

const MAGIC: &[u8; 8] = b"plimbase";
const VERSION: u16 = 1;

/// Names that are kept of images with the same layers. Tags that move leave one each.
const MAX_NAMES: usize = 16;

/// The longest name kept: longer than any reference.
const MAX_NAME: usize = 1_024;

/// An image that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KnownImage {
    /// Whether its name holds on this machine alone. Names of registries are told first.
    pub is_local: bool,
    /// Its name: the full reference where it is one of a registry.
    pub name: String,
    /// Digest of its manifest.
    pub manifest: Option<String>,
    /// Digest of the index that it was found in.
    pub index: Option<String>,
}

impl KnownImage {
    /// Whether its manifest or its index has a digest.
    #[must_use]
    pub fn has_digest(&self, digest: &Digest) -> bool {
        let digest = digest.to_string();
        [&self.manifest, &self.index].into_iter().flatten().any(|own| *own == digest)
    }
}

/// The list with one more image, in its order; `None` where nothing changes.
pub(crate) fn with(mut known: Vec<KnownImage>, image: &KnownImage) -> Option<Vec<KnownImage>> {
    if image.name.len() > MAX_NAME || known.contains(image) {
        return None;
    }
    known.push(image.clone());
    known.sort();
    known.truncate(MAX_NAMES);
    Some(known)
}

pub(crate) fn encode(images: &[KnownImage]) -> Vec<u8> {
    // Text and options only: nothing here refuses to be written.
    let body = postcard::to_allocvec(images).unwrap_or_default();
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

/// The images; none where the bytes are damaged or of another version.
pub(crate) fn decode(bytes: &[u8]) -> Vec<KnownImage> {
    let body = || {
        let rest = bytes.strip_prefix(MAGIC)?.strip_prefix(&VERSION.to_le_bytes())?;
        let (sum, body) = rest.split_first_chunk::<4>()?;
        (crc32fast::hash(body) == u32::from_le_bytes(*sum)).then_some(body)
    };
    let mut images: Vec<KnownImage> =
        body().and_then(|body| postcard::from_bytes(body).ok()).unwrap_or_default();
    images.truncate(MAX_NAMES);
    images
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(is_local: bool, name: &str) -> KnownImage {
        KnownImage { is_local, name: name.to_owned(), manifest: None, index: None }
    }

    #[test]
    fn names_of_registries_come_first_whatever_was_looked_at_first() {
        let local = with(Vec::new(), &image(true, "oci:a")).unwrap();
        let both = with(local, &image(false, "docker.io/library/debian:12")).unwrap();
        assert_eq!(both[0].name, "docker.io/library/debian:12");
        assert_eq!(with(both.clone(), &image(true, "oci:a")), None);
        assert_eq!(decode(&encode(&both)), both);
    }

    #[test]
    fn no_more_names_are_kept_than_are_of_use() {
        let many = (0..40).fold(Vec::new(), |known, number| {
            with(known.clone(), &image(false, &format!("{number:02}"))).unwrap_or(known)
        });
        assert_eq!(many.len(), MAX_NAMES);
    }

    #[test]
    fn damage_is_as_good_as_nothing() {
        let mut bytes = encode(&[image(false, "a")]);
        assert_eq!(decode(&bytes).len(), 1);
        *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(decode(&bytes), []);
        assert_eq!(decode(b""), []);
    }
}
