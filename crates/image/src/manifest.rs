//! OCI and Docker documents: index, manifest, image configuration.
//!
//! Specifications: OCI image-spec 1.1 (`image-index.md`, `manifest.md`, `config.md`) and Docker
//! Image Manifest Version 2, Schema 2. A digest is always over the bytes as they came, never
//! over what was parsed.

use std::collections::BTreeMap;

use plimsoll_model::{Digest, ImageConfig, Platform};
use serde::Deserialize;

/// Media types that name an index.
pub const INDEX_TYPES: [&str; 2] =
    ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];

/// Media types that name the manifest of one image.
pub const MANIFEST_TYPES: [&str; 2] =
    ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];

/// Docker's first manifest format, which registries stopped serving in 2024.
pub const SCHEMA_1_TYPES: [&str; 2] = [
    "application/vnd.docker.distribution.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
];

/// A pointer to a document or a layer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it points at.
    #[serde(default)]
    pub media_type: String,
    /// Digest of the bytes.
    pub digest: Digest,
    /// How many bytes.
    #[serde(default)]
    pub size: u64,
    /// For manifests in an index: the platform of the image.
    #[serde(default)]
    pub platform: Option<Platform>,
    /// Annotations.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// For artifacts: what kind.
    #[serde(default)]
    pub artifact_type: Option<String>,
    /// Where else the bytes may be had. Never followed: an image must not choose whom we call.
    #[serde(default)]
    pub urls: Vec<String>,
}

impl Descriptor {
    /// Whether this manifest of an index is no image but says something about one.
    #[must_use]
    pub fn is_attestation(&self) -> bool {
        self.annotations.contains_key("vnd.docker.reference.type")
            || self
                .platform
                .as_ref()
                .is_some_and(|platform| platform.os == "unknown" && platform.architecture == "unknown")
    }
}

/// A list of manifests.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// What is on offer, in the publisher's order.
    #[serde(default)]
    pub manifests: Vec<Descriptor>,
    /// Annotations.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// For artifacts: what kind.
    #[serde(default)]
    pub artifact_type: Option<String>,
    /// What it is attached to.
    #[serde(default)]
    pub subject: Option<Descriptor>,
}

/// The parts of one image.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The image configuration.
    pub config: Descriptor,
    /// The layers, the lowest first.
    #[serde(default)]
    pub layers: Vec<Descriptor>,
    /// For artifacts: what kind.
    #[serde(default)]
    pub artifact_type: Option<String>,
    /// Annotations.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// What it is attached to.
    #[serde(default)]
    pub subject: Option<Descriptor>,
}

/// Either kind of document, told apart as container engines do: by its media type, and where it
/// names none by what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// A list of manifests.
    Index(Box<Index>),
    /// The parts of one image.
    Manifest(Box<Manifest>),
}

/// Why a document cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// No JSON of the right shape.
    #[error("the {what} is not readable: {cause}")]
    Json {
        /// Which document.
        what: &'static str,
        /// What the parser says.
        cause: String,
    },
    /// Docker's schema 1.
    #[error(
        "the image has Docker's schema 1 manifest, which holds no content digests; push it again with a client of 2017 or later"
    )]
    Schema1,
    /// Both an index and a manifest: two readers would see two images.
    #[error(
        "the document is an index and a manifest at once; clients would disagree about what the image is, so it is refused"
    )]
    Ambiguous,
    /// Something else than an image.
    #[error("this is no container image but {0}")]
    NotAnImage(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    schema_version: Option<u64>,
    manifests: Option<serde_json::Value>,
    layers: Option<serde_json::Value>,
    #[serde(rename = "fsLayers")]
    fs_layers: Option<serde_json::Value>,
}

impl Manifest {
    /// What kind of artefact it is; `None` where it is an image.
    #[must_use]
    pub fn artifact(&self) -> Option<&str> {
        let config = self.config.media_type.as_str();
        let is_image = config.is_empty()
            || config.contains("container.image")
            || config.contains("vnd.oci.image.config");
        self.artifact_type.as_deref().filter(|kind| !kind.is_empty()).or((!is_image).then_some(config))
    }
}

