//! Facts about an image that are not packages. One file each.

pub mod accounts;
pub mod os_release;
pub mod repositories;
pub mod secrets;
pub mod ssh;

use crate::reader::Reader;

/// Every reader of evidence there is, in the order in which they are joined.
pub const ALL: &[&dyn Reader] =
    &[&os_release::OsRelease, &accounts::Accounts, &repositories::Repositories, &secrets::Secrets, &ssh::Ssh];
