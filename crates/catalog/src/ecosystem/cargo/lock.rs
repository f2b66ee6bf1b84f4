//! Reads `Cargo.lock`.

use serde::Deserialize;

use super::{DOC, TYPE, package_url};
use crate::claim::Claim;
use crate::declared::{LockFiles, Locked};
use crate::reader::Doc;

const LOCK_DOC: Doc = Doc { id: "cargo-lock", ..DOC };
const CLAIMS: &[Claim] = &[LockFiles::named("Cargo.lock")];

pub(super) static LOCKS: LockFiles =
    LockFiles { doc: &LOCK_DOC, revision: 2, claims: CLAIMS, kind: TYPE, parse, package_url };

/// How the registry of crates.io is written, by its two protocols.
const REGISTRIES: [&str; 2] = ["registry+", "sparse+"];

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    package: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    version: String,
    /// Missing in the project's own crates.
    source: Option<String>,
}

fn parse(_: &[u8], content: &[u8]) -> Option<Vec<Locked>> {
    let list: List = toml::from_str(std::str::from_utf8(content).ok()?).ok()?;
    let fetched = list.package.into_iter().filter_map(|entry| {
        let source = entry.source?;
        let origin = (!REGISTRIES.iter().any(|kind| source.starts_with(kind))).then_some(source);
        Some(Locked { origin, ..Locked::new(entry.name, entry.version) })
    });
    Some(fetched.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_that_are_fetched_are_named() {
        let lock = r#"version = 3
[[package]]
name = "app"
version = "0.1.0"
dependencies = ["log"]
[[package]]
name = "log"
version = "0.4.20"
source = "registry+https://example.org/index"
checksum = "00"
[[package]]
name = "fork"
version = "1.0.0"
source = "git+https://example.org/fork#0a1b"
"#;
        let named = parse(b"Cargo.lock", lock.as_bytes()).unwrap();
        assert_eq!(named[0], Locked::new("log", "0.4.20"));
        assert_eq!(
            (&*named[1].name, named[1].origin.as_deref()),
            ("fork", Some("git+https://example.org/fork#0a1b"))
        );
        assert_eq!(named.len(), 2);
        assert_eq!(parse(b"Cargo.lock", b"[[package]"), None);
        assert_eq!(parse(b"Cargo.lock", b"version = 3"), Some(vec![]));
    }
}
