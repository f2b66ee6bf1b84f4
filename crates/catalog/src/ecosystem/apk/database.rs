//! apk's database of installed packages: one block of `letter:value` lines for each package.

use serde::{Deserialize, Serialize};

/// What tells one package from another, with its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Key<'a> {
    pub(super) name: &'a str,
    pub(super) arch: Option<&'a str>,
    pub(super) version: &'a str,
}

/// The rest of a block, as far as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Details<'a> {
    /// `o:`, the name of the source package.
    pub(super) origin: Option<&'a str>,
    /// `L:`, an SPDX expression or words.
    pub(super) license: Option<&'a str>,
    pub(super) maintainer: Option<&'a str>,
    /// `I:`, in bytes.
    pub(super) size: Option<u64>,
    pub(super) url: Option<&'a str>,
    pub(super) summary: Option<&'a str>,
    #[serde(borrow)]
    pub(super) requires: Vec<&'a str>,
    #[serde(borrow)]
    pub(super) provides: Vec<&'a str>,
    #[serde(borrow)]
    pub(super) directories: Vec<Directory<'a>>,
}

/// `F:` and the `R:` lines that follow it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Directory<'a> {
    pub(super) path: &'a str,
    /// `M:`, where it is not the usual one.
    pub(super) access: Option<Access>,
    #[serde(borrow)]
    pub(super) files: Vec<File<'a>>,
}

/// One file, by its name in its directory, and the digest of its content as recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct File<'a> {
    pub(super) name: &'a str,
    pub(super) digest: Recorded,
    /// `a:`, where it is not the usual one.
    pub(super) access: Option<Access>,
}

/// User, group and permissions, as `M:` and `a:` lines have them.
pub(super) type Access = (u32, u32, u16);

/// What a `Z:` line records: `Q1` and a SHA-1, `Q2` and a SHA-256, or the MD5 digest of old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Recorded {
    None,
    Md5([u8; 16]),
    Sha1([u8; 20]),
    Sha256([u8; 32]),
}

/// What a database holds.
#[derive(Debug, Default)]
pub(super) struct Database<'a> {
    pub(super) keys: Vec<Key<'a>>,
    pub(super) details: Vec<Details<'a>>,
    /// What could not be read, as sentences.
    pub(super) damage: Vec<String>,
}

/// The block that is being read.
#[derive(Default)]
struct Block<'a> {
    line: usize,
    name: Option<&'a str>,
    version: Option<&'a str>,
    arch: Option<&'a str>,
    details: Details<'a>,
}

impl<'a> Database<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let mut database = Self::default();
        let mut block = Block::default();
        let (mut nameless, mut broken) = (Vec::new(), Vec::new());
        for (number, line) in (1..).zip(text.lines()) {
            if line.is_empty() {
                database.close(std::mem::take(&mut block), &mut nameless);
                continue;
            }
            if line.starts_with("P:") && block.name.is_some() {
                // The empty line between two packages is missing.
                broken.push(number);
                database.close(std::mem::take(&mut block), &mut nameless);
            }
            if block.line == 0 {
                block.line = number;
            }
            let mut head = line.chars();
            match (head.next(), head.next()) {
                (Some(field), Some(':')) if field.is_ascii_alphabetic() => {
                    let value = line.get(2..).unwrap_or_default().trim_end();
                    if !block.take(field, value) {
                        broken.push(number);
                    }
                }
                _ => broken.push(number),
            }
        }
        database.close(block, &mut nameless);
        let mut tell = |lines: &[usize], what: &str| {
            if let Some(first) = lines.first() {
                database.damage.push(format!("{what}: {} of them, first at line {first}", lines.len()));
            }
        };
        tell(&nameless, "blocks without a package name or a version are left out");
        tell(&broken, "lines that are no field are passed over");
        database
    }

    fn close(&mut self, block: Block<'a>, nameless: &mut Vec<usize>) {
        if block.line == 0 {
            return;
        }
        let filled = |text: Option<&'a str>| text.filter(|text| !text.is_empty());
        match (filled(block.name), filled(block.version)) {
            (Some(name), Some(version)) => {
                self.keys.push(Key { name, arch: filled(block.arch), version });
                self.details.push(block.details);
            }
            _ => nameless.push(block.line),
        }
    }

    /// The bytes of the keys, then those of the details.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let keys = postcard::to_allocvec(&self.keys).ok()?;
        postcard::to_extend(&self.details, keys).ok()
    }
}

/// The keys of an encoded database, and the bytes of its details.
pub(super) fn decode_keys(payload: &[u8]) -> Option<(Vec<Key<'_>>, &[u8])> {
    postcard::take_from_bytes(payload).ok()
}

/// The details of an encoded database, one for each key.
pub(super) fn decode_details(rest: &[u8]) -> Option<Vec<Details<'_>>> {
    postcard::from_bytes(rest).ok()
}

