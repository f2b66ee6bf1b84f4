//! What is attached to an image, understood: which blob is a signature, an attestation, a bill of
//! materials or a VEX document, and who signed it as far as what came with it says.
//!
//! Anybody who may push to a repository may attach anything. Nothing here is taken for more than
//! somebody's word unless the user's own key verified it ([`key::VerifyingKey`]).

mod certificate;
pub mod key;
mod kind;
mod signature;

use plimsoll_advisory::vex::envelope::{self, Statement};
use plimsoll_advisory::vex::{self, VexDocument};
use plimsoll_image::limits::MAX_DOCUMENT;
use plimsoll_image::manifest::Descriptor;
use plimsoll_image::source::attached::AttachedArtifact;
use plimsoll_image::source::{Image, Source};
use plimsoll_model::{
    AppliedVex, AttachedContent, AttachedKind, Attachment, Attachments, Digest, Problem, Signer, Verification,
};

use self::key::VerifyingKey;

/// Bytes of attached blobs that are read for one image, in all. Signatures have a few kilobytes,
/// bills of materials some megabytes.
const MAX_BYTES: u64 = 64 << 20;

/// A VEX document that was found attached to an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedVex {
    /// What it says.
    pub document: VexDocument,
    /// Where it is from and who signed it.
    pub facts: AppliedVex,
}

/// What is attached to an image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// Everything, for people and programs to see.
    pub attachments: Attachments,
    /// The VEX documents among it.
    pub vex: Vec<AttachedVex>,
}

/// Finds and reads what is attached; `None` where the place keeps no such things.
pub(crate) fn read(source: &dyn Source, image: &Image, key: Option<&VerifyingKey>) -> Option<Found> {
    let listed = source.attached(image)?;
    let identity = &image.identity;
    let digests = [&identity.manifest_digest, &identity.index_digest, &identity.config_digest];
    let mut reading = Reading {
        source,
        key,
        image: digests.into_iter().flatten().cloned().collect(),
        budget: MAX_BYTES,
        found: Found::default(),
    };
    reading.found.attachments.problems = listed.problems;
    for artifact in listed.artifacts {
        let contents = artifact.blobs.iter().map(|blob| reading.content(&artifact, blob)).collect();
        reading.found.attachments.artifacts.push(Attachment {
            digest: artifact.digest,
            media_type: artifact.media_type,
            artifact_type: artifact.artifact_type,
            size: artifact.size,
            annotations: artifact.annotations,
            subject: artifact.subject,
            place: artifact.place,
            contents,
        });
    }
    let mut found = reading.found;
    found.attachments.problems.sort();
    found.attachments.problems.dedup();
    Some(found)
}

struct Reading<'a> {
    source: &'a dyn Source,
    key: Option<&'a VerifyingKey>,
    /// Every digest that the image goes by.
    image: Vec<Digest>,
    budget: u64,
    found: Found,
}

