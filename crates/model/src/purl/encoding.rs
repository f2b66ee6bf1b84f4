//! Percent-encoding as package URLs have it, which is stricter than that of other URLs.

use std::fmt::{self, Write as _};

/// Writes text with everything encoded but ASCII letters and digits, `.`, `-`, `_`, `~` and `:`.
pub(super) fn encode(text: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_' | '~' | ':') {
            out.write_char(character)?;
        } else {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                write!(out, "%{byte:02X}")?;
            }
        }
    }
    Ok(())
}

/// The text behind its percent-encoding; `None` where an escape is broken or is no UTF-8.
#[must_use]
pub fn decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            (digit()? << 4 | digit()?) as u8
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}
