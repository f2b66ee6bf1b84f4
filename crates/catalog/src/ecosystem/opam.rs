//! OCaml packages: what opam installed into a switch.

mod lock;
mod syntax;
mod version;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use plimsoll_model::path::split;
use plimsoll_model::{Distribution, Package, PackageType, Problem, Purl, path};
use serde::{Deserialize, Serialize};

use self::syntax::{Field, Value};
use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::described::{Described, add, decode, own, own_tree};
use crate::reader::{Doc, Joined, LayeredImage, Reader, ShownFragment};

/// OCaml packages.
#[derive(Debug, Clone, Copy)]
pub struct Opam;

/// The purl type of OCaml packages.
pub const TYPE: PackageType = PackageType::new("opam");

/// A switch with every package there is lists them in 2 MB.
const MAX_STATE: u64 = 16 << 20;
/// The longest describe themselves in 100 KB.
const MAX_DESCRIPTION: u64 = 4 << 20;
/// A compiler leaves some five thousand files, in 500 KB.
const MAX_CHANGES: u64 = 32 << 20;

/// The directory in a switch that opam keeps its own files in.
const OWN: &[u8] = b".opam-switch";

const DOC: Doc = Doc {
    id: "opam",
    title: "OCaml packages",
    summary: "Packages that opam installed into a switch.",
    explanation: "Reads .opam-switch/switch-state of every switch, which lists what is installed and what somebody \
asked for; packages/NAME.VERSION/opam beside it for what each states of itself; and install/NAME.changes for the \
files that it brought, which it then owns. Where a switch has lost its state, the directories in packages speak.\n\n\
Licences are kept one per entry as opam lists them, which asks for SPDX expressions. The version is that of opam: \
the one in a library's META is its authors' own.\n\n\
Files that `opam lock` writes (*.opam.locked) merely name packages; those that are not installed in that version are \
listed as declared. Libraries that findlib finds (META) and that opam did not install are not listed: their names are \
not those of packages. What was linked into a program leaves nothing that is read.",
};

impl Ecosystem for Opam {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Switches]
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

fn package_url(package: &Package) -> Option<Purl> {
    Purl::new("opam", None, &package.name, Some(&package.version)).ok()
}

/// `NAME.VERSION`: names have no dots.
fn split_package(text: &str) -> Option<(&str, &str)> {
    text.split_once('.').filter(|(name, version)| !name.is_empty() && !version.is_empty())
}

/// What is kept of one file.
#[derive(Debug, Serialize, Deserialize)]
enum Note {
    /// What is installed, and what somebody asked for, where it says so.
    State {
        installed: Option<Vec<String>>,
        roots: Option<Vec<String>>,
    },
    Package(Box<Described>),
    /// The files and directories that a package brought, seen from the switch.
    Changes {
        files: Vec<String>,
        directories: Vec<String>,
    },
}

/// Reads switches.
#[derive(Debug, Clone, Copy)]
struct Switches;

impl Reader for Switches {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        2
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Shape("**/.opam-switch/switch-state"), limit: MAX_STATE },
            Claim { pattern: Pattern::Shape("**/.opam-switch/packages/*/opam"), limit: MAX_DESCRIPTION },
            Claim { pattern: Pattern::Inside("install", ".changes"), limit: MAX_CHANGES },
        ];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let (directory, name) = split(path);
        let is_changes = name.ends_with(b".changes");
        if is_changes && split(split(directory).0).1 != OWN {
            return None;
        }
        let (fields, is_whole) = syntax::parse(&String::from_utf8_lossy(content));
        if !is_whole {
            problems.push(Problem::new(
                "opam-file-damaged",
                format!("/{}", path::escape(path)),
                "it is not in opam's format to its end; what stands behind the fault is missing from the report",
            ));
        }
        let texts = |name: &str| syntax::field(&fields, name).map(Value::texts);
        let note = if is_changes {
            changes(&fields)
        } else if name == b"opam" {
            Note::Package(Box::new(describe(&fields)))
        } else {
            Note::State { installed: texts("installed"), roots: texts("roots") }
        };
        postcard::to_allocvec(&note).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let mut problems = Vec::new();
        let notes = decode::<Note>(image, "opam-file-damaged", &mut problems);
        let mut switches: BTreeMap<&[u8], Switch<'_>> = BTreeMap::new();
        for (fragment, note) in &notes {
            let Some(root) = switch_of(fragment.path) else { continue };
            let switch = switches.entry(root).or_default();
            let (directory, name) = split(fragment.path);
            match note {
                Note::State { installed, roots } => {
                    switch.state = Some((fragment, installed.as_deref(), roots.as_deref()));
                }
                Note::Package(described) => {
                    if let Ok(package) = std::str::from_utf8(split(directory).1) {
                        switch.described.insert(package, (fragment, described));
                    }
                }
                Note::Changes { files, directories } => {
                    let name = name.strip_suffix(b".changes").and_then(|name| std::str::from_utf8(name).ok());
                    switch.changes.extend(
                        name.map(|name| (name, (fragment, files.as_slice(), directories.as_slice()))),
                    );
                }
            }
        }
        for (root, switch) in switches {
            switch.join(image, root, joined, &mut problems);
        }
        joined.problems.append(&mut problems);
    }
}

