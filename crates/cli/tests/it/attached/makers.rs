//! Artefacts as cosign, Notary Project and `BuildKit` lay them out, put into a registry by plain
//! requests; keys, signatures and certificates by openssl.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use plimsoll_testing::TestImage;
use serde_json::{Value, json};

use crate::places::skip;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A directory with keys in it.
pub(super) struct Bench {
    directory: tempfile::TempDir,
}

impl Bench {
    /// `None` where the machine has no openssl.
    pub(super) fn new() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            skip("openssl is not installed");
            return None;
        }
        Some(Self { directory: tempfile::tempdir().expect("a directory") })
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    fn openssl(&self, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new("openssl").args(arguments).current_dir(self.path()).output();
        let output = output.expect("openssl starts");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// A private key, as `cosign generate-key-pair` makes them.
    pub(super) fn key(&self, name: &str) -> String {
        let file = format!("{name}.key");
        self.openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", &file]);
        file
    }

    /// The file of its public half.
    pub(super) fn public(&self, key: &str) -> String {
        let file = self.path().join(format!("{key}.pub"));
        self.openssl(&["ec", "-in", key, "-pubout", "-out", &file.display().to_string()]);
        file.display().to_string()
    }

    /// An ECDSA signature (ASN.1) over SHA-256.
    pub(super) fn sign(&self, key: &str, message: &[u8]) -> Vec<u8> {
        fs::write(self.path().join("message"), message).expect("a file");
        self.openssl(&["dgst", "-sha256", "-sign", key, "message"])
    }

    /// A key and a certificate (PEM) for it as Fulcio writes them: the identity in the alternative
    /// name, the provider that vouched for it in an extension.
    pub(super) fn certificate(&self, identity: &str, provider: &str) -> (String, String) {
        let key = self.key("certified");
        let text = self.openssl(&[
            "req",
            "-x509",
            "-key",
            &key,
            "-subj",
            "/O=sigstore.dev",
            "-days",
            "1",
            "-addext",
            &format!("subjectAltName=critical,email:{identity}"),
            "-addext",
            &format!("1.3.6.1.4.1.57264.1.8=ASN1:UTF8String:{provider}"),
        ]);
        (key, String::from_utf8(text).expect("PEM"))
    }
}

/// One blob of an artefact.
#[derive(Clone)]
pub(super) struct Blob {
    media_type: String,
    bytes: Vec<u8>,
    annotations: Value,
}

pub(super) fn blob(media_type: &str, bytes: &[u8]) -> Blob {
    Blob { media_type: media_type.to_owned(), bytes: bytes.to_vec(), annotations: json!({}) }
}

impl Blob {
    pub(super) fn with(mut self, annotations: &[(&str, &str)]) -> Self {
        for (key, value) in annotations {
            self.annotations[key] = Value::from(*value);
        }
        self
    }
}

/// cosign's tag for a digest; without an ending, the referrers tag.
pub(super) fn tag_of(digest: &str, ending: &str) -> String {
    format!("{}{ending}", digest.replace(':', "-"))
}

/// A DSSE envelope around an in-toto statement.
pub(super) fn dsse(statement: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let kind = "application/vnd.in-toto+json";
    let signed = format!("DSSEv1 {} {kind} {} {statement}", kind.len(), statement.len());
    let signature = base64(&sign(signed.as_bytes()));
    json!({"payloadType": kind, "payload": base64(statement.as_bytes()),
           "signatures": [{"keyid": "", "sig": signature}]})
    .to_string()
    .into_bytes()
}

/// A repository to push to.
pub(super) struct Repository {
    port: u16,
    name: &'static str,
}

impl Repository {
    pub(super) const fn new(port: u16, name: &'static str) -> Self {
        Self { port, name }
    }

