//! Whether packages come from the distribution, and who else may deliver some.

use std::collections::BTreeMap;

use plimsoll_model::evidence::{PackageRepository, RepositoryKind};
use plimsoll_model::{About, Distribution, LintRule, Observation, Package, SeverityLevel};

use super::{Answer, Rule};
use crate::facts::{Facts, graded, is_of_distribution};

/// Packages that somebody else than the distribution made.
#[derive(Debug, Clone, Copy)]
pub struct ForeignPackages;

/// Packages that nobody signed.
#[derive(Debug, Clone, Copy)]
pub struct UnsignedPackages;

/// Package sources that are not the distribution's.
#[derive(Debug, Clone, Copy)]
pub struct ForeignSources;

/// Package sources whose signatures are not checked.
#[derive(Debug, Clone, Copy)]
pub struct UncheckedSources;

const FOREIGN: LintRule = LintRule {
    id: "package-of-another-vendor",
    title: "Package that the distribution did not make",
    severity: SeverityLevel::Low,
    why: "The distribution's advisories do not speak of it: nobody may be watching it, and somebody else is trusted with root's rights.",
    remedy: "Make sure that you know and trust its vendor, and how you learn of its flaws.",
};

const UNSIGNED: LintRule = LintRule {
    id: "package-unsigned",
    title: "Package without a signature",
    severity: SeverityLevel::Medium,
    why: "Others in the image are signed; of this one nobody vouches that it is what its vendor made.",
    remedy: "Install it from a repository that signs, with the check on.",
};

const SOURCES: LintRule = LintRule {
    id: "package-source-foreign",
    title: "Package source that is not the distribution's",
    severity: SeverityLevel::Low,
    why: "Whoever runs it may put a package of any name into the image at the next installation.",
    remedy: "Make sure that you trust whoever runs it; bind it to the packages that you want from it.",
};

const UNCHECKED: LintRule = LintRule {
    id: "package-source-unchecked",
    title: "Package source whose signatures are not checked",
    severity: SeverityLevel::High,
    why: "Whoever controls it, or the way there, installs what he likes.",
    remedy: "Add its key and check signatures (no trusted=yes, no gpgcheck=0).",
};

/// How the vendors of distributions' packages sign themselves in rpm's `Vendor`: id, and a word
/// that is in it.
const VENDORS: [(&str, &[&str]); 17] = [
    ("ol", &["Oracle"]),
    ("centos", &["CentOS"]),
    ("rhel", &["Red Hat"]),
    ("fedora", &["Fedora"]),
    ("rocky", &["Rocky"]),
    ("almalinux", &["AlmaLinux"]),
    ("amzn", &["Amazon"]),
    ("mariner", &["Microsoft"]),
    ("azurelinux", &["Microsoft"]),
    ("photon", &["VMware"]),
    ("opensuse-leap", &["openSUSE", "SUSE"]),
    ("opensuse-tumbleweed", &["openSUSE", "SUSE"]),
    ("sles", &["SUSE"]),
    ("sled", &["SUSE"]),
    ("mageia", &["Mageia"]),
    ("openeuler", &["openEuler"]),
    ("anolis", &["Anolis", "OpenAnolis"]),
];

/// Hosts that deliver distributions' packages: id, and how their names end.
const HOSTS: [(&str, &[&str]); 16] = [
    ("debian", &["debian.org"]),
    ("ubuntu", &["ubuntu.com"]),
    ("alpine", &["alpinelinux.org"]),
    ("wolfi", &["wolfi.dev", "cgr.dev"]),
    ("chainguard", &["wolfi.dev", "cgr.dev"]),
    ("ol", &["oracle.com"]),
    ("centos", &["centos.org"]),
    ("rhel", &["redhat.com"]),
    ("fedora", &["fedoraproject.org"]),
    ("rocky", &["rockylinux.org"]),
    ("almalinux", &["almalinux.org"]),
    ("amzn", &["amazonlinux.com", "amazonaws.com"]),
    ("mariner", &["microsoft.com"]),
    ("azurelinux", &["microsoft.com"]),
    ("photon", &["vmware.com", "broadcom.com"]),
    ("kali", &["kali.org"]),
];

fn of<T: Copy>(table: &[(&str, T)], distribution: Option<&Distribution>) -> Option<T> {
    let id = &distribution?.id;
    table.iter().find(|(known, _)| known == id).map(|(_, found)| *found)
}

const NO_DISTRIBUTION: &str = "nothing in the image says which distribution it is";

/// There is nothing to look at.
const NO_SOURCES: &str = "the image names no package sources";

impl Rule for ForeignPackages {
    fn doc(&self) -> &'static LintRule {
        &FOREIGN
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        let all: Vec<&Package> = facts
            .analysis
            .installed()
            .filter(|package| is_of_distribution(package) && package.name != "gpg-pubkey")
            .collect();
        if all.is_empty() {
            return Answer::no_data("the image has no packages of a distribution");
        }
        let distribution = facts.analysis.distribution.as_ref();
        let vendors = of(&VENDORS, distribution);
        let mut observations = Vec::new();
        let mut unknown: BTreeMap<&'static str, usize> = BTreeMap::new();
        for package in all {
            let foreign = match package.kind.as_str() {
                "rpm" => match (&package.vendor, vendors) {
                    (Some(vendor), Some(names)) => (!names.iter().any(|name| vendor.contains(name)))
                        .then(|| format!("its vendor is {vendor}")),
                    (None, _) => {
                        *unknown.entry("rpm packages state no vendor").or_default() += 1;
                        None
                    }
                    (_, None) => {
                        *unknown
                            .entry("rpm packages belong to a distribution whose vendor is not known")
                            .or_default() += 1;
                        None
                    }
                },
                "deb" => match &package.origin {
                    Some(origin) => {
                        let own =
                            distribution.is_some_and(|known| origin.to_ascii_lowercase().contains(&known.id));
                        (!own).then(|| format!("its origin is {origin}"))
                    }
                    None => {
                        *unknown.entry("deb packages state no origin: dpkg does not record where a package came from").or_default() += 1;
                        None
                    }
                },
                _ => {
                    *unknown
                        .entry("packages: their database does not record where a package came from")
                        .or_default() += 1;
                    None
                }
            };
            observations.extend(foreign.map(|detail| tell(facts, &FOREIGN, package, detail)));
        }
        let no_data =
            unknown.iter().map(|(what, count)| format!("{count} {what}")).collect::<Vec<_>>().join("; ");
        Answer { observations, no_data: Some(no_data).filter(|text| !text.is_empty()) }
    }
}

