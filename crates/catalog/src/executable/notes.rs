//! Notes: small records that tools leave in executables, each with its owner and a type.

use super::{Executable, section, segment};

/// The most notes that are looked at: real files have some ten, programs with systemtap's
/// probes thousands.
const MAX_NOTES: usize = 16_384;

/// The longest name of an owner that is looked at, in bytes: real ones have less than twenty.
const MAX_OWNER: usize = 64;

/// One note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Note<'a> {
    pub(crate) owner: &'a [u8],
    pub(crate) kind: u32,
    pub(crate) content: &'a [u8],
}

impl<'a> Executable<'a> {
    /// All notes, and whether some of them could not be read.
    pub(crate) fn notes(&self) -> (Vec<Note<'a>>, bool) {
        let by_section = self.sections.iter().filter(|one| one.kind == section::NOTE);
        let mut places: Vec<(u64, u64, u64)> =
            by_section.map(|one| (one.offset, one.size, one.align)).collect();
        if self.sections.is_empty() {
            let by_segment = self.all_segments.iter().filter(|one| one.kind == segment::NOTE);
            places.extend(by_segment.map(|one| (one.offset, one.size, one.align)));
        }
        let mut notes = Vec::new();
        let mut is_short = false;
        for (offset, size, align) in places {
            match self.kept.at(offset, size) {
                Some(bytes) => is_short |= self.split(bytes, align, &mut notes).is_none(),
                None => is_short = true,
            }
        }
        (notes, is_short)
    }

    /// Adds the notes of one table; `None` where it is damaged, or there are too many.
    fn split(&self, mut bytes: &'a [u8], align: u64, notes: &mut Vec<Note<'a>>) -> Option<()> {
        let align = if align == 8 { 8 } else { 4 };
        while bytes.len() >= 12 {
            if notes.len() == MAX_NOTES {
                return None;
            }
            let number = |start: usize| Some(self.form.number(bytes.get(start..start + 4)?) as usize);
            let (name_size, size, kind) = (number(0)?, number(4)?, number(8)? as u32);
            let owner = bytes.get(12..name_size.checked_add(12)?)?;
            let start = (12 + name_size).checked_next_multiple_of(align)?;
            let end = start.checked_add(size)?;
            let content = bytes.get(start..end)?;
            // A name ends with a zero; of one that is too long, the beginning is another name.
            let owner = owner.get(..MAX_OWNER).unwrap_or(owner);
            let owner = owner.split(|byte| *byte == 0).next().unwrap_or_default();
            notes.push(Note { owner, kind, content });
            bytes = bytes.get(end.checked_next_multiple_of(align)?..).unwrap_or_default();
        }
        Some(())
    }
}
