//! rpm: packages of Fedora, Red Hat's family, SUSE, Mariner, Photon and others.
//!
//! The database is read with code of our own, read-only and bounds-checked throughout: it comes
//! from an image and may be hostile. Two or three layers of format lie inside each other:
//!
//! * the file: Berkeley DB hash (`berkeley`), rpm's own NDB (`ndb`) or SQLite (`sqlite`),
//!   each of which yields header blobs;
//! * the header of one package (`header`, with the signature's key id from `signature`),
//!   which yields a [`record::PackageRecord`];
//! * the fragment that is stored for one file of one layer (`fragment`), and what all layers'
//!   fragments mean together (`join`).

mod berkeley;
mod bytes;
mod damage;
mod fragment;
mod header;
mod join;
mod manifest;
mod ndb;
pub mod record;
mod signature;
mod sqlite;
mod version;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use plimsoll_model::{Distribution, Package, PackageType, Problem, Purl};

use crate::claim::{Claim, Pattern};
use crate::ecosystem::Ecosystem;
use crate::reader::{Doc, Joined, LayeredImage, Reader};
use damage::Damage;
use fragment::{Format, Fragment, Packages};
use record::PackageRecord;

/// The purl type.
pub const PACKAGE_TYPE: PackageType = PackageType::new("rpm");

/// Revision of the fragments: goes up whenever the same bytes would be written down otherwise.
const REVISION: u32 = 2;

/// The largest database that is read. A full desktop installation has about 200 MB; a database
/// must be held in memory as a whole, since its parts point at each other.
const MAX_DATABASE: u64 = 256 << 20;

/// The largest list of packages that is read: some 200 bytes a package.
const MAX_MANIFEST: u64 = 16 << 20;

const DOC: Doc = Doc {
    id: "rpm",
    title: "rpm",
    summary: "Packages that the rpm database lists as installed.",
    explanation: "Reads rpm's database in each of its formats (Berkeley DB `Packages`, NDB \
`Packages.db`, SQLite `rpmdb.sqlite` with the committed part of its write-ahead log) in \
var/lib/rpm, usr/lib/sysimage/rpm and usr/share/rpm. Where several formats lie in one directory, \
the one counts that rpm itself prefers: SQLite, then NDB, then Berkeley DB. Images of Mariner and \
Azure Linux without a database state their packages in var/lib/rpmmanifest.\n\n\
Kept are name, epoch, version, release, architecture, source package, vendor, licence, size, \
signing key id, modularity label, requirements and provisions, and every listed file with its \
state, attributes and recorded digest. Files that rpm did not install (left out, replaced, of \
another colour) are not owned. Keys imported into rpm are listed as `gpg-pubkey`, as `rpm -qa` \
lists them.\n\n\
The database does not say whether a package was asked for or came as a dependency, and \
signatures are not verified.",
};

/// Where rpm has kept its database: the classic place, the one of read-only /usr, the one of
/// rpm-ostree. `usr/lib/rpm` holds macros only.
macro_rules! claims {
    ($($directory:literal),*) => {
        [
            $(
                database(concat!($directory, "/Packages")),
                database(concat!($directory, "/Packages.db")),
                database(concat!($directory, "/rpmdb.sqlite")),
                database(concat!($directory, "/rpmdb.sqlite-wal")),
            )*
            Claim { pattern: Pattern::Path("var/lib/rpmmanifest/container-manifest-1"), limit: MAX_MANIFEST },
            Claim { pattern: Pattern::Path("var/lib/rpmmanifest/container-manifest-2"), limit: MAX_MANIFEST },
        ]
    };
}

const CLAIMS: [Claim; 14] = claims!("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm");

const fn database(path: &'static str) -> Claim {
    Claim { pattern: Pattern::Path(path), limit: MAX_DATABASE }
}

/// The packages that a fragment of this ecosystem's reader holds, with everything that the
/// database records about their files. A write-ahead log is not part of it.
#[must_use]
pub fn packages_of(payload: &[u8]) -> Vec<PackageRecord<'_>> {
    Fragment::decode(payload)
        .into_iter()
        .flat_map(|fragment| fragment::records(fragment.records))
        .map_while(Result::ok)
        .collect()
}

/// Packages of rpm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rpm;

