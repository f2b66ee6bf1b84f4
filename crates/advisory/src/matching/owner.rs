//! Packages of languages that a package of the distribution brought.
//!
//! Distributions patch what they ship without changing its upstream version, so a registry's
//! advisories would call patched packages affected. Such a package is left to the
//! distribution's feed, on two conditions that are both about evidence: the distribution's
//! package lists the very file that proves the installation, and its upstream version is the
//! same. A library of another version inside that package (vendored) stays on its own.

use plimsoll_model::package::is_of_distribution;
use plimsoll_model::{Analysis, ProofOwners};

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

    /// Position of the distribution's package that brought the package at a position, in the
    /// same version.
    pub(super) fn owner(&self, position: u32) -> Option<u32> {
        let package = self.analysis.packages.get(position as usize)?;
        if is_of_distribution(package.kind.as_str()) {
            return None;
        }
        self.owners.as_ref()?.of(position).into_iter().find(|owner| {
            self.analysis.packages.get(*owner as usize).is_some_and(|owner| {
                is_of_distribution(owner.kind.as_str()) && shares_version(&owner.version, &package.version)
            })
        })
    }
}

/// Whether a distribution's version (`1:38.0.4-3+deb12u1`) is of this upstream version
/// (`38.0.4`), or of a longer or shorter spelling of it. The distribution's may be the shorter one
/// by zeros alone: a package of version 2 is not of every 2.x.
fn shares_version(distribution: &str, upstream: &str) -> bool {
    let version = distribution.split_once(':').map_or(distribution, |(_, rest)| rest);
    let version = version.rsplit_once('-').map_or(version, |(version, _)| version);
    let upstream = upstream.strip_prefix('v').unwrap_or(upstream);
    let continues = |long: &str, short: &str| {
        !short.is_empty()
            && long.strip_prefix(short).is_some_and(|rest| {
                rest.is_empty() || rest.starts_with(|next: char| !next.is_ascii_alphanumeric())
            })
    };
    let is_zero = |rest: &str| rest.chars().all(|next| next == '.' || next == '0');
    continues(version, upstream)
        || (continues(upstream, version) && upstream.strip_prefix(version).is_some_and(is_zero))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(distribution: &str, upstream: &str, expect: bool) {
        assert_eq!(shares_version(distribution, upstream), expect, "{distribution} {upstream}");
    }

    #[test]
    fn versions_are_the_same_up_to_what_the_distribution_adds() {
        check("38.0.4-3+deb12u1", "38.0.4", true);
        check("1:2.31.0+dfsg-1", "2.31.0", true);
        check("3.11.2-1", "3.11.2", true);
        check("2022.9.24-1", "2022.9.24", true);
        check("1.26-r0", "1.26.0", true);
        check("65.5.0-4.el9", "59.6.0", false);
        check("3.11.2-1", "3.1", false);
        check("2-1", "2.14.1", false);
        check("3.11.2-1", "", false);
    }
}
