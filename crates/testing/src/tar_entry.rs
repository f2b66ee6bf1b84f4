//! One entry of a tar archive and the bytes that spell it, in any of tar's dialects and, where
//! a test wants it, wrongly.

/// Tar's unit.
pub(crate) const BLOCK: usize = 512;

/// In which dialect an entry is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// POSIX ustar, with extended headers (PAX) for whatever does not fit.
    #[default]
    Pax,
    /// GNU: `L` and `K` entries for long names, base 256 for large and negative numbers.
    Gnu,
    /// Star: ustar with a shorter prefix and a trailer.
    Star,
    /// Version 7: no magic, no prefix, no long names.
    V7,
}

/// How a sparse file's map is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SparseForm {
    /// GNU's type `S`, the map in the header and in blocks after it.
    Old,
    /// Records `GNU.sparse.offset` and `GNU.sparse.numbytes`, alternating.
    Pax00,
    /// One record `GNU.sparse.map`.
    Pax01,
    /// The map in front of the data.
    Pax10,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// Its type byte: `0` file, `1` hard link, `2` symlink, `3` char, `4` block, `5` directory,
    /// `6` fifo, or anything else.
    pub type_flag: u8,
    /// Its path as the archive spells it.
    pub path: Vec<u8>,
    /// Its link target as the archive spells it.
    pub link: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
    /// Numeric owner.
    pub uid: u64,
    /// Numeric group.
    pub gid: u64,
    /// Modification time as PAX spells it: decimal seconds, perhaps negative, with a fraction.
    pub modified: String,
    /// Major and minor number of a device.
    pub device: (u32, u32),
    /// Extended attributes.
    pub attributes: Vec<(Vec<u8>, Vec<u8>)>,
    /// Content; of a sparse file, all of it, holes as zeros.
    pub content: Vec<u8>,
    /// Fragments of data (offset, length), for a sparse file.
    pub sparse: Option<(SparseForm, Vec<(u64, u64)>)>,
    /// Dialect.
    pub dialect: Dialect,
    /// Further PAX records, as they are.
    pub records: Vec<(Vec<u8>, Vec<u8>)>,
    /// Bytes put over the header at these offsets before its checksum is summed.
    pub patches: Vec<(usize, Vec<u8>)>,
    /// Size that the header states, where it is not the true one.
    pub stated_size: Option<u64>,
    /// Whether the checksum is to be wrong.
    pub wrong_checksum: bool,
}

impl Entry {
    /// Appends the entry's bytes to an archive.
    ///
    /// # Panics
    /// Where the entry does not fit its dialect: the test is wrong then.
    pub fn encode(&self, archive: &mut Vec<u8>) {
        let attribute = |(name, value): &(Vec<u8>, Vec<u8>)| {
            ([b"SCHILY.xattr.", name.as_slice()].concat(), value.clone())
        };
        let mut records: Vec<(Vec<u8>, Vec<u8>)> = self.attributes.iter().map(attribute).collect();
        records.extend(self.records.iter().cloned());
        let mut stored = self.content.clone();
        let mut old_map = None;
        if let Some((form, fragments)) = &self.sparse {
            stored = fragments.iter().flat_map(|(at, length)| self.fragment(*at, *length)).copied().collect();
            match form {
                SparseForm::Old => old_map = Some(fragments.as_slice()),
                _ => self.sparse_records(*form, fragments, &mut records, &mut stored),
            }
        }
        let mut block = [0_u8; BLOCK];
        self.write_names(&mut block, archive, &mut records);
        self.write_numbers(&mut block, stored.len() as u64, &mut records);
        let mut map_blocks = Vec::new();
        if let Some(fragments) = old_map {
            self.write_old_map(&mut block, fragments, &mut map_blocks);
        }
        for (at, bytes) in &self.patches {
            block[*at..at + bytes.len()].copy_from_slice(bytes);
        }
        sum(&mut block);
        if self.wrong_checksum {
            block[148] ^= 1;
        }
        if !records.is_empty() {
            let content = encode_records(&records);
            let header = Self { type_flag: b'x', path: b"PaxHeaders/0".to_vec(), content, ..Self::plain() };
            header.encode(archive);
        }
        archive.extend_from_slice(&block);
        archive.extend_from_slice(&map_blocks);
        archive.extend_from_slice(&stored);
        pad(archive);
    }

