//! Splits a line of an image's text into words.

/// One word: its bytes with quotes and escapes taken off, and where its value was quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) bytes: Vec<u8>,
    /// Where the first quoted part begins in `bytes`.
    pub(crate) quoted_from: Option<usize>,
}

impl Word {
    /// The word as text.
    pub(crate) fn text(&self) -> Result<&str, String> {
        std::str::from_utf8(&self.bytes).map_err(|_| format!("{:?} is no text", self.bytes))
    }

    /// Key and value of `key=value`, where the word is one.
    pub(crate) fn pair(&self) -> Option<(&str, Self)> {
        let end = self.quoted_from.unwrap_or(self.bytes.len());
        let equals = self.bytes[..end].iter().position(|byte| *byte == b'=')?;
        let key = std::str::from_utf8(&self.bytes[..equals]).ok()?;
        let quoted_from = self.quoted_from.map(|from| from - equals - 1);
        Some((key, Self { bytes: self.bytes[equals + 1..].to_vec(), quoted_from }))
    }
}

/// Words are parted by blanks; `"…"` may stand for all of a word or a part of it and knows
/// `\n`, `\t`, `\\`, `\"` and `\xNN`; `#` at the start of a word begins a comment.
pub(crate) fn split(line: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut bytes = line.bytes().peekable();
    loop {
        while bytes.next_if(u8::is_ascii_whitespace).is_some() {}
        if matches!(bytes.peek(), None | Some(b'#')) {
            return Ok(words);
        }
        let mut word = Word { bytes: Vec::new(), quoted_from: None };
        while let Some(byte) = bytes.next_if(|byte| !byte.is_ascii_whitespace()) {
            if byte != b'"' {
                word.bytes.push(byte);
                continue;
            }
            word.quoted_from.get_or_insert(word.bytes.len());
            loop {
                match bytes.next().ok_or("a quote is not closed")? {
                    b'"' => break,
                    b'\\' => word.bytes.push(escaped(&mut bytes)?),
                    other => word.bytes.push(other),
                }
            }
        }
        words.push(word);
    }
}

fn escaped(bytes: &mut impl Iterator<Item = u8>) -> Result<u8, String> {
    match bytes.next() {
        Some(b'n') => Ok(b'\n'),
        Some(b't') => Ok(b'\t'),
        Some(byte @ (b'\\' | b'"')) => Ok(byte),
        Some(b'x') => {
            let digits: Vec<u8> = bytes.take(2).collect();
            hexadecimal(&digits)?.pop().ok_or_else(|| "\\x needs two digits".to_owned())
        }
        other => Err(format!("no escape is spelled \\{:?}", other.map(char::from))),
    }
}

/// Bytes spelled as pairs of hexadecimal digits.
pub(crate) fn hexadecimal(digits: &[u8]) -> Result<Vec<u8>, String> {
    let wrong = || format!("{:?} is not hexadecimal", String::from_utf8_lossy(digits));
    if !digits.len().is_multiple_of(2) {
        return Err(wrong());
    }
    digits
        .chunks(2)
        .map(|pair| {
            std::str::from_utf8(pair)
                .ok()
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                .ok_or_else(wrong)
        })
        .collect()
}
