//! The key that signed a package, out of the OpenPGP packet that its header keeps (RFC 4880;
//! version 6 signatures by RFC 9580). Nothing is verified here.

const TAG_SIGNATURE: u8 = 2;
const ISSUER: u8 = 16;
const ISSUER_FINGERPRINT: u8 = 33;

/// The key id that a signature names as its issuer.
pub(super) fn key_id(packet: &[u8]) -> Option<[u8; 8]> {
    let body = signature_body(packet)?;
    match body.first()? {
        // Version 2 and 3: length of the hashed part (5), type, time (4), then the key id.
        2 | 3 => body.get(7..)?.first_chunk().copied(),
        4 => issuer(body.get(4..)?, 2),
        6 => issuer(body.get(4..)?, 4),
        _ => None,
    }
}

/// The body of the packet, if it is a signature.
fn signature_body(packet: &[u8]) -> Option<&[u8]> {
    let (&head, rest) = packet.split_first()?;
    let (tag, length, body) = if head & 0xc0 == 0xc0 {
        let (length, body) = new_length(rest)?;
        (head & 0x3f, Some(length), body)
    } else if head & 0x80 != 0 {
        let (length, body) = match head & 3 {
            0 => (Some(usize::from(*rest.first()?)), rest.get(1..)?),
            1 => (Some(number(rest.get(..2)?)), rest.get(2..)?),
            2 => (Some(number(rest.get(..4)?)), rest.get(4..)?),
            _ => (None, rest),
        };
        (head >> 2 & 0x0f, length, body)
    } else {
        return None;
    };
    if tag != TAG_SIGNATURE {
        return None;
    }
    body.get(..length.unwrap_or(body.len()))
}

/// A length in the new format, which subpackets use too, and what follows it.
fn new_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match *bytes.first()? {
        first @ 0..=191 => Some((usize::from(first), bytes.get(1..)?)),
        first @ 192..=223 => {
            let second = usize::from(*bytes.get(1)?);
            Some(((usize::from(first) - 192) * 256 + second + 192, bytes.get(2..)?))
        }
        255 => Some((number(bytes.get(1..5)?), bytes.get(5..)?)),
        // A partial length, which no signature has.
        _ => None,
    }
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

/// The issuer out of the hashed and unhashed subpackets, whose lengths take `width` bytes.
fn issuer(mut areas: &[u8], width: usize) -> Option<[u8; 8]> {
    let mut by_fingerprint = None;
    for _ in 0..2 {
        let length = number(areas.get(..width)?);
        let (mut area, rest) = areas.get(width..)?.split_at_checked(length)?;
        areas = rest;
        while !area.is_empty() {
            let (length, after) = new_length(area)?;
            let (subpacket, rest) = after.split_at_checked(length)?;
            area = rest;
            // The highest bit only says whether a reader must understand the subpacket.
            match subpacket.split_first().map(|(kind, body)| (kind & 0x7f, body)) {
                Some((ISSUER, body)) => return body.first_chunk().copied(),
                Some((ISSUER_FINGERPRINT, [4, fingerprint @ ..])) => {
                    by_fingerprint = fingerprint.last_chunk().copied();
                }
                Some((ISSUER_FINGERPRINT, [_, fingerprint @ ..])) => {
                    by_fingerprint = fingerprint.first_chunk().copied();
                }
                _ => {}
            }
        }
    }
    by_fingerprint
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(packet: &[u8], id: Option<[u8; 8]>) {
        assert_eq!(key_id(packet), id);
    }

    const ID: [u8; 8] = [0x72, 0xf9, 0x7b, 0x74, 0xec, 0x55, 0x1f, 0x03];

    #[test]
    fn version_3_names_the_issuer_in_a_fixed_place() {
        check(&[&[0x88, 17, 3, 5, 0, 1, 2, 3, 4], &ID[..], &[1, 8]].concat(), Some(ID));
    }

    #[test]
    fn version_4_names_the_issuer_in_a_subpacket() {
        let hashed = [&[4, 0, 1, 8, 0, 6, 5, 2, 1, 2, 3, 4][..], &[0, 10, 9, 16], &ID].concat();
        check(&[&[0x88, hashed.len() as u8], &hashed[..]].concat(), Some(ID));
        check(&[&[0xc2, hashed.len() as u8], &hashed[..]].concat(), Some(ID));
    }

    #[test]
    fn the_end_of_a_version_4_fingerprint_is_the_key_id() {
        let fingerprint = [&[0xaa; 12][..], &ID].concat();
        let body = [&[4, 0, 1, 8, 0, 23, 22, 33, 4][..], &fingerprint, &[0, 0]].concat();
        check(&[&[0x88, body.len() as u8], &body[..]].concat(), Some(ID));
    }

    #[test]
    fn what_is_no_signature_has_no_issuer() {
        check(b"", None);
        check(&[0x99, 0, 4, 4, 0, 0, 0], None);
        check(&[0x88, 200, 4], None);
    }
}
