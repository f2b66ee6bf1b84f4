//! Snaps that lie unpacked or mounted in an image.

mod yaml;

use std::cmp::Ordering;

use plimsoll_model::path::split;
use plimsoll_model::{Distribution, Package, PackageType, Problem, Purl, path};
use serde::{Deserialize, Serialize};

use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::described::{Described, add, decode, own_tree};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// Snaps.
#[derive(Debug, Clone, Copy)]
pub struct Snap;

/// The kind of snaps. The package-url project has no type for them.
pub const TYPE: PackageType = PackageType::new("snap");

/// A snap with a hundred programs describes them in 50 KB.
const MAX_DESCRIPTION: u64 = 4 << 20;

const DOC: Doc = Doc {
    id: "snap",
    title: "Snaps",
    summary: "Snaps that lie unpacked in the image.",
    explanation: "Reads meta/snap.yaml of unpacked snaps, wherever they lie (/snap/NAME/current). Name, version, \
base and licence are those that it states; the snap owns all that lies in its directory.\n\n\
There is no package URL type for snaps: theirs are generic, under snap, with architecture, base and type as \
qualifiers. Versions of snaps are free text and have no order; revisions are not written down inside.\n\n\
Snaps that are packed (*.snap) are not opened. What a snap was built of (snap/manifest.yaml, \
usr/share/snappy/dpkg.yaml) is not read.",
};

impl Ecosystem for Snap {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Descriptions]
    }

    fn purl(&self, package: &Package, _: Option<&Distribution>) -> Option<Purl> {
        package_url(package, None, None)
    }

    /// Free text, chosen by the publisher.
    fn order(&self, _: &str, _: &str) -> Option<Ordering> {
        None
    }
}

/// `pkg:generic/snap/ahoy@1.2.3?arch=amd64&base=core22&type=app`.
fn package_url(package: &Package, base: Option<&str>, kind: Option<&str>) -> Option<Purl> {
    let purl = Purl::new("generic", Some("snap"), &package.name, Some(&package.version)).ok()?;
    let purl = purl.with_qualifier("arch", package.arch.as_deref().unwrap_or_default());
    let purl = purl.with_qualifier("base", base.unwrap_or_default());
    Some(purl.with_qualifier("type", kind.unwrap_or_default()))
}

/// What is kept of one description.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    described: Described,
    base: Option<String>,
    kind: Option<String>,
}

/// Reads descriptions.
#[derive(Debug, Clone, Copy)]
struct Descriptions;

impl Reader for Descriptions {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] =
            &[Claim { pattern: Pattern::Shape("**/meta/snap.yaml"), limit: MAX_DESCRIPTION }];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let note = describe(&String::from_utf8_lossy(content));
        if note.is_none() {
            problems.push(Problem::new(
                "snap-description-incomplete",
                format!("/{}", path::escape(path)),
                "it does not state both a name and a version in plain words, so this snap is missing from the report",
            ));
        }
        postcard::to_allocvec(&note?).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let mut problems = Vec::new();
        for (fragment, note) in decode::<Note>(image, "snap-description-incomplete", &mut problems) {
            let directory = split(split(fragment.path).0).0;
            let mut package = note.described.package(TYPE);
            package.purl = package_url(&package, note.base.as_deref(), note.kind.as_deref());
            let index = add(package, &fragment, directory, joined);
            // What lies in the root of the image is not all one snap's.
            if !directory.is_empty() {
                own_tree(image, directory, index, joined);
            }
        }
        joined.problems.append(&mut problems);
    }
}

fn describe(text: &str) -> Option<Note> {
    let fields = yaml::fields(text);
    let all = |name: &str| -> &[String] {
        fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, values)| values.as_slice())
            .unwrap_or_default()
    };
    let first = |name: &str| all(name).first().filter(|value| !value.is_empty()).cloned();
    let described = Described {
        name: first("name")?,
        version: first("version")?,
        // One that runs on several says so; then it is not that of this image.
        arch: Some(all("architectures")).filter(|all| all.len() == 1).and_then(|all| all.first().cloned()),
        licenses: first("license").into_iter().collect(),
        url: first("website"),
        summary: first("summary"),
        ..Described::default()
    };
    Some(Note { described, base: first("base"), kind: first("type") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::dpkg::sample_image::{Sample, read};

    #[test]
    fn a_snap_is_told_with_everything_that_it_states() {
        let text = "name: ahoy\nversion: '1.2.3'\nsummary: Says ahoy\ndescription: |\n  version: 9\nlicense: GPL-2.0+ OR MIT\n\
            architectures: [amd64]\nbase: core22\ntype: app\napps:\n  name:\n    version: bin/ahoy\n";
        let read = read(
            &[&Descriptions],
            &[&[
                Sample::File("snap/ahoy/current/meta/snap.yaml", text),
                Sample::File("snap/ahoy/current/bin/ahoy", ""),
                Sample::File("snap/half/current/meta/snap.yaml", "name: half\napps:\n  version: 1\n"),
                Sample::File("src/snap.yaml", text),
            ]],
        );
        let [package] = read.joined.packages.as_slice() else { panic!("{:?}", read.joined.packages) };
        assert_eq!(
            package.purl.as_ref().unwrap().to_string(),
            "pkg:generic/snap/ahoy@1.2.3?arch=amd64&base=core22&type=app"
        );
        assert_eq!(package.licenses, ["GPL-2.0+ OR MIT"]);
        assert_eq!(package.summary.as_deref(), Some("Says ahoy"));
        assert_eq!(package.place.as_ref().unwrap().to_string(), "/snap/ahoy/current");
        assert!(read.paths_of("ahoy").contains(&"/snap/ahoy/current/bin/ahoy".to_owned()));
        let [problem] = read.problems.as_slice() else { panic!("{:?}", read.problems) };
        assert_eq!(problem.code.as_str(), "snap-description-incomplete");
    }
}
