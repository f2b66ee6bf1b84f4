//! Programs and libraries that no package manager installed, known by what they say of themselves.

mod java;
mod search;
mod sign;
mod soname;
mod table;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use plimsoll_model::{Distribution, FileId, Package, PackageType, Problem, Purl, TreePath, path};
use serde::{Deserialize, Serialize};

use self::search::Found;
#[cfg(test)]
pub(crate) use self::search::longest_mark;
pub(crate) use self::search::marks;
use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::described::split;
use crate::executable::{ELF, Executable};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// Programs known by their own strings.
#[derive(Debug, Clone, Copy)]
pub struct Binary;

/// The purl type of what has no type of its own.
pub const TYPE: PackageType = PackageType::new("generic");

/// A `release` file has some twenty lines, one of which may list a hundred modules.
const MAX_RELEASE: u64 = 64 << 10;

const DOC: Doc = Doc {
    id: "binary",
    title: "Programs known by their own strings",
    summary: "Interpreters, servers, tools and libraries that tell their version in their own bytes.",
    explanation: "Looks through the constants of ELF executables and libraries for texts that only \
one program has, such as the line that it prints for --version, and takes the version that stands \
in it. Names of files are never looked at: a program that was renamed is found, and a file that merely \
has a program's name is not. A library that was linked into a program statically is found in \
that program, where its text came along (zlib, expat, Lua, SQLite). Java is known by the file `release` of \
its home, else by its virtual machine; Erlang by OTP_VERSION of its release.\n\n\
Files of one program that lie in one directory are one package, which has all of them. What \
a distribution appends to a version is not part of it. A file that names several versions of one program \
is a problem, not a package. What a package of the distribution brought is listed all the same: \
vulnerabilities are judged by the distribution's package where that one lists the file and has the same \
version, and else by this one.\n\n\
Of an executable larger than 16 MiB, only what stands close to a known text is looked at. Programs \
that Go built tell their modules themselves (golang).",
};

impl Ecosystem for Binary {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Programs]
    }

    fn purl(&self, package: &Package, _: Option<&Distribution>) -> Option<Purl> {
        package_url(package)
    }

    /// Every program counts in its own way, so there is no order.
    fn order(&self, _: &str, _: &str) -> Option<Ordering> {
        None
    }
}

/// `pkg:generic/openssl@3.0.11`.
fn package_url(package: &Package) -> Option<Purl> {
    Purl::new("generic", None, &package.name, Some(&package.version)).ok()
}

/// What is kept of a file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Note {
    /// Programs with their versions.
    Programs(Vec<(String, String)>),
    /// The home of a Java.
    Java(java::Release),
}

/// Reads executables, and `release` files.
#[derive(Debug, Clone, Copy)]
struct Programs;

impl Reader for Programs {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Magic(ELF), limit: u64::MAX },
            Claim { pattern: Pattern::Name("release"), limit: MAX_RELEASE },
            Claim { pattern: Pattern::Name("OTP_VERSION"), limit: MAX_RELEASE },
        ];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let Some(executable) = Executable::parse(content) else {
            let text = std::str::from_utf8(content).ok()?;
            let note = match path.strip_suffix(b"/OTP_VERSION") {
                Some(directory) => Note::Programs(vec![("erlang".to_owned(), erlang(directory, text)?)]),
                None => Note::Java(java::Release::parse(text)?),
            };
            return postcard::to_allocvec(&note).ok();
        };
        let mut programs = Vec::new();
        for found in search::find(&executable) {
            match found {
                Found::Version(name, version) => programs.push((name.to_owned(), version)),
                Found::Ambiguous(name, versions) => problems.push(Problem::new(
                    "program-version-ambiguous",
                    format!("/{}", path::escape(path)),
                    format!(
                        "it is {name}, but names several versions ({}); it is missing from the report",
                        versions.join(", ")
                    ),
                )),
            }
        }
        if programs.is_empty() {
            return None;
        }
        postcard::to_allocvec(&Note::Programs(programs)).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let mut files: BTreeMap<(Vec<u8>, String, String), Files> = BTreeMap::new();
        let mut homes: Vec<&[u8]> = Vec::new();
        for fragment in image.shown() {
            let programs = match postcard::from_bytes(fragment.payload) {
                Ok(Note::Programs(programs)) => programs,
                Ok(Note::Java(release)) => {
                    homes.push(split(fragment.path).0);
                    vec![(java::NAME.to_owned(), release.version())]
                }
                Err(_) => {
                    joined.problems.push(Problem::new(
                        "program-unreadable",
                        format!("/{}", path::escape(fragment.path)),
                        "what was kept of this file cannot be read back, so what it is is missing",
                    ));
                    continue;
                }
            };
            for (name, version) in programs {
                let key = (split(fragment.path).0.to_vec(), name, version);
                let files = files.entry(key).or_insert_with(|| Files {
                    first: fragment.path.to_vec(),
                    layer: fragment.layer,
                    all: Vec::new(),
                });
                files.layer = files.layer.min(fragment.layer);
                files.all.push(fragment.file);
            }
        }
        for ((directory, name, version), files) in files {
            // A Java is told by the file `release` of its home; what lies in there is that Java.
            let is_within =
                |home: &&[u8]| directory.strip_prefix(*home).is_some_and(|rest| rest.starts_with(b"/"));
            if name == java::NAME && homes.iter().any(is_within) {
                continue;
            }
            let mut package = Package::new(TYPE, name, version);
            package.purl = package_url(&package);
            package.layer = Some(files.layer);
            package.evidence = TreePath::parse(&files.first).ok();
            package.place = if files.all.len() > 1 || package.name == java::NAME {
                TreePath::parse(&directory).ok()
            } else {
                package.evidence.clone()
            };
            let index = joined.packages.len() as u32;
            joined.owned.extend(files.all.iter().map(|file| (*file, index)));
            joined.packages.push(package);
        }
    }
}

/// The version of Erlang/OTP that `releases/NUMBER/OTP_VERSION` states.
fn erlang(directory: &[u8], text: &str) -> Option<String> {
    let mut parts = directory.rsplit(|byte| *byte == b'/');
    let number = std::str::from_utf8(parts.next()?).ok()?;
    let version = text.trim();
    let is_of_release =
        version.strip_prefix(number).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']));
    (parts.next() == Some(b"releases") && is_of_release && number.parse::<u32>().is_ok())
        .then(|| version.to_owned())
}

/// The files of one program in one directory.
struct Files {
    first: Vec<u8>,
    layer: u32,
    all: Vec<FileId>,
}
