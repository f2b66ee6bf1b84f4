//! What shell scripts run, read in and name, read by the grammar of POSIX (XCU 2.10) with what
//! bash adds: quotes, expansions, substitutions, here-documents, `case`, functions.

mod commands;
mod words;

use std::collections::HashSet;

use plimsoll_model::evidence::references::ReferenceKind;

use self::commands::Arguments;
use self::words::Word;
use super::collection::{Collection, kind_of_path};

/// How deeply substitutions and parameters are followed; scripts nest them three times at most.
/// Each takes some of the stack.
const MAX_DEPTH: u32 = 32;

/// The most here-documents that one line begins; scripts begin two at most.
const MAX_HERE_DOCUMENTS: usize = 64;

/// Words that begin or continue a compound command, behind which a command stands.
const KEYWORDS: &[&[u8]] = &[
    b"!", b"{", b"}", b"if", b"then", b"elif", b"else", b"fi", b"do", b"done", b"while", b"until", b"time",
    b"coproc",
];

/// What ends the commands of a pattern of `case`.
const CASE_ENDS: &[&[u8]] = &[b";;&", b";;", b";&"];

pub(super) fn read(content: &[u8], found: &mut Collection) {
    let mut shell = Shell {
        bytes: content,
        at: 0,
        depth: 0,
        here_documents: Vec::new(),
        functions: HashSet::new(),
        found,
    };
    while shell.at < content.len() {
        let before = shell.at;
        shell.list(End::File);
        // Something that closes what was never opened.
        shell.at += usize::from(shell.at == before || shell.at < content.len());
    }
    let Shell { functions, found, .. } = shell;
    found.forget_commands(&functions);
}

/// What ends a list of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    File,
    Bracket,
    Backtick,
}

struct Shell<'a, 'b> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
    /// Here-documents whose bodies begin on the next line: the word that ends each, and whether tabs
    /// before it do not count.
    here_documents: Vec<(Vec<u8>, bool)>,
    functions: HashSet<Vec<u8>>,
    found: &'b mut Collection,
}

/// Where in a list of commands we are.
#[derive(Default)]
struct Place {
    /// The command whose arguments follow; `None` where a command may begin.
    command: Option<Arguments>,
    /// For each `case` that is open, whether a pattern is expected.
    cases: Vec<bool>,
    /// Brackets that are open in this list.
    brackets: u32,
    /// Whether we are in `name=( … )`.
    in_array: bool,
    /// Whether the next word is the target of a redirection.
    redirects: bool,
    /// Whether the next word is the name of a function.
    names_function: bool,
}

