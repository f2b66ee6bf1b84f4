//! Builds small images around database files, for the tests beside it.

use std::io::Read as _;
use std::path::PathBuf;

use plimsoll_catalog::ecosystem::rpm::Rpm;
use plimsoll_catalog::{Ecosystem as _, Joined, LayerFragment, LayeredImage};
use plimsoll_model::{FileKind, FileTableBuilder, NewFile, NodeId, Package, Problem};

/// The folder of databases that a clone brings along.
pub(crate) fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rpm")
}

/// A folder of the data beside the project, where there is one.
pub(crate) fn shared(folder: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let root = std::env::var_os("PLIMSOLL_SHARED").map_or(beside, PathBuf::from);
    let path = root.join(folder);
    if !path.is_dir() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

/// The regular files of a `.tar.zst`.
pub(crate) fn unpack(archive: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let plain = zstd::decode_all(std::fs::File::open(archive).unwrap()).unwrap();
    let mut files = Vec::new();
    for entry in tar::Archive::new(plain.as_slice()).entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.header().entry_type().is_file() {
            let path = entry.path().unwrap().to_str().unwrap().to_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            files.push((path, content));
        }
    }
    files
}

/// One file of one of the fixture archives, by the end of its path.
pub(crate) fn database(archive: &str, ending: &str) -> Vec<u8> {
    let files = unpack(&fixtures().join(format!("{archive}.tar.zst")));
    files.into_iter().find(|(path, _)| path.ends_with(ending)).unwrap().1
}

/// What the reader makes of one file.
pub(crate) fn read(path: &str, content: &[u8]) -> (Option<Vec<u8>>, Vec<Problem>) {
    let mut problems = Vec::new();
    let payload = Rpm.readers()[0].read(path.as_bytes(), content, &mut problems);
    (payload, problems)
}

/// An image under construction, the lowest layer first.
#[derive(Default)]
pub(crate) struct Image {
    /// Layer, path, payload, and whether the file still shows.
    fragments: Vec<(u32, String, Vec<u8>, bool)>,
    tree: Vec<(String, Option<String>)>,
    problems: Vec<Problem>,
}

impl Image {
    /// A layer that brings one file.
    pub(crate) fn file(mut self, layer: u32, path: &str, content: &[u8]) -> Self {
        self = self.remove(path);
        let (payload, problems) = read(path, content);
        self.problems.extend(problems);
        if let Some(payload) = payload {
            self.fragments.push((layer, path.to_owned(), payload, true));
        }
        self.tree(path)
    }

    /// A layer removes a file.
    pub(crate) fn remove(mut self, path: &str) -> Self {
        for (_, own, _, visible) in &mut self.fragments {
            *visible &= own != path;
        }
        self.tree.retain(|(own, _)| own != path);
        self
    }

    /// A file, or a directory where more files lie below it, that no reader wants.
    pub(crate) fn tree(mut self, path: &str) -> Self {
        self.tree.push((path.to_owned(), None));
        self
    }

    /// A symbolic link.
    pub(crate) fn link(mut self, path: &str, target: &str) -> Self {
        self.tree.push((path.to_owned(), Some(target.to_owned())));
        self
    }

    /// Loses the end of what was kept of the last file.
    pub(crate) fn cut_payload(mut self, length: usize) -> Self {
        self.fragments.last_mut().unwrap().2.truncate(length);
        self
    }

    /// What the readers make of it; `owned` as pairs of path and package name, sorted.
    pub(crate) fn join(self) -> (Vec<Package>, Vec<(String, String)>, Vec<Problem>) {
        let mut builder = FileTableBuilder::new();
        for (path, target) in &self.tree {
            let mut at = NodeId::ROOT;
            let last = path.split('/').count() - 1;
            for (position, name) in path.split('/').enumerate() {
                let kind = match target {
                    _ if position < last => FileKind::Directory,
                    Some(_) => FileKind::Symlink,
                    None => FileKind::File,
                };
                let link = target.as_deref().filter(|_| kind == FileKind::Symlink);
                let file =
                    NewFile { kind, link: link.unwrap_or("").as_bytes(), ..NewFile::IMPLICIT_DIRECTORY };
                at = builder
                    .child(at, name.as_bytes())
                    .unwrap_or_else(|| builder.insert(at, name.as_bytes(), &file));
            }
        }
        let (table, _) = builder.finish();
        let files = table.index();
        let fragments: Vec<LayerFragment<'_>> = self
            .fragments
            .iter()
            .map(|(layer, path, payload, visible)| LayerFragment {
                layer: *layer,
                path: path.as_bytes(),
                file: files.resolve(path.as_bytes()).filter(|_| *visible),
                payload,
            })
            .collect();
        let mut joined = Joined::default();
        // Packages of another reader come first, so that places among them are not mixed up.
        joined.packages.push(Package::new(plimsoll_model::PackageType::new("deb"), "other", "1"));
        Rpm.readers()[0].join(&LayeredImage { fragments: &fragments, files: &files }, &mut joined);
        let mut owned: Vec<(String, String)> = joined
            .owned
            .iter()
            .map(|(file, package)| {
                (table.path(*file).to_string(), joined.packages[*package as usize].name.clone())
            })
            .collect();
        owned.sort();
        joined.packages.remove(0);
        let mut problems = self.problems;
        problems.extend(joined.problems);
        (joined.packages, owned, problems)
    }
}

/// A package as `rpm -qa --qf` prints it in the truth tables.
pub(crate) fn row(package: &Package) -> String {
    let (epoch, rest) = package.version.split_once(':').unwrap_or(("(none)", &package.version));
    let (version, release) = rest.rsplit_once('-').unwrap();
    let source = package.source.as_ref().map_or_else(
        || "(none)".to_owned(),
        |source| format!("{}-{}.src.rpm", source.name, source.version.as_ref().unwrap()),
    );
    let none = || "(none)".to_owned();
    [
        package.name.clone(),
        epoch.to_owned(),
        version.to_owned(),
        release.to_owned(),
        package.arch.clone().unwrap_or_else(none),
        source,
        package.vendor.clone().unwrap_or_else(none),
        package.licenses.first().cloned().unwrap_or_else(none),
    ]
    .join("\t")
}

/// The packages as sorted rows.
pub(crate) fn rows(packages: &[Package]) -> Vec<String> {
    let mut rows: Vec<String> = packages.iter().map(row).collect();
    rows.sort();
    rows
}

/// The rows of a truth table, sorted.
pub(crate) fn truth(table: &std::path::Path) -> Vec<String> {
    let text = std::fs::read_to_string(table).unwrap();
    let mut rows: Vec<String> =
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    rows.sort();
    rows
}
