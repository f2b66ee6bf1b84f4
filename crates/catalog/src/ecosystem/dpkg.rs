//! Debian packages: dpkg's database, as Debian, Ubuntu and their kin keep it, and the form of
//! it without dpkg that distroless images have.

mod control;
mod copyright;
mod diversions;
mod join;
mod paths;
#[cfg(test)]
pub(crate) mod sample_image;
mod status;
#[cfg(test)]
mod tests;
mod version;

pub(in crate::ecosystem) use version::order_part;

use std::cmp::Ordering;

use plimsoll_model::{Distribution, Package, PackageType, Problem, Purl};

use self::control::Stanzas;
use self::diversions::Diversions;
use self::paths::ListKind;
use self::status::{Database, Status};
use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// Debian packages.
#[derive(Debug, Clone, Copy)]
pub struct Dpkg;

/// The purl type of Debian packages.
pub const TYPE: PackageType = PackageType::new("deb");

const STATUS: &str = "var/lib/dpkg/status";
const SINGLE_STATUS: &str = "var/lib/dpkg/status.d";
const INFO: &str = "var/lib/dpkg/info";
const DIVERSIONS: &str = "var/lib/dpkg/diversions";
const AUTOMATIC: &str = "var/lib/apt/extended_states";
const DOCUMENTATION: &str = "usr/share/doc";

/// A desktop with every package of a release has 60 MB of status.
const MAX_STATUS: u64 = 128 << 20;
/// The longest list of one package in Debian has 50,000 paths in 5 MB.
const MAX_LIST: u64 = 32 << 20;
/// The longest copyright files (browsers, compilers) have 3 MB.
const MAX_COPYRIGHT: u64 = 8 << 20;

const DOC: Doc = Doc {
    id: "dpkg",
    title: "Debian packages",
    summary: "Packages that dpkg installed, and those that distroless images record without it.",
    explanation: "Reads /var/lib/dpkg/status, or one file for each package in \
/var/lib/dpkg/status.d, the lists of files in /var/lib/dpkg/info, diversions, apt's marks of what \
was installed automatically, and licences from /usr/share/doc/*/copyright.\n\n\
A package counts as installed where its files are there: installed, unpacked, half-configured or \
waiting for triggers. Removed packages whose configuration stayed do not count. A half-installed \
package is reported as a problem.\n\n\
A package's layer is the lowest from which on every layer's database has it in this version. \
Licences are those that the copyright file names in its machine-readable form, else the common \
licences that its text points at; a copyright file in plain prose gives none.",
};

impl Ecosystem for Dpkg {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&DpkgReader]
    }

    fn purl(&self, package: &Package, distribution: Option<&Distribution>) -> Option<Purl> {
        package_url(package, distribution)
    }

    fn order(&self, left: &str, right: &str) -> Option<Ordering> {
        version::order(left, right)
    }
}

/// `pkg:deb/debian/NAME@VERSION?arch=…&distro=debian-12&upstream=SOURCE@VERSION`; the source's
/// version only where it is not the package's, and no source at all where both are the same.
/// The namespace is part of the type's definition, so there is no URL without a distribution.
fn package_url(package: &Package, distribution: Option<&Distribution>) -> Option<Purl> {
    let upstream = package.source.as_ref().and_then(|source| {
        let version = source.version.as_ref().filter(|version| **version != package.version);
        match version {
            Some(version) => Some(format!("{}@{version}", source.name)),
            None => (source.name != package.name).then(|| source.name.clone()),
        }
    });
    super::distribution_package_url("deb", package, upstream, distribution)
}

/// What a claimed file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place<'a> {
    Status,
    /// A file of `status.d`, by its name.
    SingleStatus(&'a [u8]),
    /// The digests beside it, by the same name.
    SingleDigests(&'a [u8]),
    /// A list of `info`, by the name before its ending.
    List(&'a [u8], ListKind),
    Copyright,
    Automatic,
    Diversions,
}

impl Place<'_> {
    /// The same without the name, as half of a key.
    const fn without_name(self) -> Place<'static> {
        match self {
            Self::Status => Place::Status,
            Self::SingleStatus(_) => Place::SingleStatus(b""),
            Self::SingleDigests(_) => Place::SingleDigests(b""),
            Self::List(_, kind) => Place::List(b"", kind),
            Self::Copyright => Place::Copyright,
            Self::Automatic => Place::Automatic,
            Self::Diversions => Place::Diversions,
        }
    }
}

