//! Whom a signer's certificate is for. Nothing of it is verified: not its own signature, nor its
//! chain, nor when it was valid.
//!
//! Fulcio, Sigstore's authority, writes the identity into the alternative name and the `OpenID`
//! provider that vouched for it into an extension of its own (fulcio, `oid-info.md`).

use x509_cert::Certificate;
use x509_cert::der::asn1::{ObjectIdentifier, Utf8StringRef};
use x509_cert::der::{Decode as _, oid::AssociatedOid as _};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// The longest certificate looked at, in bytes. Real ones have one to four thousand.
const MAX_CERTIFICATE: usize = 64 << 10;

/// The longest name told. Workflow addresses have some two hundred characters.
const MAX_NAME: usize = 1_000;

/// The provider as an ASN.1 string, and before that as bare text.
const ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.8");
const ISSUER_OF_OLD: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.1");

/// Whom a certificate is for, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) identity: String,
    pub(super) issuer: Option<String>,
}

/// Reads a certificate (DER); `None` where it is none, or is for nobody.
pub(super) fn holder(der: &[u8]) -> Option<Holder> {
    if der.len() > MAX_CERTIFICATE {
        return None;
    }
    let certificate = Certificate::from_der(der).ok()?;
    let body = certificate.tbs_certificate();
    let extension = |id: ObjectIdentifier| {
        let mut all = body.extensions().into_iter().flatten();
        all.find(|each| each.extn_id == id).map(|each| each.extn_value.as_bytes())
    };
    let names = extension(SubjectAltName::OID).and_then(|value| SubjectAltName::from_der(value).ok());
    let alternative = names.iter().flat_map(|names| &names.0).find_map(|name| match name {
        GeneralName::Rfc822Name(text) | GeneralName::UniformResourceIdentifier(text) => {
            Some(text.to_string())
        }
        GeneralName::OtherName(other) => {
            Utf8StringRef::try_from(&other.value).ok().map(|text| text.to_string())
        }
        GeneralName::DnsName(text) => Some(text.to_string()),
        _ => None,
    });
    let identity =
        alternative.or_else(|| Some(body.subject().to_string())).filter(|name| !name.is_empty())?;
    let provider = extension(ISSUER)
        .and_then(|value| Utf8StringRef::from_der(value).ok().map(|text| text.to_string()))
        .or_else(|| extension(ISSUER_OF_OLD).and_then(|value| String::from_utf8(value.to_vec()).ok()));
    let issuer = provider.or_else(|| Some(body.issuer().to_string())).filter(|name| !name.is_empty());
    Some(Holder { identity: shorten(identity), issuer: issuer.map(shorten) })
}

fn shorten(text: String) -> String {
    if text.chars().count() <= MAX_NAME { text } else { text.chars().take(MAX_NAME).collect() }
}
