//! Kinds of package. One file each: what it reads, how it names packages, how it orders versions.

use std::cmp::Ordering;

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

    /// The package URL of one of its packages.
    fn purl(&self, package: &Package, distribution: Option<&Distribution>) -> Option<Purl>;

    /// Which of two versions is newer, by the ecosystem's own rules; `None` where one of them
    /// is no version of it, which is not the same as equal.
    fn order(&self, left: &str, right: &str) -> Option<Ordering>;
}

/// Every ecosystem there is.
pub const ALL: &[&dyn Ecosystem] = &[];

/// Orders two versions of a package type by the rules of its ecosystem; `None` where no
/// ecosystem knows the type or a version is none of its own.
#[must_use]
pub fn order_versions(kind: &PackageType, left: &str, right: &str) -> Option<Ordering> {
    ALL.iter()
        .find(|ecosystem| ecosystem.package_types().contains(kind))
        .and_then(|ecosystem| ecosystem.order(left, right))
}
