//! Stanzas of fields, the form of every file that dpkg and apt keep (deb-control(5)).
//!
//! Reading is as lenient as dpkg's own `parse.c`: field names in any case, any order, a value
//! goes on in lines that start with a blank. What is no field is counted and passed over.

/// One field. The value starts after the colon and holds the lines that continue it, with
/// their line ends and leading blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

/// A run of fields without an empty line between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Stanza<'a> {
    /// The line that it starts at, counted from 1.
    pub(super) line: usize,
    pub(super) fields: Vec<Field<'a>>,
    /// How many lines were neither a field nor its continuation.
    pub(super) broken_lines: usize,
}

impl<'a> Stanza<'a> {
    /// The value of a field, its continuation lines included; `None` where it is absent or empty.
    /// Of a field given twice the last counts, as in dpkg.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.fields
            .iter()
            .rev()
            .find(|field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value)
            .filter(|value| !value.is_empty())
    }

    /// The first line of a field's value; `None` where that line is empty.
    pub(super) fn first_line(&self, name: &str) -> Option<&'a str> {
        self.get(name).and_then(|value| value.lines().next()).map(str::trim).filter(|line| !line.is_empty())
    }
}

/// The stanzas of a text, one after the other.
#[derive(Debug)]
pub(super) struct Stanzas<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl<'a> Stanzas<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 0 }
    }

    /// The next line without its end, and where it starts.
    fn next_line(&mut self) -> Option<(usize, &'a str)> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let start = self.at;
        let line = match memchr::memchr(b'\n', rest.as_bytes()) {
            Some(end) => {
                self.at += end + 1;
                &rest[..end]
            }
            None => {
                self.at = self.text.len();
                rest
            }
        };
        self.line += 1;
        Some((start, line.strip_suffix('\r').unwrap_or(line)))
    }
}

impl<'a> Iterator for Stanzas<'a> {
    type Item = Stanza<'a>;

    fn next(&mut self) -> Option<Stanza<'a>> {
        let mut stanza = Stanza::default();
        // The field that is being read: its name, and the range of its value so far.
        let mut open: Option<(&'a str, usize, usize)> = None;
        let text = self.text;
        let close = |stanza: &mut Stanza<'a>, open: &mut Option<(&'a str, usize, usize)>| {
            if let Some((name, start, end)) = open.take() {
                let value = text.get(start..end).unwrap_or_default().trim();
                stanza.fields.push(Field { name, value });
            }
        };
        while let Some((start, line)) = self.next_line() {
            if line.is_empty() {
                if stanza.line == 0 {
                    continue;
                }
                break;
            }
            if stanza.line == 0 {
                stanza.line = self.line;
            }
            if line.starts_with([' ', '\t']) {
                match &mut open {
                    Some((_, _, end)) => *end = start + line.len(),
                    None if line.trim().is_empty() => {}
                    None => stanza.broken_lines += 1,
                }
                continue;
            }
            close(&mut stanza, &mut open);
            match line.split_once(':') {
                // The empty line between two packages is missing, or holds blanks: dpkg stops
                // there. The second package must not vanish in the first.
                Some((name, _))
                    if name.eq_ignore_ascii_case("Package") && stanza.get("Package").is_some() =>
                {
                    self.at = start;
                    self.line -= 1;
                    stanza.broken_lines += 1;
                    break;
                }
                Some((name, _)) if is_field_name(name) => {
                    open = Some((name, start + name.len() + 1, start + line.len()));
                }
                _ => stanza.broken_lines += 1,
            }
        }
        close(&mut stanza, &mut open);
        (stanza.line != 0).then_some(stanza)
    }
}

/// Printable ASCII without blank and colon (deb822(5)).
fn is_field_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&[(&str, &str)]]) {
        let read: Vec<Vec<(&str, &str)>> = Stanzas::new(text)
            .map(|stanza| stanza.fields.iter().map(|field| (field.name, field.value)).collect())
            .collect();
        assert_eq!(read, expect, "{text:?}");
    }

    #[test]
    fn a_second_package_in_a_stanza_begins_one_of_its_own() {
        let expect: &[&[(&str, &str)]] =
            &[&[("Package", "a"), ("Version", "1")], &[("Package", "b"), ("Version", "2")]];
        for gap in ["", " \n", "\t\n"] {
            let text = format!("Package: a\nVersion: 1\n{gap}Package: b\nVersion: 2\n");
            check(&text, expect);
            assert_eq!(Stanzas::new(&text).next().unwrap().broken_lines, 1, "it is told");
        }
    }

    #[test]
    fn stanzas_are_split_at_empty_lines() {
        check("A: 1\nB: 2\n\n\nA: 3\n", &[&[("A", "1"), ("B", "2")], &[("A", "3")]]);
        check("\n\nA:1", &[&[("A", "1")]]);
        check("", &[]);
    }

    #[test]
    fn a_value_goes_on_in_lines_that_start_with_a_blank() {
        check(
            "Description: short\n long\n .\n more\nB: 2\n",
            &[&[("Description", "short\n long\n .\n more"), ("B", "2")]],
        );
        check("Conffiles:\n /etc/a 1\n", &[&[("Conffiles", "/etc/a 1")]]);
    }

    #[test]
    fn lines_that_are_no_field_are_counted_and_passed_over() {
        let stanza = Stanzas::new(" lost\nA: 1\nno colon\nbad name: x\nB: 2\n").next().unwrap();
        assert_eq!(stanza.broken_lines, 3);
        assert_eq!(stanza.get("a"), Some("1"));
        assert_eq!(stanza.get("B"), Some("2"));
    }
}
