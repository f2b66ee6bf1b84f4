//! What VEX documents and other attestations come wrapped in: DSSE envelopes, Sigstore bundles
//! around them, and in-toto statements inside.
//!
//! Formats: DSSE 1.0 (`envelope.md`, `protocol.md`), Sigstore's `bundle` 0.1 to 0.3, in-toto
//! attestation framework, Statement 0.1 and 1. Opening an envelope verifies nothing:
//! [`Envelope::signed_bytes`] is what a signature would have to be checked against.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use plimsoll_model::Digest;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// Signatures of one envelope that are looked at. Real ones have one or two.
const MAX_SIGNATURES: usize = 32;

/// Subjects of one statement that are looked at. Releases of many files have some thousands.
const MAX_SUBJECTS: usize = 100_000;

/// How DSSE and bundles write bytes: either alphabet of base64, padded or not.
const INDIFFERENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, INDIFFERENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, INDIFFERENT);

/// A DSSE envelope, by itself or in a Sigstore bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// What kind of payload it says that it holds.
    pub payload_type: String,
    /// The payload, decoded.
    pub payload: Vec<u8>,
    /// Its signatures, none of them verified.
    pub signatures: Vec<EnvelopeSignature>,
    /// What the bundle around it says about who signed.
    pub material: SigningMaterial,
}

/// One signature of an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeSignature {
    /// What the signer calls the key. It is unsigned and proves nothing.
    pub key_id: Option<String>,
    /// The signature itself.
    pub bytes: Vec<u8>,
}

/// What a Sigstore bundle says about who signed. Nothing of it is verified.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SigningMaterial {
    /// The signer's certificate (DER), where there is one.
    pub certificate: Option<Vec<u8>>,
    /// What the signer calls the public key, where it signed with one.
    pub key_hint: Option<String>,
    /// Entries of a transparency log that the bundle names.
    pub log_entries: usize,
}

/// An in-toto statement: that something holds for some artefacts.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What kind of thing it says, as a URI.
    pub predicate_type: String,
    /// Digests of what it says it of, in its order; those of hash functions that are not known
    /// are left out.
    pub subjects: Vec<Digest>,
    /// What it says.
    pub predicate: Value,
}

