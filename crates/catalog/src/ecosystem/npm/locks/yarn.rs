//! `yarn.lock`: the format of Yarn 1, and the YAML that Yarn 2 and later write, line by line. In
//! both an entry begins without indentation, and its fields have two blanks before them.

use super::split_name;
use crate::declared::Locked;

/// One entry as far as it was read.
#[derive(Default)]
struct Entry<'a> {
    /// The first of the ranges that it answers, in Yarn 1.
    wanted: &'a str,
    version: &'a str,
    /// What it was resolved to, in Yarn 2 and later.
    resolution: &'a str,
}

impl Entry<'_> {
    fn lock(&self) -> Option<Locked> {
        if !self.resolution.is_empty() {
            let (name, found) = split_name(self.resolution)?;
            // The project's own packages are not fetched.
            let is_local =
                ["workspace:", "link:", "portal:", "file:"].iter().any(|kind| found.starts_with(kind));
            return (!is_local).then(|| Locked::new(name, self.version));
        }
        let (name, range) = split_name(self.wanted)?;
        let is_local = ["link:", "file:"].iter().any(|kind| range.starts_with(kind));
        let real = range.strip_prefix("npm:").and_then(split_name).map_or(name, |(real, _)| real);
        (!is_local).then(|| Locked::new(real, self.version))
    }
}

pub(super) fn parse(text: &str) -> Option<Vec<Locked>> {
    let is_lock = text.contains("# yarn lockfile v1") || text.lines().any(|line| line == "__metadata:");
    let (mut locked, mut entry) = (Vec::new(), Entry::default());
    for line in text.lines() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(field) = line.strip_prefix("  ") {
            let Some((name, value)) = field.split_once([' ', ':']) else { continue };
            let value = value.trim_start_matches([' ', ':']).trim().trim_matches('"');
            match name {
                "version" => entry.version = value,
                "resolution" => entry.resolution = value,
                _ => {}
            }
            continue;
        }
        // A long key of YAML stands alone, and a line with a colon follows.
        if line == ":" {
            continue;
        }
        locked.extend(std::mem::take(&mut entry).lock());
        let keys = line.strip_prefix("? ").unwrap_or(line).trim_end().trim_end_matches(':');
        let first = keys.split(", ").next().unwrap_or_default();
        entry.wanted = first.trim_matches('"');
    }
    locked.extend(entry.lock());
    is_lock.then_some(locked)
}
