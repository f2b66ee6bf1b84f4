//! What the files of an image say beyond being there and belonging to packages.

mod account;
pub mod linkage;
pub mod recorded;
pub mod references;
mod repository;
mod secret;
mod ssh;
pub mod strings;
pub mod texts;

use std::collections::BTreeMap;

pub use account::{Account, AccountFile, Accounts, Group, PasswordKind, StoredPassword};
pub use linkage::Linkage;
pub use recorded::{Change, KnownDigests, ModifiedFile, RecordedDigest, RecordedFile, WeakDigests, modified};
pub use references::References;
pub use repository::{PackageRepository, RepositoryKind, TrustedKey};
pub use secret::{Secret, Secrets, UnscannedFile};
pub use ssh::{AuthorizedKey, HostKey, Ssh, SshDirective, SshSetting};
pub use strings::Strings;
pub use texts::Text;

use crate::file::FileId;
use crate::path::TreePath;

/// Facts about files that are not packages, as they show in the merged image unless a fact says
/// otherwise. One field per kind of evidence; a kind that found nothing is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// How each ELF file of the merged tree is linked and hardened. Every name of a file with
    /// several has an entry.
    pub linkage: BTreeMap<FileId, Linkage>,
    /// What package databases recorded of the files that they installed, in no order.
    pub recorded: Vec<RecordedFile>,
    /// What scripts, sources and configuration name.
    pub references: References,
    /// Small texts of known kinds, under every name; what has no entry is of another kind.
    pub texts: BTreeMap<FileId, Text>,
    /// Who may log in: the databases of users and groups.
    pub accounts: Accounts,
    /// Keys and settings of the SSH server.
    pub ssh: Ssh,
    /// What looks like a secret, in every layer.
    pub secrets: Secrets,
    /// Where the package managers fetch from, in the order of paths and lines.
    pub repositories: Vec<PackageRepository>,
    /// Keys that the package managers trust, in the order of paths.
    pub trusted_keys: Vec<TrustedKey>,
}

/// Where in an image a fact was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub path: TreePath,
    /// The file in the merged tree; `None` where a later layer removed or replaced it, so that it
    /// is in the image's layers and does not show.
    pub file: Option<FileId>,
    /// The layer that brought it, counted from the lowest, from 0.
    pub layer: u32,
}

impl Place {
    /// Whether a later layer removed or replaced the file: everybody who has the image can still
    /// take it from its layer.
    #[must_use]
    pub const fn is_hidden(&self) -> bool {
        self.file.is_none()
    }
}