/// Why an envelope cannot be opened.
#[derive(Debug, Error)]
pub enum EnvelopeError {
    /// It is not of the form of an envelope.
    #[error("the {what} is not well-formed: {source}; was the file cut short?")]
    Malformed {
        /// What it was taken for.
        what: &'static str,
        /// What is wrong, with line and column.
        #[source]
        source: serde_json::Error,
    },
    /// Bytes in it are no base64.
    #[error("the {what} is not base64; was the file altered?")]
    Base64 {
        /// Which bytes.
        what: &'static str,
    },
    /// The bundle signs something that it does not hold.
    #[error("the bundle holds a signature over something else and no document; give the document itself")]
    NoDocument,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEnvelope {
    payload_type: Option<String>,
    payload: Option<String>,
    signatures: Option<Vec<RawSignature>>,
    // Of a bundle.
    media_type: Option<String>,
    dsse_envelope: Option<Box<Self>>,
    verification_material: Option<RawMaterial>,
}

#[derive(Deserialize)]
struct RawSignature {
    keyid: Option<String>,
    sig: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct RawMaterial {
    certificate: Option<RawCertificate>,
    x509_certificate_chain: Option<RawChain>,
    public_key: Option<RawKey>,
    tlog_entries: Option<Vec<serde::de::IgnoredAny>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCertificate {
    raw_bytes: String,
}

#[derive(Deserialize)]
struct RawChain {
    #[serde(default)]
    certificates: Vec<RawCertificate>,
}

#[derive(Deserialize)]
struct RawKey {
    hint: Option<String>,
}

/// Opens an envelope or a bundle; `None` where the bytes are neither.
///
/// # Errors
/// [`EnvelopeError`] where they say that they are and cannot be opened.
pub fn open(bytes: &[u8]) -> Result<Option<Envelope>, EnvelopeError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Peek {
        payload: Option<serde::de::IgnoredAny>,
        payload_type: Option<serde::de::IgnoredAny>,
        dsse_envelope: Option<serde::de::IgnoredAny>,
        media_type: Option<Value>,
    }
    let Ok(peek) = serde_json::from_slice::<Peek>(bytes) else { return Ok(None) };
    let is_bundle = peek.dsse_envelope.is_some() || peek.media_type.as_ref().is_some_and(is_bundle_type);
    if !is_bundle && (peek.payload.is_none() || peek.payload_type.is_none()) {
        return Ok(None);
    }
    let what = if is_bundle { "Sigstore bundle" } else { "DSSE envelope" };
    let raw: RawEnvelope =
        serde_json::from_slice(bytes).map_err(|source| EnvelopeError::Malformed { what, source })?;
    let (envelope, material) = if is_bundle {
        (*raw.dsse_envelope.ok_or(EnvelopeError::NoDocument)?, raw.verification_material)
    } else {
        (raw, None)
    };
    let payload = decode(envelope.payload.as_deref().unwrap_or_default(), "payload of the envelope")?;
    let signatures = envelope
        .signatures
        .unwrap_or_default()
        .into_iter()
        .take(MAX_SIGNATURES)
        .map(|each| {
            Ok(EnvelopeSignature {
                key_id: each.keyid.filter(|text| !text.is_empty()),
                bytes: decode(each.sig.as_deref().unwrap_or_default(), "signature of the envelope")?,
            })
        })
        .collect::<Result<_, EnvelopeError>>()?;
    let payload_type = envelope.payload_type.unwrap_or_default();
    Ok(Some(Envelope { payload_type, payload, signatures, material: read_material(material)? }))
}

fn is_bundle_type(media_type: &Value) -> bool {
    media_type.as_str().is_some_and(|text| text.starts_with("application/vnd.dev.sigstore.bundle"))
}

/// The signing material of a bundle of any version that has a certificate, a chain or a key.
fn read_material(raw: Option<RawMaterial>) -> Result<SigningMaterial, EnvelopeError> {
    let raw = raw.unwrap_or_default();
    let first = raw.x509_certificate_chain.and_then(|chain| chain.certificates.into_iter().next());
    let certificate = raw
        .certificate
        .or(first)
        .map(|certificate| decode(&certificate.raw_bytes, "certificate of the bundle"))
        .transpose()?;
    Ok(SigningMaterial {
        certificate,
        key_hint: raw.public_key.and_then(|key| key.hint).filter(|hint| !hint.is_empty()),
        log_entries: raw.tlog_entries.map_or(0, |entries| entries.len()),
    })
}

/// The material of a bundle that signs something that it does not hold (`messageSignature`), as
/// cosign 3 writes for images; `None` where the bytes are no bundle.
#[must_use]
pub fn material(bytes: &[u8]) -> Option<SigningMaterial> {
    let raw: RawEnvelope = serde_json::from_slice(bytes).ok()?;
    raw.media_type.filter(|text| is_bundle_type(&Value::from(text.as_str())))?;
    read_material(raw.verification_material).ok()
}

/// Bytes written in either alphabet of base64.
fn decode(text: &str, what: &'static str) -> Result<Vec<u8>, EnvelopeError> {
    let text = text.trim();
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).map_err(|_| EnvelopeError::Base64 { what })
}

impl Envelope {
    /// What its signatures are over: the type and the payload with their lengths before them
    /// (DSSE, "pre-authentication encoding").
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        let (kind, payload) = (&self.payload_type, &self.payload);
        let mut bytes = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
        bytes.extend_from_slice(payload);
        bytes
    }
}

