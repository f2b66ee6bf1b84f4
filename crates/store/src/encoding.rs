//! The bytes of one layer's facts.
//!
//! A magic word, the version of this encoding, a checksum and the length of what most questions
//! need: a short head (postcard), the file table, and the fragments' payloads end to end. Behind
//! it, with a checksum of its own, lies the evidence that is read on demand alone, so that a look
//! at a known image does not pay for it. An encoding of an older version stays readable for as
//! long as a reader for it stands here; so far there is one.

use std::collections::HashMap;

use plimsoll_model::{Digest, FileId, FileTable, Fragment, LayerFacts, Problem, ReaderRevision};
use serde::{Deserialize, Serialize};
use thiserror::Error;

const MAGIC: &[u8; 8] = b"plimsoll";
const VERSION: u16 = 3;
/// The magic word, the version, the checksum, and the length of what it is of.
pub(crate) const PREFIX: usize = MAGIC.len() + 2 + 4 + 8;
const CHECKSUM: usize = MAGIC.len() + 2;

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

/// The evidence that is read on demand.
#[derive(Default, Serialize, Deserialize)]
struct EvidenceHead {
    revisions: Vec<ReaderRevision>,
    /// Position of the reader in `revisions`, file, and number of the payload: thousands of files
    /// say the same, licences above all.
    fragments: Vec<(u32, u32, u32)>,
    /// Lengths of the payloads.
    lengths: Vec<u32>,
}

/// What heads say of fragments: the position of the reader, the file, and the payload's length.
type Places = Vec<(u32, u32, u32)>;

/// The revisions of the readers that are on demand, or of the others, and their fragments.
fn part(facts: &LayerFacts, on_demand: bool) -> (Vec<ReaderRevision>, Places, Vec<&Fragment>) {
    let revisions: Vec<ReaderRevision> =
        facts.revisions.iter().filter(|one| one.is_on_demand == on_demand).cloned().collect();
    let reader = |id: &str| revisions.iter().position(|each| each.reader == id).map(|at| at as u32);
    let (places, fragments) = facts
        .fragments
        .iter()
        .filter_map(|each| Some(((reader(&each.reader)?, each.file.0, each.payload.len() as u32), each)))
        .unzip();
    (revisions, places, fragments)
}

