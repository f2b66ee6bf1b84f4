//! Files of Lua that assign plain data to names: texts, numbers, tables.

/// Deeper than any rock's: a file full of braces must not take the stack.
const MAX_DEPTH: usize = 64;

/// What is assigned.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    /// Named fields, and items without a name, whose name is empty.
    Table(Vec<(String, Self)>),
    Other,
}

impl Value {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) const fn is_table(&self) -> bool {
        matches!(self, Self::Table(_))
    }

    /// All fields of a table; none of anything else.
    pub(super) fn fields(&self) -> &[(String, Self)] {
        match self {
            Self::Table(fields) => fields,
            _ => &[],
        }
    }

    pub(super) fn get(&self, wanted: &str) -> Option<&Self> {
        self.fields().iter().find(|(name, _)| name == wanted).map(|(_, value)| value)
    }

    /// The texts among the items without a name.
    pub(super) fn texts(&self) -> Vec<String> {
        let items = self.fields().iter().filter(|(name, _)| name.is_empty());
        items.filter_map(|(_, value)| value.text().map(str::to_owned)).collect()
    }
}

/// The assignments of a file, up to the first thing that is none, and whether that is its end.
pub(super) fn parse(text: &str) -> (Vec<(String, Value)>, bool) {
    let mut parser = Parser { rest: text.trim_start_matches('\u{feff}') };
    let mut fields = Vec::new();
    loop {
        parser.take(";");
        parser.take("local");
        if parser.rest.is_empty() {
            return (fields, true);
        }
        let Some(field) = parser.assignment() else { return (fields, false) };
        fields.push(field);
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn skip_space(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            let Some(comment) = self.rest.strip_prefix("--") else { return };
            self.rest = match long_text(comment) {
                Long::Text(_, rest) => rest,
                Long::None => comment.split_once('\n').map_or("", |(_, rest)| rest),
                // Lua takes no file whose last comment is never closed.
                Long::Open => "",
            };
        }
    }

    fn take(&mut self, prefix: &str) -> bool {
        self.skip_space();
        let Some(rest) = self.rest.strip_prefix(prefix) else { return false };
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        if prefix.ends_with(is_word) && rest.starts_with(is_word) {
            return false;
        }
        self.rest = rest;
        true
    }

    fn name(&mut self) -> Option<&'a str> {
        self.skip_space();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return None;
        }
        self.rest = rest;
        Some(name)
    }

    fn assignment(&mut self) -> Option<(String, Value)> {
        let name = self.name()?.to_owned();
        if !self.take("=") {
            return None;
        }
        Some((name, self.value(0)?))
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.skip_space();
        match long_text(self.rest) {
            Long::Text(text, rest) => {
                self.rest = rest;
                return Some(Value::Text(text.to_owned()));
            }
            Long::Open => return None,
            Long::None => {}
        }
        if self.rest.starts_with(['"', '\'']) {
            return self.quoted().map(Value::Text);
        }
        if self.take("{") {
            return self.table(depth);
        }
        // A number, true, false, nil. What computes something is no data.
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c))
            .unwrap_or(self.rest.len());
        if end == 0 {
            return None;
        }
        self.rest = self.rest.get(end..)?;
        self.skip_space();
        (!self.rest.starts_with(['(', '+', '*', '/', '['])).then_some(Value::Other)
    }

    fn table(&mut self, depth: usize) -> Option<Value> {
        let mut fields = Vec::new();
        loop {
            if self.take("}") {
                return Some(Value::Table(fields));
            }
            let start = self.rest;
            let name = if !begins_long(self.rest) && self.take("[") {
                let name = match self.value(depth + 1)? {
                    Value::Text(text) => text,
                    _ => String::new(),
                };
                if !(self.take("]") && self.take("=")) {
                    return None;
                }
                name
            } else {
                match self.name().map(str::to_owned) {
                    Some(name) if self.take("=") => name,
                    _ => {
                        self.rest = start;
                        String::new()
                    }
                }
            };
            fields.push((name, self.value(depth + 1)?));
            if !(self.take(",") || self.take(";")) {
                return self.take("}").then_some(Value::Table(fields));
            }
        }
    }

    fn quoted(&mut self) -> Option<String> {
        let mut characters = self.rest.chars();
        let mark = characters.next()?;
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
                '\n' => return None,
                other => text.push(other),
            }
        }
    }
}

/// A text between long brackets.
enum Long<'a> {
    /// Nothing here begins one.
    None,
    /// It begins, and nothing closes it.
    Open,
    /// The text, and what follows it.
    Text(&'a str, &'a str),
}

/// The most signs between long brackets. Lua has no limit; people take one or two.
const MAX_LEVEL: usize = 32;

/// What follows `[[` or `[==[`, and how many signs are in it.
fn open_long(text: &str) -> Option<(&str, usize)> {
    let after = text.strip_prefix('[')?;
    let level = after.len() - after.trim_start_matches('=').len();
    Some((after.get(level..)?.strip_prefix('[')?, level))
}

fn begins_long(text: &str) -> bool {
    open_long(text).is_some()
}

/// `[[text]]`, `[==[text]==]`.
fn long_text(text: &str) -> Long<'_> {
    let Some((content, level)) = open_long(text) else { return Long::None };
    if level > MAX_LEVEL {
        return Long::Open;
    }
    match content.split_once(&format!("]{}]", "=".repeat(level))) {
        Some((text, rest)) => Long::Text(text.strip_prefix('\n').unwrap_or(text), rest),
        None => Long::Open,
    }
}
