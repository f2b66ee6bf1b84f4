//! Sources of languages whose statements of interest stand on lines of their own.

use crate::own_path::is_own_path;

/// The most here-documents that one line begins; sources begin two at most.
const MAX_HERE_DOCUMENTS: usize = 64;

/// Each line with its place, without its end.
pub(super) fn lines(content: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = content.get(at..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..length)?;
        let start = at;
        at += length + 1;
        Some((start, line.strip_suffix(b"\r").unwrap_or(line)))
    })
}

/// The word that a line begins with, and the rest behind blanks.
pub(super) fn first_word(line: &[u8]) -> (&[u8], &[u8]) {
    let line = line.trim_ascii_start();
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = line.iter().position(|byte| !is_word(byte)).unwrap_or(line.len());
    let (word, rest) = line.split_at(length);
    (word, rest.trim_ascii_start())
}

/// The string that a text begins with, without quotes, and what follows; only one that is as it is
/// written.
pub(super) fn literal(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (quote, rest) = text.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    let length = memchr::memchr(*quote, rest)?;
    let (string, rest) = rest.split_at(length);
    let is_plain =
        !string.contains(&b'\\') && (*quote == b'\'' || !string.iter().any(|byte| b"$@#".contains(byte)));
    is_plain.then_some((string, rest.get(1..).unwrap_or_default()))
}

/// Every string of a line that is the absolute path of something in the image.
pub(super) fn paths(line: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let quoted = memchr::memchr2_iter(b'"', b'\'', line);
    quoted.filter_map(|at| {
        let (string, _) = literal(line.get(at..)?)?;
        is_own_path(string).then_some((at, string))
    })
}

/// The words that end here-documents which a line begins, as Ruby, Perl and PHP write them:
/// `<<"EOF"`, `<<~EOF`, `<<<EOF`. A shift of numbers is none.
pub(super) fn here_documents(line: &[u8]) -> Vec<Vec<u8>> {
    let mut endings = Vec::new();
    let mut rest = line;
    while endings.len() < MAX_HERE_DOCUMENTS
        && let Some(at) = memchr::memmem::find(rest, b"<<")
    {
        let behind = rest.get(at + 2..).unwrap_or_default();
        let text = behind.strip_prefix(b"<".as_slice()).unwrap_or(behind).trim_ascii_start();
        let text = text.strip_prefix(b"~".as_slice()).or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
        let bare = text.strip_prefix(b"\"".as_slice()).or_else(|| text.strip_prefix(b"'")).unwrap_or(text);
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let length = bare.iter().position(|byte| !is_word(byte)).unwrap_or(bare.len());
        let word = bare.get(..length).unwrap_or_default();
        let is_quoted = bare.len() < text.len();
        if word.first().is_some_and(|first| is_quoted || first.is_ascii_uppercase() || *first == b'_') {
            endings.push(word.to_vec());
        }
        rest = behind;
    }
    endings
}
