//! What a .NET assembly says of itself: its manifest, in the metadata of ECMA-335, partition II
//! (22 for the tables, 24 for their layout).
//!
//! The manifest is a row of a table behind thirty others, whose sizes follow from their number of
//! rows; so all of these are known here by their columns, and none is read but the few that lead
//! to the manifest's attributes.

use super::binary::{Kept, little};
use super::portable::Portable;

/// The header of .NET, of which the directory of the metadata is used.
const CLI_HEADER: u64 = 16;
const SIGNATURE: &[u8] = b"BSJB";

/// Compilers write five or six streams.
const MAX_STREAMS: usize = 64;
/// The most attributes that are looked at.
const MAX_ATTRIBUTES: usize = 1 << 20;
/// The most attributes of the manifest itself whose types are looked up: compilers write some twenty.
const MAX_OWN_ATTRIBUTES: usize = 4_096;
/// The longest text that is taken: versions have dozens of letters.
const MAX_TEXT: usize = 1_024;

/// What an assembly says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assembly {
    pub(crate) name: String,
    /// Major, minor, build and revision; all zero where the author stated none.
    pub(crate) version: [u16; 4],
    /// The language of an assembly that holds only translations; else empty.
    pub(crate) culture: String,
    /// What the author calls the version, which is the package's where one was built of it.
    pub(crate) informational_version: Option<String>,
    /// Whether it only describes another one for compilers, and holds no code.
    pub(crate) is_reference: bool,
}

/// What can be said of a portable executable.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is not for .NET, or is a module without a manifest.
    Nothing,
    Assembly(Assembly),
    /// It is for .NET, and its metadata was not kept or is damaged.
    Unreadable,
}

/// The manifest of an assembly.
pub(crate) fn find(kept: &Kept<'_>) -> Found {
    let Some(portable) = Portable::parse(kept) else { return Found::Nothing };
    let Some((address, _)) = portable.cli else { return Found::Nothing };
    match Metadata::open(&portable, kept, address) {
        None => Found::Unreadable,
        Some(metadata) if metadata.rows(ASSEMBLY) == 0 => Found::Nothing,
        Some(metadata) => metadata.assembly().map_or(Found::Unreadable, Found::Assembly),
    }
}

/// What a column holds.
#[derive(Clone, Copy)]
enum Column {
    /// So many bytes of its own.
    Bytes(usize),
    Text,
    Guid,
    Blob,
    /// The number of a row of one table.
    Row(u8),
    /// The number of a row of one of several tables, which the lowest bits tell.
    Coded(u32, &'static [u8]),
}

use Column::{Blob, Bytes, Coded, Guid, Row, Text};

const TYPE_REFERENCE: u8 = 0x01;
const MEMBER_REFERENCE: u8 = 0x0a;
const CUSTOM_ATTRIBUTE: u8 = 0x0c;
const ASSEMBLY: u8 = 0x20;

const TYPE: Column = Coded(2, &[0x02, 0x01, 0x1b]);
const HAS_CONSTANT: Column = Coded(2, &[0x04, 0x08, 0x17]);
const HAS_ATTRIBUTE: Column = Coded(
    5,
    &[
        0x06, 0x04, 0x01, 0x02, 0x08, 0x09, 0x0a, 0x00, 0x0e, 0x17, 0x14, 0x11, 0x1a, 0x1b, 0x20, 0x23, 0x26,
        0x27, 0x28, 0x2a, 0x2c, 0x2b,
    ],
);
const ATTRIBUTE_TYPE: Column = Coded(3, &[0x06, 0x0a]);
const MEMBER_PARENT: Column = Coded(3, &[0x02, 0x01, 0x1a, 0x06, 0x1b]);
const METHOD: Column = Coded(1, &[0x06, 0x0a]);
const SCOPE: Column = Coded(2, &[0x00, 0x1a, 0x23, 0x01]);

/// The columns of the tables up to the manifest's.
const TABLES: [&[Column]; 33] = [
    &[Bytes(2), Text, Guid, Guid, Guid],
    &[SCOPE, Text, Text],
    &[Bytes(4), Text, Text, TYPE, Row(0x04), Row(0x06)],
    &[Row(0x04)],
    &[Bytes(2), Text, Blob],
    &[Row(0x06)],
    &[Bytes(8), Text, Blob, Row(0x08)],
    &[Row(0x08)],
    &[Bytes(4), Text],
    &[Row(0x02), TYPE],
    &[MEMBER_PARENT, Text, Blob],
    &[Bytes(2), HAS_CONSTANT, Blob],
    &[HAS_ATTRIBUTE, ATTRIBUTE_TYPE, Blob],
    &[Coded(1, &[0x04, 0x08]), Blob],
    &[Bytes(2), Coded(2, &[0x02, 0x06, 0x20]), Blob],
    &[Bytes(6), Row(0x02)],
    &[Bytes(4), Row(0x04)],
    &[Blob],
    &[Row(0x02), Row(0x14)],
    &[Row(0x14)],
    &[Bytes(2), Text, TYPE],
    &[Row(0x02), Row(0x17)],
    &[Row(0x17)],
    &[Bytes(2), Text, Blob],
    &[Bytes(2), Row(0x06), Coded(1, &[0x14, 0x17])],
    &[Row(0x02), METHOD, METHOD],
    &[Text],
    &[Blob],
    &[Bytes(2), Coded(1, &[0x04, 0x06]), Text, Row(0x1a)],
    &[Bytes(4), Row(0x04)],
    &[Bytes(8)],
    &[Bytes(4)],
    &[Bytes(16), Blob, Text, Text],
];

/// Which of the tables that may have attributes is the manifest's.
const TAG_ASSEMBLY: u64 = 14;
/// Which of the tables of an attribute's constructors is that of members of other assemblies.
const TAG_MEMBER_REFERENCE: u64 = 3;
/// Which of the tables of a member's parents is that of types of other assemblies.
const TAG_TYPE_REFERENCE: u64 = 1;

/// The metadata of one assembly.
struct Metadata<'a> {
    texts: &'a [u8],
    blobs: &'a [u8],
    /// The tables, behind their head.
    tables: &'a [u8],
    rows: [u64; 64],
    /// Whether indexes into texts, GUIDs and blobs are wide.
    wide: [bool; 3],
}