impl<'a> Shell<'a, '_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Reads commands until what ends them, which is left.
    fn list(&mut self, end: End) {
        let mut place = Place::default();
        while let Some(byte) = self.peek() {
            let expects_pattern = place.cases.last() == Some(&true);
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if self.rest().starts_with(b"\\\n") => self.at += 2,
                b'\n' => {
                    self.at += 1;
                    self.skip_here_documents();
                    if !place.in_array && !expects_pattern {
                        place.command = None;
                    }
                    place.redirects = false;
                }
                b'#' => self.skip_line(),
                b';' => {
                    let ends_case = CASE_ENDS.iter().find(|end| self.rest().starts_with(end));
                    self.at += ends_case.map_or(1, |end| end.len());
                    if ends_case.is_some()
                        && let Some(case) = place.cases.last_mut()
                    {
                        *case = true;
                    }
                    place.command = None;
                }
                b'&' if self.rest().starts_with(b"&>") => self.at += 1,
                b'&' | b'|' => {
                    self.at += 1;
                    if !expects_pattern {
                        place.command = None;
                    }
                }
                b'<' | b'>' => self.redirection(&mut place),
                b'(' if self.rest().starts_with(b"((") && place.command.is_none() && !expects_pattern => {
                    self.at += 2;
                    self.skip_arithmetic();
                }
                b'(' => {
                    self.at += 1;
                    if !expects_pattern {
                        place.brackets += 1;
                        place.command = None;
                    }
                }
                b')' if expects_pattern => {
                    self.at += 1;
                    if let Some(case) = place.cases.last_mut() {
                        *case = false;
                    }
                    place.command = None;
                }
                b')' if place.brackets > 0 => {
                    self.at += 1;
                    place.brackets -= 1;
                    place.command = place.in_array.then(Arguments::none).filter(|_| place.brackets > 0);
                    place.in_array &= place.brackets > 0;
                }
                b')' if end == End::Bracket => return,
                b'`' if end == End::Backtick => return,
                b')' => self.at += 1,
                _ => {
                    let start = self.at;
                    let word = self.word(end);
                    if self.at == start {
                        self.at += 1;
                        continue;
                    }
                    self.take(word, start, &mut place);
                }
            }
        }
    }

    /// Decides what a word is.
    fn take(&mut self, word: Word, start: usize, place: &mut Place) {
        if place.redirects {
            place.redirects = false;
            self.argument(&word, start);
            return;
        }
        let plain = word.is_plain().then_some(word.text.as_slice());
        if place.names_function {
            place.names_function = false;
            self.functions.insert(word.text.clone());
            return;
        }
        if place.cases.last() == Some(&true) {
            if plain == Some(b"esac") {
                place.cases.pop();
                place.command = None;
            }
            return;
        }
        if let Some(arguments) = &mut place.command {
            // `case word in`
            if plain == Some(b"in") && arguments.is_case() {
                place.cases.push(true);
                place.command = None;
                return;
            }
            let mut arguments = std::mem::replace(arguments, Arguments::none());
            self.argument(&word, start);
            arguments.take(self, &word, start);
            place.command = Some(arguments);
            return;
        }
        match plain {
            Some(b"esac") => {
                place.cases.pop();
            }
            Some(b"case") => place.command = Some(Arguments::case()),
            Some(b"for" | b"select") => place.command = Some(Arguments::none()),
            Some(b"function") => place.names_function = true,
            Some(b"[[") => {
                self.skip_test();
                place.command = Some(Arguments::none());
            }
            Some(keyword) if KEYWORDS.contains(&keyword) => {}
            _ if word.is_assignment() => {
                self.argument(&word, start);
                if self.peek() == Some(b'(') && word.text.ends_with(b"=") {
                    self.at += 1;
                    place.brackets += 1;
                    place.in_array = true;
                    place.command = Some(Arguments::none());
                }
            }
            _ if plain.is_some() && self.defines_function() => {
                self.functions.insert(word.text);
            }
            _ => {
                place.command = Some(Arguments::of(&word));
                self.command(&word, start, "");
            }
        }
    }

    /// Adds a command.
    fn command(&mut self, word: &Word, start: usize, by: &'static str) {
        let text = word.text.as_slice();
        if word.has_expansion {
            let named = (ReferenceKind::Open, text);
            self.found.add(self.bytes, start, named.0, named.1, if by.is_empty() { "command" } else { by });
        } else if !commands::is_builtin(text) {
            let kind = ReferenceKind::Command;
            let is_name = text.iter().all(|byte| byte.is_ascii_graphic() && !b"{}[]=*?\"'".contains(byte));
            if is_name {
                self.found.add(self.bytes, start, kind, text, by);
            }
        }
    }

    /// Adds absolute paths of a word: the word itself, what follows `=`, and parts of a list that
    /// colons separate.
    fn argument(&mut self, word: &Word, start: usize) {
        let value = match word.text.iter().position(|byte| *byte == b'=') {
            Some(equals) if !word.text.starts_with(b"/") => word.text.get(equals + 1..).unwrap_or_default(),
            _ => word.text.as_slice(),
        };
        for part in value.split(|byte| *byte == b':') {
            let is_own = part.starts_with(b"/")
                && part.len() > 1
                && ![b"/dev/".as_slice(), b"/proc/", b"/sys/", b"//"]
                    .iter()
                    .any(|other| part.starts_with(other));
            let is_path = part.iter().all(|byte| *byte > b' ' && !b"\"'<>|\\`;()&!^".contains(byte));
            if is_own && is_path {
                let has_place =
                    part.contains(&b'$') || (word.is_glob && kind_of_path(part) == ReferenceKind::Glob);
                let kind = if has_place { ReferenceKind::Glob } else { ReferenceKind::Path };
                self.found.add(self.bytes, start, kind, part, "");
            }
        }
    }

    /// `<`, `>>`, `<<EOF`, `2>&1`, `<(list)`.
    fn redirection(&mut self, place: &mut Place) {
        let rest = self.rest();
        if rest.starts_with(b"<<<") {
            self.at += 3;
            place.redirects = true;
        } else if rest.starts_with(b"<<") {
            let strips = rest.get(2) == Some(&b'-');
            self.at += if strips { 3 } else { 2 };
            while matches!(self.peek(), Some(b' ' | b'\t')) {
                self.at += 1;
            }
            let word = self.word(End::File);
            if self.here_documents.len() < MAX_HERE_DOCUMENTS {
                self.here_documents.push((word.text, strips));
            } else {
                self.found.cut_short();
            }
        } else if rest.get(1) == Some(&b'(') {
            self.at += 2;
            self.nested(End::Bracket);
        } else {
            self.at += 1;
            while matches!(self.peek(), Some(b'>' | b'&' | b'|')) {
                self.at += 1;
            }
            place.redirects = true;
        }
    }

    /// A list of commands in brackets or backticks, and what ends it.
    fn nested(&mut self, end: End) {
        if self.depth < MAX_DEPTH {
            self.depth += 1;
            self.list(end);
            self.depth -= 1;
        } else {
            self.found.cut_short();
        }
        self.at += 1;
    }

    fn skip_line(&mut self) {
        let rest = self.rest();
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    /// Skips the bodies of here-documents that begin here.
    fn skip_here_documents(&mut self) {
        for (ending, strips) in std::mem::take(&mut self.here_documents) {
            while self.at < self.bytes.len() {
                let rest = self.rest();
                let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                let mut line = rest.get(..length).unwrap_or_default();
                self.at += (length + 1).min(rest.len());
                line = line.strip_suffix(b"\r").unwrap_or(line);
                while strips && line.first() == Some(&b'\t') {
                    line = line.get(1..).unwrap_or_default();
                }
                if line == ending {
                    break;
                }
            }
        }
    }

    /// Skips to behind the `))` that closes arithmetic.
    fn skip_arithmetic(&mut self) {
        let mut depth = 0_u32;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => depth += 1,
                b')' if depth > 0 => depth -= 1,
                b')' => {
                    self.at += usize::from(self.peek() == Some(b')'));
                    return;
                }
                _ => {}
            }
        }
    }

    /// Skips to behind the `]]` that closes a test.
    fn skip_test(&mut self) {
        while self.at < self.bytes.len() {
            while matches!(self.peek(), Some(byte) if byte.is_ascii_whitespace() || b"()<>&|;".contains(&byte))
            {
                self.at += 1;
            }
            let start = self.at;
            let word = self.word(End::File);
            if self.at == start {
                self.at += 1;
            } else if word.text == b"]]" {
                return;
            } else {
                self.argument(&word, start);
            }
        }
    }

    /// Whether `()` follows, which is skipped.
    fn defines_function(&mut self) -> bool {
        let rest = self.rest();
        let blanks = |bytes: &[u8]| bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let open = blanks(rest);
        if rest.get(open) != Some(&b'(') {
            return false;
        }
        let inside = open + 1 + blanks(rest.get(open + 1..).unwrap_or_default());
        if rest.get(inside) != Some(&b')') {
            return false;
        }
        self.at += inside + 1;
        true
    }
}