impl<'a> Block<'a> {
    /// Takes one field; false where it makes no sense. Fields that nobody needs (times,
    /// install conditions, priorities) are passed over, and so is what later versions add.
    fn take(&mut self, field: char, value: &'a str) -> bool {
        let details = &mut self.details;
        let filled = Some(value).filter(|value| !value.is_empty());
        match field {
            'P' => self.name = filled,
            'V' => self.version = filled,
            'A' => self.arch = filled,
            'o' => details.origin = filled,
            'L' => details.license = filled,
            'm' => details.maintainer = filled,
            'U' => details.url = filled,
            'T' => details.summary = filled,
            'I' => {
                details.size = value.parse().ok();
                return details.size.is_some();
            }
            // What starts with `!` must not be installed, which is no need.
            'D' => {
                details.requires = value.split_whitespace().filter(|need| !need.starts_with('!')).collect();
            }
            'p' => details.provides = value.split_whitespace().collect(),
            'F' => details.directories.push(Directory { path: value, ..Directory::default() }),
            'R' => match (details.directories.last_mut(), filled) {
                (Some(directory), Some(name)) => {
                    directory.files.push(File { name, digest: Recorded::None, access: None });
                }
                _ => return false,
            },
            // Broken rights are as good as none: the package is not worse for it.
            'M' => {
                if let Some(directory) = details.directories.last_mut() {
                    directory.access = access(value);
                }
            }
            'a' => {
                let file = details.directories.last_mut().and_then(|directory| directory.files.last_mut());
                if let Some(file) = file {
                    file.access = access(value);
                }
            }
            'Z' => {
                let file = details.directories.last_mut().and_then(|directory| directory.files.last_mut());
                let (Some(file), Some(digest)) = (file, Recorded::parse(value)) else {
                    return false;
                };
                file.digest = digest;
            }
            _ => {}
        }
        true
    }
}

/// `user:group:mode`, the mode in octal digits; what may follow is a digest of attributes.
fn access(text: &str) -> Option<Access> {
    let mut fields = text.split(':');
    let (user, group, mode) = (fields.next()?, fields.next()?, fields.next()?);
    Some((user.parse().ok()?, group.parse().ok()?, u16::from_str_radix(mode, 8).ok()?))
}

impl Recorded {
    fn parse(text: &str) -> Option<Self> {
        if let Some(text) = text.strip_prefix("Q1") {
            return unbase64(text)?.try_into().ok().map(Self::Sha1);
        }
        if let Some(text) = text.strip_prefix("Q2") {
            return unbase64(text)?.try_into().ok().map(Self::Sha256);
        }
        plimsoll_model::digest::unhex(text.as_bytes())?.try_into().ok().map(Self::Md5)
    }
}

/// Standard base 64 (RFC 4648, section 4) of whole or padded groups.
fn unbase64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    let (mut bits, mut filled) = (0_u32, 0_u32);
    for digit in digits.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        filled += 6;
        if filled >= 8 {
            filled -= 8;
            bytes.push((bits >> filled) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[(&str, &str)], damage: usize) {
        let database = Database::parse(text);
        let read: Vec<_> = database.keys.iter().map(|key| (key.name, key.version)).collect();
        assert_eq!(read, expect, "{text:?}");
        assert_eq!(database.damage.len(), damage, "{:?}", database.damage);
    }

    #[test]
    fn each_block_is_a_package() {
        check("P:a\nV:1-r0\n\nP:b\nV:2-r0\n\n", &[("a", "1-r0"), ("b", "2-r0")], 0);
        check("P:a\nV:1-r0\n\nP:b\nV:2-r0", &[("a", "1-r0"), ("b", "2-r0")], 0);
        check("\n\n\nP:a\nV:1\n\n\n", &[("a", "1")], 0);
        check("", &[], 0);
    }

    #[test]
    fn damage_costs_no_more_than_the_block_that_it_is_in() {
        check("P:a\n\nV:1\n\nP:b\nV:2\n", &[("b", "2")], 1);
        check("P:a\nV:1\nrubbish\nI:x\nR:lost\n\nP:b\nV:2\n", &[("a", "1"), ("b", "2")], 1);
        check("\u{fffd}\u{fffd}\0\n", &[], 2);
    }

    #[test]
    fn files_lie_in_the_directory_before_them() {
        let database = Database::parse(
            "P:a\nV:1\nF:\nF:etc\nM:0:0:755\nR:motd\na:0:0:600\nZ:Q1SLkS9hBidUbPwwrw+XR0Whv3ww8=\nR:plain\n",
        );
        let directories = &database.details[0].directories;
        assert_eq!(directories[0], Directory { path: "", ..Directory::default() });
        assert_eq!(directories[1].path, "etc");
        assert_eq!(
            (directories[1].access, directories[1].files[0].access),
            (Some((0, 0, 0o755)), Some((0, 0, 0o600)))
        );
        let Recorded::Sha1(digest) = directories[1].files[0].digest else { panic!() };
        assert_eq!(plimsoll_model::digest::hex(&digest), "48b912f610627546cfc30af0f974745a1bf7c30f");
        assert_eq!(directories[1].files[1], File { name: "plain", digest: Recorded::None, access: None });
    }
}
