//! References to images in registries.
/// A reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference;
/// Why a text is no reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bad reference")]
pub struct ReferenceError;
