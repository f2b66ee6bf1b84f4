//! Terms of Erlang, as far as configuration files have them: atoms, texts, numbers, lists and
//! tuples. What else there is (maps, binaries) is passed over.

/// Deeper than any application's: a file full of brackets must not take the stack.
const MAX_DEPTH: usize = 64;

/// A term.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Term<'a> {
    Atom(&'a str),
    Text(String),
    List(Vec<Self>),
    Tuple(Vec<Self>),
    Other,
}

/// The first term of a file.
pub(super) fn parse(text: &str) -> Option<Term<'_>> {
    Parser { rest: text }.term(0)
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn skip_space(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            match self.rest.strip_prefix('%') {
                Some(comment) => self.rest = comment.split_once('\n').map_or("", |(_, rest)| rest),
                None => return,
            }
        }
    }

    fn take(&mut self, prefix: &str) -> bool {
        self.skip_space();
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn take_while(&mut self, is: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !is(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn term(&mut self, depth: usize) -> Option<Term<'a>> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.skip_space();
        let first = self.rest.chars().next()?;
        match first {
            '{' => self.items("{", "}", depth).map(Term::Tuple),
            '[' => self.items("[", "]", depth).map(Term::List),
            '"' => {
                let mut text = self.quoted('"')?;
                // Texts side by side are one.
                loop {
                    self.skip_space();
                    if !self.rest.starts_with('"') {
                        return Some(Term::Text(text));
                    }
                    text += &self.quoted('"')?;
                }
            }
            '\'' => {
                let start = self.rest;
                self.quoted('\'')?;
                let length = start.len() - self.rest.len();
                Some(Term::Atom(start.get(1..length.checked_sub(1)?)?))
            }
            '#' => {
                self.take("#");
                self.items("{", "}", depth).map(|_| Term::Other)
            }
            '<' => {
                self.take("<<");
                while !self.take(">>") {
                    if self.rest.starts_with('"') {
                        self.quoted('"')?;
                    } else {
                        let mut rest = self.rest.chars();
                        rest.next()?;
                        self.rest = rest.as_str();
                    }
                }
                Some(Term::Other)
            }
            _ => {
                let word = self.take_while(|c| c.is_alphanumeric() || "_@.+-#".contains(c));
                // The full stop at the end is no part of a word.
                let word = word.strip_suffix('.').unwrap_or(word);
                if word.is_empty() {
                    return None;
                }
                Some(if first.is_lowercase() { Term::Atom(word) } else { Term::Other })
            }
        }
    }

    fn items(&mut self, open: &str, close: &str, depth: usize) -> Option<Vec<Term<'a>>> {
        if !self.take(open) {
            return None;
        }
        let mut items = Vec::new();
        if self.take(close) {
            return Some(items);
        }
        loop {
            items.push(self.term(depth + 1)?);
            if self.take(close) {
                return Some(items);
            }
            // Keys of maps, and the tail of a list.
            if !(self.take(",") || self.take("=>") || self.take("|")) {
                return None;
            }
        }
    }

    fn quoted(&mut self, mark: char) -> Option<String> {
        let mut characters = self.rest.strip_prefix(mark)?.chars();
        let mut text = String::new();
        loop {
            match characters.next()? {
                '\\' => match characters.next()? {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    other => text.push(other),
                },
                end if end == mark => {
                    self.rest = characters.as_str();
                    return Some(text);
                }
                other => text.push(other),
            }
        }
    }
}
