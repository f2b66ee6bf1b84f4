//! Reads assemblies that nothing else accounts for: no list of an application, no package that
//! NuGet unpacked, none of the operating system.

use std::collections::HashSet;

use plimsoll_model::package::is_of_distribution;
use plimsoll_model::{FileId, Package, PackageType, Problem, path};
use serde::{Deserialize, Serialize};

use super::version::Version;
use super::{ASSEMBLY_DOC, TYPE, package_url};
use crate::claim::{Claim, Pattern};
use crate::described::add;
use crate::executable::binary::{Kept, PORTABLE};
use crate::executable::metadata::{self, Assembly, Found};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// Whether packages of a kind account for an assembly: the application's own, and those of
/// operating systems, which patch what they ship. What a wheel or an npm package has in it is its own.
fn accounts(kind: &PackageType) -> bool {
    *kind == TYPE || is_of_distribution(kind.as_str())
}

/// What is kept of one assembly.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Note {
    Assembly {
        name: String,
        /// The version of the package where the author states one, else the assembly's.
        version: String,
        /// The version by which programs ask for it.
        assembly_version: String,
    },
    /// It is one, but what it says of itself was not read.
    Unreadable,
}

impl Note {
    /// The package, not knowing yet where it is; `None` where nothing was read.
    pub(super) fn package(self) -> Option<Package> {
        let Self::Assembly { name, version, assembly_version } = self else { return None };
        let mut package = Package::new(TYPE, name, version);
        package.origin = Some(format!("assembly {assembly_version}"));
        package.purl = package_url(&package);
        Some(package)
    }
}

/// Whether an assembly is somebody's program or library, and with which version.
pub(super) fn note(assembly: Assembly) -> Option<Note> {
    // Translations belong to the assembly that they translate; what describes another one for
    // compilers is not the other one.
    if assembly.is_reference || !assembly.culture.is_empty() || assembly.name.is_empty() {
        return None;
    }
    let assembly_version = assembly.version.map(|number| number.to_string()).join(".");
    let stated = assembly.informational_version.as_deref().map(str::trim);
    // What follows the plus sign is the commit.
    let stated = stated.map(|version| version.split('+').next().unwrap_or_default());
    let stated = stated.filter(|version| Version::parse(version).is_some());
    let version = match stated {
        Some(version) => version.to_owned(),
        None if assembly.version == [0; 4] => return None,
        None => assembly_version.clone(),
    };
    Some(Note::Assembly { name: assembly.name, version, assembly_version })
}

/// Reads assemblies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Assemblies;

impl Reader for Assemblies {
    fn doc(&self) -> &'static Doc {
        &ASSEMBLY_DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[Claim { pattern: Pattern::Magic(PORTABLE), limit: u64::MAX }];
        CLAIMS
    }

    fn read(&self, _: &[u8], content: &[u8], _: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let note = match metadata::find(&Kept::of(content)) {
            Found::Nothing => return None,
            Found::Assembly(assembly) => note(assembly)?,
            Found::Unreadable => Note::Unreadable,
        };
        postcard::to_allocvec(&note).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let fragments = image.shown();
        let files: HashSet<FileId> = fragments.iter().map(|fragment| fragment.file).collect();
        let counts = |owner: u32| {
            let owner = joined.packages.get(owner as usize);
            owner.is_some_and(|owner| accounts(&owner.kind))
        };
        let owned = joined.owned.iter().filter(|(file, owner)| files.contains(file) && counts(*owner));
        let owned: HashSet<FileId> = owned.map(|(file, _)| *file).collect();
        for fragment in fragments.iter().filter(|fragment| !owned.contains(&fragment.file)) {
            let note = postcard::from_bytes::<Note>(fragment.payload).ok();
            let Some(package) = note.and_then(Note::package) else {
                joined.problems.push(Problem::new(
                    "assembly-unreadable",
                    format!("/{}", path::escape(fragment.path)),
                    "it is a .NET assembly that no package accounts for, and what it says of itself could not be read; it is missing from the report",
                ));
                continue;
            };
            add(package, fragment, fragment.path, joined);
        }
    }
}
