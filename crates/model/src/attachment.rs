//! What is attached to an image where it is kept: signatures, attestations, bills of materials,
//! VEX documents, and what they say about who made them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::problem::Problem;

/// Everything that is attached to one image, and what could not be found out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attachments {
    /// The artefacts, in the order of places and of each place's own list.
    pub artifacts: Vec<Attachment>,
    /// Places that could not be asked and artefacts that could not be read, sorted.
    pub problems: Vec<Problem>,
}

/// One artefact that is attached to an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Digest of its manifest, verified.
    pub digest: Digest,
    /// Media type of its manifest.
    pub media_type: String,
    /// What kind of artefact it says that it is.
    pub artifact_type: Option<String>,
    /// Bytes of its manifest.
    pub size: u64,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// The manifest or index that it is attached to.
    pub subject: Digest,
    /// Where it was found.
    pub place: AttachmentPlace,
    /// What it holds.
    pub contents: Vec<AttachedContent>,
}

/// Where an attached artefact was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttachmentPlace {
    /// The registry's list of referrers (distribution specification 1.1), or a layout's.
    Referrers,
    /// The tag that stands for that list in registries without it.
    ReferrersTag,
    /// A tag that cosign makes of the image's digest.
    CosignTag,
    /// The index that the image is listed in, as `BuildKit` writes it.
    Index,
}

impl AttachmentPlace {
    /// Where, as the rest of "found in".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Referrers => "the list of referrers",
            Self::ReferrersTag => "the referrers tag",
            Self::CosignTag => "a tag of cosign",
            Self::Index => "the image's index",
        }
    }
}

/// One blob of an attached artefact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedContent {
    /// What it is.
    pub kind: AttachedKind,
    /// Its digest.
    pub digest: Digest,
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub size: u64,
    /// For attestations: what kind of thing they say, as a URI.
    pub predicate_type: Option<String>,
    /// Who signed it.
    pub signer: Signer,
    /// Whether that was verified.
    pub verification: Verification,
}

/// What an attached blob is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttachedKind {
    /// A signature over the image.
    Signature,
    /// How the image was built.
    Provenance,
    /// A list of what is in it.
    BillOfMaterials,
    /// What its known flaws do to it.
    Vex,
    /// Another attestation.
    Attestation,
    /// Something else.
    Other,
}

impl AttachedKind {
    /// Its name for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Provenance => "provenance",
            Self::BillOfMaterials => "bill of materials",
            Self::Vex => "VEX",
            Self::Attestation => "attestation",
            Self::Other => "artifact",
        }
    }
}

/// Who signed an attached blob, as far as what came with it says. Anybody who may write to the
/// registry can put anything there: only [`Verification`] says more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Signer {
    /// Nobody: there is no signature.
    Nobody,
    /// The holder of a certificate that came along.
    Certificate {
        /// Whom it is for: an e-mail address, a workflow's address, a distinguished name.
        identity: String,
        /// Who vouched for that: an `OpenID` provider, or the certificate's issuer.
        issuer: Option<String>,
    },
    /// The holder of a key of which nothing came along.
    Key {
        /// What the signer calls the key.
        hint: Option<String>,
    },
    /// It cannot be told.
    Unknown {
        /// Why not.
        reason: String,
    },
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("not signed"),
            Self::Certificate { identity, issuer: Some(issuer) } => {
                write!(f, "by {identity} (says {issuer})")
            }
            Self::Certificate { identity, issuer: None } => write!(f, "by {identity}"),
            Self::Key { hint: Some(hint) } => write!(f, "signed with the key {hint}, signer unknown"),
            Self::Key { hint: None } => f.write_str("signed with a key, signer unknown"),
            Self::Unknown { reason } => write!(f, "signer unknown: {reason}"),
        }
    }
}

/// Whether a signature was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Verification {
    /// Nobody tried, or there is nothing to verify.
    NotVerified,
    /// A key that the user gave made it, over this image.
    Verified {
        /// SHA-256 of the public key (`SubjectPublicKeyInfo`, DER).
        key: Digest,
    },
    /// The key that the user gave did not make it.
    Failed {
        /// What does not fit.
        reason: String,
    },
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotVerified => f.write_str("not verified"),
            Self::Verified { key } => write!(f, "verified with the key {}", key.short()),
            Self::Failed { reason } => write!(f, "not verified by the key given: {reason}"),
        }
    }
}

impl Attachments {
    /// Every blob of every artefact, with the artefact.
    pub fn contents(&self) -> impl Iterator<Item = (&Attachment, &AttachedContent)> {
        self.artifacts.iter().flat_map(|artifact| artifact.contents.iter().map(move |each| (artifact, each)))
    }
}

/// A VEX document that was found attached to an image, and what became of it. Anybody may attach one
/// who may write to the repository, so it counts only where the user trusts whoever signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedVex {
    /// What it calls itself.
    pub id: String,
    /// Digest of the blob it came in.
    pub digest: Digest,
    /// Where it came from, in words.
    pub source: String,
    /// Who signed it.
    pub signer: Signer,
    /// Whether that was verified.
    pub verification: Verification,
    /// Its statements.
    pub statements: u64,
    /// Whether its statements count: the user's key verified it, or the user believes whoever
    /// attached it.
    pub applied: bool,
    /// Findings that it lifted; 0 where its statements do not count.
    pub lifted: u64,
    /// Findings that it would lift, where its statements do not count.
    pub would_lift: u64,
}

impl AppliedVex {
    /// What the signature is worth, in words that end a sentence.
    #[must_use]
    pub fn worth(&self) -> String {
        match (&self.signer, &self.verification) {
            (Signer::Nobody, _) => "not signed".to_owned(),
            (_, verified @ Verification::Verified { .. }) => format!("signature {verified}"),
            (signer, _) => format!("signature not verified ({signer})"),
        }
    }
}
