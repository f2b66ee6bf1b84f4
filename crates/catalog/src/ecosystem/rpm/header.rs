//! rpm's header structure: an index of entries and a store that they point into, both
//! big-endian, as `lib/header.c` of rpm loads it. In the database it has no magic: two counts,
//! the index, the store.
//!
//! An installed package's header begins with a region (the header as it was signed), behind
//! which rpm adds what it learnt while installing; an entry there takes the place of one of the
//! same tag in the region.

use super::bytes::{ByteOrder, index};
use super::damage::{Budget, Damage};
use super::record::{Bytes, Files, PackageRecord, Relations, digest_size};
use super::signature::key_id;

/// rpm's own limit on entries (`hdrchkTags`).
const MAX_ENTRIES: u32 = 0xffff;
const COUNTS: usize = 8;
const ENTRY: usize = 16;

/// Declares the tags that are looked at: the position of each in [`Header::entries`], and the
/// way from rpm's number to it. The numbers are those of `rpmtag.h`.
macro_rules! tags {
    ($($name:ident = $number:literal,)*) => {
        #[derive(Debug, Clone, Copy)]
        enum Tag { $($name,)* }
        const TAG_COUNT: usize = [$($number,)*].len();
        const fn tag_of(number: u32) -> Option<Tag> {
            match number { $($number => Some(Tag::$name),)* _ => None }
        }
    };
}

tags! {
    SigPgp = 259, SigGpg = 262, DsaHeader = 267, RsaHeader = 268,
    Name = 1000, Version = 1001, Release = 1002, Epoch = 1003, Summary = 1004, BuildHost = 1007,
    InstallTime = 1008, Size = 1009, Vendor = 1011, License = 1014, Url = 1020, Arch = 1022,
    OldFileNames = 1027, FileSizes = 1028, FileStates = 1029, FileModes = 1030, FileDigests = 1035,
    FileLinks = 1036, FileFlags = 1037, FileUsers = 1039, FileGroups = 1040, SourceRpm = 1044, FileVerifyFlags = 1045,
    ProvideName = 1047, RequireFlags = 1048, RequireName = 1049, RequireVersion = 1050,
    ProvideFlags = 1112, ProvideVersion = 1113,
    DirIndexes = 1116, BaseNames = 1117, DirNames = 1118,
    LongFileSizes = 5008, LongSize = 5009, FileCapabilities = 5010, FileDigestAlgorithm = 5011, ModularityLabel = 5096,
}

/// The types of entries that are looked at: `rpmTagType_e`.
mod kind {
    pub(super) const CHAR: u32 = 1;
    pub(super) const INT8: u32 = 2;
    pub(super) const INT16: u32 = 3;
    pub(super) const INT32: u32 = 4;
    pub(super) const INT64: u32 = 5;
    pub(super) const STRING: u32 = 6;
    pub(super) const BINARY: u32 = 7;
    pub(super) const STRING_ARRAY: u32 = 8;
    pub(super) const TRANSLATED: u32 = 9;
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    kind: u32,
    offset: usize,
    count: usize,
}

struct Header<'a> {
    store: &'a [u8],
    entries: [Option<Entry>; TAG_COUNT],
    /// The first thing that was found wrong with it.
    wrong: Option<&'static str>,
    budget: Budget,
}

/// Buffers that digests are packed in, kept from one header to the next.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    presence: Vec<u8>,
    digests: Vec<u8>,
}

