//! Text of strangers as text for a terminal: whatever an image, a registry or a feed writes, nothing of
//! it may move the cursor, change colours, hide, or turn the direction of writing.

use std::borrow::Cow;

/// Whether a character is seen as nothing and yet changes what is seen: it turns the direction of
/// writing, joins, separates or hides. Those are the format characters of Unicode that names have no
/// need of.
#[must_use]
pub const fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with every control character, line ends too, and every invisible one written as its
/// escape: `\xNN` or `\u{N}`.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// The same for text of several lines, whose ends stay.
#[must_use]
pub fn plain_lines(text: &str) -> Cow<'_, str> {
    escape(text, |character| character == '\n')
}

fn escape(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let acts = |character: char| (character.is_control() || is_invisible(character)) && !stays(character);
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if !acts(character) {
            plain.push(character);
        } else if character.is_control() {
            plain.push_str(&format!("\\x{:02x}", u32::from(character)));
        } else {
            plain.extend(character.escape_unicode());
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_commands_a_terminal_gets_through() {
        let hostile = "a\x1b]0;x\x07\u{9b}31m\u{202e}b\u{e0041}\nc é";
        assert_eq!(plain(hostile), "a\\x1b]0;x\\x07\\x9b31m\\u{202e}b\\u{e0041}\\x0ac é");
        assert_eq!(plain_lines(hostile), "a\\x1b]0;x\\x07\\x9b31m\\u{202e}b\\u{e0041}\nc é");
        assert!(matches!(plain("日本語 é"), Cow::Borrowed(_)));
    }
}
