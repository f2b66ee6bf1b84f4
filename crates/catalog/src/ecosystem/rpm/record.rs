//! What is kept of one package, in the compact form that fragments store: byte strings of many
//! members lie in one piece, each member closed by a NUL byte, just as rpm's headers hold them.

use std::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A byte string that is stored and read back in one piece, without copying.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// The members of a list, each closed by a NUL byte.
    pub fn members(self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let end = memchr::memchr(0, rest)?;
            let (member, after) = rest.split_at_checked(end)?;
            rest = after.get(1..)?;
            Some(member)
        })
    }

    /// The bytes as text for people; what is not UTF-8 becomes U+FFFD, as headers state no
    /// other encoding.
    #[must_use]
    pub fn to_text(self) -> String {
        String::from_utf8_lossy(self.0).into_owned()
    }
}

impl fmt::Debug for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Bytes<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;
        impl<'de> Visitor<'de> for Borrow {
            type Value = Bytes<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_bytes(Borrow)
    }
}

/// What a package requires or provides.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Relations<'a> {
    /// Names, a list.
    #[serde(borrow)]
    pub names: Bytes<'a>,
    /// Versions, a list; a member is empty where any version will do.
    #[serde(borrow)]
    pub versions: Bytes<'a>,
    /// `RPMSENSE_*` flags.
    pub flags: Vec<u32>,
}

impl Relations<'_> {
    /// The relations in rpm's own words, as `rpm -q --requires` prints them.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        let mut versions = self.versions.members();
        let mut flags = self.flags.iter();
        self.names.members().map(move |name| {
            let mut text = Bytes(name).to_text();
            let (version, flags) = (versions.next().unwrap_or_default(), flags.next().unwrap_or(&0));
            // RPMSENSE_LESS, RPMSENSE_GREATER, RPMSENSE_EQUAL.
            let operator = match flags & 0b1110 {
                0b0010 => " < ",
                0b0100 => " > ",
                0b1000 => " = ",
                0b1010 => " <= ",
                0b1100 => " >= ",
                _ => return text,
            };
            if !version.is_empty() {
                text.push_str(operator);
                text.push_str(&Bytes(version).to_text());
            }
            text
        })
    }
}

/// Normal state of a file.
const STATE_NORMAL: u8 = 0;
/// The file lies on a shared file system and was left as it was there.
const STATE_NET_SHARED: u8 = 3;

/// The files of a package with what rpm recorded about them. Members at the same position of
/// each list belong together; an empty list states nothing about any file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Files<'a> {
    /// Directories with their slashes, a list.
    #[serde(borrow)]
    pub directories: Bytes<'a>,
    /// Which directory each file lies in. Empty in headers of rpm 3, where `names` are paths.
    pub directory_indexes: Vec<u32>,
    /// Names, a list.
    #[serde(borrow)]
    pub names: Bytes<'a>,
    /// `RPMFILE_STATE_*`, one byte each: whether a file was installed at all.
    #[serde(borrow)]
    pub states: Bytes<'a>,
    /// `RPMFILE_*` attributes: configuration (1), documentation (2), ghost (64), licence (128), …
    pub flags: Vec<u32>,
    /// The complement of `RPMVERIFY_*`: what `rpm --verify` is told not to look at.
    pub unverified: Vec<u32>,
    /// `st_mode`, file type included.
    pub modes: Vec<u16>,
    /// Sizes in bytes.
    pub sizes: Vec<u64>,
    /// The hash function of the digests, by its number in RFC 4880 (1 MD5, 2 SHA-1, 8 SHA-256, …).
    pub digest_algorithm: u32,
    /// Which files have a digest, one bit each, least significant first.
    #[serde(borrow)]
    pub digest_presence: Bytes<'a>,
    /// The digests of those, back to back.
    #[serde(borrow)]
    pub digests: Bytes<'a>,
    /// Names of the owners, a list; here and below, one member alone speaks for all files.
    #[serde(borrow)]
    pub users: Bytes<'a>,
    /// Names of the groups, a list.
    #[serde(borrow)]
    pub groups: Bytes<'a>,
    /// Targets of links, a list; empty members for what is none.
    #[serde(borrow)]
    pub links: Bytes<'a>,
    /// Capabilities in the words of cap_from_text(3), a list.
    #[serde(borrow)]
    pub capabilities: Bytes<'a>,
}

