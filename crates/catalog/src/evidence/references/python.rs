//! What Python sources import, as the language reference's grammar has `import` and `from`.

use plimsoll_model::evidence::references::ReferenceKind;

use super::collection::{Collection, MAX_TARGET};
use crate::own_path::is_own_path;

/// Functions that import what their first argument names.
const IMPORTERS: &[&[u8]] = &[b"import_module", b"__import__"];
/// Functions that find modules by looking, and those that run what they are given.
const OPEN: &[(&[u8], &str)] = &[
    (b"iter_modules", "iter_modules"),
    (b"walk_packages", "walk_packages"),
    (b"iter_entry_points", "iter_entry_points"),
    (b"entry_points", "entry_points"),
    (b"exec", "exec"),
    (b"eval", "eval"),
];

struct Source<'a> {
    bytes: &'a [u8],
    at: usize,
    /// How many brackets are open.
    depth: u32,
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

pub(super) fn read(content: &[u8], found: &mut Collection) {
    let start = if content.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut source = Source { bytes: content, at: start, depth: 0 };
    // Whether a statement may begin here, and whether a name here is one of something.
    let (mut is_start, mut is_attribute) = (true, false);
    while let Some(byte) = source.peek() {
        match byte {
            b' ' | b'\t' | b'\x0c' | b'\r' => source.at += 1,
            b'\n' => {
                source.at += 1;
                is_start |= source.depth == 0;
                is_attribute = false;
            }
            b'\\' => source.at += if source.rest(1).starts_with(b"\r\n") { 3 } else { 2 },
            b'#' => source.skip_comment(),
            b'"' | b'\'' => {
                let at = source.at;
                let text = source.string(false);
                if is_own_path(text) {
                    found.add(content, at, ReferenceKind::Path, text, "");
                }
                is_start = false;
            }
            b'(' | b'[' | b'{' => {
                source.depth += 1;
                source.at += 1;
                is_start = false;
            }
            b')' | b']' | b'}' => {
                source.depth = source.depth.saturating_sub(1);
                source.at += 1;
                is_start = false;
            }
            b';' | b':' => {
                source.at += 1;
                is_start = source.depth == 0;
            }
            _ if is_word(byte) => {
                let at = source.at;
                let word = source.word();
                if let Some(b'"' | b'\'') = source.peek()
                    && word.len() <= 2
                    && word.iter().all(|letter| b"rRbBuUfFtT".contains(letter))
                {
                    let text = source.string(word.iter().any(|letter| letter.eq_ignore_ascii_case(&b'r')));
                    if is_own_path(text) {
                        found.add(content, at, ReferenceKind::Path, text, "");
                    }
                } else if is_start && word == b"import" {
                    source.import(at, found);
                } else if is_start && word == b"from" {
                    source.from(at, found);
                } else if IMPORTERS.contains(&word) {
                    source.call(at, word, found);
                } else if (!is_attribute || word.len() > 4)
                    && let Some((_, name)) = OPEN.iter().find(|(name, _)| *name == word)
                    && source.next_is(b'(')
                    && !source.is_definition(at)
                {
                    found.add(content, at, ReferenceKind::Open, name.as_bytes(), "");
                }
                is_start = false;
                is_attribute = false;
            }
            _ => {
                is_attribute = byte == b'.';
                source.at += 1;
                is_start = false;
            }
        }
    }
}

