//! From the files of all layers to packages.

use std::collections::{HashMap, HashSet};

use plimsoll_model::{FileId, FileKind, Package, Problem, TreePath, path};

use super::lock::Locked;
use super::manifest::Manifest;
use super::{Note, TYPE, holds_modules, package_url, split};
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
        let mut package = manifest.describe();
        let place = split(fragment.path).0;
        installed.insert((place.to_vec(), manifest.version.clone()));
        package.layer = Some(fragment.layer);
        package.evidence = TreePath::parse(fragment.path).ok();
        package.place = TreePath::parse(place).ok();
        let directory = image.files.table().parent(fragment.file);
        own_files(image, directory, joined.packages.len() as u32, &mut joined.owned);
        joined.packages.push(package);
    }
    for (fragment, locked) in &locks {
        declare(fragment, locked, &installed, joined);
    }
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
fn own_files(image: &LayeredImage<'_>, directory: FileId, index: u32, owned: &mut Vec<(FileId, u32)>) {
    let table = image.files.table();
    let end = table.subtree_end(directory);
    let mut at = directory;
    while at < end {
        if table.record(at).kind == FileKind::Directory
            && table.name(at) == b"node_modules"
            && at != directory
        {
            at = table.subtree_end(at);
            continue;
        }
        owned.push((at, index));
        at = FileId(at.0 + 1);
    }
}

/// Lists what a lock file names and what is not installed where it says, each version once.
fn declare(
    fragment: &ShownFragment<'_>,
    locked: &[Locked],
    installed: &HashSet<(Vec<u8>, String)>,
    joined: &mut Joined,
) {
    let directory = split(fragment.path).0;
    let mut seen = HashSet::new();
    for each in locked {
        let place = TreePath::parse(&[directory, b"/", each.path.as_bytes()].concat());
        let is_there =
            place.is_ok_and(|place| installed.contains(&(place.as_bytes().to_vec(), each.version.clone())));
        if is_there || !seen.insert((&each.name, &each.version)) {
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
