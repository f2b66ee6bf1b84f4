//! Private keys, in the forms in which text holds them.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::rule::{Finder, Match, SecretKind, SecretRule, Text};
use super::shape::Alphabet::{Base32, Base64, Upper};
use super::shape::Piece::{Run, Word};
use super::shape::plausible;

/// The longest key that is looked at, in bytes of text: RSA of 16,384 bits takes 13 KB.
const MAX_KEY: usize = 64 << 10;

/// The longest JSON Web Key that is looked at: RSA of 16,384 bits, all of its numbers in it, takes
/// 12 KB.
const MAX_WEB_KEY: usize = 16 << 10;

/// The longest line `Name: value` before the body of a key: RFC 7468's predecessors end lines at
/// 76 characters.
const MAX_HEADER: usize = 256;

/// The fewest characters between the lines of a key. The shortest real one, of an Ed25519 key,
/// has 64; a shorter one is somebody's stand-in, which is told all the same, unverified.
const LEAST_BODY: usize = 16;

const OPENS: &str = "poses as whoever the key belongs to: logs in, decrypts or signs";

const DECODE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A block of RFC 7468 or of OpenSSH, OpenPGP or SSH2, found by how it begins.
struct Block {
    end: usize,
    /// The characters of its body.
    body: Vec<u8>,
    is_encrypted: bool,
    is_whole: bool,
}

/// Reads a block whose opening line begins at `at`. Line ends may be escaped, as in JSON.
fn block(text: &Text<'_>, at: usize, label: &[u8]) -> Option<Block> {
    let rest = text.from(at);
    let rest = rest.get(..MAX_KEY).unwrap_or(rest);
    let mut position = label.len();
    let mut body = Vec::new();
    let mut is_encrypted = memchr::memmem::find(label, b"ENCRYPTED").is_some();
    let mut is_whole = false;
    let mut line_start = true;
    while let Some(byte) = rest.get(position).copied() {
        match byte {
            b'\n' | b'\r' | b' ' | b'\t' | b'"' | b'\'' | b'+' if byte != b'+' || line_start => {
                line_start |= byte == b'\n';
                position += 1;
            }
            b'\\' => {
                let escape = rest.get(position + 1).copied()?;
                if !matches!(escape, b'n' | b'r' | b'\\' | b'\n' | b't') {
                    break;
                }
                line_start = true;
                position += if escape == b'\\' { 1 } else { 2 };
            }
            b'-' => {
                let tail = rest.get(position..)?;
                is_whole = tail.starts_with(b"-----END") || tail.starts_with(b"---- END");
                break;
            }
            _ if line_start && let Some(length) = header(rest.get(position..)?) => {
                let line = rest.get(position..position + length)?;
                is_encrypted |= memchr::memmem::find(line, b"ENCRYPTED").is_some();
                position += length;
            }
            _ if Base64.has(byte) || byte == b'=' => {
                body.push(byte);
                line_start = false;
                position += 1;
            }
            _ => break,
        }
    }
    Some(Block { end: at + position, body, is_encrypted, is_whole })
}

/// The length of a line `Name: value`, as OpenSSL and OpenPGP put before the body.
fn header(rest: &[u8]) -> Option<usize> {
    let name = rest.iter().take(32).take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'-').count();
    if name == 0 || rest.get(name..name + 2)? != b": " {
        return None;
    }
    memchr::memchr2(b'\n', b'\\', rest.get(..MAX_HEADER).unwrap_or(rest))
}

/// The opening line of a block of `-----BEGIN …-----` whose label ends so.
fn label<'a>(text: &Text<'a>, at: usize, ending: &[u8]) -> Option<&'a [u8]> {
    let rest = text.from(at);
    let line = rest.get(..80).unwrap_or(rest);
    let end = memchr::memmem::find(line, ending)? + ending.len();
    let label = line.get(..end)?;
    let plain = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b" -".contains(byte);
    label.iter().all(plain).then_some(label)
}

fn pem(text: &Text<'_>, at: usize, encrypted: bool) -> Option<Match> {
    let label = label(text, at, b"PRIVATE KEY-----")?;
    let block = block(text, at, label)?;
    let decoded = DECODE.decode(&block.body).unwrap_or_default();
    let is_openssh = decoded.starts_with(b"openssh-key-v1\0");
    // OpenSSH names the cipher of the private part behind its mark: a length and a name.
    let ciphered = is_openssh && decoded.get(19..23).is_some_and(|name| name != b"none");
    if (block.is_encrypted || ciphered) != encrypted || block.body.len() < LEAST_BODY {
        return None;
    }
    let is_key = is_openssh || der_fits(&decoded);
    // What is neither whole nor a key is a program or a text that speaks of keys.
    let taken = block.is_whole || is_key;
    taken.then_some(Match {
        start: at,
        end: block.end,
        shown: label.len(),
        is_verified: is_key && block.is_whole,
    })
}

