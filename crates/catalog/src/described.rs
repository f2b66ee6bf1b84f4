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
pub(crate) fn add(package: Package, fragment: &ShownFragment<'_>, place: &[u8], joined: &mut Joined) -> u32 {
    let index = list(package, fragment, place, joined);
    joined.owned.push((fragment.file, index));
    index
}

/// Like [`add`], of a package that does not own the file that names it.
pub(crate) fn list(
    mut package: Package,
    fragment: &ShownFragment<'_>,
    place: &[u8],
    joined: &mut Joined,
) -> u32 {
    package.layer = Some(fragment.layer);
    package.evidence = TreePath::parse(fragment.path).ok();
    package.place = TreePath::parse(place).ok();
    let index = joined.packages.len() as u32;
    joined.packages.push(package);
    index
}

/// How many packages may own a file through a directory that it lies in, on the average of all
/// files. Real files have three at most (a library in a plugin in an application); beyond it,
/// packages say that they lie in each other, and what they own would grow with their square.
const MAX_OWNERS: usize = 16;

/// Directories that no package lies in that is not the distribution's: those that hold everything,
/// after the Filesystem Hierarchy Standard. `*` is any name of one part.
const SYSTEM: [&str; 4] = [
    "bin boot dev etc home lib lib32 lib64 libx32 media mnt nix opt proc root run sbin srv sys tmp usr var",
    "gnu/store nix/store lib/*-linux-* var/backups var/cache var/lib var/local var/lock var/log var/mail \
     var/opt var/run var/spool var/tmp",
    "usr/bin usr/games usr/include usr/lib usr/lib32 usr/lib64 usr/libx32 usr/libexec usr/local usr/sbin \
     usr/share usr/src usr/lib/*-linux-* usr/share/doc usr/share/info usr/share/locale usr/share/man",
    "usr/local/bin usr/local/etc usr/local/games usr/local/include usr/local/lib usr/local/lib64 \
     usr/local/libexec usr/local/man usr/local/sbin usr/local/share usr/local/src",
];

/// Whether a directory is the root or one that holds everything.
fn is_of_the_system(directory: &[u8]) -> bool {
    let names = |pattern: &str| match pattern.split_once("*-linux-*") {
        Some((above, _)) => directory.strip_prefix(above.as_bytes()).is_some_and(|name| {
            !name.contains(&b'/') && memchr::memmem::find(name, b"-linux-").is_some_and(|at| at > 0)
        }),
        None => directory == pattern.as_bytes(),
    };
    directory.is_empty() || SYSTEM.iter().flat_map(|line| line.split_whitespace()).any(names)
}

/// A package owns a file or directory and everything in it.
pub(crate) fn own_tree(image: &LayeredImage<'_>, path: &[u8], index: u32, joined: &mut Joined) {
    own_trees(image, [path], index, joined);
}

/// A package owns files or directories and everything in them, however often and in each other it
/// names them.
pub(crate) fn own_trees<P: AsRef<[u8]>>(
    image: &LayeredImage<'_>,
    paths: impl IntoIterator<Item = P>,
    index: u32,
    joined: &mut Joined,
) {
    let mut roots: Vec<FileId> =
        paths.into_iter().filter_map(|path| image.files.resolve(path.as_ref())).collect();
    roots.sort_unstable();
    roots.dedup();
    let mut end = FileId::ROOT;
    for root in roots {
        if root >= end && own_directory(image, root, |_| false, index, joined) {
            end = image.files.table().subtree_end(root);
        }
    }
}

/// A package owns a file or directory and everything in it, but for what `is_other` says, which is
/// another's with all that lies in it. Nobody owns the system's own directories as a whole: then
/// the answer is `false`, and a problem says so; another one where the packages of an image own far
/// more together than there is.
pub(crate) fn own_directory(
    image: &LayeredImage<'_>,
    directory: FileId,
    is_other: impl Fn(FileId) -> bool,
    index: u32,
    joined: &mut Joined,
) -> bool {
    let table = image.files.table();
    let name = |joined: &Joined| {
        let package = joined.packages.get(index as usize);
        package.map(|package| path::escape(package.name.as_bytes()).to_string()).unwrap_or_default()
    };
    let mut path = Vec::new();
    table.write_path(directory, &mut path);
    if is_of_the_system(&path) {
        let detail = format!(
            "{} says that it lies here, where everything does; which files are its own is unknown",
            name(joined)
        );
        joined.problems.push(Problem::new(
            "package-place-unlikely",
            format!("/{}", path::escape(&path)),
            detail,
        ));
        return false;
    }
    let most = table.len().saturating_mul(MAX_OWNERS);
    let end = table.subtree_end(directory);
    let mut at = directory;
    while at < end {
        if at != directory && is_other(at) {
            at = table.subtree_end(at);
            continue;
        }
        if joined.owned.len() >= most {
            let problem = Problem::new(
                "ownership-limit",
                "/",
                format!(
                    "packages name more than {MAX_OWNERS} owners for each file on the average; which files later packages own is unknown"
                ),
            );
            if joined.problems.last() != Some(&problem) {
                joined.problems.push(problem);
            }
            return true;
        }
        joined.owned.push((at, index));
        at = FileId(at.0 + 1);
    }
    true
}

/// A package owns one file or directory.
pub(crate) fn own(image: &LayeredImage<'_>, path: &[u8], index: u32, joined: &mut Joined) {
    joined.owned.extend(image.files.resolve(path).map(|id| (id, index)));
}

#[cfg(test)]
mod tests {
    use super::is_of_the_system;

    #[test]
    fn what_holds_everything_is_nobody_s() {
        let check =
            |path: &str, expect: bool| assert_eq!(is_of_the_system(path.as_bytes()), expect, "{path}");
        for path in
            ["", "usr", "usr/lib", "usr/lib/x86_64-linux-gnu", "lib/arm-linux-gnueabihf", "opt", "var/lib"]
        {
            check(path, true);
        }
        for path in [
            "app",
            "opt/app",
            "usr/lib/erlang",
            "usr/lib/linux-tools",
            "usr/lib/x86_64-linux-gnu/perl5",
            "usr/share/nodejs/a",
        ] {
            check(path, false);
        }
    }
}
