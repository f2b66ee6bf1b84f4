//! From the archives of all layers to packages.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use plimsoll_model::{FileId, FileKind, Package, Problem, TreePath, path};

use super::archive::{Statement, join as path_of};
use super::identity::{Artifact, Pom};
use super::{Kept, Note, TYPE, package_url, repository, unpacked};
use crate::reader::{Joined, LayeredImage, ShownFragment};

/// How many of the archives that do not say what they are the problem about them names.
const NAMED: usize = 3;

pub(super) fn join(image: &LayeredImage<'_>, joined: &mut Joined) {
    let mut archives = Vec::new();
    // Directory, group and artifact; what the two files say; and the file that is the evidence.
    let mut poms: BTreeMap<(String, String, String), (Pom, ShownFragment<'_>)> = BTreeMap::new();
    for fragment in image.shown() {
        match postcard::from_bytes(fragment.payload) {
            Ok(Kept::Archive(note)) => archives.push((fragment, note)),
            Ok(Kept::Unpacked(pom)) => {
                let Some((directory, Statement::Pom(group, artifact, _))) = unpacked(fragment.path) else {
                    continue;
                };
                let key = (directory.to_owned(), group, artifact);
                // In path order, so pom.properties is first.
                poms.entry(key).or_insert_with(|| (Pom::default(), fragment)).0.complete(pom);
            }
            Err(_) => joined.problems.push(Problem::new(
                "java-archive-damaged",
                format!("/{}", path::escape(fragment.path)),
                "what was kept of this archive cannot be read back, so what it holds is missing",
            )),
        }
    }
    let first = joined.packages.len();
    for (fragment, note) in &archives {
        list(fragment, note, joined);
    }
    name_by_repository(image, first, joined);
    for ((directory, group, artifact), (pom, fragment)) in poms {
        match pom.artifact(&(group, artifact)) {
            Ok(artifact) => {
                let mut package = describe(&artifact, &fragment);
                package.place = TreePath::parse(directory.as_bytes()).ok();
                joined.owned.push((fragment.file, joined.packages.len() as u32));
                joined.packages.push(package);
            }
            Err(name) => joined.problems.push(Problem::new(
                "java-version-unknown",
                format!("/{}", path::escape(fragment.path)),
                format!(
                    "{name} states no version here, so it is missing from the report and nobody judged it"
                ),
            )),
        }
    }
    joined.problems.extend(unidentified(&archives));
}

/// Adds what is in one archive, each artifact once at each place.
fn list(fragment: &ShownFragment<'_>, note: &Note, joined: &mut Joined) {
    let mut seen = HashSet::new();
    for found in &note.found {
        let artifact = &found.artifact;
        if !seen.insert((&found.inner, &artifact.group, &artifact.name, &artifact.version)) {
            continue;
        }
        let mut package = describe(artifact, fragment);
        package.place = Some(place(fragment.path, &found.inner));
        if artifact.is_own && found.inner.is_empty() {
            joined.owned.push((fragment.file, joined.packages.len() as u32));
        }
        joined.packages.push(package);
    }
}

fn describe(artifact: &Artifact, fragment: &ShownFragment<'_>) -> Package {
    let name = match &artifact.group {
        Some(group) => format!("{group}:{}", artifact.name),
        None => artifact.name.clone(),
    };
    let mut package = Package::new(TYPE, name, &*artifact.version);
    package.licenses.clone_from(&artifact.licences);
    package.vendor.clone_from(&artifact.vendor);
    package.url.clone_from(&artifact.url);
    package.summary.clone_from(&artifact.summary);
    package.layer = Some(fragment.layer);
    package.evidence = TreePath::parse(fragment.path).ok();
    package.purl = package_url(&package);
    package
}

/// The path of an archive, with the path inside it where it lies in another. Names in archives
/// are anything at all, and none may climb out of its archive.
fn place(outer: &[u8], inner: &[u8]) -> TreePath {
    let mut clean = Vec::with_capacity(inner.len());
    for part in inner.split(|byte| *byte == b'/') {
        if !clean.is_empty() {
            clean.push(b'/');
        }
        match part {
            b".." => clean.extend_from_slice(b"\\x2e\\x2e"),
            part => clean.extend(part.iter().map(|byte| if *byte == 0 { b'?' } else { *byte })),
        }
    }
    let whole = TreePath::parse(&path_of(outer, &clean));
    whole.or_else(|_| TreePath::parse(outer)).unwrap_or_default()
}

/// Gives packages without a group the one under which a repository of Maven links to their
/// archive, as those of distributions do: where the link has the same artifact, or where all links
/// to the archive agree on another one.
fn name_by_repository(image: &LayeredImage<'_>, first: usize, joined: &mut Joined) {
    let mut wanted: BTreeMap<FileId, BTreeSet<(String, String)>> = BTreeMap::new();
    for (file, package) in &joined.owned {
        let package = joined.packages.get(*package as usize).filter(|_| *package as usize >= first);
        if package.is_some_and(|package| package.purl.is_none()) {
            wanted.insert(*file, BTreeSet::new());
        }
    }
    if wanted.is_empty() {
        return;
    }
    let table = image.files.table();
    let mut name = Vec::new();
    for link in table.ids().filter(|id| table.record(*id).kind == FileKind::Symlink) {
        if !table.name(link).ends_with(b".jar") {
            continue;
        }
        table.write_path(link, &mut name);
        let Some((group, artifact, _)) = repository::coordinates(&name) else { continue };
        let target = image.files.follow(&name);
        if let Some(names) = target.and_then(|target| wanted.get_mut(&target)) {
            names.insert((group, artifact));
        }
    }
    for (file, package) in &joined.owned {
        let Some(names) = wanted.get(file) else { continue };
        let Some(package) = joined.packages.get_mut(*package as usize) else { continue };
        if package.kind != TYPE || package.purl.is_some() {
            continue;
        }
        let same: Vec<_> = names.iter().filter(|(_, artifact)| *artifact == package.name).collect();
        let named = match (same.as_slice(), names.len()) {
            ([one], _) => Some(*one),
            ([], 1) => names.first(),
            _ => None,
        };
        if let Some((group, artifact)) = named {
            package.name = format!("{group}:{artifact}");
            package.purl = package_url(package);
        }
    }
}

/// One problem for all archives that do not say what they are.
fn unidentified(archives: &[(ShownFragment<'_>, Note)]) -> Option<Problem> {
    let paths: Vec<String> = archives
        .iter()
        .flat_map(|(fragment, note)| note.unknown.iter().map(|inner| place(fragment.path, inner).to_string()))
        .collect();
    let (first, count) = (paths.first()?, paths.len());
    let named = paths.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if count > NAMED { ", …" } else { "" };
    let who = if count == 1 {
        "one archive of Java does not say what it is".to_owned()
    } else {
        format!("{count} archives of Java do not say what they are ({named}{more})")
    };
    let detail = format!(
        "{who}: no pom, manifest or file name states a name and a version, so only what lies inside is in the report, and nobody judged the rest"
    );
    Some(Problem::new("java-archive-unidentified", first.clone(), detail))
}