/// Whether bytes are one ASN.1 sequence to their end.
pub(super) fn der_fits(bytes: &[u8]) -> bool {
    let length = match bytes {
        [0x30, 0x81, length, rest @ ..] => (*length as usize, rest.len()),
        [0x30, 0x82, high, low, rest @ ..] => (usize::from(*high) << 8 | usize::from(*low), rest.len()),
        [0x30, length @ 0..=0x7f, rest @ ..] => (*length as usize, rest.len()),
        _ => return false,
    };
    length.0 > 16 && length.0 == length.1
}

fn openpgp(text: &Text<'_>, at: usize) -> Option<Match> {
    let label = label(text, at, b"PGP PRIVATE KEY BLOCK-----")?;
    let block = block(text, at, label)?;
    let taken = block.is_whole && block.body.len() >= LEAST_BODY;
    taken.then_some(Match { start: at, end: block.end, shown: label.len(), is_verified: false })
}

fn putty(text: &Text<'_>, at: usize) -> Option<Match> {
    let rest = text.from(at);
    let rest = rest.get(..MAX_KEY).unwrap_or(rest);
    let private = memchr::memmem::find(rest, b"\nPrivate-Lines: ")?;
    Some(Match { start: at, end: at + private, shown: "PuTTY-User-Key-File-".len(), is_verified: true })
}

/// WireGuard's keys are 32 bytes in Base64.
fn wireguard(text: &Text<'_>, at: usize) -> Option<Match> {
    let rest = text.from(at + "PrivateKey".len());
    let gap = rest.iter().take(8).take_while(|byte| b" \t=".contains(byte)).count();
    let key = rest.get(gap..gap + 44)?;
    let start = at + "PrivateKey".len() + gap;
    let fits = gap > 0 && key.ends_with(b"=") && key.iter().take(43).all(|byte| Base64.has(*byte));
    let next = rest.get(gap + 44).copied().unwrap_or(b'\n');
    (fits && next.is_ascii_whitespace() && plausible(key)).then(|| Match::hidden(start, start + 44))
}

/// A JSON Web Key (RFC 7517) with its private part: `"d"` in an object that has `"kty"`.
fn json_web_key(text: &Text<'_>, at: usize) -> Option<Match> {
    let first = at.saturating_sub(MAX_WEB_KEY);
    let start = first + memchr::memrchr(b'{', text.content.get(first..at)?)?;
    let rest = text.from(start);
    let rest = rest.get(..MAX_WEB_KEY).unwrap_or(rest);
    let object = rest.get(..memchr::memchr(b'}', rest)?)?;
    let at_private = memchr::memmem::find(object, b"\"d\"")?;
    let behind = object.get(at_private + 3..)?;
    let gap = behind.iter().take(8).take_while(|byte| b" \t\n\":".contains(byte)).count();
    let value = behind.get(gap..)?;
    let length = value.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte)).count();
    let body = value.get(..length)?;
    let begins = start + at_private + 3 + gap;
    (length >= 40 && plausible(body)).then(|| Match::hidden(begins, begins + length))
}

pub(super) const RULES: &[SecretRule] = &[
    SecretRule {
        id: "private-key",
        title: "Private key",
        opens: OPENS,
        kind: SecretKind::Key,
        finder: Finder::Near(&["-----BEGIN "], |text, at| pem(text, at, false)),
    },
    SecretRule {
        id: "private-key-encrypted",
        title: "Private key under a passphrase",
        opens: "does the same as a private key once its passphrase is guessed, for which there is all the time in the world",
        kind: SecretKind::ProtectedKey,
        finder: Finder::Near(&["-----BEGIN ", "---- BEGIN SSH2 ENCRYPTED"], |text, at| {
            pem(text, at, true).or_else(|| ssh2(text, at))
        }),
    },
    SecretRule {
        id: "openpgp-private-key",
        title: "OpenPGP private key",
        opens: OPENS,
        kind: SecretKind::Key,
        finder: Finder::Near(&["-----BEGIN PGP PRIVATE"], openpgp),
    },
    SecretRule {
        id: "putty-private-key",
        title: "PuTTY private key",
        opens: OPENS,
        kind: SecretKind::Key,
        finder: Finder::Near(&["PuTTY-User-Key-File-"], putty),
    },
    SecretRule {
        id: "age-secret-key",
        title: "age secret key",
        opens: "decrypts whatever was encrypted to it",
        kind: SecretKind::Key,
        finder: Finder::Shapes(&[&[Word("AGE-SECRET-KEY-1"), Run(Upper, 58, 58)]], |_| {
            super::rule::Check::Unchecked
        }),
    },
    SecretRule {
        id: "wireguard-private-key",
        title: "WireGuard private key",
        opens: "joins the private network as this machine",
        kind: SecretKind::Key,
        finder: Finder::Near(&["PrivateKey ", "PrivateKey="], wireguard),
    },
    SecretRule {
        id: "json-web-key",
        title: "JSON Web Key with its private part",
        opens: "signs tokens that a service believes",
        kind: SecretKind::Key,
        finder: Finder::Near(&["\"kty\""], json_web_key),
    },
    SecretRule {
        id: "nats-seed",
        title: "NATS seed",
        opens: "connects to a NATS server as the account or user",
        kind: SecretKind::Key,
        finder: Finder::Shapes(
            &[
                &[Word("SUA"), Run(Base32, 55, 55)],
                &[Word("SAA"), Run(Base32, 55, 55)],
                &[Word("SOA"), Run(Base32, 55, 55)],
            ],
            |_| super::rule::Check::Unchecked,
        ),
    },
];

