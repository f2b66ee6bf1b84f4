//! Packages of real images, compared row for row with tables that the languages' tools gave.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use plimsoll_model::Package;

use crate::image::{folder, look};

/// Rows and how often each is there: nothing may be missing, made up, or listed twice.
type Rows = BTreeMap<String, usize>;

fn rows(lines: impl IntoIterator<Item = String>) -> Rows {
    let mut rows = Rows::new();
    for line in lines {
        *rows.entry(line).or_default() += 1;
    }
    rows
}

/// The rows of a table of an image, none where the image has no such table.
fn table(image: &str, name: &str, row: impl Fn(&[&str]) -> Option<String>) -> Option<Rows> {
    let text = std::fs::read_to_string(folder(image)?.join("truth").join(name)).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    Some(rows(lines.filter_map(|line| row(&line.split('\t').collect::<Vec<_>>()))))
}

fn differences(expect: &Rows, found: &Rows) -> String {
    let mut text = String::new();
    for (row, count) in expect {
        let there = found.get(row).copied().unwrap_or_default();
        if there != *count {
            writeln!(text, "{row}: {there} times, not {count}").unwrap();
        }
    }
    for row in found.keys().filter(|row| !expect.contains_key(*row)) {
        writeln!(text, "{row}: made up").unwrap();
    }
    text
}

fn place(package: &Package) -> String {
    package.place.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// npm's package.json files that are packages: those of a directory directly in a `node_modules`
/// or in a scope there, or in one of the directories that Debian keeps modules in.
fn is_module(path: &str) -> bool {
    let mut parts = path.rsplit('/').skip(2);
    let mut parent = parts.next().unwrap_or_default();
    if parent.starts_with('@') {
        parent = parts.next().unwrap_or_default();
    }
    parent == "node_modules" || parent == "nodejs"
}

fn check(image: &str) {
    let Some(folder) = folder(image) else { return };
    let answer = look(&folder.join("oci"));
    let of = |kind: &'static str| {
        answer
            .joined
            .packages
            .iter()
            .filter(move |package| package.kind.as_str() == kind && !package.declared)
    };
    let found = |kind: &'static str| {
        rows(of(kind).map(|each| format!("{} {} {}", each.name, each.version, place(each))))
    };
    let expect = |name: &str, row: fn(&[&str]) -> Option<String>| table(image, name, row).unwrap_or_default();
    let mut text = differences(
        &expect("python.tsv", |row| Some(format!("{} {} {}", row[0], row[1], directory(row[3])))),
        &found("pypi"),
    );
    text += &differences(
        &expect("rust.tsv", |row| (row[4] == "runtime").then(|| format!("{} {} {}", row[1], row[2], row[0]))),
        &found("cargo"),
    );
    let golang = |row: &[&str]| {
        let version = if row[1] == "stdlib" { row[2].strip_prefix("go").unwrap_or(row[2]) } else { row[2] };
        Some(format!("{} {version} {}", row[1], row[0]))
    };
    text += &differences(&expect("go.tsv", golang), &found("golang"));
    text += &differences(
        &expect("npm.tsv", |row| {
            is_module(row[3]).then(|| format!("{} {} {}", row[0], row[1], directory(row[3])))
        }),
        &found("npm"),
    );
    assert!(text.is_empty(), "{image}:\n{text}");
    let languages = ["python-", "go-", "rust-", "npm-", "gem-"];
    let problems = answer.read_problems.iter().chain(&answer.joined.problems);
    let ours: Vec<_> = problems
        .filter(|problem| languages.iter().any(|code| problem.code.as_str().starts_with(code)))
        .collect();
    assert!(ours.is_empty(), "{image}: {ours:#?}");
    for package in &answer.joined.packages {
        assert!(package.name != "UNKNOWN" && package.version != "UNKNOWN", "{package:?}");
    }
    let owned = answer.joined.owned.len();
    eprintln!(
        "{image}: {} packages, {owned} listings, {} files",
        answer.joined.packages.len(),
        answer.table.len()
    );
}

#[test]
fn the_packages_of_an_application_are_those_that_its_tools_list() {
    check("python-app@1");
    check("python-app@1-old");
    check("go-app@1");
    check("rust-app@1");
    check("distroless@1");
    check("node-app@2");
    check("node-app@2-old");
}

#[test]
fn the_packages_that_come_with_a_distribution_are_listed_too() {
    check("debian@12");
    check("redis@7.0");
    check("redis@7.0-old");
    check("postgres@15");
}

#[test]
fn an_image_with_everything_has_everything_once() {
    check("fat@1");
}
