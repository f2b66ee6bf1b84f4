//! Ruby gems: what RubyGems, Bundler and the Linux distributions install.

mod lock;
mod specification;
#[cfg(test)]
mod tests;
mod version;

use std::cmp::Ordering;
use std::collections::HashSet;

use plimsoll_model::path::split;
use plimsoll_model::{Distribution, Package, PackageType, Problem, Purl, path};

use self::specification::Specification;
use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::described;
use crate::reader::{Doc, Joined, LayeredImage, Reader, ShownFragment};

/// Ruby gems.
#[derive(Debug, Clone, Copy)]
pub struct Gem;

/// The purl type of Ruby gems.
pub const TYPE: PackageType = PackageType::new("gem");

/// The platform of gems that run on every one.
const ANY_PLATFORM: &str = "ruby";

/// A specification lists files; the longest have a megabyte.
const MAX_SPECIFICATION: u64 = 8 << 20;

const DOC: Doc = Doc {
    id: "gem",
    title: "Ruby gems",
    summary: "Ruby gems that are installed, those that come with Ruby among them.",
    explanation: "Reads *.gemspec in every directory called specifications, and in its default \
directory, where the gems that come with Ruby are. These files are programs; RubyGems writes them \
in one form, which is read without running it. One that somebody wrote by hand and that computes \
its name or version is a problem, not a package; so a gem's own *.gemspec elsewhere, from which it was \
built, is not read.\n\n\
A gem lies in gems/NAME-VERSION beside its specifications and owns what is in there. A gem for \
one platform has it as architecture.\n\n\
What a Gemfile.lock names and is not installed in that version anywhere in the image is listed as \
declared, gems of the project's own directories apart.",
};

impl Ecosystem for Gem {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Specifications]
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

/// `pkg:gem/nokogiri@1.16.0?platform=x86_64-linux`, the platform only where there is one.
fn package_url(package: &Package) -> Option<Purl> {
    let purl = Purl::new("gem", None, &package.name, Some(&package.version)).ok()?;
    Some(purl.with_qualifier("platform", package.arch.as_deref().unwrap_or_default()))
}

/// The gem home that a specification is of, and whether it is of a gem that comes with Ruby.
fn home(path: &[u8]) -> Option<(&[u8], bool)> {
    let (above, directory) = split(split(path).0);
    match directory {
        b"specifications" => Some((above, false)),
        b"default" if split(above).1 == b"specifications" => Some((split(above).0, true)),
        _ => None,
    }
}

/// Reads specifications.
#[derive(Debug, Clone, Copy)]
struct Specifications;

impl Reader for Specifications {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] =
            &[Claim { pattern: Pattern::Extension(".gemspec"), limit: MAX_SPECIFICATION }];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        home(path)?;
        let specification = Specification::parse(&String::from_utf8_lossy(content));
        if specification.is_none() {
            problems.push(Problem::new(
                "gem-specification-unreadable",
                format!("/{}", path::escape(path)),
                "it does not state a name and a version as RubyGems writes them, so this gem is missing from the report",
            ));
        }
        postcard::to_allocvec(&specification?).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let mut fragments = image.shown();
        // Of a gem that is installed over the one that came with Ruby, RubyGems takes the former.
        fragments.sort_by_key(|fragment| home(fragment.path).is_some_and(|(_, default)| default));
        let mut seen = HashSet::new();
        for fragment in fragments {
            let Some((home, _)) = home(fragment.path) else { continue };
            let Ok(specification) = postcard::from_bytes::<Specification>(fragment.payload) else {
                joined.problems.push(Problem::new(
                    "gem-specification-unreadable",
                    format!("/{}", path::escape(fragment.path)),
                    "what was kept of this specification cannot be read back",
                ));
                continue;
            };
            if seen.insert((home, specification.full_name())) {
                add(image, &fragment, home, &specification, joined);
            }
        }
    }
}

fn add(
    image: &LayeredImage<'_>,
    fragment: &ShownFragment<'_>,
    home: &[u8],
    specification: &Specification,
    joined: &mut Joined,
) {
    let directory = [home, b"/gems/", specification.full_name().as_bytes()].concat();
    let is_installed = image.files.resolve(&directory).is_some();
    let mut package = specification.describe();
    package.purl = package_url(&package);
    // The files of gems that come with Ruby are among Ruby's own.
    let place = if is_installed { &directory } else { home };
    let index = described::add(package, fragment, place, joined);
    if is_installed {
        described::own_tree(image, &directory, index, joined);
    }
}
