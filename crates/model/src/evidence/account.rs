//! Users and groups, and of what kind their passwords are. The passwords themselves, and their
//! hashes, are never kept.

use serde::{Deserialize, Serialize};

use super::Place;

/// The databases of users and groups of an image. Each is `None` where it is not there or was
/// not read, which is not the same as having no entries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accounts {
    /// `/etc/passwd`.
    pub users: Option<AccountFile<Account>>,
    /// `/etc/shadow`.
    pub passwords: Option<AccountFile<StoredPassword>>,
    /// `/etc/group`.
    pub groups: Option<AccountFile<Group>>,
    /// `/etc/gshadow`.
    pub group_passwords: Option<AccountFile<StoredPassword>>,
}

/// One such database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountFile<T> {
    /// Where it lies.
    pub place: Place,
    /// Its entries, in its order. Lines that are none are left out.
    pub entries: Vec<T>,
}

/// A user, as passwd(5) has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The line, counted from 1.
    pub line: u32,
    /// Login name; what is not UTF-8 is escaped, here and below.
    pub name: String,
    /// What stands in the password's place.
    pub password: PasswordKind,
    /// Numeric user.
    pub uid: u32,
    /// Numeric primary group.
    pub gid: u32,
    /// Home directory.
    pub home: String,
    /// Login shell; empty means `/bin/sh`.
    pub shell: String,
}

/// A password of shadow(5) or gshadow(5), reduced to its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPassword {
    /// The line, counted from 1.
    pub line: u32,
    /// The user's or group's name.
    pub name: String,
    /// What kind it is.
    pub password: PasswordKind,
}

/// A group, as group(5) has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The line, counted from 1.
    pub line: u32,
    /// Its name.
    pub name: String,
    /// What stands in the password's place.
    pub password: PasswordKind,
    /// Numeric group.
    pub gid: u32,
    /// Names of the users who belong to it besides those whose primary group it is.
    pub members: Vec<String>,
}

/// The kind of a password field, told by crypt(5)'s prefixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordKind {
    /// `x`: it is kept in the shadow file.
    Shadowed,
    /// `*`: there is none, and so no login by password.
    None,
    /// `!` before whatever follows: no login by password.
    Locked,
    /// Nothing: login without a password.
    Empty,
    /// Traditional or extended DES: eight characters count, and it is broken in minutes.
    Des,
    /// MD5 (`$1$`, `$md5`), fast enough to try billions a second.
    Md5,
    /// Windows' NT hash (`$3$`), an MD4 without salt.
    Nt,
    /// SHA-1 (`$sha1`).
    Sha1,
    /// SHA-256 (`$5$`).
    Sha256,
    /// SHA-512 (`$6$`).
    Sha512,
    /// bcrypt (`$2…$`).
    Bcrypt,
    /// scrypt (`$7$`).
    Scrypt,
    /// yescrypt and its GOST variant (`$y$`, `$gy$`).
    Yescrypt,
    /// Argon2 (`$argon2…$`).
    Argon2,
    /// None of these.
    Other,
}

impl PasswordKind {
    /// Whether somebody who knows the password may log in with it.
    #[must_use]
    pub const fn opens(self) -> bool {
        !matches!(self, Self::Shadowed | Self::None | Self::Locked)
    }

    /// Whether whoever reads the hash finds the password with little effort, or there is none to
    /// find.
    #[must_use]
    pub const fn is_weak(self) -> bool {
        matches!(self, Self::Empty | Self::Des | Self::Md5 | Self::Nt)
    }

    /// The kind in words.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Shadowed => "shadowed",
            Self::None => "none",
            Self::Locked => "locked",
            Self::Empty => "empty",
            Self::Des => "DES",
            Self::Md5 => "MD5",
            Self::Nt => "NT",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
            Self::Bcrypt => "bcrypt",
            Self::Scrypt => "scrypt",
            Self::Yescrypt => "yescrypt",
            Self::Argon2 => "Argon2",
            Self::Other => "of an unknown kind",
        }
    }
}
