//! Go modules: what Go's linker writes into every executable.

mod build_info;
mod go_mod;
mod linker_flags;
#[cfg(test)]
mod tests;
mod version;

use std::cmp::Ordering;

use plimsoll_model::{Distribution, InstallReason, Package, PackageType, Problem, Purl, TreePath, path};

use self::build_info::{BuildInfo, Found, Module};
use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::executable::binary::{Binary, ELF, MACH_32, MACH_64, PORTABLE};
use crate::reader::{Doc, Joined, LayeredImage, Reader, ShownFragment};

/// Go modules.
#[derive(Debug, Clone, Copy)]
pub struct Golang;

/// The purl type of Go modules.
pub const TYPE: PackageType = PackageType::new("golang");

/// What Go's own library is called as if it were a module, as Go's vulnerability database does.
const STANDARD_LIBRARY: &str = "stdlib";

/// What Go writes for a version that it does not know.
const UNKNOWN_VERSION: &str = "(devel)";

const DOC: Doc = Doc {
    id: "golang",
    title: "Go modules",
    summary: "Modules that executables were built of, as Go's linker writes them down.",
    explanation: "Reads the build information of executables and libraries (ELF, Windows' PE and macOS's Mach-O), in the form that Go writes \
since 1.18 and in the one of Go 1.13 to 1.17: the version of Go, the main module, and every \
module that it needs. Each executable is a place of its own.\n\n\
Go's own library is listed as `stdlib` with the version of Go. A main module that was not built \
as a dependency has the version that its makers set with the linker's flags, where Go recorded these \
(-X main.version=1.2.3: a variable called version, in package main or in one of the module); else its \
version is (devel), as `go version -m` writes it, and there is none in its package URL; the commit it was built from is its origin where Go recorded one. A module that was \
replaced by another is listed as that other one, which is what the executable holds; one that was \
replaced by a directory keeps its name, and its version is (devel).\n\n\
What a go.mod names and is in no executable in that version is listed as declared. Of an executable larger \
than 16 MiB, the version of Go is not known where Go was older than 1.18.",
};

impl Ecosystem for Golang {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Executables]
    }

    fn late_readers(&self) -> &'static [&'static dyn Reader] {
        static READERS: [&dyn Reader; 1] = [&go_mod::LOCKS];
        &READERS
    }

    fn purl(&self, package: &Package, _: Option<&Distribution>) -> Option<Purl> {
        package_url(package)
    }

    fn order(&self, left: &str, right: &str) -> Option<Ordering> {
        version::order(left, right)
    }
}

/// `pkg:golang/github.com/gorilla/mux@v1.8.0`, `pkg:golang/stdlib@1.22.1`. The type's definition
/// folds letters to lower case, so only the package's name keeps them.
fn package_url(package: &Package) -> Option<Purl> {
    let (namespace, name) = match package.name.rsplit_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, package.name.as_str()),
    };
    let version = Some(package.version.as_str()).filter(|version| *version != UNKNOWN_VERSION);
    Purl::new("golang", namespace, name, version).ok()
}

/// Reads executables.
#[derive(Debug, Clone, Copy)]
struct Executables;

impl Reader for Executables {
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
        let found = build_info::find(&Binary::parse(content)?);
        let subject = || format!("/{}", path::escape(path));
        let info = match found {
            Found::Nothing => return None,
            Found::Info(info) => info,
            Found::Unreadable => {
                problems.push(Problem::new(
                    "go-build-info-unreadable",
                    subject(),
                    "Go built this executable, but what it wrote about it is damaged; its modules are missing from the report",
                ));
                return None;
            }
        };
        if info.go_version.is_empty() {
            problems.push(Problem::new(
                "go-version-unknown",
                subject(),
                "Go built this executable, but its version was not found; Go's own library is missing from the report",
            ));
        }
        postcard::to_allocvec(&info).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        for fragment in image.shown() {
            match postcard::from_bytes::<BuildInfo>(fragment.payload) {
                Ok(info) => list(&info, &fragment, joined),
                Err(_) => joined.problems.push(Problem::new(
                    "go-build-info-unreadable",
                    format!("/{}", path::escape(fragment.path)),
                    "what was kept of its build information cannot be read back",
                )),
            }
        }
    }
}

/// Adds the modules of one executable.
fn list(info: &BuildInfo, fragment: &ShownFragment<'_>, joined: &mut Joined) {
    let place = TreePath::parse(fragment.path).ok();
    let mut add = |mut package: Package| {
        package.purl = package_url(&package);
        package.layer = Some(fragment.layer);
        package.evidence.clone_from(&place);
        package.place.clone_from(&place);
        joined.packages.push(package);
    };
    if let Some(version) = info.released_with() {
        let mut package = Package::new(TYPE, STANDARD_LIBRARY, version);
        package.reason = InstallReason::Dependency;
        add(package);
    }
    for needed in &info.needs {
        let mut package = describe(needed);
        package.reason = InstallReason::Dependency;
        add(package);
    }
    if let Some(main) = &info.main {
        let mut package = describe(main);
        package.reason = InstallReason::Explicit;
        if let Some(version) = &info.flagged_version
            && package.version == UNKNOWN_VERSION
        {
            package.version.clone_from(version);
        }
        if package.origin.is_none() {
            package.origin.clone_from(&info.commit);
        }
        add(package);
        joined.owned.push((fragment.file, joined.packages.len() as u32 - 1));
    }
}

fn describe(module: &Module) -> Package {
    let version = if module.version.is_empty() { UNKNOWN_VERSION } else { &module.version };
    let mut package = Package::new(TYPE, &*module.path, version);
    package.origin.clone_from(&module.origin);
    package
}
