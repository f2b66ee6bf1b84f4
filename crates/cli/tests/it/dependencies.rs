//! deny.toml, held against the dependency tree with cargo alone: licences, banned crates, owners
//! of heavy crates, double versions, sources.

use std::collections::{BTreeMap, BTreeSet};

use crate::workspace::{Package, packages, text};

/// An entry of `skip` or `deny`.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    name: String,
    wrappers: Option<BTreeSet<String>>,
}

/// What deny.toml says.
#[derive(Debug, Default)]
struct Rules {
    licenses: BTreeSet<String>,
    skip: Vec<Entry>,
    deny: Vec<Entry>,
}

/// The text between quotation marks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').skip(1).step_by(2)
}

/// One line `{ crate = "…", wrappers = […], reason = "…" }`.
fn entry(line: &str) -> Entry {
    let Some((name, reason)) = line.strip_prefix("{ crate = \"").and_then(|rest| rest.split_once('"')) else {
        panic!("deny.toml: `{line}` names no crate");
    };
    let Some((before, reason)) = reason.split_once("reason = ") else {
        panic!("deny.toml: {name} has no reason");
    };
    assert!(reason.ends_with("\" },") && reason.len() > 15, "deny.toml: {name} has no reason");
    let wrappers = before.split_once("wrappers = [").map(|(_, list)| {
        let list = list.split(']').next().unwrap_or_default();
        quoted(list).map(str::to_owned).collect()
    });
    Entry { name: name.to_owned(), wrappers }
}

/// Reads deny.toml; a line of a list that is not understood is a failure, so that cargo-deny and
/// this test cannot see different things.
fn rules() -> Rules {
    let mut rules = Rules::default();
    let mut list = "";
    let content = text("deny.toml");
    for line in content.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match (list, line) {
            ("", _) if line.ends_with(" = [") => list = line.trim_end_matches(" = ["),
            ("", _) => assert!(line.starts_with('[') || line.contains(" = "), "deny.toml: `{line}`"),
            (_, "]") => list = "",
            ("allow", _) => rules.licenses.extend(quoted(line).map(str::to_owned)),
            ("skip", _) => rules.skip.push(entry(line)),
            ("deny", _) => rules.deny.push(entry(line)),
            _ => panic!("deny.toml: the list `{list}` is not known to this test"),
        }
    }
    assert!(!rules.licenses.is_empty() && !rules.skip.is_empty() && !rules.deny.is_empty());
    rules
}

/// Whether an SPDX expression (or the older form with slashes) can be met with the licences allowed.
fn can_be_met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = any_of(&mut rest, allowed);
    met && rest.is_empty()
}

fn any_of(words: &mut &[&str], allowed: &BTreeSet<String>) -> bool {
    let mut met = all_of(words, allowed);
    while words.first() == Some(&"OR") {
        *words = &words[1..];
        met |= all_of(words, allowed);
    }
    met
}

fn all_of(words: &mut &[&str], allowed: &BTreeSet<String>) -> bool {
    let mut met = one(words, allowed);
    while words.first() == Some(&"AND") {
        *words = &words[1..];
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut &[&str], allowed: &BTreeSet<String>) -> bool {
    let Some((first, rest)) = words.split_first() else { return false };
    *words = rest;
    if *first == "(" {
        let met = any_of(words, allowed);
        assert_eq!(words.first(), Some(&")"), "an expression with an open bracket");
        *words = &words[1..];
        return met;
    }
    if words.first() == Some(&"WITH") {
        // An exception gives more than its licence; none of those in the tree is needed.
        *words = words.get(2..).unwrap_or_default();
        return false;
    }
    allowed.contains(*first)
}

fn theirs() -> Vec<Package> {
    packages().into_iter().filter(|package| package.source.is_some()).collect()
}

#[test]
fn licence_expressions_are_met_as_spdx_has_them() {
    let allowed: BTreeSet<String> = ["MIT", "ISC", "Apache-2.0"].map(str::to_owned).into();
    let check = |expression, expect| assert_eq!(can_be_met(expression, &allowed), expect, "{expression}");
    check("MIT", true);
    check("MIT OR GPL-3.0", true);
    check("Apache-2.0 AND ISC", true);
    check("Apache-2.0 AND GPL-3.0", false);
    check("(MIT OR GPL-3.0) AND ISC", true);
    check("MIT/GPL-3.0", true);
    check("Apache-2.0 WITH LLVM-exception OR MIT", true);
    check("GPL-3.0-only", false);
}

#[test]
fn every_dependency_has_a_licence_that_is_allowed() {
    let rules = rules();
    let mut seen = String::new();
    for package in theirs() {
        let license = package.license.clone().unwrap_or_default();
        assert!(
            can_be_met(&license, &rules.licenses),
            "{} {} is under `{license}`, which deny.toml does not allow",
            package.name,
            package.version
        );
        seen.push_str(&license);
        seen.push('\n');
    }
    for license in &rules.licenses {
        assert!(seen.contains(license.as_str()), "deny.toml allows {license}, which nothing here is under");
    }
}

#[test]
fn a_banned_crate_is_not_there_and_a_heavy_one_has_its_owner() {
    let packages = packages();
    for banned in rules().deny {
        let users: BTreeSet<&str> = packages
            .iter()
            .filter(|package| {
                package.depends.contains(&banned.name) || package.tests_depend.contains(&banned.name)
            })
            .map(|package| package.name.as_str())
            .collect();
        let Some(wrappers) = &banned.wrappers else {
            assert!(users.is_empty(), "{} is banned by deny.toml, and {users:?} use it", banned.name);
            continue;
        };
        for user in users {
            assert!(
                wrappers.contains(user),
                "{user} depends on {}; deny.toml allows that to {wrappers:?} alone",
                banned.name
            );
        }
    }
}

#[test]
fn no_crate_is_there_in_two_versions_without_a_reason() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages() {
        versions.entry(package.name).or_default().insert(package.version);
    }
    let skipped: BTreeSet<String> = rules().skip.into_iter().map(|entry| entry.name).collect();
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        assert!(skipped.contains(name), "{name} is there as {versions:?}: one of them is too many");
    }
    for name in skipped {
        let count = versions.get(&name).map_or(0, BTreeSet::len);
        assert!(count > 1, "deny.toml skips {name}, which is there {count} times");
    }
}

#[test]
fn every_dependency_comes_from_the_registry() {
    for package in theirs() {
        let source = package.source.unwrap_or_default();
        assert!(source.starts_with("registry+"), "{} comes from {source}", package.name);
    }
}
