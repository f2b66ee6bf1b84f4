//! Who may log in with which password.

use std::collections::BTreeMap;

use plimsoll_model::evidence::{Account, AccountFile, PasswordKind};
use plimsoll_model::{LintRule, Observation, Place, SeverityLevel};

use super::{Answer, Rule};
use crate::facts::{Facts, PASSWD, SHADOW};

/// An account without a password.
#[derive(Debug, Clone, Copy)]
pub struct EmptyPassword;

/// An account whose password hash is weak.
#[derive(Debug, Clone, Copy)]
pub struct WeakPassword;

/// An account whose password is baked into the image.
#[derive(Debug, Clone, Copy)]
pub struct Password;

/// An account with root's number besides root.
#[derive(Debug, Clone, Copy)]
pub struct SecondRoot;

/// Accounts that share a number.
#[derive(Debug, Clone, Copy)]
pub struct SharedUser;

/// A service's account with a login shell.
#[derive(Debug, Clone, Copy)]
pub struct ServiceShell;

const EMPTY: LintRule = LintRule {
    id: "password-empty",
    title: "Account without a password",
    severity: SeverityLevel::High,
    why: "Whoever reaches a login, su or sudo in the container becomes this user without being asked anything.",
    remedy: "Lock the account (passwd -l, or a * in its field of /etc/shadow).",
};

const WEAK: LintRule = LintRule {
    id: "password-hash-weak",
    title: "Password under a weak hash",
    severity: SeverityLevel::High,
    why: "Everybody who has the image has the hash, and finds the password behind one of this kind in little time.",
    remedy: "Lock the account; give passwords at run time, if at all.",
};

const BAKED: LintRule = LintRule {
    id: "password-in-image",
    title: "Password baked into the image",
    severity: SeverityLevel::Medium,
    why: "Everybody who has the image has the hash and all the time to guess, and all containers of the image have the same password.",
    remedy: "Lock the account; give passwords at run time, if at all.",
};

const SECOND: LintRule = LintRule {
    id: "second-root-account",
    title: "Account with root's number",
    severity: SeverityLevel::High,
    why: "It is root under a name that nobody looks for.",
    remedy: "Give it a number of its own, or remove it.",
};

const SHARED: LintRule = LintRule {
    id: "user-number-shared",
    title: "Accounts that share a number",
    severity: SeverityLevel::Low,
    why: "The kernel takes them for one user, so neither is protected from the other.",
    remedy: "Give each a number of its own.",
};

const SHELL: LintRule = LintRule {
    id: "service-account-shell",
    title: "Service account with a login shell",
    severity: SeverityLevel::Negligible,
    why: "An account that no person uses needs no shell to log in to; with one, a password or key that somebody adds is enough.",
    remedy: "Set its shell to /usr/sbin/nologin.",
};

/// What is found among the users, and what of them could not be seen.
fn among_users(facts: &Facts<'_>, find: impl FnOnce(&AccountFile<Account>) -> Vec<Observation>) -> Answer {
    match facts.users() {
        Ok(users) => Answer { observations: find(users), no_data: facts.losses(&[PASSWD]) },
        Err(why) => Answer::no_data(why),
    }
}

/// Looks at the password of every account, in whichever of the two files it is kept. One of them
/// that could not be read takes nothing away from what the other says.
fn with_password(
    facts: &Facts<'_>,
    rule: &'static LintRule,
    wanted: fn(PasswordKind) -> bool,
    tell: fn(&str, PasswordKind) -> String,
) -> Answer {
    let (users, passwords) = (facts.users(), facts.passwords());
    let mut unseen: Vec<String> = Vec::new();
    unseen.extend(users.as_ref().err().map(|why| (*why).to_owned()));
    unseen.extend(passwords.as_ref().err().map(|why| (*why).to_owned()));
    // Where there are no files at all, both say so.
    unseen.dedup();
    unseen.extend(facts.losses(&[PASSWD, SHADOW]));
    let plain = users.iter().flat_map(|file| {
        file.entries.iter().map(|user| (&file.place, user.line, user.name.as_str(), user.password))
    });
    let shadow = passwords.iter().flatten().flat_map(|file| {
        file.entries.iter().map(|entry| (&file.place, entry.line, entry.name.as_str(), entry.password))
    });
    let observations = plain
        .chain(shadow)
        .filter(|(.., kind)| wanted(*kind))
        .map(|(place, line, name, kind)| at(facts, rule, place, line, tell(name, kind)))
        .collect();
    Answer { observations, no_data: (!unseen.is_empty()).then(|| unseen.join("; ")) }
}

fn at(facts: &Facts<'_>, rule: &'static LintRule, place: &Place, line: u32, detail: String) -> Observation {
    Observation { line: Some(line), ..facts.observe_place(rule, place, detail) }
}

impl Rule for EmptyPassword {
    fn doc(&self) -> &'static LintRule {
        &EMPTY
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        with_password(
            facts,
            &EMPTY,
            |kind| kind == PasswordKind::Empty,
            |name, _| format!("{name} has no password"),
        )
    }
}

impl Rule for WeakPassword {
    fn doc(&self) -> &'static LintRule {
        &WEAK
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        let weak = |kind: PasswordKind| kind.is_weak() && kind != PasswordKind::Empty;
        with_password(facts, &WEAK, weak, |name, kind| {
            format!("the password of {name} is kept as {}", kind.word())
        })
    }
}

impl Rule for Password {
    fn doc(&self) -> &'static LintRule {
        &BAKED
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        let strong = |kind: PasswordKind| kind.opens() && !kind.is_weak();
        with_password(facts, &BAKED, strong, |name, kind| {
            format!("{name} has a password, kept as {}", kind.word())
        })
    }
}