impl Ecosystem for Rpm {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        static TYPES: [PackageType; 1] = [PACKAGE_TYPE];
        &TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Database]
    }

    /// As the purl specification has it for rpm, with the qualifiers that Syft writes:
    /// `pkg:rpm/redhat/bash@4.2-1?arch=x86_64&distro=rhel-7.9&epoch=1&upstream=bash-4.2-1.src.rpm`.
    fn purl(&self, package: &Package, distribution: Option<&Distribution>) -> Option<Purl> {
        if package.kind != PACKAGE_TYPE {
            return None;
        }
        let (epoch, version) = match package.version.split_once(':') {
            Some((epoch, version)) => (Some(epoch.to_owned()), version),
            None => (None, package.version.as_str()),
        };
        let upstream = package
            .source
            .as_ref()
            .and_then(|source| Some(format!("{}-{}.src.rpm", source.name, source.version.as_ref()?)));
        let distro = distribution.map(|distribution| match &distribution.version_id {
            Some(version) => format!("{}-{version}", distribution.id),
            None => distribution.id.clone(),
        });
        let qualifiers =
            [("arch", package.arch.clone()), ("distro", distro), ("epoch", epoch), ("upstream", upstream)];
        Some(Purl {
            kind: PACKAGE_TYPE.as_str().to_owned(),
            namespace: distribution.map(|distribution| namespace(&distribution.id).to_owned()),
            name: package.name.clone(),
            version: Some(version.to_owned()),
            qualifiers: qualifiers
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value?)))
                .collect::<BTreeMap<_, _>>(),
            subpath: None,
        })
    }

    fn order(&self, left: &str, right: &str) -> Option<Ordering> {
        version::order(left, right)
    }
}

/// The vendor's name in purls: the distribution's id but for two that purls have named otherwise
/// since before there was os-release.
fn namespace(distribution: &str) -> &str {
    match distribution {
        "rhel" => "redhat",
        id if id.starts_with("opensuse") => "opensuse",
        id => id,
    }
}

/// Reads rpm's databases.
#[derive(Debug)]
struct Database;

impl Reader for Database {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        REVISION
    }

    fn claims(&self) -> &'static [Claim] {
        &CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let format = Format::of(path)?;
        let mut damage = Damage::default();
        if format == Format::Wal {
            // Empty is how SQLite leaves the log when all of it is in the database.
            let wal = sqlite::Wal::open(content, &mut damage);
            let payload = wal
                .filter(sqlite::Wal::changes_anything)
                .and_then(|_| fragment::encode(format, &Packages::default(), Vec::new(), content));
            damage.report(path, problems);
            return payload;
        }
        let packages = Packages::read(format, content, None, &mut damage);
        if format == Format::Sqlite && sqlite::may_have_wal(content) {
            // The log may lie in another layer, and what looks damaged without it may be whole.
            return fragment::encode(format, &packages, damage.into_sentences(), content);
        }
        let sentences = damage.into_sentences();
        let nothing = packages.identities.is_empty() && !sentences.is_empty();
        damage::report_sentences(sentences, path, problems);
        // A file of which nothing can be read must not hide another database beside it.
        if nothing { None } else { fragment::encode(format, &packages, Vec::new(), &[]) }
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        join::join(image, joined);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_model::SourcePackage;

    fn check(id: &str, version_id: Option<&str>, version: &str, expect: (&str, &str, &[&str])) {
        let package = Package {
            arch: Some("x86_64".to_owned()),
            source: Some(SourcePackage { name: "dbus".to_owned(), version: Some("1.6-1".to_owned()) }),
            ..Package::new(PACKAGE_TYPE, "dbus-libs", version)
        };
        let distribution = Distribution {
            id: id.to_owned(),
            version_id: version_id.map(str::to_owned),
            ..Distribution::default()
        };
        let purl = Rpm.purl(&package, Some(&distribution)).unwrap();
        let qualifiers: Vec<String> =
            purl.qualifiers.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(
            (purl.namespace.as_deref().unwrap(), purl.version.as_deref().unwrap()),
            (expect.0, expect.1)
        );
        assert_eq!(qualifiers, expect.2);
    }

    #[test]
    fn the_epoch_is_a_qualifier_of_the_package_url() {
        let upstream = "upstream=dbus-1.6-1.src.rpm";
        check(
            "ol",
            Some("7.3"),
            "1:1.6-1",
            ("ol", "1.6-1", &["arch=x86_64", "distro=ol-7.3", "epoch=1", upstream]),
        );
        check(
            "rhel",
            Some("9.4"),
            "1.6-1",
            ("redhat", "1.6-1", &["arch=x86_64", "distro=rhel-9.4", upstream]),
        );
        check(
            "opensuse-tumbleweed",
            None,
            "1.6-1",
            ("opensuse", "1.6-1", &["arch=x86_64", "distro=opensuse-tumbleweed", upstream]),
        );
    }
}
