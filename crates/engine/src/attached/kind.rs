//! Which kind of thing an attached blob is, by its media type, its artefact's type and its
//! predicate's type.

use plimsoll_image::manifest::Descriptor;
use plimsoll_image::source::attached::AttachedArtifact;
use plimsoll_model::{AttachedContent, AttachedKind};

/// cosign's payload of a signature, after Red Hat's "simple signing".
const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

/// Notary Project's signatures.
const NOTATION: &str = "application/vnd.cncf.notary.signature";

/// A DSSE envelope, a bundle around one, or a bare statement.
const ENVELOPES: [&str; 3] =
    ["application/vnd.dsse.envelope", "application/vnd.dev.sigstore.bundle", "application/vnd.in-toto"];

/// Annotations that name the type of an attestation's predicate: cosign's, `BuildKit`'s and
/// Sigstore's.
const PREDICATE_ANNOTATIONS: [&str; 3] =
    ["predicateType", "in-toto.io/predicate-type", "dev.sigstore.bundle.predicateType"];

pub(super) fn is_simple_signing(media_type: &str) -> bool {
    media_type == SIMPLE_SIGNING
}

pub(super) fn is_notation(artifact_type: Option<&str>) -> bool {
    artifact_type == Some(NOTATION)
}

/// The kind by types alone.
pub(super) fn of_types(media_type: &str, artifact_type: Option<&str>) -> AttachedKind {
    if is_simple_signing(media_type) || is_notation(artifact_type) {
        return AttachedKind::Signature;
    }
    if ENVELOPES.iter().any(|envelope| media_type.starts_with(envelope)) {
        return AttachedKind::Attestation;
    }
    let names = [media_type, artifact_type.unwrap_or_default()].map(str::to_ascii_lowercase);
    let says = |word: &str| names.iter().any(|name| name.contains(word));
    // CSAF documents are attached as what they are; only those of the profile VEX say anything.
    if says("vex") || says("csaf") {
        AttachedKind::Vex
    } else if says("spdx") || says("cyclonedx") || says("sbom") || says("syft") {
        AttachedKind::BillOfMaterials
    } else {
        AttachedKind::Other
    }
}

/// The kind of what an attestation says.
pub(super) fn of_predicate(predicate_type: &str) -> AttachedKind {
    let kind = predicate_type.to_ascii_lowercase();
    let says = |word: &str| kind.contains(word);
    if says("sigstore.dev/cosign/sign/") {
        AttachedKind::Signature
    } else if says("/provenance") {
        AttachedKind::Provenance
    } else if says("vex") || says("csaf") {
        AttachedKind::Vex
    } else if says("spdx") || says("cyclonedx") || says("sbom") {
        AttachedKind::BillOfMaterials
    } else {
        AttachedKind::Attestation
    }
}

/// What an annotation says that the predicate is, before the blob is read.
pub(super) fn annotated_predicate(blob: &Descriptor, artifact: &AttachedArtifact) -> Option<String> {
    let is_envelope = ENVELOPES.iter().any(|envelope| blob.media_type.starts_with(envelope));
    let on = |annotations: &std::collections::BTreeMap<String, String>| {
        PREDICATE_ANNOTATIONS.iter().find_map(|key| annotations.get(*key).cloned())
    };
    // The artefact's own annotation speaks of its only blob.
    let of_artifact = || if artifact.blobs.len() == 1 { on(&artifact.annotations) } else { None };
    is_envelope.then(|| on(&blob.annotations).or_else(of_artifact))?.filter(|kind| !kind.is_empty())
}

/// Whether the bytes tell more than the types do. Bare statements of `BuildKit` are not signed,
/// and a large bill of materials is not fetched to learn that it is one.
pub(super) fn is_worth_reading(media_type: &str, artifact_type: Option<&str>, kind: AttachedKind) -> bool {
    let is_bare = media_type.starts_with("application/vnd.in-toto");
    match kind {
        AttachedKind::Signature | AttachedKind::Vex => true,
        AttachedKind::BillOfMaterials => {
            is_cyclonedx(media_type)
                || is_cyclonedx(artifact_type.unwrap_or_default())
                || (!is_bare && of_types(media_type, None) == AttachedKind::Attestation)
        }
        AttachedKind::Provenance => !is_bare,
        AttachedKind::Attestation => true,
        AttachedKind::Other => false,
    }
}

/// Whether a document of this kind may say what flaws do: VEX, or a bill of materials of
/// CycloneDX, which can hold both.
pub(super) fn may_hold_vex(kind: AttachedKind, content: &AttachedContent) -> bool {
    match kind {
        AttachedKind::Vex => true,
        AttachedKind::BillOfMaterials => {
            is_cyclonedx(&content.media_type) || content.predicate_type.as_deref().is_some_and(is_cyclonedx)
        }
        _ => false,
    }
}

fn is_cyclonedx(name: &str) -> bool {
    name.to_ascii_lowercase().contains("cyclonedx")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(media_type: &str, artifact_type: Option<&str>, expect: AttachedKind) {
        assert_eq!(of_types(media_type, artifact_type), expect, "{media_type} {artifact_type:?}");
    }

    #[test]
    fn types_tell_the_kind() {
        check(SIMPLE_SIGNING, None, AttachedKind::Signature);
        check("application/jose+json", Some(NOTATION), AttachedKind::Signature);
        check("application/vnd.openvex+json", None, AttachedKind::Vex);
        check("application/json", Some("application/vnd.openvex"), AttachedKind::Vex);
        check("application/csaf+json", None, AttachedKind::Vex);
        check("application/spdx+json", None, AttachedKind::BillOfMaterials);
        check("application/vnd.cyclonedx+json", None, AttachedKind::BillOfMaterials);
        check("application/vnd.dev.sigstore.bundle.v0.3+json", None, AttachedKind::Attestation);
        check("text/plain", Some("application/vnd.example.notes"), AttachedKind::Other);
    }

    #[test]
    fn predicates_tell_the_kind() {
        for (predicate, expect) in [
            ("https://slsa.dev/provenance/v1", AttachedKind::Provenance),
            ("https://slsa.dev/provenance/v0.2", AttachedKind::Provenance),
            ("https://spdx.dev/Document", AttachedKind::BillOfMaterials),
            ("https://cyclonedx.org/bom", AttachedKind::BillOfMaterials),
            ("https://openvex.dev/ns/v0.2.0", AttachedKind::Vex),
            ("https://sigstore.dev/cosign/sign/v1", AttachedKind::Signature),
            ("https://cosign.sigstore.dev/attestation/vuln/v1", AttachedKind::Attestation),
        ] {
            assert_eq!(of_predicate(predicate), expect, "{predicate}");
        }
    }
}
