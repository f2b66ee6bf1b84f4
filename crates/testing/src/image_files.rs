//! An image in memory, and the forms in which it is written to disk.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::tar_entry::Entry;

/// How a layer's blob is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestLayer {
    /// The uncompressed archive.
    pub archive: Vec<u8>,
    /// The blob, as a registry keeps it.
    pub blob: Vec<u8>,
    /// How the blob is compressed.
    pub compression: Compression,
    /// The instruction that made it.
    pub created_by: Option<String>,
    /// What is in the archive; empty where the layer was not made from text.
    pub entries: Vec<Entry>,
}

impl TestLayer {
    /// A layer of this archive, compressed as so many gzip members or Zstandard frames.
    #[must_use]
    pub fn from_archive(archive: Vec<u8>, compression: Compression, members: usize) -> Self {
        let piece = archive.len().div_ceil(members.max(1)).max(1);
        let blob = match compression {
            Compression::None => archive.clone(),
            Compression::Gzip if archive.is_empty() => gzip(&archive),
            Compression::Gzip => archive.chunks(piece).flat_map(gzip).collect(),
            Compression::Zstd if archive.is_empty() => zstd(&archive),
            Compression::Zstd => archive.chunks(piece).flat_map(zstd).collect(),
        };
        Self { archive, blob, compression, created_by: None, entries: Vec::new() }
    }

    /// The blob's digest, `sha256:…`.
    #[must_use]
    pub fn digest(&self) -> String {
        digest(&self.blob)
    }

    /// The uncompressed archive's digest, `sha256:…`.
    #[must_use]
    pub fn diff_id(&self) -> String {
        digest(&self.archive)
    }

    /// The blob's OCI media type.
    #[must_use]
    pub const fn media_type(&self) -> &'static str {
        match self.compression {
            Compression::None => "application/vnd.oci.image.layer.v1.tar",
            Compression::Gzip => "application/vnd.oci.image.layer.v1.tar+gzip",
            Compression::Zstd => "application/vnd.oci.image.layer.v1.tar+zstd",
        }
    }
}

/// A whole image.
#[derive(Debug, Clone, PartialEq)]
pub struct TestImage {
    /// How it is called: repository and tag.
    pub name: String,
    /// Operating system of its platform.
    pub os: String,
    /// Architecture of its platform.
    pub architecture: String,
    /// The `config` object of its configuration.
    pub config: Map<String, Value>,
    /// Its layers, the lowest first.
    pub layers: Vec<TestLayer>,
}

