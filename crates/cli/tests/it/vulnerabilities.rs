//! `plimsoll advisories` and `plimsoll vulns` with every feed of the shared facts, on the real
//! images: each answer against a plain reading of the raw feeds, entry by entry.

mod alpine;
mod debian;
mod feeds;
mod languages;
mod made_roots;
mod oval;
mod raw;
mod reading;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

use crate::places::{images, plimsoll, shared, skip};

/// The folder of the raw feeds.
fn raw_feeds() -> Option<PathBuf> {
    let found = shared().map(|place| place.join("data/advisories")).filter(|place| place.is_dir());
    if found.is_none() {
        skip("the shared advisories are not there");
    }
    found
}

/// A directory of this test's own.
fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("vulnerabilities").join(name)
}

/// The program over the database of every shared feed, which is built once for all tests.
fn program() -> Option<Command> {
    static UPDATED: OnceLock<Option<()>> = OnceLock::new();
    let feeds = raw_feeds()?;
    let command = || {
        let mut command = plimsoll(&place("cache"));
        command.env("PLIMSOLL_ADVISORIES", place("advisories"));
        command
    };
    let update = || {
        let output =
            command().args(["advisories", "update", "--from"]).arg(&feeds).output().expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(())
    };
    (*UPDATED.get_or_init(update))?;
    Some(command())
}

/// Runs the program to its end.
fn output(arguments: &[&str]) -> Option<Output> {
    Some(program()?.args(arguments).output().expect("the program starts"))
}

/// A built image as the program names it.
fn image(name: &str) -> Option<String> {
    let oci = images().map(|place| place.join(name).join("oci")).filter(|oci| oci.is_dir());
    if oci.is_none() {
        skip(&format!("{name} is not built"));
    }
    Some(format!("oci:{}", oci?.display()))
}

/// The rows of one of an image's truth tables.
fn truth(name: &str, table: &str) -> Vec<Vec<String>> {
    let path = images().expect("built images").join(name).join("truth").join(table);
    let text = std::fs::read_to_string(&path).expect("the table");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// What `plimsoll vulns` answers, and the exit code that it ends with.
struct Answer {
    code: i32,
    json: Value,
}

impl Answer {
    fn of(image: &str) -> Option<Self> {
        Some(Self::by(program()?, image))
    }

    /// The same by a program over another database.
    fn by(mut program: Command, image: &str) -> Self {
        let output = program.args(["vulns", image, "--format", "json"]).output().expect("it starts");
        let json = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{image}: {}", String::from_utf8_lossy(&output.stderr)));
        Self { code: output.status.code().expect("a code"), json }
    }

    fn findings(&self) -> &[Value] {
        self.json["findings"].as_array().expect("findings")
    }

    /// The findings about packages of one kind, each told in one line by `tell`.
    fn told(&self, kind: &str, tell: impl Fn(&Value) -> Vec<String>) -> BTreeSet<String> {
        self.findings().iter().filter(|finding| finding["package"]["type"] == kind).flat_map(tell).collect()
    }

    /// Packages of a kind: how many there are, and how many were judged.
    fn judged(&self, kind: &str) -> (u64, u64) {
        let rows = self.json["coverage"].as_array().expect("coverage");
        let row = rows.iter().find(|row| row["type"] == kind);
        let count = |key: &str| row.map_or(0, |row| row[key].as_u64().expect("a number"));
        (count("packages"), count("judged"))
    }
}

/// A text of a JSON value; absent ones are empty.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Two sets that must be the same; a failure names the first differences of each side.
#[track_caller]
fn same(what: &str, found: &BTreeSet<String>, expected: &BTreeSet<String>) {
    let missing: Vec<&String> = expected.difference(found).take(8).collect();
    let surplus: Vec<&String> = found.difference(expected).take(8).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "{what}: {} found, {} expected; missing {missing:#?}, surplus {surplus:#?}",
        found.len(),
        expected.len()
    );
}
