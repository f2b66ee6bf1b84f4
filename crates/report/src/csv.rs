//! Comma-separated values as RFC 4180 has them: lines end with CR LF, and a field is quoted
//! when it holds a comma, a quotation mark or a line end. Bytes pass as they are.

/// Appends one field.
pub(crate) fn field(bytes: &mut Vec<u8>, value: &[u8]) {
    if value.iter().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n')) {
        bytes.push(b'"');
        for byte in value {
            if *byte == b'"' {
                bytes.push(b'"');
            }
            bytes.push(*byte);
        }
        bytes.push(b'"');
    } else {
        bytes.extend_from_slice(value);
    }
}

/// Appends one row of text fields.
pub(crate) fn row(bytes: &mut Vec<u8>, fields: &[&str]) {
    for (position, value) in fields.iter().enumerate() {
        if position > 0 {
            bytes.push(b',');
        }
        field(bytes, value.as_bytes());
    }
    end(bytes);
}

/// Appends the end of a row.
pub(crate) fn end(bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::row;

    #[test]
    fn a_field_is_quoted_only_where_it_must_be() {
        let mut bytes = Vec::new();
        row(&mut bytes, &["plain", "a,b", "say \"hi\"", "two\nlines", "", "tab\t"]);
        assert_eq!(bytes, b"plain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",,tab\t\r\n");
    }
}
