//! VEX: what others say about flaws in given products, and what one says oneself in an ignore
//! file. Unlike a feed it is read for one analysis and applied when its findings are made.
//!
//! * [`read`] takes an OpenVEX, CSAF VEX or CycloneDX file and tells them apart by itself.
//! * [`effective`] is the one statement that counts for a flaw in a package of an image.
//! * [`envelope`] opens what documents and attestations come wrapped in.
//! * [`ignore`] reads ignore files, whose entries name a reason, an owner and a last day.

mod csaf;
mod cyclonedx;
pub mod envelope;
pub mod ignore;
mod openvex;
mod product;
mod range;

pub use product::{ProductIdentifier, VexProduct, VexSubject, purl_matches};
pub use range::VersionRange;

use plimsoll_model::Problem;
use serde::Deserialize;
use thiserror::Error;

/// Files about every flaw of a large product have some tens of megabytes.
pub const MAX_BYTES: usize = 128 << 20;

/// What a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VexFormat {
    /// OpenVEX 0.0.1 to 0.2.0.
    OpenVex,
    /// CSAF 2.0, profile VEX.
    Csaf,
    /// CycloneDX 1.4 and later.
    CycloneDx,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VexDocument {
    /// What it is written in.
    pub format: VexFormat,
    /// What it calls itself.
    pub id: String,
    /// Its statements, in the order of the file.
    pub statements: Vec<VexStatement>,
    /// What of it is not understood and therefore not applied.
    pub problems: Vec<Problem>,
}

/// What becomes of a flaw in a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VexStatus {
    /// It does not matter there.
    NotAffected,
    /// It does.
    Affected,
    /// It did, and does no longer.
    Fixed,
    /// Nobody knows yet.
    UnderInvestigation,
}

/// That flaws have a status in products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VexStatement {
    /// Ids of the flaw, all names of the same.
    pub vulnerabilities: Vec<String>,
    /// Products that it holds for, each on its own.
    pub products: Vec<VexProduct>,
    /// The status.
    pub status: VexStatus,
    /// Why a product is not affected, in the words of the format (`vulnerable_code_not_present`).
    pub justification: Option<String>,
    /// The same for people.
    pub impact: Option<String>,
    /// What to do about it.
    pub action: Option<String>,
    /// Who says so.
    pub author: Option<String>,
    /// When it was said (RFC 3339, UTC).
    pub timestamp: Option<String>,
    /// Id of the document that says so.
    pub document: String,
}

/// Why a file cannot be used at all.
#[derive(Debug, Error)]
pub enum VexError {
    /// It is larger than any real one.
    #[error("the VEX file has {bytes} bytes, more than the {MAX_BYTES} that are read; split it by product")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It is no JSON, or not of the form that its format asks for.
    #[error("the VEX file is not well-formed {format}: {source}; validate it against the format's schema")]
    Malformed {
        /// The format it was taken for.
        format: &'static str,
        /// What is wrong, with line and column.
        #[source]
        source: serde_json::Error,
    },
    /// It is something else.
    #[error(
        "the file is neither OpenVEX, nor CSAF, nor CycloneDX; see `@context`, `document` or `bomFormat`"
    )]
    UnknownFormat,
    /// What is around it cannot be opened.
    #[error(transparent)]
    Envelope(#[from] envelope::EnvelopeError),
}

/// What tells the formats apart.
#[derive(Deserialize)]
struct Peek {
    #[serde(rename = "@context")]
    context: Option<serde_json::Value>,
    document: Option<serde::de::IgnoredAny>,
    #[serde(rename = "bomFormat")]
    bom_format: Option<String>,
}

/// Reads a file in any of the formats, by itself or in the envelopes that attestations come in.
///
/// Statements that are not understood, or that lack what their format demands (a product that is
/// not affected needs a reason), become problems and are not applied.
///
/// # Errors
/// The file is too large, damaged, or of none of the formats.
pub fn read(bytes: &[u8]) -> Result<VexDocument, VexError> {
    if bytes.len() > MAX_BYTES {
        return Err(VexError::TooLarge { bytes: bytes.len() });
    }
    // Once only: an attestation in an attestation is nothing that anybody makes.
    let inner = envelope::unwrap(bytes)?;
    let bytes = inner.as_deref().unwrap_or(bytes);
    let malformed = |format| move |source| VexError::Malformed { format, source };
    let peek: Peek = serde_json::from_slice(bytes).map_err(malformed("JSON"))?;
    let context = peek.context.map(|context| context.to_string()).unwrap_or_default();
    if context.contains("openvex.dev/ns") {
        openvex::read(bytes).map_err(malformed("OpenVEX"))
    } else if peek.bom_format.is_some_and(|format| format == "CycloneDX") {
        cyclonedx::read(bytes).map_err(malformed("CycloneDX"))
    } else if peek.document.is_some() {
        csaf::read(bytes).map_err(malformed("CSAF"))
    } else {
        Err(VexError::UnknownFormat)
    }
}

impl VexStatement {
    /// Whether it is about a flaw, by any of the flaw's ids.
    #[must_use]
    pub fn is_about(&self, ids: &[&str]) -> bool {
        self.vulnerabilities.iter().any(|own| ids.iter().any(|id| own.eq_ignore_ascii_case(id)))
    }

    /// Whether it holds for a package of an image.
    #[must_use]
    pub fn applies_to(&self, subject: &VexSubject<'_>) -> bool {
        self.products.iter().any(|product| product.matches(subject))
    }
}

/// The statement that counts for a flaw in a package of an image: the latest; of those said at
/// the same time, or at no known time, the last in the order of documents and statements.
///
/// OpenVEX demands that newer statements replace older ones; the other formats say nothing of
/// documents that disagree.
pub fn effective<'a>(
    documents: &'a [VexDocument],
    ids: &[&str],
    subject: &VexSubject<'_>,
) -> Option<&'a VexStatement> {
    documents
        .iter()
        .flat_map(|document| &document.statements)
        .filter(|statement| statement.is_about(ids) && statement.applies_to(subject))
        .max_by(|one, other| instant(one).cmp(&instant(other)))
}

fn instant(statement: &VexStatement) -> Option<jiff::Timestamp> {
    statement.timestamp.as_deref()?.parse().ok()
}

/// Text that says something.
fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
