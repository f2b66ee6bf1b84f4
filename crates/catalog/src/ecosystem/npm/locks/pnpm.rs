//! `pnpm-lock.yaml` of versions 5, 6 and 9, line by line, as pnpm writes it: a section begins
//! without indentation, a package with two blanks, its fields with four.

use super::split_name;
use crate::declared::Locked;

/// One package as far as it was read.
#[derive(Default)]
struct Entry<'a> {
    key: &'a str,
    /// Where the key does not tell them: of a package from elsewhere than a registry.
    name: Option<&'a str>,
    version: Option<&'a str>,
}

impl<'a> Entry<'a> {
    fn lock(&self, is_old: bool) -> Option<Locked> {
        let of_key = if is_old { old_key(self.key) } else { key(self.key) };
        let (name, version) = match (self.name, self.version, of_key) {
            (Some(name), Some(version), _) => (name, version),
            (name, version, Some(of_key)) => (name.unwrap_or(of_key.0), version.unwrap_or(of_key.1)),
            _ => return None,
        };
        let is_version = version.starts_with(|first: char| first.is_ascii_digit());
        (is_version && !self.key.starts_with("file:")).then(|| Locked::new(name, version))
    }
}

/// `/@scope/name@1.0.0(peer@2.0.0)`, since version 9 without the slash.
fn key(key: &str) -> Option<(&str, &str)> {
    let key = key.split('(').next()?;
    split_name(key.strip_prefix('/').unwrap_or(key))
}

/// `/@scope/name/1.0.0_peer@2.0.0`, with the host of a registry before it where it is not the
/// usual one.
fn old_key(key: &str) -> Option<(&str, &str)> {
    let (_, rest) = key.split_once('/')?;
    let cut = if rest.starts_with('@') { rest.match_indices('/').nth(1)?.0 } else { rest.find('/')? };
    let version = rest.get(cut + 1..)?.split(['_', '(']).next()?;
    Some((rest.get(..cut)?, version))
}

pub(super) fn parse(text: &str) -> Option<Vec<Locked>> {
    let version = text.lines().find_map(|line| line.strip_prefix("lockfileVersion:"))?;
    let is_old = version.trim().trim_matches(['\'', '"']).starts_with('5');
    let (mut locked, mut entry, mut in_packages) = (Vec::new(), Entry::default(), false);
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let inner = line.trim_start_matches(' ');
        match line.len() - inner.len() {
            0 => in_packages = inner.trim_end() == "packages:",
            2 if in_packages && inner != ":" => {
                locked.extend(std::mem::take(&mut entry).lock(is_old));
                let key = inner.strip_prefix("? ").unwrap_or(inner).trim_end();
                entry.key = unquote(key.strip_suffix(':').unwrap_or(key));
            }
            4 if in_packages => {
                if let Some(name) = inner.strip_prefix("name: ") {
                    entry.name = Some(unquote(name.trim()));
                } else if let Some(version) = inner.strip_prefix("version: ") {
                    entry.version = Some(unquote(version.trim()));
                }
            }
            _ => {}
        }
    }
    locked.extend(entry.lock(is_old));
    Some(locked)
}

fn unquote(text: &str) -> &str {
    text.trim_matches(['\'', '"'])
}
