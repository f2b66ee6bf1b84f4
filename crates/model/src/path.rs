//! Paths inside an image: bytes, absolute, and free of anything that could climb out.

use std::borrow::Borrow;
use std::fmt;

use serde::{Serialize, Serializer};
use thiserror::Error;

/// The longest path taken, in bytes. Linux's `PATH_MAX` is 4,096; archives may carry longer
/// ones, which no kernel could create in one call, so four times that is generous.
pub const MAX_PATH: usize = 16 * 1024;

/// The longest name of one entry, in bytes. Linux file systems stop at 255.
pub const MAX_NAME: usize = 4 * 1024;

/// The deepest nesting taken. Bounds recursion and the walk from a file to its root.
pub const MAX_DEPTH: usize = 2_048;

/// A path inside an image: components joined by `/`, no leading slash, no empty, `.` or `..`
/// component, no NUL. The root is the empty path. Names are bytes; Linux gives them no encoding.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct TreePath(Box<[u8]>);

/// Why bytes are no path inside an image.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PathError {
    /// A `..` that would leave the root.
    #[error("the path climbs out of the image")]
    ClimbsOut,
    /// A NUL byte, which no Linux path can hold.
    #[error("the path holds a NUL byte")]
    Nul,
    /// Longer than [`MAX_PATH`], a name longer than [`MAX_NAME`], or deeper than [`MAX_DEPTH`].
    #[error("the path is too long or too deep")]
    TooLong,
}

impl TreePath {
    /// The root of the image.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Normalises a path as an archive or a link spells it: leading and doubled slashes and `.`
    /// go, `..` takes the component before it. A `..` at the root is an error, not ignored.
    ///
    /// # Errors
    /// [`PathError`] says what no path inside an image may hold.
    pub fn parse(raw: &[u8]) -> Result<Self, PathError> {
        let mut path = Vec::with_capacity(raw.len());
        normalise_into(raw, &mut path)?;
        Ok(Self(path.into_boxed_slice()))
    }

    /// Takes bytes that are already normal, as [`normalise_into`] left them.
    #[must_use]
    pub fn from_normal(path: Vec<u8>) -> Self {
        debug_assert!(is_normal(&path), "{path:?}");
        Self(path.into_boxed_slice())
    }

    /// The bytes, without a leading slash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether this is the root itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The absolute path's bytes, with the leading slash.
    #[must_use]
    pub fn to_absolute(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() + 1);
        bytes.push(b'/');
        bytes.extend_from_slice(&self.0);
        bytes
    }
}

/// Writes the normal form of `raw` into `path`, which is cleared first.
///
/// # Errors
/// [`PathError`], as [`TreePath::parse`] gives it.
pub fn normalise_into(raw: &[u8], path: &mut Vec<u8>) -> Result<(), PathError> {
    path.clear();
    if raw.len() > MAX_PATH {
        return Err(PathError::TooLong);
    }
    if raw.contains(&0) {
        return Err(PathError::Nul);
    }
    let mut depth = 0_usize;
    for component in raw.split(|byte| *byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => {
                if depth == 0 {
                    return Err(PathError::ClimbsOut);
                }
                depth -= 1;
                let end = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                path.truncate(end);
            }
            name => {
                depth += 1;
                if depth > MAX_DEPTH || name.len() > MAX_NAME {
                    return Err(PathError::TooLong);
                }
                if !path.is_empty() {
                    path.push(b'/');
                }
                path.extend_from_slice(name);
            }
        }
    }
    Ok(())
}

/// Whether bytes are the normal form of a path.
#[must_use]
pub fn is_normal(path: &[u8]) -> bool {
    path.is_empty()
        || (!path.contains(&0)
            && path.split(|byte| *byte == b'/').all(|name| !matches!(name, b"" | b"." | b"..")))
}

/// The directory of a path, and its last component. What lies at the top has an empty directory.
#[must_use]
pub fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = path.rsplitn(2, |byte| *byte == b'/');
    let name = parts.next().unwrap_or_default();
    (parts.next().unwrap_or_default(), name)
}

/// Text for people and for JSON: UTF-8 stays, every other byte and every control character
/// becomes `\xNN`, so that one name is one line.
#[must_use]
pub fn escape(bytes: &[u8]) -> String {
    use fmt::Write as _;
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() {
                let mut buffer = [0; 4];
                for byte in character.encode_utf8(&mut buffer).bytes() {
                    let _ = write!(text, "\\x{byte:02x}");
                }
            } else {
                text.push(character);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// The order in which files are listed: by name, directory by directory, so that a directory
/// is followed by everything in it.
#[must_use]
pub fn order(left: &[u8], right: &[u8]) -> std::cmp::Ordering {
    left.split(|byte| *byte == b'/').cmp(right.split(|byte| *byte == b'/'))
}

impl Ord for TreePath {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        order(&self.0, &other.0)
    }
}

impl PartialOrd for TreePath {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Borrow<[u8]> for TreePath {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", escape(&self.0))
    }
}

impl fmt::Debug for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for TreePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, expect: &str) {
        assert_eq!(TreePath::parse(raw.as_bytes()).unwrap().to_string(), expect, "{raw}");
    }

    #[test]
    fn every_spelling_of_a_path_is_one_path() {
        for raw in ["usr/bin", "/usr/bin", "./usr/bin/", "usr//bin", "usr/lib/../bin", "usr/./bin"] {
            check(raw, "/usr/bin");
        }
        check("", "/");
        check("./", "/");
        check("a/..", "/");
    }

    #[test]
    fn a_path_that_climbs_out_is_refused() {
        for raw in ["..", "../etc/passwd", "a/../../b", "/.."] {
            assert_eq!(TreePath::parse(raw.as_bytes()), Err(PathError::ClimbsOut), "{raw}");
        }
        assert_eq!(TreePath::parse(b"a\0b"), Err(PathError::Nul));
        assert_eq!(TreePath::parse(&vec![b'a'; MAX_PATH + 1]), Err(PathError::TooLong));
    }

    #[test]
    fn names_that_are_not_text_print_on_one_line() {
        assert_eq!(TreePath::parse(b"a\xffb\nc").unwrap().to_string(), "/a\\xffb\\x0ac");
    }

    #[test]
    fn a_directory_comes_right_before_what_is_in_it() {
        let mut paths = ["a-b", "a/b", "a", "b", "a/b/c"].map(|p| TreePath::parse(p.as_bytes()).unwrap());
        paths.sort();
        assert_eq!(paths.map(|p| p.to_string()), ["/a", "/a/b", "/a/b/c", "/a-b", "/b"]);
    }
}