/// Reads an in-toto statement; `None` where the bytes are none.
///
/// # Errors
/// [`EnvelopeError::Malformed`] where it has a predicate and is not of the form of a statement.
pub fn statement(bytes: &[u8]) -> Result<Option<Statement>, EnvelopeError> {
    #[derive(Deserialize)]
    struct Peek {
        predicate: Option<serde::de::IgnoredAny>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Raw {
        #[serde(default)]
        predicate_type: String,
        subject: Option<Vec<Subject>>,
        predicate: Value,
    }
    #[derive(Deserialize)]
    struct Subject {
        #[serde(default)]
        digest: std::collections::BTreeMap<String, String>,
    }
    let is_one = serde_json::from_slice::<Peek>(bytes).is_ok_and(|peek| peek.predicate.is_some());
    if !is_one {
        return Ok(None);
    }
    let malformed = |source| EnvelopeError::Malformed { what: "in-toto statement", source };
    let raw: Raw = serde_json::from_slice(bytes).map_err(malformed)?;
    let subjects = raw
        .subject
        .unwrap_or_default()
        .into_iter()
        .flat_map(|subject| subject.digest)
        .filter_map(|(algorithm, hex)| format!("{algorithm}:{hex}").parse().ok())
        .take(MAX_SUBJECTS)
        .collect();
    Ok(Some(Statement { predicate_type: raw.predicate_type, subjects, predicate: raw.predicate }))
}

impl Statement {
    /// The document that the predicate is, or holds: `cosign attest` puts what it does not know,
    /// and in its first versions CycloneDX too, under `Data`, as JSON or as a string of it.
    ///
    /// # Errors
    /// [`EnvelopeError::Malformed`] where it cannot be written out.
    pub fn document(&self) -> Result<Vec<u8>, EnvelopeError> {
        let held = self.predicate.get("Data");
        if let Some(Value::String(text)) = held {
            return Ok(text.clone().into_bytes());
        }
        serde_json::to_vec(held.unwrap_or(&self.predicate))
            .map_err(|source| EnvelopeError::Malformed { what: "predicate", source })
    }
}

/// The innermost document of whatever is around it: a bundle, an envelope, a statement, each at
/// most once and in this order; `None` where nothing is around it.
///
/// # Errors
/// [`EnvelopeError`] where something around it cannot be opened.
pub fn unwrap(bytes: &[u8]) -> Result<Option<Vec<u8>>, EnvelopeError> {
    let payload = open(bytes)?.map(|envelope| envelope.payload);
    match statement(payload.as_deref().unwrap_or(bytes))? {
        Some(statement) => statement.document().map(Some),
        None => Ok(payload),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATEMENT: &str = r#"{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://openvex.dev/ns/v0.2.0",
        "subject":[{"name":"app","digest":{"sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","gitCommit":"00"}}],
        "predicate":{"a":1}}"#;

    fn dsse(payload: &str) -> String {
        let payload = STANDARD.encode(payload);
        format!(
            r#"{{"payloadType":"application/vnd.in-toto+json","payload":"{payload}","signatures":[{{"keyid":"","sig":"AAEC"}}]}}"#
        )
    }

    fn bundle(payload: &str) -> String {
        let envelope = dsse(payload);
        format!(
            r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","dsseEnvelope":{envelope},
                "verificationMaterial":{{"certificate":{{"rawBytes":"MAA="}},"tlogEntries":[{{"logIndex":"1"}}]}}}}"#
        )
    }

    fn check(text: &str, expect: &str) {
        let found = match unwrap(text.as_bytes()) {
            Ok(Some(document)) => String::from_utf8(document).unwrap(),
            Ok(None) => "bare".to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn whatever_is_around_a_document_comes_off() {
        check(STATEMENT, r#"{"a":1}"#);
        check(&dsse(STATEMENT), r#"{"a":1}"#);
        check(&bundle(STATEMENT), r#"{"a":1}"#);
        check(&dsse(r#"{"@context":"x"}"#), r#"{"@context":"x"}"#);
        check(r#"{"predicate":{"Data":"{\"b\":2}","Timestamp":"t"}}"#, r#"{"b":2}"#);
        check(r#"{"predicate":{"Data":{"b":2}}}"#, r#"{"b":2}"#);
    }

    #[test]
    fn what_is_no_envelope_stays_as_it_is() {
        for text in ["", "{}", "[]", "{\"payload\":\"x\"}", "{\"@context\":\"x\"}"] {
            check(text, "bare");
        }
    }

    #[test]
    fn damaged_envelopes_are_told() {
        check(
            &dsse(STATEMENT).replace("\"payload\":\"", "\"payload\":\"*"),
            "the payload of the envelope is not base64; was the file altered?",
        );
        check(
            r#"{"mediaType":"application/vnd.dev.sigstore.bundle+json;version=0.1","messageSignature":{}}"#,
            "the bundle holds a signature over something else and no document; give the document itself",
        );
    }

    #[test]
    fn a_statement_names_its_subjects() {
        let statement = statement(STATEMENT.as_bytes()).unwrap().unwrap();
        assert_eq!(statement.predicate_type, "https://openvex.dev/ns/v0.2.0");
        assert_eq!(statement.subjects.len(), 1);
        assert_eq!(statement.subjects[0].hex(), "a".repeat(64));
    }

    #[test]
    fn what_was_signed_has_the_lengths_before_it() {
        // The specification's own test vector.
        let envelope = Envelope {
            payload_type: "http://example.com/HelloWorld".to_owned(),
            payload: b"hello world".to_vec(),
            signatures: Vec::new(),
            material: SigningMaterial::default(),
        };
        assert_eq!(
            envelope.signed_bytes(),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world".to_vec()
        );
    }

    #[test]
    fn a_bundle_names_its_certificate_and_log() {
        let envelope = open(bundle(STATEMENT).as_bytes()).unwrap().unwrap();
        assert_eq!(envelope.material.certificate.as_deref(), Some([0x30, 0].as_slice()));
        assert_eq!((envelope.material.log_entries, envelope.signatures.len()), (1, 1));
        assert_eq!(envelope.signatures[0].bytes, [0, 1, 2]);
    }
}