/// The directory of the switch that a file of opam's own is of.
fn switch_of(file: &[u8]) -> Option<&[u8]> {
    let (mut at, mut name) = split(file);
    while name != OWN {
        if at.is_empty() {
            return None;
        }
        (at, name) = split(at);
    }
    Some(at)
}

/// Names with versions, where the state has such a list.
type Names<'a> = Option<&'a [String]>;

/// What is known of one switch.
#[derive(Default)]
struct Switch<'a> {
    state: Option<(&'a ShownFragment<'a>, Names<'a>, Names<'a>)>,
    /// By name and version.
    described: BTreeMap<&'a str, (&'a ShownFragment<'a>, &'a Described)>,
    /// By name.
    changes: BTreeMap<&'a str, (&'a ShownFragment<'a>, &'a [String], &'a [String])>,
}

impl Switch<'_> {
    fn join(&self, image: &LayeredImage<'_>, root: &[u8], joined: &mut Joined, problems: &mut Vec<Problem>) {
        let (installed, roots) = self.state.map_or((None, None), |(_, installed, roots)| (installed, roots));
        if let (Some((fragment, ..)), None) = (self.state, installed) {
            problems.push(Problem::new(
                "opam-file-damaged",
                format!("/{}", path::escape(fragment.path)),
                "it does not say what is installed; every package that the switch describes is taken for it",
            ));
        }
        let installed: BTreeSet<&str> = match installed {
            Some(installed) => installed.iter().map(String::as_str).collect(),
            None => self.described.keys().copied().collect(),
        };
        let roots: Option<BTreeSet<&str>> = roots.map(|roots| roots.iter().map(String::as_str).collect());
        for full_name in installed {
            let Some((name, version)) = split_package(full_name) else {
                problems.push(Problem::new(
                    "opam-package-unnamed",
                    format!("/{}", path::escape(root)),
                    format!("`{full_name}` is not a name with a version, so this package is missing from the report"),
                ));
                continue;
            };
            let found = self.described.get(full_name);
            let mut described = found.map_or_else(Described::default, |(_, described)| (*described).clone());
            (described.name, described.version) = (name.to_owned(), version.to_owned());
            described.is_explicit = roots.as_ref().map(|roots| roots.contains(full_name));
            let mut package = described.package(TYPE);
            package.purl = package_url(&package);
            let state = self.state.map(|(fragment, ..)| fragment);
            let Some(evidence) = found.map(|(fragment, _)| *fragment).or(state) else { continue };
            let own_directory = [root, slash(root), OWN, b"/packages/", full_name.as_bytes()].concat();
            let index = add(package, evidence, root, joined);
            if found.is_none() {
                // The state is the switch's, not one package's.
                joined.owned.pop();
            }
            own_tree(image, &own_directory, index, joined);
            let Some((fragment, files, directories)) = self.changes.get(name) else { continue };
            joined.owned.push((fragment.file, index));
            let paths: BTreeSet<&String> = files.iter().chain(*directories).collect();
            for path in paths {
                own(image, &[root, slash(root), path.as_bytes()].concat(), index, joined);
            }
        }
    }
}

const fn slash(root: &[u8]) -> &'static [u8] {
    if root.is_empty() { b"" } else { b"/" }
}

/// `added: [ "bin/hull" {"F:…"} "lib/hull" {"D"} ]`: what a package brought, and of which kind:
/// a file, a link or a directory. What it changed was there before.
fn changes(fields: &[Field]) -> Note {
    let (mut files, mut directories) = (Vec::new(), Vec::new());
    for (path, kind) in syntax::field(fields, "added").map(Value::marked_texts).unwrap_or_default() {
        let is_directory = kind.is_some_and(|kind| kind.trim_start_matches(['{', '"', ' ']).starts_with('D'));
        if is_directory { directories.push(path) } else { files.push(path) }
    }
    Note::Changes { files, directories }
}

