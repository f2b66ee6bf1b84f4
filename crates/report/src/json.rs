//! The parts that our JSON documents share: the head, and text that may not be UTF-8.
//!
//! Lists are written one entry per line, so that documents can be compared, searched and cut
//! with the tools of a shell.

use plimsoll_model::Analysis;
use serde::Serialize;

use crate::buffer::{self, Buffer};

/// Appends a value. It can only be one that serialises: no maps with keys that are not text.
pub(crate) fn value<T: Serialize + ?Sized>(bytes: &mut Vec<u8>, value: &T) {
    // Writing to memory does not fail, and none of our types refuses to be written.
    let start = bytes.len();
    if serde_json::to_writer(&mut *bytes, value).is_err() {
        bytes.truncate(start);
        bytes.extend_from_slice(b"null");
    }
}

/// Appends the beginning of a document, up to where its own members follow.
pub(crate) fn head(out: &mut Buffer<'_>, schema: &str, analysis: &Analysis) {
    out.text("{\n\"schema\": ");
    value(&mut out.bytes, schema);
    out.text(",\n\"image\": ");
    value(&mut out.bytes, &analysis.identity);
    out.text(",\n\"problems\": ");
    value(&mut out.bytes, &analysis.problems);
    out.text(",\n\"base_image\": ");
    value(&mut out.bytes, &analysis.base);
}

/// Appends a member of a document, after others.
pub(crate) fn member<T: Serialize + ?Sized>(out: &mut Buffer<'_>, name: &str, content: &T) {
    out.text(",\n\"");
    out.text(name);
    out.text("\": ");
    value(&mut out.bytes, content);
}

/// Appends the entries of a list that is open, one per line, and closes it.
pub(crate) fn rows<T: Serialize>(
    out: &mut Buffer<'_>,
    entries: impl Iterator<Item = T>,
) -> std::io::Result<()> {
    for (position, entry) in entries.enumerate() {
        out.text(if position == 0 { "\n" } else { ",\n" });
        value(&mut out.bytes, &entry);
        out.end_row()?;
    }
    out.text("\n]");
    Ok(())
}

/// Appends bytes as a JSON string. What is not UTF-8 becomes `\xNN`, which the answer tells:
/// then the text alone does not say which bytes it was.
pub(crate) fn text(bytes: &mut Vec<u8>, value: &[u8]) -> bool {
    bytes.push(b'"');
    let plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    let mut lossy = false;
    if value.iter().all(plain) {
        bytes.extend_from_slice(value);
    } else {
        for chunk in value.utf8_chunks() {
            for character in chunk.valid().chars() {
                escape(bytes, character);
            }
            for byte in chunk.invalid() {
                lossy = true;
                bytes.extend_from_slice(b"\\\\x");
                buffer::hex(bytes, &[*byte]);
            }
        }
    }
    bytes.push(b'"');
    lossy
}

fn escape(bytes: &mut Vec<u8>, character: char) {
    match character {
        '"' => bytes.extend_from_slice(b"\\\""),
        '\\' => bytes.extend_from_slice(b"\\\\"),
        '\n' => bytes.extend_from_slice(b"\\n"),
        '\r' => bytes.extend_from_slice(b"\\r"),
        '\t' => bytes.extend_from_slice(b"\\t"),
        control if u32::from(control) < 0x20 || control == '\u{7f}' => {
            bytes.extend_from_slice(b"\\u00");
            buffer::hex(bytes, &[control as u8]);
        }
        other => bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    fn check(raw: &[u8], expect: &str, lossy: bool) {
        let mut bytes = Vec::new();
        assert_eq!(text(&mut bytes, raw), lossy);
        let written = String::from_utf8(bytes).unwrap();
        assert_eq!(written, expect);
        let read: String = serde_json::from_str(&written).unwrap();
        if !lossy {
            assert_eq!(read.as_bytes(), raw);
        }
    }

    #[test]
    fn only_what_is_not_utf_8_is_lost() {
        check(b"/usr/bin", r#""/usr/bin""#, false);
        check(
            "/\u{e9}t\u{e9} \"x\" \\ \n\t\r\u{1}\u{7f}".as_bytes(),
            "\"/\u{e9}t\u{e9} \\\"x\\\" \\\\ \\n\\t\\r\\u0001\\u007f\"",
            false,
        );
        check(b"caf\xe9", r#""caf\\xe9""#, true);
    }
}