/// What the file at a path is, of those that are claimed.
fn place(path: &[u8]) -> Option<Place<'_>> {
    let below = |directory: &str| path.strip_prefix(directory.as_bytes())?.strip_prefix(b"/");
    if path == STATUS.as_bytes() {
        Some(Place::Status)
    } else if path == AUTOMATIC.as_bytes() {
        Some(Place::Automatic)
    } else if path == DIVERSIONS.as_bytes() {
        Some(Place::Diversions)
    } else if let Some(name) = below(SINGLE_STATUS) {
        let digests = name.strip_suffix(b".md5sums".as_slice());
        Some(digests.map_or(Place::SingleStatus(name), Place::SingleDigests))
    } else if let Some(name) = below(INFO) {
        let (stem, kind) = [
            (&b".list"[..], ListKind::Files),
            (b".md5sums", ListKind::Digests),
            (b".conffiles", ListKind::Configuration),
        ]
        .iter()
        .find_map(|(ending, kind)| Some((name.strip_suffix(*ending)?, *kind)))?;
        Some(Place::List(stem, kind))
    } else if below(DOCUMENTATION).is_some() {
        Some(Place::Copyright)
    } else {
        None
    }
}

/// Reads everything that dpkg and apt keep.
#[derive(Debug, Clone, Copy)]
struct DpkgReader;

impl Reader for DpkgReader {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        2
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Path(STATUS), limit: MAX_STATUS },
            Claim { pattern: Pattern::In(SINGLE_STATUS, ""), limit: MAX_LIST },
            Claim { pattern: Pattern::In(INFO, ".list"), limit: MAX_LIST },
            Claim { pattern: Pattern::In(INFO, ".md5sums"), limit: MAX_LIST },
            Claim { pattern: Pattern::In(INFO, ".conffiles"), limit: MAX_LIST },
            Claim { pattern: Pattern::Path(DIVERSIONS), limit: MAX_LIST },
            Claim { pattern: Pattern::Path(AUTOMATIC), limit: MAX_LIST },
            Claim { pattern: Pattern::Each(DOCUMENTATION, "copyright"), limit: MAX_COPYRIGHT },
        ];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let mut damage = |code: &'static str, detail: String| {
            let subject = format!("/{}", plimsoll_model::path::escape(path));
            problems.push(Problem::new(code, subject, detail));
        };
        let place = place(path)?;
        if place == Place::Status && content.is_empty() {
            damage(
                "dpkg-status-damaged",
                "the database is empty, so that no package of it is known".to_owned(),
            );
        }
        match place {
            Place::Status => read_status(content, Database::Whole, &mut damage),
            Place::SingleStatus(_) => read_status(content, Database::Single, &mut damage),
            Place::SingleDigests(_) => Some(read_list(content, ListKind::Digests, &mut damage)),
            Place::List(_, kind) => Some(read_list(content, kind, &mut damage)),
            Place::Copyright => {
                let licenses = copyright::licenses(&String::from_utf8_lossy(content));
                if licenses.is_empty() { None } else { postcard::to_allocvec(&licenses).ok() }
            }
            Place::Automatic => read_automatic(content),
            Place::Diversions => {
                if !Diversions::is_whole(content) {
                    damage(
                        "dpkg-diversions-damaged",
                        "the last diversion is not whole, so its file may count as another's".to_owned(),
                    );
                }
                Some(content.to_vec())
            }
        }
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        join::join(image, joined);
    }
}

fn read_status(
    content: &[u8],
    database: Database,
    damage: &mut impl FnMut(&'static str, String),
) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(content);
    let status = Status::parse(&text, database);
    for sentence in &status.damage {
        damage("dpkg-status-damaged", sentence.clone());
    }
    status.encode()
}

fn read_list(content: &[u8], kind: ListKind, damage: &mut impl FnMut(&'static str, String)) -> Vec<u8> {
    let (packed, damaged) = paths::pack(content, kind);
    if damaged > 0 {
        damage(
            "dpkg-file-list-damaged",
            format!("{damaged} lines of this list cannot be read, so their files count as nobody's"),
        );
    }
    packed
}

/// Name and architecture of what apt installed by itself; each name also with no architecture,
/// for packages that fit all of them.
fn read_automatic(content: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(content);
    let mut marked = Vec::new();
    for stanza in Stanzas::new(&text) {
        let Some(name) = stanza.first_line("Package") else { continue };
        if stanza.first_line("Auto-Installed") == Some("1") {
            marked.push((name, ""));
            marked.push((name, stanza.first_line("Architecture").unwrap_or_default()));
        }
    }
    postcard::to_allocvec(&marked).ok()
}