    fn plain() -> Self {
        Self { mode: 0o644, modified: "0".to_owned(), ..Self::default() }
    }

    fn fragment(&self, at: u64, length: u64) -> &[u8] {
        // A map that lies about the file has nothing stored for what lies outside of it.
        let end = self.content.len().min(at.saturating_add(length) as usize);
        &self.content[end.min(at as usize)..end]
    }

    fn sparse_records(
        &self,
        form: SparseForm,
        fragments: &[(u64, u64)],
        records: &mut Vec<(Vec<u8>, Vec<u8>)>,
        stored: &mut Vec<u8>,
    ) {
        let mut add =
            |key: &str, value: String| records.push((format!("GNU.sparse.{key}").into(), value.into()));
        let size = self.content.len().to_string();
        match form {
            SparseForm::Pax00 => {
                add("size", size);
                add("numblocks", fragments.len().to_string());
                for (at, length) in fragments {
                    add("offset", at.to_string());
                    add("numbytes", length.to_string());
                }
            }
            SparseForm::Pax01 => {
                add("size", size);
                add("numblocks", fragments.len().to_string());
                let map: Vec<String> =
                    fragments.iter().map(|(at, length)| format!("{at},{length}")).collect();
                add("map", map.join(","));
                records.push((b"GNU.sparse.name".to_vec(), self.path.clone()));
            }
            _ => {
                add("major", "1".to_owned());
                add("minor", "0".to_owned());
                add("realsize", size);
                records.push((b"GNU.sparse.name".to_vec(), self.path.clone()));
                let mut map = format!("{}\n", fragments.len());
                for (at, length) in fragments {
                    map.push_str(&format!("{at}\n{length}\n"));
                }
                let mut map = map.into_bytes();
                pad(&mut map);
                map.append(stored);
                *stored = map;
            }
        }
    }

    fn write_names(
        &self,
        block: &mut [u8; BLOCK],
        archive: &mut Vec<u8>,
        records: &mut Vec<(Vec<u8>, Vec<u8>)>,
    ) {
        let magic: &[u8] = match self.dialect {
            Dialect::Pax | Dialect::Star => b"ustar\x0000",
            Dialect::Gnu => b"ustar  \0",
            Dialect::V7 => b"",
        };
        block[257..257 + magic.len()].copy_from_slice(magic);
        if self.dialect == Dialect::Star {
            block[508..512].copy_from_slice(b"tar\0");
        }
        let hidden = records.iter().any(|(key, _)| key == b"GNU.sparse.name");
        let name = if hidden { b"GNUSparseFile.0/hidden".as_slice() } else { &self.path };
        match (split_name(name, self.dialect), self.dialect) {
            (Some((prefix, name)), _) => {
                block[..name.len()].copy_from_slice(name);
                block[345..345 + prefix.len()].copy_from_slice(prefix);
            }
            (None, Dialect::Gnu) => {
                long(b'L', name, archive);
                block[..100].copy_from_slice(&name[..100]);
            }
            (None, Dialect::V7) => panic!("a version 7 archive has no room for {name:?}"),
            (None, _) => {
                records.push((b"path".to_vec(), name.to_vec()));
                block[..4].copy_from_slice(b"long");
            }
        }
        let link = &self.link;
        match (link.len() <= 100, self.dialect) {
            (true, _) => block[157..157 + link.len()].copy_from_slice(link),
            (false, Dialect::Gnu) => {
                long(b'K', link, archive);
                block[157..257].copy_from_slice(&link[..100]);
            }
            (false, Dialect::V7) => panic!("a version 7 archive has no room for {link:?}"),
            (false, _) => records.push((b"linkpath".to_vec(), link.clone())),
        }
        block[156] = self.type_flag;
    }

