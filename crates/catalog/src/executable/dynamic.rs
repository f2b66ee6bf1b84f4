//! What the loader reads of an executable: the dynamic section and all that it points to, as the
//! ELF specification, and for versions of symbols the Linux Standard Base, lay them out.

use std::cell::Cell;

use super::{Executable, Section, section, segment};

/// The most entries of a dynamic section that are looked at: real ones have some fifty, and one
/// more for each library.
const MAX_ENTRIES: usize = 16_384;
/// The most symbols that are looked at: the largest libraries have two hundred thousand.
const MAX_SYMBOLS: u64 = 1 << 20;
/// The most versions of symbols: glibc has some fifty, ICU and Qt several hundred.
const MAX_VERSIONS: usize = 16_384;

/// Tags of the dynamic section.
pub(crate) mod tag {
    pub(crate) const NEEDED: u64 = 1;
    pub(crate) const HASH: u64 = 4;
    pub(crate) const STRINGS: u64 = 5;
    pub(crate) const SYMBOLS: u64 = 6;
    pub(crate) const STRINGS_SIZE: u64 = 10;
    pub(crate) const SONAME: u64 = 14;
    pub(crate) const RPATH: u64 = 15;
    pub(crate) const DEBUG: u64 = 21;
    pub(crate) const BIND_NOW: u64 = 24;
    pub(crate) const RUNPATH: u64 = 29;
    pub(crate) const FLAGS: u64 = 30;
    pub(crate) const VERSION_DEFINITIONS: u64 = 0x6fff_fffc;
    pub(crate) const VERSION_DEFINITION_COUNT: u64 = 0x6fff_fffd;
    pub(crate) const VERSION_NEEDS: u64 = 0x6fff_fffe;
    pub(crate) const VERSION_NEED_COUNT: u64 = 0x6fff_ffff;
    pub(crate) const FLAGS_1: u64 = 0x6fff_fffb;
}

/// The dynamic section of an executable or a library.
#[derive(Debug)]
pub(crate) struct Dynamic<'a> {
    entries: Vec<(u64, u64)>,
    /// Whether there are more entries than are looked at.
    pub(crate) is_short: bool,
    /// Bytes of names that may still be taken.
    room: Cell<usize>,
    /// The names that it points to; `None` where they were not kept or lie nowhere.
    pub(crate) strings: Option<&'a [u8]>,
}

/// A symbol of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Symbol<'a> {
    pub(crate) name: &'a [u8],
    /// Whether another file has to have it.
    pub(crate) is_undefined: bool,
}

/// The versions that are needed of each library: its name, and each version's with whether it
/// may be missing.
pub(crate) type VersionNeeds<'a> = Vec<(&'a [u8], Vec<(&'a [u8], bool)>)>;

impl<'a> Dynamic<'a> {
    /// The values of the entries with this tag.
    pub(crate) fn all(&self, tag: u64) -> impl Iterator<Item = u64> {
        self.entries.iter().filter(move |(own, _)| *own == tag).map(|(_, value)| *value)
    }

    /// The value of the first entry with this tag.
    pub(crate) fn get(&self, tag: u64) -> Option<u64> {
        self.all(tag).next()
    }

    /// A name by its place among the strings. `None` too where those that were asked for before
    /// are more than [`MAX_NAMES`] together.
    pub(crate) fn name(&self, place: u64) -> Option<&'a [u8]> {
        let name = name_at(self.strings?, place)?;
        self.room.set(self.room.get().checked_sub(name.len())?);
        Some(name)
    }
}

/// The longest name taken, in bytes: `PATH_MAX` of Linux, and the names of symbols are shorter. Without a
/// bound, thousands of entries that point at one endless name would each be searched and copied.
const MAX_NAME: usize = 4_096;

/// The most bytes of names that are taken of one file, all together: the largest libraries have some
/// fifty thousand. Entries cost a dozen bytes each, and all of them may point at one long name.
const MAX_NAMES: usize = 1 << 20;

/// The string at a place of a table of strings, which ends at a zero. `None` where there is no end
/// within [`MAX_NAME`].
pub(super) fn name_at(strings: &[u8], place: u64) -> Option<&[u8]> {
    let rest = strings.get(usize::try_from(place).ok()?..)?;
    let rest = rest.get(..=MAX_NAME).unwrap_or(rest);
    rest.get(..memchr::memchr(0, rest)?)
}

/// What there is of a part of a file.
#[derive(Debug)]
pub(crate) enum Part<T> {
    /// The file has no such part.
    Missing,
    /// It has one, which was not kept or cannot be read.
    Unread,
    /// This.
    Found(T),
}

