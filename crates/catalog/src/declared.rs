//! What lock files name: packages that somebody decided on, and that may not be installed.
//!
//! Lock files are joined when everything that is installed is known. What is installed in that
//! version is not listed again, nor is what a lock file names that itself came with an installed
//! package: that was its authors' workplace, and says nothing about the image.

use std::collections::HashSet;

use plimsoll_model::{FileId, Package, PackageType, Problem, Purl, TreePath, path};
use serde::{Deserialize, Serialize};

use crate::claim::{Claim, Pattern};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// The largest lock file that is read: those of projects with five thousand packages have 5 MB.
const MAX_LOCK: u64 = 16 << 20;

/// How many packages the lock files of one ecosystem may declare in one image: far more than a
/// product has; an image full of stray lock files must not become a list of all there is.
pub(crate) const MAX_DECLARED: usize = 50_000;

/// A package that a lock file names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Locked {
    pub(crate) name: String,
    pub(crate) version: String,
    /// What it runs on, where the lock file says it.
    pub(crate) arch: Option<String>,
    pub(crate) licenses: Vec<String>,
    /// Where it is to come from, where that is not the ecosystem's registry, or what it is for.
    pub(crate) origin: Option<String>,
}

impl Locked {
    /// A package of which the lock file says no more.
    pub(crate) fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self { name: name.into(), version: version.into(), ..Self::default() }
    }

    /// What is kept of a package that the lock file describes.
    pub(crate) fn of(package: &Package) -> Self {
        Self {
            name: package.name.clone(),
            version: package.version.clone(),
            arch: package.arch.clone(),
            licenses: package.licenses.clone(),
            origin: package.origin.clone(),
        }
    }
}

/// Directories that hold other people's sources, lock files and all: what package managers
/// unpack, and the caches that they unpack from.
fn is_of_others(path: &[u8]) -> bool {
    const NAMES: [&[u8]; 5] = [b"node_modules", b"site-packages", b"dist-packages", b"gems", b"vendor"];
    const PAIRS: [(&[u8], &[u8]); 3] = [(b"pkg", b"mod"), (b"registry", b"src"), (b".build", b"checkouts")];
    let mut above: &[u8] = b"";
    path.split(|byte| *byte == b'/').any(|name| {
        let found = NAMES.contains(&name) || PAIRS.contains(&(above, name));
        above = name;
        found
    })
}

/// The reader of an ecosystem's lock files.
#[derive(Debug)]
pub(crate) struct LockFiles {
    pub(crate) doc: &'static Doc,
    pub(crate) revision: u32,
    /// What it reads, as [`LockFiles::named`] makes them.
    pub(crate) claims: &'static [Claim],
    pub(crate) kind: PackageType,
    /// From the name of a file and its content to what it names; `None` where it is not in the
    /// format that its name promises. An entry that states no name or no version is damage, which
    /// the reader tells of.
    pub(crate) parse: fn(&[u8], &[u8]) -> Option<Vec<Locked>>,
    pub(crate) package_url: fn(&Package) -> Option<Purl>,
}

impl LockFiles {
    /// The claim of all lock files of a name.
    pub(crate) const fn named(name: &'static str) -> Claim {
        Claim { pattern: Pattern::Name(name), limit: MAX_LOCK }
    }
}

impl Reader for LockFiles {
    fn doc(&self) -> &'static Doc {
        self.doc
    }

    fn revision(&self) -> u32 {
        self.revision
    }

    fn claims(&self) -> &'static [Claim] {
        self.claims
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        if is_of_others(path) {
            return None;
        }
        let content = content.strip_prefix(b"\xef\xbb\xbf".as_slice()).unwrap_or(content);
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let Some(mut locked) = (self.parse)(name, content) else {
            problems.push(Problem::new(
                "lock-file-unreadable",
                format!("/{}", path::escape(path)),
                "it is not in the format that its name promises, so what it names is missing from the report",
            ));
            return None;
        };
        let stated = locked.len();
        locked.retain(|each| !each.name.is_empty() && !each.version.is_empty());
        let incomplete = stated - locked.len();
        if incomplete > 0 {
            problems.push(Problem::new(
                "lock-file-incomplete",
                format!("/{}", path::escape(path)),
                format!(
                    "{incomplete} of its entries state no name or no version, or cannot be read, and are missing from the report"
                ),
            ));
        }
        if locked.is_empty() { None } else { postcard::to_allocvec(&locked).ok() }
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        declare(image, &self.kind, self.package_url, joined);
    }
}

/// Lists what the lock files of a reader name and what is not installed, each version once.
fn declare(
    image: &LayeredImage<'_>,
    kind: &PackageType,
    package_url: fn(&Package) -> Option<Purl>,
    joined: &mut Joined,
) {
    let fragments = image.shown();
    let files: HashSet<FileId> = fragments.iter().map(|fragment| fragment.file).collect();
    let owned: HashSet<FileId> =
        joined.owned.iter().map(|(file, _)| *file).filter(|file| files.contains(file)).collect();
    let key = |package: &Package| {
        let purl = package.purl.as_ref();
        let name = purl.map_or_else(
            || package.name.clone(),
            |purl| format!("{}/{}", purl.namespace.as_deref().unwrap_or_default(), purl.name),
        );
        (name, package.version.clone())
    };
    let known = joined.packages.iter().filter(|package| package.kind == *kind);
    let mut known: HashSet<(String, String)> = known.map(key).collect();
    let (mut count, mut left_out) = (0, 0);
    for fragment in fragments.iter().filter(|fragment| !owned.contains(&fragment.file)) {
        let Ok(locked) = postcard::from_bytes::<Vec<Locked>>(fragment.payload) else {
            joined.problems.push(Problem::new(
                "lock-file-unreadable",
                format!("/{}", path::escape(fragment.path)),
                "what was kept of this lock file cannot be read back",
            ));
            continue;
        };
        for each in locked {
            let mut package = Package::new(kind.clone(), each.name, each.version);
            package.arch = each.arch;
            package.purl = package_url(&package);
            if !known.insert(key(&package)) {
                continue;
            }
            if count == MAX_DECLARED {
                left_out += 1;
                continue;
            }
            count += 1;
            package.licenses = each.licenses;
            package.origin = each.origin;
            package.declared = true;
            package.layer = Some(fragment.layer);
            package.evidence = TreePath::parse(fragment.path).ok();
            joined.packages.push(package);
        }
    }
    joined.problems.extend(self::left_out(kind, left_out));
}

/// What is said where lock files name more packages than are listed.
pub(crate) fn left_out(kind: &PackageType, count: usize) -> Option<Problem> {
    (count > 0).then(|| {
        Problem::new(
            "declared-packages-left-out",
            "/",
            format!("lock files name {count} {kind} packages more than the {MAX_DECLARED} that are listed"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_files_among_other_people_s_sources_do_not_count() {
        let check = |path: &str, expect: bool| assert_eq!(is_of_others(path.as_bytes()), expect, "{path}");
        check("srv/app/yarn.lock", false);
        check("srv/app/node_modules/a/yarn.lock", true);
        check("root/.cargo/registry/src/index/a-1.0.0/Cargo.lock", true);
        check("go/pkg/mod/example.org/a@v1.0.0/go.mod", true);
        check("srv/pkg/a/go.mod", false);
        check("usr/lib/python3/dist-packages/a/poetry.lock", true);
    }
}
