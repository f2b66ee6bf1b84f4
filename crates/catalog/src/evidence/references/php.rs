//! What PHP sources load: `include` and `require`, classes that they use, and the lists that
//! composer's autoloader reads.

use memchr::memmem;
use plimsoll_model::evidence::references::ReferenceKind;

use super::collection::Collection;
use super::lines::literal;
use crate::own_path::is_own_path;

struct Source<'a> {
    bytes: &'a [u8],
    at: usize,
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'\\' || byte >= 0x80
}

pub(super) fn read(content: &[u8], found: &mut Collection) {
    let mut source = Source { bytes: content, at: 0 };
    while source.skip_to_code() {
        source.code(found);
    }
}

impl<'a> Source<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Skips text to behind the next `<?php` or `<?=`.
    fn skip_to_code(&mut self) -> bool {
        let Some(at) = memmem::find(self.rest(), b"<?") else { return false };
        self.at += at + 2;
        if self.rest().get(..3).is_some_and(|word| word.eq_ignore_ascii_case(b"php")) {
            self.at += 3;
        }
        true
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.peek() {
            let rest = self.rest();
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                b'/' if rest.starts_with(b"/*") => self.skip_past(b"*/"),
                b'/' if rest.starts_with(b"//") => self.skip_line(),
                b'#' if !rest.starts_with(b"#[") => self.skip_line(),
                _ => return,
            }
        }
    }

    fn skip_past(&mut self, end: &[u8]) {
        let rest = self.rest();
        self.at += memmem::find(rest, end).map_or(rest.len(), |at| at + end.len());
    }

    /// A comment ends with its line, or where the code ends.
    fn skip_line(&mut self) {
        let rest = self.rest();
        let ends = |at: &usize| rest.get(*at) == Some(&b'\n') || rest.get(at + 1) == Some(&b'>');
        self.at += memchr::memchr2_iter(b'\n', b'?', rest).find(ends).unwrap_or(rest.len());
    }

    fn word(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn string(&mut self) -> &'a [u8] {
        let Some(quote) = self.peek() else { return &[] };
        self.at += 1;
        let start = self.at;
        loop {
            let rest = self.rest();
            let Some(next) = memchr::memchr2(quote, b'\\', rest) else {
                self.at = self.bytes.len();
                return &[];
            };
            self.at += next + 1;
            if rest.get(next) == Some(&quote) {
                return self.bytes.get(start..self.at - 1).unwrap_or_default();
            }
            self.at = (self.at + 1).min(self.bytes.len());
        }
    }

    /// `<<<EOF`, `<<<'EOF'`: to behind the line that begins with the word.
    fn skip_here_document(&mut self) {
        self.at += 3;
        while matches!(self.peek(), Some(b' ' | b'\t' | b'"' | b'\'')) {
            self.at += 1;
        }
        let ending = self.word();
        while self.at < self.bytes.len() && !ending.is_empty() {
            self.skip_past(b"\n");
            // Of this line alone: what is blank for many lines is not looked at once for each.
            while matches!(self.peek(), Some(b' ' | b'\t')) {
                self.at += 1;
            }
            if let Some(behind) = self.rest().strip_prefix(ending)
                && behind.first().is_none_or(|byte| !is_word(*byte))
            {
                self.at += ending.len();
                return;
            }
        }
    }

    fn code(&mut self, found: &mut Collection) {
        let (mut is_start, mut is_member) = (true, false);
        while let Some(byte) = self.peek() {
            let (start, rest) = (self.at, self.rest());
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                b'?' if rest.starts_with(b"?>") => {
                    self.at += 2;
                    return;
                }
                b'/' if rest.starts_with(b"/*") || rest.starts_with(b"//") => self.skip_blanks(),
                b'#' if !rest.starts_with(b"#[") => self.skip_line(),
                b'"' | b'\'' | b'`' => {
                    let text = self.string();
                    if is_own_path(text) && !text.contains(&b'$') {
                        found.add(self.bytes, start, ReferenceKind::Path, text, "");
                    }
                    is_start = false;
                }
                b'<' if rest.starts_with(b"<<<") => self.skip_here_document(),
                b'$' => {
                    self.at += 1;
                    let name = self.word();
                    if matches!(name, b"vendorDir" | b"baseDir") {
                        let by = if name == b"vendorDir" { "vendorDir" } else { "baseDir" };
                        self.beside(start, by, found);
                    }
                    is_start = false;
                }
                b';' | b'{' | b'}' => {
                    self.at += 1;
                    is_start = true;
                }
                _ if is_word(byte) => {
                    let word = self.word();
                    if !is_member {
                        self.statement(word, start, is_start, found);
                    }
                    is_start = false;
                    is_member = false;
                }
                _ => {
                    is_member = byte == b'>' && self.bytes.get(start.wrapping_sub(1)) == Some(&b'-')
                        || byte == b':' && self.bytes.get(start.wrapping_sub(1)) == Some(&b':');
                    self.at += 1;
                    is_start = false;
                }
            }
        }
    }

    fn statement(&mut self, word: &[u8], start: usize, is_start: bool, found: &mut Collection) {
        let loads = [
            (b"include".as_slice(), "include"),
            (b"include_once", "include_once"),
            (b"require", "require"),
            (b"require_once", "require_once"),
        ];
        if let Some((_, by)) = loads.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)) {
            let behind = self.at;
            self.load(start, by, found);
            self.at = behind;
        } else if is_start && word.eq_ignore_ascii_case(b"use") {
            let behind = self.at;
            self.skip_blanks();
            let mut name = self.word();
            if matches!(name, b"function" | b"const") {
                self.skip_blanks();
                name = self.word();
            }
            let name = name.strip_prefix(b"\\").unwrap_or(name);
            let name = name.strip_suffix(b"\\").unwrap_or(name);
            found.add(self.bytes, start, ReferenceKind::Import, name, "use");
            self.at = behind;
        }
    }

    /// `__DIR__ . '/x.php'`, `dirname(__FILE__) . '/x.php'`, `'x.php'`.
    fn load(&mut self, start: usize, by: &'static str, found: &mut Collection) {
        self.skip_blanks();
        while self.peek() == Some(b'(') {
            self.at += 1;
            self.skip_blanks();
        }
        if self.rest().starts_with(b"__DIR__") {
            self.at += 7;
            return self.beside(start, by, found);
        }
        if self.rest().starts_with(b"dirname(__FILE__)") {
            self.at += 17;
            return self.beside(start, by, found);
        }
        let target = literal(self.rest()).map(|(target, _)| target);
        let is_whole = target.is_some_and(|target| {
            self.at += target.len() + 2;
            self.skip_blanks();
            matches!(self.peek(), Some(b';' | b')' | b',') | None)
        });
        match target.filter(|_| is_whole) {
            Some(target) => found.add(self.bytes, start, ReferenceKind::Source, target, by),
            None => found.add(self.bytes, start, ReferenceKind::Open, by.as_bytes(), ""),
        }
    }

    /// `. '/x.php'` behind what stands for a directory.
    fn beside(&mut self, start: usize, by: &'static str, found: &mut Collection) {
        let behind = self.at;
        self.skip_blanks();
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.skip_blanks();
            match literal(self.rest()) {
                Some((target, _)) => found.add(self.bytes, start, ReferenceKind::Relative, target, by),
                None => found.add(self.bytes, start, ReferenceKind::Open, by.as_bytes(), ""),
            }
        }
        self.at = behind;
    }
}