impl<'a> Metadata<'a> {
    fn open(portable: &Portable<'a>, kept: &Kept<'a>, address: u64) -> Option<Self> {
        let header = portable.at(kept, address, CLI_HEADER)?;
        let root = portable.at(kept, little(header, 8, 4)?, little(header, 12, 4)?)?;
        if !root.starts_with(SIGNATURE) {
            return None;
        }
        let version = usize::try_from(little(root, 12, 4)?).ok()?;
        let count = little(root, version.checked_add(18)?, 2)? as usize;
        let mut headers = root.get(version.checked_add(20)?..)?;
        let (mut texts, mut blobs, mut stream) = (&[][..], &[][..], None);
        for _ in 0..count.min(MAX_STREAMS) {
            let (offset, size) = (little(headers, 0, 4)? as usize, little(headers, 4, 4)? as usize);
            let name = headers.get(8..)?.split(|byte| *byte == 0).next()?;
            let content = root.get(offset..offset.checked_add(size)?)?;
            match name {
                b"#~" | b"#-" => stream = Some(content),
                b"#Strings" => texts = content,
                b"#Blob" => blobs = content,
                _ => {}
            }
            headers = headers.get(8 + (name.len() / 4 + 1) * 4..)?;
        }
        let stream = stream?;
        let sizes = *stream.get(6)?;
        let there = little(stream, 8, 8)?;
        let mut rows = [0; 64];
        let mut place = 24;
        for (table, rows) in rows.iter_mut().enumerate() {
            if there >> table & 1 != 0 {
                *rows = little(stream, place, 4)?;
                place += 4;
            }
        }
        // An uncompressed stream may have four more bytes there.
        place += if sizes & 0x40 != 0 { 4 } else { 0 };
        let wide = [sizes & 1 != 0, sizes & 2 != 0, sizes & 4 != 0];
        Some(Self { texts, blobs, tables: stream.get(place..)?, rows, wide })
    }

    fn rows(&self, table: u8) -> u64 {
        self.rows.get(usize::from(table)).copied().unwrap_or_default()
    }

    fn size(&self, column: Column) -> usize {
        let size = |wide: bool| if wide { 4 } else { 2 };
        let [text, guid, blob] = self.wide;
        match column {
            Bytes(size) => size,
            Text => size(text),
            Guid => size(guid),
            Blob => size(blob),
            Row(table) => size(self.rows(table) > 0xffff),
            Coded(bits, tables) => size(tables.iter().any(|table| self.rows(*table) >= 1 << (16 - bits))),
        }
    }

