//! Any text in one line and back, for formats whose only free field is a comment.

/// Text without line ends: a backslash and line ends become `\\`, `\n` and `\r`.
pub(crate) fn fold_line(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r")
}

/// The text that [`fold_line`] folded.
pub(super) fn unfold_line(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '\\' => match letters.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_one_line_and_comes_back() {
        for text in ["plain", "two\nlines\r\n", "back\\slash \\n", "\\", ""] {
            assert!(!fold_line(text).contains(['\n', '\r']));
            assert_eq!(unfold_line(&fold_line(text)), text);
        }
    }
}
