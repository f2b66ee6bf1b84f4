//! PHP packages: what Composer installs, and what its lock files name.

mod lock;
mod package;
#[cfg(test)]
mod tests;
mod version;

use std::cmp::Ordering;
use std::collections::HashSet;

use plimsoll_model::path::split;
use plimsoll_model::{Distribution, FileId, Package, PackageType, Problem, Purl, TreePath, path};

use self::package::Described;
use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::described::own_directory;
use crate::reader::{Doc, Joined, LayeredImage, Reader, ShownFragment};

/// PHP packages.
#[derive(Debug, Clone, Copy)]
pub struct Composer;

/// The purl type of PHP packages.
pub const TYPE: PackageType = PackageType::new("composer");

/// A project with three hundred packages has a list of 500 KB.
const MAX_LIST: u64 = 32 << 20;

const DOC: Doc = Doc {
    id: "composer",
    title: "PHP packages",
    summary: "PHP packages that Composer installed, and those that a composer.lock names.",
    explanation: "Reads the installed.json that Composer keeps in the directory composer beside the \
packages, as Composer 1 and 2 write it. A version is the one that `composer show` prints: the tag with \
its v, or the branch (dev-main), whose commit is then the package's origin. Packages that are there for \
development only have the origin `development`. A package owns what lies in its directory, the \
directories of other packages in there apart. The project itself is in no such list.\n\n\
What a composer.lock names and is not installed in that version anywhere in the image is listed as \
declared.",
};

impl Ecosystem for Composer {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Installed]
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

/// `pkg:composer/laravel/framework@v5.5.0`.
fn package_url(package: &Package) -> Option<Purl> {
    let (vendor, name) = match package.name.split_once('/') {
        Some((vendor, name)) => (Some(vendor), name),
        None => (None, package.name.as_str()),
    };
    Purl::new("composer", vendor, name, Some(&package.version)).ok()
}

/// Reads lists of what is installed.
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
        const CLAIMS: &[Claim] = &[Claim { pattern: Pattern::Name("installed.json"), limit: MAX_LIST }];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        if split(split(path).0).1 != b"composer" {
            return None;
        }
        let Some(package::List { packages, incomplete }) = package::installed(content) else {
            problems.push(Problem::new(
                "composer-list-damaged",
                format!("/{}", path::escape(path)),
                "it is not in the format of Composer's lists, so the packages that it lists are missing from the report",
            ));
            return None;
        };
        if incomplete > 0 {
            problems.push(Problem::new(
                "composer-list-incomplete",
                format!("/{}", path::escape(path)),
                format!(
                    "{incomplete} of its entries state no name or no version, and are missing from the report"
                ),
            ));
        }
        postcard::to_allocvec(&packages).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        for fragment in image.shown() {
            match postcard::from_bytes::<Vec<Described>>(fragment.payload) {
                Ok(packages) => add(image, &fragment, &packages, joined),
                Err(_) => joined.problems.push(Problem::new(
                    "composer-list-damaged",
                    format!("/{}", path::escape(fragment.path)),
                    "what was kept of this list cannot be read back",
                )),
            }
        }
    }
}

/// Adds the packages of one list, each name once.
fn add(image: &LayeredImage<'_>, fragment: &ShownFragment<'_>, packages: &[Described], joined: &mut Joined) {
    let directory = split(fragment.path).0;
    // Composer 1 says no place: it puts packages beside its own directory, under their names.
    let place = |each: &Described| {
        let path = match &each.path {
            Some(path) => path.clone(),
            None if each.is_metapackage => return None,
            None => format!("../{}", each.name),
        };
        TreePath::parse(&[directory, b"/", path.as_bytes()].concat()).ok()
    };
    let places: Vec<Option<TreePath>> = packages.iter().map(place).collect();
    let directories: Vec<Option<FileId>> =
        places.iter().map(|place| image.files.resolve(place.as_ref()?.as_bytes())).collect();
    let all: HashSet<FileId> = directories.iter().flatten().copied().collect();
    let mut seen = HashSet::new();
    for ((each, place), directory) in packages.iter().zip(places).zip(directories) {
        if !seen.insert(&each.name) {
            continue;
        }
        let mut package = each.describe();
        package.layer = Some(fragment.layer);
        package.evidence = TreePath::parse(fragment.path).ok();
        package.place = place;
        let index = joined.packages.len() as u32;
        joined.packages.push(package);
        if let Some(directory) = directory {
            own_directory(image, directory, |other| all.contains(&other), index, joined);
        }
    }
}
