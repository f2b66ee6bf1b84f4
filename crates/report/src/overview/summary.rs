//! The figures of an overview, counted once for every format.

use std::collections::BTreeMap;

use plimsoll_model::{Analysis, FileId, FileKind, Package};
use serde::Serialize;

use super::weight::{Weight, weigh};

/// How many of the largest things an overview names.
const LARGEST: usize = 10;

/// What was counted.
#[derive(Debug, Serialize)]
pub(super) struct Summary<'a> {
    /// Bytes of all layers' blobs.
    pub(super) compressed_size: u64,
    /// Bytes of all layers' uncompressed archives.
    pub(super) unpacked_size: u64,
    /// Bytes of file content in the merged tree.
    pub(super) content_size: Option<u64>,
    /// Bytes of file content that later layers hide.
    pub(super) hidden_size: u64,
    /// How many layers.
    pub(super) layers: usize,
    /// Packages by type, and how many more lock files name.
    pub(super) packages: PackageCounts<'a>,
    /// What the merged tree holds; `None` where the source has no files.
    pub(super) files: Option<FileCounts>,
}

/// Packages, counted.
#[derive(Debug, Serialize)]
pub(super) struct PackageCounts<'a> {
    /// Installed ones by type.
    pub(super) installed: BTreeMap<&'a str, u64>,
    /// Those that a lock file names and nothing installed.
    pub(super) declared: u64,
    /// The installed ones that declare the largest sizes.
    pub(super) largest: Vec<LargePackage<'a>>,
}

/// A package and the size that its database declares.
#[derive(Debug, Serialize)]
pub(super) struct LargePackage<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    pub(super) size: u64,
}

/// Files, counted.
#[derive(Debug, Default, Serialize)]
pub(super) struct FileCounts {
    /// Regular files, hard-linked names each.
    pub(super) files: u64,
    pub(super) directories: u64,
    pub(super) symlinks: u64,
    /// Devices and pipes.
    pub(super) others: u64,
    /// Files that run with their owner's or their group's rights.
    pub(super) setid: Vec<SpecialFile>,
    /// Files with capabilities.
    pub(super) capabilities: Vec<SpecialFile>,
    /// What no package lists, directories left out.
    pub(super) unowned: Unowned,
    /// What makes the image heavy, the heaviest kind first.
    pub(super) weight: Vec<Weight>,
}

/// A file that grants rights.
#[derive(Debug, Serialize)]
pub(super) struct SpecialFile {
    pub(super) path: String,
    /// Four octal digits.
    pub(super) mode: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) capability: Option<String>,
}

/// Files that no package lists.
#[derive(Debug, Default, Serialize)]
pub(super) struct Unowned {
    pub(super) files: u64,
    /// Bytes of content, each hard-linked name counted once.
    pub(super) size: u64,
    pub(super) largest: Vec<LargeFile>,
    /// Executables and libraries, scripts and the rest, as far as names and modes tell.
    pub(super) kinds: UnownedKinds,
}

/// Bytes that no package lists, by kind.
#[derive(Debug, Default, Serialize)]
pub(super) struct UnownedKinds {
    /// Files that may be run, scripts apart.
    pub(super) executable: u64,
    pub(super) library: u64,
    pub(super) script: u64,
    pub(super) other: u64,
}

impl UnownedKinds {
    fn add(&mut self, name: &[u8], mode: u16, size: u64) {
        let ends = |endings: &[&str]| endings.iter().any(|end| name.ends_with(end.as_bytes()));
        let is_library = ends(&[".so", ".jar", ".dll", ".node"]) || is_versioned_library(name);
        let is_script = ends(&[".sh", ".py", ".rb", ".pl", ".pm", ".php", ".js", ".mjs", ".cjs", ".lua"]);
        let sum = if is_library {
            &mut self.library
        } else if is_script {
            &mut self.script
        } else if mode & 0o111 != 0 {
            &mut self.executable
        } else {
            &mut self.other
        };
        *sum = sum.saturating_add(size);
    }
}

/// `libx.so.1.2`.
fn is_versioned_library(name: &[u8]) -> bool {
    name.windows(4).any(|part| part == b".so.")
}

/// A file and its size.
#[derive(Debug, Serialize)]
pub(super) struct LargeFile {
    pub(super) path: String,
    pub(super) size: u64,
}

impl<'a> Summary<'a> {
    pub(super) fn of(analysis: &'a Analysis) -> Self {
        let hidden = analysis.layers.iter().map(|layer| layer.statistics.hidden_bytes);
        Self {
            compressed_size: analysis.compressed_size(),
            unpacked_size: analysis.unpacked_size(),
            content_size: analysis.has_files.then(|| analysis.content_size()),
            hidden_size: hidden.fold(0, u64::saturating_add),
            layers: analysis.layers.len(),
            packages: count_packages(analysis),
            files: analysis.has_files.then(|| count_files(analysis)),
        }
    }
}

fn count_packages(analysis: &Analysis) -> PackageCounts<'_> {
    let mut installed = BTreeMap::new();
    let mut sized: Vec<(u64, &Package)> = Vec::new();
    for package in analysis.installed() {
        *installed.entry(package.kind.as_str()).or_insert(0) += 1;
        sized.extend(package.size.filter(|size| *size > 0).map(|size| (size, package)));
    }
    // A stable sort: equal sizes stay in listing order.
    sized.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
    let declared = analysis.packages.iter().filter(|package| package.declared).count() as u64;
    let largest = sized
        .into_iter()
        .take(LARGEST)
        .map(|(size, package)| LargePackage {
            kind: package.kind.as_str(),
            name: &package.name,
            version: &package.version,
            size,
        })
        .collect();
    PackageCounts { installed, declared, largest }
}

fn count_files(analysis: &Analysis) -> FileCounts {
    let files = &analysis.files;
    let mut counts = FileCounts { weight: weigh(analysis), ..FileCounts::default() };
    let mut unowned: Vec<(u64, FileId)> = Vec::new();
    let mut owned = analysis.ownership.iter().map(|(id, _)| *id).peekable();
    for id in files.ids().skip(1) {
        let record = files.record(id);
        while owned.next_if(|next| *next < id).is_some() {}
        let is_owned = owned.peek() == Some(&id);
        match record.kind {
            FileKind::File => counts.files += 1,
            FileKind::Directory => counts.directories += 1,
            FileKind::Symlink => counts.symlinks += 1,
            _ => counts.others += 1,
        }
        let capability = files.capability(id);
        if record.is_setid() {
            counts.setid.push(special(analysis, id, None));
        }
        if capability.is_some() {
            counts.capabilities.push(special(analysis, id, capability));
        }
        if !is_owned && record.kind != FileKind::Directory {
            counts.unowned.files += 1;
            if record.kind == FileKind::File && !record.is_hard_link() {
                counts.unowned.size = counts.unowned.size.saturating_add(record.size());
                unowned.push((record.size(), id));
                counts.unowned.kinds.add(files.name(id), record.mode, record.size());
            }
        }
    }
    unowned.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
    counts.unowned.largest = unowned
        .into_iter()
        .take(LARGEST)
        .map(|(size, id)| LargeFile { path: files.path(id).to_string(), size })
        .collect();
    counts
}

fn special(analysis: &Analysis, id: FileId, capability: Option<String>) -> SpecialFile {
    let record = analysis.files.record(id);
    SpecialFile {
        path: analysis.files.path(id).to_string(),
        mode: format!("{:04o}", record.mode),
        uid: record.uid,
        gid: record.gid,
        capability,
    }
}
