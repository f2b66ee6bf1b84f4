//! Logins that other tools have stored: Docker's `config.json`, podman's `auth.json`, and the
//! helper programs that both name.
//!
//! Rules: docker-cli's `config.json` and containers-auth.json(5). Where they differ, the more
//! particular entry wins. Nothing is read before a registry asks for a login.

mod file;
mod helper;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::OnceLock;

use plimsoll_image::source::registry::{Credential, CredentialError, Credentials};

use self::file::AuthFile;

/// The key under which Docker has kept logins for Docker Hub since its first days.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// What the environment says about where logins are. It is handed in.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The home directory (`HOME`).
    pub home: Option<PathBuf>,
    /// `DOCKER_CONFIG`: the directory of Docker's `config.json`.
    pub docker_config: Option<PathBuf>,
    /// `REGISTRY_AUTH_FILE`: the one file that podman and its kin are to use.
    pub registry_auth_file: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`.
    pub runtime_directory: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`.
    pub config_directory: Option<PathBuf>,
    /// `PATH`, to find helper programs in; the process's own where it is not given.
    pub search_path: Option<OsString>,
}

impl Environment {
    /// Files that may hold logins, the first to be asked first. A file that was named on purpose
    /// comes before those that merely are where they usually are.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        // Podman looks nowhere else then; Docker's file is not podman's, so it still counts.
        let named = self.registry_auth_file.clone();
        let has_named = named.is_some();
        files.extend(named);
        files.extend(self.docker_config.as_ref().map(|directory| directory.join("config.json")));
        if !has_named {
            files.extend(
                self.runtime_directory.as_ref().map(|directory| directory.join("containers/auth.json")),
            );
            let config =
                self.config_directory.clone().or_else(|| self.home.as_ref().map(|home| home.join(".config")));
            files.extend(config.map(|directory| directory.join("containers/auth.json")));
        }
        if let Some(home) = &self.home {
            if self.docker_config.is_none() {
                files.push(home.join(".docker/config.json"));
            }
            files.push(home.join(".dockercfg"));
        }
        files
    }
}

/// The logins that a machine's files and helpers hold.
#[derive(Debug)]
pub struct StoredCredentials {
    environment: Environment,
    files: OnceLock<Vec<Result<AuthFile, CredentialError>>>,
}

impl StoredCredentials {
    /// The logins that this environment leads to. Nothing is read yet.
    #[must_use]
    pub const fn new(environment: Environment) -> Self {
        Self { environment, files: OnceLock::new() }
    }

    fn files(&self) -> &[Result<AuthFile, CredentialError>] {
        self.files.get_or_init(|| {
            self.environment.files().iter().filter_map(|path| AuthFile::read(path).transpose()).collect()
        })
    }

    fn ask(&self, helper: &str, server: &str) -> Result<Option<Credential>, CredentialError> {
        helper::get(helper, server, self.environment.search_path.as_deref())
    }

    fn find_in(
        &self,
        file: &AuthFile,
        registry: &str,
        keys: &[String],
    ) -> Result<Option<Credential>, CredentialError> {
        let mut failed = None;
        let mut keep = |result: Result<Option<Credential>, CredentialError>| match result {
            Ok(found) => found,
            Err(error) => {
                failed.get_or_insert(error);
                None
            }
        };
        for key in keys {
            if let Some(name) = file.helper(key) {
                let server = if key == registry { server_of(registry) } else { key };
                if let Some(found) = keep(self.ask(name, server)) {
                    return Ok(Some(found));
                }
            }
        }
        if let Some(name) = file.store()
            && let Some(found) = keep(self.ask(name, server_of(registry)))
        {
            return Ok(Some(found));
        }
        for key in keys {
            if let Some(found) = keep(file.entry(key)) {
                return Ok(Some(found));
            }
        }
        failed.map_or(Ok(None), Err)
    }
}

/// What helpers call a registry.
fn server_of(registry: &str) -> &str {
    if registry == "docker.io" { DOCKER_HUB_KEY } else { registry }
}

/// The keys that a repository's login may be under, the most particular first.
fn keys(registry: &str, repository: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut path = format!("{registry}/{repository}");
    while path.len() > registry.len() {
        keys.push(path.clone());
        path.truncate(path.rfind('/').unwrap_or(0));
    }
    keys.push(registry.to_owned());
    keys
}

impl Credentials for StoredCredentials {
    fn find(&self, registry: &str, repository: &str) -> Result<Option<Credential>, CredentialError> {
        let keys = keys(registry, repository);
        let mut failed = None;
        for file in self.files() {
            let result =
                file.as_ref().map_err(Clone::clone).and_then(|file| self.find_in(file, registry, &keys));
            match result {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => {}
                Err(error) => {
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(None), Err)
    }
}

#[cfg(test)]
mod tests;
