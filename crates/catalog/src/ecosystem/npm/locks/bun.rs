//! `bun.lock`: JSON with commas behind the last of a list.

use serde_json::Value;

use super::split_name;
use crate::declared::Locked;

pub(super) fn parse(text: &str) -> Option<Vec<Locked>> {
    let value: Value = serde_json::from_str(&without_last_commas(text)).ok()?;
    value.get("lockfileVersion")?;
    let packages = value.get("packages").and_then(Value::as_object);
    let locked = packages.into_iter().flatten().filter_map(|(_, entry)| {
        let (name, version) = split_name(entry.get(0)?.as_str()?)?;
        // What is no version says where it is from: a workspace, a file, a repository.
        version.starts_with(|first: char| first.is_ascii_digit()).then(|| Locked::new(name, version))
    });
    Some(locked.collect())
}

/// The same as plain JSON.
fn without_last_commas(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut in_text, mut escaped, mut comma) = (false, false, None);
    for letter in text.chars() {
        if in_text {
            in_text = escaped || letter != '"';
            escaped = letter == '\\' && !escaped;
        } else {
            match letter {
                '"' => in_text = true,
                '}' | ']' => {
                    if let Some(place) = comma {
                        out.replace_range(place..place + 1, " ");
                    }
                }
                _ => {}
            }
        }
        if letter == ',' && !in_text {
            comma = Some(out.len());
        } else if !letter.is_ascii_whitespace() {
            comma = None;
        }
        out.push(letter);
    }
    out
}
