//! The format of opam's files: fields with values, and sections of fields. Only texts and lists
//! matter here; what computes something is skipped in its place.

/// Deeper than any file of opam's: one full of brackets must not take the stack.
const MAX_DEPTH: usize = 64;
/// Fields and items of lists in one file. The largest package of all lists some ten thousand files; an
/// item takes thirty times what it is written with.
const MAX_ITEMS: usize = 200_000;

/// A field and its value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    name: String,
    value: Value,
}

/// What a field has.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    List(Vec<Item>),
    /// A name, a number, a condition.
    Other,
}

/// One of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Item {
    value: Value,
    /// All of it as it is written, in one line; kept of the items of an outermost list only, for
    /// lists in lists would have all their text at every depth.
    source: String,
    /// What stands in braces behind it, as it is written.
    mark: Option<String>,
}

impl Value {
    /// A text, or the texts of a list.
    pub(super) fn texts(&self) -> Vec<String> {
        self.marked_texts().into_iter().map(|(text, _)| text).collect()
    }

    /// The same, with what stands in braces behind each.
    pub(super) fn marked_texts(&self) -> Vec<(String, Option<&str>)> {
        match self {
            Self::Text(text) => vec![(text.clone(), None)],
            Self::List(items) => items
                .iter()
                .filter_map(|item| match &item.value {
                    Self::Text(text) => Some((text.clone(), item.mark.as_deref())),
                    _ => None,
                })
                .collect(),
            Self::Other => Vec::new(),
        }
    }

    /// What a list has, as it is written.
    pub(super) fn items(&self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text.clone()],
            Self::List(items) => items.iter().map(|item| item.source.clone()).collect(),
            Self::Other => Vec::new(),
        }
    }
}

/// The value of the field of this name, outside of all sections.
pub(super) fn field<'a>(fields: &'a [Field], name: &str) -> Option<&'a Value> {
    fields.iter().find(|field| field.name == name).map(|field| &field.value)
}

