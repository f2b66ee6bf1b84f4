//! The bytes of a file that were kept, whole or an excerpt.

use super::excerpt;

/// The bytes of a file that were kept, with their places.
#[derive(Debug)]
pub(crate) struct Kept<'a> {
    /// In the order of places.
    parts: Vec<(u64, &'a [u8])>,
    is_whole: bool,
    is_short: bool,
}

impl<'a> Kept<'a> {
    /// What [`Excerpt::content`](super::Excerpt::content) gave.
    pub(crate) fn of(content: &'a [u8]) -> Self {
        Self {
            parts: excerpt::parts(content),
            is_whole: !excerpt::is_excerpt(content),
            is_short: excerpt::is_short(content),
        }
    }

    /// Whether all of the file is there.
    pub(crate) const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Whether more of it was of interest than is kept of one file.
    pub(crate) const fn is_short(&self) -> bool {
        self.is_short
    }

    /// How many bytes were kept.
    pub(crate) fn size(&self) -> u64 {
        self.parts.iter().map(|(_, bytes)| bytes.len() as u64).sum()
    }

    /// The first bytes of the file.
    pub(super) fn first(&self) -> &'a [u8] {
        self.parts.first().map(|(_, bytes)| *bytes).unwrap_or_default()
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
        let behind = self.parts.partition_point(|(start, _)| *start <= offset);
        let (start, bytes) = self.parts.get(behind.checked_sub(1)?)?;
        bytes.get(usize::try_from(offset - start).ok()?..).filter(|rest| !rest.is_empty())
    }
}
