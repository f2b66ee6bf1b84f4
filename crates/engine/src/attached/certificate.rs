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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attached::signature::pem;

    // Made by openssl: `req -x509 -addext subjectAltName=… -addext 1.3.6.1.4.1.57264.1.8=ASN1:UTF8String:…`.
    const PERSON: &str = "\
-----BEGIN CERTIFICATE-----
MIIB8zCCAZmgAwIBAgIUZz/L8Xdd3nSYb42unl443C/FsMowCgYIKoZIzj0EAwIw
FzEVMBMGA1UECgwMc2lnc3RvcmUuZGV2MCAXDTI2MTEyNDEyNDcyM1oYDzIxMjYx
MDMxMTI0NzIzWjAXMRUwEwYDVQQKDAxzaWdzdG9yZS5kZXYwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAAQ/O0EjViBmhrr53xn+Gf6FY2REdJwdGktCpDbAMpI//QC9
MqkUBEebnmRoshUrK9/DW/CB+ByxSHr3Xs6azSK7o4HAMIG9MB0GA1UdDgQWBBRO
j7/LJ2bTQi2mc48j4srGwz20qjAfBgNVHSMEGDAWgBROj7/LJ2bTQi2mc48j4srG
wz20qjAPBgNVHRMBAf8EBTADAQH/MCEGA1UdEQEB/wQXMBWBE3JlbGVhc2VAZXhh
bXBsZS5vcmcwLAYKKwYBBAGDvzABCAQeDBxodHRwczovL2FjY291bnRzLmV4YW1w
bGUub3JnMBkGCisGAQQBg78wAQEEC2h0dHBzOi8vb2xkMAoGCCqGSM49BAMCA0gA
MEUCIQDhc7puQMx09e/HUEUTEKgFePrDQ006FGzYH9j8QHHsHgIgP0LQIflTYfJN
GT0+gw5U8OnpUzbubDsEWj8Gj1aTUeY=
-----END CERTIFICATE-----";
    const WORKFLOW: &str = "\
-----BEGIN CERTIFICATE-----
MIICIjCCAcegAwIBAgIUIqznzegf4A+jYMHqnTU3iBLAXpEwCgYIKoZIzj0EAwIw
FzEVMBMGA1UECgwMc2lnc3RvcmUuZGV2MCAXDTI2MTEyNDEyNDcyM1oYDzIxMjYx
MDMxMTI0NzIzWjAXMRUwEwYDVQQKDAxzaWdzdG9yZS5kZXYwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAAQ/O0EjViBmhrr53xn+Gf6FY2REdJwdGktCpDbAMpI//QC9
MqkUBEebnmRoshUrK9/DW/CB+ByxSHr3Xs6azSK7o4HuMIHrMB0GA1UdDgQWBBRO
j7/LJ2bTQi2mc48j4srGwz20qjAfBgNVHSMEGDAWgBROj7/LJ2bTQi2mc48j4srG
wz20qjAPBgNVHRMBAf8EBTADAQH/ME8GA1UdEQEB/wRFMEOGQWh0dHBzOi8vZ2l0
aHViLmNvbS9vL3IvLmdpdGh1Yi93b3JrZmxvd3MvcmVsZWFzZS55bWxAcmVmcy90
YWdzL3YxMCwGCisGAQQBg78wAQgEHgwcaHR0cHM6Ly9hY2NvdW50cy5leGFtcGxl
Lm9yZzAZBgorBgEEAYO/MAEBBAtodHRwczovL29sZDAKBggqhkjOPQQDAgNJADBG
AiEA9uDIPh9yLbZvGvZPwKZVuY9+IyypmAltHkPCcM+IlgMCIQCOCsWt9EO4ikVE
sQBGjp9FXCOH+aEXfJIYM5KbfObXKw==
-----END CERTIFICATE-----";
    const NAMED: &str = "\
-----BEGIN CERTIFICATE-----
MIIB5zCCAY2gAwIBAgIUciR0X2Yhwzl5wBRG2HJjdFEm0DUwCgYIKoZIzj0EAwIw
SDELMAkGA1UEBhMCVVMxCzAJBgNVBAgMAldBMQ8wDQYDVQQKDAZOb3RhcnkxGzAZ
BgNVBAMMEndhYmJpdC1uZXR3b3Jrcy5pbzAgFw0yNjExMjQxMjQ3MjNaGA8yMTI2
MTAzMTEyNDcyM1owSDELMAkGA1UEBhMCVVMxCzAJBgNVBAgMAldBMQ8wDQYDVQQK
DAZOb3RhcnkxGzAZBgNVBAMMEndhYmJpdC1uZXR3b3Jrcy5pbzBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABD87QSNWIGaGuvnfGf4Z/oVjZER0nB0aS0KkNsAykj/9
AL0yqRQER5ueZGiyFSsr38Nb8IH4HLFIevdezprNIrujUzBRMB0GA1UdDgQWBBRO
j7/LJ2bTQi2mc48j4srGwz20qjAfBgNVHSMEGDAWgBROj7/LJ2bTQi2mc48j4srG
wz20qjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIEaPfDdKi/5B
QH1Uf8bP/UzFkEifsbyh4MpXlmg7sgynAiEA+jX21eoPW/J5GN8u5oFK2DkMADJl
UXRk+ilYsiaFDEM=
-----END CERTIFICATE-----";

    fn check(text: &str, identity: &str, issuer: &str) {
        let holder = holder(&pem(text, "CERTIFICATE").unwrap()).unwrap();
        assert_eq!((holder.identity.as_str(), holder.issuer.as_deref()), (identity, Some(issuer)));
    }

    #[test]
    fn certificates_of_sigstore_name_who_signed_and_who_vouched_for_it() {
        check(PERSON, "release@example.org", "https://accounts.example.org");
        check(
            WORKFLOW,
            "https://github.com/o/r/.github/workflows/release.yml@refs/tags/v1",
            "https://accounts.example.org",
        );
    }

    #[test]
    fn other_certificates_name_their_subject_and_issuer() {
        let name = "CN=wabbit-networks.io,O=Notary,ST=WA,C=US";
        check(NAMED, name, name);
    }

    #[test]
    fn no_bytes_are_taken_for_more_than_they_are() {
        let der = pem(PERSON, "CERTIFICATE").unwrap();
        for end in 0..der.len() {
            assert_eq!(holder(&der[..end]), None, "cut at {end}");
        }
        for position in 0..der.len() {
            let mut altered = der.clone();
            altered[position] ^= 0x55;
            // Whatever it makes of it, it does not fail.
            let _ = holder(&altered);
        }
        assert_eq!(holder(&vec![0x30; MAX_CERTIFICATE + 1]), None);
    }
}
