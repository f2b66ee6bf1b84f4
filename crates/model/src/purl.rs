//! Package URLs (purl).
use std::fmt;
/// A package URL in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purl {
    /// Type, lower case.
    pub kind: String,
    /// Namespace segments joined by `/`, decoded.
    pub namespace: Option<String>,
    /// Name, decoded.
    pub name: String,
    /// Version, decoded.
    pub version: Option<String>,
    /// Qualifiers in key order, decoded.
    pub qualifiers: std::collections::BTreeMap<String, String>,
    /// Subpath, decoded.
    pub subpath: Option<String>,
}
/// Why a text is no purl.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a package URL")]
pub struct PurlError(pub String);
impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "pkg:{}/{}", self.kind, self.name) }
}
