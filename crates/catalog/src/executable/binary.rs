//! What executables of all formats have in common: parts that are loaded, parts with names, and
//! bytes that were kept of the file. Enough for what compilers leave in them, whatever the format.

pub(crate) use super::kept::Kept;
use super::{Executable, mach, portable};

/// How the three formats begin: ELF, Windows' portable executable, and Mach-O of 64 and 32 bits
/// in the byte order that every processor has which macOS runs on.
pub(crate) const ELF: &[u8] = super::ELF;
pub(crate) const PORTABLE: &[u8] = b"MZ";
pub(crate) const MACH_64: &[u8] = b"\xcf\xfa\xed\xfe";
pub(crate) const MACH_32: &[u8] = b"\xce\xfa\xed\xfe";

/// A part of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range<'a> {
    /// `None` where it has none, or where it was not kept.
    pub(crate) name: Option<&'a [u8]>,
    pub(crate) offset: u64,
    /// Bytes in the file.
    pub(crate) size: u64,
    /// Where it is loaded to; 0 where it is not.
    pub(crate) address: u64,
    pub(crate) is_writable: bool,
}

/// An executable of any of the formats.
#[derive(Debug)]
pub(crate) struct Binary<'a> {
    pub(crate) kept: Kept<'a>,
    /// What is loaded.
    pub(crate) segments: Vec<Range<'a>>,
    /// What has a name. In a portable executable, the same.
    pub(crate) sections: Vec<Range<'a>>,
}

impl<'a> Binary<'a> {
    /// `None` where it is an executable of no format; one that is damaged has the parts that can
    /// be read.
    pub(crate) fn parse(content: &'a [u8]) -> Option<Self> {
        let kept = Kept::of(content);
        let first = kept.first();
        if first.starts_with(PORTABLE) {
            let sections = portable::Portable::parse(&kept)?.sections;
            return Some(Self { kept, segments: sections.clone(), sections });
        }
        if first.starts_with(MACH_64) || first.starts_with(MACH_32) {
            let (segments, sections) = mach::parse(&kept)?;
            return Some(Self { kept, segments, sections });
        }
        let elf = Executable::parse(content)?;
        let segments = elf.segments.iter().map(|each| Range {
            name: None,
            offset: each.offset,
            size: each.size,
            address: each.address,
            is_writable: each.is_writable(),
        });
        let sections = elf.sections.iter().map(|each| Range {
            name: each.name,
            offset: each.offset,
            size: each.size,
            address: each.address,
            is_writable: false,
        });
        Some(Self { segments: segments.collect(), sections: sections.collect(), kept: elf.kept })
    }

    /// The place in the file of what is loaded to an address.
    pub(crate) fn place_of(&self, address: u64) -> Option<u64> {
        self.segments.iter().find_map(|segment| {
            let within = address.checked_sub(segment.address)?;
            (within < segment.size).then(|| segment.offset.checked_add(within))?
        })
    }

    /// The section of this name.
    pub(crate) fn section(&self, name: &[u8]) -> Option<Range<'a>> {
        self.sections.iter().find(|section| section.name == Some(name)).copied()
    }
}

/// A number of up to eight bytes, the lowest first, at a place.
pub(crate) fn little(bytes: &[u8], place: usize, size: usize) -> Option<u64> {
    let bytes = bytes.get(place..place.checked_add(size)?)?;
    Some(bytes.iter().rev().fold(0, |all, byte| (all << 8) | u64::from(*byte)))
}

/// A name in a field of fixed size, filled up with zeros.
pub(super) fn padded_name(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}
