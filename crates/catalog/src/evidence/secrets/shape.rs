//! The shapes of tokens, and what tells a token from an example of one.

/// A part of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// These very bytes.
    Word(&'static str),
    /// At least and at most so many characters of an alphabet.
    Run(Alphabet, usize, usize),
}

/// The characters that a part of a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// `0-9`.
    Digit,
    /// `0-9a-f`.
    Hex,
    /// `A-Z2-7`, the alphabet of Base32.
    Base32,
    /// `0-9A-Z`.
    Upper,
    /// `0-9a-z`.
    Lower,
    /// `0-9A-Za-z`.
    Alnum,
    /// `0-9A-Za-z_`.
    Word,
    /// `0-9A-Za-z_-`.
    Url64,
    /// `0-9A-Za-z+/`.
    Base64,
}

impl Alphabet {
    pub(super) const fn has(self, byte: u8) -> bool {
        match self {
            Self::Digit => byte.is_ascii_digit(),
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::Base32 => matches!(byte, b'A'..=b'Z' | b'2'..=b'7'),
            Self::Upper => matches!(byte, b'0'..=b'9' | b'A'..=b'Z'),
            Self::Lower => matches!(byte, b'0'..=b'9' | b'a'..=b'z'),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Word => byte.is_ascii_alphanumeric() || byte == b'_',
            Self::Url64 => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'),
        }
    }
}

/// How many bytes of `text` have the shape, from its beginning, and how many of those belong to
/// its first word. A token that goes on behind its shape has another one.
pub(super) fn measure(shape: &[Piece], text: &[u8]) -> Option<(usize, usize)> {
    let mut at = 0;
    let mut shown = 0;
    let mut last = None;
    for (position, piece) in shape.iter().enumerate() {
        let rest = text.get(at..)?;
        match *piece {
            Piece::Word(word) => {
                if !rest.starts_with(word.as_bytes()) {
                    return None;
                }
                at += word.len();
                if position == 0 {
                    shown = at;
                }
                last = None;
            }
            Piece::Run(alphabet, least, most) => {
                let length = rest.iter().take(most + 1).take_while(|byte| alphabet.has(**byte)).count();
                if length < least || length > most {
                    return None;
                }
                at += length;
                last = Some(alphabet);
            }
        }
    }
    let next = text.get(at).copied().unwrap_or(b'\n');
    let goes_on =
        last.is_some_and(|alphabet| alphabet.has(next)) || next.is_ascii_alphanumeric() || next == b'_';
    (!goes_on).then_some((at, shown))
}

/// Words that stand in examples, in lower case.
const EXAMPLE_WORDS: [&[u8]; 22] = [
    b"example",
    b"sample",
    b"placeholder",
    b"changeme",
    b"change_me",
    b"change-me",
    b"your",
    b"dummy",
    b"redacted",
    b"foobar",
    b"1234567",
    b"abcdef",
    b"abc123",
    b"deadbeef",
    b"insert",
    b"replace",
    b"fake",
    b"notareal",
    b"todo",
    b"secret-here",
    b"...",
    b"qwerty",
];

/// What marks a value as one that is put in later: a variable or a field of a template.
const TEMPLATES: [&[u8]; 10] = [b"${", b"$(", b"{{", b"}}", b"<%", b"%(", b"#{", b"%s", b"<", b"@@"];

/// Whether a value is an example, or names a variable that holds the real one.
pub(super) fn is_example(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    let holds = |word: &[u8]| memchr::memmem::find(&lower, word).is_some();
    let same = value.chunk_by(|left, right| left == right).map(<[u8]>::len).max().unwrap_or(0);
    EXAMPLE_WORDS.iter().any(|word| holds(word))
        || is_template(value)
        || same >= 5 && same * 3 >= value.len()
        || same >= 8
}

/// Whether a value is put in later.
pub(super) fn is_template(value: &[u8]) -> bool {
    value.starts_with(b"$")
        || value.starts_with(b"%") && value.ends_with(b"%")
        || value.starts_with(b"__") && value.ends_with(b"__")
        || TEMPLATES.iter().any(|mark| memchr::memmem::find(value, mark).is_some())
}

/// The mean information of a byte, in bits, if bytes came as often as they do here (Shannon).
pub(super) fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let all = value.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / all;
            -share * share.log2()
        })
        .sum()
}

/// Whether the random part of a token looks random: no example, and as mixed as chance makes it.
/// Chance gives nine tenths of the most that its length and alphabet allow; words and identifiers
/// have less than seven.
pub(super) fn plausible(body: &[u8]) -> bool {
    if body.is_empty() || is_example(body) {
        return false;
    }
    let hexadecimal = body.iter().all(|byte| byte.is_ascii_hexdigit() || b"-_.".contains(byte));
    let alphabet = if hexadecimal { 16.0 } else { 62.0 };
    let most = (body.len() as f64).min(alphabet).log2();
    let has_digit = body.iter().any(u8::is_ascii_digit);
    entropy(body) >= 0.7 * most && (has_digit || body.len() < 30)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_ends_where_the_token_ends() {
        const SHAPE: &[Piece] = &[
            Piece::Word("ab_"),
            Piece::Run(Alphabet::Digit, 2, 3),
            Piece::Word("."),
            Piece::Run(Alphabet::Hex, 2, 2),
        ];
        let check = |text: &str, expect| assert_eq!(measure(SHAPE, text.as_bytes()), expect, "{text}");
        check("ab_12.ff", Some((8, 3)));
        check("ab_123.ff\"", Some((9, 3)));
        check("ab_1234.ff", None);
        check("ab_12.fff", None);
        check("ab_12.ffz", None);
        check("ab_12", None);
        check("", None);
    }

    #[test]
    fn examples_are_told_from_what_chance_made() {
        for real in ["Zt8qP0wVn2LrK5sXyB7mHc4J", "3f9a1c07e5b84d26", "x9Kq2mWz"] {
            assert!(plausible(real.as_bytes()), "{real}");
        }
        for made_up in [
            "",
            "xxxxxxxxxxxxxxxxxxxx",
            "00000000000000000000",
            "AKIAEXAMPLEKEY",
            "your-token-here",
            "${TOKEN}",
            "1234567890abcdef",
            "aaaaaaaaaaaabbbbbbbb",
            "some_long_identifier_that_is_no_secret_at_all",
        ] {
            assert!(!plausible(made_up.as_bytes()), "{made_up}");
        }
    }
}
