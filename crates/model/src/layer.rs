//! What one pass over one layer yields, and what is cached by its digest.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::file::{FileId, FileTable};
use crate::problem::Problem;

/// A reader of the catalog and the revision of its results, kept beside cached facts so that
/// only what a changed reader made is made again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReaderRevision {
    /// The reader's stable id.
    pub reader: String,
    /// The revision of what it writes into [`Fragment::payload`].
    pub revision: u32,
    /// Whether it makes evidence that most questions do without, which is stored apart.
    pub is_on_demand: bool,
}

/// What one reader made of one file of one layer. What needs several layers is joined later,
/// from the fragments of all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// Id of the reader that made it and alone understands the payload.
    pub reader: String,
    /// The file in the layer's own [`FileTable`] that it was read from.
    pub file: FileId,
    /// The reader's own encoding of what it read.
    pub payload: Vec<u8>,
}

/// Everything that was learnt from one layer, by itself: a pure function of its bytes and of
/// the readers' revisions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LayerFacts {
    /// Digest of the uncompressed archive, where it was computed.
    pub diff_id: Option<Digest>,
    /// Bytes as stored or transferred.
    pub compressed_size: u64,
    /// Bytes of the uncompressed archive, headers included.
    pub unpacked_size: u64,
    /// Bytes of file content whose entry a later entry of the same layer replaced.
    pub replaced_size: u64,
    /// The layer's entries: what it adds and changes, and its whiteouts.
    pub files: FileTable,
    /// What the readers made of its files, in file order.
    pub fragments: Vec<Fragment>,
    /// The readers that took part, in id order.
    pub revisions: Vec<ReaderRevision>,
    /// Damage met in this layer.
    pub problems: Vec<Problem>,
}
