//! Maven artifacts: what lies in the archives of Java, in archives inside them, and unpacked.

mod archive;
mod file_name;
mod identity;
mod join;
mod licence;
mod limits;
mod manifest;
mod pom;
mod properties;
mod repository;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod torture;
mod version;

use std::cmp::Ordering;

use plimsoll_model::{Distribution, Package, PackageType, Problem, Purl};
use serde::{Deserialize, Serialize};

use self::archive::Statement;
use self::identity::{Artifact, Pom};
use self::limits::{LIMITS, MAX_ARCHIVE, MAX_IN_MEMORY};
use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::content::{Content, NoScratch, Scratch};
use crate::reader::{Doc, Joined, LayeredImage, Reader};
use crate::zip;

/// Maven artifacts.
#[derive(Debug, Clone, Copy)]
pub struct Maven;

/// The purl type of Maven artifacts.
pub const TYPE: PackageType = PackageType::new("maven");

/// Projects of a megabyte are the largest known.
const MAX_POM: u64 = 8 << 20;

const DOC: Doc = Doc {
    id: "maven",
    title: "Maven artifacts",
    summary: "Artifacts of Java in archives, however deeply these lie in each other, and unpacked.",
    explanation: "Reads archives named .jar, .war, .ear, .hpi, .jpi and .lpkg, and those named .par, \
.sar, .nar, .kar, .far and .rar that are zip archives. Every pom.properties and pom.xml below \
META-INF/maven is an artifact, so that what was packed into an archive is found. The archive itself is the \
one among them that its file name or manifest names; else, what its file name and manifest say. \
The same files of unpacked archives are read too.\n\n\
The name is group:artifact. A group is taken only from what states one: a pom, the manifest of a \
Jenkins plugin, a place in a local repository of Maven or a cache of Gradle or a link from there, \
or a manifest whose vendor's id and symbolic name agree on it. Without one the name is the \
artifact's alone, there is no package URL, and nobody can say whether it is vulnerable. Archives \
that say nothing of themselves are counted in one problem.\n\n\
An artifact's place is its archive, and the path in it after a colon: /app.war:WEB-INF/lib/a.jar. \
Archives of a Java runtime, of sources and of documentation are no artifacts. Classes that were \
copied without their pom cannot be known.",
};

impl Ecosystem for Maven {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Archives]
    }

    fn purl(&self, package: &Package, _: Option<&Distribution>) -> Option<Purl> {
        package_url(package)
    }

    fn order(&self, left: &str, right: &str) -> Option<Ordering> {
        version::order(left, right)
    }
}

/// `pkg:maven/org.apache.commons/commons-lang3@3.12.0`. The type's definition requires the group,
/// so there is none without.
fn package_url(package: &Package) -> Option<Purl> {
    let (group, artifact) = package.name.split_once(':')?;
    Purl::new("maven", Some(group), artifact, Some(&package.version)).ok()
}

/// An artifact and the archive that it is, or is in.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Found {
    /// The archive's path in the outermost one; empty for that itself.
    inner: Vec<u8>,
    artifact: Artifact,
}

/// What is kept of one archive.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    found: Vec<Found>,
    /// Archives that do not say what they are, by their paths in the outermost one.
    unknown: Vec<Vec<u8>>,
}

/// What is kept of one file.
#[derive(Debug, Serialize, Deserialize)]
enum Kept {
    Archive(Note),
    /// One of the files about an artifact whose archive was unpacked.
    Unpacked(Pom),
}

/// Reads archives.
#[derive(Debug, Clone, Copy)]
struct Archives;

impl Reader for Archives {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const fn archive(extension: &'static str) -> Claim {
            Claim { pattern: Pattern::Extension(extension), limit: MAX_ARCHIVE }
        }
        const CLAIMS: &[Claim] = &[
            archive(".jar"),
            archive(".war"),
            archive(".ear"),
            archive(".par"),
            archive(".sar"),
            archive(".nar"),
            archive(".jpi"),
            archive(".hpi"),
            archive(".kar"),
            archive(".far"),
            archive(".lpkg"),
            archive(".rar"),
            Claim { pattern: Pattern::Name("pom.properties"), limit: MAX_POM },
            Claim { pattern: Pattern::Name("pom.xml"), limit: MAX_POM },
        ];
        CLAIMS
    }

    fn memory(&self) -> u64 {
        MAX_IN_MEMORY
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        if let Some((_, Statement::Pom(_, _, is_project))) = unpacked(path) {
            let mut pom = Pom::default();
            pom.add(content, is_project);
            return postcard::to_allocvec(&Kept::Unpacked(pom)).ok();
        }
        self.read_by_position(path, &content, &NoScratch, problems)
    }

    fn read_by_position(
        &self,
        path: &[u8],
        content: &dyn Content,
        scratch: &dyn Scratch,
        problems: &mut Vec<Problem>,
    ) -> Option<Vec<u8>> {
        let note = archive::read(path, content, scratch, &LIMITS, problems);
        (note != Note::default()).then(|| postcard::to_allocvec(&Kept::Archive(note)).ok())?
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        join::join(image, joined);
    }
}

/// The directory that an archive was unpacked to, and which file about it a path is.
fn unpacked(path: &[u8]) -> Option<(&str, Statement)> {
    let path = std::str::from_utf8(path).ok()?;
    let start = path.rfind("META-INF/").filter(|at| *at == 0 || path[..*at].ends_with('/'))?;
    let found = archive::statement(path.get(start..)?)?;
    Some((path.get(..start)?.trim_end_matches('/'), found))
}
