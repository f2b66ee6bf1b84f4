//! What most packages state of themselves, and how it becomes a package of the image: for
//! ecosystems where one file says it all.

use plimsoll_model::{FileId, InstallReason, Package, PackageType, Problem, TreePath, path};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::reader::{Joined, LayeredImage, ShownFragment};

/// What one file states of a package.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) arch: Option<String>,
    pub(crate) licenses: Vec<String>,
    pub(crate) requires: Vec<String>,
    pub(crate) provides: Vec<String>,
    pub(crate) url: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) vendor: Option<String>,
    pub(crate) origin: Option<String>,
    /// Installed size in bytes.
    pub(crate) size: Option<u64>,
    /// Whether somebody asked for it, where that is stated.
    pub(crate) is_explicit: Option<bool>,
    /// The files that it lists, as it writes their paths.
    pub(crate) files: Vec<String>,
}

impl Described {
    /// The package, not knowing yet where it is.
    pub(crate) fn package(&self, kind: PackageType) -> Package {
        let mut package = Package::new(kind, self.name.as_str(), self.version.as_str());
        package.arch.clone_from(&self.arch);
        package.licenses.clone_from(&self.licenses);
        package.requires.clone_from(&self.requires);
        package.provides.clone_from(&self.provides);
        package.url.clone_from(&self.url);
        package.summary.clone_from(&self.summary);
        package.vendor.clone_from(&self.vendor);
        package.origin.clone_from(&self.origin);
        package.size = self.size;
        package.reason = match self.is_explicit {
            Some(true) => InstallReason::Explicit,
            Some(false) => InstallReason::Dependency,
            None => InstallReason::Unknown,
        };
        package
    }
}

/// The fragments of the files that still show, decoded. What cannot be decoded is a problem.
pub(crate) fn decode<'a, T: DeserializeOwned>(
    image: &LayeredImage<'a>,
    code: &'static str,
    problems: &mut Vec<Problem>,
) -> Vec<(ShownFragment<'a>, T)> {
    let mut decoded = Vec::new();
    for fragment in image.shown() {
        match postcard::from_bytes(fragment.payload) {
            Ok(note) => decoded.push((fragment, note)),
            Err(_) => problems.push(Problem::new(
                code,
                format!("/{}", path::escape(fragment.path)),
                "what was kept of this file cannot be read back, so its facts are missing",
            )),
        }
    }
    decoded
}

/// Adds a package that a file is the evidence of, and which lies in `place`. It owns the file.
/// Gives its position.
pub(crate) fn add(
    mut package: Package,
    fragment: &ShownFragment<'_>,
    place: &[u8],
    joined: &mut Joined,
) -> u32 {
    package.layer = Some(fragment.layer);
    package.evidence = TreePath::parse(fragment.path).ok();
    package.place = TreePath::parse(place).ok();
    let index = joined.packages.len() as u32;
    joined.owned.push((fragment.file, index));
    joined.packages.push(package);
    index
}

/// A package owns a file or directory and everything in it.
pub(crate) fn own_tree(image: &LayeredImage<'_>, path: &[u8], index: u32, joined: &mut Joined) {
    if let Some(root) = image.files.resolve(path) {
        let end = image.files.table().subtree_end(root);
        joined.owned.extend((root.0..end.0).map(|id| (FileId(id), index)));
    }
}

/// A package owns one file or directory.
pub(crate) fn own(image: &LayeredImage<'_>, path: &[u8], index: u32, joined: &mut Joined) {
    joined.owned.extend(image.files.resolve(path).map(|id| (id, index)));
}
