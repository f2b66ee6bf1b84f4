//! Packages of real images, compared row for row with what the distributions' own tools say.
//!
//! Needs the images that the project's test data builds (`PLIMSOLL_DATA`, by default
//! `~/.cache/plimsoll-data`); each image that is not there is skipped, saying so.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may stop where it cannot go on, and tells what it skips"
)]

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use plimsoll_catalog::{Claims, Joined, LayerFragment, join, readers};
use plimsoll_model::{FileKind, FileTable, FileTableBuilder, NewFile, NodeId, Problem, TreePath};

fn data() -> Option<PathBuf> {
    let data = std::env::var_os("PLIMSOLL_DATA")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/plimsoll-data")))?;
    data.is_dir().then_some(data)
}

struct Answer {
    joined: Joined,
    read_problems: Vec<Problem>,
    table: FileTable,
}

struct Made {
    layer: u32,
    path: Vec<u8>,
    node: NodeId,
    entry: usize,
    payload: Vec<u8>,
}

/// The tree under construction: which archive entry each place was last written by.
struct Tree {
    builder: FileTableBuilder,
    written: HashMap<NodeId, usize>,
}

impl Tree {
    fn directory(&mut self, path: &[u8]) -> NodeId {
        let mut at = NodeId::ROOT;
        for name in path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
            at = match self.builder.child(at, name) {
                Some(node) => node,
                None => self.builder.insert(at, name, &NewFile::IMPLICIT_DIRECTORY),
            };
        }
        at
    }

    fn put(&mut self, path: &[u8], file: &NewFile<'_>, entry: usize) -> NodeId {
        let slash = path.iter().rposition(|byte| *byte == b'/');
        let (directory, name) = slash.map_or((&b""[..], path), |slash| (&path[..slash], &path[slash + 1..]));
        let parent = self.directory(directory);
        if let Some(name) = name.strip_prefix(b".wh.") {
            if name == b".wh..opq" {
                self.builder.remove_children(parent, &mut |_| {});
            } else if let Some(node) = self.builder.child(parent, name) {
                self.builder.remove(node, &mut |_| {});
            }
            return parent;
        }
        if name.is_empty() {
            return NodeId::ROOT;
        }
        let node = match self.builder.child(parent, name) {
            Some(node) => {
                if file.kind != FileKind::Directory {
                    self.builder.remove_children(node, &mut |_| {});
                }
                self.builder.replace(node, file);
                node
            }
            None => self.builder.insert(parent, name, file),
        };
        self.written.insert(node, entry);
        node
    }
}

fn blob(layout: &Path, digest: &serde_json::Value) -> PathBuf {
    layout.join("blobs").join(digest.as_str().unwrap().replace(':', "/"))
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_reader(File::open(path).unwrap()).unwrap()
}

/// Reads every layer of an OCI layout with all readers and joins what they made.
fn look(layout: &Path) -> Answer {
    let manifest = json(&blob(layout, &json(&layout.join("index.json"))["manifests"][0]["digest"]));
    let readers = readers();
    let claims = Claims::compile(&readers);
    let mut tree = Tree { builder: FileTableBuilder::new(), written: HashMap::new() };
    let mut made: Vec<Vec<Made>> = readers.iter().map(|_| Vec::new()).collect();
    let mut read_problems = Vec::new();
    let (mut entries, mut wanted, mut content) = (0, Vec::new(), Vec::new());
    for (layer, descriptor) in manifest["layers"].as_array().unwrap().iter().enumerate() {
        let file = File::open(blob(layout, &descriptor["digest"])).unwrap();
        let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(file));
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            entries += 1;
            let path = TreePath::parse(&entry.path_bytes()).unwrap();
            let kind = match entry.header().entry_type() {
                tar::EntryType::Directory => FileKind::Directory,
                tar::EntryType::Symlink => FileKind::Symlink,
                _ => FileKind::File,
            };
            let link = entry.link_name_bytes().map(std::borrow::Cow::into_owned).unwrap_or_default();
            let new = NewFile { kind, link: &link, implicit: false, ..NewFile::IMPLICIT_DIRECTORY };
            let node = tree.put(path.as_bytes(), &new, entries);
            if entry.header().entry_type() != tar::EntryType::Regular {
                continue;
            }
            claims.find(path.as_bytes(), &mut wanted);
            if wanted.is_empty() {
                continue;
            }
            content.clear();
            entry.read_to_end(&mut content).unwrap();
            for claim in &wanted {
                let payload = readers[claim.reader].read(path.as_bytes(), &content, &mut read_problems);
                made[claim.reader].extend(payload.map(|payload| Made {
                    layer: layer as u32,
                    path: path.as_bytes().to_vec(),
                    node,
                    entry: entries,
                    payload,
                }));
            }
        }
    }
    let Tree { builder, written } = tree;
    let (table, places) = builder.finish();
    let index = table.index();
    let fragments: Vec<Vec<LayerFragment<'_>>> = made
        .iter()
        .map(|own| {
            let fragment = |made| {
                let Made { layer, path, node, entry, payload }: &Made = made;
                let file = places[node.index()].filter(|_| written.get(node) == Some(entry));
                LayerFragment { layer: *layer, path, file, payload }
            };
            own.iter().map(fragment).collect()
        })
        .collect();
    let started = Instant::now();
    let joined = join(&readers, &index, true, &mut |position, with| with(&fragments[position]));
    let bytes: usize = made.iter().flatten().map(|made| made.payload.len()).sum();
    eprintln!(
        "{}: {} packages, {} listings, {bytes} fragment bytes, joined in {:?}",
        layout.display(),
        joined.packages.len(),
        joined.owned.len(),
        started.elapsed()
    );
    Answer { joined, read_problems, table }
}

