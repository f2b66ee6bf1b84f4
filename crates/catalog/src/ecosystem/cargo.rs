//! Rust crates: what `cargo auditable` wrote into executables.

mod auditable;
mod lock;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use plimsoll_model::{Distribution, InstallReason, Package, PackageType, Problem, Purl, TreePath, path};

use self::auditable::{Crate, Found};
use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::executable::binary::{Binary, ELF, MACH_32, MACH_64, PORTABLE};
use crate::reader::{Doc, Joined, LayeredImage, Reader};
use crate::semantic_version::SemanticVersion;

/// Rust crates.
#[derive(Debug, Clone, Copy)]
pub struct Cargo;

/// The purl type of Rust crates.
pub const TYPE: PackageType = PackageType::new("cargo");

const DOC: Doc = Doc {
    id: "cargo",
    title: "Rust crates",
    summary: "Crates that executables were built of, where cargo auditable wrote them down, and those that a Cargo.lock names.",
    explanation: "Reads the list of crates that `cargo auditable` leaves in the section .dep-v0 of \
an executable or library (ELF, Windows' PE, macOS's Mach-O). Each executable is a place of its own: a crate that is in two of \
them is listed twice.\n\n\
Crates that only ran while the executable was built (build scripts, procedural macros) are not in \
it and are not listed. The crate of the executable itself counts as asked for, all others as its \
dependencies. A crate's origin is the kind of source that the list states: `crates.io`, \
`registry` (another one), `git` or `local`.\n\n\
Executables that were built without `cargo auditable` do not tell what they are made of. Of an executable larger than 16 MiB, only the usual places of the list are kept; where it lies \
elsewhere, that is a problem.\n\n\
What a Cargo.lock names and is not in an executable in that version is listed as declared, the \
project's own crates apart.",
};

impl Ecosystem for Cargo {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Auditable]
    }

    fn late_readers(&self) -> &'static [&'static dyn Reader] {
        static READERS: [&dyn Reader; 1] = [&lock::LOCKS];
        &READERS
    }

    fn purl(&self, package: &Package, _: Option<&Distribution>) -> Option<Purl> {
        package_url(package)
    }

    /// Semantic Versioning, as Cargo takes it: three numbers that fit 64 bits. Build metadata
    /// has no say.
    fn order(&self, left: &str, right: &str) -> Option<Ordering> {
        Some(version(left)?.precedence(&version(right)?))
    }
}

fn version(text: &str) -> Option<SemanticVersion<'_>> {
    SemanticVersion::parse(text)
        .filter(|version| version.numbers.iter().all(|number| number.parse::<u64>().is_ok()))
}

fn package_url(package: &Package) -> Option<Purl> {
    Purl::new("cargo", None, &package.name, Some(&package.version)).ok()
}

/// Reads executables.
#[derive(Debug, Clone, Copy)]
struct Auditable;

impl Reader for Auditable {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        2
    }

    fn claims(&self) -> &'static [Claim] {
        const fn beginning(bytes: &'static [u8]) -> Claim {
            Claim { pattern: Pattern::Magic(bytes), limit: u64::MAX }
        }
        const CLAIMS: &[Claim] =
            &[beginning(ELF), beginning(PORTABLE), beginning(MACH_64), beginning(MACH_32)];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let crates = match auditable::find(&Binary::parse(content)?) {
            Found::Nothing => return None,
            Found::Crates(crates) => crates,
            Found::Unreadable(why) => {
                problems.push(Problem::new(
                    "rust-crates-unreadable",
                    format!("/{}", path::escape(path)),
                    format!("it has a list of its crates, but {why}; they are missing from the report"),
                ));
                return None;
            }
        };
        postcard::to_allocvec(&crates).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        for fragment in image.shown() {
            let Ok(crates) = postcard::from_bytes::<Vec<Crate>>(fragment.payload) else {
                joined.problems.push(Problem::new(
                    "rust-crates-unreadable",
                    format!("/{}", path::escape(fragment.path)),
                    "what was kept of its list of crates cannot be read back",
                ));
                continue;
            };
            let place = TreePath::parse(fragment.path).ok();
            for each in crates {
                let mut package = Package::new(TYPE, each.name, each.version);
                package.reason = if each.root { InstallReason::Explicit } else { InstallReason::Dependency };
                package.origin = Some(each.source);
                package.requires = each.requires;
                package.purl = package_url(&package);
                package.layer = Some(fragment.layer);
                package.evidence.clone_from(&place);
                package.place.clone_from(&place);
                if each.root {
                    joined.owned.push((fragment.file, joined.packages.len() as u32));
                }
                joined.packages.push(package);
            }
        }
    }
}
