//! Python distributions: what pip, uv, setuptools and the Linux distributions leave beside the
//! modules that they install.

mod egg;
mod join;
mod lock;
mod metadata;
mod record;
#[cfg(test)]
mod tests;
mod version;

use std::cmp::Ordering;

use plimsoll_model::path::split;
use plimsoll_model::{Distribution, Package, PackageType, Problem, Purl};
use serde::{Deserialize, Serialize};

use self::metadata::Metadata;
use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// Python distributions.
#[derive(Debug, Clone, Copy)]
pub struct Pypi;

/// The purl type of Python distributions.
pub const TYPE: PackageType = PackageType::new("pypi");

/// The longest METADATA holds a whole manual as its description: 1 MB.
const MAX_METADATA: u64 = 8 << 20;
/// The longest RECORD (of a deep learning framework) has 20,000 lines in 3 MB.
const MAX_RECORD: u64 = 32 << 20;
/// A word or a short JSON object.
const MAX_NOTE: u64 = 64 << 10;

const DOC: Doc = Doc {
    id: "pypi",
    title: "Python distributions",
    summary: "Python distributions that are installed, wherever they lie.",
    explanation: "Reads METADATA, RECORD, INSTALLER, REQUESTED and direct_url.json in every \
*.dist-info directory, PKG-INFO and installed-files.txt in *.egg-info directories and unpacked \
eggs, and *.egg-info files.\n\n\
Names and versions are those that the metadata states; a distribution whose metadata lacks one of \
them is a problem, not a package. The same distribution in two directories is two packages, and \
what others have bundled inside themselves (setuptools' _vendor) counts where it comes with \
metadata of its own. The licence is the License-Expression, else the License field where that is one line, else \
the licences among the classifiers. A package owns the files that RECORD or installed-files.txt \
lists; Linux distributions leave these lists out, and list the files as their own.\n\n\
REQUESTED tells what somebody asked for by name. Where nothing in a directory has it, the \
installer does not write it, and the reason is unknown.\n\n\
What poetry.lock, pdm.lock, uv.lock, pylock.toml and Pipfile.lock name, and what a requirements.txt \
pins with ==, is listed as declared where it is not installed in that version anywhere in the image.\n\n\
Of a zipped egg, EGG-INFO/PKG-INFO is read in it, and the egg is its one file.",
};

impl Ecosystem for Pypi {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Installed, &egg::Eggs]
    }

    fn late_readers(&self) -> &'static [&'static dyn Reader] {
        static READERS: [&dyn Reader; 1] = [&lock::LOCKS];
        &READERS
    }

    fn purl(&self, package: &Package, _: Option<&Distribution>) -> Option<Purl> {
        package_url(package)
    }

    fn order(&self, left: &str, right: &str) -> Option<Ordering> {
        version::order(left, right)
    }
}

fn package_url(package: &Package) -> Option<Purl> {
    Purl::new("pypi", None, &package.name, Some(&package.version)).ok()
}

/// What a claimed file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Metadata,
    Record,
    InstalledFiles,
    Installer,
    DirectUrl,
}

/// What the file at a path is, if it lies where such files count.
fn role(path: &[u8]) -> Option<Role> {
    let (directory, name) = split(path);
    let (_, directory) = split(directory);
    // pip moves what it is about to replace to names that begin so, and does not list these.
    if directory.starts_with(b"~") {
        return None;
    }
    if directory.ends_with(b".dist-info") {
        return match name {
            b"METADATA" => Some(Role::Metadata),
            b"RECORD" => Some(Role::Record),
            b"INSTALLER" => Some(Role::Installer),
            b"direct_url.json" => Some(Role::DirectUrl),
            _ => None,
        };
    }
    let in_egg = directory.ends_with(b".egg-info") || directory == b"EGG-INFO";
    match name {
        b"PKG-INFO" if in_egg => Some(Role::Metadata),
        b"installed-files.txt" if in_egg => Some(Role::InstalledFiles),
        _ if name.ends_with(b".egg-info") && !name.starts_with(b"~") => Some(Role::Metadata),
        _ => None,
    }
}

/// What is kept of one file.
#[derive(Debug, Serialize, Deserialize)]
enum Note {
    Metadata(Metadata),
    /// The files of a RECORD and the size of them all, or of an installed-files.txt.
    Files {
        paths: Vec<String>,
        size: Option<u64>,
    },
    Installer(String),
    DirectUrl(String),
}

/// Reads what installers leave.
#[derive(Debug, Clone, Copy)]
struct Installed;

impl Reader for Installed {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Name("METADATA"), limit: MAX_METADATA },
            Claim { pattern: Pattern::Name("PKG-INFO"), limit: MAX_METADATA },
            Claim { pattern: Pattern::Extension(".egg-info"), limit: MAX_METADATA },
            Claim { pattern: Pattern::Name("RECORD"), limit: MAX_RECORD },
            Claim { pattern: Pattern::Name("installed-files.txt"), limit: MAX_RECORD },
            Claim { pattern: Pattern::Name("INSTALLER"), limit: MAX_NOTE },
            Claim { pattern: Pattern::Name("direct_url.json"), limit: MAX_NOTE },
        ];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let role = role(path)?;
        let text = String::from_utf8_lossy(content);
        let note = match role {
            Role::Metadata => match Metadata::parse(&text) {
                Some(metadata) => Note::Metadata(metadata),
                None => {
                    problems.push(Problem::new(
                        "python-metadata-incomplete",
                        format!("/{}", plimsoll_model::path::escape(path)),
                        "it does not state both a name and a version, so this distribution is missing from the report",
                    ));
                    return None;
                }
            },
            Role::Record => {
                let (paths, size) = record::parse(&text);
                Note::Files { paths, size }
            }
            Role::InstalledFiles => Note::Files {
                paths: text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect(),
                size: None,
            },
            Role::Installer => Note::Installer(text.trim().to_owned()),
            Role::DirectUrl => Note::DirectUrl(record::origin(&text)?),
        };
        postcard::to_allocvec(&note).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        join::join(image, joined);
    }
}
