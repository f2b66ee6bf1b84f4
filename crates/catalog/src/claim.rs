//! Which files a reader wants, and the compiled matcher that decides per archive entry.

use std::cmp::Reverse;
use std::collections::HashMap;

use plimsoll_model::path::split;

use crate::reader::Reader;

/// How many bytes of a file must be there before [`Claims::find_magic`] may be asked about it, if
/// it has so many. No beginning in [`Pattern::Magic`] may be longer.
pub const FIRST_BYTES: usize = 16;

/// The shape of the paths that a reader wants. Paths are normal: no leading slash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Exactly this path.
    Path(&'static str),
    /// Every file directly in this directory whose name ends so (an empty ending: every file).
    In(&'static str, &'static str),
    /// Every file of this name directly in a directory that lies directly in this one:
    /// `Each("usr/share/doc", "copyright")` is `usr/share/doc/*/copyright`.
    Each(&'static str, &'static str),
    /// Every file whose name ends so, directly in a directory of this name, wherever that lies:
    /// `Inside("conda-meta", ".json")`.
    Inside(&'static str, &'static str),
    /// Every file of this name, wherever it lies.
    Name(&'static str),
    /// Every file whose path has this shape: `*` is any one name, and `**/` at the beginning any
    /// directories or none. The last name is spelled out: `Shape("var/db/pkg/*/*/CONTENTS")`,
    /// `Shape("**/.opam-switch/packages/*/opam")`.
    Shape(&'static str),
    /// Every file whose name ends so, wherever it lies: `.gemspec`, `.deps.json`. Begins with a dot.
    Extension(&'static str),
    /// Every file whose content begins so, wherever it lies. The claim's limit is not looked at:
    /// of a file larger than [`MAX_WHOLE`](crate::executable::MAX_WHOLE), its reader gets an
    /// excerpt, which [`Executable`](crate::executable::Executable) reads like the whole.
    Magic(&'static [u8]),
    /// Every file that begins as text does ([`is_text`]), wherever it lies. Of a file larger than
    /// the claim's limit, its reader gets as many bytes of its beginning as the limit allows.
    Text,
}

/// Whether a file that begins so may be text: there is something, and no control character but
/// those that text has. UTF-16 is none, and neither are archives that begin with a word.
#[must_use]
pub fn is_text(first: &[u8]) -> bool {
    let control =
        |byte: &u8| (*byte < 0x20 && !matches!(*byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)) || *byte == 0x7f;
    !first.is_empty()
        && !first.iter().take(FIRST_BYTES).any(control)
        && !first.starts_with(b"!<arch>\n")
        && !first.starts_with(b"%PDF-")
}

/// One wish of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Which paths.
    pub pattern: Pattern,
    /// The most bytes that it can use; a larger file is declined, and the engine says so by name.
    pub limit: u64,
}

/// Who claimed a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimId {
    /// Position of the reader in the list that the claims were compiled from.
    pub reader: usize,
    /// The most bytes that it can use.
    pub limit: u64,
}

/// The claims of many readers, compiled: one look at a path finds everyone who wants it.
#[derive(Debug, Default)]
pub struct Claims {
    paths: HashMap<&'static [u8], Vec<ClaimId>>,
    directories: HashMap<&'static [u8], Vec<(&'static [u8], ClaimId)>>,
    grandparents: HashMap<&'static [u8], Vec<(&'static [u8], ClaimId)>>,
    parents: HashMap<&'static [u8], Vec<(&'static [u8], ClaimId)>>,
    names: HashMap<&'static [u8], Vec<ClaimId>>,
    /// By the last name, with the whole shape.
    shapes: HashMap<&'static [u8], Vec<(&'static [u8], ClaimId)>>,
    /// By what follows the last dot, with the whole ending.
    extensions: HashMap<&'static [u8], Vec<(&'static [u8], ClaimId)>>,
    beginnings: Vec<(&'static [u8], ClaimId)>,
    texts: Vec<ClaimId>,
}

