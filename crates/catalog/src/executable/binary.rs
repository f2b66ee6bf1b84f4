//! What executables of all formats have in common: parts that are loaded, parts with names, and
//! bytes that were kept of the file. Enough for what compilers leave in them, whatever the format.

use super::{Executable, excerpt, mach, portable};

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

/// The bytes of a file that were kept, with their places.
#[derive(Debug)]
pub(crate) struct Kept<'a> {
    parts: Vec<(u64, &'a [u8])>,
    whole: bool,
}

impl<'a> Kept<'a> {
    /// What [`Excerpt::content`](super::Excerpt::content) gave.
    pub(crate) fn of(content: &'a [u8]) -> Self {
        Self { parts: excerpt::parts(content), whole: !excerpt::is_excerpt(content) }
    }

    /// Whether all of the file is there.
    pub(crate) const fn is_whole(&self) -> bool {
        self.whole
    }

    /// The parts that were kept, with their places in the file.
    pub(crate) fn parts(&self) -> &[(u64, &'a [u8])] {
        &self.parts
    }

    /// The bytes at a place in the file, where all of them were kept.
    pub(crate) fn at(&self, offset: u64, length: u64) -> Option<&'a [u8]> {
        self.from(offset)?.get(..usize::try_from(length).ok()?)
    }

    /// Everything from a place in the file to the end of the part that was kept.
    pub(crate) fn from(&self, offset: u64) -> Option<&'a [u8]> {
        self.parts.iter().find_map(|(start, bytes)| {
            let from = usize::try_from(offset.checked_sub(*start)?).ok()?;
            bytes.get(from..).filter(|rest| !rest.is_empty())
        })
    }
}

/// An executable of any of the formats.
#[derive(Debug)]
pub(crate) struct Binary<'a> {
    pub(crate) kept: Kept<'a>,
    /// What is loaded.
    pub(crate) segments: Vec<Range<'a>>,
    /// What has a name. In a portable executable, the same.
    pub(crate) sections: Vec<Range<'a>>,
    elf: Option<Executable<'a>>,
}

impl<'a> Binary<'a> {
    /// `None` where it is an executable of no format; one that is damaged has the parts that can
    /// be read.
    pub(crate) fn parse(content: &'a [u8]) -> Option<Self> {
        let kept = Kept::of(content);
        let first = kept.parts.first()?.1;
        if first.starts_with(PORTABLE) {
            let sections = portable::Portable::parse(&kept)?.sections;
            return Some(Self { kept, segments: sections.clone(), sections, elf: None });
        }
        if first.starts_with(MACH_64) || first.starts_with(MACH_32) {
            let (segments, sections) = mach::parse(&kept)?;
            return Some(Self { kept, segments, sections, elf: None });
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
        let (segments, sections) = (segments.collect(), sections.collect());
        let kept = Kept { parts: elf.parts().to_vec(), whole: elf.is_whole() };
        Some(Self { kept, segments, sections, elf: Some(elf) })
    }

    /// The place in the file of what is loaded to an address.
    pub(crate) fn place_of(&self, address: u64) -> Option<u64> {
        if let Some(elf) = &self.elf {
            return elf.place_of(address);
        }
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
