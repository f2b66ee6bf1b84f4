//! An SSH server, and the keys of one.

use plimsoll_model::{FileKind, LintRule, Observation, SeverityLevel};

use super::{Answer, Rule};
use crate::facts::Facts;

/// Keys that open an account.
#[derive(Debug, Clone, Copy)]
pub struct AuthorizedKeys;

/// Host keys baked into the image.
#[derive(Debug, Clone, Copy)]
pub struct HostKeys;

/// An SSH server.
#[derive(Debug, Clone, Copy)]
pub struct Server;

/// Settings of the server that let in whom nobody wants.
#[derive(Debug, Clone, Copy)]
pub struct Settings;

const KEYS: LintRule = LintRule {
    id: "ssh-authorized-key",
    title: "Key that opens an account over SSH",
    severity: SeverityLevel::High,
    why: "Whoever holds the other half of the key may log in to every container of the image that runs an SSH server.",
    remedy: "Remove the file from the image; mount it, where a login is really wanted.",
};

const HOST: LintRule = LintRule {
    id: "ssh-host-key",
    title: "SSH host key baked into the image",
    severity: SeverityLevel::Critical,
    why: "Everybody who has the image can pose as every container of it, and listen in.",
    remedy: "Remove the keys from the image (in the layer that makes them) and let ssh-keygen -A make new ones at the first start.",
};

const SERVER: LintRule = LintRule {
    id: "ssh-server",
    title: "SSH server in the image",
    severity: SeverityLevel::Medium,
    why: "A container is entered through its runtime; a server in it is one more way in, with accounts, keys and flaws of its own.",
    remedy: "Leave the server out; use docker exec, kubectl exec or their like.",
};

const SETTINGS: LintRule = LintRule {
    id: "ssh-server-setting",
    title: "SSH server that lets in too much",
    severity: SeverityLevel::Medium,
    why: "With this setting a password that is guessed, or none at all, is enough.",
    remedy: "Set PermitRootLogin to no or prohibit-password, and PermitEmptyPasswords and PermitUserEnvironment to no.",
};

impl Rule for AuthorizedKeys {
    fn doc(&self) -> &'static LintRule {
        &KEYS
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        Answer::of(facts.evidence().map(|evidence| {
            let tell = |key: &plimsoll_model::evidence::AuthorizedKey| {
                let whose =
                    if key.comment.is_empty() { String::new() } else { format!(" of {}", key.comment) };
                let detail = format!("the {} key{whose} may log in", key.kind);
                Observation { line: Some(key.line), ..facts.observe_place(&KEYS, &key.place, detail) }
            };
            evidence.ssh.authorized_keys.iter().map(tell).collect()
        }))
    }
}

impl Rule for HostKeys {
    fn doc(&self) -> &'static LintRule {
        &HOST
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        Answer::of(facts.evidence().map(|evidence| {
            let keys = evidence.ssh.host_keys.iter();
            keys.map(|key| facts.observe_place(&HOST, &key.place, "the private half is in the image"))
                .collect()
        }))
    }
}

/// Where servers are installed; dropbear is the one of small systems.
const PROGRAMS: [&str; 6] = [
    "usr/sbin/sshd",
    "usr/bin/sshd",
    "usr/local/sbin/sshd",
    "usr/sbin/dropbear",
    "usr/bin/dropbear",
    "usr/local/sbin/dropbear",
];

impl Rule for Server {
    fn doc(&self) -> &'static LintRule {
        &SERVER
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        Answer::of(facts.files().map(|_| {
            let mut found: Vec<_> = PROGRAMS
                .iter()
                .filter_map(|path| facts.index.follow(path.as_bytes()))
                .filter(|file| facts.analysis.files.record(*file).kind == FileKind::File)
                .collect();
            found.sort_unstable();
            found.dedup();
            found
                .into_iter()
                .map(|file| facts.observe_file(&SERVER, file, "the program is an SSH server"))
                .collect()
        }))
    }
}

impl Rule for Settings {
    fn doc(&self) -> &'static LintRule {
        &SETTINGS
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        const BAD: [(&str, &str); 4] = [
            ("permitrootlogin", "yes"),
            ("permitemptypasswords", "yes"),
            ("permituserenvironment", "yes"),
            ("strictmodes", "no"),
        ];
        Answer::of(facts.evidence().map(|evidence| {
            let bad = evidence.ssh.directives.iter().filter(|each| {
                BAD.contains(&(each.setting.name.as_str(), each.setting.value.to_ascii_lowercase().as_str()))
            });
            bad.map(|each| {
                let condition = if each.setting.is_conditional { " for some logins" } else { "" };
                let detail = format!("{} is {}{condition}", each.setting.name, each.setting.value);
                Observation {
                    line: Some(each.setting.line),
                    ..facts.observe_place(&SETTINGS, &each.place, detail)
                }
            })
            .collect()
        }))
    }
}
