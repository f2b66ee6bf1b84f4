//! Where package managers fetch packages from, and whose signatures they believe.

use serde::{Deserialize, Serialize};

use super::Place;

/// The package manager that a repository is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepositoryKind {
    /// Alpine's apk.
    Apk,
    /// Debian's apt.
    Apt,
    /// dnf, yum and their kind.
    Rpm,
}

/// One repository that is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageRepository {
    /// The file that names it.
    pub place: Place,
    /// The line, counted from 1.
    pub line: u32,
    /// Whose it is.
    pub kind: RepositoryKind,
    /// Its address, without any login in it.
    pub location: String,
    /// Whether packages are fetched from it.
    pub is_enabled: bool,
    /// Whether what comes from it must be signed, where the entry says so itself.
    pub must_be_signed: Option<bool>,
}

/// A key that a package manager trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// Its file.
    pub place: Place,
    /// Who trusts it.
    pub kind: RepositoryKind,
}
