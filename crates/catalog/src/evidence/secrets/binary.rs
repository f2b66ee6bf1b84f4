//! Private keys in files that are no text: DER, PKCS#12 and Java's key stores.

use super::key::der_fits;
use super::rule::{Finder, Match, SecretKind, SecretRule, Text};

/// How DER files of more than 255 bytes begin: a sequence whose length has two bytes.
pub(super) const DER: &[u8] = &[0x30, 0x82];

/// How Java's key stores of the old form begin.
pub(super) const JKS: &[u8] = &[0xfe, 0xed, 0xfe, 0xed];

/// Entries of a key store that are looked at before it is taken for damaged.
const MAX_ENTRIES: u32 = 100_000;

/// PKCS#8 (version, then the algorithm's sequence) and PKCS#1 (version, then the modulus).
fn der(text: &Text<'_>) -> Vec<Match> {
    let inner = text.content.get(4..).unwrap_or_default();
    let is_key =
        inner.starts_with(&[0x02, 0x01, 0x00, 0x30]) || inner.starts_with(&[0x02, 0x01, 0x00, 0x02, 0x82]);
    if is_key && der_fits(text.content) {
        vec![Match { is_verified: true, ..Match::hidden(0, 4) }]
    } else {
        Vec::new()
    }
}

/// PKCS#12: version 3, then the sequence of an authenticated safe.
fn pkcs12(text: &Text<'_>) -> Vec<Match> {
    let inner = text.content.get(4..).unwrap_or_default();
    let is_store = inner.starts_with(&[0x02, 0x01, 0x03, 0x30]) && text.content.starts_with(DER);
    // A store of certificates alone has no bag for a key; whether it has one shows only with its
    // passphrase, so files that are named as trust stores are left out.
    let name = text.name().to_ascii_lowercase();
    let is_trust = name == b"cacerts" || memchr::memmem::find(&name, b"trust").is_some();
    if is_store && !is_trust { vec![Match::hidden(0, 4)] } else { Vec::new() }
}

/// A key store whose entries hold a key: each has a tag, an alias, a date, and what it is.
fn key_store(text: &Text<'_>) -> Vec<Match> {
    if has_key_entry(text.content) == Some(true) {
        vec![Match { is_verified: true, ..Match::hidden(0, 4) }]
    } else {
        Vec::new()
    }
}

fn has_key_entry(content: &[u8]) -> Option<bool> {
    let mut rest = content.strip_prefix(JKS)?;
    let mut take = |count: usize| -> Option<&[u8]> {
        let (taken, after) = rest.split_at_checked(count)?;
        rest = after;
        Some(taken)
    };
    let number = |bytes: &[u8]| bytes.iter().fold(0_usize, |all, byte| (all << 8) | usize::from(*byte));
    let version = number(take(4)?);
    let count = number(take(4)?);
    for _ in 0..count.min(MAX_ENTRIES as usize) {
        match number(take(4)?) {
            1 => return Some(true),
            2 => {}
            _ => return None,
        }
        let alias = number(take(2)?);
        take(alias)?;
        take(8)?;
        if version == 2 {
            let kind = number(take(2)?);
            take(kind)?;
        }
        let certificate = number(take(4)?);
        take(certificate)?;
    }
    Some(false)
}

pub(super) const RULES: &[SecretRule] = &[
    SecretRule {
        id: "private-key-der",
        title: "Private key in binary form",
        opens: "poses as whoever the key belongs to: logs in, decrypts or signs",
        kind: SecretKind::Key,
        finder: Finder::File(|_| true, der),
    },
    SecretRule {
        id: "pkcs12-store",
        title: "PKCS#12 store",
        opens: "does what the keys in it do, once its passphrase is guessed",
        kind: SecretKind::ProtectedKey,
        finder: Finder::File(|_| true, pkcs12),
    },
    SecretRule {
        id: "java-key-store",
        title: "Java key store with a private key",
        opens: "does what the keys in it do, once its passphrase is guessed",
        kind: SecretKind::ProtectedKey,
        finder: Finder::File(|_| true, key_store),
    },
];

#[cfg(test)]
mod tests {
    use super::super::scan::tests::check_bytes;
    use super::*;

    fn sequence(inner: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x30, 0x82, (inner.len() >> 8) as u8, inner.len() as u8];
        bytes.extend_from_slice(inner);
        bytes
    }

    fn padded(beginning: &[u8]) -> Vec<u8> {
        let mut inner = beginning.to_vec();
        inner.resize(600, 7);
        sequence(&inner)
    }

    #[test]
    fn keys_in_binary_files_are_found_and_certificates_are_not() {
        check_bytes("a.key", &padded(&[2, 1, 0, 0x30, 0x0d]), &["private-key-der 0 … verified"]);
        check_bytes("a.key", &padded(&[2, 1, 0, 2, 0x82]), &["private-key-der 0 … verified"]);
        check_bytes("a.crt", &padded(&[0x30, 0x82, 1, 1]), &[]);
        check_bytes("a.p12", &padded(&[2, 1, 3, 0x30]), &["pkcs12-store 0 …"]);
        check_bytes("truststore.p12", &padded(&[2, 1, 3, 0x30]), &[]);
        let mut cut = padded(&[2, 1, 0, 0x30]);
        cut.pop();
        check_bytes("a.key", &cut, &[]);
    }

    #[test]
    fn a_key_store_is_told_from_a_trust_store() {
        let entry = |tag: u8| {
            let mut store =
                [JKS, &[0, 0, 0, 2, 0, 0, 0, 1], &[0, 0, 0, tag], &[0, 1, b'a'], &[0; 8]].concat();
            store.extend_from_slice(&[0, 5, b'X', b'.', b'5', b'0', b'9', 0, 0, 0, 2, 1, 2]);
            store
        };
        check_bytes("k.jks", &entry(1), &["java-key-store 0 … verified"]);
        check_bytes("cacerts", &entry(2), &[]);
        assert_eq!(has_key_entry(&entry(2)), Some(false));
        assert_eq!(has_key_entry(&entry(2)[..20]), None);
    }
}