/// Reads one header. What is wrong with it is noted, and what could be read comes back; `None`
/// where it does not even name a package.
pub(super) fn read<'a>(
    instance: u32,
    blob: &'a [u8],
    scratch: &'a mut Scratch,
    damage: &mut Damage,
) -> Option<PackageRecord<'a>> {
    let Some(mut header) = Header::open(blob) else {
        damage.note(format_args!("header {instance} is too short to be one; its package is missing"));
        return None;
    };
    let record = header.package(scratch);
    let name = record
        .as_ref()
        .map_or_else(String::new, |record| format!(" ({})", plimsoll_model::path::escape(record.name.0)));
    match (&record, header.wrong) {
        (None, wrong) => damage.note(format_args!(
            "header {instance} names no package, so one is missing: {}",
            wrong.unwrap_or("it has no name")
        )),
        (Some(_), Some(wrong)) => {
            damage.note(format_args!("header {instance}{name} is damaged and may be shown wrongly: {wrong}"));
        }
        (Some(_), None) => {}
    }
    record
}

impl<'a> Header<'a> {
    fn open(blob: &'a [u8]) -> Option<Self> {
        let number = |at| ByteOrder::Big.u32(blob, at);
        let (stated_entries, stated_store) = (number(0)?, number(4)?);
        let index_size = index(stated_entries.min(MAX_ENTRIES)) * ENTRY;
        let rest = blob.get(COUNTS..)?;
        let (entries, store) = rest.split_at_checked(index_size).unwrap_or((rest, &[]));
        let mut header =
            Self { store, entries: [None; TAG_COUNT], wrong: None, budget: Budget::of(store.len()) };
        if stated_entries > MAX_ENTRIES || index_size.checked_add(index(stated_store)) != Some(rest.len()) {
            header.wrong("its length is not what its parts add up to");
        }
        if stated_entries == 0 {
            header.wrong("it has no entries");
        }
        for entry in entries.chunks_exact(ENTRY) {
            let field = |at| ByteOrder::Big.u32(entry, at).unwrap_or(0);
            let offset = index(field(8));
            if offset > store.len() || field(4) > kind::TRANSLATED {
                header.wrong("an entry points outside of it");
            } else if let Some(tag) = tag_of(field(0))
                && let Some(place) = header.entries.get_mut(tag as usize)
            {
                // The last one counts: see the module's documentation.
                *place = Some(Entry { kind: field(4), offset, count: index(field(12)) });
            }
        }
        Some(header)
    }

    fn wrong(&mut self, what: &'static str) {
        self.wrong.get_or_insert(what);
    }