impl<'a> Source<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self, ahead: usize) -> &'a [u8] {
        self.bytes.get(self.at + ahead..).unwrap_or_default()
    }

    fn skip_comment(&mut self) {
        let rest = self.rest(0);
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    fn word(&mut self) -> &'a [u8] {
        let rest = self.rest(0);
        let length = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// The string that begins here, without its quotes. In raw ones too a quote behind a backslash
    /// does not end it.
    fn string(&mut self, _is_raw: bool) -> &'a [u8] {
        let Some(quote) = self.peek() else { return &[] };
        let is_long = self.rest(1).starts_with(&[quote, quote]);
        let start = self.at + if is_long { 3 } else { 1 };
        self.at = start;
        loop {
            let rest = self.rest(0);
            let ending = if is_long {
                memchr::memchr2(quote, b'\\', rest)
            } else {
                memchr::memchr3(quote, b'\\', b'\n', rest)
            };
            let Some(next) = ending else {
                self.at = self.bytes.len();
                return &[];
            };
            self.at += next;
            match self.peek() {
                Some(b'\\') => self.at += 2,
                // A string that does not end on its line is an error; go on behind it.
                Some(b'\n') => return &[],
                _ if !is_long => {
                    self.at += 1;
                    return self.bytes.get(start..self.at - 1).unwrap_or_default();
                }
                _ if self.rest(1).starts_with(&[quote, quote]) => {
                    self.at += 3;
                    return self.bytes.get(start..self.at - 3).unwrap_or_default();
                }
                _ => self.at += 1,
            }
        }
    }

    /// Blanks and joined lines; `lines` too where brackets are open, and comments between them.
    fn skip_blanks(&mut self, lines: bool) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\x0c' | b'\r' => self.at += 1,
                b'\\' if self.rest(1).starts_with(b"\n") => self.at += 2,
                b'\\' if self.rest(1).starts_with(b"\r\n") => self.at += 3,
                b'\n' if lines => self.at += 1,
                b'#' if lines => self.skip_comment(),
                _ => return,
            }
        }
    }

    fn next_is(&mut self, wanted: u8) -> bool {
        let before = self.at;
        self.skip_blanks(self.depth > 0);
        let is_next = self.peek() == Some(wanted);
        self.at = before;
        is_next
    }

    /// Whether `def` stands before the word at a place.
    fn is_definition(&self, at: usize) -> bool {
        let before = self.bytes.get(..at).unwrap_or_default();
        before.trim_ascii_end().ends_with(b"def")
    }

    /// `a.b.c`, blanks around the dots allowed, and dots before it where they are.
    fn dotted(&mut self, lines: bool) -> Vec<u8> {
        let mut name = Vec::new();
        loop {
            self.skip_blanks(lines);
            match self.peek() {
                Some(b'.') => {
                    self.at += 1;
                    name.push(b'.');
                }
                Some(byte) if is_word(byte) && (name.is_empty() || name.ends_with(b".")) => {
                    let before = self.at;
                    let word = self.word();
                    if word == b"import" {
                        self.at = before;
                        return name;
                    }
                    name.extend_from_slice(word);
                }
                _ => return name,
            }
        }
    }

    /// `as name`, where it follows.
    fn skip_as(&mut self, lines: bool) {
        self.skip_blanks(lines);
        let before = self.at;
        if self.word() == b"as" {
            self.skip_blanks(lines);
            self.word();
        } else {
            self.at = before;
        }
    }

    fn comma(&mut self, lines: bool) -> bool {
        self.skip_blanks(lines);
        let is_comma = self.peek() == Some(b',');
        self.at += usize::from(is_comma);
        is_comma
    }

    fn import(&mut self, at: usize, found: &mut Collection) {
        loop {
            let name = self.dotted(false);
            if name.is_empty() {
                return;
            }
            found.add(self.bytes, at, ReferenceKind::Import, &name, "");
            self.skip_as(false);
            if !self.comma(false) {
                return;
            }
        }
    }

    fn from(&mut self, at: usize, found: &mut Collection) {
        let module = self.dotted(false);
        self.skip_blanks(false);
        if module.is_empty() || self.word() != b"import" {
            return;
        }
        found.add(self.bytes, at, ReferenceKind::Import, &module, "");
        self.skip_blanks(false);
        let in_brackets = self.peek() == Some(b'(');
        self.at += usize::from(in_brackets);
        loop {
            self.skip_blanks(in_brackets);
            let name = self.word();
            if name.is_empty() {
                break;
            }
            // A longer one is not kept, and would be copied for each of its members.
            if module.len() + name.len() < MAX_TARGET {
                let mut member = module.clone();
                if !member.ends_with(b".") {
                    member.push(b'.');
                }
                member.extend_from_slice(name);
                found.add(self.bytes, at, ReferenceKind::Member, &member, "");
            }
            self.skip_as(in_brackets);
            if !self.comma(in_brackets) {
                break;
            }
        }
        self.skip_blanks(in_brackets);
        if in_brackets && self.peek() == Some(b')') {
            self.at += 1;
        }
    }

    /// `import_module("a.b")`: what it names, if that is written down.
    fn call(&mut self, at: usize, word: &'a [u8], found: &mut Collection) {
        let before = self.at;
        self.skip_blanks(false);
        if self.peek() != Some(b'(') || self.is_definition(at) {
            self.at = before;
            return;
        }
        self.at += 1;
        self.skip_blanks(true);
        let name = match self.peek() {
            Some(b'"' | b'\'') => {
                let name = self.string(false);
                self.skip_blanks(true);
                name
            }
            _ => &[],
        };
        let is_whole = matches!(self.peek(), Some(b')' | b','));
        if is_whole && !name.is_empty() && name.iter().all(|byte| is_word(*byte) || *byte == b'.') {
            let by = if word == b"__import__" { "__import__" } else { "import_module" };
            found.add(self.bytes, at, ReferenceKind::Import, name, by);
        } else {
            found.add(self.bytes, at, ReferenceKind::Open, word, "");
        }
        self.at = before;
    }
}
