//! Packages of Gentoo and its relatives: what Portage keeps of each installed package.

mod contents;
mod licence;
mod version;

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};

use plimsoll_model::evidence::{RecordedDigest, RecordedFile};
use plimsoll_model::path::split;
use plimsoll_model::{Distribution, InstallReason, Package, PackageType, Problem, Purl, TreePath, path};
use serde::{Deserialize, Serialize};

use self::contents::Listed;
use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::described::{add, decode, own};
use crate::reader::{Doc, Joined, LayeredImage, Reader, ShownFragment};

/// Packages of Portage.
#[derive(Debug, Clone, Copy)]
pub struct Ebuild;

/// The purl type of Portage's packages. The package-url project has defined none; this is the one
/// that it reserves and that others write.
pub const TYPE: PackageType = PackageType::new("ebuild");

/// Where Portage keeps what is installed, one directory for each package.
const DATABASE: &[u8] = b"var/db/pkg";
/// What somebody asked for by name.
const WORLD: &str = "var/lib/portage/world";

/// Sources of a kernel have a hundred thousand files, in ten megabytes.
const MAX_CONTENTS: u64 = 64 << 20;
/// Fields are a line; the longest dependencies have some ten kilobytes.
const MAX_FIELD: u64 = 1 << 20;
/// A line for each package that somebody wanted.
const MAX_WORLD: u64 = 1 << 20;

/// How Portage names a directory while it fills it.
const UNFINISHED: &[u8] = b"-MERGING-";

const DOC: Doc = Doc {
    id: "ebuild",
    title: "Packages of Gentoo",
    summary: "Packages that Portage installed.",
    explanation: "Reads CONTENTS, LICENSE, SLOT, repository, SIZE, CHOST, DESCRIPTION, HOMEPAGE and RDEPEND of every \
package in var/db/pkg, and var/lib/portage/world. Name and version are those of the directory, as for Portage itself: \
app-misc/ahoy, 1.2.3-r1. The repository is told as the origin: what is not from `gentoo` is from an overlay. What world \
names was asked for; of all else it is unknown, because the profile's own set is written down elsewhere.\n\n\
A package lists the files of its CONTENTS, with the MD5 of each; /etc counts as configuration, as in Portage's own \
defaults. A licence becomes an SPDX expression where each of its words is one licence of SPDX; a word that is none, or \
a choice that a USE flag still has, stays as Gentoo writes it.\n\n\
Package URLs have the category as namespace, and slot, repository and distribution as qualifiers. No feed of \
advisories speaks of these packages, so nothing is known of their flaws.",
};

impl Ecosystem for Ebuild {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Database]
    }

    fn purl(&self, package: &Package, distribution: Option<&Distribution>) -> Option<Purl> {
        package_url(package, None, distribution)
    }

    fn order(&self, left: &str, right: &str) -> Option<Ordering> {
        version::order(left, right)
    }
}

/// `pkg:ebuild/app-misc/ahoy@1.2.3-r1?distro=gentoo-2.15&repository=gentoo&slot=0`.
fn package_url(package: &Package, slot: Option<&str>, distribution: Option<&Distribution>) -> Option<Purl> {
    let (category, name) = package.name.split_once('/')?;
    let purl = Purl::new("ebuild", Some(category), name, Some(&package.version)).ok()?;
    let known = distribution.filter(|known| !known.id.is_empty());
    let distro = known.map(|known| match known.version_id.as_ref().or(known.build_id.as_ref()) {
        Some(release) => format!("{}-{release}", known.id),
        None => known.id.clone(),
    });
    let purl = purl.with_qualifier("distro", distro.as_deref().unwrap_or_default());
    let purl = purl.with_qualifier("repository", package.origin.as_deref().unwrap_or_default());
    Some(purl.with_qualifier("slot", slot.unwrap_or_default()))
}

/// What is kept of one file.
#[derive(Debug, Serialize, Deserialize)]
enum Note {
    Contents(Vec<Listed>),
    /// One of the files of a single field, named as it.
    Field(String),
    /// What world names, each a line.
    World(Vec<String>),
}