impl TestImage {
    /// An image without layers.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            name: "example.com/test:1".to_owned(),
            os: "linux".to_owned(),
            architecture: "amd64".to_owned(),
            config: Map::new(),
            layers: Vec::new(),
        }
    }

    /// The bytes of its configuration.
    #[must_use]
    pub fn configuration(&self) -> Vec<u8> {
        let diff_ids: Vec<String> = self.layers.iter().map(TestLayer::diff_id).collect();
        let history: Vec<Value> = self
            .layers
            .iter()
            .map(|layer| json!({ "created": "2020-01-01T00:00:00Z", "created_by": layer.created_by }))
            .collect();
        bytes(&json!({
            "created": "2020-01-01T00:00:00Z",
            "architecture": self.architecture,
            "os": self.os,
            "config": self.config,
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
            "history": history,
        }))
    }

    /// The bytes of its OCI manifest.
    #[must_use]
    pub fn manifest(&self) -> Vec<u8> {
        let layers: Vec<Value> =
            self.layers.iter().map(|layer| descriptor(layer.media_type(), &layer.blob)).collect();
        bytes(&json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor("application/vnd.oci.image.config.v1+json", &self.configuration()),
            "layers": layers,
        }))
    }

    /// The bytes of an OCI index that lists it alone, under its tag.
    #[must_use]
    pub fn index(&self) -> Vec<u8> {
        let mut manifest = descriptor("application/vnd.oci.image.manifest.v1+json", &self.manifest());
        manifest["platform"] = json!({ "os": self.os, "architecture": self.architecture });
        manifest["annotations"] = json!({ "org.opencontainers.image.ref.name": self.tag() });
        bytes(&json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [manifest],
        }))
    }

    /// What comes after the colon of its name.
    #[must_use]
    pub fn tag(&self) -> &str {
        self.name.rsplit_once(':').map_or("latest", |(_, tag)| tag)
    }

    /// Every blob, the layers' first, with its digest.
    #[must_use]
    pub fn blobs(&self) -> Vec<(String, Vec<u8>)> {
        let mut blobs: Vec<(String, Vec<u8>)> =
            self.layers.iter().map(|layer| (layer.digest(), layer.blob.clone())).collect();
        for document in [self.configuration(), self.manifest()] {
            blobs.push((digest(&document), document));
        }
        blobs
    }

    /// The files of an OCI layout, by path.
    fn layout(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = vec![
            ("oci-layout".to_owned(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()),
            ("index.json".to_owned(), self.index()),
        ];
        for (digest, blob) in self.blobs() {
            let path = format!("blobs/{}", digest.replace(':', "/"));
            if !files.iter().any(|(known, _)| *known == path) {
                files.push((path, blob));
            }
        }
        files
    }

    /// Writes an OCI layout into a directory, which is made.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn write_oci_layout(&self, directory: &Path) -> io::Result<()> {
        fs::create_dir_all(directory.join("blobs/sha256"))?;
        for (path, content) in self.layout() {
            fs::write(directory.join(path), content)?;
        }
        Ok(())
    }

    /// An OCI layout as one archive.
    #[must_use]
    pub fn oci_archive(&self) -> Vec<u8> {
        archive_of(self.layout().into_iter().map(|(path, content)| file(&path, content)))
    }

    /// What `docker save` writes since version 25: an OCI layout with a `manifest.json`.
    #[must_use]
    pub fn docker_archive(&self) -> Vec<u8> {
        let path = |digest: String| format!("blobs/{}", digest.replace(':', "/"));
        // Docker keeps its layers uncompressed there.
        let plain = self.uncompressed();
        let layers: Vec<String> = plain.layers.iter().map(|layer| path(layer.digest())).collect();
        let list = bytes(&json!([{
            "Config": path(digest(&plain.configuration())),
            "RepoTags": [self.name],
            "Layers": layers,
        }]));
        let files = plain.layout().into_iter().chain([("manifest.json".to_owned(), list)]);
        archive_of(files.map(|(path, content)| file(&path, content)))
    }

    /// What `docker save` wrote before: a directory per layer with `VERSION`, `json` and
    /// `layer.tar`, which is a symbolic link where a layer comes twice.
    #[must_use]
    pub fn legacy_docker_archive(&self) -> Vec<u8> {
        let configuration = self.configuration();
        let name = |digest: String| digest.trim_start_matches("sha256:").to_owned();
        let config_path = format!("{}.json", name(digest(&configuration)));
        let mut entries = vec![file(&config_path, configuration)];
        let mut paths: Vec<String> = Vec::new();
        for (position, layer) in self.layers.iter().enumerate() {
            let own = name(digest(format!("{position} {}", layer.diff_id()).as_bytes()));
            let first = self.layers.iter().position(|other| other.diff_id() == layer.diff_id());
            entries.push(Entry { type_flag: b'5', mode: 0o755, ..file(&format!("{own}/"), Vec::new()) });
            entries.push(file(&format!("{own}/VERSION"), b"1.0".to_vec()));
            entries.push(file(&format!("{own}/json"), bytes(&json!({ "id": own }))));
            let path = format!("{own}/layer.tar");
            match first.filter(|first| *first < position).and_then(|first| paths.get(first)) {
                Some(known) => {
                    let link = format!("../{known}").into_bytes();
                    entries.push(Entry { type_flag: b'2', link, ..file(&path, Vec::new()) });
                }
                None => entries.push(file(&path, layer.archive.clone())),
            }
            paths.push(path);
        }
        let list = json!([{ "Config": config_path, "RepoTags": [self.name], "Layers": paths }]);
        entries.push(file("manifest.json", bytes(&list)));
        archive_of(entries.into_iter())
    }

    /// The same image with its layers' blobs uncompressed.
    #[must_use]
    pub fn uncompressed(&self) -> Self {
        let mut plain = self.clone();
        for layer in &mut plain.layers {
            (layer.blob, layer.compression) = (layer.archive.clone(), Compression::None);
        }
        plain
    }
}

fn file(path: &str, content: Vec<u8>) -> Entry {
    let (path, modified) = (path.as_bytes().to_vec(), "0".to_owned());
    Entry { type_flag: b'0', mode: 0o644, path, modified, content, ..Entry::default() }
}

fn archive_of(entries: impl Iterator<Item = Entry>) -> Vec<u8> {
    let mut archive = Vec::new();
    for entry in entries {
        entry.encode(&mut archive);
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

fn bytes(document: &Value) -> Vec<u8> {
    document.to_string().into_bytes()
}

fn descriptor(media_type: &str, blob: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": digest(blob), "size": blob.len() })
}

/// The SHA-256 of bytes, `sha256:…`.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hexadecimal(&Sha256::digest(bytes)))
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One gzip member.
///
/// # Panics
/// Never: memory is all it writes to.
#[must_use]
pub fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(plain).and_then(|()| encoder.finish()).expect("memory takes every byte")
}

/// One Zstandard frame.
///
/// # Panics
/// Never: memory is all it writes to.
#[must_use]
pub fn zstd(plain: &[u8]) -> Vec<u8> {
    zstd::encode_all(plain, 3).expect("memory takes every byte")
}
