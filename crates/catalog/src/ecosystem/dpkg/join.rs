//! Packages of an image, joined from the databases and lists of all its layers.

use std::collections::{HashMap, HashSet};

use plimsoll_model::evidence::{RecordedDigest, RecordedFile};
use plimsoll_model::path::split;
use plimsoll_model::{
    Distribution, FileId, FileKind, InstallReason, Package, PathIndex, Problem, SourcePackage, TreePath,
};

use super::diversions::Diversions;
use super::paths::{ListKind, for_each};
use super::status::{Details, Key, decode_details, decode_keys, unfold};
use super::{Place, TYPE, place};
use crate::ecosystem::bringing_layers;
use crate::reader::{Joined, LayerFragment, LayeredImage};

/// How many names a problem quotes before it only counts.
const MAX_NAMES: usize = 5;

/// The fragments of an image, by what they are. Only those that still show, except for the
/// databases, whose history says when a package came.
#[derive(Default)]
struct Parts<'a> {
    /// Every version of `status` and of each file of `status.d`, by path, the lowest first.
    databases: Vec<(&'a [u8], Vec<LayerFragment<'a>>)>,
    /// Lists by the kind and the name before the ending.
    lists: HashMap<(Place<'a>, &'a [u8]), &'a [u8]>,
    licenses: HashMap<FileId, &'a [u8]>,
    automatic: Option<&'a [u8]>,
    diversions: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    fn sort(fragments: &'a [LayerFragment<'a>]) -> Self {
        let mut parts = Self::default();
        let mut known: HashMap<&[u8], usize> = HashMap::new();
        for fragment in fragments {
            let Some(place) = place(fragment.path) else { continue };
            if matches!(place, Place::Status | Place::SingleStatus(_)) {
                let slot = *known.entry(fragment.path).or_insert_with(|| {
                    parts.databases.push((fragment.path, Vec::new()));
                    parts.databases.len() - 1
                });
                if let Some((_, history)) = parts.databases.get_mut(slot) {
                    history.push(*fragment);
                }
                continue;
            }
            let Some(file) = fragment.file else { continue };
            match place {
                Place::List(stem, _) | Place::SingleDigests(stem) => {
                    parts.lists.insert((place.without_name(), stem), fragment.payload);
                }
                Place::Copyright => {
                    parts.licenses.insert(file, fragment.payload);
                }
                Place::Automatic => parts.automatic = Some(fragment.payload),
                Place::Diversions => parts.diversions = Some(fragment.payload),
                Place::Status | Place::SingleStatus(_) => {}
            }
        }
        parts.databases.sort_by_key(|(path, _)| *path);
        parts
    }

    fn list(&self, kind: ListKind, stem: &[u8]) -> Option<&'a [u8]> {
        self.lists.get(&(Place::List(b"", kind), stem)).copied()
    }
}

/// What is known of one package before it is written down.
struct Installed<'a> {
    key: Key<'a>,
    details: Details<'a>,
    layer: u32,
    /// The file that says so.
    evidence: &'a [u8],
}

