//! From the files of all layers to packages.

use std::collections::{HashMap, HashSet};

use plimsoll_model::{FileId, FileKind, Package, Problem, TreePath, path};

use super::lock::Locked;
use super::manifest::Manifest;
use super::{Note, TYPE, holds_modules, package_url, split};
use crate::declared::{self, MAX_DECLARED};
use crate::described::{list, own_directory};
use crate::reader::{Joined, LayeredImage, ShownFragment};

pub(super) fn join(image: &LayeredImage<'_>, joined: &mut Joined) {
    let (mut modules, mut others, mut locks) = (Vec::new(), HashMap::new(), Vec::new());
    for fragment in image.shown() {
        match postcard::from_bytes(fragment.payload) {
            Ok(Note::Module(manifest)) => modules.push((fragment, manifest)),
            Ok(Note::Other(manifest)) => {
                others.insert(fragment.file, (fragment, manifest));
            }
            Ok(Note::Lock(locked)) => locks.push((fragment, locked)),
            Err(_) => joined.problems.push(Problem::new(
                "npm-manifest-damaged",
                format!("/{}", path::escape(fragment.path)),
                "what was kept of this file cannot be read back, so its facts are missing",
            )),
        }
    }
    modules.extend(linked(image, &mut others));
    let mut installed = HashSet::new();
    for (fragment, manifest) in &modules {
        let package = manifest.describe();
        let place = split(fragment.path).0;
        installed.insert((place.to_vec(), manifest.version.clone()));
        let directory = image.files.table().parent(fragment.file);
        let index = list(package, fragment, place, joined);
        own_files(image, directory, index, joined);
    }
    let mut named = Declared { installed: &installed, seen: HashSet::new(), left_out: 0 };
    for (fragment, locked) in &locks {
        named.add(fragment, locked, joined);
    }
    joined.problems.extend(declared::left_out(&TYPE, named.left_out));
}

/// The manifests elsewhere that a link in a directory of modules leads to, each once.
fn linked<'a>(
    image: &LayeredImage<'_>,
    others: &mut HashMap<FileId, (ShownFragment<'a>, Manifest)>,
) -> Vec<(ShownFragment<'a>, Manifest)> {
    let table = image.files.table();
    let mut found = Vec::new();
    if others.is_empty() {
        return found;
    }
    let mut name = Vec::new();
    for link in table.ids().filter(|id| table.record(*id).kind == FileKind::Symlink) {
        let mut directory = table.parent(link);
        if table.name(directory).starts_with(b"@") {
            directory = table.parent(directory);
        }
        if !matches!(table.name(directory), b"node_modules" | b"nodejs") {
            continue;
        }
        table.write_path(directory, &mut name);
        if !holds_modules(&name) {
            continue;
        }
        table.write_path(link, &mut name);
        let target = image.files.follow(&name);
        let manifest = target.and_then(|target| image.files.child(target, b"package.json"));
        found.extend(manifest.and_then(|manifest| others.remove(&manifest)));
    }
    found
}

/// Everything in a package's directory, but for the packages that lie in a `node_modules` there.
fn own_files(image: &LayeredImage<'_>, directory: FileId, index: u32, joined: &mut Joined) {
    let table = image.files.table();
    let holds_others = |id| table.record(id).kind == FileKind::Directory && table.name(id) == b"node_modules";
    own_directory(image, directory, holds_others, index, joined);
}

/// What lock files name.
struct Declared<'a> {
    installed: &'a HashSet<(Vec<u8>, String)>,
    seen: HashSet<(&'a str, &'a str)>,
    left_out: usize,
}

impl<'a> Declared<'a> {
    /// Lists what a lock file names and what is not installed where it says, each version once.
    fn add(&mut self, fragment: &ShownFragment<'_>, locked: &'a [Locked], joined: &mut Joined) {
        let directory = split(fragment.path).0;
        for each in locked {
            let place = TreePath::parse(&[directory, b"/", each.path.as_bytes()].concat());
            let is_there = place.is_ok_and(|place| {
                self.installed.contains(&(place.as_bytes().to_vec(), each.version.clone()))
            });
            if is_there || !self.seen.insert((&each.name, &each.version)) {
                continue;
            }
            if self.seen.len() > MAX_DECLARED {
                self.left_out += 1;
                continue;
            }
            let mut package = Package::new(TYPE, &*each.name, &*each.version);
            package.licenses.clone_from(&each.licenses);
            package.declared = true;
            package.layer = Some(fragment.layer);
            package.evidence = TreePath::parse(fragment.path).ok();
            package.purl = package_url(&package);
            joined.packages.push(package);
        }
    }
}
