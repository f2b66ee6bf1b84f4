//! References to images in registries: `debian`, `ghcr.io/owner/name:tag`,
//! `localhost:5000/name@sha256:…`.
//!
//! The grammar and the normal form are those of the `reference` package of the CNCF
//! distribution project, which every container engine follows.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::digest::{Digest, DigestError};

/// The registry that a name without one means.
const DEFAULT_REGISTRY: &str = "docker.io";

/// What Docker Hub was called until 2014.
const LEGACY_REGISTRY: &str = "index.docker.io";

/// Where Docker Hub keeps the official images.
const OFFICIAL: &str = "library";

/// The tag that a name without tag and digest means.
const DEFAULT_TAG: &str = "latest";

/// Characters of a repository's name: what registries keep and engines accept.
const MAX_REPOSITORY: usize = 255;

/// Characters of a tag (OCI distribution specification).
const MAX_TAG: usize = 128;

/// A name of an image in a registry, in normal form.
///
/// Its text form is the full one (`docker.io/library/debian:latest`); [`Self::familiar`] is the
/// short one that people type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Why a text is no reference.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReferenceError {
    /// Nothing at all.
    #[error("an image needs a name, such as debian:12 or ghcr.io/owner/name:tag")]
    Empty,
    /// 64 hex digits: an image id to a daemon, nothing to a registry.
    #[error(
        "`{0}` looks like an image id, which no registry knows; name the repository and write the digest as name@sha256:{0}, or use docker:{0} for an image of the local daemon"
    )]
    Identifier(String),
    /// Upper-case letters in the repository.
    #[error("`{0}` has upper-case letters in the repository's name; registries only know lower case: `{1}`")]
    UpperCase(String, String),
    /// The part before the first slash looks like a host, but cannot be one.
    #[error("`{0}` is no registry: write host, host:port or [IPv6]:port")]
    Registry(String),
    /// The repository's name breaks the rules.
    #[error(
        "`{0}` is no repository name: each part between slashes is lower-case letters and digits, joined by `.`, `_`, `__` or dashes"
    )]
    Repository(String),
    /// The repository's name is too long.
    #[error("the repository's name has {0} characters; registries allow {MAX_REPOSITORY}")]
    TooLong(usize),
    /// The tag breaks the rules.
    #[error(
        "`{0}` is no tag: a tag is up to {MAX_TAG} letters, digits, `_`, `.` and `-`, and begins with none of the last two"
    )]
    Tag(String),
    /// The digest breaks the rules.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// A web address instead of a name.
    #[error("`{0}` is an address, not a name: leave out the part up to `://`")]
    Address(String),
}

impl Reference {
    /// The registry: a host name or address, with a port where it is not the usual one. Docker
    /// Hub is `docker.io`.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository inside the registry, in full: `library/debian`.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag. Where a reference has a digest too, the digest decides.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest.
    #[must_use]
    pub const fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The same image pinned to a digest.
    #[must_use]
    pub fn with_digest(&self, digest: Digest) -> Self {
        Self { digest: Some(digest), ..self.clone() }
    }

    /// Another tag of the same repository.
    ///
    /// # Errors
    /// [`ReferenceError::Tag`] where it is none.
    pub fn with_tag(&self, tag: &str) -> Result<Self, ReferenceError> {
        let tag = Some(parse_tag(tag)?);
        Ok(Self { tag, digest: None, ..self.clone() })
    }

    /// The short form that people type: `debian:12` for `docker.io/library/debian:12`.
    #[must_use]
    pub fn familiar(&self) -> String {
        let name = match self.registry.as_str() {
            DEFAULT_REGISTRY => match self.repository.split_once('/') {
                Some((OFFICIAL, name)) if !name.contains('/') => name.to_owned(),
                _ => self.repository.clone(),
            },
            registry => format!("{registry}/{}", self.repository),
        };
        name + &self.version()
    }

