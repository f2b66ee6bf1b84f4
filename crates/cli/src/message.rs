//! Lines on standard error. What they quote comes from images and registries, so nothing but
//! plain text may reach the terminal.

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Error,
    Warning,
    Note,
}

/// Says one line, made harmless.
pub(crate) fn tell_line(kind: Kind, text: &str) {
    let (colour, word) = match kind {
        Kind::Error => ("\x1b[1;31m", "error"),
        Kind::Warning => ("\x1b[1;33m", "warning"),
        Kind::Note => ("\x1b[1m", "note"),
    };
    anstream::eprintln!("{colour}{word}\x1b[0m: {}", harmless(text));
}

/// The text with everything escaped that could command a terminal or turn the direction of
/// writing: control characters of both sets, and Unicode's invisible format characters.
fn harmless(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        let invisible = matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if (character.is_control() && character != '\n') || invisible {
            plain.extend(character.escape_unicode());
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn nothing_that_commands_a_terminal_gets_through() {
        assert_eq!(
            harmless("a\x1b]0;x\x07\u{9b}31m\u{202e}b\nc é"),
            "a\\u{1b}]0;x\\u{7}\\u{9b}31m\\u{202e}b\nc é"
        );
    }
}