impl Document {
    /// Parses a document. `media_type` is what its descriptor or the registry called it.
    ///
    /// # Errors
    /// [`DocumentError`] where it is neither, or both.
    pub fn parse(bytes: &[u8], media_type: &str) -> Result<Self, DocumentError> {
        let json =
            |what| move |cause: serde_json::Error| DocumentError::Json { what, cause: cause.to_string() };
        let shape: Shape = serde_json::from_slice(bytes).map_err(json("manifest"))?;
        let named = shape.media_type.as_deref().unwrap_or(media_type);
        if SCHEMA_1_TYPES.contains(&named) || shape.fs_layers.is_some() || shape.schema_version == Some(1) {
            return Err(DocumentError::Schema1);
        }
        // containerd and Docker refuse this since CVE-2021-41190.
        if shape.manifests.is_some() && shape.layers.is_some() {
            return Err(DocumentError::Ambiguous);
        }
        if INDEX_TYPES.contains(&named) || (!MANIFEST_TYPES.contains(&named) && shape.manifests.is_some()) {
            if shape.layers.is_some() {
                return Err(DocumentError::Ambiguous);
            }
            return serde_json::from_slice(bytes)
                .map(|index| Self::Index(Box::new(index)))
                .map_err(json("image index"));
        }
        if shape.manifests.is_some() {
            return Err(DocumentError::Ambiguous);
        }
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(json("image manifest"))?;
        Ok(Self::Manifest(Box::new(manifest)))
    }
}

/// One step of an image's history.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct History {
    /// When (RFC 3339).
    #[serde(default)]
    pub created: Option<String>,
    /// The instruction.
    #[serde(default)]
    pub created_by: Option<String>,
    /// What the builder noted.
    #[serde(default)]
    pub comment: Option<String>,
    /// Whether the step made no layer.
    #[serde(default)]
    pub empty_layer: bool,
}

/// An image configuration: how it runs, what made it, what its layers unpack to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Configuration {
    /// The platform it is for.
    pub platform: Option<Platform>,
    /// How it is run.
    pub config: ImageConfig,
    /// Digests of the uncompressed layers, the lowest first.
    pub diff_ids: Vec<Digest>,
    /// Its history, the oldest first.
    pub history: Vec<History>,
}

#[derive(Deserialize, Default)]
struct RawConfiguration {
    created: Option<String>,
    author: Option<String>,
    architecture: Option<String>,
    os: Option<String>,
    variant: Option<String>,
    #[serde(rename = "os.version")]
    os_version: Option<String>,
    config: Option<RawConfig>,
    rootfs: Option<RawRoot>,
    history: Option<Vec<History>>,
}

#[derive(Deserialize, Default)]
struct RawRoot {
    diff_ids: Option<Vec<Digest>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct RawConfig {
    user: Option<String>,
    exposed_ports: Option<BTreeMap<String, serde::de::IgnoredAny>>,
    env: Option<Vec<String>>,
    entrypoint: Option<Words>,
    cmd: Option<Words>,
    volumes: Option<BTreeMap<String, serde::de::IgnoredAny>>,
    working_dir: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    stop_signal: Option<String>,
    healthcheck: Option<RawHealthcheck>,
    shell: Option<Vec<String>>,
    on_build: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawHealthcheck {
    test: Option<Vec<String>>,
}

/// Old images have one string where a list belongs.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    List(Vec<String>),
    One(String),
}

impl From<Words> for Vec<String> {
    fn from(words: Words) -> Self {
        match words {
            Words::List(list) => list,
            Words::One(one) => vec![one],
        }
    }
}

impl Configuration {
    /// Parses an image configuration.
    ///
    /// # Errors
    /// [`DocumentError::Json`] where it is no configuration.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        let raw: RawConfiguration = serde_json::from_slice(bytes)
            .map_err(|cause| DocumentError::Json { what: "image configuration", cause: cause.to_string() })?;
        let platform = raw.architecture.filter(|name| !name.is_empty()).map(|architecture| {
            let os = raw.os.filter(|name| !name.is_empty()).unwrap_or_else(|| "linux".to_owned());
            let normal = Platform::normal(&os, &architecture, raw.variant.as_deref());
            Platform { os_version: raw.os_version, ..normal }
        });
        let config = raw.config.unwrap_or_default();
        let healthcheck = config.healthcheck.and_then(|check| check.test).filter(|test| !test.is_empty());
        Ok(Self {
            platform,
            config: ImageConfig {
                created: raw.created.filter(|text| !text.is_empty()),
                author: raw.author.filter(|text| !text.is_empty()),
                entrypoint: config.entrypoint.map(Into::into).unwrap_or_default(),
                cmd: config.cmd.map(Into::into).unwrap_or_default(),
                env: config.env.unwrap_or_default(),
                user: config.user.unwrap_or_default(),
                working_dir: config.working_dir.unwrap_or_default(),
                exposed_ports: config.exposed_ports.unwrap_or_default().into_keys().collect(),
                volumes: config.volumes.unwrap_or_default().into_keys().collect(),
                labels: config.labels.unwrap_or_default(),
                stop_signal: config.stop_signal.filter(|text| !text.is_empty()),
                healthcheck,
                shell: config.shell.unwrap_or_default(),
                on_build: config.on_build.unwrap_or_default(),
            },
            diff_ids: raw.rootfs.and_then(|root| root.diff_ids).unwrap_or_default(),
            history: raw.history.unwrap_or_default(),
        })
    }

