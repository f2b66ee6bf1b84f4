//! Where packages come from: the sources of apt, the repositories of apk, dnf and yum, and the
//! keys that each trusts.

use plimsoll_model::evidence::{PackageRepository, RepositoryKind, TrustedKey};
use plimsoll_model::path::escape;
use plimsoll_model::{Place, Problem};
use serde::{Deserialize, Serialize};

use crate::address::without_login;
use crate::claim::{Claim, Pattern};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// Reads the sources of package managers.
#[derive(Debug, Clone, Copy)]
pub struct Repositories;

/// Lists of sources are small, and so are keys.
const MAX_FILE: u64 = 4 << 20;

/// Entries that are kept of one file. One more is read, to know whether there are more.
const MAX_ENTRIES: usize = 1_000;

const DOC: Doc = Doc {
    id: "repositories",
    title: "Package sources",
    summary: "Where package managers fetch packages from, and which keys they trust.",
    explanation: "Reads sources.list, *.list and *.sources of apt, /etc/apk/repositories, and the *.repo \
files of dnf and yum; of the keys that they trust it notes the names of the files. An address is kept \
without any login in it.",
};

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    line: u32,
    location: String,
    is_enabled: bool,
    must_be_signed: Option<bool>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Fragment {
    Repositories(RepositoryKind, Vec<Entry>),
    Key(RepositoryKind),
}

impl Reader for Repositories {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        2
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Path("etc/apk/repositories"), limit: MAX_FILE },
            Claim { pattern: Pattern::In("etc/apk/repositories.d", ".list"), limit: MAX_FILE },
            Claim { pattern: Pattern::In("etc/apk/keys", ""), limit: MAX_FILE },
            Claim { pattern: Pattern::Path("etc/apt/sources.list"), limit: MAX_FILE },
            Claim { pattern: Pattern::In("etc/apt/sources.list.d", ".list"), limit: MAX_FILE },
            Claim { pattern: Pattern::In("etc/apt/sources.list.d", ".sources"), limit: MAX_FILE },
            Claim { pattern: Pattern::In("etc/apt/trusted.gpg.d", ""), limit: MAX_FILE },
            Claim { pattern: Pattern::In("etc/apt/keyrings", ""), limit: MAX_FILE },
            Claim { pattern: Pattern::In("etc/yum.repos.d", ".repo"), limit: MAX_FILE },
            Claim { pattern: Pattern::In("etc/pki/rpm-gpg", ""), limit: MAX_FILE },
        ];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let fragment = if path.starts_with(b"etc/apk/keys/") {
            Fragment::Key(RepositoryKind::Apk)
        } else if path.starts_with(b"etc/apt/trusted.gpg.d/") || path.starts_with(b"etc/apt/keyrings/") {
            Fragment::Key(RepositoryKind::Apt)
        } else if path.starts_with(b"etc/pki/rpm-gpg/") {
            Fragment::Key(RepositoryKind::Rpm)
        } else if path.ends_with(b".sources") {
            Fragment::Repositories(RepositoryKind::Apt, stanzas(content))
        } else if path.ends_with(b".repo") {
            Fragment::Repositories(RepositoryKind::Rpm, sections(content))
        } else if path.starts_with(b"etc/apk/") {
            Fragment::Repositories(RepositoryKind::Apk, addresses(content))
        } else {
            Fragment::Repositories(RepositoryKind::Apt, one_line(content))
        };
        let fragment = match fragment {
            Fragment::Repositories(kind, mut entries) if entries.len() > MAX_ENTRIES => {
                entries.truncate(MAX_ENTRIES);
                problems.push(Problem::new(
                    "package-sources-too-many",
                    format!("/{}", escape(path)),
                    format!(
                        "it names more than {MAX_ENTRIES} sources; the others are missing from the report"
                    ),
                ));
                Fragment::Repositories(kind, entries)
            }
            other => other,
        };
        postcard::to_allocvec(&fragment).ok()
    }

    fn is_on_demand(&self) -> bool {
        true
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        for fragment in image.shown() {
            let place = Place {
                path: image.files.table().path(fragment.file),
                file: Some(fragment.file),
                layer: fragment.layer,
            };
            match postcard::from_bytes(fragment.payload) {
                Ok(Fragment::Repositories(kind, entries)) => {
                    joined.evidence.repositories.extend(entries.into_iter().map(|entry| PackageRepository {
                        place: place.clone(),
                        line: entry.line,
                        kind,
                        location: entry.location,
                        is_enabled: entry.is_enabled,
                        must_be_signed: entry.must_be_signed,
                    }));
                }
                Ok(Fragment::Key(kind)) => joined.evidence.trusted_keys.push(TrustedKey { place, kind }),
                Err(_) => joined.problems.push(Problem::new(
                    "package-sources-unreadable",
                    place.path.to_string(),
                    "what was kept of this file cannot be read back",
                )),
            }
        }
    }
}

