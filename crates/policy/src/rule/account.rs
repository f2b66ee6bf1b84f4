//! Who may log in with which password.

use std::collections::BTreeMap;

use plimsoll_model::evidence::{Account, AccountFile, PasswordKind};
use plimsoll_model::{LintRule, Observation, Place, SeverityLevel};

use super::{Answer, Rule};
use crate::facts::Facts;

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

/// What no container image can do without: `/etc/passwd` was not there, or not read.
const NO_PASSWD: &str = "the image has no /etc/passwd that was read";

fn users<'a>(facts: &Facts<'a>) -> Result<&'a AccountFile<Account>, &'static str> {
    facts.evidence()?.accounts.users.as_ref().ok_or(NO_PASSWD)
}

/// Line, name and password of all accounts, each from the file that has it.
fn passwords<'a>(facts: &Facts<'a>) -> Result<Vec<(&'a Place, u32, &'a str, PasswordKind)>, &'static str> {
    let accounts = &facts.evidence()?.accounts;
    let users = users(facts)?;
    let plain = users.entries.iter().map(|user| (&users.place, user.line, user.name.as_str(), user.password));
    let shadow = accounts.passwords.iter().flat_map(|file| {
        file.entries.iter().map(|entry| (&file.place, entry.line, entry.name.as_str(), entry.password))
    });
    Ok(plain.chain(shadow).collect())
}

fn with_password(
    facts: &Facts<'_>,
    rule: &'static LintRule,
    wanted: fn(PasswordKind) -> bool,
    tell: fn(&str, PasswordKind) -> String,
) -> Answer {
    Answer::of(passwords(facts).map(|all| {
        all.into_iter()
            .filter(|(.., kind)| wanted(*kind))
            .map(|(place, line, name, kind)| at(facts, rule, place, line, tell(name, kind)))
            .collect()
    }))
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
        Answer::of(users(facts).map(|file| {
            let roots = file.entries.iter().filter(|user| user.uid == 0 && user.name != "root");
            let tell = |user: &Account| {
                at(facts, &SECOND, &file.place, user.line, format!("{} has the number 0", user.name))
            };
            roots.map(tell).collect()
        }))
    }
}

impl Rule for SharedUser {
    fn doc(&self) -> &'static LintRule {
        &SHARED
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        Answer::of(users(facts).map(|file| {
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
        }))
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
        Answer::of(users(facts).map(|file| {
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
        }))
    }
}
