//! The status database: who is installed, in which version, and what is said about it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use plimsoll_model::digest::unhex;

use super::control::{Stanza, Stanzas};

/// What tells one installed package of a database from another, with its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Key<'a> {
    pub(super) name: &'a str,
    pub(super) arch: Option<&'a str>,
    pub(super) version: &'a str,
}

/// A configuration file that the database lists, and the digest that it was shipped with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ConfigurationFile<'a> {
    pub(super) path: &'a str,
    pub(super) md5: Option<[u8; 16]>,
}

/// The rest of a stanza, as far as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Details<'a> {
    /// The `Source` field's name, and the version in parentheses after it.
    pub(super) source: Option<(&'a str, Option<&'a str>)>,
    pub(super) maintainer: Option<&'a str>,
    /// `Installed-Size`, in KiB.
    pub(super) size: Option<u64>,
    pub(super) origin: Option<&'a str>,
    pub(super) homepage: Option<&'a str>,
    pub(super) summary: Option<&'a str>,
    #[serde(borrow)]
    pub(super) requires: Vec<&'a str>,
    #[serde(borrow)]
    pub(super) provides: Vec<&'a str>,
    #[serde(borrow)]
    pub(super) configuration: Vec<ConfigurationFile<'a>>,
    /// `Multi-Arch: same`: may be installed for several architectures side by side.
    pub(super) multi_arch_same: bool,
}

/// What a database holds, installed packages only.
#[derive(Debug, Default)]
pub(super) struct Status<'a> {
    pub(super) keys: Vec<Key<'a>>,
    pub(super) details: Vec<Details<'a>>,
    /// What could not be read, as sentences.
    pub(super) damage: Vec<String>,
}

/// What the third word of a `Status` field says (dpkg(1), "Package states").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The files are there, whether its scripts have run or not.
    Present,
    /// Removed, with or without its configuration files.
    Absent,
    /// Unpacking was begun and did not end.
    HalfInstalled,
    Unknown,
}

fn state(status: Option<&str>, without: State) -> State {
    let Some(status) = status else { return without };
    match status.split_ascii_whitespace().nth(2) {
        Some("installed" | "unpacked" | "half-configured" | "triggers-awaited" | "triggers-pending") => {
            State::Present
        }
        Some("not-installed" | "config-files") => State::Absent,
        Some("half-installed") => State::HalfInstalled,
        _ => State::Unknown,
    }
}

/// Which kind of database a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Database {
    /// `status`: a stanza without `Status` is not installed, as in dpkg.
    Whole,
    /// A file of `status.d`, which image builders without dpkg write: each stanza is installed.
    Single,
}

impl<'a> Status<'a> {
    /// Reads a database. Of a package listed twice the last stanza counts, as in dpkg.
    pub(super) fn parse(text: &'a str, database: Database) -> Self {
        let mut status = Self::default();
        let mut nameless = Tally::default();
        let mut broken = Tally::default();
        let mut unknown = Tally::default();
        let mut half = Vec::new();
        let mut places = std::collections::HashMap::new();
        let without = if database == Database::Single { State::Present } else { State::Absent };
        for stanza in Stanzas::new(text) {
            if stanza.broken_lines > 0 {
                broken.add(stanza.broken_lines, stanza.line);
            }
            let Some(name) = stanza.first_line("Package") else {
                nameless.add(1, stanza.line);
                continue;
            };
            match state(stanza.first_line("Status"), without) {
                State::Present => {}
                State::Absent => continue,
                State::HalfInstalled => {
                    half.push(name);
                    continue;
                }
                State::Unknown => {
                    unknown.add(1, stanza.line);
                    continue;
                }
            }
            let Some(version) = stanza.first_line("Version") else {
                nameless.add(1, stanza.line);
                continue;
            };
            let arch = stanza.first_line("Architecture");
            let key = Key { name, arch, version };
            let details = details(&stanza);
            match places.entry((name, arch)) {
                std::collections::hash_map::Entry::Occupied(place) => {
                    let place: usize = *place.get();
                    status.keys[place] = key;
                    status.details[place] = details;
                }
                std::collections::hash_map::Entry::Vacant(place) => {
                    place.insert(status.keys.len());
                    status.keys.push(key);
                    status.details.push(details);
                }
            }
        }
        if let Some(first) = half.first() {
            status.damage.push(format!(
                "half-installed packages are not listed, though some of their files may be there: {} of them, first {first}",
                half.len()
            ));
        }
        status.damage.extend(nameless.sentence("without a package name or a version are left out"));
        status.damage.extend(unknown.sentence("with a state that dpkg does not know are left out"));
        status.damage.extend(broken.sentence("that are no field are passed over"));
        status
    }

