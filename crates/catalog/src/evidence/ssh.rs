//! Logging in over SSH: authorised keys, host keys, and the settings of OpenSSH's server.

use plimsoll_model::evidence::{AuthorizedKey, HostKey, SshDirective, SshSetting};
use plimsoll_model::path::escape;
use plimsoll_model::{Place, Problem};
use serde::{Deserialize, Serialize};

use crate::claim::{Claim, Pattern};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// Reads what is about SSH.
#[derive(Debug, Clone, Copy)]
pub struct Ssh;

/// Files of keys and settings are small.
const MAX_FILE: u64 = 4 << 20;

/// Lines that are kept of one file.
const MAX_LINES: usize = 10_000;

/// Where the server's own keys and settings are.
const SERVER: &str = "etc/ssh";

/// Settings that decide who may log in and how, in lower case (sshd_config(5)).
const DIRECTIVES: [&str; 12] = [
    "permitrootlogin",
    "passwordauthentication",
    "permitemptypasswords",
    "pubkeyauthentication",
    "kbdinteractiveauthentication",
    "challengeresponseauthentication",
    "usepam",
    "permituserenvironment",
    "hostbasedauthentication",
    "strictmodes",
    "x11forwarding",
    "authorizedkeysfile",
];

const DOC: Doc = Doc {
    id: "ssh",
    title: "SSH",
    summary: "Keys that open accounts, host keys, and who may log in over SSH.",
    explanation: "Reads authorized_keys files wherever they lie (type and comment of each key, not the \
key), notes private host keys in /etc/ssh, and reads the settings of sshd_config and its drop-in \
files that decide who may log in. Host keys are told from every layer: who has the image has \
them.",
};

#[derive(Debug, Serialize, Deserialize)]
enum Fragment {
    Authorized(Vec<(u32, String, String)>),
    HostKey,
    Settings(Vec<SshSetting>),
}

impl Reader for Ssh {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Name("authorized_keys"), limit: MAX_FILE },
            Claim { pattern: Pattern::Name("authorized_keys2"), limit: MAX_FILE },
            Claim { pattern: Pattern::In(SERVER, "_key"), limit: MAX_FILE },
            Claim { pattern: Pattern::Name("sshd_config"), limit: MAX_FILE },
            Claim { pattern: Pattern::In("etc/ssh/sshd_config.d", ".conf"), limit: MAX_FILE },
        ];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], _: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let fragment = if name.starts_with(b"authorized_keys") {
            let keys = authorized(content);
            if keys.is_empty() {
                return None;
            }
            Fragment::Authorized(keys)
        } else if name.ends_with(b"_key") {
            memchr::memmem::find(content, b"PRIVATE KEY")?;
            Fragment::HostKey
        } else if path.starts_with(b"etc/ssh/") {
            Fragment::Settings(settings(content))
        } else {
            return None;
        };
        postcard::to_allocvec(&fragment).ok()
    }

    fn is_on_demand(&self) -> bool {
        true
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let ssh = &mut joined.evidence.ssh;
        for fragment in image.shown() {
            let place = Place {
                path: image.files.table().path(fragment.file),
                file: Some(fragment.file),
                layer: fragment.layer,
            };
            match postcard::from_bytes(fragment.payload) {
                Ok(Fragment::Authorized(keys)) => {
                    ssh.authorized_keys.extend(keys.into_iter().map(|(line, kind, comment)| AuthorizedKey {
                        place: place.clone(),
                        line,
                        kind,
                        comment,
                    }));
                }
                Ok(Fragment::HostKey) => ssh.host_keys.push(HostKey { place }),
                Ok(Fragment::Settings(settings)) => {
                    ssh.directives.extend(
                        settings.into_iter().map(|setting| SshDirective { place: place.clone(), setting }),
                    );
                }
                Err(_) => joined.problems.push(Problem::new(
                    "ssh-file-unreadable",
                    place.path.to_string(),
                    "what was kept of this file cannot be read back",
                )),
            }
        }
    }
}

