//! Alpine packages: apk's database, as Alpine, Wolfi, Chainguard and Alpaquita keep it.

mod database;
mod version;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::HashSet;

use plimsoll_model::evidence::{RecordedDigest, RecordedFile};
use plimsoll_model::path::MAX_PATH;
use plimsoll_model::{
    Distribution, FileId, InstallReason, Package, PackageType, Problem, Purl, SourcePackage, TreePath,
};

use self::database::{Access, Database, Details, Key, Recorded, decode_details, decode_keys};
use super::{Ecosystem, bringing_layers};
use crate::claim::{Claim, Pattern};
use crate::reader::{Doc, Joined, LayerFragment, LayeredImage, Reader};

/// Alpine packages.
#[derive(Debug, Clone, Copy)]
pub struct Apk;

/// The purl type of Alpine packages.
pub const TYPE: PackageType = PackageType::new("apk");

/// Where the database lies; the second where `/lib` is a link to `/usr/lib`.
const DATABASES: [&str; 2] = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];
const WORLD: &str = "etc/apk/world";

/// An image with every package of a release has 100 MB.
const MAX_DATABASE: u64 = 256 << 20;
/// Names of packages, one a line.
const MAX_WORLD: u64 = 1 << 20;

const DOC: Doc = Doc {
    id: "apk",
    title: "Alpine packages",
    summary: "Packages that apk installed.",
    explanation: "Reads /lib/apk/db/installed or /usr/lib/apk/db/installed, with every file that a \
package owns and the digest recorded of it, and /etc/apk/world, which names what somebody asked \
for.\n\nA package's source is its origin, whose version is the package's own, because apk builds \
all packages of one origin together. A licence is kept as the package states it, an SPDX \
expression in most.\n\nA package's layer is the lowest from which on every layer's database has it \
in this version.",
};

impl Ecosystem for Apk {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&ApkReader]
    }

    fn purl(&self, package: &Package, distribution: Option<&Distribution>) -> Option<Purl> {
        package_url(package, distribution)
    }

    fn order(&self, left: &str, right: &str) -> Option<Ordering> {
        version::order(left, right)
    }
}

/// `pkg:apk/alpine/NAME@VERSION?arch=…&distro=alpine-3.20.3&upstream=ORIGIN`, the origin only
/// where it is not the package itself.
fn package_url(package: &Package, distribution: Option<&Distribution>) -> Option<Purl> {
    let origin = package.source.as_ref().map(|source| source.name.clone());
    let upstream = origin.filter(|origin| *origin != package.name);
    super::distribution_package_url("apk", package, upstream, distribution)
}

/// Reads apk's database and world.
#[derive(Debug, Clone, Copy)]
struct ApkReader;

impl Reader for ApkReader {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        2
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Path(DATABASES[0]), limit: MAX_DATABASE },
            Claim { pattern: Pattern::Path(DATABASES[1]), limit: MAX_DATABASE },
            Claim { pattern: Pattern::Path(WORLD), limit: MAX_WORLD },
        ];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        if path == WORLD.as_bytes() {
            return Some(content.to_vec());
        }
        if content.is_empty() {
            let detail = "the database is empty, so that no package of it is known";
            problems.push(Problem::new("apk-database-damaged", subject(path), detail));
        }
        let text = String::from_utf8_lossy(content);
        let database = Database::parse(&text);
        for sentence in &database.damage {
            problems.push(Problem::new("apk-database-damaged", subject(path), sentence.clone()));
        }
        database.encode()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let history: Vec<LayerFragment<'_>> =
            image.fragments.iter().filter(|fragment| fragment.path != WORLD.as_bytes()).copied().collect();
        let world = image
            .fragments
            .iter()
            .rfind(|fragment| fragment.path == WORLD.as_bytes() && fragment.file.is_some())
            .map(|fragment| World::parse(fragment.payload));
        // Both names may lead to one file, through a link; it is read once.
        let mut seen_files: Vec<FileId> = Vec::new();
        let mut seen_names = HashSet::new();
        for name in DATABASES {
            let Some(file) = image.files.follow(name.as_bytes()) else { continue };
            if !seen_files.contains(&file) {
                seen_files.push(file);
                join_database(image, &history, file, world.as_ref(), &mut seen_names, joined);
            }
        }
    }
}

fn subject(path: &[u8]) -> String {
    format!("/{}", plimsoll_model::path::escape(path))
}

