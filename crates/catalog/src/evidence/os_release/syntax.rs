//! The syntax of `os-release`: assignments as a shell reads them, without expansion.

/// What an `os-release` file sets.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    assignments: Vec<(String, String)>,
    /// Lines, counted from 1, that are no proper assignment.
    pub(super) broken: Vec<usize>,
}

impl Settings {
    pub(super) fn parse(content: &[u8]) -> Self {
        let text = String::from_utf8_lossy(content);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut settings = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match line.split_once('=') {
                Some((name, value)) if is_name(name) => {
                    let (value, proper) = unquote(value);
                    if !proper {
                        settings.broken.push(number);
                    }
                    settings.assignments.push((name.to_owned(), value));
                }
                _ => settings.broken.push(number),
            }
        }
        settings
    }

    pub(super) fn is_empty(&self) -> bool {
        self.assignments.is_empty()
    }

    /// The value of a name, the last one where it is set twice; `None` where it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.assignments
            .iter()
            .rev()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The value without its quotes and escapes, and whether a shell would have read it so: a quote
/// that does not end and blanks outside of quotes are taken as they stand.
fn unquote(raw: &str) -> (String, bool) {
    let mut value = String::with_capacity(raw.len());
    let mut proper = true;
    let mut quote = None;
    let mut characters = raw.trim().chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            (None | Some('"'), '\\') => match characters.next() {
                Some(next @ ('"' | '\\' | '$' | '`')) => value.push(next),
                Some(next) if quote.is_none() => value.push(next),
                Some(next) => {
                    // Inside double quotes a shell keeps any other backslash.
                    value.push('\\');
                    value.push(next);
                }
                None => proper = false,
            },
            (None, ' ' | '\t') => {
                proper = false;
                value.push(character);
            }
            (_, other) => value.push(other),
        }
    }
    (value, proper && quote.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expect: &str, proper: bool) {
        let settings = Settings::parse(format!("A={line}\n").as_bytes());
        assert_eq!(settings.get("A").unwrap_or_default(), expect, "{line}");
        assert_eq!(settings.broken.is_empty(), proper, "{line}");
    }

    #[test]
    fn values_are_read_as_a_shell_reads_them() {
        check("debian", "debian", true);
        check("\"Debian GNU/Linux 12 (bookworm)\"", "Debian GNU/Linux 12 (bookworm)", true);
        check("'single $x \\n'", "single $x \\n", true);
        check(r#""a \"b\" \$c \\ \`d\` \e""#, r#"a "b" $c \ `d` \e"#, true);
        check("7\"-\"8", "7-8", true);
        check("a\\ b", "a b", true);
        check("", "", true);
        check("\"\"", "", true);
    }

    #[test]
    fn what_a_shell_would_not_take_is_kept_and_told() {
        check("Foo Bar", "Foo Bar", false);
        check("\"open", "open", false);
        check("end\\", "end", false);
    }

    #[test]
    fn lines_that_are_no_assignment_are_told() {
        let settings = Settings::parse(b"# comment\n\nID=a\nrubbish\nNOT A NAME=1\n1A=2\n  ID=b  \r\n");
        assert_eq!(settings.broken, [4, 5, 6]);
        assert_eq!(settings.get("ID"), Some("b"));
    }
}
