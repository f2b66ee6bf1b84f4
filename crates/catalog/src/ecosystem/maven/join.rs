//! From the archives of all layers to packages.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plimsoll_model::{FileId, FileKind, Package, Problem, TreePath, path};

use super::archive::{Statement, join as path_of};
use super::identity::{Artifact, Pom};
use super::{Found, Kept, Note, TYPE, package_url, repository, unpacked};
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
    name_by_repository(image, &mut archives);
    for (fragment, note) in &archives {
        list(fragment, note, joined);
    }
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
    let mut seen = HashMap::new();
    for Found { inner, artifact } in &note.found {
        let key = (inner, &artifact.group, &artifact.name, &artifact.version);
        let index = *seen.entry(key).or_insert_with(|| {
            let mut package = describe(artifact, fragment);
            package.place = Some(place(fragment.path, inner));
            joined.packages.push(package);
            joined.packages.len() as u32 - 1
        });
        if artifact.is_own && inner.is_empty() {
            joined.owned.push((fragment.file, index));
        }
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

/// The artifact that an archive itself is, where nothing in it states a group.
fn without_group(note: &mut Note) -> Option<&mut Artifact> {
    let own = |found: &&mut Found| found.artifact.is_own && found.inner.is_empty();
    note.found.iter_mut().find(own).map(|found| &mut found.artifact).filter(|own| own.group.is_none())
}

/// Gives archives without a group the one under which a repository of Maven links to them, as
/// those of distributions do: where the link has the same artifact, or where all links to the
/// archive agree on another one.
fn name_by_repository(image: &LayeredImage<'_>, archives: &mut [(ShownFragment<'_>, Note)]) {
    let mut wanted: HashMap<FileId, BTreeSet<(String, String)>> = HashMap::new();
    for (fragment, note) in archives.iter_mut() {
        if without_group(note).is_some() {
            wanted.insert(fragment.file, BTreeSet::new());
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
    for (fragment, note) in archives {
        let (Some(names), Some(own)) = (wanted.get(&fragment.file), without_group(note)) else { continue };
        let same: Vec<_> = names.iter().filter(|(_, artifact)| *artifact == own.name).collect();
        let named = match (same.as_slice(), names.len()) {
            ([one], _) => Some(*one),
            ([], 1) => names.first(),
            _ => None,
        };
        if let Some((group, artifact)) = named {
            (own.group, own.name) = (Some(group.clone()), artifact.clone());
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
