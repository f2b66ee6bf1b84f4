//! Who made a signature, as far as its annotations, its bundle or its envelope say.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use plimsoll_advisory::vex::envelope::SigningMaterial;
use plimsoll_model::{Digest, Signer};
use serde::Deserialize;

use super::certificate::holder;

/// The annotations that cosign writes beside a payload.
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";

/// What a payload of cosign says that it is.
const COSIGN_PAYLOAD: &str = "cosign container image signature";

/// The signer of a blob of cosign, by the annotations beside it.
pub(super) fn of_cosign(annotations: &BTreeMap<String, String>) -> Signer {
    match annotations.get(CERTIFICATE).filter(|text| !text.trim().is_empty()) {
        Some(text) => of_certificate(pem(text, "CERTIFICATE").as_deref().unwrap_or_default()),
        None if annotations.get(SIGNATURE).is_some_and(|text| !text.is_empty()) => Signer::Key { hint: None },
        None => Signer::Nobody,
    }
}

/// The signature that stands beside a payload of cosign.
pub(super) fn cosign_signature(annotations: &BTreeMap<String, String>) -> Result<Vec<u8>, String> {
    let text = annotations.get(SIGNATURE).ok_or("there is no signature beside it")?;
    STANDARD.decode(text.trim()).map_err(|_| "the signature beside it is no base64".to_owned())
}

/// Whether a payload of cosign is about an image: otherwise its signature is one over another.
pub(super) fn names_image(payload: &[u8], image: &Digest) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Payload {
        critical: Critical,
    }
    #[derive(Deserialize)]
    struct Critical {
        image: Image,
        #[serde(rename = "type")]
        kind: String,
    }
    #[derive(Deserialize)]
    struct Image {
        #[serde(rename = "docker-manifest-digest")]
        digest: String,
    }
    let payload: Payload =
        serde_json::from_slice(payload).map_err(|_| "what is signed is no payload of cosign".to_owned())?;
    if payload.critical.kind != COSIGN_PAYLOAD {
        return Err("what is signed is no signature of an image".to_owned());
    }
    if payload.critical.image.digest != image.to_string() {
        return Err("what is signed names another image".to_owned());
    }
    Ok(())
}

/// The signer by what a Sigstore bundle holds.
pub(super) fn of_material(material: SigningMaterial, is_signed: bool) -> Signer {
    match material.certificate {
        Some(der) => of_certificate(&der),
        None if is_signed => {
            Signer::Key { hint: material.key_hint.map(|hint| hint.chars().take(200).collect()) }
        }
        None => Signer::Nobody,
    }
}

/// The signer of a signature of Notary Project: the first certificate of its JWS envelope.
pub(super) fn of_notation(media_type: &str, bytes: &[u8]) -> Signer {
    #[derive(Deserialize)]
    struct Jws {
        header: Header,
    }
    #[derive(Deserialize)]
    struct Header {
        #[serde(default)]
        x5c: Vec<String>,
    }
    if media_type != "application/jose+json" {
        return Signer::Unknown { reason: format!("envelopes of type {media_type} are not read") };
    }
    let Ok(jws) = serde_json::from_slice::<Jws>(bytes) else {
        return Signer::Unknown { reason: "its envelope is damaged".to_owned() };
    };
    let first = jws.header.x5c.first().map(String::as_str).unwrap_or_default().trim();
    let der = STANDARD.decode(first).or_else(|_| URL_SAFE_NO_PAD.decode(first)).unwrap_or_default();
    of_certificate(&der)
}

fn of_certificate(der: &[u8]) -> Signer {
    match holder(der) {
        Some(holder) => Signer::Certificate { identity: holder.identity, issuer: holder.issuer },
        None => Signer::Unknown { reason: "its certificate cannot be read".to_owned() },
    }
}

/// The bytes of the first block of a kind in PEM text (RFC 7468).
pub(super) fn pem(text: &str, kind: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {kind}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {kind}-----"))?;
    let digits: String = body.chars().filter(|letter| !letter.is_whitespace()).collect();
    STANDARD.decode(digits).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(annotations: &[(&str, &str)], expect: &str) {
        let annotations =
            annotations.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        assert_eq!(of_cosign(&annotations).to_string(), expect);
    }

    #[test]
    fn annotations_tell_who_signed() {
        check(&[(SIGNATURE, "AAAA")], "signed with a key, signer unknown");
        check(&[], "not signed");
        check(&[(CERTIFICATE, "junk")], "signer unknown: its certificate cannot be read");
    }

    #[test]
    fn a_signature_counts_for_the_image_that_its_payload_names() {
        let image = Digest::sha256([1; 32]);
        let payload = |digest: &Digest, kind: &str| {
            format!(r#"{{"critical":{{"image":{{"docker-manifest-digest":"{digest}"}},"type":"{kind}"}}}}"#)
        };
        assert!(names_image(payload(&image, COSIGN_PAYLOAD).as_bytes(), &image).is_ok());
        assert!(names_image(payload(&Digest::sha256([2; 32]), COSIGN_PAYLOAD).as_bytes(), &image).is_err());
        assert!(names_image(payload(&image, "blob").as_bytes(), &image).is_err());
        assert!(names_image(b"{}", &image).is_err());
    }

    #[test]
    fn envelopes_that_are_not_read_say_so() {
        let cose = of_notation("application/cose", b"");
        assert_eq!(cose.to_string(), "signer unknown: envelopes of type application/cose are not read");
        let damaged = of_notation("application/jose+json", b"{}");
        assert_eq!(damaged.to_string(), "signer unknown: its envelope is damaged");
    }
}
