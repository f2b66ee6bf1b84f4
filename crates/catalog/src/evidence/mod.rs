//! Facts about an image that are not packages. One file each.

pub mod accounts;
pub mod linkage;
pub mod os_release;
pub mod references;
pub mod repositories;
pub mod secrets;
pub mod ssh;
pub mod texts;

use crate::reader::Reader;

/// Every reader of evidence there is, in the order in which they are joined.
pub const ALL: &[&dyn Reader] = &[
    &os_release::OsRelease,
    &accounts::Accounts,
    &linkage::LinkageReader,
    &references::ReferencesReader,
    &repositories::Repositories,
    &secrets::Secrets,
    &ssh::Ssh,
    &texts::Texts,
];
