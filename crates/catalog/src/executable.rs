//! Executables in bounded memory: what is kept of one while it streams by, and how its parts
//! are found again.
//!
//! Programs of a hundred megabytes are common, and what they say of themselves is a few
//! kilobytes somewhere in them, whose place is written in a table at their very end. A file of
//! up to [`MAX_WHOLE`] is therefore kept whole; of a larger one an [`Excerpt`] keeps its
//! beginning with what the loader needs, its end, what follows the last segment that is loaded,
//! and what follows the marks that Go sets. [`Executable`] reads both alike and says "not kept",
//! never "not there", of the rest.

pub(crate) mod binary;
mod dynamic;
mod excerpt;
mod kept;
mod mach;
pub(crate) mod metadata;
mod notes;
pub(crate) mod portable;
#[cfg(test)]
pub(crate) mod sample;

pub(crate) use dynamic::{Dynamic, Part, Symbol, tag};
pub use excerpt::Excerpt;
pub(crate) use kept::Kept;
pub(crate) use notes::Note;

/// The largest executable that is kept whole: nearly all are smaller, and two threads with a
/// buffer of this size each do not make the memory of a whole analysis.
pub const MAX_WHOLE: u64 = 16 << 20;

/// What the linkers of Go 1.13 and later write before the version of Go and the list of modules.
pub(crate) const GO_BUILD_INFO: &[u8] = b"\xff Go buildinf:";

/// What Go writes before and after the list of modules itself, since 1.12.
pub(crate) const GO_MODULES_START: [u8; 16] =
    [0x30, 0x77, 0xaf, 0x0c, 0x92, 0x74, 0x08, 0x02, 0x41, 0xe1, 0xc1, 0x07, 0xe6, 0xd6, 0x18, 0xe6];
pub(crate) const GO_MODULES_END: [u8; 16] =
    [0xf9, 0x32, 0x43, 0x31, 0x86, 0x18, 0x20, 0x72, 0x00, 0x82, 0x42, 0x10, 0x41, 0x16, 0xd8, 0xf2];

/// What .NET's host has behind the place of the manifest of what is bundled with it: the SHA-256 of
/// ".net core bundle". Without a bundle, the place is zero.
pub(crate) const BUNDLE_MARK: [u8; 32] = [
    0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93, 0x02, 0x14, 0xd7, 0xa0, 0x32, 0x13,
    0xf5, 0xb9, 0xe6, 0xef, 0xae, 0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae,
];

/// How ELF files begin.
pub const ELF: &[u8] = b"\x7fELF";

const WRITABLE: u32 = 2;
const NO_BITS: u32 = 8;

/// Kinds of segment (`p_type`).
pub(crate) mod segment {
    pub(crate) const LOADED: u32 = 1;
    pub(crate) const DYNAMIC: u32 = 2;
    pub(crate) const INTERPRETER: u32 = 3;
    pub(crate) const NOTE: u32 = 4;
    pub(crate) const GNU_STACK: u32 = 0x6474_e551;
    pub(crate) const GNU_RELRO: u32 = 0x6474_e552;
}

/// Kinds of section (`sh_type`) and flags (`sh_flags`).
pub(crate) mod section {
    pub(crate) const PROGRAM_BITS: u32 = 1;
    pub(crate) const SYMBOLS: u32 = 2;
    pub(crate) const DYNAMIC: u32 = 6;
    pub(crate) const NOTE: u32 = 7;
    pub(crate) const DYNAMIC_SYMBOLS: u32 = 11;
    pub(crate) const WRITABLE: u64 = 1;
    pub(crate) const LOADED: u64 = 2;
    pub(crate) const CODE: u64 = 4;
    pub(crate) const COMPRESSED: u64 = 1 << 11;
}

/// A part of the file that has a part in a process, as the table of segments lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) kind: u32,
    pub(crate) flags: u32,
    /// Where it lies in the file.
    pub(crate) offset: u64,
    /// Where it is loaded to.
    pub(crate) address: u64,
    /// How much of it the file has, in bytes.
    pub(crate) size: u64,
    /// What its address is a multiple of.
    pub(crate) align: u64,
}