/// An address without the login in it.
fn location(address: &[u8]) -> String {
    without_login(&escape(address))
}

fn lines(content: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    (1_u32..)
        .zip(content.split(|byte| *byte == b'\n'))
        .map(|(number, line)| (number, line.trim_ascii()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with(b"#"))
}

/// apk-repositories(5): an address per line, maybe behind `@tag`.
fn addresses(content: &[u8]) -> Vec<Entry> {
    lines(content)
        .filter_map(|(line, text)| {
            let address = text.split(u8::is_ascii_whitespace).find(|word| !word.starts_with(b"@"))?;
            Some(Entry { line, location: location(address), is_enabled: true, must_be_signed: None })
        })
        .take(MAX_ENTRIES + 1)
        .collect()
}

/// sources.list(5), one line per source: `deb [options] address suite components`.
fn one_line(content: &[u8]) -> Vec<Entry> {
    lines(content)
        .filter_map(|(line, text)| {
            let text = String::from_utf8_lossy(text).into_owned();
            let rest = text.strip_prefix("deb ").or_else(|| text.strip_prefix("deb-src "))?.trim_start();
            let (options, rest) = match rest.strip_prefix('[') {
                Some(rest) => rest.split_once(']')?,
                None => ("", rest),
            };
            let address = rest.split_whitespace().next()?;
            let trusted = options.split_whitespace().any(|option| option == "trusted=yes");
            Some(Entry {
                line,
                location: location(address.as_bytes()),
                is_enabled: true,
                must_be_signed: trusted.then_some(false),
            })
        })
        .take(MAX_ENTRIES + 1)
        .collect()
}

/// sources.list(5), a stanza per source.
fn stanzas(content: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut addresses: Vec<(u32, String)> = Vec::new();
    let (mut is_enabled, mut trusted, mut in_addresses) = (true, false, false);
    let all = (1_u32..).zip(content.split(|byte| *byte == b'\n')).chain([(0, b"".as_slice())]);
    for (number, line) in all {
        if line.trim_ascii().is_empty() {
            let room = (MAX_ENTRIES + 1).saturating_sub(entries.len());
            entries.extend(addresses.drain(..).take(room).map(|(line, location)| Entry {
                line,
                location,
                is_enabled,
                must_be_signed: trusted.then_some(false),
            }));
            (is_enabled, trusted, in_addresses) = (true, false, false);
            continue;
        }
        if line.starts_with(b"#") {
            continue;
        }
        let text = String::from_utf8_lossy(line);
        let (name, value) = if line.starts_with(b" ") || line.starts_with(b"\t") {
            (String::new(), text.trim())
        } else {
            let (name, value) = text.split_once(':').unwrap_or((&text, ""));
            in_addresses = name.eq_ignore_ascii_case("uris");
            (name.to_ascii_lowercase(), value.trim())
        };
        match name.as_str() {
            "enabled" => is_enabled = !matches!(value.to_ascii_lowercase().as_str(), "no" | "false"),
            "trusted" => trusted = value.eq_ignore_ascii_case("yes"),
            _ if in_addresses => {
                let room = (MAX_ENTRIES + 1).saturating_sub(addresses.len());
                let words = value.split_whitespace().take(room);
                addresses.extend(words.map(|address| (number, location(address.as_bytes()))));
            }
            _ => {}
        }
    }
    entries
}

/// yum.conf(5): a section per repository.
fn sections(content: &[u8]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for (line, text) in lines(content) {
        let text = String::from_utf8_lossy(text);
        if text.starts_with('[') {
            if entries.last().is_some_and(|last| last.location.is_empty()) {
                entries.pop();
            }
            if entries.len() > MAX_ENTRIES {
                break;
            }
            entries.push(Entry { line, location: String::new(), is_enabled: true, must_be_signed: None });
            continue;
        }
        let (Some(entry), Some((name, value))) = (entries.last_mut(), text.split_once('=')) else { continue };
        let value = value.trim();
        match name.trim() {
            "baseurl" => entry.location = location(value.as_bytes()),
            "mirrorlist" | "metalink" if entry.location.is_empty() => {
                entry.location = location(value.as_bytes());
            }
            "enabled" => entry.is_enabled = value != "0",
            "gpgcheck" => entry.must_be_signed = Some(value != "0"),
            _ => {}
        }
    }
    entries.retain(|entry| !entry.location.is_empty());
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::dpkg::sample_image::{Sample::File, read};

    fn check(path: &'static str, content: &'static str, expect: &[&str]) {
        let read = read(&[&Repositories], &[&[File(path, content)]]);
        let found: Vec<String> = read
            .joined
            .evidence
            .repositories
            .iter()
            .map(|each| {
                format!("{} {} {} {:?}", each.line, each.location, each.is_enabled, each.must_be_signed)
            })
            .collect();
        assert_eq!(found, expect, "{path}");
    }

    #[test]
    fn sources_are_read_in_every_form() {
        check(
            "etc/apk/repositories",
            "https://dl-cdn.alpinelinux.org/alpine/v3.19/main\n#off\n@edge https://a:b@h.net/edge\n",
            &[
                "1 https://dl-cdn.alpinelinux.org/alpine/v3.19/main true None",
                "3 https://h.net/edge true None",
            ],
        );
        check(
            "etc/apt/sources.list",
            "deb http://deb.debian.org/debian bookworm main\ndeb [arch=amd64 trusted=yes] https://r.corp.net/ ./\n",
            &["1 http://deb.debian.org/debian true None", "2 https://r.corp.net/ true Some(false)"],
        );
        check(
            "etc/apt/sources.list.d/debian.sources",
            "Types: deb\nURIs: http://deb.debian.org/debian\nSuites: bookworm\n\nEnabled: no\nURIs:\n https://r.corp.net/\n",
            &["2 http://deb.debian.org/debian true None", "7 https://r.corp.net/ false None"],
        );
        check(
            "etc/yum.repos.d/a.repo",
            "[a]\nname=A\nbaseurl=https://r.corp.net/$releasever\nenabled=1\ngpgcheck=0\n[b]\nmetalink=https://m.net/x\nenabled=0\n",
            &["1 https://r.corp.net/$releasever true Some(false)", "6 https://m.net/x false None"],
        );
    }

    #[test]
    fn a_list_that_is_too_long_says_so() {
        let lists = [
            ("etc/apk/repositories", "https://h.net/x\n"),
            ("etc/apt/sources.list", "deb https://h.net/x y\n"),
            ("etc/apt/sources.list.d/a.sources", "URIs: https://h.net/x https://h.net/y\n\n"),
            ("etc/apt/sources.list.d/b.sources", "URIs:\n https://h.net/x\n"),
            ("etc/yum.repos.d/a.repo", "[a]\nbaseurl=https://h.net/x\n"),
        ];
        for (path, entry) in lists {
            let mut problems = Vec::new();
            let kept =
                Repositories.read(path.as_bytes(), entry.repeat(MAX_ENTRIES).as_bytes(), &mut problems);
            let Some(Ok(Fragment::Repositories(_, entries))) = kept.map(|kept| postcard::from_bytes(&kept))
            else {
                panic!("{path} is not read")
            };
            // A list of addresses goes on in the lines below, so its field is written again and again.
            let is_more = path.ends_with("a.sources");
            assert_eq!((entries.len(), problems.len()), (MAX_ENTRIES, usize::from(is_more)), "{path}");
            Repositories.read(path.as_bytes(), entry.repeat(MAX_ENTRIES + 1).as_bytes(), &mut problems);
            assert_eq!(
                problems.last().map(|problem| problem.code.as_str()),
                Some("package-sources-too-many")
            );
        }
    }

    #[test]
    fn keys_are_noted_by_their_files() {
        let read = read(&[&Repositories], &[&[File("etc/apk/keys/alpine-devel@x.rsa.pub", "key")]]);
        assert_eq!(read.joined.evidence.trusted_keys.len(), 1);
    }
}