/// Line, type and comment of each key (sshd(8), "AUTHORIZED_KEYS FILE FORMAT"). Options come
/// before the type and may hold blanks in quotes.
fn authorized(content: &[u8]) -> Vec<(u32, String, String)> {
    let mut keys = Vec::new();
    for (number, line) in (1_u32..).zip(content.split(|byte| *byte == b'\n')) {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let words = words(line);
        let is_kind = |word: &[u8]| {
            [b"ssh-".as_slice(), b"ecdsa-sha2-", b"sk-ssh-", b"sk-ecdsa-"]
                .iter()
                .any(|mark| word.starts_with(mark))
        };
        let Some(position) = words.iter().take(2).position(|word| is_kind(word)) else { continue };
        let kind = words.get(position).copied().unwrap_or_default();
        if words.get(position + 1).is_none() || keys.len() >= MAX_LINES {
            continue;
        }
        let comment = words.get(position + 2..).unwrap_or_default().join(&b' ');
        keys.push((number, escape(kind), escape(&comment)));
    }
    keys
}

/// The words of a line; blanks in double quotes part none.
fn words(line: &[u8]) -> Vec<&[u8]> {
    let mut quoted = false;
    line.split(|byte| {
        quoted ^= *byte == b'"';
        !quoted && matches!(byte, b' ' | b'\t')
    })
    .filter(|word| !word.is_empty())
    .collect()
}

fn settings(content: &[u8]) -> Vec<SshSetting> {
    let mut found = Vec::new();
    let mut is_conditional = false;
    for (number, line) in (1_u32..).zip(content.split(|byte| *byte == b'\n')) {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let end = line.iter().position(|byte| matches!(byte, b' ' | b'\t' | b'=')).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let value = rest.trim_ascii();
        let value = value.strip_prefix(b"=").unwrap_or(value).trim_ascii();
        if name == "match" {
            is_conditional = !value.eq_ignore_ascii_case(b"all");
        } else if DIRECTIVES.contains(&name.as_str()) && found.len() < MAX_LINES {
            let value = escape(value).trim_matches('"').to_owned();
            found.push(SshSetting { line: number, name, value, is_conditional });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::dpkg::sample_image::{Sample::File, read};

    #[test]
    fn keys_and_settings_are_told_without_the_keys() {
        let read = read(
            &[&Ssh],
            &[&[
                File(
                    "root/.ssh/authorized_keys",
                    "# mine\nssh-ed25519 AAAAC3Nz me at home\ncommand=\"a b\",no-pty ssh-rsa AAAAB3Nz\nnonsense\n",
                ),
                File("etc/ssh/ssh_host_rsa_key", "-----BEGIN OPENSSH PRIVATE KEY-----\n"),
                File("etc/ssh/ssh_host_rsa_key.pub", "ssh-rsa AAAA\n"),
                File(
                    "etc/ssh/sshd_config",
                    "#PermitRootLogin no\nPermitRootLogin yes\nMatch User a\n  X11Forwarding=no\nPort 22\n",
                ),
            ]],
        );
        let ssh = &read.joined.evidence.ssh;
        let keys: Vec<_> = ssh
            .authorized_keys
            .iter()
            .map(|key| (key.line, key.kind.as_str(), key.comment.as_str()))
            .collect();
        assert_eq!(keys, [(2, "ssh-ed25519", "me at home"), (3, "ssh-rsa", "")]);
        assert!(!format!("{ssh:?}").contains("AAAA"));
        assert_eq!(ssh.host_keys.len(), 1);
        let settings: Vec<_> = ssh
            .directives
            .iter()
            .map(|each| {
                (
                    each.setting.line,
                    each.setting.name.as_str(),
                    each.setting.value.as_str(),
                    each.setting.is_conditional,
                )
            })
            .collect();
        assert_eq!(settings, [(2, "permitrootlogin", "yes", false), (4, "x11forwarding", "no", true)]);
    }
}
