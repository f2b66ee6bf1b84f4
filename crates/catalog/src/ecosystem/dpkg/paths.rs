//! Lists of paths, with or without a digest each, packed for the cache.
//!
//! dpkg writes its lists directory by directory, so a path shares most of its bytes with the
//! one before. Each is kept as the count of shared bytes and what follows them, which makes a
//! list a third as long and is read back at memory speed.

use plimsoll_model::digest::unhex;
use plimsoll_model::path::MAX_PATH;

/// Which list a file of `info` is, by its ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ListKind {
    /// `.list`: every path of the package, absolute, directories among them, the root as `/.`.
    Files,
    /// `.md5sums`: the MD5 digest of each regular file and its path without leading slash.
    Digests,
    /// `.conffiles`: absolute paths, some after a flag (deb-conffiles(5)).
    Configuration,
}

/// Packs a list; also says how many of its lines could not be read.
pub(super) fn pack(content: &[u8], kind: ListKind) -> (Vec<u8>, usize) {
    let mut packed = Vec::with_capacity(content.len() / 3);
    let mut last: &[u8] = b"";
    let mut damaged = 0;
    for line in content.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let Some((path, digest)) = parse_line(line, kind) else {
            damaged += 1;
            continue;
        };
        let shared = last.iter().zip(path).take_while(|(left, right)| left == right).count();
        push_number(&mut packed, shared);
        push_number(&mut packed, path.len() - shared);
        packed.extend_from_slice(path.get(shared..).unwrap_or_default());
        if let Some(digest) = digest {
            packed.extend_from_slice(&digest);
        }
        last = path;
    }
    (packed, damaged)
}

/// The path and digest of one line; `None` where it is neither.
fn parse_line(line: &[u8], kind: ListKind) -> Option<(&[u8], Option<[u8; 16]>)> {
    let (path, digest) = match kind {
        ListKind::Files => (line, None),
        ListKind::Configuration => {
            // The one flag there is, `remove-on-upgrade`, stands before a path that the package
            // no longer ships; it may still lie there, and dpkg still holds it for its own.
            let start = line.iter().position(|byte| *byte == b'/')?;
            (line.get(start..)?, None)
        }
        ListKind::Digests => {
            let (hex, path) = line.split_at_checked(32)?;
            let digest = unhex(hex)?.try_into().ok()?;
            let path = path.strip_prefix(b"  ").or_else(|| path.strip_prefix(b" *"))?;
            (path, Some(digest))
        }
    };
    let usable = !path.is_empty() && path.len() <= MAX_PATH && !path.contains(&0);
    usable.then_some((path, digest))
}

/// Calls `each` for every path of a packed list, with its digest where the list has them.
/// `None` where the bytes are no packed list; what was read before that was still handed over.
pub(super) fn for_each(
    mut packed: &[u8],
    kind: ListKind,
    mut each: impl FnMut(&[u8], Option<&[u8; 16]>),
) -> Option<()> {
    let mut path: Vec<u8> = Vec::new();
    while !packed.is_empty() {
        let shared = take_number(&mut packed)?;
        let length = take_number(&mut packed)?;
        if shared > path.len() || length > MAX_PATH || shared + length > MAX_PATH {
            return None;
        }
        let (own, rest) = packed.split_at_checked(length)?;
        path.truncate(shared);
        path.extend_from_slice(own);
        packed = rest;
        if kind == ListKind::Digests {
            let (digest, rest) = packed.split_first_chunk::<16>()?;
            packed = rest;
            each(&path, Some(digest));
        } else {
            each(&path, None);
        }
    }
    Some(())
}

/// Seven bits a byte, the lowest first; paths are bounded, so two bytes nearly always do.
fn push_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take_number(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0_usize;
    for shift in [0, 7, 14] {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, kind: ListKind, expect: &[&str], damaged: usize) {
        let (packed, bad) = pack(content.as_bytes(), kind);
        let mut paths = Vec::new();
        for_each(&packed, kind, |path, digest| {
            assert_eq!(digest.is_some(), kind == ListKind::Digests);
            paths.push(String::from_utf8(path.to_vec()).unwrap());
        })
        .unwrap();
        assert_eq!(paths, expect);
        assert_eq!(bad, damaged);
    }

    #[test]
    fn a_list_comes_back_path_by_path() {
        check(
            "/.\n/usr\n/usr/bin\n/usr/bin/env\n",
            ListKind::Files,
            &["/.", "/usr", "/usr/bin", "/usr/bin/env"],
            0,
        );
        check("/a b\n/é", ListKind::Files, &["/a b", "/é"], 0);
        check(
            "/etc/a\nremove-on-upgrade /etc/b\nrubbish\n",
            ListKind::Configuration,
            &["/etc/a", "/etc/b"],
            1,
        );
    }

    #[test]
    fn digests_stand_before_their_paths() {
        check(
            "d41d8cd98f00b204e9800998ecf8427e  usr/bin/a\nxyz  usr/bin/b\nd41d8cd98f00b204e9800998ecf8427e *usr/c d\n",
            ListKind::Digests,
            &["usr/bin/a", "usr/c d"],
            1,
        );
    }

    #[test]
    fn a_path_too_long_for_any_system_is_left_out() {
        check(&format!("/{}\n/a\n", "x".repeat(MAX_PATH)), ListKind::Files, &["/a"], 1);
    }

    #[test]
    fn bytes_that_are_no_packed_list_are_noticed() {
        assert_eq!(for_each(&[9, 1, b'a'], ListKind::Files, |_, _| {}), None);
        assert_eq!(for_each(&[0, 200], ListKind::Files, |_, _| {}), None);
        assert_eq!(for_each(&[0, 1, b'a', 1], ListKind::Digests, |_, _| {}), None);
    }
}
