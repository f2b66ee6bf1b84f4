//! What is kept of one text: compressed, since a layer may have thousands that are alike.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use plimsoll_model::evidence::texts::NotKept;

/// The most that a kept text unpacks to: no claim takes a larger one.
const MAX_TEXT: u64 = super::claims::LARGEST;

const KEPT: u8 = 0;

pub(super) fn kept(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(vec![KEPT], Compression::fast());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(content);
    encoder.finish().unwrap_or_default()
}

pub(super) fn not_kept(reason: NotKept) -> Vec<u8> {
    match reason {
        NotKept::TooLarge(size) => {
            let mut payload = vec![1];
            payload.extend_from_slice(&size.to_le_bytes());
            payload
        }
        NotKept::LayerLimit => vec![2],
        NotKept::NotText => vec![3],
        NotKept::HoldsSecret => vec![4],
    }
}

/// The text, or why there is none; `None` where the payload is none of ours.
pub(super) fn read(payload: &[u8]) -> Option<Result<Vec<u8>, NotKept>> {
    let (kind, rest) = payload.split_first()?;
    Some(match kind {
        &KEPT => {
            let mut content = Vec::new();
            DeflateDecoder::new(rest).take(MAX_TEXT).read_to_end(&mut content).ok()?;
            Ok(content)
        }
        1 => Err(NotKept::TooLarge(u64::from_le_bytes(*rest.first_chunk()?))),
        2 => Err(NotKept::LayerLimit),
        3 => Err(NotKept::NotText),
        4 => Err(NotKept::HoldsSecret),
        _ => return None,
    })
}
