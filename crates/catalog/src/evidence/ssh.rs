//! Logging in over SSH: authorised keys, host keys, and the settings of OpenSSH's server.

use std::collections::BTreeMap;

use plimsoll_model::evidence::{AuthorizedKey, HostKey, SshDirective, SshSetting};
use plimsoll_model::path::escape;
use plimsoll_model::{Place, Problem, TreePath};
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

/// The longest comment, type or value that is kept, in bytes; the rest of a longer one is cut off.
const MAX_TEXT: usize = 1_024;

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
        2
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

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let mut beyond = 0;
        let fragment = if name.starts_with(b"authorized_keys") {
            let keys = first(authorized(content), &mut beyond);
            if keys.is_empty() {
                return None;
            }
            Fragment::Authorized(keys)
        } else if name.ends_with(b"_key") {
            memchr::memmem::find(content, b"PRIVATE KEY")?;
            Fragment::HostKey
        } else if path.starts_with(b"etc/ssh/") {
            Fragment::Settings(first(settings(content), &mut beyond))
        } else {
            return None;
        };
        if beyond > 0 {
            problems.push(Problem::new(
                "ssh-file-too-long",
                format!("/{}", escape(path)),
                format!("{beyond} keys or settings beyond the first {MAX_LINES} are missing from the report"),
            ));
        }
        postcard::to_allocvec(&fragment).ok()
    }

    fn is_on_demand(&self) -> bool {
        true
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let Joined { evidence, problems, .. } = joined;
        let ssh = &mut evidence.ssh;
        let mut unreadable = |path: &[u8]| {
            problems.push(Problem::new(
                "ssh-file-unreadable",
                format!("/{}", escape(path)),
                "what was kept of this file cannot be read back",
            ));
        };
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
                // Those of every layer are told below.
                Ok(Fragment::HostKey) => {}
                Ok(Fragment::Settings(settings)) => {
                    ssh.directives.extend(
                        settings.into_iter().map(|setting| SshDirective { place: place.clone(), setting }),
                    );
                }
                Err(_) => unreadable(fragment.path),
            }
        }
        // A key that a later layer removed is still the server's to whoever has the image. One that
        // a layer brings again is told once, with the lowest layer, and shows if any of them does.
        let mut host_keys: BTreeMap<&[u8], Place> = BTreeMap::new();
        for fragment in image.fragments {
            if !matches!(postcard::from_bytes(fragment.payload), Ok(Fragment::HostKey)) {
                continue;
            }
            let path = TreePath::from_normal(fragment.path.to_vec());
            let place = Place { path, file: fragment.file, layer: fragment.layer };
            let known = host_keys.entry(fragment.path).or_insert(place);
            known.file = known.file.or(fragment.file);
        }
        ssh.host_keys = host_keys.into_values().map(|place| HostKey { place }).collect();
    }
}

/// The first entries of a file, as many as are kept; `beyond` counts the others.
fn first<T>(mut entries: Vec<T>, beyond: &mut usize) -> Vec<T> {
    *beyond += entries.len().saturating_sub(MAX_LINES);
    entries.truncate(MAX_LINES);
    entries
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
        if words.get(position + 1).is_none() {
            continue;
        }
        let comment = words.get(position + 2..).unwrap_or_default().join(&b' ');
        let comment = comment.get(..MAX_TEXT).unwrap_or(&comment);
        keys.push((number, escape(kind.get(..MAX_TEXT).unwrap_or(kind)), escape(comment)));
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
        } else if DIRECTIVES.contains(&name.as_str()) {
            let value = escape(value.get(..MAX_TEXT).unwrap_or(value)).trim_matches('"').to_owned();
            found.push(SshSetting { line: number, name, value, is_conditional });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::dpkg::sample_image::{Sample, read};
    use Sample::{File, Removed};

    #[test]
    fn a_host_key_that_a_later_layer_removes_is_still_in_the_image() {
        const KEY: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
        let check = |layers: &[&[Sample<'_>]], expect: &[&str]| {
            let read = read(&[&Ssh], layers);
            let keys = &read.joined.evidence.ssh.host_keys;
            let told = keys.iter().map(|key| {
                let hidden = if key.place.is_hidden() { " hidden" } else { "" };
                format!("{} layer {}{hidden}", key.place.path, key.place.layer)
            });
            assert_eq!(told.collect::<Vec<_>>(), expect);
        };
        let (path, brings) = ("etc/ssh/ssh_host_rsa_key", File("etc/ssh/ssh_host_rsa_key", KEY));
        check(&[&[brings]], &["/etc/ssh/ssh_host_rsa_key layer 0"]);
        check(&[&[brings], &[brings]], &["/etc/ssh/ssh_host_rsa_key layer 0"]);
        check(&[&[], &[brings], &[Removed(path)]], &["/etc/ssh/ssh_host_rsa_key layer 1 hidden"]);
    }

    #[test]
    fn a_file_that_is_too_long_says_so() {
        let mut problems = Vec::new();
        let content = "ssh-rsa AAAA x\n".repeat(MAX_LINES + 3);
        Ssh.read(b"root/.ssh/authorized_keys", content.as_bytes(), &mut problems).unwrap();
        assert!(problems[0].detail.starts_with("3 keys"), "{problems:?}");
    }

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
