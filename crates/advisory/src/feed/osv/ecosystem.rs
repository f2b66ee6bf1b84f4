//! Which packages an OSV ecosystem string speaks of: one table for all of them.

mod release;

use plimsoll_model::{NameKind, Scope};

use self::release::Suffix;

/// Where a statement holds, as far as ecosystem and package URL tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) scope: Scope,
    pub(super) name_kind: NameKind,
    pub(super) repository: Option<String>,
    pub(super) architectures: Vec<String>,
    pub(super) module: Option<String>,
}

/// One ecosystem.
struct Row {
    /// As the schema spells it, before the first colon.
    name: &'static str,
    /// The purl type of its packages; where purl knows none, a word of ours that no package
    /// has, so that nothing matches by accident.
    kind: &'static str,
    /// The `ID` that its distribution's os-release has.
    distribution: Option<&'static str>,
    /// Which name its records use.
    name_kind: NameKind,
    /// What may follow the first colon.
    suffix: Suffix,
}

/// A registry of a language: packages are known by one name, and there are no releases.
const fn registry(name: &'static str, kind: &'static str) -> Row {
    Row { name, kind, distribution: None, name_kind: NameKind::Binary, suffix: Suffix::Repository }
}

/// A distribution whose records name source packages.
const fn by_source(name: &'static str, kind: &'static str, id: &'static str, suffix: Suffix) -> Row {
    Row { name, kind, distribution: Some(id), name_kind: NameKind::Source, suffix }
}

/// A distribution whose records name installed packages.
const fn by_binary(name: &'static str, kind: &'static str, id: &'static str, suffix: Suffix) -> Row {
    Row { name, kind, distribution: Some(id), name_kind: NameKind::Binary, suffix }
}

/// Every ecosystem of the schema (1.7). Names of installed packages are what Red Hat's and
/// AlmaLinux's records have in practice, though the schema says otherwise of the latter: its
/// errata list every installed package that they bring.
const TABLE: &[Row] = &[
    by_binary("AlmaLinux", "rpm", "almalinux", Suffix::Release),
    by_source("Alpaquita", "apk", "alpaquita", Suffix::Release),
    by_source("Alpine", "apk", "alpine", Suffix::ReleaseAfterV),
    registry("Android", "android"),
    by_source("Azure Linux", "rpm", "azurelinux", Suffix::AzureLinux),
    by_source("BellSoft Hardened Containers", "apk", "bellsoft-hardened-containers", Suffix::Release),
    registry("Bioconductor", "bioconductor"),
    registry("Bitnami", "bitnami"),
    by_source("Chainguard", "apk", "chainguard", Suffix::Release),
    by_source("CleanStart", "apk", "cleanstart", Suffix::Release),
    registry("ConanCenter", "conan"),
    registry("CRAN", "cran"),
    registry("crates.io", "cargo"),
    by_source("Debian", "deb", "debian", Suffix::Release),
    by_source("Docker Hardened Images", "deb", "dhi", Suffix::HardenedImages),
    by_source("Echo", "deb", "echo", Suffix::Release),
    by_binary("FreeBSD", "freebsd", "freebsd", Suffix::Release),
    registry("GHC", "ghc"),
    registry("GitHub Actions", "github"),
    registry("Go", "golang"),
    registry("Hackage", "hackage"),
    registry("Hex", "hex"),
    registry("Julia", "julia"),
    registry("Kubernetes", "kubernetes"),
    registry("Linux", "linux-kernel"),
    by_source("Mageia", "rpm", "mageia", Suffix::Release),
    registry("Maven", "maven"),
    by_source("MinimOS", "apk", "minimos", Suffix::Release),
    registry("npm", "npm"),
    registry("NuGet", "nuget"),
    registry("opam", "opam"),
    by_source("openEuler", "rpm", "openeuler", Suffix::Release),
    by_source("openSUSE", "rpm", "opensuse", Suffix::OpenSuse),
    registry("OSS-Fuzz", "oss-fuzz"),
    registry("Packagist", "composer"),
    by_source("Photon OS", "rpm", "photon", Suffix::Release),
    registry("Pub", "pub"),
    registry("PyPI", "pypi"),
    by_binary("Red Hat", "rpm", "rhel", Suffix::RedHat),
    by_source("Rocky Linux", "rpm", "rocky", Suffix::Release),
    registry("RubyGems", "gem"),
    by_source("SUSE", "rpm", "sles", Suffix::Suse),
    registry("SwiftURL", "swift"),
    by_source("Ubuntu", "deb", "ubuntu", Suffix::Ubuntu),
    registry("VSCode", "vscode-extension"),
    by_source("Wolfi", "apk", "wolfi", Suffix::Release),
];

