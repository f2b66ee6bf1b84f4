//! Which scopes of advisories speak for an image: distribution and release.

use plimsoll_model::Distribution;

/// A distribution whose advisories may be asked about an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// `ID` as os-release has it, and as scopes have it.
    pub(super) distribution: String,
    pub(super) releases: Releases,
}

/// The releases of it that the image is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Releases {
    /// It has none: only what holds for every release applies.
    Rolling,
    /// The image does not say.
    Unknown,
    /// By each of the names that scopes may use.
    Named(Vec<String>),
}

impl Releases {
    /// Whether a statement limited to `release` holds here.
    pub(super) fn hold(&self, release: Option<&str>) -> bool {
        match (self, release) {
            (_, None) => true,
            (Self::Named(names), Some(release)) => names.iter().any(|name| name == release),
            (Self::Rolling | Self::Unknown, Some(_)) => false,
        }
    }

    /// The name for people.
    pub(super) fn title(&self) -> Option<&str> {
        match self {
            Self::Named(names) => names.first().map(String::as_str),
            Self::Rolling | Self::Unknown => None,
        }
    }
}

/// Distributions that rebuild another's packages under the same versions, and use the same
/// numbers of releases. Their own advisories come first; the other's are asked only where no
/// feed speaks for their own release. Trivy judges CentOS by Red Hat's advisories; Grype does
/// so for CentOS, Rocky and AlmaLinux as well. Oracle Linux is not here: its rebuilds have
/// versions of their own, and both judge it by its own advisories alone.
const REBUILDS: &[(&str, &str)] = &[
    ("centos", "rhel"),
    ("rocky", "rhel"),
    ("almalinux", "rhel"),
    ("scientific", "rhel"),
    ("raspbian", "debian"),
];

/// Distributions without releases.
const ROLLING: &[&str] = &["wolfi", "chainguard", "minimos", "arch", "opensuse-tumbleweed", "gentoo"];

/// Everything whose advisories may be asked, the image's own distribution first.
///
/// A distribution that nobody here knows and that says `ID_LIKE=rhel` counts as a rebuild of
/// it. Derivatives of Debian and Ubuntu do not: they number their releases otherwise.
pub(super) fn candidates(distribution: &Distribution) -> Vec<Candidate> {
    let id = distribution.id.as_str();
    let mut candidates =
        vec![Candidate { distribution: id.to_owned(), releases: releases(id, distribution) }];
    let rebuilt = REBUILDS.iter().find(|(name, _)| *name == id).map(|(_, of)| *of);
    let unknown = !matches!(id, "rhel" | "ol" | "fedora" | "amzn" | "azurelinux" | "mariner");
    let like = || distribution.id_like.iter().any(|like| like == "rhel").then_some("rhel");
    if let Some(of) = rebuilt.or_else(|| if unknown { like() } else { None }) {
        candidates.push(Candidate { distribution: of.to_owned(), releases: releases(of, distribution) });
    }
    candidates
}

/// The release as scopes of this distribution write it.
fn releases(id: &str, distribution: &Distribution) -> Releases {
    if ROLLING.contains(&id) {
        return Releases::Rolling;
    }
    let version = distribution.version_id.as_deref().filter(|version| !version.is_empty());
    let mut names: Vec<String> = Vec::new();
    if let Some(version) = version {
        match id {
            // Whole numbers; what follows the point is an update within the release.
            "debian" | "raspbian" | "centos" | "almalinux" | "rocky" | "ol" | "scientific" => {
                names.push(parts(version, 1));
            }
            // Red Hat names minor releases too: those of its streams, and of RHEL 10 at large.
            "rhel" => {
                names.extend([parts(version, 1), parts(version, 2)]);
                names.dedup();
            }
            // The development branch calls itself by the release to come, with `_alpha` and a date.
            "alpine" if version.contains('_') => names.push("edge".to_owned()),
            "alpine" | "mariner" | "azurelinux" | "photon" => names.push(parts(version, 2)),
            _ => names.push(version.to_owned()),
        }
    } else if id == "alpine" && distribution.pretty_name.as_deref().is_some_and(|name| name.contains("edge"))
    {
        names.push("edge".to_owned());
    }
    names.extend(distribution.codename.clone().filter(|name| !name.is_empty()));
    if names.is_empty() { Releases::Unknown } else { Releases::Named(names) }
}

/// The first parts of a dotted version.
fn parts(version: &str, count: usize) -> String {
    version.split('.').take(count).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ID VERSION_ID [like …]`, and the scopes that it comes to.
    fn check(text: &str, expect: &str) {
        let mut words = text.split(' ');
        let distribution = Distribution {
            id: words.next().unwrap().to_owned(),
            version_id: words.next().filter(|word| *word != "-").map(str::to_owned),
            id_like: words.map(str::to_owned).collect(),
            ..Distribution::default()
        };
        let found: Vec<String> = candidates(&distribution)
            .into_iter()
            .map(|each| match each.releases {
                Releases::Rolling => format!("{} rolling", each.distribution),
                Releases::Unknown => format!("{} unknown", each.distribution),
                Releases::Named(names) => format!("{} {}", each.distribution, names.join("/")),
            })
            .collect();
        assert_eq!(found.join(", "), expect, "{text}");
    }

    #[test]
    fn releases_are_named_as_their_publisher_names_them() {
        check("debian 12", "debian 12");
        check("debian -", "debian unknown");
        check("ubuntu 22.04", "ubuntu 22.04");
        check("alpine 3.18.4", "alpine 3.18");
        check("alpine 3.21_alpha20240923", "alpine edge");
        check("ol 9.4 fedora", "ol 9");
        check("rhel 8.10", "rhel 8/8.10");
        check("azurelinux 3.0.20240727", "azurelinux 3.0");
        check("mariner 2.0.20230126", "mariner 2.0");
        check("photon 3.0", "photon 3.0");
        check("sles 15.5", "sles 15.5");
        check("alpaquita stream", "alpaquita stream");
        check("wolfi 20230201", "wolfi rolling");
    }

    #[test]
    fn rebuilds_fall_back_on_what_they_rebuild() {
        check("centos 7 rhel fedora", "centos 7, rhel 7");
        check("almalinux 9.4 rhel centos fedora", "almalinux 9, rhel 9/9.4");
        check("eurolinux 9.2 rhel", "eurolinux 9.2, rhel 9/9.2");
        check("amzn 2 centos rhel fedora", "amzn 2");
        check("linuxmint 21 ubuntu debian", "linuxmint 21");
    }

    #[test]
    fn a_codename_counts_as_a_release_too() {
        let distribution =
            Distribution { id: "debian".into(), codename: Some("forky".into()), ..Distribution::default() };
        let releases = releases("debian", &distribution);
        assert!(releases.hold(Some("forky")) && releases.hold(None) && !releases.hold(Some("12")));
    }
}
