//! Kinds of package. One file each: what it reads, how it names packages, how it orders versions.

pub mod alpm;
pub mod apk;
pub mod binary;
pub mod cargo;
pub mod composer;
pub mod conda;
pub mod cpan;
pub mod cran;
pub mod dpkg;
pub mod ebuild;
pub mod gem;
pub mod golang;
pub mod hackage;
pub mod luarocks;
pub mod maven;
pub mod nix;
pub mod npm;
pub mod nuget;
pub mod opam;
pub mod otp;
pub mod pypi;
pub mod rpm;
pub mod snap;
pub mod swift;
pub mod wordpress;

use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::Hash;

use plimsoll_model::{Distribution, Package, PackageType, Purl};

use crate::reader::{Doc, Reader};

/// A kind of package.
pub trait Ecosystem: Sync + std::fmt::Debug {
    /// What it is.
    fn doc(&self) -> &'static Doc;

    /// The purl types whose packages it speaks for.
    fn package_types(&self) -> &'static [PackageType];

    /// Its readers.
    fn readers(&self) -> &'static [&'static dyn Reader];

    /// Its readers of what counts only where nothing says more: lock files, which may name what is
    /// installed anyway, and files that no package owns. They are joined after all others.
    fn late_readers(&self) -> &'static [&'static dyn Reader] {
        &[]
    }

    /// The package URL of one of its packages.
    fn purl(&self, package: &Package, distribution: Option<&Distribution>) -> Option<Purl>;

    /// Which of two versions is newer, by the ecosystem's own rules; `None` where one of them
    /// is no version of it, which is not the same as equal.
    fn order(&self, left: &str, right: &str) -> Option<Ordering>;
}

/// Every ecosystem there is.
pub const ALL: &[&dyn Ecosystem] = &[
    &alpm::Alpm,
    &apk::Apk,
    &binary::Binary,
    &cargo::Cargo,
    &composer::Composer,
    &conda::Conda,
    &cpan::Cpan,
    &cran::Cran,
    &dpkg::Dpkg,
    &ebuild::Ebuild,
    &gem::Gem,
    &golang::Golang,
    &hackage::Hackage,
    &luarocks::Luarocks,
    &maven::Maven,
    &nix::Nix,
    &npm::Npm,
    &nuget::Nuget,
    &opam::Opam,
    &otp::Otp,
    &pypi::Pypi,
    &rpm::Rpm,
    &snap::Snap,
    &swift::Swift,
    &wordpress::Wordpress,
];

/// Orders two versions of a package type by the rules of its ecosystem; `None` where no
/// ecosystem knows the type or a version is none of its own.
#[must_use]
pub fn order_versions(kind: &PackageType, left: &str, right: &str) -> Option<Ordering> {
    ALL.iter()
        .find(|ecosystem| ecosystem.package_types().contains(kind))
        .and_then(|ecosystem| ecosystem.order(left, right))
}

/// For each package of the last (the visible) version of a database, the lowest layer from
/// which on every version of it has this package. `versions` are the database's versions with
/// their layers, the lowest first.
fn bringing_layers<K: Hash + Eq>(packages: &[K], versions: &[(u32, Vec<K>)]) -> Vec<u32> {
    let Some(((top, _), below)) = versions.split_last() else { return vec![0; packages.len()] };
    let mut layers = vec![*top; packages.len()];
    let mut open: Vec<usize> = (0..packages.len()).collect();
    for (layer, keys) in below.iter().rev() {
        let keys: HashSet<&K> = keys.iter().collect();
        open.retain(|index| packages.get(*index).is_some_and(|package| keys.contains(package)));
        if open.is_empty() {
            break;
        }
        for index in &open {
            if let Some(slot) = layers.get_mut(*index) {
                *slot = *layer;
            }
        }
    }
    layers
}

/// A package URL as distributions' packages have it: the distribution's id as namespace, and
/// `arch`, `distro` (id and release) and `upstream` as qualifiers. The types' definitions ask
/// for the namespace, so there is none without a distribution.
fn distribution_package_url(
    kind: &str,
    package: &Package,
    upstream: Option<String>,
    distribution: Option<&Distribution>,
) -> Option<Purl> {
    let distribution = distribution.filter(|known| !known.id.is_empty())?;
    let release = distribution.version_id.as_ref().or(distribution.build_id.as_ref());
    let distro =
        release.map_or_else(|| distribution.id.clone(), |release| format!("{}-{release}", distribution.id));
    let mut purl = Purl::new(
        kind,
        Some(distribution.id.as_str()),
        package.name.as_str(),
        Some(package.version.as_str()),
    )
    .ok()?;
    let qualifiers = [("arch", package.arch.clone()), ("distro", Some(distro)), ("upstream", upstream)];
    for (key, value) in qualifiers {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            purl.qualifiers.insert(key.to_owned(), value);
        }
    }
    Some(purl)
}