/// Vendors that rebuild packages of other ecosystems: `Root:Alpine:3.18`. Theirs is the inner
/// ecosystem, limited to a repository of the vendor's.
const REBUILDERS: &[(&str, &str)] = &[("Root", "root"), ("TuxCare", "tuxcare")];

/// The ecosystems that have a dump of their own, as the schema spells them.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|row| row.name).chain(REBUILDERS.iter().map(|(name, _)| *name))
}

/// The place that an ecosystem string names; `None` where nobody here knows it.
pub(super) fn place(ecosystem: &str) -> Option<Place> {
    let (name, rest) = match ecosystem.split_once(':') {
        Some((name, rest)) => (name, Some(rest)),
        None => (ecosystem, None),
    };
    if let Some((_, vendor)) = REBUILDERS.iter().find(|(rebuilder, _)| *rebuilder == name) {
        // Not recursive: a rebuilder of a rebuilder's packages is no ecosystem.
        let mut place = plain_place(rest?)?;
        place.repository = Some((*vendor).to_owned());
        return Some(place);
    }
    plain_place(ecosystem)
}

fn plain_place(ecosystem: &str) -> Option<Place> {
    let (name, rest) = match ecosystem.split_once(':') {
        Some((name, rest)) => (name, Some(rest)),
        None => (ecosystem, None),
    };
    let row = TABLE.iter().find(|row| row.name == name)?;
    let mut place = Place {
        scope: Scope {
            kind: row.kind.to_owned(),
            distribution: row.distribution.map(str::to_owned),
            release: None,
        },
        name_kind: row.name_kind,
        repository: None,
        architectures: Vec::new(),
        module: None,
    };
    match rest {
        None | Some("") => Some(place),
        Some(rest) => row.suffix.apply(rest, &mut place).then_some(place),
    }
}