/// Reads the database.
#[derive(Debug, Clone, Copy)]
struct Database;

impl Reader for Database {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const fn field(shape: &'static str) -> Claim {
            Claim { pattern: Pattern::Shape(shape), limit: MAX_FIELD }
        }
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Shape("var/db/pkg/*/*/CONTENTS"), limit: MAX_CONTENTS },
            field("var/db/pkg/*/*/LICENSE"),
            field("var/db/pkg/*/*/SLOT"),
            field("var/db/pkg/*/*/repository"),
            field("var/db/pkg/*/*/SIZE"),
            field("var/db/pkg/*/*/CHOST"),
            field("var/db/pkg/*/*/DESCRIPTION"),
            field("var/db/pkg/*/*/HOMEPAGE"),
            field("var/db/pkg/*/*/RDEPEND"),
            Claim { pattern: Pattern::Path(WORLD), limit: MAX_WORLD },
        ];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let text = String::from_utf8_lossy(content);
        let note = match split(path).1 {
            b"CONTENTS" => {
                let (listed, damaged) = contents::parse(&text);
                if damaged > 0 {
                    problems.push(Problem::new(
                        "portage-contents-damaged",
                        format!("/{}", path::escape(path)),
                        format!("{damaged} of its lines name no file as Portage writes them; their files count as nobody's"),
                    ));
                }
                Note::Contents(listed)
            }
            b"world" => Note::World(text.lines().map(|line| line.trim().to_owned()).collect()),
            _ => Note::Field(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        };
        postcard::to_allocvec(&note).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let mut problems = Vec::new();
        let notes = decode::<Note>(image, "portage-record-unreadable", &mut problems);
        let world = notes.iter().find_map(|(_, note)| match note {
            Note::World(lines) => Some(lines.iter().map(|line| wanted(line)).collect()),
            _ => None,
        });
        let mut records: BTreeMap<&[u8], Vec<(&ShownFragment<'_>, &Note)>> = BTreeMap::new();
        for (fragment, note) in &notes {
            let directory = split(fragment.path).0;
            if split(split(directory).0).0 == DATABASE && !split(directory).1.starts_with(UNFINISHED) {
                records.entry(directory).or_default().push((fragment, note));
            }
        }
        for (directory, files) in records {
            match Record::of(directory, &files) {
                Some(record) => record.join(image, world.as_ref(), joined),
                None => problems.push(Problem::new(
                    "portage-record-unreadable",
                    format!("/{}", path::escape(directory)),
                    "its name is not that of a package with a version, so this package is missing from the report",
                )),
            }
        }
        joined.problems.append(&mut problems);
    }
}

/// Package and slot that a line of world names: `app-misc/ahoy`, `=app-misc/ahoy-1*:2::harbour`.
/// A version is not told apart from the name here; lines with one are rare.
fn wanted(line: &str) -> (String, Option<String>) {
    let line = line.split("::").next().unwrap_or_default();
    let (name, slot) =
        line.split_once(':').map_or((line, None), |(name, slot)| (name, Some(slot.to_owned())));
    (name.to_owned(), slot)
}

/// What the files of one directory say.
struct Record<'a> {
    category: &'a str,
    name: &'a str,
    version: &'a str,
    /// The file that stands for the package: its CONTENTS, if that is there.
    evidence: &'a ShownFragment<'a>,
    contents: &'a [Listed],
    fields: HashMap<&'a [u8], &'a str>,
}

