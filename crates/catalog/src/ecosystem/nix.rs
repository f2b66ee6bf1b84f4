//! Nix packages: the paths in a Nix store.

use std::cmp::Ordering;

use plimsoll_model::{Distribution, FileKind, Package, PackageType, Problem, Purl};

use super::Ecosystem;
use crate::claim::Claim;
use crate::described::own_directory;
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// Nix packages.
#[derive(Debug, Clone, Copy)]
pub struct Nix;

/// The purl type of Nix packages.
pub const TYPE: PackageType = PackageType::new("nix");

/// Where the store is.
const STORE: &[u8] = b"nix/store";
/// The digest at the beginning of a name, in Nix's own base 32.
const DIGEST: usize = 32;

const DOC: Doc = Doc {
    id: "nix",
    title: "Nix packages",
    summary: "What lies in a Nix store and has a version.",
    explanation: "Looks at the names in nix/store: a digest, a name and a version, which begins as \
Nix's own parseDrvName has it, at the first dash before something that is no letter. What has no version in its \
name is not listed, nor are recipes (.drv), locks and archives of sources. A package owns everything in its directory.\n\n\
Outputs of one package (`-dev`, `-bin`) are listed one by one. The package URL needs to know which \
collection of recipes a package comes from; a store does not tell it, so there is none.",
};

impl Ecosystem for Nix {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Store]
    }

    fn purl(&self, _: &Package, _: Option<&Distribution>) -> Option<Purl> {
        None
    }

    fn order(&self, _: &str, _: &str) -> Option<Ordering> {
        None
    }
}

/// Looks at the names in a store. It needs no bytes of any file.
#[derive(Debug, Clone, Copy)]
struct Store;

impl Reader for Store {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        &[]
    }

    fn read(&self, _: &[u8], _: &[u8], _: &mut Vec<Problem>) -> Option<Vec<u8>> {
        None
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let Some(store) = image.files.resolve(STORE) else { return };
        let table = image.files.table();
        for entry in table.children(store) {
            let Some((name, version)) = parse(table.name(entry)) else { continue };
            let record = table.record(entry);
            if record.kind != FileKind::Directory && ENDINGS.iter().any(|ending| version.ends_with(ending)) {
                continue;
            }
            let mut package = Package::new(TYPE, name, version);
            package.layer = Some(u32::from(record.layer));
            package.evidence = Some(table.path(entry));
            package.place.clone_from(&package.evidence);
            let index = joined.packages.len() as u32;
            joined.packages.push(package);
            own_directory(image, entry, |_| false, index, joined);
        }
    }
}

/// How files end that are no packages: recipes, locks, sources and their patches.
const ENDINGS: &[&str] = &[
    ".drv", ".lock", ".chroot", ".tar", ".gz", ".xz", ".bz2", ".zst", ".tgz", ".zip", ".patch", ".diff",
    ".sh", ".nix",
];

/// Name and version of `DIGEST-NAME-VERSION`.
fn parse(entry: &[u8]) -> Option<(&str, &str)> {
    let entry = std::str::from_utf8(entry).ok()?;
    let (digest, rest) = entry.split_at_checked(DIGEST)?;
    let is_digest = digest.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
    let full = rest.strip_prefix('-').filter(|_| is_digest)?;
    let dash = full.char_indices().find(|(at, c)| {
        *c == '-'
            && full
                .get(at + 1..)
                .and_then(|rest| rest.chars().next())
                .is_some_and(|next| !next.is_alphabetic())
    });
    let (at, _) = dash?;
    let (name, version) = (full.get(..at)?, full.get(at + 1..)?);
    (!name.is_empty() && !version.is_empty()).then_some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::dpkg::sample_image::{Sample, read};

    #[test]
    fn a_path_with_a_version_is_a_package() {
        let digest = "l5ldn8464slka59975fw1f424b8n9f5v";
        let path = |name: &str| format!("nix/store/{digest}-{name}");
        let files = [
            path("glibc-2.38-44/lib/libc.so.6"),
            path("python3.11-setuptools-69.0.3/x"),
            path("ahoy-1.2.3"),
            path("ahoy-1.2.3.drv"),
            path("source-1.0.tar.gz"),
            path("hook/x"),
            "nix/store/.links/x".to_owned(),
            "nix/store/short-1.0/x".to_owned(),
        ];
        let samples: Vec<Sample<'_>> = files.iter().map(|path| Sample::File(path, "")).collect();
        let read = read(&[&Store], &[&samples]);
        let rows: Vec<String> =
            read.joined.packages.iter().map(|each| format!("{} {}", each.name, each.version)).collect();
        assert_eq!(rows, ["ahoy 1.2.3", "glibc 2.38-44", "python3.11-setuptools 69.0.3"]);
        assert_eq!(read.paths_of("glibc").len(), 3);
    }
}