impl Claims {
    /// Compiles the claims of `readers`, whose positions the answers name.
    #[must_use]
    pub fn compile(readers: &[&'static dyn Reader]) -> Self {
        let mut claims = Self::default();
        for (reader, each) in readers.iter().enumerate() {
            for claim in each.claims() {
                let id = ClaimId { reader, limit: claim.limit };
                match claim.pattern {
                    Pattern::Path(path) => {
                        claims.paths.entry(path.as_bytes()).or_default().push(id);
                    }
                    Pattern::In(directory, ending) => claims
                        .directories
                        .entry(directory.as_bytes())
                        .or_default()
                        .push((ending.as_bytes(), id)),
                    Pattern::Each(directory, name) => claims
                        .grandparents
                        .entry(directory.as_bytes())
                        .or_default()
                        .push((name.as_bytes(), id)),
                    Pattern::Inside(name, ending) => {
                        claims.parents.entry(name.as_bytes()).or_default().push((ending.as_bytes(), id));
                    }
                    Pattern::Name(name) => {
                        claims.names.entry(name.as_bytes()).or_default().push(id);
                    }
                    Pattern::Shape(shape) => {
                        let shape = shape.as_bytes();
                        claims.shapes.entry(split(shape).1).or_default().push((shape, id));
                    }
                    Pattern::Extension(extension) => {
                        let ending = extension.as_bytes();
                        let (_, last) = split_extension(ending).unwrap_or((b"", ending));
                        claims.extensions.entry(last).or_default().push((ending, id));
                    }
                    Pattern::Magic(beginning) => claims.beginnings.push((beginning, id)),
                    Pattern::Text => claims.texts.push(id),
                }
            }
        }
        claims
    }

    /// Everyone who wants the file at `path`, into `found`, which is cleared first.
    pub fn find(&self, path: &[u8], found: &mut Vec<ClaimId>) {
        found.clear();
        let (directory, name) = split(path);
        if let Some(ids) = self.names.get(name) {
            found.extend_from_slice(ids);
        }
        if let Some(wishes) = self.shapes.get(name) {
            found.extend(wishes.iter().filter(|(shape, _)| has_shape(path, shape)).map(|(_, id)| *id));
        }
        if let Some((_, extension)) = split_extension(name)
            && let Some(wishes) = self.extensions.get(extension)
        {
            found.extend(wishes.iter().filter(|(ending, _)| name.ends_with(ending)).map(|(_, id)| *id));
        }
        if let Some(ids) = self.paths.get(path) {
            found.extend_from_slice(ids);
        }
        if let Some(wishes) = self.directories.get(directory) {
            found.extend(wishes.iter().filter(|(end, _)| name.ends_with(end)).map(|(_, id)| *id));
        }
        if let Some(wishes) = self.parents.get(split(directory).1) {
            found.extend(wishes.iter().filter(|(end, _)| name.ends_with(end)).map(|(_, id)| *id));
        }
        if let Some(wishes) = self.grandparents.get(split(directory).0) {
            found.extend(wishes.iter().filter(|(wish, _)| name == *wish).map(|(_, id)| *id));
        }
        once_for_each(found);
    }

    /// Everyone who wants a file that begins with `first`, which is all of it or at least
    /// [`FIRST_BYTES`] bytes, into `found`, which is cleared first.
    pub fn find_magic(&self, first: &[u8], found: &mut Vec<ClaimId>) {
        found.clear();
        let wishes = self.beginnings.iter().filter(|(beginning, _)| first.starts_with(beginning));
        found.extend(wishes.map(|(_, id)| *id));
        once_for_each(found);
    }

    /// Everyone who wants text, into `found`, which is cleared first; nobody where a file that
    /// begins with `first` is none.
    pub fn find_text(&self, first: &[u8], found: &mut Vec<ClaimId>) {
        found.clear();
        if !self.texts.is_empty() && is_text(first) {
            found.extend_from_slice(&self.texts);
        }
        once_for_each(found);
    }
}

/// Whether a path has a shape, name by name from the last one on.
fn has_shape(path: &[u8], shape: &[u8]) -> bool {
    let (shape, is_open) = shape.strip_prefix(b"**/").map_or((shape, false), |rest| (rest, true));
    let mut names = path.rsplit(|byte| *byte == b'/');
    let fits = shape
        .rsplit(|byte| *byte == b'/')
        .all(|wanted| names.next().is_some_and(|name| wanted == b"*" || wanted == name));
    fits && (is_open || names.next().is_none())
}

/// A reader that wants a file for several reasons reads it once, as far as the most generous of its
/// claims goes.
fn once_for_each(found: &mut Vec<ClaimId>) {
    found.sort_by_key(|id| (id.reader, Reverse(id.limit)));
    found.dedup_by_key(|id| id.reader);
}

/// A name before and from its last dot on.
fn split_extension(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let dot = name.iter().rposition(|byte| *byte == b'.')?;
    name.split_at_checked(dot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_model::Problem;

    use crate::reader::{Doc, Joined, LayeredImage};

    #[derive(Debug)]
    struct Sample;

    impl Reader for Sample {
        fn doc(&self) -> &'static Doc {
            &Doc { id: "sample", title: "Sample", summary: "", explanation: "" }
        }
        fn revision(&self) -> u32 {
            1
        }
        fn claims(&self) -> &'static [Claim] {
            const CLAIMS: [Claim; 11] = [
                Claim { pattern: Pattern::Path("etc/os-release"), limit: 1 },
                Claim { pattern: Pattern::In("var/lib/dpkg/info", ".list"), limit: 2 },
                Claim { pattern: Pattern::Each("usr/share/doc", "copyright"), limit: 3 },
                Claim { pattern: Pattern::Name("package.json"), limit: 4 },
                Claim { pattern: Pattern::Extension(".gemspec"), limit: 5 },
                Claim { pattern: Pattern::Magic(b"\x7fELF"), limit: 6 },
                Claim { pattern: Pattern::Inside("conda-meta", ".json"), limit: 8 },
                Claim { pattern: Pattern::Extension(".deps.json"), limit: 7 },
                Claim { pattern: Pattern::Text, limit: 9 },
                Claim { pattern: Pattern::Shape("var/db/pkg/*/*/CONTENTS"), limit: 10 },
                Claim { pattern: Pattern::Shape("**/.opam-switch/packages/*/opam"), limit: 11 },
            ];
            &CLAIMS
        }
        fn read(&self, _: &[u8], _: &[u8], _: &mut Vec<Problem>) -> Option<Vec<u8>> {
            None
        }
        fn join(&self, _: &LayeredImage<'_>, _: &mut Joined) {}
    }

    fn check(path: &str, limits: &[u64]) {
        let mut found = Vec::new();
        Claims::compile(&[&Sample]).find(path.as_bytes(), &mut found);
        assert_eq!(found.iter().map(|id| id.limit).collect::<Vec<_>>(), limits, "{path}");
    }

    #[test]
    fn a_path_finds_everyone_who_wants_it() {
        check("etc/os-release", &[1]);
        check("usr/etc/os-release", &[]);
        check("var/lib/dpkg/info/libc6:amd64.list", &[2]);
        check("var/lib/dpkg/info/libc6:amd64.md5sums", &[]);
        check("usr/share/doc/bash/copyright", &[3]);
        check("usr/share/doc/copyright", &[]);
        check("usr/share/doc/a/b/copyright", &[]);
        check("app/package.json", &[4]);
        check("package.json", &[4]);
        check("gems/rake-13.0.6.gemspec", &[5]);
        check(".gemspec", &[5]);
        check("rake.gemspec/readme", &[]);
        check("opt/conda/conda-meta/zlib-1.3-0.json", &[8]);
        check("conda-meta/zlib-1.3-0.json", &[8]);
        check("conda-meta/more/zlib-1.3-0.json", &[]);
        check("my-conda-meta/zlib-1.3-0.json", &[]);
        check("app/App.deps.json", &[7]);
        check("app/App.json", &[]);
        check("app/deps.json", &[]);
        check("var/db/pkg/app-misc/ahoy-1/CONTENTS", &[10]);
        check("var/db/pkg/ahoy-1/CONTENTS", &[]);
        check("srv/var/db/pkg/app-misc/ahoy-1/CONTENTS", &[]);
        check("CONTENTS", &[]);
        check("root/.opam/sea/.opam-switch/packages/ahoy.1/opam", &[11]);
        check(".opam-switch/packages/ahoy.1/opam", &[11]);
        check("usr/bin/opam", &[]);
        check("opam", &[]);
    }

    #[test]
    fn a_beginning_finds_everyone_who_wants_it() {
        let check = |first: &[u8], limits: &[u64]| {
            let mut found = Vec::new();
            Claims::compile(&[&Sample]).find_magic(first, &mut found);
            assert_eq!(found.iter().map(|id| id.limit).collect::<Vec<_>>(), limits, "{first:?}");
        };
        check(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", &[6]);
        check(b"\x7fEL", &[]);
        check(b"#!/bin/sh", &[]);
        check(b"", &[]);
    }

    #[test]
    fn text_is_told_by_how_it_begins() {
        let check = |first: &[u8], wanted: bool| {
            let mut found = Vec::new();
            Claims::compile(&[&Sample]).find_text(first, &mut found);
            assert_eq!(!found.is_empty(), wanted, "{first:?}");
        };
        check(b"#!/bin/sh\nexec a", true);
        check(b"\tcaf\xc3\xa9 \r\n", true);
        check("\u{feff}<?xml".as_bytes(), true);
        check(b"", false);
        check(b"\x7fELF\x02", false);
        check(b"\x1f\x8b\x08", false);
        check(b"f\0o\0", false);
        check(b"!<arch>\ndebian", false);
        // What comes after the first bytes is the reader's to judge.
        check(b"sixteen letters.\0", true);
    }

    /// Wants the same files for several reasons.
    #[derive(Debug)]
    struct Insistent;

    impl Reader for Insistent {
        fn doc(&self) -> &'static Doc {
            &Doc { id: "insistent", title: "Insistent", summary: "", explanation: "" }
        }
        fn revision(&self) -> u32 {
            1
        }
        fn claims(&self) -> &'static [Claim] {
            const CLAIMS: &[Claim] = &[
                Claim { pattern: Pattern::Name("run.sh"), limit: 10 },
                Claim { pattern: Pattern::Extension(".sh"), limit: 30 },
                Claim { pattern: Pattern::Inside("start.d", ""), limit: 20 },
                Claim { pattern: Pattern::In("etc/start.d", ".sh"), limit: 5 },
                Claim { pattern: Pattern::Path("etc/start.d/run.sh"), limit: 7 },
                Claim { pattern: Pattern::Magic(b"#!"), limit: 40 },
                Claim { pattern: Pattern::Magic(b"#!/bin/sh"), limit: 50 },
                Claim { pattern: Pattern::Text, limit: 60 },
                Claim { pattern: Pattern::Text, limit: 70 },
            ];
            CLAIMS
        }
        fn read(&self, _: &[u8], _: &[u8], _: &mut Vec<Problem>) -> Option<Vec<u8>> {
            None
        }
        fn join(&self, _: &LayeredImage<'_>, _: &mut Joined) {}
    }

    #[test]
    fn a_reader_gets_a_file_once_however_often_it_claims_it() {
        // Two of them, whose claims are looked up in turns.
        let claims = Claims::compile(&[&Insistent, &Insistent]);
        let check = |found: &[ClaimId], limit: u64| {
            let expect = [ClaimId { reader: 0, limit }, ClaimId { reader: 1, limit }];
            assert_eq!(found, expect);
        };
        let mut found = Vec::new();
        claims.find(b"etc/start.d/run.sh", &mut found);
        check(&found, 30);
        claims.find_magic(b"#!/bin/sh\nexec a", &mut found);
        check(&found, 50);
        claims.find_text(b"#!/bin/sh\nexec a", &mut found);
        check(&found, 70);
    }
}
