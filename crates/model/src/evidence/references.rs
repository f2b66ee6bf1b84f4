//! What scripts, sources and configuration name: programs, modules, files.

use std::collections::BTreeMap;
use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};
use serde::{Deserialize, Serialize};

use crate::file::FileId;

/// How one file names something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ReferenceKind {
    /// The program in the first line of a script (`#!`), or the one that `env` is to find.
    Interpreter,
    /// An argument that stands there too.
    InterpreterArgument,
    /// A command that a shell script runs or looks for.
    Command,
    /// A file that is read into this one: a shell's `.`, an `include` of PHP.
    Source,
    /// An absolute path.
    Path,
    /// An absolute path with places to fill in.
    Glob,
    /// A module: Python's dotted name, Node's specifier, a feature of Ruby, a package of Perl.
    Import,
    /// A name out of a module, which is a module itself or something in it.
    Member,
    /// A path that begins at this file's directory.
    Relative,
    /// What a directive of a configuration, or a member of a manifest, names.
    Directive,
    /// Here something is named that only a run can tell.
    Open,
}

impl ReferenceKind {
    /// What documents call it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Interpreter => "interpreter",
            Self::InterpreterArgument => "interpreter-argument",
            Self::Command => "command",
            Self::Source => "source",
            Self::Path => "path",
            Self::Glob => "glob",
            Self::Import => "import",
            Self::Member => "member",
            Self::Relative => "relative",
            Self::Directive => "directive",
            Self::Open => "open",
        }
    }
}

/// What a file was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// POSIX shell, bash, dash, ash, ksh.
    Shell,
    /// Python.
    Python,
    /// JavaScript.
    JavaScript,
    /// A `package.json`.
    NodeManifest,
    /// Ruby.
    Ruby,
    /// Perl.
    Perl,
    /// PHP.
    Php,
    /// Configuration of a server or of the system.
    Configuration,
    /// A script for another interpreter, of which the first line alone is read.
    Other,
}

impl Language {
    /// What documents call it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::NodeManifest => "package.json",
            Self::Ruby => "ruby",
            Self::Perl => "perl",
            Self::Php => "php",
            Self::Configuration => "configuration",
            Self::Other => "other",
        }
    }
}

/// One reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference<'a> {
    /// How it names something.
    pub kind: ReferenceKind,
    /// The line where it first stands in its file, from 1.
    pub line: u32,
    /// What it names, as written; bytes that are no UTF-8 escaped as in paths.
    pub target: &'a str,
    /// The directive, function or command that names it; empty where the kind says all.
    pub by: &'a str,
}

/// What is known of the references of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileReferences {
    /// What it was read as.
    pub language: Language,
    /// Whether all of it was read: a file that is too large, or names too much, was not.
    pub is_complete: bool,
    first: u32,
    count: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    target: u32,
    by: u32,
    line: u32,
    kind: ReferenceKind,
}

/// The references of all files. Half a million take some ten megabytes.
#[derive(Debug, Clone, Default)]
pub struct References {
    files: BTreeMap<FileId, FileReferences>,
    rows: Vec<Row>,
    arena: String,
    spans: Vec<(u32, u32)>,
    /// Numbers of strings, found by what they say.
    known: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl PartialEq for References {
    fn eq(&self, other: &Self) -> bool {
        self.files.keys().eq(other.files.keys())
            && self.files.iter().all(|(id, own)| {
                other.files.get(id).is_some_and(|theirs| {
                    own.language == theirs.language
                        && own.is_complete == theirs.is_complete
                        && self.rows(own).eq(other.rows(theirs))
                })
            })
    }
}

impl Eq for References {}

impl References {
    /// Adds what one file names, under every name that the file has.
    pub fn insert<'a>(
        &mut self,
        names: impl Iterator<Item = FileId>,
        language: Language,
        is_complete: bool,
        references: impl Iterator<Item = Reference<'a>>,
    ) {
        let first = self.rows.len() as u32;
        for reference in references {
            let row = Row {
                target: self.text(reference.target),
                by: self.text(reference.by),
                line: reference.line,
                kind: reference.kind,
            };
            self.rows.push(row);
        }
        let count = self.rows.len() as u32 - first;
        for name in names {
            self.files.insert(name, FileReferences { language, is_complete, first, count });
        }
    }

    fn text(&mut self, text: &str) -> u32 {
        let Self { arena, spans, known, hasher, .. } = self;
        let says = |number: u32| span(arena, spans, number);
        let hash = hasher.hash_one(text);
        if let Some(known) = known.find(hash, |number| says(*number) == text) {
            return *known;
        }
        let number = spans.len() as u32;
        known.insert_unique(hash, number, |number| hasher.hash_one(span(arena, spans, *number)));
        spans.push((arena.len() as u32, text.len() as u32));
        arena.push_str(text);
        number
    }

    /// Gives back the memory that only adding needs.
    pub fn finish(&mut self) {
        self.known = HashTable::new();
        self.rows.shrink_to_fit();
        self.arena.shrink_to_fit();
    }

    /// What is known of a file; `None` where it is of no kind that is read.
    #[must_use]
    pub fn of(&self, file: FileId) -> Option<&FileReferences> {
        self.files.get(&file)
    }

    /// Every file that was read, and what is known of it.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &FileReferences)> {
        self.files.iter().map(|(id, own)| (*id, own))
    }

    /// The references of a file, in its order.
    pub fn rows<'a>(&'a self, file: &FileReferences) -> impl Iterator<Item = Reference<'a>> + use<'a> {
        let start = file.first as usize;
        let rows = self.rows.get(start..start + file.count as usize).unwrap_or_default();
        rows.iter().map(|row| Reference {
            kind: row.kind,
            line: row.line,
            target: self.span(row.target),
            by: self.span(row.by),
        })
    }

    fn span(&self, number: u32) -> &str {
        span(&self.arena, &self.spans, number)
    }
}

fn span<'a>(arena: &'a str, spans: &[(u32, u32)], number: u32) -> &'a str {
    let (start, length) = spans.get(number as usize).copied().unwrap_or_default();
    arena.get(start as usize..(start + length) as usize).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_its_other_name_have_the_same_references() {
        let reference = Reference { kind: ReferenceKind::Import, line: 3, target: "os.path", by: "" };
        let mut references = References::default();
        references.insert(
            [FileId(4), FileId(9)].into_iter(),
            Language::Python,
            true,
            [reference].into_iter(),
        );
        references.finish();
        for file in [FileId(4), FileId(9)] {
            let own = references.of(file).unwrap();
            assert_eq!(references.rows(own).collect::<Vec<_>>(), [reference]);
        }
        assert_eq!(references.of(FileId(5)), None);
    }
}
