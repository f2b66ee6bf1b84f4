//! .NET: what applications are made of, what NuGet unpacked, assemblies, and what lock files name.

mod assembly;
mod bundle;
mod list;
mod lock;
mod specification;
#[cfg(test)]
mod tests;
mod version;

use std::cmp::Ordering;
use std::collections::HashSet;

use plimsoll_model::path::split;
use plimsoll_model::{
    Distribution, FileId, InstallReason, Package, PackageType, Problem, Purl, TreePath, path,
};
use serde::{Deserialize, Serialize};

use self::list::{Kind, Listed};
use self::specification::Specification;
use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::described;
use crate::reader::{Doc, Joined, LayeredImage, Reader, ShownFragment};

/// .NET packages.
#[derive(Debug, Clone, Copy)]
pub struct Nuget;

/// The purl type of .NET packages.
pub const TYPE: PackageType = PackageType::new("nuget");

/// The list of an application of five hundred packages has 1 MB.
const MAX_LIST: u64 = 32 << 20;
/// A specification is a page or two.
const MAX_SPECIFICATION: u64 = 1 << 20;

const DOC: Doc = Doc {
    id: "nuget",
    title: ".NET packages",
    summary: "NuGet packages of .NET applications and of .NET itself, and assemblies that no package brought.",
    explanation: "Reads the *.deps.json that a build leaves beside an application, and beside each part of \
.NET itself, whose own packages (Microsoft.NETCore.App.Runtime.linux-x64) tell the version of the runtime: of a shared \
framework, the release that its directory is called, where the list names the build that became it. \
A package of such a list is installed if one of its files is there: beside the list, or where the list says; \
one of which no file is there is only declared. The project whose name the list has counts as asked for; it and \
other projects are listed with the packages. Where NuGet unpacked packages (NAME/VERSION/NAME.nuspec), each is \
listed with what is in its directory.\n\n\
An assembly (a dll or exe for .NET, told by its header) that neither such a package nor one of the operating \
system owns is listed by the name in \
its own manifest, with the version that its author states for people (AssemblyInformationalVersion, which builds \
set to the package's) where that is a version of NuGet's, else with the assembly's version; its origin is \
`assembly` with the latter. Nothing is guessed from file names. Assemblies that state no version, that hold only \
translations, or that only describe another one for compilers are not listed, nor are dlls that are not for .NET.\n\n\
An application that is bundled into a single file is opened: its list inside counts like one beside an application, \
and assemblies inside that the list does not have speak for themselves, unless they are compressed or the \
file is larger than 16 MB, of which the list alone is read.\n\n\
packages.lock.json and packages.config merely name packages; those that are not installed in that version \
anywhere in the image are listed as declared.",
};

const ASSEMBLY_DOC: Doc = Doc { id: "nuget-assembly", ..DOC };
const BUNDLE_DOC: Doc = Doc { id: "nuget-bundle", ..DOC };

impl Ecosystem for Nuget {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        static READERS: [&dyn Reader; 2] = [&Lists, &bundle::Bundles];
        &READERS
    }

    fn late_readers(&self) -> &'static [&'static dyn Reader] {
        static READERS: [&dyn Reader; 2] = [&assembly::Assemblies, &lock::LOCKS];
        &READERS
    }

    fn purl(&self, package: &Package, _: Option<&Distribution>) -> Option<Purl> {
        package_url(package)
    }

    fn order(&self, left: &str, right: &str) -> Option<Ordering> {
        version::order(left, right)
    }
}

/// `pkg:nuget/Newtonsoft.Json@13.0.1`.
fn package_url(package: &Package) -> Option<Purl> {
    Purl::new("nuget", None, &package.name, Some(&package.version)).ok()
}

/// How the lists of applications end.
const LIST: &str = ".deps.json";

/// The name and the version of the directories that a specification lies in, where they are those
/// that NuGet unpacks packages to: NAME/VERSION/NAME.nuspec.
fn unpacked(path: &[u8]) -> Option<(&[u8], &str)> {
    let (directory, file) = split(path);
    let (above, version) = split(directory);
    let (name, version) = (split(above).1, std::str::from_utf8(version).ok()?);
    let is_there = file.strip_suffix(b".nuspec")?.eq_ignore_ascii_case(name);
    (is_there && version::Version::parse(version).is_some()).then_some((name, version))
}

impl Specification {
    /// Whether it is what its directories say, of which NuGet calls one as it normalises the
    /// version: 1.0.0 for 1.0.
    fn is(&self, (name, version): (&[u8], &str)) -> bool {
        name.eq_ignore_ascii_case(self.name.as_bytes())
            && version::order(version, &self.version) == Some(Ordering::Equal)
    }
}

/// What is kept of one file.
#[derive(Debug, Serialize, Deserialize)]
enum Note {
    List(Vec<Listed>),
    Specification(Specification),
}

/// Reads lists of applications, and specifications of packages.
#[derive(Debug, Clone, Copy)]
struct Lists;

