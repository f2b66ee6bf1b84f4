//! Platforms: operating system, processor architecture and its variant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A platform as OCI image indexes name it, in Go's words (`linux/amd64`, `linux/arm/v7`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Platform {
    /// Operating system, such as `linux`.
    pub os: String,
    /// Processor architecture, such as `amd64`.
    pub architecture: String,
    /// Variant of the architecture, such as `v7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Version of the operating system; Windows images need it.
    #[serde(default, rename = "os.version", skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
}

/// Why a text is no platform.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a platform: write it as os/architecture[/variant], such as linux/arm64")]
pub struct PlatformError(String);

impl Platform {
    /// A platform of Linux on the architecture that this program was built for.
    #[must_use]
    pub fn of_this_machine() -> Self {
        Self::normal("linux", std::env::consts::ARCH, None)
    }

    /// A platform with the usual other spellings of architectures brought to Go's words, and
    /// the variants that mean "the plain one" left out, as containerd's `platforms` does.
    #[must_use]
    pub fn normal(os: &str, architecture: &str, variant: Option<&str>) -> Self {
        let (architecture, implied) = match architecture.to_ascii_lowercase().as_str() {
            "x86_64" | "x86-64" | "amd64" => ("amd64".to_owned(), None),
            "aarch64" | "arm64" => ("arm64".to_owned(), None),
            "armhf" => ("arm".to_owned(), Some("v7")),
            "armel" => ("arm".to_owned(), Some("v6")),
            "i386" | "i686" | "x86" | "386" => ("386".to_owned(), None),
            "powerpc64" => ("ppc64le".to_owned(), None),
            other => (other.to_owned(), None),
        };
        let variant = variant.filter(|v| !v.is_empty()).or(implied).map(str::to_owned);
        let variant = match (architecture.as_str(), variant.as_deref()) {
            ("arm64", Some("v8" | "8")) | ("amd64", Some("v1")) => None,
            ("arm", None) => Some("v7".to_owned()),
            ("arm", Some("5" | "6" | "7" | "8")) => variant.map(|digit| format!("v{digit}")),
            _ => variant,
        };
        Self { os: os.to_ascii_lowercase(), architecture, variant, os_version: None }
    }

    /// Whether an image for `self` is what somebody who asks for `wanted` wants.
    #[must_use]
    pub fn satisfies(&self, wanted: &Self) -> bool {
        let own = Self::normal(&self.os, &self.architecture, self.variant.as_deref());
        let wanted = Self::normal(&wanted.os, &wanted.architecture, wanted.variant.as_deref());
        own.os == wanted.os && own.architecture == wanted.architecture && own.variant == wanted.variant
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let parts: Vec<&str> = text.split('/').collect();
        let named = parts.iter().all(|part| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        });
        match (named, parts.as_slice()) {
            (true, [architecture]) => Ok(Self::normal("linux", architecture, None)),
            (true, [os, architecture]) => Ok(Self::normal(os, architecture, None)),
            (true, [os, architecture, variant]) => Ok(Self::normal(os, architecture, Some(variant))),
            _ => Err(PlatformError(text.to_owned())),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_spellings_mean_the_same_platform() {
        let parse = |text: &str| text.parse::<Platform>().unwrap().to_string();
        assert_eq!(parse("linux/x86_64"), "linux/amd64");
        assert_eq!(parse("arm64"), "linux/arm64");
        assert_eq!(parse("linux/arm64/v8"), "linux/arm64");
        assert_eq!(parse("linux/arm"), "linux/arm/v7");
        assert!("linux/".parse::<Platform>().is_err());
        assert!("a/b/c/d".parse::<Platform>().is_err());
    }
}