/// Compares an image's packages of one type with the table that its own tool gave. `fields`
/// writes one package as the table does.
fn check(image: &str, kind: &str, fields: fn(&plimsoll_model::Package) -> Vec<String>) -> Option<Answer> {
    let folder = data().map(|data| data.join("out").join(image)).filter(|folder| folder.is_dir());
    let Some(folder) = folder else {
        eprintln!("skipped: {image} is not among the test data");
        return None;
    };
    let table = if kind == "deb" { "dpkg.tsv" } else { "apk.tsv" };
    let truth = std::fs::read_to_string(folder.join("truth").join(table)).unwrap();
    let expect: BTreeSet<String> =
        truth.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    let answer = look(&folder.join("oci"));
    let packages = answer.joined.packages.iter().filter(|package| package.kind.as_str() == kind);
    let found: Vec<String> = packages.map(|package| fields(package).join("\t")).collect();
    assert_eq!(found.len(), expect.len(), "{image}");
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expect, "{image}");
    assert_eq!(answer.read_problems, [], "{image}");
    assert_eq!(answer.joined.problems, [], "{image}");
    Some(answer)
}

fn check_debian(image: &str) -> Option<Answer> {
    let answer = check(image, "deb", |package| {
        let source = package.source.clone().unwrap();
        let arch = package.arch.clone().unwrap_or_default();
        let version = source.version.unwrap_or_default();
        vec![package.name.clone(), package.version.clone(), arch, source.name, version]
    })?;
    let distribution = answer.joined.distribution.as_ref().unwrap();
    assert_eq!((distribution.id.as_str(), distribution.version_id.as_deref()), ("debian", Some("12")));
    assert!(distribution.point_release.as_deref().unwrap().starts_with("12."));
    assert!(answer.joined.packages.iter().all(|package| package.purl.is_some()));
    Some(answer)
}

fn check_alpine(image: &str) {
    let answer = check(image, "apk", |package| {
        let origin = package.source.clone().map(|source| source.name).unwrap_or_default();
        let arch = package.arch.clone().unwrap_or_default();
        let license = package.licenses.first().cloned().unwrap_or_default();
        let maintainer = package.vendor.clone().unwrap_or_default();
        vec![package.name.clone(), package.version.clone(), arch, origin, license, maintainer]
    });
    let Some(answer) = answer else { return };
    let distribution = answer.joined.distribution.unwrap();
    assert_eq!(distribution.id, "alpine");
    // Every program of these images comes from a package, but for the links that busybox's
    // own script makes.
    let owned: BTreeSet<_> = answer.joined.owned.iter().map(|(id, _)| *id).collect();
    let index = answer.table.index();
    for path in ["bin/busybox", "sbin/apk", "etc/apk/keys", "usr/share/apk"] {
        if let Some(id) = index.follow(path.as_bytes()) {
            assert!(owned.contains(&id), "{image}: nobody owns {path}");
        }
    }
}

#[test]
fn debian_packages_agree_with_dpkg_query() {
    for image in ["debian@12-slim", "debian@12", "nginx@1.22", "redis@7.0"] {
        let Some(answer) = check_debian(image) else { continue };
        let owner = |path: &str| -> Vec<&str> {
            let id = answer.table.index().follow(path.as_bytes()).unwrap();
            let owners = answer.joined.owned.iter().filter(|(file, _)| *file == id);
            owners.map(|(_, package)| answer.joined.packages[*package as usize].name.as_str()).collect()
        };
        assert_eq!(owner("bin/bash"), ["bash"]);
        assert_eq!(owner("usr/share/doc/libc6/copyright"), ["libc6"]);
        assert_eq!(owner("var/lib/dpkg/info/bash.list"), ["bash"]);
        assert!(owner("usr/share/doc").len() > 50);
        assert!(owner("var/lib/dpkg/status").is_empty());
        let licensed = answer.joined.packages.iter().filter(|package| !package.licenses.is_empty());
        assert!(licensed.count() * 10 > answer.joined.packages.len() * 8);
    }
}

#[test]
fn a_package_of_an_upper_layer_is_known_to_come_from_there() {
    let Some(answer) = check_debian("nginx@1.22") else { return };
    let layer = |name: &str| {
        answer.joined.packages.iter().find(|package| package.name == name).and_then(|package| package.layer)
    };
    assert_eq!(layer("bash"), Some(0));
    assert!(layer("nginx").unwrap() > 0);
}

#[test]
fn alpine_packages_agree_with_apks_own_database() {
    for image in ["alpine@3.10", "alpine@3.11", "alpine@3.12", "alpine@3.19", "alpine@3.20"] {
        check_alpine(image);
    }
}