fn put_head(head: &impl Serialize, bytes: &mut Vec<u8>) {
    // Writing to memory cannot fail; an empty head would be refused on reading all the same.
    let head = postcard::to_allocvec(head).unwrap_or_default();
    bytes.extend_from_slice(&(head.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&head);
}

/// The bytes of one layer's facts: the same facts, the same bytes.
#[must_use]
pub fn encode(facts: &LayerFacts) -> Vec<u8> {
    let (revisions, places, fragments) = part(facts, false);
    let head = Head {
        diff_id: facts.diff_id.as_ref().map(ToString::to_string),
        compressed_size: facts.compressed_size,
        unpacked_size: facts.unpacked_size,
        replaced_size: facts.replaced_size,
        revisions,
        problems: facts.problems.clone(),
        fragments: places,
    };
    let mut bytes = Vec::new();
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&[0; 12]);
    put_head(&head, &mut bytes);
    facts.files.encode(&mut bytes);
    for fragment in fragments {
        bytes.extend_from_slice(&fragment.payload);
    }
    let length = (bytes.len() - PREFIX) as u64;
    bytes[CHECKSUM + 4..PREFIX].copy_from_slice(&length.to_le_bytes());
    let checksum = crc32fast::hash(&bytes[CHECKSUM + 4..]);
    bytes[CHECKSUM..CHECKSUM + 4].copy_from_slice(&checksum.to_le_bytes());
    let start = bytes.len();
    let (revisions, places, fragments) = part(facts, true);
    let mut head = EvidenceHead { revisions, ..EvidenceHead::default() };
    let mut known: HashMap<&[u8], u32> = HashMap::new();
    let mut payloads: Vec<&[u8]> = Vec::new();
    for ((reader, file, length), fragment) in places.into_iter().zip(fragments) {
        let number = *known.entry(&fragment.payload).or_insert_with(|| {
            payloads.push(&fragment.payload);
            head.lengths.push(length);
            payloads.len() as u32 - 1
        });
        head.fragments.push((reader, file, number));
    }
    bytes.extend_from_slice(&[0; 4]);
    put_head(&head, &mut bytes);
    payloads.into_iter().for_each(|payload| bytes.extend_from_slice(payload));
    let checksum = crc32fast::hash(&bytes[start + 4..]);
    bytes[start..start + 4].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

const SHORT: DecodeError = DecodeError("cut short");
const DAMAGED: DecodeError = DecodeError("its head is damaged");

/// How many bytes follow the first [`PREFIX`] ones before the evidence, where those are right.
pub(crate) fn main_length(prefix: &[u8; PREFIX]) -> Option<u64> {
    if !prefix.starts_with(MAGIC) || prefix[MAGIC.len()..CHECKSUM] != VERSION.to_le_bytes() {
        return None;
    }
    prefix.last_chunk::<8>().map(|length| u64::from_le_bytes(*length))
}

/// Splits a length as four bytes, and as many bytes, off the front.
fn take_head(bytes: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or(SHORT)?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or(SHORT)
}

fn take_fragments(
    places: &Places,
    revisions: &[ReaderRevision],
    files: &FileTable,
    mut rest: &[u8],
    fragments: &mut Vec<Fragment>,
) -> Result<(), DecodeError> {
    fragments.reserve(places.len().min(rest.len() + 1));
    for (reader, file, length) in places {
        let (payload, after) = rest.split_at_checked(*length as usize).ok_or(SHORT)?;
        rest = after;
        fragments.push(fragment(*reader, *file, payload, revisions, files)?);
    }
    Ok(())
}

fn fragment(
    reader: u32,
    file: u32,
    payload: &[u8],
    revisions: &[ReaderRevision],
    files: &FileTable,
) -> Result<Fragment, DecodeError> {
    let reader = revisions.get(reader as usize).ok_or(DAMAGED)?.reader.clone();
    if file as usize >= files.len() {
        return Err(DAMAGED);
    }
    Ok(Fragment { reader, file: FileId(file), payload: payload.to_vec() })
}

/// The facts that [`encode`] made bytes of; without the evidence that is read on demand, what lies
/// behind the rest is not looked at.
///
/// # Errors
/// [`DecodeError`] where the bytes are of another version, damaged or cut short.
pub fn decode(bytes: &[u8], with_evidence: bool) -> Result<LayerFacts, DecodeError> {
    let (prefix, rest) = bytes.split_first_chunk::<PREFIX>().ok_or(SHORT)?;
    let length = main_length(prefix).ok_or(DecodeError("not written by this version of Plimsoll"))?;
    let (main, evidence) =
        usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length)).ok_or(SHORT)?;
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&prefix[CHECKSUM + 4..]);
    checksum.update(main);
    if checksum.finalize().to_le_bytes() != prefix[CHECKSUM..CHECKSUM + 4] {
        return Err(DecodeError("the checksum is wrong"));
    }
    let (head, rest) = take_head(main)?;
    let head: Head = postcard::from_bytes(head).map_err(|_| DAMAGED)?;
    let (files, rest) = FileTable::decode(rest).map_err(|_| DecodeError("its file table is damaged"))?;
    let mut fragments = Vec::new();
    take_fragments(&head.fragments, &head.revisions, &files, rest, &mut fragments)?;
    let mut revisions = head.revisions;
    if with_evidence {
        let (checksum, evidence) = evidence.split_first_chunk::<4>().ok_or(SHORT)?;
        if crc32fast::hash(evidence) != u32::from_le_bytes(*checksum) {
            return Err(DecodeError("the checksum of the evidence is wrong"));
        }
        let (head, rest) = take_head(evidence)?;
        let head: EvidenceHead = postcard::from_bytes(head).map_err(|_| DAMAGED)?;
        let mut payloads = Vec::with_capacity(head.lengths.len().min(rest.len()));
        let mut rest = rest;
        for length in &head.lengths {
            let (payload, after) = rest.split_at_checked(*length as usize).ok_or(SHORT)?;
            payloads.push(payload);
            rest = after;
        }
        for (reader, file, number) in &head.fragments {
            let payload = payloads.get(*number as usize).ok_or(DAMAGED)?;
            fragments.push(fragment(*reader, *file, payload, &head.revisions, &files)?);
        }
        fragments
            .sort_by(|left, right| left.file.cmp(&right.file).then_with(|| left.reader.cmp(&right.reader)));
        revisions.extend(head.revisions);
        revisions.sort();
    }
    let diff_id: Option<Digest> = match head.diff_id {
        Some(text) => Some(text.parse().map_err(|_| DAMAGED)?),
        None => None,
    };
    Ok(LayerFacts {
        diff_id,
        compressed_size: head.compressed_size,
        unpacked_size: head.unpacked_size,
        replaced_size: head.replaced_size,
        files,
        fragments,
        revisions,
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
            fragments: vec![
                Fragment { reader: "e".into(), file: FileId(1), payload: b"uvw".to_vec() },
                Fragment { reader: "r".into(), file: FileId(1), payload: b"xyz".to_vec() },
            ],
            revisions: vec![
                ReaderRevision { reader: "e".into(), revision: 1, is_on_demand: true },
                ReaderRevision { reader: "r".into(), revision: 3, is_on_demand: false },
            ],
            problems: vec![Problem::new("code", "/a", "detail")],
            ..LayerFacts::default()
        }
    }

    #[test]
    fn facts_come_back_from_their_bytes() {
        assert_eq!(decode(&encode(&sample()), true).unwrap(), sample());
    }

    #[test]
    fn without_the_evidence_its_bytes_are_not_even_needed() {
        let bytes = encode(&sample());
        let length = main_length(bytes.first_chunk().unwrap()).unwrap() as usize;
        let facts = decode(&bytes[..PREFIX + length], false).unwrap();
        assert_eq!(facts.fragments, sample().fragments[1..]);
        assert_eq!(facts.revisions, sample().revisions[1..]);
        assert_eq!(facts.files, sample().files);
    }

    #[test]
    fn any_changed_or_missing_byte_is_noticed() {
        let bytes = encode(&sample());
        for cut in 0..bytes.len() {
            assert!(decode(&bytes[..cut], true).is_err(), "cut at {cut}");
        }
        for position in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1;
            assert!(decode(&damaged, true).is_err(), "changed at {position}");
        }
    }
}