impl Reading<'_> {
    fn content(&mut self, artifact: &AttachedArtifact, blob: &Descriptor) -> AttachedContent {
        let mut content = AttachedContent {
            kind: kind::of_types(&blob.media_type, artifact.artifact_type.as_deref()),
            digest: blob.digest.clone(),
            media_type: blob.media_type.clone(),
            size: blob.size,
            predicate_type: kind::annotated_predicate(blob, artifact),
            signer: Signer::Nobody,
            verification: Verification::NotVerified,
        };
        if let Some(predicate) = &content.predicate_type {
            content.kind = kind::of_predicate(predicate);
        }
        if !kind::is_worth_reading(&blob.media_type, artifact.artifact_type.as_deref(), content.kind) {
            return content;
        }
        let Some(bytes) = self.fetch(blob) else {
            content.signer = Signer::Unknown { reason: "the blob could not be read".to_owned() };
            return content;
        };
        let statement = self.understand(artifact, blob, &bytes, &mut content);
        if kind::may_hold_vex(content.kind, &content) {
            self.take_vex(artifact, &bytes, statement.as_ref(), &mut content);
        }
        content
    }

    fn fetch(&mut self, blob: &Descriptor) -> Option<Vec<u8>> {
        // A blob whose size nobody states may have as much as is read of any.
        let most = if blob.size == 0 { MAX_DOCUMENT } else { blob.size };
        if most > self.budget {
            let why =
                format!("what is attached has more than {MAX_BYTES} bytes in all; the rest is not read");
            self.problem(&blob.digest, why);
            return None;
        }
        match self.source.attached_blob(blob) {
            Ok(bytes) => {
                self.budget = self.budget.saturating_sub(bytes.len() as u64);
                Some(bytes)
            }
            Err(error) => {
                self.problem(&blob.digest, error.to_string());
                None
            }
        }
    }

    /// Fills in what the bytes tell, and gives the statement that they hold, if they hold one.
    fn understand(
        &mut self,
        artifact: &AttachedArtifact,
        blob: &Descriptor,
        bytes: &[u8],
        content: &mut AttachedContent,
    ) -> Option<Statement> {
        let annotations = &blob.annotations;
        if kind::is_simple_signing(&blob.media_type) {
            content.signer = signature::of_cosign(annotations);
            let made = signature::cosign_signature(annotations);
            content.verification = self.verify(&content.signer, |key| {
                signature::names_image(bytes, &artifact.subject)?;
                key.check(bytes, &made?)
            });
            return None;
        }
        if kind::is_notation(artifact.artifact_type.as_deref()) {
            content.signer = signature::of_notation(&blob.media_type, bytes);
            return None;
        }
        let opened = match envelope::open(bytes) {
            Ok(opened) => opened,
            Err(envelope::EnvelopeError::NoDocument) => {
                content.kind = AttachedKind::Signature;
                content.signer = signature::of_material(envelope::material(bytes).unwrap_or_default(), true);
                return None;
            }
            Err(error) => {
                self.problem(&blob.digest, error.to_string());
                content.signer = Signer::Unknown { reason: "its envelope cannot be opened".to_owned() };
                return None;
            }
        };
        let inner = opened.as_ref().map_or(bytes, |opened| opened.payload.as_slice());
        let statement = match envelope::statement(inner) {
            Ok(statement) => statement,
            Err(error) => {
                self.problem(&blob.digest, error.to_string());
                None
            }
        };
        if let Some(statement) = &statement {
            content.predicate_type = Some(statement.predicate_type.clone()).filter(|kind| !kind.is_empty());
            content.kind = kind::of_predicate(&statement.predicate_type);
        }
        if let Some(opened) = opened {
            content.signer = match signature::of_cosign(annotations) {
                certificate @ Signer::Certificate { .. } => certificate,
                _ => {
                    let hint = opened.signatures.iter().find_map(|each| each.key_id.clone());
                    let mut material = opened.material.clone();
                    material.key_hint = material.key_hint.or(hint);
                    signature::of_material(material, !opened.signatures.is_empty())
                }
            };
            let is_about = statement.as_ref().is_some_and(|said| said.subjects.contains(&artifact.subject));
            content.verification = self.verify(&content.signer, |key| {
                if !is_about {
                    return Err("what is signed does not name this image".to_owned());
                }
                let signed = opened.signed_bytes();
                let mut made = opened.signatures.iter().map(|each| key.check(&signed, &each.bytes));
                let first = made.next().unwrap_or_else(|| Err("there is no signature".to_owned()));
                made.fold(first, Result::or)
            });
        }
        statement
    }

    /// Verifies with the user's key what was signed with a key. A certificate stands for a key
    /// of its own, which the user's cannot be.
    fn verify(
        &self,
        signer: &Signer,
        check: impl FnOnce(&VerifyingKey) -> Result<(), String>,
    ) -> Verification {
        let (Some(key), Signer::Key { .. }) = (self.key, signer) else { return Verification::NotVerified };
        match check(key) {
            Ok(()) => Verification::Verified { key: key.digest().clone() },
            Err(reason) => Verification::Failed { reason },
        }
    }

    fn take_vex(
        &mut self,
        artifact: &AttachedArtifact,
        bytes: &[u8],
        statement: Option<&Statement>,
        content: &mut AttachedContent,
    ) {
        let mut document = match vex::read(bytes) {
            Ok(document) => document,
            Err(error) => {
                // A bill of materials that is no CycloneDX holds no VEX; that is no fault.
                if content.kind == AttachedKind::Vex {
                    self.problem(&content.digest, error.to_string());
                }
                return;
            }
        };
        if content.kind != AttachedKind::Vex && document.statements.is_empty() {
            return;
        }
        content.kind = AttachedKind::Vex;
        let is_about = |said: &Statement| said.subjects.iter().any(|subject| self.image.contains(subject));
        if statement.is_some_and(|said| !is_about(said)) {
            let why = "its VEX document is attested for another image and is not applied";
            return self.problem(&content.digest, why.to_owned());
        }
        // Whoever names a key believes that key alone: neither the unsigned nor other signers.
        let is_believed = self.key.is_none() || matches!(content.verification, Verification::Verified { .. });
        if !is_believed || matches!(content.verification, Verification::Failed { .. }) {
            let why = "its VEX document is not signed with the key given and is not applied";
            return self.problem(&content.digest, why.to_owned());
        }
        let facts = AppliedVex {
            id: document.id.clone(),
            digest: content.digest.clone(),
            source: format!("attached to the image, found in {}", artifact.place.words()),
            signer: content.signer.clone(),
            verification: content.verification.clone(),
            statements: document.statements.len() as u64,
            applied: false,
            lifted: 0,
            would_lift: 0,
        };
        let label = label(&facts);
        for statement in &mut document.statements {
            statement.document.clone_from(&label);
        }
        self.found.vex.push(AttachedVex { document, facts });
    }

    fn problem(&mut self, digest: &Digest, why: String) {
        self.found.attachments.problems.push(Problem::new("attachment-not-read", digest.to_string(), why));
    }
}