/// Adds the packages of the database that is `file` in the merged tree.
fn join_database<'a>(
    image: &LayeredImage<'_>,
    history: &[LayerFragment<'a>],
    file: FileId,
    world: Option<&World<'_>>,
    seen_names: &mut HashSet<&'a str>,
    joined: &mut Joined,
) {
    let Some(visible) = history.iter().rposition(|fragment| fragment.file == Some(file)) else {
        return;
    };
    let Some((fragments, evidence)) = history.get(..=visible).zip(history.get(visible)) else {
        return;
    };
    let versions: Vec<(u32, Vec<Key<'_>>)> = fragments
        .iter()
        .filter_map(|fragment| Some((fragment.layer, decode_keys(fragment.payload)?.0)))
        .collect();
    let decoded = decode_keys(evidence.payload).and_then(|(keys, rest)| Some((keys, decode_details(rest)?)));
    let Some((keys, details)) = decoded else {
        joined.problems.push(Problem::new(
            "apk-database-damaged",
            subject(evidence.path),
            "what was kept of this package database cannot be read back, so its packages are missing",
        ));
        return;
    };
    let layers = bringing_layers(&keys, &versions);
    let explicit = world.map(|world| world.explicit(&keys, &details));
    for (position, ((key, details), layer)) in keys.iter().zip(&details).zip(layers).enumerate() {
        if !seen_names.insert(key.name) {
            continue;
        }
        let mut package = describe(key, details, joined.distribution.as_ref());
        package.layer = Some(layer);
        package.evidence = TreePath::parse(evidence.path).ok();
        package.reason = match &explicit {
            None => InstallReason::Unknown,
            Some(explicit) if explicit.contains(&position) => InstallReason::Explicit,
            Some(_) => InstallReason::Dependency,
        };
        let index = joined.packages.len() as u32;
        own_files(image, details, index, &mut joined.owned);
        if joined.with_evidence {
            record_files(image, details, index, &mut joined.evidence.recorded);
        }
        joined.packages.push(package);
    }
}

fn describe(key: &Key<'_>, details: &Details<'_>, distribution: Option<&Distribution>) -> Package {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let mut package = Package::new(TYPE, key.name, key.version);
    package.arch = owned(key.arch);
    package.source = details
        .origin
        .map(|name| SourcePackage { name: name.to_owned(), version: Some(key.version.to_owned()) });
    package.licenses = details.license.iter().map(|license| (*license).to_owned()).collect();
    package.size = details.size;
    package.vendor = owned(details.maintainer);
    package.requires = list(&details.requires);
    package.provides = list(&details.provides);
    package.url = owned(details.url);
    package.summary = owned(details.summary);
    package.purl = package_url(&package, distribution);
    package
}

fn own_files(image: &LayeredImage<'_>, details: &Details<'_>, index: u32, owned: &mut Vec<(FileId, u32)>) {
    for directory in &details.directories {
        let path = directory.path.as_bytes();
        // The name of a directory may itself be a link, which is then the package's too.
        owned.extend(image.files.resolve(path).map(|id| (id, index)));
        let Some(place) = image.files.follow(path) else { continue };
        for file in &directory.files {
            owned.extend(image.files.child(place, file.name.as_bytes()).map(|id| (id, index)));
        }
    }
}

/// What the database has for a file without an `a:` line, and for a directory without `M:`.
const USUAL_FILE: Access = (0, 0, 0o644);
const USUAL_DIRECTORY: Access = (0, 0, 0o755);

fn record_files(
    image: &LayeredImage<'_>,
    details: &Details<'_>,
    package: u32,
    recorded: &mut Vec<RecordedFile>,
) {
    let mut record = |path: &[u8], file: Option<FileId>, digest, access: Access| {
        let Ok(path) = TreePath::parse(path) else { return };
        recorded.push(RecordedFile {
            package,
            path,
            file,
            digest,
            size: None,
            mode: Some(access.2 & 0o7777),
            owner: Some((access.0, access.1)),
            is_configuration: false,
            may_be_missing: false,
            named: None,
        });
    };
    for directory in &details.directories {
        let place = image.files.follow(directory.path.as_bytes());
        if !directory.path.is_empty() {
            let access = directory.access.unwrap_or(USUAL_DIRECTORY);
            record(directory.path.as_bytes(), place, None, access);
        }
        for file in &directory.files {
            if directory.path.len() + file.name.len() > MAX_PATH {
                continue;
            }
            let path = match directory.path {
                "" => file.name.to_owned(),
                directory => format!("{directory}/{}", file.name),
            };
            let found = place.and_then(|place| image.files.child(place, file.name.as_bytes()));
            let digest = match file.digest {
                Recorded::None => None,
                Recorded::Md5(digest) => Some(RecordedDigest::Md5(digest)),
                Recorded::Sha1(digest) => Some(RecordedDigest::Sha1(digest)),
                Recorded::Sha256(digest) => Some(RecordedDigest::Sha256(digest)),
            };
            record(path.as_bytes(), found, digest, file.access.unwrap_or(USUAL_FILE));
        }
    }
}

/// What somebody asked for by name.
struct World<'a> {
    names: Vec<&'a str>,
}

impl<'a> World<'a> {
    /// Names, each maybe followed by a version (`=1.2`, `>1`, `~1.2`) or a repository (`@edge`);
    /// what starts with `!` is unwanted.
    fn parse(content: &'a [u8]) -> Self {
        let text = std::str::from_utf8(content).unwrap_or_default();
        let names = text
            .split_whitespace()
            .filter(|word| !word.starts_with('!'))
            .filter_map(|word| word.split(['=', '<', '>', '~', '@']).next())
            .filter(|name| !name.is_empty())
            .collect();
        Self { names }
    }

    /// The positions of the packages that were asked for: by their name, or, where no package
    /// has the name, by what they provide.
    fn explicit(&self, keys: &[Key<'_>], details: &[Details<'_>]) -> HashSet<usize> {
        let wanted: HashSet<&str> = self.names.iter().copied().collect();
        let named: HashSet<&str> = keys.iter().map(|key| key.name).collect();
        let provided = |words: &[&str]| {
            words.iter().any(|word| {
                let name = word.split('=').next().unwrap_or_default();
                wanted.contains(name) && !named.contains(name)
            })
        };
        keys.iter()
            .zip(details)
            .enumerate()
            .filter(|(_, (key, details))| wanted.contains(key.name) || provided(&details.provides))
            .map(|(position, _)| position)
            .collect()
    }
}
