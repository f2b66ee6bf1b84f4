//! Packages: what is installed, in the words of its own ecosystem.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::path::TreePath;
use crate::purl::Purl;

/// The kind of package, as package URLs spell it (`deb`, `rpm`, `apk`, `pypi`, …).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PackageType(Cow<'static, str>);

impl PackageType {
    /// A type known when the program is built.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A type read from elsewhere, such as an SBOM.
    #[must_use]
    pub fn from_text(name: &str) -> Self {
        Self(Cow::Owned(name.to_ascii_lowercase()))
    }

    /// The purl type.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PackageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Whether packages of this purl type are those of a distribution, not of a registry of a language.
#[must_use]
pub fn is_of_distribution(kind: &str) -> bool {
    matches!(kind, "deb" | "rpm" | "apk" | "alpm" | "ebuild")
}

/// What a package was built from: Debian's source package, the source RPM, apk's origin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourcePackage {
    /// Name of the source package.
    pub name: String,
    /// Its version, where the database states one (never derived from the binary's).
    pub version: Option<String>,
}

/// Why a package is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstallReason {
    /// Somebody asked for it by name.
    Explicit,
    /// It came because another package needs it.
    Dependency,
    /// The database does not say.
    Unknown,
}

/// One installed package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The kind of package.
    pub kind: PackageType,
    /// The name, as its ecosystem writes it.
    pub name: String,
    /// The version, as the ecosystem's own tool writes it (rpm: `[epoch:]version-release`).
    pub version: String,
    /// Processor architecture, in the ecosystem's words (`amd64`, `x86_64`, `all`, `noarch`).
    pub arch: Option<String>,
    /// What it was built from; `None` where the database does not say.
    pub source: Option<SourcePackage>,
    /// Licences as the package states them, one per entry; SPDX identifiers where the
    /// ecosystem uses them. Empty means that none was stated, not that there is none.
    pub licenses: Vec<String>,
    /// Installed size in bytes, as the package database declares it.
    pub size: Option<u64>,
    /// Who made the binary package: rpm's vendor, dpkg's and apk's maintainer.
    pub vendor: Option<String>,
    /// Key id (hex) of the signature that the database recorded.
    pub signing_key: Option<String>,
    /// Why it is installed.
    pub reason: InstallReason,
    /// Where it was built or came from, if stated: rpm's modularity label, dpkg's origin.
    pub origin: Option<String>,
    /// What it needs to be installed, in the ecosystem's own words.
    pub requires: Vec<String>,
    /// What it says it stands for, in the ecosystem's own words.
    pub provides: Vec<String>,
    /// Home page, where stated.
    pub url: Option<String>,
    /// One line about it, where stated.
    pub summary: Option<String>,
    /// The package URL, with the distribution's name and release as qualifiers.
    pub purl: Option<Purl>,
    /// Which of the analysis's layers brought it (an index); `None` without layers.
    pub layer: Option<u32>,
    /// The file that says it is installed, such as `/var/lib/dpkg/status`.
    pub evidence: Option<TreePath>,
    /// Where it lies, for kinds that may be installed side by side (npm, Python).
    pub place: Option<TreePath>,
    /// True where a lock file merely names it; false where it is installed.
    pub declared: bool,
}

impl Package {
    /// A package of which no more than kind, name and version is known yet.
    pub fn new(kind: PackageType, name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            version: version.into(),
            arch: None,
            source: None,
            licenses: Vec::new(),
            size: None,
            vendor: None,
            signing_key: None,
            reason: InstallReason::Unknown,
            origin: None,
            requires: Vec::new(),
            provides: Vec::new(),
            url: None,
            summary: None,
            purl: None,
            layer: None,
            evidence: None,
            place: None,
            declared: false,
        }
    }

    /// The order in which packages are listed: type, name, architecture, version, place.
    #[must_use]
    pub fn listing_order(&self, other: &Self) -> std::cmp::Ordering {
        let key = |package: &Self| {
            (
                package.kind.clone(),
                package.name.clone(),
                package.arch.clone(),
                package.version.clone(),
                package.place.clone(),
            )
        };
        self.kind
            .cmp(&other.kind)
            .then_with(|| self.name.cmp(&other.name))
            .then_with(|| key(self).cmp(&key(other)))
    }
}
