//! Programs and libraries that no package manager installed, known by what they say of themselves.

mod java;
mod owner;
mod search;
mod sign;
mod table;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use plimsoll_model::path::split;
use plimsoll_model::{Distribution, Package, PackageType, Problem, Purl, path};
use serde::{Deserialize, Serialize};

use self::search::Found;
#[cfg(test)]
pub(crate) use self::search::longest_mark;
pub(crate) use self::search::marks;
use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::described::{add, decode};
use crate::executable::{ELF, Executable};
use crate::reader::{Doc, Joined, LayeredImage, Reader, ShownFragment};

/// Programs known by their own strings.
#[derive(Debug, Clone, Copy)]
pub struct Binary;

/// The purl type of what has no type of its own.
pub const TYPE: PackageType = PackageType::new("generic");

/// A `release` file has some twenty lines, one of which may list a hundred modules.
const MAX_RELEASE: u64 = 64 << 10;

/// The most versions that a problem lists.
const MAX_TOLD: usize = 8;

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
is a problem, not a package. A file that a distribution's package lists, whose \
name (or its source's) is the program's and whose version is the same, is that package, and is not listed again. \
A library of another version inside a package of another name is.\n\n\
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
        &[]
    }

    /// Which files a distribution's packages have is known by then.
    fn late_readers(&self) -> &'static [&'static dyn Reader] {
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
        2
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
        let (all, is_short) = search::find(&executable);
        if is_short {
            problems.push(Problem::new(
                "program-not-looked-through",
                format!("/{}", path::escape(path)),
                "it has more texts of programs than are looked at in one file; programs in it may be missing from the report",
            ));
        }
        for found in all {
            match found {
                Found::Version(name, version) => programs.push((name.to_owned(), version)),
                Found::Ambiguous(name, versions) => problems.push(Problem::new(
                    "program-version-ambiguous",
                    format!("/{}", path::escape(path)),
                    format!(
                        "it is {name}, but names several versions ({}{}); it is missing from the report",
                        versions.get(..MAX_TOLD).unwrap_or(&versions).join(", "),
                        if versions.len() > MAX_TOLD { ", …" } else { "" },
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
        let mut programs: BTreeMap<(&[u8], String, String), Vec<ShownFragment<'_>>> = BTreeMap::new();
        let mut homes: Vec<&[u8]> = Vec::new();
        for (fragment, note) in decode::<Note>(image, "program-unreadable", &mut joined.problems) {
            let directory = split(fragment.path).0;
            let found = match note {
                Note::Programs(programs) => programs,
                Note::Java(release) => {
                    homes.push(directory);
                    vec![(java::NAME.to_owned(), release.version())]
                }
            };
            for (name, version) in found {
                programs.entry((directory, name, version)).or_default().push(fragment);
            }
        }
        let owners = owner::find(&programs, joined);
        for ((directory, name, version), mut files) in programs {
            // A Java is told by the file `release` of its home; what lies in there is that Java.
            let is_within =
                |home: &&[u8]| directory.strip_prefix(*home).is_some_and(|rest| rest.starts_with(b"/"));
            if name == java::NAME && homes.iter().any(is_within) {
                continue;
            }
            files.retain(|file| !owners.contains(&(file.file, name.clone())));
            let Some(first) = files.first() else { continue };
            let place = if files.len() > 1 || name == java::NAME { directory } else { first.path };
            let mut package = Package::new(TYPE, name, version);
            package.purl = package_url(&package);
            let index = add(package, first, place, joined);
            joined.owned.extend(files.iter().skip(1).map(|file| (file.file, index)));
            if let Some(package) = joined.packages.last_mut() {
                package.layer = files.iter().map(|file| file.layer).min();
            }
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
