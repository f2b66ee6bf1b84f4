//! npm packages: what npm, yarn, pnpm and Debian install below `node_modules`, and what npm's
//! lock files name.

mod join;
mod lock;
mod locks;
mod manifest;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use plimsoll_model::path::split;
use plimsoll_model::{Distribution, Package, PackageType, Problem, Purl, path};
use serde::{Deserialize, Serialize};

use self::lock::Locked;
use self::manifest::Manifest;
use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::reader::{Doc, Joined, LayeredImage, Reader};
use crate::semantic_version::SemanticVersion;

/// npm packages.
#[derive(Debug, Clone, Copy)]
pub struct Npm;

/// The purl type of npm packages.
pub const TYPE: PackageType = PackageType::new("npm");

/// The registry takes manifests of a few megabytes at most.
const MAX_MANIFEST: u64 = 8 << 20;
/// The lock file of a repository with a hundred workspaces has 5 MB.
const MAX_LOCK: u64 = 64 << 20;

/// node-semver refuses longer versions.
const MAX_VERSION: usize = 256;
/// The largest number that JavaScript counts exactly; node-semver refuses larger ones.
const MAX_NUMBER: u64 = (1 << 53) - 1;

const DOC: Doc = Doc {
    id: "npm",
    title: "npm packages",
    summary: "Packages of Node.js that are installed, and those that a package-lock.json names.",
    explanation: "Reads package.json in every directory directly below a node_modules, or below a \
scope there, however deeply nested (npm, yarn, and pnpm's node_modules/.pnpm), and in the \
directories that Debian keeps modules in. A link in a node_modules to a directory elsewhere, such \
as a workspace, counts too. Any other package.json is the project's own, a test's, or a mark for \
a loader, and is no installed package; neither is one without both a name and a version.\n\n\
Packages lie side by side in many versions, so each has its place. A package owns what lies in \
its directory, nested packages apart.\n\n\
package-lock.json and npm-shrinkwrap.json, of all three versions, merely name packages; those that \
are not installed where the lock file puts them are listed as declared. Lock files that come with \
installed packages are not looked at. What yarn.lock, pnpm-lock.yaml and bun.lock name and is not \
installed in that version anywhere in the image is declared too. Yarn's zipped packages are not \
opened.",
};

impl Ecosystem for Npm {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Modules]
    }

    fn late_readers(&self) -> &'static [&'static dyn Reader] {
        static READERS: [&dyn Reader; 1] = [&locks::LOCKS];
        &READERS
    }

    fn purl(&self, package: &Package, _: Option<&Distribution>) -> Option<Purl> {
        package_url(package)
    }

    fn order(&self, left: &str, right: &str) -> Option<Ordering> {
        Some(version(left)?.precedence(&version(right)?))
    }
}

/// A version as node-semver takes it when it is strict.
fn version(text: &str) -> Option<SemanticVersion<'_>> {
    let trimmed = text.trim();
    let version = SemanticVersion::parse(trimmed.strip_prefix('v').unwrap_or(trimmed))?;
    let fits = |number: &&str| number.parse::<u64>().is_ok_and(|number| number <= MAX_NUMBER);
    (text.len() <= MAX_VERSION && version.numbers.iter().all(fits)).then_some(version)
}

/// `pkg:npm/%40babel/core@7.20.12`.
fn package_url(package: &Package) -> Option<Purl> {
    let (scope, name) = match package.name.split_once('/') {
        Some((scope, name)) => (Some(scope), name),
        None => (None, package.name.as_str()),
    };
    Purl::new("npm", scope, name, Some(&package.version)).ok()
}

/// What a claimed file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The manifest of an installed package.
    Module,
    /// Another manifest, which a link in a `node_modules` may make one.
    Other,
    Lock,
}

fn role(path: &[u8]) -> Role {
    let (directory, name) = split(path);
    if name != b"package.json" {
        return Role::Lock;
    }
    if is_module(directory) { Role::Module } else { Role::Other }
}

/// Whether a directory is where an installer puts a package.
fn is_module(directory: &[u8]) -> bool {
    let (mut parent, name) = split(directory);
    if split(parent).1.starts_with(b"@") {
        parent = split(parent).0;
    }
    !name.is_empty() && !name.starts_with(b".") && !name.starts_with(b"@") && holds_modules(parent)
}

/// Whether packages lie directly in a directory: a `node_modules`, or where Debian's packages
/// put modules, `/usr/lib/TRIPLET/nodejs` those with code for one architecture.
fn holds_modules(directory: &[u8]) -> bool {
    let (parent, name) = split(directory);
    match name {
        b"node_modules" => true,
        b"nodejs" => matches!(parent, b"usr/share" | b"usr/lib") || split(parent).0 == b"usr/lib",
        _ => false,
    }
}

/// What is kept of one file.
#[derive(Debug, Serialize, Deserialize)]
enum Note {
    Module(Manifest),
    Other(Manifest),
    Lock(Vec<Locked>),
}

/// Reads manifests and lock files.
#[derive(Debug, Clone, Copy)]
struct Modules;

impl Reader for Modules {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Name("package.json"), limit: MAX_MANIFEST },
            Claim { pattern: Pattern::Name("package-lock.json"), limit: MAX_LOCK },
            Claim { pattern: Pattern::Name("npm-shrinkwrap.json"), limit: MAX_LOCK },
        ];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let content = content.strip_prefix(b"\xef\xbb\xbf".as_slice()).unwrap_or(content);
        let mut damage = |code: &'static str, detail: &str| {
            problems.push(Problem::new(code, format!("/{}", path::escape(path)), detail));
        };
        let note = match role(path) {
            Role::Module => match Manifest::parse(content) {
                Ok(manifest) => Note::Module(manifest?),
                Err(_) => {
                    damage(
                        "npm-manifest-damaged",
                        "it is not JSON, so this package is missing from the report",
                    );
                    return None;
                }
            },
            // Tests have broken ones on purpose.
            Role::Other => Note::Other(Manifest::parse(content).ok()??),
            Role::Lock => {
                let in_package = path.split(|byte| *byte == b'/').any(|name| name == b"node_modules");
                if in_package || is_module(split(path).0) {
                    return None;
                }
                match lock::parse(content) {
                    Some(lock) => {
                        if !lock.is_whole {
                            damage(
                                "npm-lock-limit",
                                "its packages lie far deeper in each other than npm puts them; some of what it names is missing from the report",
                            );
                        }
                        Note::Lock(lock.locked)
                    }
                    None => {
                        damage(
                            "npm-lock-damaged",
                            "it is not in the format of npm's lock files, so what it names is missing from the report",
                        );
                        return None;
                    }
                }
            }
        };
        postcard::to_allocvec(&note).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        join::join(image, joined);
    }
}
