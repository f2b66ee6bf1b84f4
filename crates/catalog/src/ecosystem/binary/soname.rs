//! The name that a library gives itself.

use crate::executable::Executable;

/// The tag of the entry (ELF specification, dynamic section).
const SONAME: u64 = 14;

/// `DT_SONAME`, where the dynamic section and its strings can be read.
pub(super) fn of<'a>(executable: &Executable<'a>) -> Option<&'a [u8]> {
    let head = executable.at(4, 2)?;
    let (wide, little) = (head.first()? == &2, head.get(1)? == &1);
    let width = if wide { 8 } else { 4 };
    let number = |bytes: &[u8]| {
        let join = |all: u64, byte: &u8| (all << 8) | u64::from(*byte);
        if little { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) }
    };
    let entries = executable.section(b".dynamic")?;
    let strings = executable.section(b".dynstr")?;
    let entries = executable.at(entries.offset, entries.size)?;
    let mut entries = entries.chunks_exact(2 * width).map(|entry| entry.split_at(width));
    let (_, place) = entries.find(|(tag, _)| number(tag) == SONAME)?;
    let strings = executable.at(strings.offset, strings.size)?;
    strings.get(usize::try_from(number(place)).ok()?..)?.split(|byte| *byte == 0).next()
}
