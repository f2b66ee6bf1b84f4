//! What a file names, while it is read.

use std::collections::HashSet;

use plimsoll_model::evidence::references::{Language, ReferenceKind};
use plimsoll_model::path;
use serde::{Deserialize, Serialize};

/// The most references of one file that are kept: the longest tables of modules have a few
/// thousand.
const MAX_ROWS: usize = 8_192;
/// The longest target: longer ones are data.
pub(super) const MAX_TARGET: usize = 512;

/// What is kept of one file: language, whether all of it was read, and each reference with its
/// line, its target, and what names it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Found<'a> {
    pub(super) language: Language,
    pub(super) is_complete: bool,
    #[serde(borrow)]
    pub(super) rows: Vec<(ReferenceKind, u32, &'a str, &'a str)>,
}

/// Gathers references, each once.
#[derive(Debug, Default)]
pub(super) struct Collection {
    rows: Vec<(ReferenceKind, u32, String, &'static str)>,
    seen: HashSet<(ReferenceKind, String, &'static str)>,
    is_short: bool,
    /// A place in the file and its line, from which later lines are counted.
    counted: (usize, u32),
}

impl Collection {
    /// Adds what stands at a place of `content`.
    pub(super) fn add(
        &mut self,
        content: &[u8],
        at: usize,
        kind: ReferenceKind,
        target: &[u8],
        by: &'static str,
    ) {
        if target.is_empty() || target.len() > MAX_TARGET {
            return;
        }
        let target = path::escape(target);
        let key = (kind, target, by);
        if self.seen.contains(&key) {
            return;
        }
        if self.rows.len() == MAX_ROWS {
            self.is_short = true;
            return;
        }
        let line = self.line(content, at);
        self.rows.push((kind, line, key.1.clone(), by));
        self.seen.insert(key);
    }

    /// The line of a place, from 1.
    fn line(&mut self, content: &[u8], at: usize) -> u32 {
        // What a word holds comes before the word itself, so places go back as well.
        let (from, line) = self.counted;
        let passed = content.get(from.min(at)..from.max(at)).unwrap_or_default();
        let passed = memchr::memchr_iter(b'\n', passed).count() as u32;
        let line = if from <= at { line.saturating_add(passed) } else { line.saturating_sub(passed) };
        self.counted = (at, line);
        line.saturating_add(1)
    }

    /// Says that there may be more than was found.
    pub(super) fn cut_short(&mut self) {
        self.is_short = true;
    }

    /// Adds what another collection has, all of it as standing at one place; `by` where that says
    /// nothing itself.
    pub(super) fn absorb(&mut self, content: &[u8], at: usize, other: Self, by: &'static str) {
        self.is_short |= other.is_short;
        for (kind, _, target, own) in other.rows {
            self.add(content, at, kind, target.as_bytes(), if own.is_empty() { by } else { own });
        }
    }

    /// Forgets commands that the file defines itself.
    pub(super) fn forget_commands(&mut self, defined: &HashSet<Vec<u8>>) {
        if !defined.is_empty() {
            self.rows.retain(|(kind, _, target, _)| {
                *kind != ReferenceKind::Command || !defined.contains(target.as_bytes())
            });
        }
    }

    /// What is kept; `None` where nothing is named and everything was read.
    pub(super) fn finish(self, language: Language, is_whole: bool) -> Option<Vec<u8>> {
        let is_complete = is_whole && !self.is_short;
        if self.rows.is_empty() && is_complete && language == Language::Configuration {
            return None;
        }
        let rows =
            self.rows.iter().map(|(kind, line, target, by)| (*kind, *line, target.as_str(), *by)).collect();
        postcard::to_allocvec(&Found { language, is_complete, rows }).ok()
    }
}

/// Whether an absolute path has places to fill in.
pub(super) fn kind_of_path(path: &[u8]) -> ReferenceKind {
    if path.iter().any(|byte| b"*?[".contains(byte)) { ReferenceKind::Glob } else { ReferenceKind::Path }
}