    /// The bytes of an entry, which end where `measure` says.
    fn take(
        &mut self,
        tag: Tag,
        kinds: &[u32],
        measure: impl FnOnce(Entry, &[u8]) -> Option<usize>,
    ) -> Option<&'a [u8]> {
        let entry = (*self.entries.get(tag as usize)?)?;
        if !kinds.contains(&entry.kind) {
            self.wrong("an entry is not of its tag's type");
            return None;
        }
        let rest = self.store.get(entry.offset..).unwrap_or_default();
        let Some(bytes) = measure(entry, rest).and_then(|length| rest.get(..length)) else {
            self.wrong("an entry reaches beyond its end");
            return None;
        };
        if !self.budget.take(bytes.len()) {
            self.wrong("its entries overlap");
            return None;
        }
        Some(bytes)
    }

    fn text(&mut self, tag: Tag) -> Option<Bytes<'a>> {
        let kinds = [kind::STRING, kind::STRING_ARRAY, kind::TRANSLATED];
        // The bytes with their NUL, so that even empty texts cost something.
        let bytes = self.take(tag, &kinds, |_, rest| Some(memchr::memchr(0, rest)? + 1))?;
        bytes.split_last().map(|(_, text)| Bytes(text))
    }

    fn list(&mut self, tag: Tag) -> (Bytes<'a>, usize) {
        let bytes = self.take(tag, &[kind::STRING_ARRAY, kind::TRANSLATED, kind::STRING], |entry, rest| {
            let count = if entry.kind == kind::STRING { 1 } else { entry.count };
            match count {
                0 => Some(0),
                _ => memchr::memchr_iter(0, rest).nth(count - 1).map(|end| end + 1),
            }
        });
        let count = match self.entries.get(tag as usize) {
            Some(Some(entry)) if entry.kind != kind::STRING => entry.count,
            _ => 1,
        };
        bytes.map_or((Bytes(&[]), 0), |bytes| (Bytes(bytes), count))
    }

    fn bytes(&mut self, tag: Tag) -> &'a [u8] {
        let kinds = [kind::BINARY, kind::CHAR, kind::INT8];
        self.take(tag, &kinds, |entry, _| Some(entry.count)).unwrap_or_default()
    }

    fn numbers(&mut self, tag: Tag, kind: u32, width: usize) -> &'a [u8] {
        self.take(tag, &[kind], |entry, _| entry.count.checked_mul(width)).unwrap_or_default()
    }

    fn numbers_16(&mut self, tag: Tag) -> Vec<u16> {
        let bytes = self.numbers(tag, kind::INT16, 2);
        bytes.chunks_exact(2).filter_map(|two| Some(u16::from_be_bytes(*two.first_chunk()?))).collect()
    }

    fn numbers_32(&mut self, tag: Tag) -> Vec<u32> {
        let bytes = self.numbers(tag, kind::INT32, 4);
        bytes.chunks_exact(4).filter_map(|four| Some(u32::from_be_bytes(*four.first_chunk()?))).collect()
    }

    fn numbers_64(&mut self, tag: Tag) -> Vec<u64> {
        let bytes = self.numbers(tag, kind::INT64, 8);
        bytes.chunks_exact(8).filter_map(|eight| Some(u64::from_be_bytes(*eight.first_chunk()?))).collect()
    }

    fn package(&mut self, scratch: &'a mut Scratch) -> Option<PackageRecord<'a>> {
        let name = self.text(Tag::Name).filter(|name| !name.0.is_empty())?;
        let (version, release) = (self.text(Tag::Version), self.text(Tag::Release));
        if version.is_none() || release.is_none() {
            self.wrong("it has no version or no release");
        }
        let size = self.numbers_64(Tag::LongSize).first().copied();
        let size = size.or_else(|| self.numbers_32(Tag::Size).first().copied().map(u64::from));
        let signatures = [Tag::RsaHeader, Tag::DsaHeader, Tag::SigPgp, Tag::SigGpg];
        Some(PackageRecord {
            name,
            epoch: self.numbers_32(Tag::Epoch).first().copied(),
            version: version.unwrap_or_default(),
            release: release.unwrap_or_default(),
            arch: self.text(Tag::Arch),
            source: self.text(Tag::SourceRpm),
            vendor: self.text(Tag::Vendor),
            license: self.text(Tag::License),
            summary: self.text(Tag::Summary),
            url: self.text(Tag::Url),
            build_host: self.text(Tag::BuildHost),
            modularity: self.text(Tag::ModularityLabel),
            size,
            installed: self.numbers_32(Tag::InstallTime).first().copied(),
            signing_key: signatures.into_iter().find_map(|tag| key_id(self.bytes(tag))),
            requires: self.relations(Tag::RequireName, Tag::RequireVersion, Tag::RequireFlags),
            provides: self.relations(Tag::ProvideName, Tag::ProvideVersion, Tag::ProvideFlags),
            files: self.files(scratch),
        })
    }

    fn relations(&mut self, names: Tag, versions: Tag, flags: Tag) -> Relations<'a> {
        let ((names, count), (versions, version_count)) = (self.list(names), self.list(versions));
        let flags = self.numbers_32(flags);
        // Headers of rpm 3 name what they need without versions.
        if (version_count != 0 && version_count != count) || (!flags.is_empty() && flags.len() != count) {
            self.wrong("its requirements or provisions do not match their versions");
        }
        Relations { names, versions, flags }
    }

    fn files(&mut self, scratch: &'a mut Scratch) -> Files<'a> {
        let (mut names, mut count) = self.list(Tag::BaseNames);
        let (directories, directory_count) = self.list(Tag::DirNames);
        let directory_indexes = self.numbers_32(Tag::DirIndexes);
        let placed = directory_indexes.iter().all(|directory| index(*directory) < directory_count);
        if directory_indexes.len() != count || !placed {
            self.wrong("its files do not match their directories, so they are not listed");
            return Files::default();
        }
        if count == 0 {
            (names, count) = self.list(Tag::OldFileNames);
        }
        let mut sizes = self.numbers_64(Tag::LongFileSizes);
        if sizes.is_empty() {
            sizes = self.numbers_32(Tag::FileSizes).into_iter().map(u64::from).collect();
        }
        let algorithm = self.numbers_32(Tag::FileDigestAlgorithm).first().copied().unwrap_or(1);
        let (digests, digest_count) = self.list(Tag::FileDigests);
        let files = Files {
            directories,
            directory_indexes,
            names,
            states: Bytes(self.bytes(Tag::FileStates)),
            flags: self.numbers_32(Tag::FileFlags),
            unverified: self.numbers_32(Tag::FileVerifyFlags).into_iter().map(|flags| !flags).collect(),
            modes: self.numbers_16(Tag::FileModes),
            sizes,
            digest_algorithm: algorithm,
            digest_presence: Bytes(&[]),
            digests: Bytes(&[]),
            users: Bytes(&[]),
            groups: Bytes(&[]),
            links: Bytes(&[]),
            capabilities: Bytes(&[]),
        };
        let tags = [Tag::FileUsers, Tag::FileGroups, Tag::FileLinks, Tag::FileCapabilities];
        let mut lists = tags.map(|tag| self.list(tag));
        if lists.iter().any(|(_, length)| *length != 0 && *length != count) {
            self.wrong("it does not state as much about each of its files as it has files");
            lists = Default::default();
        }
        let [users, groups, links, capabilities] = lists.map(|(list, _)| shorten(list));
        let files = Files { users, groups, links, capabilities, ..files };
        let lengths = [
            files.states.0.len(),
            files.flags.len(),
            files.unverified.len(),
            files.modes.len(),
            files.sizes.len(),
            digest_count,
        ];
        if lengths.iter().any(|length| *length != 0 && *length != count) {
            self.wrong("it does not state as much about each of its files as it has files");
        }
        if !scratch.pack(digests, algorithm) {
            self.wrong("some of its files' digests are none");
        }
        Files { digest_presence: Bytes(&scratch.presence), digests: Bytes(&scratch.digests), ..files }
    }
}

