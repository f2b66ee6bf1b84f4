//! What an image says about logging in over SSH. Keys themselves are never kept.

use serde::{Deserialize, Serialize};

use super::Place;

/// Keys and settings of OpenSSH's server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ssh {
    /// Public keys that open an account, in the order of paths and lines.
    pub authorized_keys: Vec<AuthorizedKey>,
    /// Keys by which the server proves who it is, in the order of paths.
    pub host_keys: Vec<HostKey>,
    /// Settings that decide who may log in, in the order of paths and lines.
    pub directives: Vec<SshDirective>,
}

/// A line of an `authorized_keys` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizedKey {
    /// The file.
    pub place: Place,
    /// The line, counted from 1.
    pub line: u32,
    /// Type of the key, such as `ssh-ed25519`.
    pub kind: String,
    /// What its owner wrote behind it, often `user@host`.
    pub comment: String,
}

/// A private host key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKey {
    /// The file.
    pub place: Place,
}

/// A setting of `sshd_config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshDirective {
    /// The file.
    pub place: Place,
    /// What it says.
    pub setting: SshSetting,
}

/// What one line of `sshd_config` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshSetting {
    /// The line, counted from 1.
    pub line: u32,
    /// The directive, in lower case.
    pub name: String,
    /// Its value, as it is written.
    pub value: String,
    /// Whether it stands in a `Match` block and so holds for some logins only.
    pub is_conditional: bool,
}