impl Segment {
    pub(crate) const fn is_writable(self) -> bool {
        self.flags & WRITABLE != 0
    }

    /// The first position in the file after it.
    const fn end(self) -> u64 {
        self.offset.saturating_add(self.size)
    }
}

/// A named part of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Section<'a> {
    /// `None` where the names were not kept.
    pub(crate) name: Option<&'a [u8]>,
    pub(crate) kind: u32,
    pub(crate) flags: u64,
    /// The section that it has to do with, such as a table of strings.
    pub(crate) link: u32,
    /// What its address is a multiple of.
    pub(crate) align: u64,
    /// Where it is loaded to; 0 where it is not.
    pub(crate) address: u64,
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

/// An ELF file, whole or an excerpt.
#[derive(Debug)]
pub struct Executable<'a> {
    pub(crate) kept: Kept<'a>,
    form: Form,
    /// `e_type` and `e_machine`.
    pub(crate) kind: u16,
    pub(crate) machine: u16,
    /// Whether the table of segments could be read, or there is none.
    pub(crate) has_segments: bool,
    /// Every segment, in the order of the table.
    pub(crate) all_segments: Vec<Segment>,
    /// Those that are loaded.
    pub(crate) segments: Vec<Segment>,
    /// The sections that the file has bytes of.
    pub(crate) sections: Vec<Section<'a>>,
    /// Positions in `sections`, by their number in the file.
    section_places: Vec<Option<usize>>,
}

/// The beginning of what [`Excerpt::content`] gives: all of it where the file was kept whole.
pub(crate) fn beginning(content: &[u8]) -> &[u8] {
    excerpt::parts(content).first().map(|(_, bytes)| *bytes).unwrap_or_default()
}

/// How numbers are written.
#[derive(Debug, Clone, Copy)]
struct Form {
    wide: bool,
    little: bool,
}

impl Form {
    fn of(first: &[u8]) -> Option<Self> {
        if !first.starts_with(ELF) {
            return None;
        }
        let wide = match first.get(4)? {
            1 => false,
            2 => true,
            _ => return None,
        };
        let little = match first.get(5)? {
            1 => true,
            2 => false,
            _ => return None,
        };
        Some(Self { wide, little })
    }

    /// A number of two, four or eight bytes.
    fn number(self, bytes: &[u8]) -> u64 {
        let join = |all: u64, byte: &u8| (all << 8) | u64::from(*byte);
        if self.little { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) }
    }

    /// A field of a header, at the first place in 32-bit files and the second in 64-bit ones.
    fn field(self, header: &[u8], narrow: (usize, usize), wide: (usize, usize)) -> Option<u64> {
        let (start, size) = if self.wide { wide } else { narrow };
        Some(self.number(header.get(start..start.checked_add(size)?)?))
    }

    fn segments(
        self,
        header: &[u8],
        mut at: impl FnMut(u64, u64) -> Option<Vec<u8>>,
    ) -> Option<Vec<Segment>> {
        let start = self.field(header, (28, 4), (32, 8))?;
        let size = self.field(header, (42, 2), (54, 2))? as usize;
        let count = self.field(header, (44, 2), (56, 2))? as usize;
        let least = if self.wide { 56 } else { 32 };
        if size < least {
            return None;
        }
        let table = at(start, (size * count) as u64)?;
        let segment = |header: &[u8]| {
            Some(Segment {
                kind: self.field(header, (0, 4), (0, 4))? as u32,
                flags: self.field(header, (24, 4), (4, 4))? as u32,
                offset: self.field(header, (4, 4), (8, 8))?,
                address: self.field(header, (8, 4), (16, 8))?,
                size: self.field(header, (16, 4), (32, 8))?,
                align: self.field(header, (28, 4), (48, 8))?,
            })
        };
        Some(table.chunks_exact(size).filter_map(segment).collect())
    }
}

/// Every segment, as the beginning of a file lists them.
fn segments_told_by(first: &[u8]) -> Option<Vec<Segment>> {
    Form::of(first)?.segments(first, |offset, length| {
        let start = usize::try_from(offset).ok()?;
        Some(first.get(start..start.checked_add(usize::try_from(length).ok()?)?)?.to_vec())
    })
}