    /// The rows of a table.
    fn table(&self, wanted: u8) -> Option<std::slice::ChunksExact<'a, u8>> {
        let mut start = 0_usize;
        for (number, columns) in TABLES.iter().enumerate() {
            let row: usize = columns.iter().map(|column| self.size(*column)).sum();
            let rows = usize::try_from(*self.rows.get(number)?).ok()?;
            let end = start.checked_add(row.checked_mul(rows)?)?;
            if number == usize::from(wanted) {
                return Some(self.tables.get(start..end)?.chunks_exact(row));
            }
            start = end;
        }
        None
    }

    /// The value of a column of a row.
    fn value(&self, table: u8, row: &[u8], column: usize) -> Option<u64> {
        let columns = TABLES.get(usize::from(table))?;
        let start = columns.get(..column)?.iter().map(|column| self.size(*column)).sum();
        little(row, start, self.size(*columns.get(column)?))
    }

    /// A row by its number, which counts from one.
    fn row(&self, table: u8, number: u64) -> Option<&'a [u8]> {
        self.table(table)?.nth(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    fn text(&self, place: u64) -> Option<String> {
        let rest = self.texts.get(usize::try_from(place).ok()?..)?;
        let end = rest.iter().take(MAX_TEXT).position(|byte| *byte == 0)?;
        Some(String::from_utf8_lossy(rest.get(..end)?).into_owned())
    }

    fn assembly(&self) -> Option<Assembly> {
        let row = self.table(ASSEMBLY)?.next()?;
        // The algorithm of hashes, four numbers of the version, and flags.
        let number = |place: usize| Some(little(row, 4 + 2 * place, 2)? as u16);
        let mut assembly = Assembly {
            name: self.text(self.value(ASSEMBLY, row, 2)?)?,
            version: [number(0)?, number(1)?, number(2)?, number(3)?],
            culture: self.text(self.value(ASSEMBLY, row, 3)?)?,
            informational_version: None,
            is_reference: false,
        };
        self.read_attributes(&mut assembly);
        Some(assembly)
    }

    /// Reads what the manifest's own attributes say; one that cannot be read says nothing.
    fn read_attributes(&self, assembly: &mut Assembly) {
        let Some(attributes) = self.table(CUSTOM_ATTRIBUTE) else { return };
        let is_own = |row: &&[u8]| self.value(CUSTOM_ATTRIBUTE, row, 0) == Some(1 << 5 | TAG_ASSEMBLY);
        for row in attributes.take(MAX_ATTRIBUTES).filter(is_own).take(MAX_OWN_ATTRIBUTES) {
            let Some((space, name)) = self.attribute_type(row) else { continue };
            match (space.as_str(), name.as_str()) {
                ("System.Reflection", "AssemblyInformationalVersionAttribute") => {
                    let value = self.value(CUSTOM_ATTRIBUTE, row, 2);
                    assembly.informational_version = value.and_then(|place| self.first_argument(place));
                }
                ("System.Runtime.CompilerServices", "ReferenceAssemblyAttribute") => {
                    assembly.is_reference = true;
                }
                _ => {}
            }
        }
    }

    /// Namespace and name of an attribute, where another assembly defines it.
    fn attribute_type(&self, row: &[u8]) -> Option<(String, String)> {
        let constructor = self.value(CUSTOM_ATTRIBUTE, row, 1)?;
        let constructor = (constructor & 7 == TAG_MEMBER_REFERENCE).then_some(constructor >> 3)?;
        let member = self.row(MEMBER_REFERENCE, constructor)?;
        let parent = self.value(MEMBER_REFERENCE, member, 0)?;
        let parent = (parent & 7 == TAG_TYPE_REFERENCE).then_some(parent >> 3)?;
        let reference = self.row(TYPE_REFERENCE, parent)?;
        let text = |column: usize| self.text(self.value(TYPE_REFERENCE, reference, column)?);
        Some((text(2)?, text(1)?))
    }

    /// The first argument of an attribute, a text: two bytes of prologue come before it.
    fn first_argument(&self, place: u64) -> Option<String> {
        let (value, _) = split_packed(self.blobs.get(usize::try_from(place).ok()?..)?)?;
        let (text, _) = split_packed(value.strip_prefix(&[1, 0])?)?;
        (text.len() <= MAX_TEXT).then(|| String::from_utf8_lossy(text).into_owned())
    }
}

/// Bytes behind their packed length (II.23.2), and the rest.
fn split_packed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = *bytes.first()?;
    let (size, mask) = match first {
        0..0x80 => (1, 0x7f),
        0x80..0xc0 => (2, 0x3fff),
        0xc0..0xe0 => (4, 0x1fff_ffff),
        _ => return None,
    };
    let length = bytes.get(..size)?.iter().fold(0_usize, |all, byte| all << 8 | usize::from(*byte)) & mask;
    bytes.get(size..)?.split_at_checked(length)
}
