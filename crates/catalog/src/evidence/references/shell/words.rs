//! Words of a shell script: quotes removed, expansions left as they are written.

use super::{End, MAX_DEPTH, Shell};

/// A word.
#[derive(Debug, Default)]
pub(super) struct Word {
    /// Its letters; expansions as written.
    pub(super) text: Vec<u8>,
    /// Whether only a run can tell what it becomes.
    pub(super) has_expansion: bool,
    /// Whether it has `*`, `?` or `[` outside of quotes.
    pub(super) is_glob: bool,
    is_quoted: bool,
}

impl Word {
    /// Whether it is what it looks like, so that it may be a keyword.
    pub(super) const fn is_plain(&self) -> bool {
        !self.has_expansion && !self.is_quoted
    }

    /// `name=value`, `name+=value`, `name[index]=value`.
    pub(super) fn is_assignment(&self) -> bool {
        let Some(equals) = self.text.iter().position(|byte| *byte == b'=') else { return false };
        let name = self.text.get(..equals).unwrap_or_default();
        let name = name.strip_suffix(b"+").unwrap_or(name);
        let name = name.split(|byte| *byte == b'[').next().unwrap_or_default();
        name.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
            && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    }
}

impl Shell<'_, '_> {
    /// The word that begins here; an empty one where none does. In backticks one ends it.
    pub(super) fn word(&mut self, end: End) -> Word {
        let mut word = Word::default();
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' => break,
                b'`' if end == End::Backtick => break,
                b'\\' => {
                    match self.bytes.get(self.at + 1) {
                        Some(b'\n') | None => {}
                        // In backticks, a backslash may stand before one that nests.
                        Some(b'`') if end == End::Backtick => break,
                        Some(next) => {
                            word.text.push(*next);
                            word.is_quoted = true;
                        }
                    }
                    self.at += 2;
                }
                b'\'' => {
                    self.at += 1;
                    word.is_quoted = true;
                    let rest = self.rest();
                    let length = memchr::memchr(b'\'', rest).unwrap_or(rest.len());
                    word.text.extend_from_slice(rest.get(..length).unwrap_or_default());
                    self.at += length + 1;
                }
                b'"' => {
                    self.at += 1;
                    word.is_quoted = true;
                    self.double_quoted(&mut word);
                }
                b'$' | b'`' => self.expansion(&mut word),
                _ => {
                    word.is_glob |= b"*?[".contains(&byte);
                    word.text.push(byte);
                    self.at += 1;
                }
            }
        }
        self.at = self.at.min(self.bytes.len());
        word
    }

    /// What follows a double quote, up to the next one.
    fn double_quoted(&mut self, word: &mut Word) {
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' => {
                    match self.bytes.get(self.at + 1) {
                        Some(b'\n') | None => {}
                        Some(next @ (b'$' | b'`' | b'"' | b'\\')) => word.text.push(*next),
                        Some(next) => word.text.extend_from_slice(&[b'\\', *next]),
                    }
                    self.at += 2;
                }
                b'$' | b'`' => self.expansion(word),
                _ => {
                    word.text.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    /// Adds what begins with `$` or a backtick, as it is written.
    fn expansion(&mut self, word: &mut Word) {
        let start = self.at;
        word.has_expansion |= self.skip_expansion();
        word.text.extend_from_slice(self.bytes.get(start..self.at).unwrap_or_default());
    }

    /// Passes `$name`, `${name}`, `$(list)`, `$((sum))`, `` `list` ``, `$'text'`; whether it is one of
    /// these. What nests too deeply is taken for the letter that it begins with.
    fn skip_expansion(&mut self) -> bool {
        let first = self.peek();
        self.at += 1;
        if first != Some(b'`') && !matches!(self.peek(), Some(b'(' | b'{')) {
            return self.skip_name();
        }
        if self.depth >= MAX_DEPTH {
            self.found.cut_short();
            return false;
        }
        if first == Some(b'`') {
            self.nested(End::Backtick);
        } else if self.rest().starts_with(b"((") {
            self.at += 2;
            self.skip_arithmetic();
        } else if self.peek() == Some(b'(') {
            self.at += 1;
            self.nested(End::Bracket);
        } else {
            self.at += 1;
            self.depth += 1;
            self.parameter();
            self.depth -= 1;
        }
        self.at = self.at.min(self.bytes.len());
        true
    }

    /// Passes what follows a dollar sign that no bracket follows; whether it expands to something.
    fn skip_name(&mut self) -> bool {
        match self.peek() {
            Some(b'\'') => {
                self.at += 1;
                while let Some(byte) = self.peek() {
                    self.at += if byte == b'\\' { 2 } else { 1 };
                    if byte == b'\'' {
                        break;
                    }
                }
            }
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                let rest = self.rest();
                let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
                self.at += rest.iter().position(|byte| !is_name(byte)).unwrap_or(rest.len());
            }
            Some(byte) if byte.is_ascii_digit() || b"@*#?-$!".contains(&byte) => self.at += 1,
            // A dollar sign that expands to nothing is one.
            _ => return false,
        }
        self.at = self.at.min(self.bytes.len());
        true
    }

    /// What follows `${`, up to its bracket.
    fn parameter(&mut self) {
        let mut depth = 0_u32;
        while let Some(byte) = self.peek() {
            match byte {
                b'}' => {
                    self.at += 1;
                    if depth == 0 {
                        return;
                    }
                    depth -= 1;
                }
                b'{' => {
                    depth += 1;
                    self.at += 1;
                }
                b'\\' => self.at += 2,
                b'\'' => {
                    // Between double quotes it is a letter: then the other one is far or nowhere.
                    let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
                    let end = memchr::memchr2(b'\'', b'\n', rest);
                    let closes = end.filter(|end| rest.get(*end) == Some(&b'\''));
                    self.at += closes.map_or(1, |end| end + 2);
                }
                b'"' => {
                    self.at += 1;
                    self.skip_double_quoted();
                }
                b'$' | b'`' => {
                    self.skip_expansion();
                }
                _ => self.at += 1,
            }
        }
    }

    /// Passes what follows a double quote, up to the next one.
    fn skip_double_quoted(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' => self.at += 2,
                b'$' | b'`' => {
                    self.skip_expansion();
                }
                _ => self.at += 1,
            }
        }
    }
}