/// The fields of a file, and whether it was understood to its end.
pub(super) fn parse(text: &str) -> (Vec<Field>, bool) {
    let mut parser =
        Parser { rest: text.trim_start_matches('\u{feff}'), has_just_read_sign: false, left: MAX_ITEMS };
    let mut fields = Vec::new();
    loop {
        parser.skip_space();
        if parser.rest.is_empty() {
            return (fields, true);
        }
        let Some(name) = parser.word().filter(|_| parser.count().is_some()) else { return (fields, false) };
        let field = if parser.take(":") {
            parser.whole_value().map(Some)
        } else {
            // A section: `url { … }`, `extra-source "name" { … }`.
            parser.skip_space();
            let has_name = !parser.rest.starts_with('"') || parser.text().is_some();
            (has_name && parser.braces().is_some()).then_some(None)
        };
        match field {
            Some(Some(value)) => fields.push(Field { name: name.to_owned(), value }),
            Some(None) => {}
            None => return (fields, false),
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
    /// Whether the last value was a sign, behind which another one follows.
    has_just_read_sign: bool,
    /// How many fields and items may still come.
    left: usize,
}

/// What conditions are made with.
const fn is_sign(letter: char) -> bool {
    matches!(letter, '=' | '<' | '>' | '!' | '&' | '|' | '~' | '?')
}

impl<'a> Parser<'a> {
    /// Counts a field or an item; `None` where there are too many.
    fn count(&mut self) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        Some(())
    }

    /// Blanks, and comments: from `#` to the end of the line, and between `(*` and `*)`.
    fn skip_space(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if let Some(comment) = self.rest.strip_prefix('#') {
                self.rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
            } else if let Some(comment) = self.rest.strip_prefix("(*") {
                self.rest = comment.split_once("*)").map_or("", |(_, rest)| rest);
            } else {
                return;
            }
        }
    }

    fn take(&mut self, mark: &str) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// The name of a field.
    fn word(&mut self) -> Option<&'a str> {
        let is_in = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+');
        let end = self.rest.find(|c| !is_in(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(word).filter(|word| !word.is_empty())
    }

    /// The value of a field: one value, with what may stand in braces behind it, or several with
    /// signs between them, which are a condition.
    fn whole_value(&mut self) -> Option<Value> {
        let mut value = self.value(0)?;
        loop {
            let was_sign = value == Value::Other && self.has_just_read_sign;
            self.skip_space();
            if self.rest.starts_with('{') {
                self.braces()?;
            } else if was_sign || self.rest.starts_with(is_sign) {
                self.value(0)?;
                value = Value::Other;
            } else {
                return Some(value);
            }
        }
    }

    /// One value.
    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip_space();
        self.has_just_read_sign = self.rest.starts_with(is_sign);
        if depth > MAX_DEPTH {
            return None;
        }
        if self.has_just_read_sign {
            self.rest = self.rest.trim_start_matches(is_sign);
            return Some(Value::Other);
        }
        if self.rest.starts_with('"') {
            return self.text().map(Value::Text);
        }
        if self.take("[") {
            let mut items = Vec::new();
            while !self.take("]") {
                items.push(self.item(depth)?);
            }
            return Some(Value::List(items));
        }
        if self.rest.starts_with('(') {
            self.brackets()?;
            return Some(Value::Other);
        }
        // A name or a number: up to a blank, a sign or the next mark.
        let end = self
            .rest
            .find(|c: char| {
                c.is_whitespace() || is_sign(c) || matches!(c, '[' | ']' | '(' | ')' | '{' | '}' | '"')
            })
            .unwrap_or(self.rest.len());
        (end > 0).then(|| {
            self.rest = self.rest.get(end..).unwrap_or_default();
            Value::Other
        })
    }

    fn item(&mut self, depth: usize) -> Option<Item> {
        self.count()?;
        let start = self.rest;
        let value = self.value(depth + 1)?;
        let written = |from: &'a str, rest: &str| {
            let source = from.get(..from.len().checked_sub(rest.len())?)?;
            Some(source.split_whitespace().collect::<Vec<_>>().join(" "))
        };
        let behind = self.rest;
        self.skip_space();
        let mark = if self.rest.starts_with('{') {
            let from = self.rest;
            self.braces()?;
            Some(written(from, self.rest)?)
        } else {
            self.rest = behind;
            None
        };
        let source = if depth == 0 { written(start, self.rest)? } else { String::new() };
        Some(Item { value, source, mark })
    }

    /// From a brace to the one that closes it; texts may have braces in them.
    fn braces(&mut self) -> Option<()> {
        self.enclosed('{', '}')
    }

    fn brackets(&mut self) -> Option<()> {
        self.enclosed('(', ')')
    }

    fn enclosed(&mut self, open: char, close: char) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            self.skip_space();
            let next = self.rest.chars().next()?;
            if next == '"' {
                self.text()?;
                continue;
            }
            self.rest = self.rest.get(next.len_utf8()..)?;
            if next == open {
                depth += 1;
            } else if next == close {
                depth = depth.checked_sub(1)?;
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// A text between `"` or `"""`.
    fn text(&mut self) -> Option<String> {
        let (mark, rest) = match self.rest.strip_prefix("\"\"\"") {
            Some(rest) => ("\"\"\"", rest),
            None => ("\"", self.rest.strip_prefix('"')?),
        };
        let (mut text, mut rest) = (String::new(), rest);
        loop {
            if let Some(after) = rest.strip_prefix(mark) {
                self.rest = after;
                return Some(text);
            }
            let next = rest.chars().next()?;
            rest = rest.get(next.len_utf8()..)?;
            if next != '\\' {
                text.push(next);
                continue;
            }
            let escaped = rest.chars().next()?;
            rest = rest.get(escaped.len_utf8()..)?;
            match escaped {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'r' => text.push('\r'),
                'b' => text.push('\u{8}'),
                // A line that goes on in the next.
                '\n' => rest = rest.trim_start_matches([' ', '\t']),
                // A byte by its number, of which only letters of ASCII are told.
                digit if digit.is_ascii_digit() => {
                    let number = format!("{digit}{}", rest.get(..2)?);
                    rest = rest.get(2..)?;
                    text.push(number.parse().ok().filter(u8::is_ascii).map_or('\u{fffd}', char::from));
                }
                other => text.push(other),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, name: &str, expect: &[&str]) {
        let (fields, is_whole) = parse(text);
        assert!(is_whole, "{text}");
        assert_eq!(field(&fields, name).map(Value::texts).unwrap_or_default(), expect, "{text}");
    }

    #[test]
    fn a_field_is_a_text_or_a_list_of_texts() {
        check("license: \"MIT\"", "license", &["MIT"]);
        check("license: [\"MIT\" \"ISC\"]", "license", &["MIT", "ISC"]);
        check("a: \"\"\"\nsays \"x\"\n\"\"\" b: \"y\"", "b", &["y"]);
        check("a: \"x\\\"\\\\\\n\\065\\\n   y\"", "a", &["x\"\\\nAy"]);
        check("# a: \"x\"\n(* a: \"y\" *)\na: \"z\"", "a", &["z"]);
        check("flags: [ conf plugin ] a: \"x\"", "a", &["x"]);
        let text = "available: os = \"linux\" & !(arch=\"arm\")\nbuild: [\"x\" {os!=\"win32\"} | \"y\"]\nb: \"c\" {= \"1\"}\na: \"z\"";
        check(text, "available", &[]);
        check(text, "build", &["x", "y"]);
        check(text, "b", &["c"]);
        check(text, "a", &["z"]);
    }

    #[test]
    fn sections_have_fields_of_their_own() {
        let text = "url {\n  a: \"x}\"\n}\nextra-source \"n\" { a: \"y\" }\na: \"z\"";
        check(text, "a", &["z"]);
    }

    #[test]
    fn nothing_stops_it() {
        for text in
            ["a: [", "a: \"", "a: \"\"\"x\"\"", "a", "a {", "a: \"\\", "a: \"\\9", "a: ]", ": \"x\"", "a: {"]
        {
            assert!(!parse(text).1, "{text}");
        }
        assert!(!parse(&format!("a: {}", "[".repeat(100_000))).1);
        assert!(!parse(&format!("a: {}", "(".repeat(100_000))).1);
        assert!(!parse(&format!("a: [{}]", "a ".repeat(MAX_ITEMS))).1);
        assert!(!parse(&"a:b\n".repeat(MAX_ITEMS + 1)).1);
    }
}