impl<'a> Executable<'a> {
    /// Reads what [`Excerpt::content`] gives. `None` where it is no ELF file; one that is damaged
    /// has the segments and sections that can be read.
    #[must_use]
    pub fn parse(content: &'a [u8]) -> Option<Self> {
        let kept = Kept::of(content);
        let form = Form::of(kept.first())?;
        let mut executable = Self {
            kept,
            form,
            kind: 0,
            machine: 0,
            has_segments: false,
            all_segments: Vec::new(),
            segments: Vec::new(),
            sections: Vec::new(),
            section_places: Vec::new(),
        };
        let header = executable.kept.at(0, if form.wide { 64 } else { 52 })?;
        executable.kind = form.field(header, (16, 2), (16, 2))? as u16;
        executable.machine = form.field(header, (18, 2), (18, 2))? as u16;
        let has_none = form.field(header, (44, 2), (56, 2))? == 0;
        let segments =
            form.segments(header, |offset, length| executable.kept.at(offset, length).map(<[u8]>::to_vec));
        executable.has_segments = has_none || segments.as_ref().is_some_and(|all| !all.is_empty());
        executable.all_segments = segments.unwrap_or_default();
        executable.segments =
            executable.all_segments.iter().filter(|one| one.kind == segment::LOADED).copied().collect();
        for section in executable.read_sections(header).unwrap_or_default() {
            let place = executable.sections.len();
            executable.section_places.push(section.is_some().then_some(place));
            executable.sections.extend(section);
        }
        Some(executable)
    }

    /// The sections by number; `None` for one that the file has no bytes of.
    fn read_sections(&self, header: &[u8]) -> Option<Vec<Option<Section<'a>>>> {
        let form = self.form;
        let start = form.field(header, (32, 4), (40, 8))?;
        let size = form.field(header, (46, 2), (58, 2))? as usize;
        let count = form.field(header, (48, 2), (60, 2))? as usize;
        let names = form.field(header, (50, 2), (62, 2))? as usize;
        if size < (if form.wide { 64 } else { 40 }) {
            return None;
        }
        let table = self.kept.at(start, (size * count) as u64)?;
        let place = |header: &[u8]| {
            Some((form.field(header, (16, 4), (24, 8))?, form.field(header, (20, 4), (32, 8))?))
        };
        let names = table
            .chunks_exact(size)
            .nth(names)
            .and_then(place)
            .and_then(|(offset, size)| self.kept.at(offset, size));
        let section = |header: &[u8]| {
            let kind = form.field(header, (4, 4), (4, 4))? as u32;
            let (offset, size) = place(header)?;
            let start = form.field(header, (0, 4), (0, 4))?;
            let name = names.and_then(|names| dynamic::name_at(names, start));
            let address = form.field(header, (12, 4), (16, 8))?;
            let flags = form.field(header, (8, 4), (8, 8))?;
            let link = form.field(header, (24, 4), (40, 4))? as u32;
            let align = form.field(header, (32, 4), (48, 8))?;
            let found = Section { name, kind, flags, link, align, address, offset, size };
            (kind != NO_BITS && size > 0).then_some(found)
        };
        Some(table.chunks_exact(size).map(section).collect())
    }

    /// The place in the file of what is loaded to an address.
    pub(crate) fn place_of(&self, address: u64) -> Option<u64> {
        self.segments.iter().find_map(|segment| {
            let within = address.checked_sub(segment.address)?;
            (within < segment.size).then(|| segment.offset.checked_add(within))?
        })
    }

    /// A section by its number in the file.
    pub(crate) fn section_number(&self, number: u32) -> Option<Section<'a>> {
        let place = (*self.section_places.get(number as usize)?)?;
        self.sections.get(place).copied()
    }

    /// Bits of an address, and whether the lowest byte of a number comes first.
    pub(crate) const fn form(&self) -> (u8, bool) {
        (if self.form.wide { 64 } else { 32 }, self.form.little)
    }
}
