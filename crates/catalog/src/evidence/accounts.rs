//! Users, groups, and the kinds of their passwords: `passwd`, `shadow`, `group` and `gshadow`.

use plimsoll_model::evidence::{
    Account, AccountFile, Accounts as Databases, Group, PasswordKind, StoredPassword,
};
use plimsoll_model::path::escape;
use plimsoll_model::{Place, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::claim::{Claim, Pattern};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// Reads the account databases.
#[derive(Debug, Clone, Copy)]
pub struct Accounts;

/// Real files have a few kilobytes; a directory service is not kept in files.
const MAX_FILE: u64 = 4 << 20;

/// Entries that are kept of one file.
const MAX_ENTRIES: usize = 20_000;

/// Fields of a line: shadow(5) has the most.
const MAX_FIELDS: usize = 9;

const PASSWD: &str = "etc/passwd";
const SHADOW: &str = "etc/shadow";
const GROUP: &str = "etc/group";
const GSHADOW: &str = "etc/gshadow";

const DOC: Doc = Doc {
    id: "accounts",
    title: "Users and groups",
    summary: "Users and groups, and whether and how each has a password.",
    explanation: "Reads /etc/passwd, /etc/shadow, /etc/group and /etc/gshadow. Of a password it keeps \
the kind alone (none, locked, empty, or the algorithm of its hash): the hash itself is thrown away \
while it is read.",
};

impl Reader for Accounts {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        2
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Path(PASSWD), limit: MAX_FILE },
            Claim { pattern: Pattern::Path(SHADOW), limit: MAX_FILE },
            Claim { pattern: Pattern::Path(GROUP), limit: MAX_FILE },
            Claim { pattern: Pattern::Path(GSHADOW), limit: MAX_FILE },
        ];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let kept = match path {
            b"etc/passwd" => keep(path, content, problems, account),
            b"etc/group" => keep(path, content, problems, group),
            _ => keep(path, content, problems, stored_password),
        };
        Some(kept)
    }

    fn is_on_demand(&self) -> bool {
        true
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        joined.evidence.accounts = Databases {
            users: find(image, PASSWD, &mut joined.problems),
            passwords: find(image, SHADOW, &mut joined.problems),
            groups: find(image, GROUP, &mut joined.problems),
            group_passwords: find(image, GSHADOW, &mut joined.problems),
        };
    }
}

/// The entries of a file that its parser understands, encoded.
fn keep<T: Serialize>(
    path: &[u8],
    content: &[u8],
    problems: &mut Vec<Problem>,
    parse: fn(u32, &[Vec<u8>]) -> Option<T>,
) -> Vec<u8> {
    let mut entries = Vec::new();
    let mut broken = 0;
    for (number, line) in (1_u32..).zip(content.split(|byte| *byte == b'\n')) {
        // `+` and `-` are the old marks for a directory service.
        if line.is_empty() || line.starts_with(b"#") || line.starts_with(b"+") || line.starts_with(b"-") {
            continue;
        }
        let fields: Vec<Vec<u8>> =
            line.splitn(MAX_FIELDS + 1, |byte| *byte == b':').take(MAX_FIELDS).map(<[u8]>::to_vec).collect();
        match parse(number, &fields) {
            Some(entry) if entries.len() < MAX_ENTRIES => entries.push(entry),
            _ => broken += 1,
        }
    }
    if broken > 0 {
        problems.push(Problem::new(
            "accounts-damaged",
            format!("/{}", escape(path)),
            format!(
                "{broken} lines are no entries, or more than {MAX_ENTRIES}; they are missing from the report"
            ),
        ));
    }
    postcard::to_allocvec(&entries).unwrap_or_default()
}

fn find<T: DeserializeOwned>(
    image: &LayeredImage<'_>,
    path: &str,
    problems: &mut Vec<Problem>,
) -> Option<AccountFile<T>> {
    let file = image.files.follow(path.as_bytes())?;
    let shown = image.shown();
    let fragment = shown.iter().find(|fragment| fragment.file == file && fragment.path == path.as_bytes())?;
    match postcard::from_bytes(fragment.payload) {
        Ok(entries) => {
            let place =
                Place { path: image.files.table().path(file), file: Some(file), layer: fragment.layer };
            Some(AccountFile { place, entries })
        }
        Err(_) => {
            let detail = "what was kept of this file cannot be read back";
            problems.push(Problem::new("accounts-damaged", format!("/{path}"), detail));
            None
        }
    }
}

fn number(field: Option<&Vec<u8>>) -> Option<u32> {
    std::str::from_utf8(field?).ok()?.parse().ok()
}

fn text(field: Option<&Vec<u8>>) -> String {
    field.map(|field| escape(field)).unwrap_or_default()
}

fn account(line: u32, fields: &[Vec<u8>]) -> Option<Account> {
    Some(Account {
        line,
        name: text(fields.first()),
        password: kind(fields.get(1)?),
        uid: number(fields.get(2))?,
        gid: number(fields.get(3))?,
        home: text(fields.get(5)),
        shell: text(fields.get(6)),
    })
}

