//! Whether a statement about a package's name is about this package at all.

use std::collections::BTreeSet;

use plimsoll_model::{Package, SetAside};

use crate::database::{RowEnd, StatementRow};
use crate::flavour::flavour;

use super::circumstances::{Circumstances, is_extended};
use super::line::{Membership, of_extras, other_kernel_line};

/// Why a statement does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inapplicable {
    Withdrawn,
    Release,
    Architecture,
    Module,
    Repository,
    Line,
    /// Another statement of the same flaw, about the image's own stream of updates, decides.
    Superseded,
}

/// Whether a statement is about a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// It is.
    Applies,
    /// It is, and it is about the image's own stream of updates, which comes before what is said
    /// of the release at large.
    OfStream,
    /// Nothing says whether it is. If it finds the version affected, the answer is unknown.
    Perhaps,
    /// It is not.
    Not(Inapplicable),
}

impl Inapplicable {
    pub(super) const fn count(self, counts: &mut SetAside) {
        match self {
            Self::Withdrawn => counts.withdrawn += 1,
            Self::Release => counts.other_release += 1,
            Self::Architecture => counts.other_architecture += 1,
            Self::Module => counts.other_module += 1,
            Self::Repository => counts.other_repository += 1,
            Self::Line => counts.other_line += 1,
            Self::Superseded => counts.superseded += 1,
        }
    }

    /// The reason, as the rest of a sentence that starts with "does not apply: ".
    pub(super) fn words(
        self,
        row: &StatementRow<'_>,
        package: &Package,
        circumstances: &Circumstances,
    ) -> String {
        let release = row.release.unwrap_or("another release");
        match (self, row.repository) {
            (Self::Withdrawn, _) => "its publisher took it back".to_owned(),
            (Self::Release, Some(class)) => format!("it is about {release} ({class})"),
            (Self::Release, None) => format!("it is about release {release}"),
            (Self::Architecture, _) => format!("it is about {}", row.architectures.join(", ")),
            (Self::Module, _) => match row.module {
                Some(module) => format!("it is about the module stream {}", module.replace('|', ", ")),
                None if bounds(row).any(is_modular) => "it is about builds of a module".to_owned(),
                None => "it is about builds that are of no module".to_owned(),
            },
            (Self::Repository, Some(class)) => {
                format!("it is about packages of {class}, and nothing says that this is one")
            }
            (Self::Repository, None) => match bounds(row).find_map(flavour) {
                Some(flavour) => format!("it is about builds for {flavour}"),
                None => "it is about ordinary builds".to_owned(),
            },
            (Self::Line, _) => match other_kernel_line(row, package) {
                Some(line) => {
                    format!("it is about kernels of the line {line}, whose versions do not compare")
                }
                None => "it is about another line of versions".to_owned(),
            },
            (Self::Superseded, _) => {
                let (class, release) = circumstances.stream.clone().unwrap_or_default();
                format!("what is said of the image's own stream, {class} of {release}, decides")
            }
        }
    }
}

