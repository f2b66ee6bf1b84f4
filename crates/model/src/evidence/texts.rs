//! Small texts that rules read later: accounts, configuration, scripts, licences.

use std::sync::Arc;

/// What is kept of a file of a kind that is kept. A file without an entry is of another kind: of
/// it there is no data either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// Its content, shared by all files that have the same.
    Kept(Arc<[u8]>),
    /// Nothing, so that no question about its content has an answer.
    NotKept(NotKept),
}

/// Why a text was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotKept {
    /// It has this many bytes, more than are kept of its kind.
    TooLarge(u64),
    /// The texts of its layer together are more than are kept of a layer.
    LayerLimit,
    /// It is no text.
    NotText,
    /// It holds a key or a hash of a password, which is never kept.
    HoldsSecret,
}

impl NotKept {
    /// What documents call it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::TooLarge(_) => "too-large",
            Self::LayerLimit => "layer-limit",
            Self::NotText => "not-text",
            Self::HoldsSecret => "holds-secret",
        }
    }
}
