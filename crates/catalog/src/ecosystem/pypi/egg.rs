//! Zipped eggs: a distribution in one file, which Python imports from without unpacking it.

use std::collections::HashSet;

use plimsoll_model::path::split;
use plimsoll_model::{Problem, path};

use super::metadata::Metadata;
use super::{DOC, MAX_METADATA, package_url};
use crate::claim::{Claim, Pattern};
use crate::content::{Content, Scratch};
use crate::described::{add, decode};
use crate::reader::{Doc, Joined, LayeredImage, Reader};
use crate::zip::{Archive, Part};

const EGG_DOC: Doc = Doc { id: "pypi-egg", ..DOC };

/// The largest hold a deep learning framework.
const MAX_EGG: u64 = 2 << 30;
/// Of a larger one, only the directory and the metadata are looked at, where it was put.
const MAX_IN_MEMORY: u64 = 8 << 20;
/// Where the metadata lies in an egg.
const METADATA: &[u8] = b"EGG-INFO/PKG-INFO";

/// Reads zipped eggs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Eggs;

impl Reader for Eggs {
    fn doc(&self) -> &'static Doc {
        &EGG_DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[Claim { pattern: Pattern::Extension(".egg"), limit: MAX_EGG }];
        CLAIMS
    }

    fn memory(&self) -> u64 {
        MAX_IN_MEMORY
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        read(path, &content, problems)
    }

    fn read_by_position(
        &self,
        path: &[u8],
        content: &dyn Content,
        _: &dyn Scratch,
        problems: &mut Vec<Problem>,
    ) -> Option<Vec<u8>> {
        read(path, content, problems)
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let mut seen = HashSet::new();
        for (fragment, metadata) in decode::<Metadata>(image, "python-metadata-damaged", &mut joined.problems)
        {
            let site = split(fragment.path).0;
            let mut package = metadata.describe();
            package.purl = package_url(&package);
            if seen.insert((site, package.purl.clone())) {
                add(package, &fragment, site, joined);
            }
        }
    }
}

fn read(path: &[u8], content: &dyn Content, problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
    let part = Part::whole(content);
    if !part.starts_with(b"PK") {
        // A directory of this name has its metadata in files, and setuptools' links are texts.
        return None;
    }
    let found = find(part);
    if found.is_none() {
        problems.push(Problem::new(
            "python-egg-unreadable",
            format!("/{}", path::escape(path)),
            "no metadata with a name and a version can be read in it, so this distribution is missing from the report",
        ));
    }
    postcard::to_allocvec(&found?).ok()
}

fn find(part: Part<'_>) -> Option<Metadata> {
    let archive = Archive::open(part)?;
    let mut found = None;
    archive.entries(|name, _, entry| {
        if name == METADATA {
            found = Some(entry());
        }
        found.is_none()
    });
    let entry = found.filter(|entry| !entry.is_encrypted && entry.is_known())?;
    let (text, fault) = archive.read(&entry, MAX_METADATA);
    if fault.is_some() {
        return None;
    }
    Metadata::parse(&String::from_utf8_lossy(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::dpkg::sample_image::{Sample, read};

    /// Made by `tests/fixtures/egg/make.sh`.
    const EGG: &[u8] = include_bytes!("../../../tests/fixtures/egg/ahoy_egg-1.2.0-py3.11.egg");

    #[test]
    fn a_zipped_egg_is_a_distribution() {
        let mut problems = Vec::new();
        let payload = Eggs.read(b"x/ahoy.egg", EGG, &mut problems).unwrap();
        let metadata: Metadata = postcard::from_bytes(&payload).unwrap();
        assert_eq!((&*metadata.name, &*metadata.version), ("ahoy-egg", "1.2.0"));
        assert_eq!(metadata.licenses, ["MIT"]);
        assert_eq!(problems, []);
    }

    #[test]
    fn a_damaged_egg_is_a_problem_and_never_a_guess() {
        for length in 2..EGG.len() {
            let mut problems = Vec::new();
            assert_eq!(Eggs.read(b"x/ahoy.egg", &EGG[..length], &mut problems), None);
            assert_eq!(problems.len(), 1, "{length}");
        }
        for at in 0..EGG.len() {
            let mut broken = EGG.to_vec();
            broken[at] ^= 0x41;
            Eggs.read(b"x/ahoy.egg", &broken, &mut Vec::new());
        }
        let read = read(&[&Eggs], &[&[Sample::File("x/link.egg", "../src\n.")]]);
        assert_eq!((read.joined.packages.len(), read.problems.len()), (0, 0));
    }
}