pub(super) fn join(image: &LayeredImage<'_>, joined: &mut Joined) {
    let parts = Parts::sort(image.fragments);
    let mut installed = Vec::new();
    for (path, history) in &parts.databases {
        read_database(path, history, &mut installed, joined);
    }
    let mut seen = HashSet::new();
    installed.retain(|package: &Installed<'_>| seen.insert((package.key.name, package.key.arch)));

    let first = joined.packages.len() as u32;
    let automatic = parts.automatic.and_then(|bytes| postcard::from_bytes::<Vec<(&str, &str)>>(bytes).ok());
    let automatic: Option<HashSet<(&str, &str)>> = automatic.map(HashSet::from_iter);
    let diversions = parts.diversions.map(Diversions::parse).unwrap_or_default();
    let mut owner = Owner {
        tree: Tree::new(image.files),
        diversions,
        parts: &parts,
        owned: &mut joined.owned,
        recorded: joined.with_evidence.then_some(&mut joined.evidence.recorded),
        stems: HashMap::new(),
        unlisted: Vec::new(),
        damaged: Vec::new(),
    };
    for (index, package) in (first..).zip(&installed) {
        owner.own_files(package, index);
        let mut listed = describe(package, joined.distribution.as_ref());
        listed.licenses = owner.licenses(package.key.name);
        listed.reason = reason(&package.key, automatic.as_ref());
        joined.packages.push(listed);
    }
    owner.own_database_files();
    let Owner { unlisted, damaged, .. } = owner;
    report(&unlisted, installed.len(), &damaged, joined);
}

/// Adds what the visible version of a database says is installed.
fn read_database<'a>(
    path: &'a [u8],
    history: &[LayerFragment<'a>],
    installed: &mut Vec<Installed<'a>>,
    joined: &mut Joined,
) {
    let Some(visible) = history.iter().rposition(|fragment| fragment.file.is_some()) else {
        return;
    };
    let mut versions = Vec::new();
    let mut details = None;
    for fragment in &history[..=visible] {
        if let Some((keys, rest)) = decode_keys(fragment.payload) {
            versions.push((fragment.layer, keys));
            details = Some(rest);
        } else {
            details = None;
        }
    }
    let (Some(details), Some((_, keys))) = (details.and_then(decode_details), versions.last()) else {
        joined.problems.push(Problem::new(
            "dpkg-status-damaged",
            subject(path),
            "what was kept of this package database cannot be read back, so its packages are missing",
        ));
        return;
    };
    let layers = bringing_layers(keys, &versions);
    for ((key, details), layer) in keys.iter().zip(details).zip(layers) {
        installed.push(Installed { key: *key, details, layer, evidence: path });
    }
}

fn describe(package: &Installed<'_>, distribution: Option<&Distribution>) -> Package {
    let Installed { key, details, layer, evidence } = package;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let (source, source_version) = details.source.unwrap_or((key.name, None));
    let list = |relations: &[&str]| relations.iter().map(|one| unfold(one).into_owned()).collect();
    let mut listed = Package::new(TYPE, key.name, key.version);
    listed.arch = owned(key.arch);
    // As dpkg-query's ${source:Version}: what does not say otherwise has its source's version.
    listed.source = Some(SourcePackage {
        name: source.to_owned(),
        version: Some(source_version.unwrap_or(key.version).to_owned()),
    });
    listed.size = details.size.and_then(|size| size.checked_mul(1024));
    listed.vendor = owned(details.maintainer);
    listed.origin = owned(details.origin);
    listed.requires = list(&details.requires);
    listed.provides = list(&details.provides);
    listed.url = owned(details.homepage);
    listed.summary = owned(details.summary);
    listed.layer = Some(*layer);
    listed.evidence = TreePath::parse(evidence).ok();
    listed.purl = super::package_url(&listed, distribution);
    listed
}

/// apt writes the native architecture for packages that fit all of them.
fn reason(key: &Key<'_>, automatic: Option<&HashSet<(&str, &str)>>) -> InstallReason {
    let Some(automatic) = automatic else { return InstallReason::Unknown };
    let marked = match key.arch {
        Some("all") | None => automatic.contains(&(key.name, "")),
        Some(arch) => automatic.contains(&(key.name, arch)),
    };
    if marked { InstallReason::Dependency } else { InstallReason::Explicit }
}

fn report(unlisted: &[&str], packages: usize, damaged: &[&str], joined: &mut Joined) {
    let quote = |names: &[&str]| {
        let mut text = names.iter().take(MAX_NAMES).copied().collect::<Vec<_>>().join(", ");
        if names.len() > MAX_NAMES {
            text.push_str(", …");
        }
        text
    };
    if !unlisted.is_empty() {
        joined.problems.push(Problem::new(
            "dpkg-file-list-missing",
            "/var/lib/dpkg/info",
            format!(
                "{} of {packages} packages have no list of files ({}), so no file counts as theirs",
                unlisted.len(),
                quote(unlisted)
            ),
        ));
    }
    if !damaged.is_empty() {
        joined.problems.push(Problem::new(
            "dpkg-file-list-damaged",
            "/var/lib/dpkg/info",
            format!("what was kept of the file lists of {} cannot be read back", quote(damaged)),
        ));
    }
}

fn subject(path: &[u8]) -> String {
    format!("/{}", plimsoll_model::path::escape(path))
}

/// Says which files belong to whom.
struct Owner<'a, 'j> {
    tree: Tree<'a>,
    diversions: Diversions<'a>,
    parts: &'j Parts<'a>,
    owned: &'j mut Vec<(FileId, u32)>,
    /// What is recorded of each file, where somebody asks.
    recorded: Option<&'j mut Vec<RecordedFile>>,
    /// Whose files of `info` and `status.d` are called so, up to the last dot.
    stems: HashMap<Vec<u8>, u32>,
    unlisted: Vec<&'a str>,
    damaged: Vec<&'a str>,
}

impl<'a> Owner<'a, '_> {
    fn own_files(&mut self, package: &Installed<'a>, index: u32) {
        let name = package.key.name;
        if let Some(Place::SingleStatus(stem)) = place(package.evidence) {
            let digests = self.parts.lists.get(&(Place::SingleDigests(b""), stem)).copied();
            match digests {
                Some(digests) => {
                    self.own_listed(digests, ListKind::Digests, name, index);
                    self.record(Some(digests), None, package, index);
                }
                None => self.unlisted.push(name),
            }
            for path in [package.evidence.to_vec(), [package.evidence, b".md5sums"].concat()] {
                self.own_path(&path, index);
            }
        } else {
            let plain = name.as_bytes().to_vec();
            let of_arch = format!("{name}:{}", package.key.arch.unwrap_or_default()).into_bytes();
            let spellings = if package.details.multi_arch_same { [of_arch, plain] } else { [plain, of_arch] };
            let stem = spellings.iter().find(|stem| self.parts.list(ListKind::Files, stem).is_some());
            let stem = stem.unwrap_or(&spellings[0]).clone();
            match self.parts.list(ListKind::Files, &stem) {
                Some(list) => self.own_listed(list, ListKind::Files, name, index),
                None => self.unlisted.push(name),
            }
            if let Some(list) = self.parts.list(ListKind::Configuration, &stem) {
                self.own_listed(list, ListKind::Configuration, name, index);
            }
            self.record(
                self.parts.list(ListKind::Digests, &stem),
                self.parts.list(ListKind::Files, &stem),
                package,
                index,
            );
            self.stems.insert(stem, index);
        }
        for file in &package.details.configuration {
            let path = self.diversions.place(file.path.as_bytes(), name);
            if let Some(id) = self.tree.resolve(path) {
                self.owned.push((id, index));
            }
        }
    }

    fn own_listed(&mut self, packed: &[u8], kind: ListKind, name: &'a str, index: u32) {
        let Self { tree, diversions, owned, .. } = self;
        let mut absolute = Vec::new();
        let read = for_each(packed, kind, |path, _| {
            let path = if diversions.is_empty() {
                path
            } else if path.starts_with(b"/") {
                diversions.place(path, name)
            } else {
                // Digest lists leave the leading slash out, diversions have it.
                absolute.clear();
                absolute.push(b'/');
                absolute.extend_from_slice(path);
                diversions.place(&absolute, name)
            };
            owned.extend(tree.resolve(path).map(|id| (id, index)));
        });
        if read.is_none() {
            self.damaged.push(name);
        }
    }

    /// Keeps what the database says of the content of files: their digests when they were
    /// installed, and of configuration those that the status has, which go before.
    fn record(&mut self, digests: Option<&[u8]>, list: Option<&[u8]>, package: &Installed<'a>, index: u32) {
        let Self { tree, diversions, recorded, damaged, .. } = self;
        let Some(recorded) = recorded else { return };
        let (name, first) = (package.key.name, recorded.len());
        let configuration: HashMap<&[u8], Option<[u8; 16]>> = package
            .details
            .configuration
            .iter()
            .map(|file| (file.path.trim_start_matches('/').as_bytes(), file.md5))
            .collect();
        let mut keep = |path: &[u8], md5: Option<[u8; 16]>, is_configuration: bool| {
            let absolute = [b"/", path].concat();
            let place = diversions.place(&absolute, name);
            let Ok(path) = TreePath::parse(place) else { return };
            recorded.push(RecordedFile {
                package: index,
                file: tree.resolve(place),
                path,
                digest: md5.map(RecordedDigest::Md5),
                size: None,
                mode: None,
                owner: None,
                is_configuration,
                may_be_missing: false,
                named: None,
            });
        };
        let read = digests.map_or(Some(()), |digests| {
            for_each(digests, ListKind::Digests, |path, md5| {
                let path = path.strip_prefix(b"./").unwrap_or(path);
                if !configuration.contains_key(path) {
                    keep(path, md5.copied(), false);
                }
            })
        });
        if read.is_none() && !damaged.contains(&name) {
            damaged.push(name);
        }
        for (path, md5) in &configuration {
            if md5.is_some() {
                keep(path, *md5, true);
            }
        }
        // Of what has no digest, directories and links, `dpkg --verify` tells what is missing.
        let known: HashSet<TreePath> = recorded
            .iter()
            .skip(first)
            .filter(|recorded| recorded.file.is_none())
            .map(|recorded| recorded.path.clone())
            .collect();
        let mut missing = |path: &[u8]| {
            let place = diversions.place(path, name);
            if let (None, Ok(path)) = (tree.resolve(place), TreePath::parse(place))
                && !known.contains(&path)
            {
                recorded.push(RecordedFile {
                    package: index,
                    path,
                    file: None,
                    digest: None,
                    size: None,
                    mode: None,
                    owner: None,
                    is_configuration: false,
                    may_be_missing: false,
                    named: None,
                });
            }
        };
        if let Some(list) = list {
            // A list that is damaged was told of when its files were owned.
            let _ = for_each(list, ListKind::Files, |path, _| missing(path));
        }
    }

    fn own_path(&mut self, path: &[u8], index: u32) {
        self.owned.extend(self.tree.resolve(path).map(|id| (id, index)));
    }

    /// The scripts and lists that dpkg keeps of a package belong to it.
    fn own_database_files(&mut self) {
        let Some(info) = self.tree.files.follow(super::INFO.as_bytes()) else { return };
        let table = self.tree.files.table();
        for id in table.children(info) {
            let name = table.name(id);
            let stem = name.iter().rposition(|byte| *byte == b'.').and_then(|dot| name.get(..dot));
            if let Some(index) = stem.and_then(|stem| self.stems.get(stem)) {
                self.owned.push((id, *index));
            }
        }
    }

    /// The licences of a package, through the links that packages of one source share.
    fn licenses(&self, name: &str) -> Vec<String> {
        let path = format!("{}/{name}/copyright", super::DOCUMENTATION);
        self.tree
            .files
            .follow(path.as_bytes())
            .and_then(|id| self.parts.licenses.get(&id))
            .and_then(|payload| postcard::from_bytes(payload).ok())
            .unwrap_or_default()
    }
}

/// Finds listed paths in the merged tree. Lists name directory after directory, so the way to
/// a directory is looked up once.
struct Tree<'a> {
    files: &'a PathIndex<'a>,
    known: HashMap<Vec<u8>, Option<FileId>>,
    last: Vec<u8>,
    last_id: Option<FileId>,
}

impl<'a> Tree<'a> {
    fn new(files: &'a PathIndex<'a>) -> Self {
        Self { files, known: HashMap::new(), last: Vec::new(), last_id: Some(FileId::ROOT) }
    }

    fn resolve(&mut self, path: &[u8]) -> Option<FileId> {
        let (directory, name) = split(path);
        if matches!(name, b"" | b"." | b"..") {
            return self.files.resolve(path);
        }
        if self.last != directory {
            self.last_id = match self.known.get(directory) {
                Some(id) => *id,
                None => {
                    let id = self
                        .files
                        .follow(directory)
                        .filter(|id| self.files.table().record(*id).kind == FileKind::Directory);
                    self.known.insert(directory.to_vec(), id);
                    id
                }
            };
            self.last.clear();
            self.last.extend_from_slice(directory);
        }
        self.files.child(self.last_id?, name)
    }
}
