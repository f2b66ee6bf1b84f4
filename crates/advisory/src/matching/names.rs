//! By which names, and with which version, a package is looked up.

use std::borrow::Cow;
use std::collections::BTreeSet;

use plimsoll_model::package::is_of_distribution;
use plimsoll_model::{Analysis, NameKind, Package};

use super::release;
use crate::database::PackageKey;

/// One name of a package, and the version that statements about this name mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look<'a> {
    pub(super) key: PackageKey,
    pub(super) version: Cow<'a, str>,
}

/// The names of a package that statements may use.
///
/// * `deb`: the source package with its own version (a rebuild may differ), and the binary's.
/// * `rpm`: the binary package, and the source package. The name of a source RPM has no epoch,
///   so its version takes the binary's: rpm builds both with the same one unless a subpackage
///   sets its own. Where the database does not give the source's version the binary's stands in.
/// * `apk`: the origin, and the package; all packages of an origin share its version.
/// * languages: one name.
pub(super) fn looks<'a>(package: &'a Package, distribution: Option<&str>) -> Vec<Look<'a>> {
    let kind = package.kind.as_str();
    let version = Cow::Borrowed(package.version.as_str());
    let Some(distribution) = distribution else {
        let key = PackageKey::new(kind, None, &language_name(package), NameKind::Binary);
        return vec![Look { key, version }];
    };
    let source = package.source.as_ref();
    let source_name = source.map_or(package.name.as_str(), |source| source.name.as_str());
    let source_version = match source.and_then(|source| source.version.as_deref()) {
        Some(stated) if kind == "rpm" => with_epoch(stated, &package.version),
        Some(stated) if kind != "apk" => Cow::Borrowed(stated),
        _ => version.clone(),
    };
    let key = |name: &str, name_kind| PackageKey::new(kind, Some(distribution), name, name_kind);
    vec![
        Look { key: key(source_name, NameKind::Source), version: source_version },
        Look { key: key(&package.name, NameKind::Binary), version },
    ]
}

/// Whether a package has all of the name by which advisories know it: a Maven artifact without
/// its group has not.
pub(super) fn is_named(package: &Package) -> bool {
    package.kind.as_str() != "maven" || language_name(package).contains(':')
}

/// `group:artifact` for Maven, where only the package URL tells the group; else the name.
fn language_name(package: &Package) -> Cow<'_, str> {
    let namespace = package.purl.as_ref().and_then(|purl| purl.namespace.as_deref());
    match (package.kind.as_str(), namespace) {
        ("maven", Some(group)) if !package.name.contains(':') => {
            Cow::Owned(format!("{group}:{}", package.name))
        }
        _ => Cow::Borrowed(&package.name),
    }
}

fn with_epoch<'a>(version: &'a str, binary: &str) -> Cow<'a, str> {
    let epoch = |text: &str| {
        let (epoch, _) = text.split_once(':')?;
        epoch.bytes().all(|byte| byte.is_ascii_digit()).then(|| epoch.to_owned())
    };
    match (epoch(version), epoch(binary)) {
        (None, Some(epoch)) => Cow::Owned(format!("{epoch}:{version}")),
        _ => Cow::Borrowed(version),
    }
}

/// Every key under which an image's packages are looked up. Kept for each stored image, this is
/// what tells which images an update of the database concerns
/// ([`crate::database::changed_names`]).
#[must_use]
pub fn package_keys(analysis: &Analysis) -> BTreeSet<PackageKey> {
    let candidates = analysis.distribution.as_ref().map(release::candidates).unwrap_or_default();
    let mut keys = BTreeSet::new();
    for package in analysis.installed() {
        if is_of_distribution(package.kind.as_str()) {
            for candidate in &candidates {
                keys.extend(looks(package, Some(&candidate.distribution)).into_iter().map(|look| look.key));
            }
        } else {
            keys.extend(looks(package, None).into_iter().map(|look| look.key));
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_model::{PackageType, SourcePackage};

    fn check(kind: &'static str, name_version: &str, source: Option<(&str, Option<&str>)>, expect: &[&str]) {
        let (name, version) = name_version.split_once(' ').unwrap();
        let mut package = Package::new(PackageType::new(kind), name, version);
        package.source = source.map(|(name, version)| SourcePackage {
            name: name.to_owned(),
            version: version.map(str::to_owned),
        });
        let distribution = is_of_distribution(kind).then_some("d");
        let found: Vec<String> = looks(&package, distribution)
            .into_iter()
            .map(|look| format!("{:?} {} {}", look.key.name_kind, look.key.name, look.version))
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn distributions_packages_have_two_names() {
        check(
            "deb",
            "libssl3 3.0.11-1~deb12u2+b1",
            Some(("openssl", Some("3.0.11-1~deb12u2"))),
            &["Source openssl 3.0.11-1~deb12u2", "Binary libssl3 3.0.11-1~deb12u2+b1"],
        );
        check("deb", "bash 5.2-1", None, &["Source bash 5.2-1", "Binary bash 5.2-1"]);
        check(
            "rpm",
            "bind-libs 32:9.11.4-26.el8",
            Some(("bind", Some("9.11.4-26.el8"))),
            &["Source bind 32:9.11.4-26.el8", "Binary bind-libs 32:9.11.4-26.el8"],
        );
        check(
            "rpm",
            "device-mapper 7:1.02.135-1.el7",
            Some(("lvm2", Some("7:2.02.166-1.el7"))),
            &["Source lvm2 7:2.02.166-1.el7", "Binary device-mapper 7:1.02.135-1.el7"],
        );
        check(
            "apk",
            "libcrypto1.1 1.1.1g-r0",
            Some(("openssl", None)),
            &["Source openssl 1.1.1g-r0", "Binary libcrypto1.1 1.1.1g-r0"],
        );
    }

    #[test]
    fn an_artifact_without_its_group_is_not_named() {
        let named = |name: &str| is_named(&Package::new(PackageType::new("maven"), name, "1"));
        assert_eq!((named("org.yaml:snakeyaml"), named("snakeyaml")), (true, false));
        let mut package = Package::new(PackageType::new("maven"), "snakeyaml", "1");
        package.purl = "pkg:maven/org.yaml/snakeyaml@1".parse().ok();
        assert!(is_named(&package));
        assert!(is_named(&Package::new(PackageType::new("npm"), "snakeyaml", "1")));
    }

    #[test]
    fn languages_packages_have_one_name_in_its_normal_form() {
        check("pypi", "Flask_Login 0.6", None, &["Binary flask-login 0.6"]);
        check("npm", "@babel/core 7.0.0", None, &["Binary @babel/core 7.0.0"]);
    }
}
