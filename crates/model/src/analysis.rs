//! The whole answer about one image.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::attachment::Attachments;
use crate::base::{Base, Descent};
use crate::digest::Digest;
use crate::distribution::Distribution;
use crate::evidence::Evidence;
use crate::file::{FileId, FileTable};
use crate::package::Package;
use crate::platform::Platform;
use crate::problem::Problem;
use crate::purl::Purl;

/// Which image an answer is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImageIdentity {
    /// The image as the user named it.
    pub name: String,
    /// The full reference (`docker.io/library/debian:12`), where it is one of a registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Digest of the index that offers several platforms, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_digest: Option<Digest>,
    /// Digest of the manifest of the chosen platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_digest: Option<Digest>,
    /// Digest of the image configuration: Docker's image id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_digest: Option<Digest>,
    /// The platform that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Every platform on offer under the same name, in the index's order.
    #[serde(default)]
    pub platforms: Vec<Platform>,
}

impl ImageIdentity {
    /// The image as a package URL (`pkg:oci/debian@sha256:…`), where there is a digest of a
    /// manifest, or of an index, to name it by.
    #[must_use]
    pub fn purl(&self) -> Option<Purl> {
        self.oci(self.manifest_digest.as_ref().or(self.index_digest.as_ref())?)
    }

    /// Every package URL that means the image, by whichever of its digests, as `pkg:oci` and as
    /// `pkg:docker`.
    #[must_use]
    pub fn purls(&self) -> Vec<Purl> {
        let digests = [&self.manifest_digest, &self.index_digest, &self.config_digest];
        let mut purls: Vec<Purl> =
            digests.into_iter().flatten().filter_map(|digest| self.oci(digest)).collect();
        if let Some(reference) = &self.reference {
            let (repository, tag) = split_reference(reference);
            let path = repository.split_once('/').map_or(repository, |(_, path)| path);
            let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
            let versions =
                digests.into_iter().flatten().map(ToString::to_string).chain(tag.map(str::to_owned));
            for version in versions {
                purls.extend(Purl::new("docker", Some(namespace), name, Some(&version)));
            }
        }
        purls
    }

    fn oci(&self, digest: &Digest) -> Option<Purl> {
        let full = self.reference.as_deref();
        let (repository, tag) = split_reference(full.unwrap_or(&self.name));
        let name = repository.rsplit('/').next().filter(|name| !name.is_empty())?;
        let purl = Purl::new("oci", None, name, Some(&digest.to_string())).ok()?;
        let architecture = self.platform.as_ref().map(|platform| platform.architecture.as_str());
        let purl = purl.with_qualifier("arch", architecture.unwrap_or_default());
        Some(match full {
            Some(_) => purl
                .with_qualifier("repository_url", repository)
                .with_qualifier("tag", tag.unwrap_or_default()),
            None => purl,
        })
    }
}

/// Splits `host/path:tag@digest` into what comes before the tag, and the tag.
fn split_reference(reference: &str) -> (&str, Option<&str>) {
    let name = reference.split_once('@').map_or(reference, |(name, _)| name);
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (name, None),
    }
}

/// How an image is run, and what it says about itself: the part of the image configuration
/// that is not about layers. Field by field as the OCI image specification and Docker have it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImageConfig {
    /// When the image was built, as it says itself (RFC 3339).
    pub created: Option<String>,
    /// Who built it, as it says itself.
    pub author: Option<String>,
    /// Program that is run.
    pub entrypoint: Vec<String>,
    /// Its default arguments, or the program itself where there is no entrypoint.
    pub cmd: Vec<String>,
    /// Environment, `NAME=value` in the image's order.
    pub env: Vec<String>,
    /// User, and group, that it runs as; empty means root.
    pub user: String,
    /// Directory that it starts in.
    pub working_dir: String,
    /// Ports that it says it listens on (`80/tcp`), sorted.
    pub exposed_ports: Vec<String>,
    /// Paths that are volumes, sorted.
    pub volumes: Vec<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Signal that asks it to stop.
    pub stop_signal: Option<String>,
    /// Docker's health check, its `Test` words.
    pub healthcheck: Option<Vec<String>>,
    /// Docker's `SHELL`.
    pub shell: Vec<String>,
    /// Docker's `ONBUILD` triggers.
    pub on_build: Vec<String>,
}

/// What a layer does to the files that lie below it, and what later layers do to its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LayerStatistics {
    /// Paths that it brings and no layer below had (directories not counted).
    pub added: u64,
    /// Paths that it brings and a layer below had too (directories not counted).
    pub changed: u64,
    /// Paths of layers below that it hides without bringing a new one (directories not counted).
    pub removed: u64,
    /// Bytes of file content that it brings.
    pub content_bytes: u64,
    /// Of those, bytes that no longer show in the image: removed or overwritten by a later
    /// layer, or by a later entry of the same layer. This is what could be reclaimed.
    pub hidden_bytes: u64,
    /// Of the hidden bytes, those that a later layer brought again with the very same content,
    /// under the same path: a change of owner, mode or time alone.
    pub rewritten_bytes: u64,
    /// Bytes that it brings and that another file of the image holds too, with the same
    /// content under another path (a move or a copy). They show, and so are not in `hidden_bytes`.
    pub duplicate_bytes: u64,
}

/// One layer of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Digest of the blob as stored or transferred; of the uncompressed archive where the
    /// source keeps no other.
    pub digest: Digest,
    /// Digest of the uncompressed archive, as the configuration states it.
    pub diff_id: Option<Digest>,
    /// Media type of the blob.
    pub media_type: String,
    /// Bytes as stored or transferred.
    pub compressed_size: u64,
    /// Bytes of the uncompressed archive, headers included.
    pub unpacked_size: u64,
    /// The instruction that made it, from the image's history.
    pub instruction: Option<String>,
    /// When it was made, from the image's history (RFC 3339).
    pub created: Option<String>,
    /// What it does.
    pub statistics: LayerStatistics,
}

