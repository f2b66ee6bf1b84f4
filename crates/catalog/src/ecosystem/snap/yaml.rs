//! The fields of a description that have a plain text or a list of plain texts, outside of all
//! others. Nothing else of YAML is understood, and nothing else of it is taken for a text.

/// The format has some forty fields; a file full of others must not take the time.
const MAX_FIELDS: usize = 256;

/// Fields with their values: one, or those of a list. A value that goes on in the next lines, is
/// made of others, or refers to them (`|`, `>`, `{`, `&`, `*`, `!`) has none.
pub(super) fn fields(text: &str) -> Vec<(String, Vec<String>)> {
    let mut fields: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        let line = line.trim_end();
        // An item of the list of the field before, which may stand at the beginning of the line.
        if let Some(item) = line.trim_start_matches(' ').strip_prefix("- ") {
            if let Some((_, values)) = fields.last_mut() {
                values.extend(scalar(item));
            }
            continue;
        }
        if line.is_empty() || line.starts_with([' ', '\t', '#', '-', '%']) || line == "..." {
            continue;
        }
        if fields.len() == MAX_FIELDS {
            break;
        }
        let (name, value) =
            line.split_once(": ").or_else(|| Some((line.strip_suffix(':')?, ""))).unwrap_or_default();
        let name = name.trim().trim_matches(['"', '\'']);
        if name.is_empty() || fields.iter().any(|(known, _)| known == name) {
            // What follows belongs to no field.
            fields.push((String::new(), Vec::new()));
            continue;
        }
        fields.push((name.to_owned(), values(value.trim())));
    }
    fields.retain(|(name, _)| !name.is_empty());
    fields
}

fn values(text: &str) -> Vec<String> {
    match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((list, _)) => list.split(',').filter_map(|item| scalar(item.trim())).collect(),
        None => scalar(text).into_iter().collect(),
    }
}

/// A text that stands in one line, with or without quotes.
fn scalar(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix('\'') {
        // An apostrophe within is written twice.
        let (inner, _) =
            rest.replace("''", "\u{0}").split_once('\'').map(|(a, b)| (a.to_owned(), b.to_owned()))?;
        return Some(inner.replace('\u{0}', "'"));
    }
    if let Some(rest) = text.strip_prefix('"') {
        let mut inner = String::new();
        let mut letters = rest.chars();
        loop {
            match letters.next()? {
                '"' => return Some(inner),
                '\\' => match letters.next()? {
                    '"' => inner.push('"'),
                    '\\' => inner.push('\\'),
                    '/' => inner.push('/'),
                    // Letters by their number; names and versions have none.
                    _ => return None,
                },
                other => inner.push(other),
            }
        }
    }
    let text = text.split(" #").next().unwrap_or_default().trim_end();
    let is_plain = !text.is_empty()
        && !text.starts_with(['|', '>', '{', '[', '&', '*', '!', '%', '@', '`', '#', ','])
        && !matches!(text, "null" | "~");
    is_plain.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[(&str, &[&str])]) {
        let found = fields(text);
        let found: Vec<(&str, Vec<&str>)> = found
            .iter()
            .map(|(name, values)| (name.as_str(), values.iter().map(String::as_str).collect()))
            .collect();
        let expect: Vec<(&str, Vec<&str>)> =
            expect.iter().map(|(name, values)| (*name, values.to_vec())).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn a_field_has_a_text_or_a_list_of_texts() {
        check("a: 1.10\n", &[("a", &["1.10"])]);
        check("a: 'it''s'\nb: \"x \\\"y\\\"\" # z\n", &[("a", &["it's"]), ("b", &["x \"y\""])]);
        check("a: b # c\n", &[("a", &["b"])]);
        check("a: [x, 'y']\nb:\n- z\n  - w\n", &[("a", &["x", "y"]), ("b", &["z", "w"])]);
        check("\"a\": b\n", &[("a", &["b"])]);
        check("---\n# c\na: b\n...\n", &[("a", &["b"])]);
    }

    #[test]
    fn what_is_more_than_a_text_has_no_value() {
        check("a: |\n  b: c\nd: e\n", &[("a", &[]), ("d", &["e"])]);
        check("a: {b: c}\nd: &x e\nf: *x\n", &[("a", &[]), ("d", &[]), ("f", &[])]);
        check("a:\n  b: c\n", &[("a", &[])]);
        check("a: \"x\\u0041\"\nb: 'c\n", &[("a", &[]), ("b", &[])]);
        check("a: b\na: c\n- d\n", &[("a", &["b"])]);
        check("", &[]);
    }
}