    /// Sends one request; gives the status and the value of `Location`.
    fn send(&self, method: &str, target: &str, kind: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the registry listens");
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.port,
            body.len()
        );
        stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body))
            .expect("it takes the request");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        let location = answer.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap_or_default();
        (status, location.trim().to_owned())
    }

    fn push_blob(&self, bytes: &[u8]) -> String {
        let digest = plimsoll_testing::hostile_registry::digest(bytes);
        let (status, location) = self.send("POST", &format!("/v2/{}/blobs/uploads/", self.name), "", b"");
        assert_eq!(status, 202);
        let path = location.find("/v2/").and_then(|at| location.get(at..)).expect("a path").to_owned();
        let (status, _) =
            self.send("PUT", &format!("{path}&digest={digest}"), "application/octet-stream", bytes);
        assert_eq!(status, 201);
        digest
    }

    /// Pushes a document under a tag, or under its digest where that is empty.
    fn push_document(&self, kind: &str, document: &[u8], tag: &str) -> String {
        let digest = plimsoll_testing::hostile_registry::digest(document);
        let tag = if tag.is_empty() { &digest } else { tag };
        let (status, _) = self.send("PUT", &format!("/v2/{}/manifests/{tag}", self.name), kind, document);
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(document));
        digest
    }

    /// Pushes an image, and gives its digest.
    pub(super) fn push_image(&self, image: &TestImage, tag: &str) -> String {
        for layer in &image.layers {
            self.push_blob(&layer.blob);
        }
        self.push_blob(&image.configuration());
        self.push_document(MANIFEST, &image.manifest(), tag)
    }

    /// Pushes an artefact, and gives its descriptor.
    pub(super) fn push_artifact(
        &self,
        blobs: &[Blob],
        artifact_type: Option<&str>,
        subject: Option<&str>,
        tag: &str,
    ) -> Value {
        let config = b"{}";
        // cosign calls the configuration of its artefacts that of an image.
        let config_type = if artifact_type.is_some() {
            "application/vnd.oci.empty.v1+json"
        } else {
            "application/vnd.oci.image.config.v1+json"
        };
        let layers: Vec<Value> = blobs
            .iter()
            .map(|blob| {
                let digest = self.push_blob(&blob.bytes);
                json!({"mediaType": blob.media_type, "digest": digest, "size": blob.bytes.len(),
                       "annotations": blob.annotations})
            })
            .collect();
        let mut manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": config_type, "digest": self.push_blob(config), "size": config.len()},
            "layers": layers,
        });
        if let Some(kind) = artifact_type {
            manifest["artifactType"] = kind.into();
        }
        if let Some(subject) = subject {
            manifest["subject"] = json!({"mediaType": MANIFEST, "digest": subject, "size": 1});
        }
        let bytes = manifest.to_string().into_bytes();
        let digest = self.push_document(MANIFEST, &bytes, tag);
        json!({"mediaType": MANIFEST, "digest": digest, "size": bytes.len(), "artifactType": artifact_type})
    }

    /// Pushes a list of descriptors.
    pub(super) fn push_index(&self, manifests: &[Value], tag: &str) -> String {
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
        self.push_document(INDEX, index.to_string().as_bytes(), tag)
    }

    /// Pushes an image in an index with an attestation beside it, as `BuildKit` does. Gives the
    /// digests of the index and of the manifest.
    pub(super) fn push_index_with_attestation(
        &self,
        image: &TestImage,
        tag: &str,
        statement: impl FnOnce(&str) -> String,
    ) -> (String, String) {
        let manifest = image.manifest();
        let digest = self.push_image(image, "");
        let said = statement(&digest);
        let layer = blob("application/vnd.in-toto+json", said.as_bytes())
            .with(&[("in-toto.io/predicate-type", "https://slsa.dev/provenance/v1")]);
        let mut attestation = self.push_artifact(&[layer], None, None, "");
        attestation["platform"] = json!({"os": "unknown", "architecture": "unknown"});
        attestation["annotations"] = json!({
            "vnd.docker.reference.digest": digest, "vnd.docker.reference.type": "attestation-manifest",
        });
        if let Some(members) = attestation.as_object_mut() {
            members.remove("artifactType");
        }
        let own = json!({"mediaType": MANIFEST, "digest": digest, "size": manifest.len(),
                         "platform": {"os": "linux", "architecture": "amd64"}});
        (self.push_index(&[own, attestation], tag), digest)
    }
}

/// The base64 of the first block of PEM text.
pub(super) fn pem_body(pem: &str) -> String {
    pem.lines().skip(1).take_while(|line| !line.starts_with("-----")).collect()
}

/// Base64 with padding (RFC 4648).
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for position in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * position) & 63) as usize];
            text.push(if position > chunk.len() { '=' } else { char::from(digit) });
        }
    }
    text
}
