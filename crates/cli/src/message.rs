//! Lines on standard error. What they quote comes from images and registries, so nothing but
//! plain text may reach the terminal.

use plimsoll_model::plain::plain_lines;

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
    anstream::eprintln!("{colour}{word}\x1b[0m: {}", plain_lines(text));
}
