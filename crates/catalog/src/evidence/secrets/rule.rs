//! What a rule for secrets is, and what it is handed.

use super::shape::{Piece, measure, plausible};

/// What a secret is, roughly in the order of how much it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretKind {
    /// A private key without a passphrase.
    Key,
    /// A private key under a passphrase, or in a store whose content cannot be seen.
    ProtectedKey,
    /// A token that a service gave out, recognised by the form that only this service uses.
    Token,
    /// A password or key where a configuration file or an address has one.
    Password,
}

/// A rule that recognises one kind of secret.
#[derive(Debug, Clone, Copy)]
pub struct SecretRule {
    /// Stable kebab-case id.
    pub id: &'static str,
    /// What people call the secret.
    pub title: &'static str,
    /// What whoever has it can do, in one sentence.
    pub opens: &'static str,
    /// What it is.
    pub kind: SecretKind,
    /// How it is found.
    pub(super) finder: Finder,
}

/// How a secret is found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Finder {
    /// By its shape, whose first piece is the keyword that is looked for.
    Shapes(&'static [&'static [Piece]], fn(&[u8]) -> Check),
    /// By looking around each place where one of the keywords stands.
    Near(&'static [&'static str], fn(&Text<'_>, usize) -> Option<Match>),
    /// By reading a file that is known by its path.
    File(fn(&[u8]) -> bool, fn(&Text<'_>) -> Vec<Match>),
}

/// How sure it is that something of the right shape is the real thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Its checksum or inner structure is right.
    Right,
    /// There is nothing to check.
    Unchecked,
    /// It is made up: the checksum is wrong.
    Wrong,
}

/// The text that a rule looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    /// The normal path of the file; empty where it is no file.
    pub(super) path: &'a [u8],
    pub(super) content: &'a [u8],
}

impl<'a> Text<'a> {
    pub(super) fn from(&self, at: usize) -> &'a [u8] {
        self.content.get(at..).unwrap_or_default()
    }

    /// The byte before a place; a line end where there is none.
    pub(super) fn before(&self, at: usize) -> u8 {
        at.checked_sub(1).and_then(|at| self.content.get(at)).copied().unwrap_or(b'\n')
    }

    /// The last component of the path.
    pub(super) fn name(&self) -> &'a [u8] {
        self.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
    }
}

/// What a rule found: a range of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Bytes from `start` on that are the same for all of the kind, and so may be shown.
    pub(super) shown: usize,
    pub(super) is_verified: bool,
}

impl Match {
    /// Something of which nothing may be shown.
    pub(super) const fn hidden(start: usize, end: usize) -> Self {
        Self { start, end, shown: 0, is_verified: false }
    }
}

impl SecretRule {
    /// A token with one shape and nothing to check.
    pub(super) const fn token(
        id: &'static str,
        title: &'static str,
        opens: &'static str,
        shapes: &'static [&'static [Piece]],
    ) -> Self {
        Self::checked(id, title, opens, shapes, |_| Check::Unchecked)
    }

    /// A token with a checksum.
    pub(super) const fn checked(
        id: &'static str,
        title: &'static str,
        opens: &'static str,
        shapes: &'static [&'static [Piece]],
        check: fn(&[u8]) -> Check,
    ) -> Self {
        Self { id, title, opens, kind: SecretKind::Token, finder: Finder::Shapes(shapes, check) }
    }

    /// The words that must stand in a text for this rule to look at it.
    pub(super) fn keywords(&self) -> Vec<&'static str> {
        match self.finder {
            Finder::Shapes(shapes, _) => shapes
                .iter()
                .filter_map(|shape| match shape.first() {
                    Some(Piece::Word(word)) => Some(*word),
                    _ => None,
                })
                .collect(),
            Finder::Near(keywords, _) => keywords.to_vec(),
            Finder::File(..) => Vec::new(),
        }
    }

    /// What stands at a place where one of the keywords was found.
    pub(super) fn find_at(&self, text: &Text<'_>, at: usize) -> Option<Match> {
        match self.finder {
            Finder::Shapes(shapes, check) => shapes.iter().find_map(|shape| {
                let before = text.before(at);
                if before.is_ascii_alphanumeric() || before == b'_' {
                    return None;
                }
                let (length, shown) = measure(shape, text.from(at))?;
                let token = text.content.get(at..at + length)?;
                let verdict = check(token);
                let taken = match verdict {
                    Check::Right => true,
                    Check::Unchecked => plausible(token.get(shown..)?),
                    Check::Wrong => false,
                };
                let is_verified = verdict == Check::Right;
                taken.then_some(Match { start: at, end: at + length, shown, is_verified })
            }),
            Finder::Near(_, find) => find(text, at),
            Finder::File(..) => None,
        }
    }

    /// Everything in a file that this rule knows by its path.
    pub(super) fn find_in_file(&self, text: &Text<'_>) -> Vec<Match> {
        match self.finder {
            Finder::File(is_named, read) if is_named(text.path) => read(text),
            _ => Vec::new(),
        }
    }
}
