//! Whether a statement about a package's name is about this package at all.

use plimsoll_model::{Package, SetAside};

use crate::database::{RowEnd, StatementRow};
use crate::flavour::flavour;

use super::release::Releases;

/// Why a statement does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inapplicable {
    Withdrawn,
    Release,
    Architecture,
    Module,
    Repository,
}

impl Inapplicable {
    pub(super) const fn count(self, counts: &mut SetAside) {
        match self {
            Self::Withdrawn => counts.withdrawn += 1,
            Self::Release => counts.other_release += 1,
            Self::Architecture => counts.other_architecture += 1,
            Self::Module => counts.other_module += 1,
            Self::Repository => counts.other_repository += 1,
        }
    }

    /// The reason, as the rest of a sentence that starts with "does not apply: ".
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Withdrawn => "its publisher took it back",
            Self::Release => "it is about another release",
            Self::Architecture => "it is about another architecture",
            Self::Module => "it is about another module stream",
            Self::Repository => "it is about packages of another class of repositories",
        }
    }
}

/// `None` where the statement applies.
pub(super) fn inapplicable(
    row: &StatementRow<'_>,
    package: &Package,
    releases: Option<&Releases>,
) -> Option<Inapplicable> {
    if releases.is_some_and(|releases| !releases.hold(row.release)) {
        Some(Inapplicable::Release)
    } else if row.withdrawn {
        Some(Inapplicable::Withdrawn)
    } else if !architecture_fits(&row.architectures, package.arch.as_deref()) {
        Some(Inapplicable::Architecture)
    } else if !module_fits(row, package) {
        Some(Inapplicable::Module)
    } else if !repository_fits(row, package) {
        Some(Inapplicable::Repository)
    } else {
        None
    }
}

/// A package for all architectures, or of which none is known, is met by every statement.
fn architecture_fits(wanted: &[&str], arch: Option<&str>) -> bool {
    let Some(arch) = arch.filter(|arch| !matches!(*arch, "all" | "noarch" | "any" | "")) else {
        return true;
    };
    wanted.is_empty() || wanted.iter().any(|wanted| canonical(wanted) == canonical(arch))
}

/// One word for what Debian, rpm and the kernel call differently.
fn canonical(arch: &str) -> &str {
    match arch {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        "i386" | "i486" | "i586" | "x86" => "i686",
        "armhf" | "armv7" | "armv7hl" | "armv7l" => "armv7",
        "ppc64el" => "ppc64le",
        other => other,
    }
}

/// Modules: a package of a module has a label (`nodejs:18:8060…:abc`), and `module` in its
/// release. A statement with a label meets packages of that stream; one without meets packages
/// of its own sort, told by the release of its fixed version, since some publishers leave the
/// label out. Where a package has lost its label (an SBOM), its release alone decides.
fn module_fits(row: &StatementRow<'_>, package: &Package) -> bool {
    if package.kind.as_str() != "rpm" {
        return true;
    }
    let label = package.origin.as_deref().filter(|label| label.contains(':'));
    let modular = label.is_some() || is_modular(&package.version);
    match (row.module, label) {
        (Some(module), Some(label)) => {
            let rest = label.strip_prefix(module);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        }
        (Some(_), None) => modular,
        (None, _) => {
            let mut bounds = row.ranges.iter().filter_map(end).peekable();
            bounds.peek().is_none() || bounds.any(|version| is_modular(version) == modular)
        }
    }
}

/// `.module_el8.6.0+…`, `.module+el8.4.0+…`.
fn is_modular(version: &str) -> bool {
    version.contains(".module_") || version.contains(".module+")
}

const fn end<'a>(range: &crate::database::RowRange<'a>) -> Option<&'a str> {
    match range.end {
        RowEnd::Fixed(version) | RowEnd::LastAffected(version) => Some(version),
        RowEnd::Open => None,
    }
}

/// Parts of a distribution that every installation of it may have switched on without another
/// contract or another line of builds. Statements limited to them apply to every package; those
/// limited to any other class apply to packages that show by their version that they are of it.
const ORDINARY: &[&str] = &[
    // Alpine and the publishers of its form of database.
    "main",
    "community",
    "testing",
    "os",
    // Debian and Ubuntu.
    "universe",
    "multiverse",
    "restricted",
    "contrib",
    "non-free",
    "backports",
    // Red Hat's editions and those who rebuild them.
    "baseos",
    "appstream",
    "crb",
    "codeready-builder",
    "powertools",
    "highavailability",
    "resilientstorage",
    "supplementary",
    "optional",
    "extras",
    "nfv",
    "rt",
    "realtime",
    "sap",
    "sap_hana",
    "server",
    "client",
    "desktop",
    "workstation",
    "computenode",
    // SUSE's, besides its modules.
    "nonfree",
    "package-hub",
    "software-development-kit",
    "workstation-extension",
    "high-availability-extension",
];

