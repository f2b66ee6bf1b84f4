//! rpm's own "new database", `Packages.db`: slots that point at blobs, as `lib/backend/ndb`
//! of rpm writes them. Always little-endian.

use std::collections::HashSet;

use super::bytes::{ByteOrder, index};
use super::damage::{BlobSink, Budget, Damage, MAX_PACKAGES};

const HEADER_MAGIC: &[u8] = b"RpmP";
const SLOT_MAGIC: &[u8] = b"Slot";
const BLOB_MAGIC: &[u8] = b"BlbS";
const TAIL_MAGIC: &[u8] = b"BlbE";
/// The one version there is.
const VERSION: u32 = 0;
const HEADER_SIZE: usize = 32;
const PAGE_SIZE: usize = 4096;
/// Size of a slot, and of the blocks that slots count in.
const BLOCK_SIZE: usize = 16;
const BLOB_HEAD_SIZE: usize = 16;
const BLOB_TAIL_SIZE: usize = 12;

/// Hands every header blob to `sink`.
pub(super) fn read(content: &[u8], damage: &mut Damage, sink: &mut BlobSink<'_>) {
    let number = |at| ByteOrder::Little.u32(content, at);
    if !content.starts_with(HEADER_MAGIC) || content.len() < HEADER_SIZE {
        damage.note("the file does not begin like an NDB database, so its packages are not listed");
        return;
    }
    if number(4) != Some(VERSION) {
        damage.note("the NDB database is of a version that is not known; it is read as version 0");
    }
    let pages = index(number(12).unwrap_or(0));
    let slots_end = pages.saturating_mul(PAGE_SIZE);
    if pages == 0 || slots_end > content.len() {
        damage.note(format_args!(
            "the NDB database says that it has {pages} pages of slots, which the file does not hold"
        ));
    }
    if !content.len().is_multiple_of(BLOCK_SIZE) {
        damage.note("the NDB database ends in the middle of a block");
    }
    if content.get(slots_end..).is_some_and(|rest| rest.starts_with(SLOT_MAGIC)) {
        damage.note("the NDB database has more pages of slots than it says; those are not read");
    }
    let slots = content.get(HEADER_SIZE..slots_end.min(content.len())).unwrap_or_default();
    let mut seen = HashSet::new();
    let mut budget = Budget::of(content.len());
    for (position, slot) in slots.chunks_exact(BLOCK_SIZE).enumerate() {
        if !slot.starts_with(SLOT_MAGIC) {
            damage.note(format_args!(
                "slot {position} of the NDB database is broken; its package may be missing"
            ));
            continue;
        }
        let field = |at| ByteOrder::Little.u32(slot, at).unwrap_or(0);
        let (package, offset, blocks) = (field(4), field(8), field(12));
        if offset == 0 {
            if package != 0 || blocks != 0 {
                damage.note(format_args!(
                    "slot {position} of the NDB database names a package without a place; it is missing"
                ));
            }
            continue;
        }
        if seen.len() >= MAX_PACKAGES {
            damage.note("the NDB database lists more packages than can be real; the rest is not read");
            return;
        }
        if index(offset).saturating_mul(BLOCK_SIZE) < slots_end || !seen.insert(package) {
            damage.note(format_args!(
                "slot {position} of the NDB database contradicts another one; its package is missing"
            ));
            continue;
        }
        let start = index(offset).saturating_mul(BLOCK_SIZE);
        let end = start.saturating_add(index(blocks).saturating_mul(BLOCK_SIZE));
        let Some(blob) = content.get(start..end.min(content.len())) else {
            damage.note(format_args!(
                "package {package} lies beyond the end of the NDB database and is missing"
            ));
            continue;
        };
        if !budget.take(blob.len()) {
            damage.note("the packages of the NDB database overlap; the rest of them is not read");
            return;
        }
        match take_blob(blob, package, damage) {
            Some(header) => sink(package, header, damage),
            None => damage
                .note(format_args!("package {package} of the NDB database cannot be read and is missing")),
        }
    }
}

/// The header inside a blob, checked as rpm checks it. What contradicts the blob's own length
/// or checksum is noted, and the header is taken all the same where its bytes are there.
fn take_blob<'a>(blob: &'a [u8], package: u32, damage: &mut Damage) -> Option<&'a [u8]> {
    let number = |at| ByteOrder::Little.u32(blob, at);
    if !blob.starts_with(BLOB_MAGIC) || number(4)? != package {
        return None;
    }
    let length = index(number(12)?);
    let header_end = BLOB_HEAD_SIZE.checked_add(length)?;
    let header = blob.get(BLOB_HEAD_SIZE..header_end.min(blob.len()))?;
    let tail_at = blob.len().checked_sub(BLOB_TAIL_SIZE)?;
    let (body, tail) = blob.split_at_checked(tail_at)?;
    let whole = header_end <= tail_at
        && ByteOrder::Little.u32(tail, 0) == Some(adler32(body))
        && ByteOrder::Little.u32(tail, 4) == number(12)
        && tail.ends_with(TAIL_MAGIC);
    if !whole {
        damage.note(format_args!(
            "the checksum of package {package} of the NDB database is wrong; what is shown of it may be too"
        ));
    }
    Some(header)
}

/// The Adler-32 checksum of RFC 1950.
fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    /// The most bytes whose sums cannot overflow 32 bits (RFC 1950's own figure).
    const RUN: usize = 5_552;
    let (mut low, mut high) = (1_u32, 0_u32);
    for run in bytes.chunks(RUN) {
        for byte in run {
            low += u32::from(*byte);
            high += low;
        }
        low %= MODULUS;
        high %= MODULUS;
    }
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8], sum: u32) {
        assert_eq!(adler32(text), sum);
    }

    #[test]
    fn the_checksum_is_that_of_rfc_1950() {
        check(b"", 1);
        check(b"Wikipedia", 0x11e6_0398);
        check(&[0xff; 100_000], 0x149a_302c);
    }
}
