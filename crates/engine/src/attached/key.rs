//! A public key that the user trusts, and what it verifies: ECDSA over P-256 with SHA-256, which
//! is what `cosign generate-key-pair` makes.

use plimsoll_image::digest_of;
use plimsoll_model::{Algorithm, Digest};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use thiserror::Error;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::spki::SubjectPublicKeyInfoRef;

use super::signature::pem;

const EC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// A public key.
#[derive(Debug, Clone)]
pub struct VerifyingKey {
    point: Vec<u8>,
    digest: Digest,
}

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The text holds none.
    #[error("it holds no public key; give the PEM file that begins with `-----BEGIN PUBLIC KEY-----`")]
    NoKey,
    /// The key is of another kind.
    #[error("its key is none of ECDSA over P-256, the only kind that is verified; cosign makes such keys")]
    Kind,
}

impl VerifyingKey {
    /// Reads a key (PEM, `SubjectPublicKeyInfo`).
    ///
    /// # Errors
    /// [`KeyError`] where there is none, or one of another kind.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let der = pem(text, "PUBLIC KEY").ok_or(KeyError::NoKey)?;
        let info = SubjectPublicKeyInfoRef::from_der(&der).map_err(|_| KeyError::NoKey)?;
        let curve = info.algorithm.parameters.and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok());
        if info.algorithm.oid != EC_KEY || curve != Some(P256) {
            return Err(KeyError::Kind);
        }
        let point = info.subject_public_key.as_bytes().ok_or(KeyError::Kind)?.to_vec();
        Ok(Self { point, digest: digest_of(Algorithm::Sha256, &der) })
    }

    /// SHA-256 of the key (DER), by which people compare keys.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Checks a signature (ASN.1) over a message.
    pub(super) fn check(&self, message: &[u8], signature: &[u8]) -> Result<(), String> {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.point)
            .verify(message, signature)
            .map_err(|_| "it was made with another key, or over something else".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_says_what_is_wanted() {
        assert_eq!(VerifyingKey::from_pem("").err(), Some(KeyError::NoKey));
        let other = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
        assert_eq!(VerifyingKey::from_pem(other).err(), Some(KeyError::Kind));
    }
}
