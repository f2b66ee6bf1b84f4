//! Which programs are what a package of the distribution says it is.
//!
//! A package that lists a file may have something of another's inside: it is the same only where
//! both the name and the version agree. Else a vendored library, and its flaws, would be lost.

use std::collections::{BTreeMap, HashMap, HashSet};

use plimsoll_model::package::is_of_distribution;
use plimsoll_model::{FileId, Package};

use crate::reader::{Joined, ShownFragment};

/// Programs that distributions call otherwise.
const OTHER_NAMES: &[(&str, &str)] = &[("httpd", "apache2")];

/// The files, with the names of programs, that are already listed as a distribution's package.
pub(super) fn find(
    programs: &BTreeMap<(&[u8], String, String), Vec<ShownFragment<'_>>>,
    joined: &Joined,
) -> HashSet<(FileId, String)> {
    let mut found: HashMap<FileId, Vec<(&str, &str)>> = HashMap::new();
    for ((_, name, version), files) in programs {
        for file in files {
            found.entry(file.file).or_default().push((name.as_str(), version.as_str()));
        }
    }
    let mut same = HashSet::new();
    for (file, owner) in &joined.owned {
        let Some(programs) = found.get(file) else { continue };
        let Some(owner) = joined.packages.get(*owner as usize) else { continue };
        let agreeing = programs.iter().filter(|(name, version)| is_same(name, version, owner));
        same.extend(agreeing.map(|(name, _)| (*file, (*name).to_owned())));
    }
    same
}

fn is_same(name: &str, version: &str, owner: &Package) -> bool {
    let other = OTHER_NAMES.iter().find(|(own, _)| *own == name).map(|(_, other)| *other);
    let source = owner.source.as_ref().map(|source| source.name.as_str());
    let is_named = |text: &str| text.contains(name) || other.is_some_and(|other| text.contains(other));
    is_of_distribution(owner.kind.as_str())
        && std::iter::once(owner.name.as_str()).chain(source).any(is_named)
        && shares_version(&owner.version, version)
}

/// Whether a distribution's version (`1:2.36-9+deb12u4`, `1:1.3.dfsg+really1.3.2-4`) is of this
/// upstream version, or of a longer or shorter spelling of it.
fn shares_version(distribution: &str, version: &str) -> bool {
    let upstream = distribution.split_once(':').map_or(distribution, |(_, rest)| rest);
    let upstream = upstream.rsplit_once('-').map_or(upstream, |(version, _)| version);
    let upstream = upstream.split_once("really").map_or(upstream, |(_, version)| version);
    let continues = |long: &str, short: &str| {
        let rest = long.strip_prefix(short);
        rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric()))
    };
    continues(upstream, version) || continues(version, upstream)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_model::{PackageType, SourcePackage};

    fn check(program: &str, owner: (&'static str, &str, &str, &str), expect: bool) {
        let (kind, name, version, source) = owner;
        let mut package = Package::new(PackageType::new(kind), name, version);
        package.source = Some(SourcePackage { name: source.to_owned(), version: None });
        let (name, version) = program.split_once(' ').unwrap();
        assert_eq!(is_same(name, version, &package), expect, "{program} {owner:?}");
    }

    #[test]
    fn a_package_is_the_program_where_name_and_version_agree() {
        check("openssl 3.0.22", ("deb", "libssl3", "3.0.22-1~deb12u2", "openssl"), true);
        check("openssl 1.1.1n", ("apk", "libcrypto1.1", "1.1.1n-r0", "openssl"), true);
        check("httpd 2.4.71", ("deb", "apache2-bin", "2.4.71-1~deb12u1", "apache2"), true);
        check("bash 5.1.4", ("deb", "bash", "5.1-2+deb11u1", "bash"), true);
        check("zlib 1.3.2", ("deb", "zlib1g", "1:1.3.dfsg+really1.3.2-4", "zlib"), true);
    }

    #[test]
    fn a_library_inside_of_another_package_is_not_that_package() {
        // Another version, another name, and both: none may be lost.
        check("openssl 3.5.0", ("rpm", "openssl-libs", "1:3.0.7-2.el9", "openssl"), false);
        check("openssl 3.5.0", ("rpm", "agent", "3.5.0-1", "agent"), false);
        check("zlib 1.2.11", ("deb", "libnode108", "18.20.4+dfsg-1~deb12u3", "nodejs"), false);
        check("openssl 3.0.22", ("pypi", "openssl", "3.0.22", "openssl"), false);
    }
}
