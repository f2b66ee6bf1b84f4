//! What is attached to an image, in lines for people: signatures, attestations, the rest.

use plimsoll_model::{AttachedContent, AttachedKind, Attachment, Attachments, Signer, Verification};

/// Lines under one name.
pub(super) struct Lines {
    /// What they are about.
    pub(super) name: &'static str,
    /// One per blob, and one per artefact without any.
    pub(super) lines: Vec<String>,
}

/// What is attached, by kind. A kind of which there is none gets a line too where somebody may
/// ask for it: whether the image is signed, whether anything is attested.
pub(super) fn lines(attached: &Attachments) -> Vec<Lines> {
    let of = |is_it: fn(AttachedKind) -> bool| -> Vec<String> {
        attached
            .contents()
            .filter(|(_, each)| is_it(each.kind))
            .map(|(place, each)| line(place, each))
            .collect()
    };
    let unread = if attached.problems.is_empty() { "" } else { ", but not everything could be read" };
    let or_none =
        |lines: Vec<String>| if lines.is_empty() { vec![format!("none found{unread}")] } else { lines };
    let signatures = of(|kind| kind == AttachedKind::Signature);
    let attestations = of(|kind| {
        matches!(
            kind,
            AttachedKind::Provenance
                | AttachedKind::BillOfMaterials
                | AttachedKind::Vex
                | AttachedKind::Attestation
        )
    });
    let mut others = of(|kind| kind == AttachedKind::Other);
    let empty = attached.artifacts.iter().filter(|artifact| artifact.contents.is_empty());
    others.extend(empty.map(|artifact| {
        let kind = artifact.artifact_type.as_deref().unwrap_or(&artifact.media_type);
        format!("{kind} {}", artifact.digest.short())
    }));
    vec![
        Lines { name: "Signatures", lines: or_none(signatures) },
        Lines { name: "Attestations", lines: or_none(attestations) },
        Lines { name: "Attached", lines: others },
    ]
}

fn line(artifact: &Attachment, content: &AttachedContent) -> String {
    let what = match content.kind {
        AttachedKind::Other => artifact.artifact_type.as_deref().unwrap_or(&content.media_type).to_owned(),
        AttachedKind::Attestation => {
            content.predicate_type.clone().unwrap_or_else(|| "attestation".to_owned())
        }
        kind => kind.words().to_owned(),
    };
    let worth = match (&content.signer, &content.verification) {
        (Signer::Nobody, _) => content.signer.to_string(),
        (signer @ Signer::Key { .. }, verified @ Verification::Verified { .. }) => match signer {
            Signer::Key { hint: Some(hint) } => format!("signed with the key {hint}, {verified}"),
            _ => verified.to_string(),
        },
        (signer, verification) => format!("{signer}, {verification}"),
    };
    format!("{what} {}, {worth}", content.digest.short())
}
