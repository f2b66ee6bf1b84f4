//! The answer in one word, and the sizes that go with it.

use super::config::ConfigComparison;
use super::files::FileComparison;
use super::packages::PackageChange;
use crate::analysis::Analysis;

/// Whether two images are the same, and in which sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The same manifest digest: byte for byte the same image.
    Identical,
    /// Different digests, or none to go by, but the same files, packages and configuration:
    /// only times, the cut into layers or their compression can differ.
    ContentEqual,
    /// No difference was found, but not everything could be compared: one side has no files or
    /// no configuration to look at, or damage was met while reading.
    Undetermined,
    /// Something differs.
    Different,
}

impl Verdict {
    /// The word for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::ContentEqual => "content-equal",
            Self::Undetermined => "undetermined",
            Self::Different => "different",
        }
    }

    /// The sentence for people.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Identical => "The images are identical: they have the same manifest digest.",
            Self::ContentEqual => {
                "The images have the same content: every file, package and setting is equal, \
                 though the digests differ."
            }
            Self::Undetermined => "No difference was found, but not everything could be compared.",
            Self::Different => "The images differ.",
        }
    }
}

/// Sizes of both images, each `None` where its source does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sizes {
    /// Bytes of all layers as stored or transferred.
    pub compressed: (Option<u64>, Option<u64>),
    /// Bytes of all layers' uncompressed archives.
    pub unpacked: (Option<u64>, Option<u64>),
    /// Bytes of file content in the merged tree, each hard-linked file counted once.
    pub content: (Option<u64>, Option<u64>),
}

impl Sizes {
    pub(super) fn of(before: &Analysis, after: &Analysis) -> Self {
        let layered = |analysis: &Analysis, size: u64| (!analysis.layers.is_empty()).then_some(size);
        let compressed = |analysis: &Analysis| layered(analysis, analysis.compressed_size());
        let unpacked = |analysis: &Analysis| layered(analysis, analysis.unpacked_size());
        let content = |analysis: &Analysis| analysis.has_files.then(|| analysis.content_size());
        Self {
            compressed: (compressed(before), compressed(after)),
            unpacked: (unpacked(before), unpacked(after)),
            content: (content(before), content(after)),
        }
    }

    /// Bytes saved (negative: bytes more) as stored or transferred, where both sides tell.
    #[must_use]
    pub fn compressed_saved(&self) -> Option<i128> {
        saved(self.compressed)
    }

    /// Bytes of file content saved (negative: bytes more), where both sides tell.
    #[must_use]
    pub fn content_saved(&self) -> Option<i128> {
        saved(self.content)
    }
}

fn saved((before, after): (Option<u64>, Option<u64>)) -> Option<i128> {
    Some(i128::from(before?) - i128::from(after?))
}

pub(super) fn decide(
    before: &Analysis,
    after: &Analysis,
    packages: &[PackageChange],
    files: &FileComparison,
    config: &ConfigComparison,
) -> Verdict {
    let differs = !packages.is_empty()
        || !files.changes.is_empty()
        || config.changes.iter().any(|change| !change.informational);
    if differs {
        return Verdict::Different;
    }
    // A bill of materials merely names the digest of the image that it was made of; what was read
    // under a digest was verified.
    let same_manifest = before.identity.manifest_digest.is_some()
        && before.identity.manifest_digest == after.identity.manifest_digest;
    if same_manifest && before.has_files && after.has_files {
        return Verdict::Identical;
    }
    let whole = files.known
        && files.unverified == 0
        && config.known
        && before.problems.is_empty()
        && after.problems.is_empty();
    if whole { Verdict::ContentEqual } else { Verdict::Undetermined }
}