/// What a version tells about the class: Oracle's live-patched packages (`ksplice`) and its
/// certified ones (`fips`) have the word in their release, and never meet statements about
/// ordinary builds, since their versions are higher without being fixed; Trivy does the same.
/// Ubuntu's extended maintenance (`esm`) goes on from the ordinary versions, so these packages
/// meet both.
fn repository_fits(row: &StatementRow<'_>, package: &Package) -> bool {
    let build = flavour(&package.version);
    let wanted = row.repository.map(str::to_ascii_lowercase);
    let stated = wanted.as_deref().and_then(flavour);
    let wanted_build = stated.or_else(|| row.ranges.iter().filter_map(end).find_map(flavour));
    if build != wanted_build {
        return false;
    }
    match wanted.as_deref() {
        None => true,
        Some(_) if stated.is_some() => true,
        Some(class) if class.starts_with("esm") => package.version.to_ascii_lowercase().contains("esm"),
        Some(class) => ORDINARY.contains(&class) || class.starts_with("module-for-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_model::{FixState, PackageType};

    fn row<'a>(fixed: &'a str) -> StatementRow<'a> {
        StatementRow {
            advisory: 0,
            feed: 0,
            withdrawn: false,
            release: None,
            architectures: Vec::new(),
            module: None,
            repository: None,
            state: FixState::Ranges,
            ranges: vec![crate::database::RowRange { introduced: None, end: RowEnd::Fixed(fixed) }],
            versions: Vec::new(),
        }
    }

    fn check(row: &StatementRow<'_>, version: &str, label: Option<&str>, expect: Option<Inapplicable>) {
        let mut package = Package::new(PackageType::new("rpm"), "p", version);
        package.arch = Some("x86_64".into());
        package.origin = label.map(str::to_owned);
        assert_eq!(inapplicable(row, &package, None), expect, "{row:?} {version} {label:?}");
    }

    #[test]
    fn architectures_are_compared_by_meaning() {
        let row = |architectures| StatementRow { architectures, ..row("2-1") };
        check(&row(vec!["aarch64", "amd64"]), "1-1", None, None);
        check(&row(vec!["aarch64"]), "1-1", None, Some(Inapplicable::Architecture));
    }

    #[test]
    fn a_statement_about_a_stream_meets_packages_of_that_stream() {
        let stream = |module| StatementRow { module, ..row("2-1.module_el8+1") };
        let label = Some("nodejs:18:8060020220523160029:ad008a3a");
        check(&stream(Some("nodejs:18")), "1-1.module_el8+9", label, None);
        check(&stream(Some("nodejs:1")), "1-1.module_el8+9", label, Some(Inapplicable::Module));
        check(&stream(Some("nodejs:18")), "1-1.el8", None, Some(Inapplicable::Module));
        check(&stream(Some("nodejs:18")), "1-1.module_el8+9", None, None);
        check(&stream(None), "1-1.module_el8+9", label, None);
        check(&stream(None), "1-1.el8", None, Some(Inapplicable::Module));
        check(&row("2-1.el8"), "1-1.module_el8+9", label, Some(Inapplicable::Module));
        check(&row("2-1.el8"), "1-1.el8", Some("oracle"), None);
    }

    #[test]
    fn classes_of_repositories_meet_packages_of_their_class_only() {
        let class = |repository| StatementRow { repository, ..row("2:2.17-2.el7") };
        check(&class(None), "2:2.17-1.el7", None, None);
        for ordinary in ["main", "community", "os", "baseos", "AppStream", "module-for-basesystem"] {
            check(&class(Some(ordinary)), "2:2.17-1.el7", None, None);
        }
        check(&class(Some("eus")), "2:2.17-1.el7", None, Some(Inapplicable::Repository));
        check(&class(Some("ksplice")), "2:2.17-1.el7", None, Some(Inapplicable::Repository));
        check(&class(Some("ksplice")), "2:2.17-1.ksplice1.el7", None, None);
        check(&class(None), "2:2.17-1.ksplice1.el7", None, Some(Inapplicable::Repository));
        check(&row("2:2.17-2.ksplice1.el7"), "2:2.17-1.el7", None, Some(Inapplicable::Repository));
        check(&class(Some("fips-updates")), "10:1.0-1_fips", None, None);
        check(&class(Some("esm-infra")), "1.2-3ubuntu1~esm1", None, None);
        check(&class(None), "1.2-3ubuntu1~esm1", None, None);
        check(&class(Some("esm-infra")), "1.2-3ubuntu1", None, Some(Inapplicable::Repository));
        check(&class(Some("openshift:4.12")), "1-1", None, Some(Inapplicable::Repository));
    }
}
