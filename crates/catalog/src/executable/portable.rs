//! Windows' portable executables (PE and PE32+), after Microsoft's "PE Format": as much of their
//! headers as leads to the sections, and to the header of .NET.

use super::binary::{Kept, Range, little, padded_name};

const SIGNATURE: &[u8] = b"PE\0\0";
const FILE_HEADER: usize = 20;
const SECTION: usize = 40;

/// The most sections that Windows loads.
const MAX_SECTIONS: u64 = 96;

/// `IMAGE_SCN_MEM_WRITE`.
const WRITABLE: u64 = 0x8000_0000;

/// Which of the directories of the optional header is the header of .NET.
const CLI: usize = 14;

/// The headers of a portable executable.
#[derive(Debug)]
pub(crate) struct Portable<'a> {
    pub(crate) sections: Vec<Range<'a>>,
    /// Where a program begins that is loaded at its preferred address.
    base: u64,
    /// Relative address and size of the header of .NET; `None` in what is not for .NET.
    pub(crate) cli: Option<(u64, u64)>,
}

impl<'a> Portable<'a> {
    /// `None` where it is none, such as a program of DOS.
    pub(crate) fn parse(kept: &Kept<'a>) -> Option<Self> {
        let start = little(kept.at(0, 64)?, 0x3c, 4)?;
        let head = kept.at(start, (SIGNATURE.len() + FILE_HEADER) as u64)?.strip_prefix(SIGNATURE)?;
        let sections = little(head, 2, 2)?.min(MAX_SECTIONS);
        let optional_size = little(head, 16, 2)?;
        let optional_start = start.checked_add((SIGNATURE.len() + FILE_HEADER) as u64)?;
        let optional = kept.at(optional_start, optional_size)?;
        let wide = match little(optional, 0, 2)? {
            0x10b => false,
            0x20b => true,
            _ => return None,
        };
        let base = if wide { little(optional, 24, 8)? } else { little(optional, 28, 4)? };
        let directories = if wide { 108 } else { 92 };
        let cli = (little(optional, directories, 4)? > CLI as u64)
            .then(|| directories + 4 + 8 * CLI)
            .and_then(|place| Some((little(optional, place, 4)?, little(optional, place + 4, 4)?)))
            .filter(|(address, size)| *address != 0 && *size != 0);
        let table = optional_start.checked_add(optional_size)?;
        let sections = (0..sections).map_while(|position| {
            let header = kept.at(table.checked_add(position * SECTION as u64)?, SECTION as u64)?;
            let (in_memory, in_file) = (little(header, 8, 4)?, little(header, 16, 4)?);
            Some(Range {
                name: Some(padded_name(header.get(..8)?)),
                offset: little(header, 20, 4)?,
                // What is in the file is filled up to a multiple; what is in memory may be larger.
                size: if in_memory == 0 { in_file } else { in_file.min(in_memory) },
                address: base.checked_add(little(header, 12, 4)?)?,
                is_writable: little(header, 36, 4)? & WRITABLE != 0,
            })
        });
        Some(Self { sections: sections.collect(), base, cli })
    }

    /// The bytes at an address that is relative to the beginning of the loaded program.
    pub(crate) fn at(&self, kept: &Kept<'a>, address: u64, length: u64) -> Option<&'a [u8]> {
        let address = self.base.checked_add(address)?;
        self.sections.iter().find_map(|section| {
            let within = address.checked_sub(section.address)?;
            let fits = within.checked_add(length)? <= section.size;
            fits.then(|| kept.at(section.offset.checked_add(within)?, length))?
        })
    }
}
