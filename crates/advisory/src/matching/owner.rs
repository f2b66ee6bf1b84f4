//! Packages of languages that a package of the distribution brought.
//!
//! Distributions patch what they ship without changing its upstream version, so a registry's
//! advisories would call patched packages affected. Such a package is left to the
//! distribution's feed, on three conditions that are all about evidence: the distribution's
//! package lists the very file that proves the installation, it is the same software by name and
//! version ([`is_same_software`]), and it is the distribution's own: it says who made it, or the feed has
//! heard of it. What is vendored inside of another package stays on its own, and so does what a third
//! party's package brought, of which the distribution's feed never speaks.

use plimsoll_catalog::is_same_software;
use plimsoll_model::package::is_of_distribution;
use plimsoll_model::{Analysis, Package, ProofOwners};

/// Finds owners in one image.
#[derive(Debug)]
pub(super) struct Owners<'a> {
    analysis: &'a Analysis,
    owners: Option<ProofOwners<'a>>,
}

impl<'a> Owners<'a> {
    /// Owners in an image; they are sought only where a package may need one.
    pub(super) fn new(analysis: &'a Analysis) -> Self {
        let needed = analysis.installed().any(|package| !is_of_distribution(package.kind.as_str()));
        Self { analysis, owners: needed.then(|| ProofOwners::new(analysis)) }
    }

    /// Position of the distribution's package that brought the package at a position and is the
    /// same software.
    pub(super) fn owner(&self, position: u32) -> Option<u32> {
        let package = self.analysis.packages.get(position as usize)?;
        if is_of_distribution(package.kind.as_str()) {
            return None;
        }
        self.owners.as_ref()?.of(position).into_iter().find(|owner| {
            self.analysis
                .packages
                .get(*owner as usize)
                .is_some_and(|owner| is_same_software(owner, &package.name, &package.version))
        })
    }
}

/// What distributions of rpm write as the vendor of their own packages. Where the maker of one also
/// publishes others under the same words (Microsoft), only its feed can tell.
const VENDORS: &[(&str, &[&str])] = &[
    ("almalinux", &["AlmaLinux", "AlmaLinux OS Foundation"]),
    ("amzn", &["Amazon Linux", "Amazon.com", "Amazon.com, Inc."]),
    ("centos", &["CentOS"]),
    ("fedora", &["Fedora Project"]),
    ("ol", &["Oracle America"]),
    ("opensuse-leap", &["openSUSE"]),
    ("opensuse-tumbleweed", &["openSUSE"]),
    ("photon", &["VMware, Inc."]),
    ("rhel", &["Red Hat, Inc."]),
    ("rocky", &["Rocky Enterprise Software Foundation", "Rocky"]),
    ("sles", &["SUSE LLC"]),
];

/// From where the maintainers of distributions of dpkg write, hosts below them too. Many write from
/// addresses of their own; of their packages the feed has to have heard.
const DOMAINS: &[(&str, &[&str])] = &[
    ("debian", &["debian.org", "alioth-lists.debian.net"]),
    ("ubuntu", &["ubuntu.com", "canonical.com", "debian.org"]),
];

/// Whether a package says that the image's distribution made it: by rpm's vendor or by the address of
/// dpkg's maintainer. Packages of apk have people for maintainers, and third parties have none in that
/// format to speak of.
pub(super) fn is_own(package: &Package, analysis: &Analysis) -> bool {
    let kind = package.kind.as_str();
    if kind == "apk" {
        return true;
    }
    let (Some(vendor), Some(distribution)) = (&package.vendor, &analysis.distribution) else { return false };
    let of = |list: &[(&str, &'static [&'static str])]| {
        list.iter().find(|(id, _)| *id == distribution.id).map(|(_, names)| *names).unwrap_or_default()
    };
    if kind == "deb" {
        let host = vendor.rsplit_once('@').map(|(_, host)| host.trim_end_matches('>').to_ascii_lowercase());
        return host.is_some_and(|host| {
            of(DOMAINS).iter().any(|domain| {
                host.strip_suffix(domain).is_some_and(|below| below.is_empty() || below.ends_with('.'))
            })
        });
    }
    // `SUSE LLC <https://www.suse.com/>`
    of(VENDORS)
        .iter()
        .any(|name| vendor.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(" <")))
}
