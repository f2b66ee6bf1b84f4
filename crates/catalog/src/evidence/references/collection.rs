//! What a file names, while it is read.

use std::collections::HashSet;

use plimsoll_model::evidence::references::{Language, ReferenceKind};
use plimsoll_model::path;
use serde::{Deserialize, Serialize};

/// The most references of one file that are kept: the longest tables of modules have a few
/// thousand.
const MAX_ROWS: usize = 8_192;
/// The longest target: longer ones are data.
const MAX_TARGET: usize = 512;

/// Directories at the root that hold an image's own files; others are the kernel's or a process's.
const ROOTS: &[&[u8]] = &[
    b"app", b"bin", b"boot", b"data", b"etc", b"home", b"lib", b"lib32", b"lib64", b"libexec", b"nix",
    b"opt", b"root", b"run", b"sbin", b"srv", b"usr", b"var",
];

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
        let (from, line) = if self.counted.0 <= at { self.counted } else { (0, 0) };
        let passed = content.get(from..at).unwrap_or_default();
        let line = line + memchr::memchr_iter(b'\n', passed).count() as u32;
        self.counted = (at, line);
        line + 1
    }

    /// Forgets commands that the file defines itself.
    pub(super) fn forget_commands(&mut self, defined: &HashSet<Vec<u8>>) {
        if !defined.is_empty() {
            self.rows.retain(|(kind, _, target, _)| {
                *kind != ReferenceKind::Command || !defined.contains(target.as_bytes())
            });
        }
    }

    /// All references, without their lines.
    pub(super) fn take(self) -> impl Iterator<Item = (ReferenceKind, Vec<u8>, &'static str)> {
        self.rows.into_iter().map(|(kind, _, target, by)| (kind, target.into_bytes(), by))
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

/// Whether a string among a program's is the absolute path of something in the image.
pub(super) fn is_path(string: &[u8]) -> bool {
    let Some(rest) = string.strip_prefix(b"/") else { return false };
    let mut names = rest.split(|byte| *byte == b'/');
    names.next().is_some_and(|first| ROOTS.contains(&first))
        && names.next().is_some_and(|second| !second.is_empty())
        && string.iter().all(|byte| (b'!'..=b'~').contains(byte) && !b"\"'<>|\\`;".contains(byte))
}

/// Whether an absolute path has places to fill in.
pub(super) fn kind_of_path(path: &[u8]) -> ReferenceKind {
    if path.iter().any(|byte| b"*?[".contains(byte)) { ReferenceKind::Glob } else { ReferenceKind::Path }
}