impl<'a> Record<'a> {
    fn of(directory: &'a [u8], files: &[(&'a ShownFragment<'a>, &'a Note)]) -> Option<Self> {
        let (above, full_name) = split(directory);
        let (name, version) = version::split_name(std::str::from_utf8(full_name).ok()?)?;
        let contents = files.iter().find_map(|(fragment, note)| match note {
            Note::Contents(listed) => Some((*fragment, listed.as_slice())),
            _ => None,
        });
        let fields = files.iter().filter_map(|(fragment, note)| match note {
            Note::Field(text) => Some((split(fragment.path).1, text.as_str())),
            _ => None,
        });
        Some(Self {
            category: std::str::from_utf8(split(above).1).ok().filter(|category| !category.is_empty())?,
            name,
            version,
            evidence: contents.map_or_else(
                || files.first().map(|(fragment, _)| *fragment),
                |(fragment, _)| Some(fragment),
            )?,
            contents: contents.map(|(_, listed)| listed).unwrap_or_default(),
            fields: fields.collect(),
        })
    }

    fn field(&self, name: &[u8]) -> Option<String> {
        self.fields.get(name).filter(|text| !text.is_empty()).map(|text| (*text).to_owned())
    }

    fn join(
        &self,
        image: &LayeredImage<'_>,
        world: Option<&HashSet<(String, Option<String>)>>,
        joined: &mut Joined,
    ) {
        let mut package = Package::new(TYPE, format!("{}/{}", self.category, self.name), self.version);
        // The slot without what only says when others must be built anew.
        let slot = self.field(b"SLOT");
        let slot = slot.as_deref().and_then(|slot| slot.split('/').next());
        let is_wanted = world.is_some_and(|world| {
            world.contains(&(package.name.clone(), None))
                || world.contains(&(package.name.clone(), slot.map(str::to_owned)))
        });
        package.reason = if is_wanted { InstallReason::Explicit } else { InstallReason::Unknown };
        package.arch = self.field(b"CHOST").and_then(|host| Some(host.split('-').next()?.to_owned()));
        package.licenses = licence::read(self.fields.get(b"LICENSE".as_slice()).copied().unwrap_or_default());
        package.size = self.field(b"SIZE").and_then(|size| size.parse().ok());
        package.origin = self.field(b"repository");
        package.url = self.field(b"HOMEPAGE").and_then(|pages| Some(pages.split(' ').next()?.to_owned()));
        package.summary = self.field(b"DESCRIPTION");
        package.requires = requires(self.fields.get(b"RDEPEND".as_slice()).copied().unwrap_or_default());
        package.purl = package_url(&package, slot, joined.distribution.as_ref());
        let index = add(package, self.evidence, b"", joined);
        // It lies in the image as a whole, not in a place of its own.
        if let Some(package) = joined.packages.last_mut() {
            package.place = None;
        }
        for listed in self.contents {
            own(image, listed.path().as_bytes(), index, joined);
            if joined.with_evidence {
                joined.evidence.recorded.extend(record(image, listed, index));
            }
        }
    }
}

/// What Portage recorded of a file. It records neither modes nor owners.
fn record(image: &LayeredImage<'_>, listed: &Listed, package: u32) -> Option<RecordedFile> {
    let path = listed.path();
    let digest = match listed {
        Listed::File { md5: Some(digest), .. } => Some(RecordedDigest::Md5(*digest)),
        Listed::File { md5: None, .. } => Some(RecordedDigest::Other),
        Listed::Other { .. } => None,
    };
    Some(RecordedFile {
        package,
        path: TreePath::parse(path.as_bytes()).ok()?,
        file: image.files.resolve(path.as_bytes()),
        digest,
        size: None,
        mode: None,
        owner: None,
        // CONFIG_PROTECT, as make.globals sets it.
        is_configuration: path.trim_start_matches('/').starts_with("etc/"),
        may_be_missing: false,
        named: None,
    })
}