    /// Tag and digest with their marks.
    fn version(&self) -> String {
        let mut text = self.tag.as_ref().map(|tag| format!(":{tag}")).unwrap_or_default();
        if let Some(digest) = &self.digest {
            text.push('@');
            text.push_str(&digest.to_string());
        }
        text
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        if text.contains("://") {
            return Err(ReferenceError::Address(text.to_owned()));
        }
        let is_identifier = |text: &str| text.len() == 64 && text.bytes().all(is_hex);
        if is_identifier(text) {
            return Err(ReferenceError::Identifier(text.to_owned()));
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.parse::<Digest>()?)),
            None => (text, None),
        };
        let (registry, rest) = split_registry(rest)?;
        // A colon in what is left can only begin the tag: ports went with the registry.
        let (name, tag) = match rest.split_once(':') {
            Some((name, tag)) => (name, Some(parse_tag(tag)?)),
            None => (rest, None),
        };
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(ReferenceError::UpperCase(text.to_owned(), name.to_ascii_lowercase()));
        }
        if !name.split('/').all(is_path_component) {
            return Err(ReferenceError::Repository(name.to_owned()));
        }
        let repository = if registry == DEFAULT_REGISTRY && !name.contains('/') {
            format!("{OFFICIAL}/{name}")
        } else {
            name.to_owned()
        };
        if repository.len() > MAX_REPOSITORY {
            return Err(ReferenceError::TooLong(repository.len()));
        }
        let tag = tag.or_else(|| digest.is_none().then(|| DEFAULT_TAG.to_owned()));
        Ok(Self { registry, repository, tag, digest })
    }
}

/// Whether the part before the first slash is a registry: it has a dot, a colon or an upper-case
/// letter, none of which a repository of Docker Hub begins with, or it is `localhost`.
fn split_registry(text: &str) -> Result<(String, &str), ReferenceError> {
    let hub = |rest| Ok((DEFAULT_REGISTRY.to_owned(), rest));
    let Some((first, rest)) = text.split_once('/') else { return hub(text) };
    let looks_like_host = first == "localhost"
        || first.contains(['.', ':', '['])
        || first.bytes().any(|byte| byte.is_ascii_uppercase());
    if !looks_like_host {
        return hub(text);
    }
    if !is_registry(first) {
        return Err(ReferenceError::Registry(first.to_owned()));
    }
    match first {
        LEGACY_REGISTRY => hub(rest),
        _ => Ok((first.to_owned(), rest)),
    }
}

fn is_registry(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            if address.is_empty() || !address.bytes().all(|byte| is_hex(byte) || byte == b':') {
                return false;
            }
            (None, port.strip_prefix(':').or((!port.is_empty()).then_some("")))
        }
        None => match text.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(text), None),
        },
    };
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        ends(bytes.first())
            && ends(bytes.last())
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    host.is_none_or(|host| host.split('.').all(is_label))
        && port
            .is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok())
}

const fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_path_component(text: &str) -> bool {
    let alphanumeric = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9');
    let ends = |byte: Option<&u8>| byte.is_some_and(|byte| alphanumeric(*byte));
    let bytes = text.as_bytes();
    ends(bytes.first())
        && ends(bytes.last())
        && text.split(|c: char| c.is_ascii() && alphanumeric(c as u8)).all(|separator| {
            matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-')
        })
}

