//! Perl distributions: what cpanm, CPAN and `make install` leave beside the modules that they
//! install.

mod metadata;
#[cfg(test)]
mod tests;
mod version;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use plimsoll_model::path::split;
use plimsoll_model::{Distribution, Package, PackageType, Problem, Purl, path};
use serde::{Deserialize, Serialize};

use self::metadata::{Install, Meta};
use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::described::{Described, add, decode, own, own_tree};
use crate::reader::{Doc, Joined, LayeredImage, Reader, ShownFragment};

/// Perl distributions.
#[derive(Debug, Clone, Copy)]
pub struct Cpan;

/// The purl type of Perl distributions.
pub const TYPE: PackageType = PackageType::new("cpan");

/// The longest names a thousand modules.
const MAX_METADATA: u64 = 8 << 20;
/// A log that grows with every installation.
const MAX_LOG: u64 = 32 << 20;

const DOC: Doc = Doc {
    id: "cpan",
    title: "Perl distributions",
    summary: "Distributions of Perl modules that were installed from CPAN or from a folder.",
    explanation: "Reads install.json and MYMETA.json in .meta/DISTRIBUTION, which cpanm writes, and \
.packlist, which every installation leaves in auto/MODULE, with its version from perllocal.pod \
beside auto. A distribution that both tell of is one package.\n\n\
The package URL needs the author, whom only cpanm writes down; where nobody did, there is none. \
The modules that come with Perl, and those that the Linux distribution packaged, leave none of these \
files: they belong to Perl's package or to their own.\n\n\
A distribution owns the files that its .packlist lists.",
};

impl Ecosystem for Cpan {
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

    /// The author is not among what a package has, so a URL cannot be made later.
    fn purl(&self, package: &Package, _: Option<&Distribution>) -> Option<Purl> {
        package.purl.clone()
    }

    fn order(&self, left: &str, right: &str) -> Option<Ordering> {
        version::order(left, right)
    }
}

/// What is kept of one file.
#[derive(Debug, Serialize, Deserialize)]
enum Note {
    Install(Install),
    Meta(Meta),
    Files(Vec<String>),
    /// Modules and versions, the last installation last.
    Log(Vec<(String, String)>),
}

/// The directory that has `.meta`, and the name of the directory in there.
fn meta_home(file: &[u8]) -> Option<(&[u8], &[u8])> {
    let (above, distribution) = split(split(file).0);
    let (home, meta) = split(above);
    (meta == b".meta").then_some((home, distribution))
}

/// The directory that has `auto`, and the module (`Foo/Bar`) that the list in there is of.
fn list_home(file: &[u8]) -> Option<(&[u8], &[u8])> {
    let directory = split(file).0;
    let at = memchr::memmem::rfind(directory, b"/auto/").map(|at| at + 1);
    let at = at.or_else(|| directory.starts_with(b"auto/").then_some(0))?;
    Some((directory.get(..at.saturating_sub(1))?, directory.get(at + 5..)?))
}

/// Reads what installers leave.
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
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Name("install.json"), limit: MAX_METADATA },
            Claim { pattern: Pattern::Name("MYMETA.json"), limit: MAX_METADATA },
            Claim { pattern: Pattern::Name(".packlist"), limit: MAX_LOG },
            Claim { pattern: Pattern::Name("perllocal.pod"), limit: MAX_LOG },
        ];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let text = || String::from_utf8_lossy(content);
        let note = match split(path).1 {
            b".packlist" => {
                list_home(path)?;
                Note::Files(metadata::packlist(&text()))
            }
            b"perllocal.pod" => Note::Log(metadata::log(&text())),
            name => {
                meta_home(path)?;
                let note = if name == b"install.json" {
                    Install::parse(content).map(Note::Install)
                } else {
                    Meta::parse(content).map(Note::Meta)
                };
                if note.is_none() {
                    problems.push(Problem::new(
                        "perl-metadata-unreadable",
                        format!("/{}", path::escape(path)),
                        "it is not what cpanm writes there, so what it states is missing from the report",
                    ));
                }
                note?
            }
        };
        postcard::to_allocvec(&note).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let notes = decode::<Note>(image, "perl-metadata-unreadable", &mut joined.problems);
        Join { image, notes: &notes }.run(joined);
    }
}

/// All notes of an image.
struct Join<'a, 'b> {
    image: &'a LayeredImage<'a>,
    notes: &'b [(ShownFragment<'a>, Note)],
}

impl<'a> Join<'a, '_> {
    fn run(&self, joined: &mut Joined) {
        let by_path: HashMap<&[u8], &Note> =
            self.notes.iter().map(|(file, note)| (file.path, note)).collect();
        let mut told: HashSet<Vec<u8>> = HashSet::new();
        for (fragment, note) in self.notes {
            let (Note::Install(install), Some((home, _))) = (note, meta_home(fragment.path)) else {
                continue;
            };
            let meta = match by_path.get([split(fragment.path).0, b"/MYMETA.json"].concat().as_slice()) {
                Some(Note::Meta(meta)) => Some(meta),
                _ => None,
            };
            let Some(described) = install.describe(meta) else {
                joined.problems.push(incomplete(fragment.path));
                continue;
            };
            let mut package = described.package(TYPE);
            package.purl = install.author().and_then(|author| {
                Purl::new("cpan", Some(author), &package.name, Some(&package.version)).ok()
            });
            let index = add(package, fragment, home, joined);
            own_tree(self.image, split(fragment.path).0, index, joined);
            let list =
                [home, b"/auto/", install.module().replace("::", "/").as_bytes(), b"/.packlist"].concat();
            // Of several distributions that say they brought a module, the first has its files.
            if let Some(Note::Files(files)) = by_path.get(list.as_slice())
                && !told.contains(&list)
            {
                own(self.image, &list, index, joined);
                for file in files {
                    own(self.image, file.as_bytes(), index, joined);
                }
            }
            told.insert(list);
        }
        // Of a module that was installed more than once, the last line counts.
        let logs = self.notes.iter().filter_map(|(file, note)| match note {
            Note::Log(rows) => {
                Some((file.path, rows.iter().map(|(name, version)| (name, version)).collect()))
            }
            _ => None,
        });
        let logs: HashMap<&[u8], HashMap<&String, &String>> = logs.collect();
        for (fragment, note) in self.notes {
            let (Note::Files(files), Some((home, module))) = (note, list_home(fragment.path)) else {
                continue;
            };
            if told.contains(fragment.path) {
                continue;
            }
            let module = String::from_utf8_lossy(module).replace('/', "::");
            let log = [home, b"/perllocal.pod"].concat();
            let Some(version) = logs.get(log.as_slice()).and_then(|log| log.get(&module)) else {
                joined.problems.push(incomplete(fragment.path));
                continue;
            };
            let described = Described {
                name: module.replace("::", "-"),
                version: (*version).clone(),
                ..Described::default()
            };
            let index = add(described.package(TYPE), fragment, home, joined);
            for file in files {
                own(self.image, file.as_bytes(), index, joined);
            }
        }
    }
}

fn incomplete(file: &[u8]) -> Problem {
    Problem::new(
        "perl-version-unknown",
        format!("/{}", path::escape(file)),
        "nothing beside it states the version of this distribution, so it is missing from the report",
    )
}