impl<'a> Executable<'a> {
    /// The dynamic section.
    pub(crate) fn dynamic(&self) -> Part<Dynamic<'a>> {
        let by_section = self.sections.iter().find(|one| one.kind == section::DYNAMIC);
        let by_segment = self.all_segments.iter().find(|one| one.kind == segment::DYNAMIC);
        let place = match (by_section, by_segment) {
            // A file with debugging data of another has that one's segments and nothing in them.
            (None, Some(_)) if !self.sections.is_empty() => return Part::Missing,
            (_, Some(one)) => (one.offset, one.size),
            (Some(one), None) => (one.offset, one.size),
            // Without the table of segments nobody knows.
            (None, None) if !self.has_segments => return Part::Unread,
            (None, None) => return Part::Missing,
        };
        let width = if self.form.wide { 8 } else { 4 };
        // Of a section that breaks off at the end of the file, what there is counts.
        let Some(bytes) = self.at_most(place.0, place.1) else { return Part::Unread };
        let mut entries: Vec<(u64, u64)> = bytes
            .chunks_exact(width * 2)
            .map(|entry| entry.split_at(width))
            .map(|(tag, value)| (self.form.number(tag), self.form.number(value)))
            .take_while(|(tag, _)| *tag != 0)
            .take(MAX_ENTRIES + 1)
            .collect();
        let is_short = entries.len() > MAX_ENTRIES;
        entries.truncate(MAX_ENTRIES);
        let mut dynamic = Dynamic { entries, is_short, strings: None, room: Cell::new(MAX_NAMES) };
        if let (Some(address), Some(size)) = (dynamic.get(tag::STRINGS), dynamic.get(tag::STRINGS_SIZE)) {
            dynamic.strings = self.place_of(address).and_then(|place| self.kept.at(place, size));
        }
        Part::Found(dynamic)
    }

    /// The name that a library gives itself, where it can be read.
    pub(crate) fn soname(&self) -> Option<&'a [u8]> {
        let Part::Found(dynamic) = self.dynamic() else { return None };
        dynamic.name(dynamic.get(tag::SONAME)?)
    }

    /// The bytes at a place, as many of them as were kept.
    fn at_most(&self, offset: u64, length: u64) -> Option<&'a [u8]> {
        let rest = self.kept.from(offset)?;
        Some(rest.get(..usize::try_from(length).ok()?).unwrap_or(rest))
    }

    /// The bytes from an address on, as far as they were kept.
    fn bytes_at_address(&self, address: u64) -> Option<&'a [u8]> {
        self.place_of(address).and_then(|place| self.kept.from(place))
    }

    /// Which versions of symbols are needed.
    pub(crate) fn version_needs(&self, dynamic: &Dynamic<'a>) -> Part<VersionNeeds<'a>> {
        let Some(address) = dynamic.get(tag::VERSION_NEEDS) else { return Part::Missing };
        let count = dynamic.get(tag::VERSION_NEED_COUNT).unwrap_or(u64::MAX);
        let read = || {
            let mut bytes = self.bytes_at_address(address)?;
            let mut needs = Vec::new();
            let mut left = MAX_VERSIONS;
            for _ in 0..count.min(MAX_VERSIONS as u64) {
                let library = dynamic.name(self.field(bytes, 4, 4)?)?;
                let mut own = bytes.get(self.field(bytes, 8, 4)? as usize..)?;
                let mut versions = Vec::new();
                for _ in 0..self.field(bytes, 2, 2)? {
                    left = left.checked_sub(1)?;
                    let is_weak = self.field(own, 4, 2)? & 2 != 0;
                    versions.push((dynamic.name(self.field(own, 8, 4)?)?, is_weak));
                    match self.field(own, 12, 4)? as usize {
                        0 => break,
                        next => own = own.get(next..)?,
                    }
                }
                needs.push((library, versions));
                match self.field(bytes, 12, 4)? as usize {
                    0 => return Some(needs),
                    next => bytes = bytes.get(next..)?,
                }
            }
            (count <= MAX_VERSIONS as u64).then_some(needs)
        };
        read().map_or(Part::Unread, Part::Found)
    }

    /// Which versions of symbols there are, without the base version, which names the file.
    pub(crate) fn version_definitions(&self, dynamic: &Dynamic<'a>) -> Part<Vec<&'a [u8]>> {
        let Some(address) = dynamic.get(tag::VERSION_DEFINITIONS) else { return Part::Missing };
        let count = dynamic.get(tag::VERSION_DEFINITION_COUNT).unwrap_or(u64::MAX);
        let read = || {
            let mut bytes = self.bytes_at_address(address)?;
            let mut versions = Vec::new();
            for _ in 0..count.min(MAX_VERSIONS as u64) {
                let is_base = self.field(bytes, 2, 2)? & 1 != 0;
                let own = bytes.get(self.field(bytes, 12, 4)? as usize..)?;
                if !is_base {
                    versions.push(dynamic.name(self.field(own, 0, 4)?)?);
                }
                match self.field(bytes, 16, 4)? as usize {
                    0 => return Some(versions),
                    next => bytes = bytes.get(next..)?,
                }
            }
            (count <= MAX_VERSIONS as u64).then_some(versions)
        };
        read().map_or(Part::Unread, Part::Found)
    }

    /// The symbols that the loader knows, or, of a file that is not loaded with libraries, those
    /// that were left in it; and whether some are missing, because their names lie nowhere or there
    /// are too many. Those whose names are too long are left out: nobody asks for them.
    pub(crate) fn symbols(&self, dynamic: Option<&Dynamic<'a>>) -> (Part<Vec<Symbol<'a>>>, bool) {
        let kind = if dynamic.is_some() { section::DYNAMIC_SYMBOLS } else { section::SYMBOLS };
        let by_section = self.sections.iter().find(|one| one.kind == kind);
        // Behind a table whose size is guessed, other things may follow.
        let mut is_exact = true;
        let (table, names) = match (by_section, dynamic) {
            (Some(own), _) => (
                self.kept.at(own.offset, own.size),
                self.section_number(own.link).and_then(|names| self.kept.at(names.offset, names.size)),
            ),
            (None, Some(dynamic)) => match dynamic.get(tag::SYMBOLS) {
                Some(address) => {
                    is_exact = dynamic.get(tag::HASH).is_some();
                    (self.symbols_at(address, dynamic), dynamic.strings)
                }
                None => return (Part::Missing, false),
            },
            (None, None) => return (Part::Missing, false),
        };
        let (Some(table), Some(names)) = (table, names) else { return (Part::Unread, true) };
        let (size, number) = if self.form.wide { (24, 6) } else { (16, 14) };
        let mut symbols = Vec::new();
        let mut is_short = table.len() / size > MAX_SYMBOLS as usize;
        for entry in table.chunks_exact(size).take(MAX_SYMBOLS as usize) {
            let (Some(place), Some(section)) = (self.field(entry, 0, 4), self.field(entry, number, 2)) else {
                continue;
            };
            is_short |= is_exact && place >= names.len() as u64;
            match name_at(names, place) {
                Some(name) if !name.is_empty() => symbols.push(Symbol { name, is_undefined: section == 0 }),
                _ => {}
            }
        }
        (Part::Found(symbols), is_short)
    }

    /// The table of symbols at an address, without sections to tell its size: its hash table has
    /// the number of symbols, else it ends where the strings begin, as linkers lay them out.
    fn symbols_at(&self, address: u64, dynamic: &Dynamic<'a>) -> Option<&'a [u8]> {
        let size = if self.form.wide { 24 } else { 16 };
        let by_hash = dynamic
            .get(tag::HASH)
            .and_then(|hash| self.field(self.bytes_at_address(hash)?, 4, 4))
            .map(|count| count.min(MAX_SYMBOLS + 1) * size);
        let length =
            by_hash.or_else(|| dynamic.get(tag::STRINGS)?.checked_sub(address).filter(|bytes| *bytes > 0))?;
        self.kept.at(self.place_of(address)?, length.min((MAX_SYMBOLS + 1) * size))
    }

    /// A number in a structure that is the same in 32-bit files and 64-bit ones.
    fn field(&self, bytes: &[u8], start: usize, size: usize) -> Option<u64> {
        Some(self.form.number(bytes.get(start..start + size)?))
    }

    /// The path of the program that loads this one.
    pub(crate) fn interpreter(&self) -> Part<&'a [u8]> {
        let Some(own) = self.all_segments.iter().find(|one| one.kind == segment::INTERPRETER) else {
            return Part::Missing;
        };
        // A file with debugging data of another has that one's segments and nothing in them.
        let lies_here = |one: &Section<'_>| one.offset <= own.offset && own.offset - one.offset < one.size;
        if !self.sections.is_empty() && !self.sections.iter().any(lies_here) {
            return Part::Missing;
        }
        let read = || {
            let bytes = self.kept.at(own.offset, own.size)?;
            name_at(bytes, 0).filter(|path| !path.is_empty())
        };
        read().map_or(Part::Unread, Part::Found)
    }
}
