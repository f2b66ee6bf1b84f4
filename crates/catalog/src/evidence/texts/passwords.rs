//! Accounts without the hashes of their passwords.

use plimsoll_model::evidence::PasswordKind;

use crate::evidence::accounts;

/// The databases of accounts, whose second field is a password. `…-` is what they were before the last
/// change.
const ACCOUNTS: [&[u8]; 4] = [b"etc/passwd", b"etc/group", b"etc/shadow", b"etc/gshadow"];

/// Whether a file has passwords of accounts.
pub(super) fn has(path: &[u8]) -> bool {
    ACCOUNTS.contains(&path.strip_suffix(b"-").unwrap_or(path))
}

/// The text with every password replaced by its kind in angle brackets, but for the usual marks that
/// there is none: `root:<sha-512>:19000:…`, `app:!<yescrypt>:19000:…`, `bin:*:19000:…`.
pub(super) fn reduce(content: &[u8]) -> Vec<u8> {
    let mut reduced = Vec::with_capacity(content.len());
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        let mut fields = line.splitn(3, |byte| *byte == b':');
        let (name, Some(password)) = (fields.next().unwrap_or_default(), fields.next()) else {
            reduced.extend_from_slice(line);
            continue;
        };
        let end = password.strip_suffix(b"\n").unwrap_or(password);
        let behind = line.get(name.len() + 1 + end.len()..).unwrap_or_default();
        reduced.extend_from_slice(name);
        reduced.push(b':');
        put(end, &mut reduced);
        reduced.extend_from_slice(behind);
    }
    reduced
}

fn put(password: &[u8], reduced: &mut Vec<u8>) {
    // Solaris' marks that there is no password, or that it is locked.
    if matches!(password, b"*NP*" | b"*LK*") {
        return reduced.extend_from_slice(password);
    }
    let marks = password.iter().take_while(|byte| matches!(byte, b'!' | b'*')).count();
    let (marks, hash) = password.split_at(marks);
    reduced.extend_from_slice(marks);
    match accounts::kind(hash) {
        PasswordKind::Empty | PasswordKind::Shadowed => reduced.extend_from_slice(hash),
        kind => {
            let word = kind.word().to_ascii_lowercase();
            let word = if kind == PasswordKind::Other { "other" } else { word.as_str() };
            reduced.extend_from_slice(format!("<{word}>").as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, expect: &str) {
        assert_eq!(String::from_utf8(reduce(content.as_bytes())).unwrap(), expect);
    }

    #[test]
    fn hashes_become_their_kind_and_all_else_stays() {
        check(
            "root:$6$salt$hash:19000:0:99999:7:::\nbin:*:19000::::::\napp:!$y$j9T$salt$hash:1::\n",
            "root:<sha-512>:19000:0:99999:7:::\nbin:*:19000::::::\napp:!<yescrypt>:1::\n",
        );
        check(
            "root:x:0:0:root:/root:/bin/sh\nold::1:1::/:\n",
            "root:x:0:0:root:/root:/bin/sh\nold::1:1::/:\n",
        );
        check(
            "a:abJnggxhB/yWI:0:0\nb:hunter2:0:0\nc:!!:1\nd:*LK*:1\n",
            "a:<des>:0:0\nb:<other>:0:0\nc:!!:1\nd:*LK*:1\n",
        );
        check("# a comment\n+::::\nno fields\nlast:$1$a$b", "# a comment\n+::::\nno fields\nlast:<md5>");
        check("a:$1$a$b\n", "a:<md5>\n");
    }

    #[test]
    fn what_stands_behind_a_comment_or_a_mark_is_reduced_too() {
        check("#root:$6$salt$hash:19000:\n", "#root:<sha-512>:19000:\n");
        check("a:!!$5$salt$hash\r\n", "a:!!<sha-256>\n");
    }
}