    /// The bytes of the keys, then those of the details, so that whoever wants only the keys
    /// need not read on.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let keys = postcard::to_allocvec(&self.keys).ok()?;
        postcard::to_extend(&self.details, keys).ok()
    }
}

/// The keys of an encoded status, and the bytes of its details.
pub(super) fn decode_keys(payload: &[u8]) -> Option<(Vec<Key<'_>>, &[u8])> {
    postcard::take_from_bytes(payload).ok()
}

/// The details of an encoded status, one for each key.
pub(super) fn decode_details(rest: &[u8]) -> Option<Vec<Details<'_>>> {
    postcard::from_bytes(rest).ok()
}

fn details<'a>(stanza: &Stanza<'a>) -> Details<'a> {
    let mut requires = Vec::new();
    for field in ["Pre-Depends", "Depends"] {
        requires.extend(relations(stanza.get(field)));
    }
    Details {
        source: stanza.first_line("Source").and_then(source),
        maintainer: stanza.first_line("Maintainer"),
        size: stanza.first_line("Installed-Size").and_then(|size| size.parse().ok()),
        origin: stanza.first_line("Origin").or_else(|| stanza.first_line("Bugs")),
        homepage: stanza.first_line("Homepage"),
        summary: stanza.first_line("Description"),
        requires,
        provides: relations(stanza.get("Provides")).collect(),
        configuration: stanza.get("Conffiles").map(configuration).unwrap_or_default(),
        multi_arch_same: stanza
            .first_line("Multi-Arch")
            .is_some_and(|value| value.eq_ignore_ascii_case("same")),
    }
}

fn source(field: &str) -> Option<(&str, Option<&str>)> {
    let (name, version) = match field.split_once('(') {
        Some((name, rest)) => (name.trim(), Some(rest.trim_end().trim_end_matches(')').trim())),
        None => (field, None),
    };
    (!name.is_empty()).then_some((name, version.filter(|version| !version.is_empty())))
}

fn relations(field: Option<&str>) -> impl Iterator<Item = &str> {
    field.unwrap_or_default().split(',').map(str::trim).filter(|relation| !relation.is_empty())
}

/// A relation on one line, where the field was folded.
pub(super) fn unfold(relation: &str) -> Cow<'_, str> {
    if relation.contains(['\n', '\t']) {
        Cow::Owned(relation.split_whitespace().collect::<Vec<_>>().join(" "))
    } else {
        Cow::Borrowed(relation)
    }
}

/// Lines of a path, its digest (or a word that stands for one not known yet), and maybe
/// `obsolete` or `remove-on-upgrade`. A path may hold blanks, so words are taken from the end.
fn configuration(field: &str) -> Vec<ConfigurationFile<'_>> {
    let mut files = Vec::new();
    for line in field.lines() {
        let mut line = line.trim();
        for flag in [" remove-on-upgrade", " obsolete"] {
            line = line.strip_suffix(flag).unwrap_or(line);
        }
        if let Some((path, digest)) = line.rsplit_once(' ') {
            let md5 = unhex(digest.as_bytes()).and_then(|bytes| bytes.try_into().ok());
            files.push(ConfigurationFile { path: path.trim_end(), md5 });
        }
    }
    files
}

/// How often something happened, and where first.
#[derive(Debug, Default)]
struct Tally {
    count: usize,
    first: usize,
}

impl Tally {
    fn add(&mut self, count: usize, line: usize) {
        if self.count == 0 {
            self.first = line;
        }
        self.count += count;
    }

    fn sentence(&self, what: &str) -> Option<String> {
        let noun = if what.starts_with("that") { "lines" } else { "stanzas" };
        (self.count > 0).then(|| {
            format!("{noun} {what}: {} of them, first in the stanza at line {}", self.count, self.first)
        })
    }
}
