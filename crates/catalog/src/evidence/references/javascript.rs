//! What JavaScript sources load, read by the lexical grammar of ECMAScript: comments, strings,
//! templates and regular expressions are told apart; statements are not parsed.

use memchr::memmem;
use plimsoll_model::evidence::references::ReferenceKind;

use super::collection::{Collection, MAX_TARGET};
use crate::own_path::is_own_path;

/// A source without any of these names nothing that is kept.
const MARKS: &[&[u8]] =
    &[b"require", b"import", b"from", b"__dirname", b"/etc/", b"/usr/", b"/var/", b"/opt/", b"/app/"];

/// The longest regular expression that is believed on a line where another one was found not to
/// end. There every slash may look like the beginning of one, and each would be followed to the
/// end of the line.
const MAX_EXPRESSION: usize = 256;

/// Words behind which an expression begins, so that a slash begins a regular expression.
const BEFORE_EXPRESSION: &[&[u8]] = &[
    b"return",
    b"typeof",
    b"instanceof",
    b"in",
    b"of",
    b"new",
    b"delete",
    b"void",
    b"throw",
    b"case",
    b"do",
    b"else",
    b"await",
    b"yield",
];

/// What the last token was, as far as the next one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// An expression may begin: an operator, an opening bracket, the beginning.
    Operator,
    /// An expression has ended: a name, a number, a string, a closing bracket.
    Operand,
    /// A dot: what follows is a member's name.
    Dot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bracket {
    /// `(` of `if`, `while`, `for` or `with`: behind it a statement begins.
    Statement,
    /// Any other `(` or `[`.
    Round,
    /// `{` of a block.
    Block,
    /// `{` of an object.
    Object,
    /// `${` in a template.
    Template,
}

struct Source<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The end of the last line on which a regular expression was found not to end.
    endless: usize,
}