fn parse_tag(text: &str) -> Result<String, ReferenceError> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let right = text.len() <= MAX_TAG
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'-'));
    if right { Ok(text.to_owned()) } else { Err(ReferenceError::Tag(text.to_owned())) }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}{}", self.registry, self.repository, self.version())
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

    fn check(text: &str, expect: &str) {
        let text = text.replace("HEX", HEX);
        let found = match text.parse::<Reference>() {
            Ok(reference) => format!("{reference} {}", reference.familiar()),
            Err(error) => format!("error: {error}"),
        };
        assert!(found.starts_with(&expect.replace("HEX", HEX)), "{text}: {found}");
    }

    #[test]
    fn short_names_mean_docker_hub() {
        check("debian", "docker.io/library/debian:latest debian:latest");
        check("debian:12-slim", "docker.io/library/debian:12-slim debian:12-slim");
        check("bitnami/redis", "docker.io/bitnami/redis:latest bitnami/redis:latest");
        check("docker.io/debian", "docker.io/library/debian:latest debian:latest");
        check("docker.io/library/debian", "docker.io/library/debian:latest debian:latest");
        check("index.docker.io/library/debian", "docker.io/library/debian:latest debian:latest");
        check("index.docker.io/debian:1", "docker.io/library/debian:1 debian:1");
        check("library/debian", "docker.io/library/debian:latest debian:latest");
        check("library/foo/bar", "docker.io/library/foo/bar:latest library/foo/bar:latest");
        check("127-0-0-1/x", "docker.io/127-0-0-1/x:latest");
        check("registry:5000", "docker.io/library/registry:5000 registry:5000");
    }

    #[test]
    fn a_host_is_known_by_its_looks() {
        check("ghcr.io/owner/name:v1", "ghcr.io/owner/name:v1 ghcr.io/owner/name:v1");
        check("localhost/name", "localhost/name:latest localhost/name:latest");
        check("localhost:5000/name:1", "localhost:5000/name:1");
        check("127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c:latest");
        check("[::1]:5000/x", "[::1]:5000/x:latest [::1]:5000/x:latest");
        check("[2001:db8::1]/x:y", "[2001:db8::1]/x:y");
        check("UPPER/x", "UPPER/x:latest UPPER/x:latest");
        check("xn--n3h.com/myimage:xn--n3h.com", "xn--n3h.com/myimage:xn--n3h.com");
        check("host:port/x", "error: `host:port` is no registry");
        check("host:99999/x", "error: `host:99999` is no registry");
        check("[::1/x", "error: `[::1` is no registry");
        check("[::1]5/x", "error: `[::1]5` is no registry");
        check("-host.com/x", "error: `-host.com` is no registry");
        check("a..b/x", "error: `a..b` is no registry");
    }

    #[test]
    fn tag_and_digest_may_both_be_given() {
        check("debian@sha256:HEX", "docker.io/library/debian@sha256:HEX debian@sha256:HEX");
        check("debian:12@sha256:HEX", "docker.io/library/debian:12@sha256:HEX debian:12@sha256:HEX");
        check("host:8000/repo:tag@sha256:HEX", "host:8000/repo:tag@sha256:HEX");
        check("debian@sha256:ff", "error: `sha256:ff` does not have the hex digits");
        check("debian@", "error: `` is not a digest");
        check("debian@md5:HEX", "error: `md5:HEX` names a hash function");
    }

    #[test]
    fn names_that_registries_refuse_are_refused() {
        check("", "error: an image needs a name");
        check("HEX", "error: `HEX` looks like an image id");
        check(
            "Debian",
            "error: `Debian` has upper-case letters in the repository's name; registries only know lower case: `debian`",
        );
        check("aa/asdf$$^/aa", "error: `aa/asdf$$^/aa` is no repository name");
        check("a//b", "error: `a//b` is no repository name");
        check("/a", "error: `/a` is no repository name");
        check("a/", "error: `a/` is no repository name");
        check("-a", "error: `-a` is no repository name");
        check("a.", "error: `a.` is no repository name");
        check("a___b", "error: `a___b` is no repository name");
        check("a._b", "error: `a._b` is no repository name");
        check("ümlaut", "error: `ümlaut` is no repository name");
        check("https://ghcr.io/a", "error: `https://ghcr.io/a` is an address");
        check("a__b.c-d---e_f", "docker.io/library/a__b.c-d---e_f:latest");
        check("x@", "error");
        check("x:", "error: `` is no tag");
        check("x:-a", "error: `-a` is no tag");
        check("x:a/b", "error: `x:a` is no registry");
    }

    #[test]
    fn lengths_are_bounded() {
        let tag = "a".repeat(MAX_TAG);
        check(&format!("x:{tag}"), "docker.io/library/x:aaa");
        check(&format!("x:{tag}a"), "error: `aaa");
        let name = "a".repeat(MAX_REPOSITORY - OFFICIAL.len() - 1);
        check(&name, "docker.io/library/aaa");
        check(&format!("{name}a"), "error: the repository's name has 256 characters");
        check(&format!("localhost:5000/{}", "a".repeat(MAX_REPOSITORY)), "localhost:5000/aaa");
    }

    #[test]
    fn the_full_form_reads_back_as_itself() {
        for text in ["debian", "a/b:c", "localhost:1/x", "[::1]:5000/x:y", "ghcr.io/a/b"] {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(reference.to_string().parse(), Ok(reference.clone()));
            assert_eq!(reference.familiar().parse(), Ok(reference));
        }
    }
}