/// Narrows a place by what the record's package URL adds: an architecture, a module, and which
/// of Ubuntu's extended repositories it is.
pub(super) fn narrow(place: &mut Place, purl: &str) {
    let Some((_, qualifiers)) = purl.split_once('?') else { return };
    let qualifiers = qualifiers.split_once('#').map_or(qualifiers, |(qualifiers, _subpath)| qualifiers);
    for (key, value) in qualifiers.split('&').filter_map(|pair| pair.split_once('=')) {
        let value = value.replace("%2F", "/").replace("%2f", "/").replace("%3A", ":").replace("%3a", ":");
        match key {
            "arch" if !matches!(value.as_str(), "source" | "src" | "noarch" | "all" | "any" | "") => {
                place.architectures = vec![value];
            }
            "rpmmod" => {
                let mut parts = value.split(':');
                if let (Some(name), Some(stream)) = (parts.next(), parts.next()) {
                    place.module = Some(format!("{name}:{stream}"));
                }
            }
            "distro" if place.repository.as_deref() == Some("esm") => {
                if let Some((repository, _codename)) = value.split_once('/')
                    && repository.starts_with("esm")
                {
                    place.repository = Some(repository.to_owned());
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expect `type`, `type distribution`, `type distribution release`, each perhaps with
    /// ` in repository`.
    fn check(ecosystem: &str, expect: &str) {
        let text = match place(ecosystem) {
            None => "unknown".to_owned(),
            Some(place) => {
                let scope = place.scope;
                let mut text = scope.kind;
                for part in [scope.distribution, scope.release].into_iter().flatten() {
                    text = format!("{text} {part}");
                }
                place.repository.map_or(text.clone(), |repository| format!("{text} in {repository}"))
            }
        };
        assert_eq!(text, expect, "{ecosystem}");
    }

    #[test]
    fn distributions_have_a_release_after_the_colon() {
        check("Debian:12", "deb debian 12");
        check("Debian", "deb debian");
        check("Alpine:v3.18", "apk alpine 3.18");
        check("Alpine:edge", "apk alpine edge");
        check("AlmaLinux:9", "rpm almalinux 9");
        check("Rocky Linux:9", "rpm rocky 9");
        check("Alpaquita:stream", "apk alpaquita stream");
        check("BellSoft Hardened Containers:23", "apk bellsoft-hardened-containers 23");
        check("Wolfi", "apk wolfi");
        check("Chainguard", "apk chainguard");
        check("MinimOS", "apk minimos");
        check("Mageia:9", "rpm mageia 9");
        check("Photon OS:3.0", "rpm photon 3.0");
        check("openEuler:24.03-LTS-SP1", "rpm openeuler 24.03-LTS-SP1");
        check("Azure Linux:3", "rpm azurelinux 3.0");
        check("Azure Linux:2", "rpm mariner 2.0");
    }

    #[test]
    fn ubuntu_s_extended_releases_become_repositories() {
        check("Ubuntu:22.04:LTS", "deb ubuntu 22.04");
        check("Ubuntu:24.10", "deb ubuntu 24.10");
        check("Ubuntu:Pro:18.04:LTS", "deb ubuntu 18.04 in esm");
        check("Ubuntu:Pro:FIPS-updates:20.04:LTS", "deb ubuntu 20.04 in fips-updates");
        check("Ubuntu:Pro:Realtime:22.04:LTS", "deb ubuntu 22.04 in realtime");
        check("Ubuntu:Pro:24.04:LTS:Realtime:Kernel", "deb ubuntu 24.04 in realtime");
        check("Ubuntu:Nvidia-BlueField:22.04:LTS", "deb ubuntu 22.04 in nvidia-bluefield");
        check("Ubuntu:22.04:LTS:for:NVIDIA:BlueField", "deb ubuntu 22.04 in nvidia-bluefield");
        check("Ubuntu:Pro:LTS", "unknown");
    }

    #[test]
    fn red_hat_s_product_names_become_release_and_repository() {
        check("Red Hat:enterprise_linux:9::baseos", "rpm rhel 9 in baseos");
        check("Red Hat:enterprise_linux:8::appstream", "rpm rhel 8 in appstream");
        check("Red Hat:enterprise_linux:9", "rpm rhel 9");
        check("Red Hat:rhel_eus:9.4::baseos", "rpm rhel 9.4 in eus");
        check("Red Hat:enterprise_linux_eus:10.0", "rpm rhel 10.0 in eus");
        check("Red Hat:rhel_aus:8.4::appstream", "rpm rhel 8.4 in aus");
        check("Red Hat:openshift:4.12::el8", "rpm rhel 8 in openshift:4.12");
        check("Red Hat:jboss_core_services:1::el7", "rpm rhel 7 in jboss_core_services:1");
        check("Red Hat:openstack:16.2", "rpm rhel in openstack:16.2");
    }

    #[test]
    fn suse_s_marketing_names_become_ids_and_releases() {
        check("SUSE:Linux Enterprise Server 15 SP5", "rpm sles 15.5");
        check("SUSE:Linux Enterprise Server 15 SP4-LTSS", "rpm sles 15.4 in ltss");
        check("SUSE:Linux Enterprise Server 12", "rpm sles 12");
        check("SUSE:Linux Enterprise Server for SAP Applications 15 SP6", "rpm sles_sap 15.6");
        check("SUSE:Linux Enterprise Desktop 15 SP6", "rpm sled 15.6");
        check("SUSE:Linux Enterprise Module for Basesystem 15 SP7", "rpm sles 15.7 in module-for-basesystem");
        check("SUSE:Linux Enterprise Micro 5.5", "rpm sle-micro 5.5");
        check("SUSE:Package Hub 15 SP6", "rpm sles 15.6 in package-hub");
        check("SUSE:Enterprise Storage 7", "rpm sles in enterprise-storage-7");
        check("openSUSE:Leap 15.6", "rpm opensuse-leap 15.6");
        check("openSUSE:Leap 15.5 NonFree", "rpm opensuse-leap 15.5 in nonfree");
        check("openSUSE:Leap Micro 5.5", "rpm opensuse-leap-micro 5.5");
        check("openSUSE:Tumbleweed", "rpm opensuse-tumbleweed");
        check("openSUSE:Backports SLE-15-SP6", "rpm opensuse-leap 15.6 in backports");
    }

    #[test]
    fn registries_of_languages_have_no_distribution() {
        for (ecosystem, kind) in [
            ("PyPI", "pypi"),
            ("npm", "npm"),
            ("Go", "golang"),
            ("crates.io", "cargo"),
            ("Maven", "maven"),
            ("RubyGems", "gem"),
            ("NuGet", "nuget"),
            ("Packagist", "composer"),
            ("Hex", "hex"),
            ("Pub", "pub"),
            ("Hackage", "hackage"),
            ("CRAN", "cran"),
            ("SwiftURL", "swift"),
            ("ConanCenter", "conan"),
            ("GitHub Actions", "github"),
            ("Bitnami", "bitnami"),
        ] {
            check(ecosystem, kind);
        }
        check("Maven:https://maven.google.com", "maven in https://maven.google.com");
        check("Packagist:https://packages.drupal.org/8", "composer in https://packages.drupal.org/8");
    }

    #[test]
    fn rebuilt_packages_are_the_inner_ecosystem_s_in_the_vendor_s_repository() {
        check("Root:Alpine:3.18", "apk alpine 3.18 in root");
        check("Root:PyPI", "pypi in root");
        check("Root:Root:PyPI", "unknown");
        check("Docker Hardened Images:Alpine:3.22", "apk dhi 3.22");
        check("Docker Hardened Images:Debian:13", "deb dhi 13");
    }

    #[test]
    fn what_nobody_knows_is_unknown() {
        for ecosystem in ["", "pypi", "Plan 9", "PyPI:three", "SUSE:Carrots", "openSUSE:Carrots", "Root"] {
            check(ecosystem, "unknown");
        }
    }

    #[test]
    fn a_package_url_narrows_the_place() {
        let narrowed = |ecosystem: &str, purl: &str| {
            let mut place = place(ecosystem).unwrap();
            narrow(&mut place, purl);
            (
                place.repository.unwrap_or_default(),
                place.architectures.join(" "),
                place.module.unwrap_or_default(),
            )
        };
        let text = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(
            narrowed(
                "Ubuntu:Pro:18.04:LTS",
                "pkg:deb/ubuntu/php7.2@7.2.24?arch=source&distro=esm-infra/bionic"
            ),
            text("esm-infra", "", ""),
        );
        assert_eq!(
            narrowed(
                "Red Hat:enterprise_linux:8::appstream",
                "pkg:rpm/redhat/nodejs?arch=x86_64&rpmmod=nodejs:18:8080"
            ),
            text("appstream", "x86_64", "nodejs:18"),
        );
        assert_eq!(
            narrowed("Alpaquita:23", "pkg:apk/alpaquita/os-prober?arch=source&distro=23"),
            text("", "", "")
        );
    }

    #[test]
    fn no_ecosystem_is_listed_twice() {
        let mut all: Vec<&str> = names().collect();
        let listed = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), listed);
    }
}