fn tell(facts: &Facts<'_>, rule: &'static LintRule, package: &Package, detail: String) -> Observation {
    let about = About::Package(package.name.clone());
    let observation =
        Observation { package: Some(package.name.clone()), ..Facts::observe(rule, about, detail) };
    match package.layer {
        Some(layer) => facts.in_layer(observation, layer),
        None => observation,
    }
}

impl Rule for UnsignedPackages {
    fn doc(&self) -> &'static LintRule {
        &UNSIGNED
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        let rpm = || {
            facts.analysis.installed().filter(|each| each.kind.as_str() == "rpm" && each.name != "gpg-pubkey")
        };
        if rpm().next().is_none() {
            return Answer::no_data(
                "only rpm records who signed a package, and the image has no rpm packages",
            );
        }
        if rpm().all(|package| package.signing_key.is_none()) {
            return Answer::no_data("the package database records no signature of any package");
        }
        let unsigned = rpm().filter(|package| package.signing_key.is_none());
        Answer::found(
            unsigned
                .map(|package| tell(facts, &UNSIGNED, package, "it has no signature".to_owned()))
                .collect(),
        )
    }
}

/// The host of an address: of `https://h.net:8080/x`, `h.net`.
fn host(location: &str) -> Option<&str> {
    let rest = location.split_once("://")?.1;
    rest.split(['/', ':', '?']).next().filter(|host| !host.is_empty())
}

fn is_own(host: &str, names: &[&str]) -> bool {
    names
        .iter()
        .any(|name| host == *name || host.strip_suffix(name).is_some_and(|before| before.ends_with('.')))
}

impl Rule for ForeignSources {
    fn doc(&self) -> &'static LintRule {
        &SOURCES
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        let outcome = facts.evidence().and_then(|evidence| {
            if evidence.repositories.is_empty() && evidence.trusted_keys.is_empty() {
                return Err(NO_SOURCES);
            }
            let distribution = facts.analysis.distribution.as_ref();
            let names = of(&HOSTS, distribution).ok_or(if distribution.is_none() {
                NO_DISTRIBUTION
            } else {
                "which hosts deliver this distribution's packages is not known"
            })?;
            let repositories =
                evidence.repositories.iter().filter(|each| each.is_enabled).filter_map(|each| {
                    // A mirror that is a variable (`$ociregion`) or a file cannot be judged by its host.
                    let host = host(&each.location)?;
                    let foreign = !host.contains('$') && !is_own(host, names);
                    foreign.then(|| source(facts, &SOURCES, each, format!("packages come from {host}")))
                });
            let keys = evidence.trusted_keys.iter().filter(|key| key.kind == RepositoryKind::Apk).filter_map(
                |key| {
                    let own = facts
                        .analysis
                        .distribution
                        .as_ref()
                        .is_some_and(|known| key.place.path.to_string().contains(&known.id))
                        || key.place.file.is_some_and(|file| facts.distribution_owner(file).is_some());
                    let about_key = |key: &plimsoll_model::evidence::TrustedKey| {
                        facts.observe_place(&SOURCES, &key.place, "apk trusts whatever this key signed")
                    };
                    (!own).then(|| about_key(key))
                },
            );
            Ok(repositories.chain(keys).collect())
        });
        Answer::of(outcome)
    }
}

fn source(
    facts: &Facts<'_>,
    rule: &'static LintRule,
    each: &PackageRepository,
    detail: String,
) -> Observation {
    Observation { line: Some(each.line), ..facts.observe_place(rule, &each.place, detail) }
}

impl Rule for UncheckedSources {
    fn doc(&self) -> &'static LintRule {
        &UNCHECKED
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        Answer::of(facts.evidence().and_then(|evidence| {
            if evidence.repositories.is_empty() {
                return Err(NO_SOURCES);
            }
            let unchecked = evidence.repositories.iter().filter(|each| each.must_be_signed == Some(false));
            let tell = unchecked.map(|each| {
                let detail = format!("what comes from {} need not be signed", each.location);
                let observation = source(facts, &UNCHECKED, each, detail);
                if each.is_enabled { observation } else { graded(observation, SeverityLevel::Low) }
            });
            Ok(tell.collect())
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::{host, is_own};

    #[test]
    fn hosts_are_compared_by_their_last_labels() {
        assert_eq!(host("https://deb.debian.org/debian"), Some("deb.debian.org"));
        assert_eq!(host("http://h.net:8080"), Some("h.net"));
        assert_eq!(host("/media/cdrom"), None);
        assert!(is_own("deb.debian.org", &["debian.org"]));
        assert!(!is_own("notdebian.org", &["debian.org"]));
    }
}
