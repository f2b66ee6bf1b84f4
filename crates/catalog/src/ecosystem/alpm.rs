//! Packages of Arch Linux and its relatives: pacman's local database.

mod version;

use std::cmp::Ordering;
use std::collections::HashMap;

use plimsoll_model::path::split;
use plimsoll_model::{Distribution, Package, PackageType, Problem, Purl, SourcePackage, path};
use serde::{Deserialize, Serialize};

use super::{Ecosystem, distribution_package_url};
use crate::claim::{Claim, Pattern};
use crate::described::{Described, add, decode, own};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// Packages of pacman.
#[derive(Debug, Clone, Copy)]
pub struct Alpm;

/// The purl type of pacman's packages.
pub const TYPE: PackageType = PackageType::new("alpm");

/// The longest description has some hundred dependencies.
const MAX_DESCRIPTION: u64 = 4 << 20;
/// The packages with the most files have some hundred thousand, in ten megabytes.
const MAX_LIST: u64 = 64 << 20;

const DOC: Doc = Doc {
    id: "alpm",
    title: "Packages of Arch Linux",
    summary: "Packages that pacman installed.",
    explanation: "Reads desc and files of every package in var/lib/pacman/local. A package that \
nobody asked for has the field REASON; its base is the source package, of the same version.\n\n\
The package URL needs the distribution as its namespace, so there is none where os-release is missing.",
};

impl Ecosystem for Alpm {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Database]
    }

    fn purl(&self, package: &Package, distribution: Option<&Distribution>) -> Option<Purl> {
        package_url(package, distribution)
    }

    fn order(&self, left: &str, right: &str) -> Option<Ordering> {
        Some(version::order(left, right))
    }
}

fn package_url(package: &Package, distribution: Option<&Distribution>) -> Option<Purl> {
    distribution_package_url("alpm", package, None, distribution)
}

/// What is kept of one file.
#[derive(Debug, Serialize, Deserialize)]
enum Note {
    Package { described: Box<Described>, base: Option<String> },
    Files(Vec<String>),
}

/// Reads the local database.
#[derive(Debug, Clone, Copy)]
struct Database;

impl Reader for Database {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Each("var/lib/pacman/local", "desc"), limit: MAX_DESCRIPTION },
            Claim { pattern: Pattern::Each("var/lib/pacman/local", "files"), limit: MAX_LIST },
        ];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let text = String::from_utf8_lossy(content);
        let note = if split(path).1 == b"files" {
            Note::Files(list(&text, "FILES").map(str::to_owned).collect())
        } else {
            let base = list(&text, "BASE").next().map(str::to_owned);
            match describe(&text) {
                Some(described) => Note::Package { described: Box::new(described), base },
                None => {
                    problems.push(Problem::new(
                        "pacman-description-incomplete",
                        format!("/{}", path::escape(path)),
                        "it does not state both a name and a version, so this package is missing from the report",
                    ));
                    return None;
                }
            }
        };
        postcard::to_allocvec(&note).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let notes = decode::<Note>(image, "pacman-description-unreadable", &mut joined.problems);
        let by_path: HashMap<&[u8], &Note> = notes.iter().map(|(file, note)| (file.path, note)).collect();
        for (fragment, note) in &notes {
            let Note::Package { described, base } = note else { continue };
            let mut package = described.package(TYPE);
            package.source = base
                .as_ref()
                .map(|base| SourcePackage { name: base.clone(), version: Some(described.version.clone()) });
            package.purl = package_url(&package, joined.distribution.as_ref());
            let directory = split(fragment.path).0;
            let index = add(package, fragment, directory, joined);
            // It lies in the image as a whole, not in a place of its own.
            if let Some(package) = joined.packages.last_mut() {
                package.place = None;
            }
            if let Some(Note::Files(files)) = by_path.get([directory, b"/files"].concat().as_slice()) {
                for file in files {
                    own(image, file.trim_end_matches('/').as_bytes(), index, joined);
                }
            }
        }
    }
}

/// The lines of a section: `%NAME%`, then lines up to an empty one.
fn list<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let mut lines = text.lines();
    let head = format!("%{name}%");
    let found = lines.any(|line| line == head);
    lines.take_while(move |line| found && !line.is_empty())
}

fn describe(text: &str) -> Option<Described> {
    let first = |name: &str| list(text, name).next().map(str::to_owned);
    let all = |name: &str| list(text, name).map(str::to_owned).collect::<Vec<_>>();
    Some(Described {
        name: first("NAME")?,
        version: first("VERSION")?,
        arch: first("ARCH"),
        licenses: all("LICENSE"),
        requires: all("DEPENDS"),
        provides: all("PROVIDES"),
        url: first("URL"),
        summary: first("DESC"),
        vendor: first("PACKAGER").filter(|packager| packager != "Unknown Packager"),
        origin: None,
        size: first("SIZE").and_then(|size| size.parse().ok()),
        is_explicit: Some(first("REASON").as_deref() != Some("1")),
        files: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::dpkg::sample_image::{Sample, read};

    #[test]
    fn a_package_is_told_with_everything_that_pacman_wrote_down() {
        let desc = "%NAME%\nahoy\n\n%VERSION%\n1:1.2.3-2\n\n%BASE%\nahoy-base\n\n%DESC%\nSays ahoy\n\n%ARCH%\nx86_64\n\n\
            %PACKAGER%\nA <a@example.org>\n\n%SIZE%\n10\n\n%REASON%\n1\n\n%LICENSE%\nMIT\nApache-2.0\n\n%DEPENDS%\nsh\n\n";
        let read = read(
            &[&crate::evidence::os_release::OsRelease, &Database],
            &[&[
                Sample::File("etc/os-release", "ID=arch\nBUILD_ID=rolling\n"),
                Sample::File("var/lib/pacman/local/ahoy-1:1.2.3-2/desc", desc),
                Sample::File(
                    "var/lib/pacman/local/ahoy-1:1.2.3-2/files",
                    "%FILES%\nusr/\nusr/bin/\nusr/bin/ahoy\n\n%BACKUP%\netc/ahoy\n",
                ),
                Sample::File("usr/bin/ahoy", ""),
                Sample::File("var/lib/pacman/local/half-1/desc", "%NAME%\nhalf\n\n"),
            ]],
        );
        let [package] = read.joined.packages.as_slice() else { panic!("{:?}", read.joined.packages) };
        assert_eq!(
            package.purl.as_ref().unwrap().to_string(),
            "pkg:alpm/arch/ahoy@1:1.2.3-2?arch=x86_64&distro=arch-rolling"
        );
        assert_eq!(package.licenses, ["MIT", "Apache-2.0"]);
        assert_eq!(package.source.as_ref().unwrap().name, "ahoy-base");
        assert_eq!(package.reason, plimsoll_model::InstallReason::Dependency);
        assert_eq!(
            read.paths_of("ahoy"),
            ["/usr", "/usr/bin", "/usr/bin/ahoy", "/var/lib/pacman/local/ahoy-1:1.2.3-2/desc"]
        );
        let [problem] = read.problems.as_slice() else { panic!("{:?}", read.problems) };
        assert_eq!(problem.code.as_str(), "pacman-description-incomplete");
    }
}
