//! Package URLs (purl): one line that names a package in the words of its own ecosystem.
//!
//! Rules: ECMA-427 and the type definitions of the package-url project. Text is taken in any
//! spelling that the rules allow and always given back in the canonical one.

mod encoding;
mod normal;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

pub use encoding::decode;
use encoding::encode;

/// A package URL in canonical form, its parts decoded.
///
/// [`Purl::new`] and parsing bring every part to the form that the purl type asks for. Whoever
/// writes to the fields directly answers for that form; [`fmt::Display`] encodes them right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purl {
    /// Type, lower case: `deb`, `rpm`, `npm`.
    pub kind: String,
    /// Namespace segments joined by `/`: a distribution, an npm scope, a Maven group.
    pub namespace: Option<String>,
    /// Name of the package.
    pub name: String,
    /// Version; of an rpm without its epoch, which is a qualifier.
    pub version: Option<String>,
    /// Qualifiers in key order. Keys are lower case, no value is empty.
    pub qualifiers: BTreeMap<String, String>,
    /// Path inside the package, segments joined by `/`.
    pub subpath: Option<String>,
}

/// Why a text is no purl.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not a package URL: {reason}")]
pub struct PurlError {
    /// What was read.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

const TYPE: &str = "its type must be a letter and then letters, digits, `.` or `-`";
const NAME: &str = "it has no name";
const SCHEME: &str = "it does not start with `pkg:`";
const ESCAPE: &str = "a percent sign must be followed by two hex digits, and all must be UTF-8";
const SLASH: &str = "a part holds a slash that is not a separator";
const KEY: &str = "a qualifier needs a key of letters, digits, `.`, `-` or `_`, and only one value";

impl Purl {
    /// A package URL of its main parts, each brought to the form that the type asks for.
    ///
    /// # Errors
    /// A type that is no purl type, or an empty name.
    pub fn new(
        kind: &str,
        namespace: Option<&str>,
        name: &str,
        version: Option<&str>,
    ) -> Result<Self, PurlError> {
        let fail = |reason| PurlError { text: format!("pkg:{kind}/{name}"), reason };
        if !is_type(kind) {
            return Err(fail(TYPE));
        }
        let filled = |text: &&str| !text.is_empty();
        let mut purl = Self {
            kind: kind.to_ascii_lowercase(),
            namespace: namespace.map(join_segments).filter(|namespace| !namespace.is_empty()),
            name: name.trim_matches('/').to_owned(),
            version: version.filter(filled).map(str::to_owned),
            qualifiers: BTreeMap::new(),
            subpath: None,
        };
        normal::normalise(&mut purl);
        if purl.name.is_empty() { Err(fail(NAME)) } else { Ok(purl) }
    }

    /// The same package URL with one more qualifier. An empty value, or a key that is none,
    /// changes nothing, as the rules have it.
    #[must_use]
    pub fn with_qualifier(mut self, key: &str, value: &str) -> Self {
        if !value.is_empty() && is_key(key) {
            self.qualifiers.insert(key.to_ascii_lowercase(), value.to_owned());
        }
        self
    }

    /// The value of a qualifier.
    #[must_use]
    pub fn qualifier(&self, key: &str) -> Option<&str> {
        self.qualifiers.get(key).map(String::as_str)
    }
}

fn is_type(kind: &str) -> bool {
    kind.starts_with(|first: char| first.is_ascii_alphabetic())
        && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

fn is_key(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_alphabetic())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

fn join_segments(path: &str) -> String {
    path.split('/').filter(|segment| !segment.is_empty()).collect::<Vec<_>>().join("/")
}

/// Decodes segments and joins them; `keep` says which are part of the path at all.
fn decode_segments(path: &str, keep: fn(&str) -> bool) -> Result<Option<String>, &'static str> {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        let segment = decode(segment).ok_or(ESCAPE)?;
        if segment.contains('/') {
            return Err(SLASH);
        }
        if keep(&segment) {
            segments.push(segment);
        }
    }
    Ok(Some(segments.join("/")).filter(|joined| !joined.is_empty()))
}

fn parse(text: &str) -> Result<Purl, &'static str> {
    let (scheme, rest) = text.split_once(':').ok_or(SCHEME)?;
    if !scheme.eq_ignore_ascii_case("pkg") {
        return Err(SCHEME);
    }
    let (rest, subpath) = split_last(rest, '#');
    let subpath = subpath
        .map(|path| decode_segments(path, |segment| !matches!(segment, "" | "." | "..")))
        .transpose()?
        .flatten();
    let (rest, query) = split_last(rest, '?');
    let (kind, rest) = rest.trim_start_matches('/').split_once('/').ok_or(NAME)?;
    if !is_type(kind) {
        return Err(TYPE);
    }
    let (path, version) = split_version(rest);
    let path = path.trim_matches('/');
    let (namespace, name) =
        path.rsplit_once('/').map_or((None, path), |(namespace, name)| (Some(namespace), name));
    let namespace = namespace.map(|path| decode_segments(path, |segment| !segment.is_empty())).transpose()?;
    let name = decode(name).ok_or(ESCAPE)?;
    let version = version.map(|version| decode(version).ok_or(ESCAPE)).transpose()?;
    let mut purl = Purl::new(kind, namespace.flatten().as_deref(), &name, version.as_deref())
        .map_err(|error| error.reason)?;
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or(KEY)?;
        let key = key.to_ascii_lowercase();
        if !is_key(&key) || purl.qualifiers.contains_key(&key) {
            return Err(KEY);
        }
        purl = purl.with_qualifier(&key, &decode(value).ok_or(ESCAPE)?);
    }
    purl.subpath = subpath;
    Ok(purl)
}

fn split_last(text: &str, separator: char) -> (&str, Option<&str>) {
    text.rsplit_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// An `@` at the start of a segment is an npm scope that somebody forgot to encode, and what
/// follows it is no version.
fn split_version(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once('@') {
        Some((before, version)) if !before.is_empty() && !before.ends_with('/') => (before, Some(version)),
        _ => (text, None),
    }
}

impl FromStr for Purl {
    type Err = PurlError;

    fn from_str(text: &str) -> Result<Self, PurlError> {
        parse(text).map_err(|reason| PurlError { text: text.to_owned(), reason })
    }
}

impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pkg:{}/", self.kind)?;
        for segment in self.namespace.iter().flat_map(|namespace| namespace.split('/')) {
            encode(segment, f)?;
            f.write_str("/")?;
        }
        encode(&self.name, f)?;
        if let Some(version) = &self.version {
            f.write_str("@")?;
            encode(version, f)?;
        }
        for (position, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(f, "{}{key}=", if position == 0 { '?' } else { '&' })?;
            encode(value, f)?;
        }
        for (position, segment) in self.subpath.iter().flat_map(|path| path.split('/')).enumerate() {
            f.write_str(if position == 0 { "#" } else { "/" })?;
            encode(segment, f)?;
        }
        Ok(())
    }
}

impl Serialize for Purl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Purl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
