//! The bytes of one layer's facts.
//!
//! A magic word, the version of this encoding, a checksum of all that follows; then a short head
//! (postcard), the file table, and the fragments' payloads end to end. An encoding of an older
//! version stays readable for as long as a reader for it stands here; so far there is one.

use plimsoll_model::{Digest, FileId, FileTable, Fragment, LayerFacts, Problem, ReaderRevision};
use serde::{Deserialize, Serialize};
use thiserror::Error;

const MAGIC: &[u8; 8] = b"plimsoll";
const VERSION: u16 = 2;
const PREFIX: usize = MAGIC.len() + 2 + 4;

/// Stored bytes that cannot be used. The layer is read again; nothing is lost but time.
#[derive(Debug, Error)]
#[error("stored facts are unusable: {0}")]
pub struct DecodeError(&'static str);

#[derive(Serialize, Deserialize)]
struct Head {
    diff_id: Option<String>,
    compressed_size: u64,
    unpacked_size: u64,
    replaced_size: u64,
    revisions: Vec<ReaderRevision>,
    problems: Vec<Problem>,
    /// Position of the reader in `revisions`, file, and length of the payload.
    fragments: Vec<(u32, u32, u32)>,
}

/// The bytes of one layer's facts: the same facts, the same bytes.
#[must_use]
pub fn encode(facts: &LayerFacts) -> Vec<u8> {
    let reader = |id: &str| facts.revisions.iter().position(|each| each.reader == id).map(|at| at as u32);
    let kept: Vec<(u32, &Fragment)> =
        facts.fragments.iter().filter_map(|each| Some((reader(&each.reader)?, each))).collect();
    let head = Head {
        diff_id: facts.diff_id.as_ref().map(ToString::to_string),
        compressed_size: facts.compressed_size,
        unpacked_size: facts.unpacked_size,
        replaced_size: facts.replaced_size,
        revisions: facts.revisions.clone(),
        problems: facts.problems.clone(),
        fragments: kept.iter().map(|(at, f)| (*at, f.file.0, f.payload.len() as u32)).collect(),
    };
    let mut bytes = Vec::new();
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    // Writing to memory cannot fail; an empty head would be refused on reading all the same.
    let head = postcard::to_allocvec(&head).unwrap_or_default();
    bytes.extend_from_slice(&(head.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&head);
    facts.files.encode(&mut bytes);
    for (_, fragment) in kept {
        bytes.extend_from_slice(&fragment.payload);
    }
    let checksum = crc32fast::hash(&bytes[PREFIX..]);
    bytes[PREFIX - 4..PREFIX].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// The facts that [`encode`] made bytes of.
///
/// # Errors
/// [`DecodeError`] where the bytes are of another version, damaged or cut short.
pub fn decode(bytes: &[u8]) -> Result<LayerFacts, DecodeError> {
    const SHORT: DecodeError = DecodeError("cut short");
    let rest = bytes.strip_prefix(MAGIC).ok_or(DecodeError("not written by Plimsoll"))?;
    let (version, rest) = rest.split_first_chunk::<2>().ok_or(SHORT)?;
    if u16::from_le_bytes(*version) != VERSION {
        return Err(DecodeError("another version of the encoding"));
    }
    let (checksum, rest) = rest.split_first_chunk::<4>().ok_or(SHORT)?;
    if crc32fast::hash(rest) != u32::from_le_bytes(*checksum) {
        return Err(DecodeError("the checksum is wrong"));
    }
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(SHORT)?;
    let (head, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or(SHORT)?;
    let head: Head = postcard::from_bytes(head).map_err(|_| DecodeError("its head is damaged"))?;
    let (files, mut rest) = FileTable::decode(rest).map_err(|_| DecodeError("its file table is damaged"))?;
    let mut fragments = Vec::with_capacity(head.fragments.len().min(files.len()));
    for (reader, file, length) in head.fragments {
        let (payload, after) = rest.split_at_checked(length as usize).ok_or(SHORT)?;
        rest = after;
        let reader = head.revisions.get(reader as usize).ok_or(DecodeError("its head is damaged"))?;
        if file as usize >= files.len() {
            return Err(DecodeError("its head is damaged"));
        }
        fragments.push(Fragment {
            reader: reader.reader.clone(),
            file: FileId(file),
            payload: payload.to_vec(),
        });
    }
    let diff_id: Option<Digest> = match head.diff_id {
        Some(text) => Some(text.parse().map_err(|_| DecodeError("its head is damaged"))?),
        None => None,
    };
    Ok(LayerFacts {
        diff_id,
        compressed_size: head.compressed_size,
        unpacked_size: head.unpacked_size,
        replaced_size: head.replaced_size,
        files,
        fragments,
        revisions: head.revisions,
        problems: head.problems,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_model::{FileKind, FileTableBuilder, NewFile, NodeId};

    fn sample() -> LayerFacts {
        let mut builder = FileTableBuilder::new();
        let file = NewFile { kind: FileKind::File, implicit: false, ..NewFile::IMPLICIT_DIRECTORY };
        builder.insert(NodeId::ROOT, b"a", &file);
        LayerFacts {
            unpacked_size: 7,
            files: builder.finish().0,
            fragments: vec![Fragment { reader: "r".into(), file: FileId(1), payload: b"xyz".to_vec() }],
            revisions: vec![ReaderRevision { reader: "r".into(), revision: 3 }],
            problems: vec![Problem::new("code", "/a", "detail")],
            ..LayerFacts::default()
        }
    }

    #[test]
    fn facts_come_back_from_their_bytes() {
        assert_eq!(decode(&encode(&sample())).unwrap(), sample());
    }

    #[test]
    fn any_changed_or_missing_byte_is_noticed() {
        let bytes = encode(&sample());
        for cut in 0..bytes.len() {
            assert!(decode(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        for position in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1;
            assert!(decode(&damaged).is_err(), "changed at {position}");
        }
    }
}
