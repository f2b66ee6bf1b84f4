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

/// The assignments of a file, up to the first thing that is none.
pub(super) fn parse(text: &str) -> Vec<(String, Value)> {
    let mut parser = Parser { rest: text.trim_start_matches('\u{feff}') };
    let mut fields = Vec::new();
    loop {
        parser.take(";");
        parser.take("local");
        let Some(name) = parser.name().map(str::to_owned) else { return fields };
        if !parser.take("=") {
            return fields;
        }
        let Some(value) = parser.value(0) else { return fields };
        fields.push((name, value));
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
                Some((_, rest)) => rest,
                None => comment.split_once('\n').map_or("", |(_, rest)| rest),
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

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.skip_space();
        if let Some((text, rest)) = long_text(self.rest) {
            self.rest = rest;
            return Some(Value::Text(text.to_owned()));
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
            let name = if long_text(self.rest).is_none() && self.take("[") {
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

/// `[[text]]`, `[==[text]==]`, and what follows.
fn long_text(text: &str) -> Option<(&str, &str)> {
    let after = text.strip_prefix('[')?;
    let level = after.len() - after.trim_start_matches('=').len();
    let content = after.get(level..)?.strip_prefix('[')?;
    let end = format!("]{}]", "=".repeat(level.min(32)));
    let (text, rest) = content.split_once(&end)?;
    Some((text.strip_prefix('\n').unwrap_or(text), rest))
}
