//! macOS's Mach-O, after its `mach-o/loader.h`: the commands that load segments, and the sections
//! in them. Files for several processors at once are not opened.

use super::binary::{Kept, MACH_64, Range, little, padded_name};

const LOAD_SEGMENT: u64 = 0x1;
const LOAD_SEGMENT_64: u64 = 0x19;

/// `VM_PROT_WRITE`.
const WRITABLE: u64 = 2;

/// Linkers write some dozens of commands, and some dozens of sections.
const MAX_COMMANDS: u64 = 4_096;
const MAX_SECTIONS: usize = 4_096;

/// Where the fields of a segment and of its sections lie.
struct Form {
    word: usize,
    address: usize,
    offset: usize,
    size: usize,
    protection: usize,
    count: usize,
    sections: usize,
    section: usize,
    section_size: usize,
    section_offset: usize,
}

const NARROW: Form = Form {
    word: 4,
    address: 24,
    offset: 32,
    size: 36,
    protection: 44,
    count: 48,
    sections: 56,
    section: 68,
    section_size: 36,
    section_offset: 40,
};

const WIDE: Form = Form {
    word: 8,
    address: 24,
    offset: 40,
    size: 48,
    protection: 60,
    count: 64,
    sections: 72,
    section: 80,
    section_size: 40,
    section_offset: 48,
};

type Ranges<'a> = Vec<Range<'a>>;

/// Segments and sections.
pub(super) fn parse<'a>(kept: &Kept<'a>) -> Option<(Ranges<'a>, Ranges<'a>)> {
    let wide = kept.at(0, 4)? == MACH_64;
    let header_size = if wide { 32 } else { 28 };
    let commands = little(kept.at(0, header_size)?, 16, 4)?.min(MAX_COMMANDS);
    let (mut segments, mut sections) = (Vec::new(), Vec::new());
    let mut place = header_size;
    for _ in 0..commands {
        let Some(head) = kept.at(place, 8) else { break };
        let (Some(kind), Some(size)) = (little(head, 0, 4), little(head, 4, 4)) else { break };
        let form = match kind {
            LOAD_SEGMENT => Some(&NARROW),
            LOAD_SEGMENT_64 => Some(&WIDE),
            _ => None,
        };
        if let Some(form) = form
            && let Some(command) = kept.at(place, size)
        {
            read_segment(form, command, &mut segments, &mut sections);
        }
        if size < 8 {
            break;
        }
        place = place.checked_add(size)?;
    }
    Some((segments, sections))
}

fn read_segment<'a>(
    form: &Form,
    command: &'a [u8],
    segments: &mut Ranges<'a>,
    sections: &mut Ranges<'a>,
) -> Option<()> {
    let is_writable = little(command, form.protection, 4)? & WRITABLE != 0;
    segments.push(Range {
        name: None,
        offset: little(command, form.offset, form.word)?,
        size: little(command, form.size, form.word)?,
        address: little(command, form.address, form.word)?,
        is_writable,
    });
    let count = little(command, form.count, 4)? as usize;
    let table = command.get(form.sections..)?;
    for section in table.chunks_exact(form.section).take(count.min(MAX_SECTIONS - sections.len())) {
        sections.push(Range {
            name: Some(padded_name(section.get(..16)?)),
            offset: little(section, form.section_offset, 4)?,
            size: little(section, form.section_size, form.word)?,
            address: little(section, 32, form.word)?,
            is_writable,
        });
    }
    Some(())
}