impl Rule for SecondRoot {
    fn doc(&self) -> &'static LintRule {
        &SECOND
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        among_users(facts, |file| {
            let roots = file.entries.iter().filter(|user| user.uid == 0 && user.name != "root");
            let tell = |user: &Account| {
                at(facts, &SECOND, &file.place, user.line, format!("{} has the number 0", user.name))
            };
            roots.map(tell).collect()
        })
    }
}

impl Rule for SharedUser {
    fn doc(&self) -> &'static LintRule {
        &SHARED
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        among_users(facts, |file| {
            let mut first: BTreeMap<u32, &Account> = BTreeMap::new();
            let mut found = Vec::new();
            for user in file.entries.iter().filter(|user| user.uid != 0) {
                let other = first.entry(user.uid).or_insert(user);
                if other.name != user.name {
                    let detail = format!("{} and {} have the number {}", other.name, user.name, user.uid);
                    found.push(at(facts, &SHARED, &file.place, user.line, detail));
                }
            }
            found
        })
    }
}

/// Numbers below belong to the system, from 1 (login.defs(5): `SYS_UID_MAX` is 999).
const FIRST_PERSON: u32 = 1000;

/// Programs that are shells to work with; `nologin`, `false` and `sync` are none.
const SHELLS: [&str; 10] = ["sh", "bash", "dash", "ash", "zsh", "ksh", "csh", "tcsh", "fish", "mksh"];

impl Rule for ServiceShell {
    fn doc(&self) -> &'static LintRule {
        &SHELL
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        among_users(facts, |file| {
            let services = file.entries.iter().filter(|user| (1..FIRST_PERSON).contains(&user.uid));
            services
                .filter(|user| {
                    let name = user.shell.rsplit('/').next().unwrap_or_default();
                    name.is_empty() || SHELLS.contains(&name)
                })
                .map(|user| {
                    let shell = if user.shell.is_empty() { "/bin/sh, as none is named" } else { &user.shell };
                    at(facts, &SHELL, &file.place, user.line, format!("{} has the shell {shell}", user.name))
                })
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_model::{Analysis, FileKind, FileTableBuilder, NewFile, NodeId, Problem, TreePath};

    use plimsoll_model::evidence::StoredPassword;

    use super::*;
    use crate::sample::{self, analysis};

    /// An image with files at these places, empty as far as anybody read.
    fn with_files(names: &[&str]) -> Analysis {
        let mut builder = FileTableBuilder::new();
        let etc = builder.insert(NodeId::ROOT, b"etc", &NewFile::IMPLICIT_DIRECTORY);
        for name in names {
            let file = NewFile { kind: FileKind::File, ..NewFile::IMPLICIT_DIRECTORY };
            builder.insert(etc, name.as_bytes(), &file);
        }
        Analysis { files: builder.finish().0, ..analysis() }
    }

    fn file<T>(path: &str, entries: Vec<T>) -> Option<AccountFile<T>> {
        let path = TreePath::parse(path.as_bytes()).unwrap();
        Some(AccountFile { place: Place { path, file: None, layer: 0 }, entries })
    }

    fn user(name: &str, password: PasswordKind) -> Account {
        let (home, shell) = (String::new(), "/sbin/nologin".to_owned());
        Account { line: 1, name: name.to_owned(), password, uid: 0, gid: 0, home, shell }
    }

    /// How a rule comes out: what it found, and what it could not see.
    fn check(analysis: &Analysis, rule: &str, expect: (usize, Option<&str>)) {
        let lint = sample::check(analysis, &|id| id == rule);
        let outcome = &lint.outcomes[0];
        assert_eq!((outcome.observations, outcome.no_data.as_deref()), expect, "{rule}");
    }

    const RULES: [&str; 6] = [EMPTY.id, WEAK.id, BAKED.id, SECOND.id, SHARED.id, SHELL.id];

    #[test]
    fn accounts_that_were_not_read_are_not_taken_for_good_ones() {
        for rule in RULES {
            check(
                &with_files(&["passwd"]),
                rule,
                (0, Some("the image has an /etc/passwd that was not read")),
            );
            let none = "the image has no /etc/passwd: there are no accounts to look at";
            check(&with_files(&["hosts"]), rule, (0, Some(none)));
        }
    }

    #[test]
    fn passwords_that_were_not_read_take_nothing_from_what_was() {
        let mut image = with_files(&["passwd", "shadow"]);
        image.evidence.as_mut().unwrap().accounts.users =
            file("etc/passwd", vec![user("root", PasswordKind::Empty)]);
        let unread = Some("the image has an /etc/shadow that was not read");
        check(&image, EMPTY.id, (1, unread));
        check(&image, WEAK.id, (0, unread));
        check(&image, SECOND.id, (0, None));
    }

    #[test]
    fn a_hash_counts_where_no_user_is_known_too() {
        let mut image = with_files(&["shadow"]);
        let entry = StoredPassword { line: 1, name: "root".to_owned(), password: PasswordKind::Md5 };
        image.evidence.as_mut().unwrap().accounts.passwords = file("etc/shadow", vec![entry]);
        check(&image, WEAK.id, (1, Some("the image has no /etc/passwd: there are no accounts to look at")));
    }

    #[test]
    fn lines_that_were_lost_are_told() {
        let mut image = with_files(&["passwd"]);
        image.evidence.as_mut().unwrap().accounts.users =
            file("etc/passwd", vec![user("root", PasswordKind::Shadowed)]);
        check(&image, SECOND.id, (0, None));
        image.problems.push(Problem::new("accounts-damaged", "/etc/passwd", "2 lines are no entries"));
        check(&image, SECOND.id, (0, Some("/etc/passwd: 2 lines are no entries (accounts-damaged)")));
    }
}
