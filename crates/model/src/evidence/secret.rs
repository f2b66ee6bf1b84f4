//! What looks like a secret: where it lies and of what kind it is, never the secret itself.

use super::Place;

/// Everything that looks like a secret, of all layers, and what was not looked through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Secrets {
    /// In the order of paths, layers and lines. Those in files that a later layer removed are
    /// among them: the layer still has them.
    pub found: Vec<Secret>,
    /// Files of which only the beginning was looked through, in the order of paths.
    pub unscanned: Vec<UnscannedFile>,
}

/// What looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Id of the rule that recognised it.
    pub rule: String,
    /// The file.
    pub place: Place,
    /// The line that it begins on, counted from 1; 0 in a file that is not text.
    pub line: u32,
    /// How it begins, as far as that is the same for all of its kind, and an ellipsis.
    pub shown: String,
    /// Whether its checksum or its inner structure is right, beyond its shape.
    pub is_verified: bool,
    /// How many more of the same rule the file holds that are not listed one by one.
    pub more: u32,
}

/// A file that was not looked through to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnscannedFile {
    /// The file.
    pub place: Place,
    /// Bytes of its beginning that were looked through.
    pub scanned: u64,
}