/// Everything known about one image. Whatever Plimsoll shows is a pure function of this.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Analysis {
    /// Which image.
    pub identity: ImageIdentity,
    /// How it is run; `None` where there is no image but only a root directory or an SBOM.
    pub config: Option<ImageConfig>,
    /// Which distribution; `None` where nothing in the image says so.
    pub distribution: Option<Distribution>,
    /// Its layers, the lowest first. A root directory is one layer with no digest of its own
    /// and is not listed here.
    pub layers: Vec<Layer>,
    /// The image that it was built on; `None` where nothing says which.
    pub base: Option<Base>,
    /// What is attached to it where it is kept; `None` where that was not asked, or where the
    /// place keeps no such things.
    pub attachments: Option<Attachments>,
    /// The whole history, one line per instruction, layers or not, the oldest first.
    pub history: Vec<String>,
    /// Packages in listing order ([`Package::listing_order`]).
    pub packages: Vec<Package>,
    /// Whether the source holds files at all; an SBOM does not.
    pub has_files: bool,
    /// The merged tree. [`crate::FileRecord::layer`] is an index into `layers`.
    pub files: FileTable,
    /// Which packages list which file: sorted, one pair per listing.
    pub ownership: Vec<(FileId, u32)>,
    /// Where there are no files, which package (first) belongs to which (second), as a bill of
    /// materials says it: sorted positions in `packages`. With files, `ownership` says it, and
    /// [`crate::ProofOwners`] reads either.
    pub part_of: Vec<(u32, u32)>,
    /// What the files say beyond being packages; `None` where it was not asked for, or where the
    /// source holds no files.
    pub evidence: Option<Evidence>,
    /// Damage met on the way, sorted.
    pub problems: Vec<Problem>,
}

impl Analysis {
    /// The packages that list a file.
    pub fn owners(&self, file: FileId) -> impl Iterator<Item = &Package> + use<'_> {
        let start = self.ownership.partition_point(|(id, _)| *id < file);
        self.ownership[start..]
            .iter()
            .take_while(move |(id, _)| *id == file)
            .filter_map(|(_, package)| self.packages.get(*package as usize))
    }

    /// The layer that brought a file.
    #[must_use]
    pub fn layer_of(&self, file: FileId) -> Option<&Layer> {
        self.layers.get(usize::from(self.files.record(file).layer))
    }

    /// Where a layer comes from, by its position; `None` where nobody knows.
    #[must_use]
    pub fn descent(&self, layer: Option<u32>) -> Option<Descent> {
        let layer = layer.filter(|layer| (*layer as usize) < self.layers.len())?;
        self.base.as_ref()?.descent(layer)
    }

    /// Bytes of all layers as stored or transferred.
    #[must_use]
    pub fn compressed_size(&self) -> u64 {
        self.layers.iter().map(|layer| layer.compressed_size).sum()
    }

    /// Bytes of all layers' uncompressed archives.
    #[must_use]
    pub fn unpacked_size(&self) -> u64 {
        self.layers.iter().map(|layer| layer.unpacked_size).sum()
    }

    /// Bytes of file content in the merged tree, each hard-linked name counted once.
    #[must_use]
    pub fn content_size(&self) -> u64 {
        self.files
            .ids()
            .map(|id| self.files.record(id))
            .filter(|record| record.kind == crate::FileKind::File && !record.is_hard_link())
            .map(crate::FileRecord::size)
            .sum()
    }

    /// Packages that are installed, lock files' declarations left out.
    pub fn installed(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| !package.declared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_split_at_its_tag_and_not_at_a_port() {
        assert_eq!(split_reference("docker.io/library/debian:12"), ("docker.io/library/debian", Some("12")));
        assert_eq!(split_reference("localhost:5000/a/b"), ("localhost:5000/a/b", None));
        assert_eq!(split_reference("a/b:1@sha256:00"), ("a/b", Some("1")));
    }

    #[test]
    fn an_image_has_a_package_url_for_each_of_its_digests() {
        let digest = |byte: &str| format!("sha256:{}", byte.repeat(32)).parse::<Digest>().unwrap();
        let identity = ImageIdentity {
            name: "debian:12".to_owned(),
            reference: Some("docker.io/library/debian:12".to_owned()),
            index_digest: Some(digest("aa")),
            manifest_digest: Some(digest("bb")),
            ..ImageIdentity::default()
        };
        let (index, manifest) = (digest("aa"), digest("bb"));
        let hex = |digest: &Digest| digest.to_string().replace(':', "%3A");
        let (index, manifest) = (hex(&index), hex(&manifest));
        let found: Vec<String> = identity.purls().iter().map(ToString::to_string).collect();
        let oci = "?repository_url=docker.io/library/debian&tag=12";
        let expect = [
            format!("pkg:oci/debian@{manifest}{oci}"),
            format!("pkg:oci/debian@{index}{oci}"),
            format!("pkg:docker/library/debian@{manifest}"),
            format!("pkg:docker/library/debian@{index}"),
            "pkg:docker/library/debian@12".to_owned(),
        ];
        let plain = |text: &String| text.replace("%3A", ":").replace("%2F", "/");
        assert_eq!(found.iter().map(plain).collect::<Vec<_>>(), expect.iter().map(plain).collect::<Vec<_>>());
        assert_eq!(identity.purl().map(|purl| purl.to_string()), found.first().cloned());
    }
}
