//! `CONTENTS`: what a package put into the image, one file a line, as Portage writes it.

use serde::{Deserialize, Serialize};

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Listed {
    /// A regular file, and the MD5 of its content; `None` where that is none.
    File { path: String, md5: Option<[u8; 16]> },
    /// A directory, a link, a named pipe or a device.
    Other { path: String },
}

impl Listed {
    /// Its path, as Portage writes it: from the root on.
    pub(super) fn path(&self) -> &str {
        match self {
            Self::File { path, .. } | Self::Other { path } => path,
        }
    }
}

/// The files that are listed, and how many lines are none that Portage writes. Names may have
/// blanks and arrows in them: what follows a name is told from the end of the line.
pub(super) fn parse(text: &str) -> (Vec<Listed>, usize) {
    let (mut listed, mut damaged) = (Vec::new(), 0);
    for line in text.lines().filter(|line| !line.is_empty()) {
        match entry(line) {
            Some(entry) => listed.push(entry),
            None => damaged += 1,
        }
    }
    (listed, damaged)
}

fn entry(line: &str) -> Option<Listed> {
    let (kind, rest) = line.split_once(' ')?;
    let entry = match kind {
        "obj" => {
            let (rest, _) = rest.rsplit_once(' ')?;
            let (path, digest) = rest.rsplit_once(' ')?;
            Listed::File { path: path.to_owned(), md5: md5(digest) }
        }
        "sym" => Listed::Other { path: rest.rsplit_once(" -> ")?.0.to_owned() },
        "dir" | "dev" | "fif" => Listed::Other { path: rest.to_owned() },
        _ => return None,
    };
    entry.path().starts_with('/').then_some(entry)
}

fn md5(text: &str) -> Option<[u8; 16]> {
    let mut digest = [0; 16];
    if text.len() != 32 || !text.is_ascii() {
        return None;
    }
    for (place, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expect: Option<&str>) {
        assert_eq!(entry(line).as_ref().map(Listed::path), expect, "{line}");
    }

    #[test]
    fn names_may_have_anything_in_them() {
        check("obj /usr/bin/ahoy 9b60a29cfc7cb9c106ed8aa9ba10fccb 1795535871", Some("/usr/bin/ahoy"));
        check("obj /etc/a b  c 9b60a29cfc7cb9c106ed8aa9ba10fccb 1", Some("/etc/a b  c"));
        check("sym /a -> b -> c d 1", Some("/a -> b"));
        check("dir /a -> b", Some("/a -> b"));
        check("fif /run/pipe", Some("/run/pipe"));
        check("obj /a 1", None);
        check("obj a 9b60a29cfc7cb9c106ed8aa9ba10fccb 1", None);
        check("sym /a b", None);
        check("what /a", None);
        check("dir", None);
    }

    #[test]
    fn a_digest_that_is_none_is_unknown() {
        let digest = |text: &str| match entry(&format!("obj /a {text} 1")) {
            Some(Listed::File { md5, .. }) => md5.is_some(),
            other => panic!("{other:?}"),
        };
        assert!(digest("9b60a29cfc7cb9c106ed8aa9ba10fccb"));
        assert!(!digest("9b60a29cfc7cb9c106ed8aa9ba10fcc"));
        assert!(!digest("9b60a29cfc7cb9c106ed8aa9ba10fcc+"));
        assert!(!digest("(0)"));
    }
}
