//! One file of logins.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use plimsoll_image::source::registry::{Credential, CredentialError};
use serde_json::{Map, Value};

/// Bytes of such a file. Real ones are a few kilobytes.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// Some tools leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a file says, by normal keys.
pub(super) struct AuthFile {
    path: String,
    entries: BTreeMap<String, Value>,
    helpers: BTreeMap<String, String>,
    store: Option<String>,
}

impl std::fmt::Debug for AuthFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Entries are passwords.
        f.debug_struct("AuthFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl AuthFile {
    /// Reads a file; `None` where there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, CredentialError> {
        let fail =
            |why: String| CredentialError(format!("the logins in {} cannot be read: {why}", path.display()));
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(fail(error.to_string())),
        };
        let mut bytes = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut bytes).map_err(|error| fail(error.to_string()))?;
        // Where a login is the error could quote it: the position is enough.
        let document: Map<String, Value> = serde_json::from_slice(&bytes).map_err(|error| {
            fail(format!("it is no JSON object (line {}, column {})", error.line(), error.column()))
        })?;
        Ok(Some(Self::parse(path, document)))
    }

    fn parse(path: &Path, mut document: Map<String, Value>) -> Self {
        // Before 2015, `.dockercfg` had the entries at the top.
        let is_old =
            path.file_name().is_some_and(|name| name == ".dockercfg") && !document.contains_key("auths");
        let auths = if is_old { std::mem::take(&mut document) } else { object(document.remove("auths")) };
        let mut entries: BTreeMap<String, Value> = BTreeMap::new();
        for (key, entry) in auths {
            let is_better = |present: &Value| present.as_object().is_none_or(Map::is_empty);
            let key = normal(&key);
            if entries.get(&key).is_none_or(is_better) {
                entries.insert(key, entry);
            }
        }
        let helpers = object(document.remove("credHelpers"))
            .into_iter()
            .filter_map(|(key, name)| {
                Some((normal(&key), name.as_str().filter(|name| !name.is_empty())?.to_owned()))
            })
            .collect();
        let store = document
            .get("credsStore")
            .and_then(Value::as_str)
            .filter(|name| !name.is_empty())
            .map(str::to_owned);
        Self { path: path.display().to_string(), entries, helpers, store }
    }

    /// The helper for a key.
    pub(super) fn helper(&self, key: &str) -> Option<&str> {
        self.helpers.get(key).map(String::as_str)
    }

    /// The helper for everything.
    pub(super) fn store(&self) -> Option<&str> {
        self.store.as_deref()
    }

    /// The login kept in the file itself under a key.
    pub(super) fn entry(&self, key: &str) -> Result<Option<Credential>, CredentialError> {
        let Some(entry) = self.entries.get(key) else { return Ok(None) };
        let text = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(token) = text("registrytoken") {
            return Ok(Some(Credential::RegistryToken(token.to_owned())));
        }
        if let Some(token) = text("identitytoken") {
            return Ok(Some(Credential::IdentityToken(token.to_owned())));
        }
        if let Some(auth) = text("auth") {
            let decoded = BASE64.decode(auth.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
            let Some((user, password)) = pair else {
                let why = format!(
                    "the login for {key} in {} is damaged: its `auth` is no user and password in base64",
                    self.path
                );
                return Err(CredentialError(why));
            };
            let (user, password) = (user.to_owned(), password.trim_matches('\0').to_owned());
            return Ok(Some(Credential::Password { user, password }));
        }
        Ok(text("username").zip(text("password")).map(|(user, password)| Credential::Password {
            user: user.to_owned(),
            password: password.to_owned(),
        }))
    }
}

fn object(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// One spelling for all the keys of a registry: `https://index.docker.io/v1/` is `docker.io`,
/// `https://host:5000/v2/` is `host:5000`, and podman's `host/namespace` stays as it is.
fn normal(key: &str) -> String {
    let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"));
    let rest = bare.unwrap_or(key).trim_end_matches('/');
    let is_api = rest.ends_with("/v1") || rest.ends_with("/v2");
    let rest = if bare.is_some() || is_api { rest.split('/').next().unwrap_or_default() } else { rest };
    let (host, path) = rest.split_once('/').map_or((rest, None), |(host, path)| (host, Some(path)));
    let host = match host {
        "index.docker.io" | "registry-1.docker.io" => "docker.io",
        other => other,
    };
    path.map_or_else(|| host.to_owned(), |path| format!("{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn every_spelling_of_a_registry_is_one_key() {
        for key in [
            "https://index.docker.io/v1/",
            "index.docker.io",
            "docker.io",
            "https://registry-1.docker.io/v2/",
            "index.docker.io/v1/",
        ] {
            assert_eq!(normal(key), "docker.io", "{key}");
        }
        assert_eq!(normal("http://host:5000/v2/"), "host:5000");
        assert_eq!(normal("quay.io/team/app"), "quay.io/team/app");
        assert_eq!(normal("docker.io/team"), "docker.io/team");
    }
}