impl Reader for Lists {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        2
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Extension(LIST), limit: MAX_LIST },
            Claim { pattern: Pattern::Extension(".nuspec"), limit: MAX_SPECIFICATION },
        ];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let content = content.strip_prefix(b"\xef\xbb\xbf".as_slice()).unwrap_or(content);
        let note = if path.ends_with(LIST.as_bytes()) {
            let Some(listed) = list::parse(content) else {
                // Other tools have files of such names too.
                memchr::memmem::find(content, b"runtimeTarget")?;
                problems.push(Problem::new(
                    "dotnet-list-damaged",
                    format!("/{}", path::escape(path)),
                    "it is not in the format of lists of .NET applications, so the packages that it lists are missing from the report",
                ));
                return None;
            };
            if listed.incomplete > 0 {
                problems.push(Problem::new(
                    "dotnet-list-incomplete",
                    format!("/{}", path::escape(path)),
                    format!(
                        "{} of its entries state no name or no version, and are missing from the report",
                        listed.incomplete
                    ),
                ));
            }
            Note::List(listed.entries)
        } else {
            // One that lies elsewhere is a recipe for a package.
            let place = unpacked(path)?;
            let Some(specification) = Specification::parse(content).filter(|each| each.is(place)) else {
                problems.push(Problem::new(
                    "nuget-specification-unreadable",
                    format!("/{}", path::escape(path)),
                    "it does not state the name and version that its directories have, so this package is missing from the report",
                ));
                return None;
            };
            Note::Specification(specification)
        };
        postcard::to_allocvec(&note).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let mut absent = Vec::new();
        for fragment in image.shown() {
            match postcard::from_bytes(fragment.payload) {
                Ok(Note::List(listed)) => {
                    absent.extend(listed.iter().filter_map(|each| add(image, &fragment, each, joined)));
                }
                Ok(Note::Specification(specification)) => unpack(image, &fragment, &specification, joined),
                Err(_) => joined.problems.push(Problem::new(
                    "dotnet-list-damaged",
                    format!("/{}", path::escape(fragment.path)),
                    "what was kept of this list cannot be read back",
                )),
            }
        }
        declare(absent, joined);
    }
}

/// Lists what lists name and what is not there in that version, once.
fn declare(absent: Vec<Package>, joined: &mut Joined) {
    let key = |package: &Package| (package.name.to_ascii_lowercase(), package.version.clone());
    let ours = joined.packages.iter().filter(|package| package.kind == TYPE);
    let mut known: HashSet<(String, String)> = ours.map(key).collect();
    joined.packages.extend(absent.into_iter().filter(|package| known.insert(key(package))));
}

/// Adds an entry of a list; answers with one of which no file is there.
fn add(
    image: &LayeredImage<'_>,
    fragment: &ShownFragment<'_>,
    listed: &Listed,
    joined: &mut Joined,
) -> Option<Package> {
    let (directory, file) = split(fragment.path);
    let find = |name: &String| image.files.resolve(&[directory, b"/", name.as_bytes()].concat());
    let files: Vec<FileId> = listed.files.iter().filter_map(|names| names.iter().find_map(find)).collect();
    let mut package = Package::new(TYPE, &*listed.name, released_version(fragment.path, &listed.version));
    package.requires.clone_from(&listed.requires);
    package.purl = package_url(&package);
    let application = file.strip_suffix(LIST.as_bytes()).unwrap_or(file);
    let is_application =
        listed.kind == Kind::Project && application.eq_ignore_ascii_case(listed.name.as_bytes());
    package.reason = if is_application { InstallReason::Explicit } else { InstallReason::Dependency };
    if files.is_empty() {
        package.declared = true;
        package.layer = Some(fragment.layer);
        package.evidence = TreePath::parse(fragment.path).ok();
        return Some(package);
    }
    let enter = if is_application { described::add } else { described::list };
    let index = enter(package, fragment, directory, joined);
    joined.owned.extend(files.into_iter().map(|file| (file, index)));
    None
}

/// The version of a package in a list. A shared framework lies in shared/NAME/VERSION, which is the
/// version that `dotnet` says it is; up to 3.1 its list has the name of the build that became this
/// release, `VERSION-servicing.22122.4`.
fn released_version<'a>(list: &'a [u8], version: &'a str) -> &'a str {
    let released = || {
        let (above, release) = split(split(list).0);
        let release = std::str::from_utf8(release).ok()?;
        let is_build = version.strip_prefix(release)?.starts_with("-servicing.");
        (split(split(above).0).1 == b"shared" && is_build).then_some(release)
    };
    released().unwrap_or(version)
}

/// Adds a package that NuGet unpacked.
fn unpack(
    image: &LayeredImage<'_>,
    fragment: &ShownFragment<'_>,
    specification: &Specification,
    joined: &mut Joined,
) {
    let directory = split(fragment.path).0;
    let index = described::list(specification.describe(), fragment, directory, joined);
    described::own_tree(image, directory, index, joined);
}
