//! What the files of an image say beyond being there and belonging to packages.

pub mod linkage;
pub mod recorded;
pub mod references;
pub mod strings;
pub mod texts;

use std::collections::BTreeMap;

pub use linkage::Linkage;
pub use recorded::{Change, KnownDigests, ModifiedFile, RecordedDigest, RecordedFile, WeakDigests, modified};
pub use references::References;
pub use strings::Strings;
pub use texts::Text;

use crate::file::FileId;

/// Facts about files that are not packages, as they show in the merged image unless a fact says
/// otherwise. One field per kind of evidence; a kind that found nothing is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// How each ELF file of the merged tree is linked and hardened. Every name of a file with
    /// several has an entry.
    pub linkage: BTreeMap<FileId, Linkage>,
    /// What package databases recorded of the files that they installed, in no order.
    pub recorded: Vec<RecordedFile>,
    /// What scripts, sources and configuration name.
    pub references: References,
    /// Small texts of known kinds, under every name; what has no entry is of another kind.
    pub texts: BTreeMap<FileId, Text>,
}