pub(super) fn read(content: &[u8], found: &mut Collection) {
    if !MARKS.iter().any(|mark| memmem::find(content, mark).is_some()) {
        return;
    }
    let mut source = Source { bytes: content, at: 0, endless: 0 };
    if content.starts_with(b"#!") {
        source.skip_line();
    }
    let mut last = Last::Operator;
    let mut brackets: Vec<Bracket> = Vec::new();
    // The last word, where nothing followed it yet.
    let mut word: &[u8] = &[];
    while let Some(byte) = source.peek() {
        let start = source.at;
        let before = std::mem::take(&mut word);
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {
                source.at += 1;
                word = before;
            }
            b'/' if source.rest(1).starts_with(b"/") => {
                source.skip_line();
                word = before;
            }
            b'/' if source.rest(1).starts_with(b"*") => {
                source.skip_comment();
                word = before;
            }
            b'/' => {
                if last == Last::Operand || !source.skip_regular_expression() {
                    source.at += 1;
                    last = Last::Operator;
                } else {
                    last = Last::Operand;
                }
            }
            b'"' | b'\'' => {
                let text = source.string();
                if is_own_path(text) {
                    found.add(content, start, ReferenceKind::Path, text, "");
                }
                last = Last::Operand;
            }
            b'`' => {
                source.at += 1;
                if source.skip_template() {
                    brackets.push(Bracket::Template);
                    last = Last::Operator;
                } else {
                    last = Last::Operand;
                }
            }
            b'(' | b'[' => {
                let is_statement = byte == b'(' && matches!(before, b"if" | b"while" | b"for" | b"with");
                brackets.push(if is_statement { Bracket::Statement } else { Bracket::Round });
                source.at += 1;
                last = Last::Operator;
            }
            b'{' => {
                let begins =
                    last == Last::Operator && !matches!(before, b"else" | b"do" | b"try" | b"finally");
                let in_expression = begins && !source.is_statement_start(start);
                brackets.push(if in_expression { Bracket::Object } else { Bracket::Block });
                source.at += 1;
                last = Last::Operator;
            }
            b')' | b']' => {
                let opened = brackets.pop();
                source.at += 1;
                last = if opened == Some(Bracket::Statement) { Last::Operator } else { Last::Operand };
            }
            b'}' => {
                source.at += 1;
                last = match brackets.pop() {
                    Some(Bracket::Template) => {
                        if source.skip_template() {
                            brackets.push(Bracket::Template);
                            Last::Operator
                        } else {
                            Last::Operand
                        }
                    }
                    Some(Bracket::Object) => Last::Operand,
                    _ => Last::Operator,
                };
            }
            b'+' | b'-' if source.rest(1).first() == Some(&byte) => {
                // `i++ / 2` ends an expression, `++i` begins one: what stood before stays.
                source.at += 2;
            }
            b'.' => {
                source.at += 1;
                last = if source.rest(0).starts_with(b"..") { Last::Operator } else { Last::Dot };
                if last == Last::Operator {
                    source.at += 2;
                }
            }
            _ if is_word(byte) => {
                word = source.word();
                if last != Last::Dot {
                    source.name(word, start, before, found);
                }
                last = if last != Last::Dot && BEFORE_EXPRESSION.contains(&word) {
                    Last::Operator
                } else {
                    Last::Operand
                };
            }
            _ => {
                source.at += 1;
                last = Last::Operator;
            }
        }
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

impl<'a> Source<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self, ahead: usize) -> &'a [u8] {
        self.bytes.get(self.at + ahead..).unwrap_or_default()
    }

    fn skip_line(&mut self) {
        let rest = self.rest(0);
        self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
    }

    fn skip_comment(&mut self) {
        let rest = self.rest(2);
        self.at += memmem::find(rest, b"*/").map_or(rest.len() + 2, |end| end + 4);
    }

    fn word(&mut self) -> &'a [u8] {
        let rest = self.rest(0);
        let length = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// The string that begins here, without its quotes.
    fn string(&mut self) -> &'a [u8] {
        let Some(quote) = self.peek() else { return &[] };
        self.at += 1;
        let start = self.at;
        loop {
            let rest = self.rest(0);
            let Some(next) = memchr::memchr3(quote, b'\\', b'\n', rest) else {
                self.at = self.bytes.len();
                return &[];
            };
            self.at += next;
            match rest.get(next) {
                Some(b'\\') => self.at = (self.at + 2).min(self.bytes.len()),
                Some(b'\n') => return &[],
                _ => {
                    self.at += 1;
                    return self.bytes.get(start..self.at - 1).unwrap_or_default();
                }
            }
        }
    }

    /// Skips the letters of a template; whether an expression begins, and not the template's end.
    fn skip_template(&mut self) -> bool {
        loop {
            let rest = self.rest(0);
            let Some(next) = memchr::memchr3(b'`', b'\\', b'$', rest) else {
                self.at = self.bytes.len();
                return false;
            };
            self.at += next + 1;
            match rest.get(next) {
                Some(b'`') => return false,
                Some(b'\\') => self.at = (self.at + 1).min(self.bytes.len()),
                _ if self.peek() == Some(b'{') => {
                    self.at += 1;
                    return true;
                }
                _ => {}
            }
        }
    }

    /// Skips a regular expression, if one begins here.
    fn skip_regular_expression(&mut self) -> bool {
        let mut rest = self.rest(1);
        if self.at < self.endless {
            rest = rest.get(..MAX_EXPRESSION).unwrap_or(rest);
        }
        let (mut at, mut in_class) = (0, false);
        loop {
            match rest.get(at) {
                None | Some(b'\n' | b'\r') => {
                    self.endless = self.endless.max(self.at + at);
                    return false;
                }
                Some(b'\\') => at += 1,
                Some(b'[') => in_class = true,
                Some(b']') => in_class = false,
                Some(b'/') if !in_class => break,
                Some(_) => {}
            }
            at += 1;
        }
        self.at += at + 2;
        self.word();
        true
    }

    /// Whether a bracket at a place begins a block: what stands before it ended a statement or
    /// begins a body.
    fn is_statement_start(&self, start: usize) -> bool {
        let before = self.bytes.get(..start).unwrap_or_default().trim_ascii_end();
        match before.last() {
            None | Some(b';' | b'{' | b'}' | b')') => true,
            Some(b'>') => before.ends_with(b"=>"),
            _ => false,
        }
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                b'/' if self.rest(1).starts_with(b"/") => self.skip_line(),
                b'/' if self.rest(1).starts_with(b"*") => self.skip_comment(),
                _ => return,
            }
        }
    }

    /// A string that is written down whole: quotes, or a template without places to fill in.
    fn literal(&mut self) -> Option<&'a [u8]> {
        match self.peek()? {
            b'"' | b'\'' => Some(self.string()).filter(|text| !text.contains(&b'\\')),
            b'`' => {
                let start = self.at + 1;
                self.at += 1;
                let is_whole = !self.skip_template();
                let text = self.bytes.get(start..self.at.checked_sub(1)?)?;
                (is_whole && !text.contains(&b'\\')).then_some(text)
            }
            _ => None,
        }
    }

    fn takes(&mut self, byte: u8) -> bool {
        self.skip_blanks();
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    /// Looks at what follows a word, and comes back to behind the word.
    fn name(&mut self, word: &'a [u8], start: usize, before: &[u8], found: &mut Collection) {
        let behind = self.at;
        match word {
            b"from" => {
                self.skip_blanks();
                if let Some(target) = self.literal() {
                    found.add(self.bytes, start, ReferenceKind::Import, target, "");
                }
            }
            b"import" => {
                self.skip_blanks();
                if let Some(target) = self.literal() {
                    found.add(self.bytes, start, ReferenceKind::Import, target, "");
                } else if self.takes(b'(') {
                    self.skip_blanks();
                    self.argument(start, "import()", found);
                }
            }
            b"require" if before != b"function" => self.require(start, found),
            b"URL" if before == b"new" => self.url(start, found),
            b"__dirname" => self.beside(start, found),
            _ => {}
        }
        self.at = behind;
    }

    /// The argument of a call that loads it.
    fn argument(&mut self, start: usize, by: &'static str, found: &mut Collection) {
        let target = self.literal();
        self.skip_blanks();
        match target.filter(|_| matches!(self.peek(), Some(b')' | b','))) {
            Some(target) => found.add(self.bytes, start, ReferenceKind::Import, target, by),
            None => found.add(self.bytes, start, ReferenceKind::Open, by.as_bytes(), ""),
        }
    }

    /// `require("x")`, `require.resolve("x")`.
    fn require(&mut self, start: usize, found: &mut Collection) {
        let mut by = "require";
        if self.takes(b'.') {
            self.skip_blanks();
            if self.word() != b"resolve" {
                return;
            }
            by = "require.resolve";
        }
        if self.takes(b'(') {
            self.skip_blanks();
            if self.peek() != Some(b')') {
                self.argument(start, by, found);
            }
        }
    }

    /// `new URL("./x", import.meta.url)`.
    fn url(&mut self, start: usize, found: &mut Collection) {
        if self.takes(b'(') {
            self.skip_blanks();
            let target = self.literal();
            if let Some(target) = target
                && self.takes(b',')
            {
                self.skip_blanks();
                if self.rest(0).starts_with(b"import.meta.url") {
                    found.add(self.bytes, start, ReferenceKind::Relative, target, "import.meta.url");
                }
            }
        }
    }

    /// `__dirname + "/x"`, `join(__dirname, "x", "y")`, `` `${__dirname}/x` ``.
    fn beside(&mut self, start: usize, found: &mut Collection) {
        let mut target = Vec::new();
        if self.takes(b'+') {
            self.skip_blanks();
            target.extend_from_slice(self.literal().unwrap_or_default());
        } else if self.takes(b'}') {
            let rest = self.rest(0);
            let rest = rest.get(..MAX_TARGET).unwrap_or(rest);
            let length = memchr::memchr2(b'`', b'$', rest).unwrap_or(0);
            target.extend_from_slice(rest.get(..length).unwrap_or_default());
        } else {
            while self.takes(b',') {
                self.skip_blanks();
                let Some(part) = self.literal() else { break };
                if !target.is_empty() {
                    target.push(b'/');
                }
                target.extend_from_slice(part);
            }
        }
        found.add(self.bytes, start, ReferenceKind::Relative, &target, "__dirname");
    }
}
