//! Who the user is to a registry. Where credentials are kept is the caller's knowledge.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

/// What a user proves to a registry with.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// A user's name and password, or an access token in the place of the password.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// A refresh token (`identitytoken`), to be exchanged for access tokens.
    IdentityToken(String),
    /// An access token of the registry itself (`registrytoken`), used as it is.
    RegistryToken(String),
}

impl Credential {
    /// The value of an `Authorization` header for a user and a password.
    pub(super) fn basic(user: &str, password: &str) -> String {
        format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password { user, .. } => write!(f, "Password({user}, hidden)"),
            Self::IdentityToken(_) => write!(f, "IdentityToken(hidden)"),
            Self::RegistryToken(_) => write!(f, "RegistryToken(hidden)"),
        }
    }
}

/// Finds credentials, at the moment at which a registry asks for them.
pub trait Credentials: Send + Sync + fmt::Debug {
    /// The credential for a repository of a registry (`docker.io`, `host:port`), if there is one.
    ///
    /// # Errors
    /// [`CredentialError`] where there may be one, but it cannot be had.
    fn find(&self, registry: &str, repository: &str) -> Result<Option<Credential>, CredentialError>;
}

/// Why a credential that may exist cannot be had: one sentence, with the file or program at fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct CredentialError(pub String);

/// Nobody: everything is asked anonymously.
#[derive(Debug, Clone, Copy, Default)]
pub struct Anonymous;

impl Credentials for Anonymous {
    fn find(&self, _: &str, _: &str) -> Result<Option<Credential>, CredentialError> {
        Ok(None)
    }
}
