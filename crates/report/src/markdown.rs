//! GitHub's Markdown, made for comments on pull requests. Whatever comes from an image or a feed
//! stands in a code span or is escaped, so that nothing of it is a link, a mention, an image or
//! HTML.

use std::fmt::Write as _;

use crate::table::clean;
use crate::units::count;

/// Up to how many rows a list has. GitHub refuses a comment of more than 65,536 characters, and
/// several lists together stay below that for rows of usual length.
pub(crate) const MAX_ROWS: usize = 250;

/// A code span for a cell of a table: on one line, bars escaped, fenced by more backticks than
/// the text has in a row.
pub(crate) fn code(text: &str) -> String {
    let text = clean(text).replace('|', "\\|");
    if text.trim().is_empty() {
        return String::new();
    }
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let gap = if longest > 0 { " " } else { "" };
    format!("{fence}{gap}{text}{gap}{fence}")
}

/// Text between code spans that may hold words of an image: all that means something to Markdown
/// or HTML is escaped.
pub(crate) fn prose(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in clean(text).chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // An entity keeps GitHub from mentioning a person or linking an issue.
            '@' => escaped.push_str("&#64;"),
            '#' => escaped.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => {
                escaped.push('\\');
                escaped.push(character);
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// Folds a list away, its heading in view.
pub(crate) fn folded(text: &mut String, heading: &str, open: bool, write: impl FnOnce(&mut String)) {
    let state = if open { " open" } else { "" };
    let _ = write!(text, "\n<details{state}><summary>{heading}</summary>\n\n");
    write(text);
    text.push_str("\n</details>\n");
}

/// Says how many rows were left out.
pub(crate) fn rest(text: &mut String, all: usize) {
    if all > MAX_ROWS {
        let _ = writeln!(text, "\n…and {} more.", count((all - MAX_ROWS) as u64));
    }
}