/// The member of a list for each file in turn, where one member alone speaks for all.
pub(super) fn each_or_same<'a>(list: Bytes<'a>) -> impl FnMut() -> Option<&'a [u8]> {
    let only = memchr::memchr(0, list.0).filter(|end| end + 1 == list.0.len());
    let only = only.and_then(|end| list.0.get(..end));
    let mut members = list.members();
    move || only.or_else(|| members.next())
}

impl<'a> Files<'a> {
    /// Whether rpm left a file in place: neither replaced by another package's, nor left out
    /// (`--excludedocs`, `%_netsharedpath`, languages), nor of a colour not wanted. Queries of rpm
    /// itself draw the line here (`RPMFILE_IS_INSTALLED`).
    #[must_use]
    pub fn is_installed(&self, position: usize) -> bool {
        matches!(self.states.0.get(position), None | Some(&(STATE_NORMAL | STATE_NET_SHARED)))
    }

    /// The recorded digest of each file, in their order.
    pub fn each_digest(&self) -> impl Iterator<Item = Option<&'a [u8]>> {
        let size = digest_size(self.digest_algorithm).unwrap_or(usize::MAX);
        let mut rest = self.digests.0;
        let bits = self.digest_presence.0.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        bits.map(move |present| {
            if !present {
                return None;
            }
            let (digest, after) = rest.split_at_checked(size)?;
            rest = after;
            Some(digest)
        })
    }
}

/// Bytes of a digest by the hash function's number in RFC 4880.
pub(super) const fn digest_size(algorithm: u32) -> Option<usize> {
    Some(match algorithm {
        1 => 16,
        2 | 3 => 20,
        8 => 32,
        9 => 48,
        10 => 64,
        11 => 28,
        _ => return None,
    })
}

/// One package as its header states it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PackageRecord<'a> {
    /// Name.
    #[serde(borrow)]
    pub name: Bytes<'a>,
    /// Epoch, where the header has one.
    pub epoch: Option<u32>,
    /// Version.
    #[serde(borrow)]
    pub version: Bytes<'a>,
    /// Release.
    #[serde(borrow)]
    pub release: Bytes<'a>,
    /// Architecture.
    #[serde(borrow)]
    pub arch: Option<Bytes<'a>>,
    /// File name of the source package.
    #[serde(borrow)]
    pub source: Option<Bytes<'a>>,
    /// Vendor.
    #[serde(borrow)]
    pub vendor: Option<Bytes<'a>>,
    /// Licence.
    #[serde(borrow)]
    pub license: Option<Bytes<'a>>,
    /// Summary, in the first of its languages.
    #[serde(borrow)]
    pub summary: Option<Bytes<'a>>,
    /// Home page.
    #[serde(borrow)]
    pub url: Option<Bytes<'a>>,
    /// Host that it was built on.
    #[serde(borrow)]
    pub build_host: Option<Bytes<'a>>,
    /// Module that it belongs to (`name:stream:version:context`).
    #[serde(borrow)]
    pub modularity: Option<Bytes<'a>>,
    /// Sum of the sizes of its files, in bytes.
    pub size: Option<u64>,
    /// When it was installed, in seconds since 1970.
    pub installed: Option<u32>,
    /// Id of the key that signed it.
    pub signing_key: Option<[u8; 8]>,
    /// What it requires.
    #[serde(borrow)]
    pub requires: Relations<'a>,
    /// What it provides.
    #[serde(borrow)]
    pub provides: Relations<'a>,
    /// Its files.
    #[serde(borrow)]
    pub files: Files<'a>,
}

impl PackageRecord<'_> {
    /// `[epoch:]version-release`. An epoch of zero is left out even where the header spells it
    /// out: rpm's order does not tell the two apart, and a package rebuilt with an explicit zero
    /// would show as changed in every comparison though nothing of it did.
    #[must_use]
    pub fn full_version(&self) -> String {
        let (version, release) = (self.version.to_text(), self.release.to_text());
        match self.epoch {
            None | Some(0) => format!("{version}-{release}"),
            Some(epoch) => format!("{epoch}:{version}-{release}"),
        }
    }

    /// What tells packages apart: name, epoch, version, release and architecture.
    #[must_use]
    pub fn identity(&self) -> Vec<u8> {
        let arch = self.arch.unwrap_or_default();
        let epoch = self.epoch.unwrap_or(0).to_string();
        [self.name.0, epoch.as_bytes(), self.version.0, self.release.0, arch.0].join(&0)
    }
}