fn ssh2(text: &Text<'_>, at: usize) -> Option<Match> {
    const LABEL: &[u8] = b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----";
    if !text.from(at).starts_with(LABEL) {
        return None;
    }
    let block = block(text, at, LABEL)?;
    block.is_whole.then_some(Match { start: at, end: block.end, shown: LABEL.len(), is_verified: false })
}

#[cfg(test)]
mod tests {
    use super::super::scan::tests::{check, random};
    use super::super::shape::Alphabet::{Alnum, Base32, Base64, Upper};
    use super::*;

    fn armour(label: &str, bytes: &[u8], line_end: &str) -> String {
        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let body = lines.join(line_end);
        format!("-----BEGIN {label}-----{line_end}{body}{line_end}-----END {label}-----{line_end}")
    }

    fn sequence(length: u8) -> Vec<u8> {
        let mut bytes = vec![0x30, 0x81, length];
        bytes.extend((0..length).map(|byte| byte.wrapping_mul(37)));
        bytes
    }

    #[test]
    fn private_keys_are_found_in_every_armour() {
        for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY"] {
            let found = format!("private-key 1 -----BEGIN {label}-----… verified");
            check(&armour(label, &sequence(200), "\n"), &[&found]);
            check(&format!("{{\"k\":\"{}\"}}", armour(label, &sequence(200), "\\n")), &[&found]);
        }
        let openssh = |cipher: &[u8]| {
            let mut bytes = b"openssh-key-v1\0\0\0\0".to_vec();
            bytes.push(cipher.len() as u8);
            bytes.extend_from_slice(cipher);
            bytes.extend_from_slice(&sequence(180));
            armour("OPENSSH PRIVATE KEY", &bytes, "\n")
        };
        check(&openssh(b"none"), &["private-key 1 -----BEGIN OPENSSH PRIVATE KEY-----… verified"]);
        check(
            &openssh(b"aes256-ctr"),
            &["private-key-encrypted 1 -----BEGIN OPENSSH PRIVATE KEY-----… verified"],
        );
        check(
            &armour("ENCRYPTED PRIVATE KEY", &sequence(200), "\n"),
            &["private-key-encrypted 1 -----BEGIN ENCRYPTED PRIVATE KEY-----… verified"],
        );
        let old = armour("RSA PRIVATE KEY", &sequence(200), "\n")
            .replace("KEY-----\nM", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,3F17F5\n\nM");
        check(&old, &["private-key-encrypted 1 -----BEGIN RSA PRIVATE KEY-----… verified"]);
        let armoured = format!(
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: x\n\n{}\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----",
            random(Base64, 64)
        );
        check(&armoured, &["openpgp-private-key 1 -----BEGIN PGP PRIVATE KEY BLOCK-----…"]);
        check(
            "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nPrivate-Lines: 8\nAAAA",
            &["putty-private-key 1 PuTTY-User-Key-File-… verified"],
        );
        check(
            &format!("[Interface]\nPrivateKey = {}=\n", random(Base64, 43)),
            &["wireguard-private-key 2 …"],
        );
        check(&format!("AGE-SECRET-KEY-1{}", random(Upper, 58)), &["age-secret-key 1 AGE-SECRET-KEY-1…"]);
        check(&format!("{{\"kty\":\"EC\",\"d\":\"{}\"}}", random(Alnum, 43)), &["json-web-key 1 …"]);
        check(&format!("SUA{}", random(Base32, 55)), &["nats-seed 1 SUA…"]);
    }

    #[test]
    fn a_stand_in_for_a_key_is_told_unverified() {
        let text =
            "-----BEGIN OPENSSH PRIVATE KEY-----\nbm90LWEtcmVhbC1rZXk=\n-----END OPENSSH PRIVATE KEY-----\n";
        check(text, &["private-key 1 -----BEGIN OPENSSH PRIVATE KEY-----…"]);
    }

    #[test]
    fn what_speaks_of_keys_is_no_key() {
        check("if line == '-----BEGIN RSA PRIVATE KEY-----': return", &[]);
        check("-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n", &[]);
        check("-----BEGIN PRIVATE KEY-----\n<your key here>\n-----END PRIVATE KEY-----\n", &[]);
        check(&armour("PUBLIC KEY", &sequence(200), "\n"), &[]);
        check(&armour("CERTIFICATE", &sequence(200), "\n"), &[]);
        check("{\"kty\":\"EC\",\"x\":\"abc\"}", &[]);
        check("PrivateKey = load_key(path)", &[]);
    }
}