impl Scratch {
    /// Packs hex digests into bytes; `false` where a text is no digest of this hash function.
    fn pack(&mut self, texts: Bytes<'_>, algorithm: u32) -> bool {
        self.presence.clear();
        self.digests.clear();
        let mut sound = true;
        let size = digest_size(algorithm);
        for (position, text) in texts.members().enumerate() {
            if position.is_multiple_of(8) {
                self.presence.push(0);
            }
            if text.is_empty() {
                continue;
            }
            let start = self.digests.len();
            let pairs = text.chunks_exact(2);
            self.digests.extend(pairs.map_while(|pair| match pair {
                [high, low] => Some(hex_value(*high)? << 4 | hex_value(*low)?),
                _ => None,
            }));
            if Some(self.digests.len() - start) == size && text.len().is_multiple_of(2) {
                if let Some(byte) = self.presence.last_mut() {
                    *byte |= 1 << (position % 8);
                }
            } else {
                self.digests.truncate(start);
                sound = false;
            }
        }
        sound
    }
}

/// A list whose members are all the same, as owners mostly are, kept as that one.
fn shorten(list: Bytes<'_>) -> Bytes<'_> {
    let Some(first) = list.members().next() else { return list };
    if list.members().any(|member| member != first) {
        return list;
    }
    Bytes(list.0.get(..=first.len()).unwrap_or(list.0))
}

const fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
