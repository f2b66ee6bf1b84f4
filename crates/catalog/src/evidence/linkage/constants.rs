//! Strings among a file's constants that look like names of libraries, or like paths.
//!
//! Only what a C compiler makes of a string counts: bytes that end at a zero and begin behind
//! one, in a section that is loaded and is neither code nor written to.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Named, text};
use crate::executable::{Executable, section};
use crate::own_path::is_own_path;

/// The longest string that may be a path or the name of a library.
const MAX_LENGTH: usize = 192;
/// The most strings of one shape that are kept of a file, so that one with a table of them
/// does not weigh more than a hundred others.
const MAX_STRINGS: usize = 256;

#[derive(Default)]
struct Found<'a> {
    seen: HashSet<&'a [u8]>,
    names: Vec<Arc<str>>,
    is_short: bool,
}

impl<'a> Found<'a> {
    fn add(&mut self, string: &'a [u8]) {
        if self.names.len() == MAX_STRINGS {
            self.is_short |= !self.seen.contains(string);
        } else if self.seen.insert(string) {
            self.names.push(text(string));
        }
    }

    fn finish(self) -> Named {
        if self.is_short { Named::Some(self.names) } else { Named::All(self.names) }
    }
}

/// The names of libraries, and the paths.
pub(super) fn read(executable: &Executable<'_>) -> (Named, Named) {
    const DECIDING: u64 = section::LOADED | section::WRITABLE | section::CODE | section::COMPRESSED;
    let constants: Vec<_> = executable
        .sections
        .iter()
        .filter(|one| one.kind == section::PROGRAM_BITS && one.flags & DECIDING == section::LOADED)
        .filter(|one| {
            !matches!(
                one.name,
                Some(b".eh_frame" | b".eh_frame_hdr" | b".gcc_except_table" | b".gopclntab" | b".interp")
            )
        })
        .collect();
    // Sections that lie in one another are no compiler's, and would be read again and again.
    let size = constants.iter().fold(0_u64, |all, one| all.saturating_add(one.size));
    let kept = &executable.kept;
    if !kept.is_whole() || executable.sections.is_empty() || size > kept.size() {
        return (Named::Unknown, Named::Unknown);
    }
    let (mut libraries, mut paths) = (Found::default(), Found::default());
    for one in constants {
        let Some(bytes) = kept.at(one.offset, one.size) else {
            return (Named::Unknown, Named::Unknown);
        };
        let mut start = 0;
        for end in memchr::memchr_iter(0, bytes) {
            let string = bytes.get(start..end).unwrap_or_default();
            start = end + 1;
            if string.len() < 4 || string.len() > MAX_LENGTH {
                continue;
            }
            if is_library(string) {
                libraries.add(string);
            } else if is_own_path(string) {
                paths.add(string);
            }
        }
    }
    (libraries.finish(), paths.finish())
}

/// `libfoo.so`, `libfoo.so.1.2`, `plugins/foo.so`, `/usr/lib/foo.so`.
fn is_library(string: &[u8]) -> bool {
    let end =
        string.iter().rposition(|byte| !byte.is_ascii_digit() && *byte != b'.').map_or(0, |last| last + 1);
    let (stem, version) = string.split_at(end);
    let Some(name) = stem.strip_suffix(b".so") else { return false };
    let numbers = version.strip_prefix(b".");
    let is_version = version.is_empty()
        || numbers.is_some_and(|rest| rest.split(|byte| *byte == b'.').all(|number| !number.is_empty()));
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_+-./$".contains(byte);
    is_version && name.last().is_some_and(u8::is_ascii_alphanumeric) && name.iter().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_libraries_are_told_from_other_strings() {
        for name in [
            "libssl.so.3",
            "libnss_dns.so.2",
            "libfoo-1.2.so",
            "plugins/a.so",
            "/usr/lib/b.so.1.2.3",
            "$ORIGIN/c.so",
        ] {
            assert!(is_library(name.as_bytes()), "{name}");
        }
        for other in ["lib%s.so", ".so", "the .so file", "libfoo.so.", "libfoo.so..1", "libfoo.sow", "1.2.3"]
        {
            assert!(!is_library(other.as_bytes()), "{other}");
        }
    }
}
