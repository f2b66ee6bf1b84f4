//! What a document is, and the ways in which it can be written.

use std::fmt;
use std::io::{self, Write};

/// A kind of answer that can be written in several formats.
pub trait Document: Sized + 'static {
    /// What the document is made of. It borrows the analysis.
    type View<'a>;

    /// Every format of the document. The first is what a person gets who asks for none.
    const FORMATS: &'static [Format<Self>];
}

/// One way to write a document.
pub struct Format<D: Document> {
    /// What people write after `--format`.
    pub id: &'static str,
    /// One line about it, for help.
    pub summary: &'static str,
    /// Writes the document. The only errors are those of `out`.
    pub write: for<'a, 'b, 'c> fn(&'b D::View<'a>, &'c mut dyn Write) -> io::Result<()>,
}

impl<D: Document> fmt::Debug for Format<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Format").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The format of a document that is called `id`.
#[must_use]
pub fn find<D: Document>(id: &str) -> Option<&'static Format<D>> {
    D::FORMATS.iter().find(|format| format.id == id)
}