/// What an opam file states. In a switch it does without name and version, which its directory has.
fn describe(fields: &[Field]) -> Described {
    let texts = |name: &str| syntax::field(fields, name).map(Value::texts).unwrap_or_default();
    let first = |name: &str| texts(name).into_iter().next();
    Described {
        licenses: texts("license"),
        requires: syntax::field(fields, "depends").map(Value::items).unwrap_or_default(),
        url: first("homepage"),
        summary: first("synopsis"),
        vendor: Some(texts("maintainer").join(", ")).filter(|names| !names.is_empty()),
        ..Described::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::dpkg::sample_image::{Read, Sample, read};
    use plimsoll_model::InstallReason;

    const STATE: &str = "opam-version: \"2.0\"\nroots: [\"hull.1.2.0~beta1\"]\n\
        installed: [\"hull.1.2.0~beta1\" \"keel.v0.9\"]\n";
    const HULL: &str = "opam-version: \"2.0\"\nsynopsis: \"A hull\"\ndescription: \"\"\"\nOf \"oak\".\n\"\"\"\n\
        maintainer: \"A <a@example.org>\"\nlicense: [\"MIT\" \"LGPL-2.1-only WITH OCaml-LGPL-linking-exception\"]\n\
        homepage: \"https://example.org/hull\"\ndepends: [\n  \"keel\" {>= \"v0.8\" & < \"v1\"}\n  (\"keel\" | \"mast\")\n]\n\
        install: [\n  [\"sh\" \"-c\" \"x\"] {os = \"linux\"}\n]\nurl {\n  src: \"https://example.org/a.tbz\"\n  checksum: [\"md5=0\"]\n}\n";
    const CHANGES: &str =
        "opam-version: \"2.0\"\nadded: [\n  \"bin/hull\" {\"F:S5T1795535945.\"}\n  \"lib/hull\" {\"D\"}\n]\n";

    fn look(samples: &[Sample<'_>]) -> Read {
        read(&[&Switches], &[samples])
    }

    #[test]
    fn where_the_state_says_nothing_the_descriptions_speak() {
        let read = look(&[
            Sample::File("root/.opam/sea/.opam-switch/switch-state", ""),
            Sample::File("root/.opam/sea/.opam-switch/packages/hull.1.2.0~beta1/opam", HULL),
        ]);
        let names: Vec<&str> = read.joined.packages.iter().map(|package| &*package.name).collect();
        assert_eq!(names, ["hull"]);
        assert_eq!(read.joined.packages[0].reason, InstallReason::Unknown);
        let codes: Vec<&str> = read.joined.problems.iter().map(|problem| problem.code.as_str()).collect();
        assert_eq!(codes, ["opam-file-damaged"]);
    }

    #[test]
    fn a_package_is_told_with_everything_that_it_states() {
        let read = look(&[
            Sample::File("root/.opam/sea/.opam-switch/switch-state", STATE),
            Sample::File("root/.opam/sea/.opam-switch/packages/hull.1.2.0~beta1/opam", HULL),
            Sample::File("root/.opam/sea/.opam-switch/install/hull.changes", CHANGES),
            Sample::File("root/.opam/sea/bin/hull", ""),
            Sample::File("root/.opam/sea/lib/hull/META", ""),
            Sample::File("srv/install/other.changes", CHANGES),
        ]);
        let [hull, keel] = read.joined.packages.as_slice() else { panic!("{:?}", read.joined.packages) };
        assert_eq!(hull.purl.as_ref().unwrap().to_string(), "pkg:opam/hull@1.2.0~beta1");
        assert_eq!(hull.licenses, ["MIT", "LGPL-2.1-only WITH OCaml-LGPL-linking-exception"]);
        assert_eq!(hull.summary.as_deref(), Some("A hull"));
        assert_eq!(hull.vendor.as_deref(), Some("A <a@example.org>"));
        assert_eq!(hull.requires, ["\"keel\" {>= \"v0.8\" & < \"v1\"}", "(\"keel\" | \"mast\")"]);
        assert_eq!(hull.reason, InstallReason::Explicit);
        assert_eq!(hull.place.as_ref().unwrap().to_string(), "/root/.opam/sea");
        let own = "/root/.opam/sea/.opam-switch";
        assert_eq!(
            read.paths_of("hull"),
            [
                format!("{own}/install/hull.changes"),
                format!("{own}/packages/hull.1.2.0~beta1"),
                format!("{own}/packages/hull.1.2.0~beta1/opam"),
                "/root/.opam/sea/bin/hull".to_owned(),
                "/root/.opam/sea/lib/hull".to_owned(),
            ]
        );
        assert_eq!((keel.version.as_str(), keel.reason), ("v0.9", InstallReason::Dependency));
        assert_eq!(keel.evidence.as_ref().unwrap().to_string(), format!("{own}/switch-state"));
        assert!(read.paths_of("keel").is_empty());
        assert_eq!((read.problems, read.joined.problems), (vec![], vec![]));
    }

    #[test]
    fn a_switch_without_its_state_has_what_is_described() {
        let read = look(&[Sample::File(".opam-switch/packages/hull.1.2.0~beta1/opam", HULL)]);
        let [hull] = read.joined.packages.as_slice() else { panic!("{:?}", read.joined.packages) };
        assert_eq!((hull.name.as_str(), hull.version.as_str()), ("hull", "1.2.0~beta1"));
        assert_eq!(hull.reason, InstallReason::Unknown);
    }

    #[test]
    fn damage_is_told_and_what_came_before_it_is_read() {
        let read = look(&[Sample::File(
            "s/.opam-switch/switch-state",
            "installed: [\"a.1\" \"b\"]\nroots: [\"a.1\"",
        )]);
        let names: Vec<&str> = read.joined.packages.iter().map(|each| each.name.as_str()).collect();
        assert_eq!(names, ["a"]);
        assert_eq!(read.problems[0].code.as_str(), "opam-file-damaged");
        assert_eq!(read.joined.problems[0].code.as_str(), "opam-package-unnamed");
    }
}
