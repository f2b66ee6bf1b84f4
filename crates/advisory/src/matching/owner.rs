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

/// How vendors and maintainers call distributions whose `ID` they do not write.
const MAKERS: &[(&str, &str)] = &[
    ("amzn", "amazon"),
    ("azurelinux", "microsoft"),
    ("mariner", "microsoft"),
    ("ol", "oracle"),
    ("photon", "vmware"),
    ("rhel", "red hat"),
    ("rocky", "rocky"),
    ("sles", "suse"),
];

/// Whether a package says that the image's distribution made it: by rpm's vendor or dpkg's maintainer,
/// nearly all of whom write from an address of the distribution. Packages of apk have people for
/// maintainers, and third parties have none in that format to speak of.
pub(super) fn is_own(package: &Package, analysis: &Analysis) -> bool {
    if package.kind.as_str() == "apk" {
        return true;
    }
    let (Some(vendor), Some(distribution)) = (&package.vendor, &analysis.distribution) else { return false };
    let id = distribution.id.as_str();
    let maker = MAKERS.iter().find(|(own, _)| *own == id).map_or(id, |(_, maker)| *maker);
    !maker.is_empty() && vendor.to_ascii_lowercase().contains(maker)
}