/// Which of the statements about one name of a package are about this package.
///
/// All are looked at together: where a package does not tell which module stream or extra
/// repository it is of, and only one has a package of that name, it is that one.
pub(super) fn sift(rows: &[StatementRow<'_>], package: &Package, circumstances: &Circumstances) -> Vec<Fit> {
    let mut fits: Vec<Fit> = rows.iter().map(|row| fit(row, package, circumstances)).collect();
    if fits.contains(&Fit::Perhaps) && is_only_line(rows, &fits) {
        for fit in fits.iter_mut().filter(|fit| **fit == Fit::Perhaps) {
            *fit = Fit::Applies;
        }
    }
    fits
}

/// Whether everything that is said of the name is about one module stream or extra repository.
fn is_only_line(rows: &[StatementRow<'_>], fits: &[Fit]) -> bool {
    let mut shared: Option<BTreeSet<&str>> = None;
    for (row, fit) in rows.iter().zip(fits) {
        let lines: BTreeSet<&str> = match (fit, row.module, row.repository) {
            (Fit::Perhaps, Some(module), _) => module.split('|').collect(),
            (Fit::Perhaps, None, Some(repository)) => BTreeSet::from([repository]),
            // Ordinary builds, or those of a module that the feed does not name.
            (Fit::Applies | Fit::OfStream | Fit::Perhaps, ..) => return false,
            (Fit::Not(_), ..) => continue,
        };
        shared = Some(match shared {
            None => lines,
            Some(before) => before.intersection(&lines).copied().collect(),
        });
    }
    shared.is_some_and(|lines| !lines.is_empty())
}

fn fit(row: &StatementRow<'_>, package: &Package, circumstances: &Circumstances) -> Fit {
    if circumstances.releases.as_ref().is_some_and(|releases| !releases.hold(row.release)) {
        return Fit::Not(Inapplicable::Release);
    }
    if row.withdrawn {
        return Fit::Not(Inapplicable::Withdrawn);
    }
    if !architecture_fits(&row.architectures, package.arch.as_deref()) {
        return Fit::Not(Inapplicable::Architecture);
    }
    let module = of_module(row, package);
    if module == Membership::NotOf {
        return Fit::Not(Inapplicable::Module);
    }
    if other_kernel_line(row, package).is_some() {
        return Fit::Not(Inapplicable::Line);
    }
    match of_repository(row, package, circumstances) {
        Fit::Applies if module == Membership::Unknown => Fit::Perhaps,
        fit => fit,
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
/// release. A statement about a stream meets packages of that stream; one that names none meets
/// packages of its own sort, told by the release of its fixed version, since some publishers
/// leave the label out. Of a package that lost its label (an SBOM) nobody knows the stream.
fn of_module(row: &StatementRow<'_>, package: &Package) -> Membership {
    let is = |yes: bool| if yes { Membership::Of } else { Membership::NotOf };
    if package.kind.as_str() != "rpm" {
        return Membership::Of;
    }
    let label = package.origin.as_deref().filter(|label| label.contains(':'));
    let modular = label.is_some() || is_modular(&package.version);
    match (row.module, label) {
        (Some(modules), Some(label)) => is(modules.split('|').any(|module| {
            label.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        })),
        (Some(_), None) if modular => Membership::Unknown,
        (Some(_), None) => Membership::NotOf,
        (None, _) => {
            let mut bounds = bounds(row).peekable();
            is(bounds.peek().is_none() || bounds.any(|version| is_modular(version) == modular))
        }
    }
}

/// `.module_el8.6.0+…`, `.module+el8.4.0+…`.
fn is_modular(version: &str) -> bool {
    version.contains(".module_") || version.contains(".module+")
}

/// The versions at which the ranges of a statement end.
pub(super) fn bounds<'a>(row: &StatementRow<'a>) -> impl Iterator<Item = &'a str> {
    row.ranges.iter().filter_map(|range| match range.end {
        RowEnd::Fixed(version) | RowEnd::LastAffected(version) => Some(version),
        RowEnd::Open => None,
    })
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
/// Ubuntu's extended maintenance (`esm`) goes on from the ordinary versions: these packages meet
/// both, and so do the others of an image that takes its updates. Red Hat's streams are met
/// where the image says that it is on one.
fn of_repository(row: &StatementRow<'_>, package: &Package, circumstances: &Circumstances) -> Fit {
    let build = flavour(&package.version);
    let wanted = row.repository.map(str::to_ascii_lowercase);
    let stated = wanted.as_deref().and_then(flavour);
    let wanted_build = stated.or_else(|| bounds(row).find_map(flavour));
    let fits = |yes: bool| if yes { Fit::Applies } else { Fit::Not(Inapplicable::Repository) };
    if build != wanted_build {
        return fits(false);
    }
    let class = match wanted.as_deref() {
        None => return Fit::Applies,
        Some(_) if stated.is_some() => return Fit::Applies,
        Some(class) => class,
    };
    if let Some((stream, release)) = &circumstances.stream
        && class == stream
        && row.release == Some(release)
    {
        return Fit::OfStream;
    }
    if class.starts_with("esm") {
        return fits(circumstances.extended || is_extended(&package.version));
    }
    match of_extras(class, package) {
        Some(Membership::Of) => Fit::Applies,
        Some(Membership::NotOf) => fits(false),
        Some(Membership::Unknown) => Fit::Perhaps,
        None => fits(ORDINARY.contains(&class) || class.starts_with("module-for-")),
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
        let fit = expect.map_or(Fit::Applies, Fit::Not);
        check_all(std::slice::from_ref(row), version, label, &[fit]);
    }

    fn check_all(rows: &[StatementRow<'_>], version: &str, label: Option<&str>, expect: &[Fit]) {
        let mut package = Package::new(PackageType::new("rpm"), "p", version);
        package.arch = Some("x86_64".into());
        package.origin = label.map(str::to_owned);
        let found = sift(rows, &package, &Circumstances::default());
        assert_eq!(found, expect, "{rows:?} {version} {label:?}");
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
        let several = stream(Some("python39:3.9|python39-devel:3.9"));
        check(&several, "1-1.module_el8+9", Some("python39-devel:3.9:8060:abc"), None);
        check(&several, "1-1.module_el8+9", Some("python38:3.8:8060:abc"), Some(Inapplicable::Module));
    }

    #[test]
    fn a_package_without_its_label_is_of_the_only_stream_that_there_is() {
        let stream = |module| StatementRow { module: Some(module), ..row("2-1.module_el8+1") };
        let version = "1-1.module_el8+9";
        check_all(&[stream("a:1"), stream("a:1")], version, None, &[Fit::Applies; 2]);
        check_all(&[stream("a:1"), stream("a:2")], version, None, &[Fit::Perhaps; 2]);
        check_all(&[stream("a:1|b:1"), stream("b:1")], version, None, &[Fit::Applies; 2]);
        check_all(&[stream("a:1"), row("2-1.module_el8+1")], version, None, &[Fit::Perhaps, Fit::Applies]);
        let other = StatementRow { architectures: vec!["s390x"], ..stream("a:2") };
        let expect = [Fit::Applies, Fit::Not(Inapplicable::Architecture)];
        check_all(&[stream("a:1"), other], version, None, &expect);
    }

    #[test]
    fn a_package_of_an_extra_repository_is_met_where_its_topic_is_known() {
        let extra = |topic| StatementRow { repository: Some(topic), ..row("2-1.amzn2") };
        let (docker, ecs) = (extra("amzn2extra-docker"), extra("amzn2extra-ecs"));
        let both = [docker.clone(), ecs];
        check_all(&both, "1-1.amzn2", None, &[Fit::Perhaps; 2]);
        let expect = [Fit::Applies, Fit::Not(Inapplicable::Repository)];
        check_all(&both, "1-1.amzn2", Some("amzn2extra-docker"), &expect);
        check_all(std::slice::from_ref(&docker), "1-1.amzn2", None, &[Fit::Applies]);
        check_all(&[docker, row("2-1.amzn2")], "1-1.amzn2", None, &[Fit::Perhaps, Fit::Applies]);
    }

    #[test]
    fn a_stream_of_updates_is_met_by_images_on_it_alone() {
        let eus = StatementRow { repository: Some("eus"), release: Some("8.6"), ..row("1-2.el8_6") };
        let package = Package::new(PackageType::new("rpm"), "p", "1-1.el8_6");
        let on = |class: &str| {
            let stream = Some((class.to_owned(), "8.6".to_owned()));
            sift(std::slice::from_ref(&eus), &package, &Circumstances { stream, ..Circumstances::default() })
        };
        assert_eq!(on("eus"), [Fit::OfStream]);
        assert_eq!(on("aus"), [Fit::Not(Inapplicable::Repository)]);
    }

    #[test]
    fn extended_maintenance_is_met_by_all_packages_of_an_image_that_takes_it() {
        let esm = StatementRow { repository: Some("esm-infra"), ..row("1-1ubuntu1+esm1") };
        let package = Package::new(PackageType::new("deb"), "p", "1-1ubuntu1");
        let with = |extended| {
            let circumstances = Circumstances { extended, ..Circumstances::default() };
            sift(std::slice::from_ref(&esm), &package, &circumstances)
        };
        assert_eq!((with(true), with(false)), (vec![Fit::Applies], vec![Fit::Not(Inapplicable::Repository)]));
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
