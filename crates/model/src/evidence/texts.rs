//! Small texts that rules read later: accounts, configuration, scripts, licences.

use std::sync::Arc;

use super::Evidence;
use crate::analysis::Analysis;
use crate::file::{FileKind, PathIndex};

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
    /// It holds a private key, which is never kept.
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

/// What is known of the text at a path. Whoever asks about a content that is not [`Self::Kept`] has
/// no answer, which is not the same as no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextAt<'a> {
    /// This. In the databases of accounts, each hash of a password is replaced by its kind in angle
    /// brackets (`<sha-512>`).
    Kept(&'a [u8]),
    /// There is a text of a kind that is kept, which was not kept for this reason.
    NotKept(NotKept),
    /// There is a file of a kind whose content is not kept.
    OtherKind,
    /// There is no file, through whatever links: nothing, or something that is no regular file.
    NoFile,
    /// The image was analysed without evidence.
    NotRead,
}

/// The texts of an image, by path: [`Analysis::texts`].
#[derive(Debug)]
pub struct Texts<'a> {
    files: PathIndex<'a>,
    evidence: Option<&'a Evidence>,
}

impl Analysis {
    /// The texts that are kept of the image. Takes a moment to set up, so whoever asks about several
    /// paths keeps it.
    #[must_use]
    pub fn texts(&self) -> Texts<'_> {
        Texts { files: self.files.index(), evidence: self.evidence.as_ref() }
    }
}

impl<'a> Texts<'a> {
    /// The text at a path, links followed as the kernel does inside a root of its own.
    #[must_use]
    pub fn at(&self, path: &[u8]) -> TextAt<'a> {
        let file = self.files.follow(path);
        let Some(file) = file.filter(|file| self.files.table().record(*file).kind == FileKind::File) else {
            return TextAt::NoFile;
        };
        let Some(evidence) = self.evidence else { return TextAt::NotRead };
        match evidence.texts.get(&file) {
            Some(Text::Kept(content)) => TextAt::Kept(content),
            Some(Text::NotKept(reason)) => TextAt::NotKept(*reason),
            None => TextAt::OtherKind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{FileTableBuilder, NewFile, NodeId};

    #[test]
    fn a_text_is_found_by_its_path_and_what_is_not_known_is_told_apart() {
        let mut builder = FileTableBuilder::new();
        let file = NewFile { kind: FileKind::File, implicit: false, ..NewFile::IMPLICIT_DIRECTORY };
        let etc = builder.insert(NodeId::ROOT, b"etc", &NewFile::IMPLICIT_DIRECTORY);
        for name in [b"large".as_slice(), b"passwd", b"program"] {
            builder.insert(etc, name, &file);
        }
        let mut analysis = Analysis { files: builder.finish().0, ..Analysis::default() };
        assert_eq!(analysis.texts().at(b"etc/passwd"), TextAt::NotRead);
        let id = |path: &[u8]| analysis.files.index().follow(path).unwrap();
        let (passwd, large) = (id(b"etc/passwd"), id(b"etc/large"));
        let mut evidence = Evidence::default();
        evidence.texts.insert(passwd, Text::Kept(b"root:x:0:0::/:\n".as_slice().into()));
        evidence.texts.insert(large, Text::NotKept(NotKept::TooLarge(1 << 30)));
        analysis.evidence = Some(evidence);
        let texts = analysis.texts();
        assert_eq!(texts.at(b"/etc/passwd"), TextAt::Kept(b"root:x:0:0::/:\n"));
        assert_eq!(texts.at(b"etc/large"), TextAt::NotKept(NotKept::TooLarge(1 << 30)));
        assert_eq!(texts.at(b"etc/program"), TextAt::OtherKind);
        assert_eq!(texts.at(b"etc/none"), TextAt::NoFile);
        assert_eq!(texts.at(b"etc"), TextAt::NoFile);
    }
}