/// What stands beside each finding that an attached document lifts: which document, and what its
/// word is worth.
pub(crate) fn label(facts: &AppliedVex) -> String {
    let worth = match &facts.verification {
        Verification::Verified { .. } => "signature verified",
        Verification::NotVerified | Verification::Failed { .. } => match facts.signer {
            Signer::Nobody => "not signed",
            _ => "signature not verified",
        },
    };
    format!("{}, attached VEX {}, {worth}", facts.id, facts.digest.short())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicU64, Ordering};

    use plimsoll_image::source::attached::Attached;
    use plimsoll_image::source::{ImageLayer, SourceError};
    use plimsoll_model::{AttachmentPlace, Platform};

    use super::*;

    /// Keeps blobs as large as any may be, of a size that nobody states.
    #[derive(Debug, Default)]
    struct Sizeless(AtomicU64);

    impl Source for Sizeless {
        fn image(&self, _: Option<&Platform>) -> Result<Image, SourceError> {
            Ok(Image::default())
        }

        fn open_layer(&self, _: &ImageLayer) -> Result<Box<dyn std::io::Read + Send + '_>, SourceError> {
            Ok(Box::new(std::io::empty()))
        }

        fn attached(&self, _: &Image) -> Option<Attached> {
            let blob = |byte: u8| Descriptor {
                media_type: "application/vnd.in-toto+json".to_owned(),
                digest: Digest::sha256([byte; 32]),
                size: 0,
                platform: None,
                annotations: BTreeMap::new(),
                artifact_type: None,
                urls: Vec::new(),
            };
            let artifact = AttachedArtifact {
                digest: Digest::sha256([0; 32]),
                media_type: String::new(),
                artifact_type: None,
                size: 1,
                annotations: BTreeMap::new(),
                subject: Digest::sha256([0; 32]),
                place: AttachmentPlace::Index,
                blobs: (0..20).map(blob).collect(),
            };
            Some(Attached { artifacts: vec![artifact], problems: Vec::new() })
        }

        fn attached_blob(&self, _: &Descriptor) -> Result<Vec<u8>, SourceError> {
            self.0.fetch_add(MAX_DOCUMENT, Ordering::Relaxed);
            Ok(vec![b' '; MAX_DOCUMENT as usize])
        }
    }

    #[test]
    fn blobs_of_unknown_size_count_for_what_they_may_have() {
        let source = Sizeless::default();
        let found = read(&source, &Image::default(), None).unwrap();
        let read = source.0.load(Ordering::Relaxed);
        assert!(read > 0 && read <= MAX_BYTES, "{read}");
        let told = found.attachments.problems.iter().filter(|each| each.detail.contains("bytes in all"));
        assert_eq!(told.count() as u64, 20 - read / MAX_DOCUMENT);
    }
}