    fn write_numbers(&self, block: &mut [u8; BLOCK], stored: u64, records: &mut Vec<(Vec<u8>, Vec<u8>)>) {
        let mut put = |at: usize, width: usize, value: i64, key: &str| {
            let digits = format!("{value:0>width$o}", width = width - 1);
            if value >= 0 && digits.len() < width {
                block[at..at + width - 1].copy_from_slice(digits.as_bytes());
            } else if self.dialect == Dialect::Gnu {
                let mut field = vec![if value < 0 { 0xff } else { 0 }; width];
                let bytes = value.to_be_bytes();
                let taken = width.min(8);
                field[width - taken..].copy_from_slice(&bytes[8 - taken..]);
                field[0] = if value < 0 { 0xff } else { 0x80 };
                block[at..at + width].copy_from_slice(&field);
            } else {
                block[at..at + width - 1].fill(b'0');
                records.push((key.into(), value.to_string().into()));
            }
        };
        put(100, 8, i64::from(self.mode), "mode");
        put(108, 8, self.uid as i64, "uid");
        put(116, 8, self.gid as i64, "gid");
        put(124, 12, self.stated_size.unwrap_or(stored) as i64, "size");
        let (whole, fraction) = self.modified.split_once('.').unwrap_or((&self.modified, ""));
        let seconds: i64 = whole.parse().unwrap_or_else(|_| panic!("{:?} is no time", self.modified));
        if fraction.is_empty() {
            put(136, 12, seconds, "mtime");
        } else {
            put(136, 12, seconds.max(0), "mtime");
            records.push((b"mtime".to_vec(), self.modified.clone().into()));
        }
        if self.dialect != Dialect::V7 {
            let mut put = |at: usize, value: u32| {
                block[at..at + 7].copy_from_slice(format!("{value:07o}").as_bytes());
            };
            put(329, self.device.0);
            put(337, self.device.1);
        }
    }

    fn write_old_map(&self, block: &mut [u8; BLOCK], fragments: &[(u64, u64)], more: &mut Vec<u8>) {
        let encoded: Vec<u8> = fragments
            .iter()
            .flat_map(|(at, length)| format!("{at:011o}\0{length:011o}\0").into_bytes())
            .collect();
        let (first, rest) = encoded.split_at(encoded.len().min(96));
        block[386..386 + first.len()].copy_from_slice(first);
        block[482] = u8::from(!rest.is_empty());
        block[483..494].copy_from_slice(format!("{:011o}", self.content.len()).as_bytes());
        block[156] = b'S';
        let mut blocks = rest.chunks(504).peekable();
        while let Some(chunk) = blocks.next() {
            let mut next = [0; BLOCK];
            next[..chunk.len()].copy_from_slice(chunk);
            next[504] = u8::from(blocks.peek().is_some());
            more.extend_from_slice(&next);
        }
    }
}

/// Prefix and name, where the dialect's header has room for the path.
fn split_name(path: &[u8], dialect: Dialect) -> Option<(&[u8], &[u8])> {
    if path.len() <= 100 {
        return Some((b"", path));
    }
    let room = match dialect {
        Dialect::Pax => 155,
        Dialect::Star => 131,
        Dialect::Gnu | Dialect::V7 => return None,
    };
    let at = (path.len() - 101..path.len() - 1).find(|at| path[*at] == b'/')?;
    (at <= room && at > 0).then(|| (&path[..at], &path[at + 1..]))
}

fn long(type_flag: u8, text: &[u8], archive: &mut Vec<u8>) {
    let content = [text, b"\0"].concat();
    let path = b"././@LongLink".to_vec();
    Entry { type_flag, path, content, dialect: Dialect::Gnu, ..Entry::plain() }.encode(archive);
}

/// PAX records as an extended header's content.
#[must_use]
pub fn encode_records(records: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut content = Vec::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3;
        let mut length = rest + 1;
        while length != rest + length.to_string().len() {
            length = rest + length.to_string().len();
        }
        content.extend_from_slice(format!("{length} ").as_bytes());
        content.extend_from_slice(key);
        content.push(b'=');
        content.extend_from_slice(value);
        content.push(b'\n');
    }
    content
}

/// Writes a header block's checksum.
pub fn sum(block: &mut [u8; BLOCK]) {
    block[148..156].fill(b' ');
    let total: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{total:06o}\0 ").as_bytes());
}

/// Fills up to a whole block.
pub(crate) fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
}