fn stored_password(line: u32, fields: &[Vec<u8>]) -> Option<StoredPassword> {
    Some(StoredPassword { line, name: text(fields.first()), password: kind(fields.get(1)?) })
}

fn group(line: u32, fields: &[Vec<u8>]) -> Option<Group> {
    let members = fields.get(3).map(Vec::as_slice).unwrap_or_default();
    Some(Group {
        line,
        name: text(fields.first()),
        password: kind(fields.get(1)?),
        gid: number(fields.get(2))?,
        members: members.split(|byte| *byte == b',').filter(|name| !name.is_empty()).map(escape).collect(),
    })
}

/// The kind of a password field (crypt(5), shadow(5)).
pub(super) fn kind(field: &[u8]) -> PasswordKind {
    const PREFIXES: [(&[u8], PasswordKind); 13] = [
        (b"$y$", PasswordKind::Yescrypt),
        (b"$gy$", PasswordKind::Yescrypt),
        (b"$6$", PasswordKind::Sha512),
        (b"$5$", PasswordKind::Sha256),
        (b"$2", PasswordKind::Bcrypt),
        (b"$7$", PasswordKind::Scrypt),
        (b"$argon2", PasswordKind::Argon2),
        (b"$1$", PasswordKind::Md5),
        (b"$md5", PasswordKind::Md5),
        (b"$apr1$", PasswordKind::Md5),
        (b"$sha1", PasswordKind::Sha1),
        (b"$3$", PasswordKind::Nt),
        (b"_", PasswordKind::Des),
    ];
    let crypt = |byte: &u8| byte.is_ascii_alphanumeric() || b"./".contains(byte);
    match field {
        b"" => PasswordKind::Empty,
        b"x" => PasswordKind::Shadowed,
        b"*" | b"*NP*" | b"*LK*" => PasswordKind::None,
        [b'!' | b'*', ..] => PasswordKind::Locked,
        // Traditional DES: two characters of salt and eleven of the hash.
        _ if field.len() == 13 && field.iter().all(crypt) => PasswordKind::Des,
        _ => PREFIXES
            .iter()
            .find(|(prefix, _)| field.starts_with(prefix))
            .map_or(PasswordKind::Other, |(_, kind)| *kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::dpkg::sample_image::{Sample::File, read};

    #[test]
    fn users_and_the_kinds_of_their_passwords_are_read() {
        let read = read(
            &[&Accounts],
            &[&[
                File(PASSWD, "root:x:0:0:root:/root:/bin/bash\napp:x:1000:1000::/app:\n+::::::\n"),
                File(SHADOW, "root:*:19000::::::\napp:$y$j9T$abcdef$0123456789:19000::::::\n"),
                File(GROUP, "root:x:0:\nwheel:x:10:root,app\n"),
            ]],
        );
        let accounts = &read.joined.evidence.accounts;
        let users = &accounts.users.as_ref().unwrap().entries;
        assert_eq!((users[1].name.as_str(), users[1].uid, users[1].line), ("app", 1000, 2));
        assert_eq!(users[0].shell, "/bin/bash");
        let passwords = &accounts.passwords.as_ref().unwrap().entries;
        assert_eq!(passwords[1].password, PasswordKind::Yescrypt);
        assert_eq!(accounts.groups.as_ref().unwrap().entries[1].members, ["root", "app"]);
        assert_eq!(accounts.group_passwords, None);
        assert!(!format!("{accounts:?}").contains("abcdef"), "the hash is not kept");
        assert_eq!(read.joined.problems, []);
    }

    #[test]
    fn a_password_is_reduced_to_its_kind() {
        let check = |field: &str, expect| assert_eq!(kind(field.as_bytes()), expect, "{field}");
        check("", PasswordKind::Empty);
        check("x", PasswordKind::Shadowed);
        check("*", PasswordKind::None);
        check("!", PasswordKind::Locked);
        check("!!", PasswordKind::Locked);
        check("!$6$salt$hash", PasswordKind::Locked);
        check("abJnggxhB/yWI", PasswordKind::Des);
        check("_J9..K0AyUubDrfCUnrI", PasswordKind::Des);
        check("$1$salt$hash", PasswordKind::Md5);
        check("$5$salt$hash", PasswordKind::Sha256);
        check("$6$salt$hash", PasswordKind::Sha512);
        check("$2b$12$hash", PasswordKind::Bcrypt);
        check("$y$j9T$salt$hash", PasswordKind::Yescrypt);
        check("$argon2id$v=19$hash", PasswordKind::Argon2);
        check("plain words", PasswordKind::Other);
    }

    #[test]
    fn damage_hides_no_entry_that_is_whole() {
        let mut problems = Vec::new();
        let kept = keep(b"etc/passwd", b"root:x:0:0::/:\nnonsense\nx:x:many:0::/:\n", &mut problems, account);
        let entries: Vec<Account> = postcard::from_bytes(&kept).unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].detail.starts_with("2 lines"), "{}", problems[0]);
    }
}