    /// For each of `count` layers, the step of the history that made it. `None` where history
    /// and layers do not agree: a wrong instruction would be worse than none.
    #[must_use]
    pub fn layer_history(&self, count: usize) -> Vec<Option<&History>> {
        let made: Vec<&History> = self.history.iter().filter(|step| !step.empty_layer).collect();
        if made.len() == count { made.into_iter().map(Some).collect() } else { vec![None; count] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, media_type: &str, expect: &str) {
        let found = match Document::parse(json.as_bytes(), media_type) {
            Ok(Document::Index(index)) => format!("index of {}", index.manifests.len()),
            Ok(Document::Manifest(manifest)) => format!("manifest of {}", manifest.layers.len()),
            Err(error) => format!("{error}").split(';').next().unwrap_or_default().to_owned(),
        };
        assert_eq!(found, expect, "{json}");
    }

    const CONFIG: &str = r#""config":{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0}"#;

    #[test]
    fn index_and_manifest_are_told_apart() {
        check(r#"{"manifests":[]}"#, INDEX_TYPES[0], "index of 0");
        check(r#"{"manifests":[]}"#, "", "index of 0");
        check(&format!(r#"{{{CONFIG},"layers":[]}}"#), MANIFEST_TYPES[1], "manifest of 0");
    }

    #[test]
    fn a_document_that_is_both_is_refused() {
        let both = format!(r#"{{{CONFIG},"layers":[],"manifests":[]}}"#);
        check(&both, "", "the document is an index and a manifest at once");
    }

    #[test]
    fn history_that_does_not_fit_the_layers_names_none() {
        let json = r#"{"architecture":"amd64","os":"linux","rootfs":{"diff_ids":[]},
            "history":[{"created_by":"ADD"},{"created_by":"CMD","empty_layer":true},{"created_by":"RUN"}]}"#;
        let configuration = Configuration::parse(json.as_bytes()).unwrap();
        let made = |count| -> Vec<Option<String>> {
            configuration.layer_history(count).iter().map(|s| s.and_then(|s| s.created_by.clone())).collect()
        };
        assert_eq!(made(2), [Some("ADD".to_owned()), Some("RUN".to_owned())]);
        assert_eq!(made(3), [None, None, None]);
    }

    #[test]
    fn an_entrypoint_of_one_string_is_a_list_of_one() {
        let json = r#"{"config":{"Entrypoint":"/bin/sh","Cmd":null,"ExposedPorts":{"80/tcp":{}}}}"#;
        let configuration = Configuration::parse(json.as_bytes()).unwrap();
        assert_eq!(configuration.config.entrypoint, ["/bin/sh"]);
        assert_eq!(configuration.config.exposed_ports, ["80/tcp"]);
    }
}