/// The packages that a dependency names, without the marks of choices and groups.
fn requires(text: &str) -> Vec<String> {
    let words = text.split(' ').filter(|word| {
        !word.is_empty() && !matches!(*word, "(" | ")" | "||" | "??" | "^^") && !word.ends_with('?')
    });
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::dpkg::sample_image::{Sample, read};

    fn rows(samples: &[Sample<'_>]) -> Vec<String> {
        let read = read(&[&Database], &[samples]);
        read.joined.packages.iter().map(|each| format!("{} {}", each.name, each.version)).collect()
    }

    #[test]
    fn a_package_is_told_with_everything_that_portage_wrote_down() {
        let record = |name: &str| format!("var/db/pkg/app-misc/ahoy-1.2.3-r1/{name}");
        let contents = "dir /usr\nobj /usr/bin/ahoy 9b60a29cfc7cb9c106ed8aa9ba10fccb 1795535871\n\
            sym /usr/bin/hello -> ahoy 1795535871\nobj /etc/ahoy there.conf c374f81d131d01b9692763608b831027 1\n";
        let read = read(
            &[&crate::evidence::os_release::OsRelease, &Database],
            &[&[
                Sample::File("etc/os-release", "ID=gentoo\nVERSION_ID=2.15\n"),
                Sample::File(&record("CONTENTS"), contents),
                Sample::File(&record("LICENSE"), "GPL-2+ || ( MIT Apache-2.0 ) BSD\n"),
                Sample::File(&record("SLOT"), "0/1.2\n"),
                Sample::File(&record("repository"), "harbour\n"),
                Sample::File(&record("SIZE"), "34\n"),
                Sample::File(&record("CHOST"), "x86_64-pc-linux-gnu\n"),
                Sample::File(&record("RDEPEND"), "dev-libs/hull:= || ( a/b >=c/d-1 )\n"),
                Sample::File("var/lib/portage/world", "app-misc/ahoy:0\n"),
                Sample::File("usr/bin/ahoy", ""),
                Sample::Link("usr/bin/hello", "ahoy"),
                Sample::File("etc/ahoy there.conf", ""),
            ]],
        );
        let [package] = read.joined.packages.as_slice() else { panic!("{:?}", read.joined.packages) };
        assert_eq!(
            package.purl.as_ref().unwrap().to_string(),
            "pkg:ebuild/app-misc/ahoy@1.2.3-r1?distro=gentoo-2.15&repository=harbour&slot=0"
        );
        assert_eq!(package.name, "app-misc/ahoy");
        assert_eq!(package.licenses, ["GPL-2.0-or-later AND (MIT OR Apache-2.0) AND BSD-3-Clause"]);
        assert_eq!((package.size, package.arch.as_deref()), (Some(34), Some("x86_64")));
        assert_eq!(package.reason, InstallReason::Explicit);
        assert_eq!(package.requires, ["dev-libs/hull:=", "a/b", ">=c/d-1"]);
        assert_eq!(
            read.paths_of("app-misc/ahoy"),
            [
                "/etc/ahoy there.conf",
                "/usr",
                "/usr/bin/ahoy",
                "/usr/bin/hello",
                "/var/db/pkg/app-misc/ahoy-1.2.3-r1/CONTENTS"
            ]
        );
        let recorded = &read.joined.evidence.recorded;
        let configuration: Vec<bool> = recorded.iter().map(|file| file.is_configuration).collect();
        assert_eq!(configuration, [false, false, false, true]);
        assert!(matches!(recorded[1].digest, Some(RecordedDigest::Md5([0x9b, 0x60, ..]))));
        assert_eq!(read.problems, []);
    }

    #[test]
    fn two_slots_of_a_package_lie_side_by_side() {
        assert_eq!(
            rows(&[
                Sample::File("var/db/pkg/dev-lang/python-3.11.9/CONTENTS", ""),
                Sample::File("var/db/pkg/dev-lang/python-3.12.3_p1-r1/SLOT", "3.12\n"),
            ]),
            ["dev-lang/python 3.11.9", "dev-lang/python 3.12.3_p1-r1"]
        );
    }

    #[test]
    fn what_is_being_merged_is_not_installed_and_other_names_are_told_as_damage() {
        let read = read(
            &[&Database],
            &[&[
                Sample::File("var/db/pkg/app-misc/-MERGING-ahoy-1/CONTENTS", ""),
                Sample::File("var/db/pkg/app-misc/ahoy/CONTENTS", ""),
                Sample::File("var/db/pkg/app-misc/half-1/CONTENTS", "obj /a b\nsym /c\n\n"),
            ]],
        );
        let names: Vec<&str> = read.joined.packages.iter().map(|each| each.name.as_str()).collect();
        assert_eq!(names, ["app-misc/half"]);
        let codes: Vec<&str> =
            read.problems.iter().chain(&read.joined.problems).map(|each| each.code.as_str()).collect();
        assert_eq!(codes, ["portage-contents-damaged", "portage-record-unreadable"]);
    }
}
