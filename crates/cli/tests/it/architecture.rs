//! What ARCHITECTURE.md and CONTRIBUTING.md promise, held against the workspace.

use std::collections::{BTreeMap, BTreeSet};

use crate::workspace::{crates, files, root, text};

/// What only tests are made of: a dev-dependency of any crate, and a dependency of none.
const TESTS_ONLY: &str = "testing";

/// The edges of the picture in ARCHITECTURE.md: on each line with an arrow, the word before it and
/// the words after it.
fn picture() -> BTreeMap<String, BTreeSet<String>> {
    let text = text("ARCHITECTURE.md");
    let section = text.split("\n## ").find(|section| section.starts_with("Who may depend on whom"));
    let drawing = section.and_then(|section| section.split("```").nth(1)).unwrap_or_default();
    let edges: BTreeMap<String, BTreeSet<String>> = drawing
        .lines()
        .filter_map(|line| line.split_once('→'))
        .map(|(before, to)| {
            let from = before.split_whitespace().last().unwrap_or_default();
            let to = to.split(',').map(str::trim).filter(|name| *name != "nothing of ours");
            (from.to_owned(), to.map(str::to_owned).collect())
        })
        .collect();
    assert!(edges.len() > 5, "the picture in ARCHITECTURE.md was not read: {edges:?}");
    edges
}

#[test]
fn crates_depend_on_each_other_as_the_picture_shows() {
    let picture = picture();
    for package in crates() {
        let Some(drawn) = picture.get(&package.name) else {
            panic!("ARCHITECTURE.md does not draw the crate {}", package.name);
        };
        let undrawn: Vec<_> = package.depends.difference(drawn).collect();
        assert!(undrawn.is_empty(), "ARCHITECTURE.md allows no edge from {} to {undrawn:?}", package.name);
        let unused: Vec<_> = drawn.difference(&package.depends).collect();
        assert!(unused.is_empty(), "the edge from {} to {unused:?} is drawn and not there", package.name);
    }
}

#[test]
fn the_picture_draws_no_crate_that_is_not_there() {
    let there: BTreeSet<String> = crates().into_iter().map(|package| package.name).collect();
    let drawn: BTreeSet<String> = picture().into_keys().collect();
    assert_eq!(drawn, there);
}

#[test]
fn what_tests_need_does_not_ship() {
    for package in crates() {
        assert!(!package.depends.contains(TESTS_ONLY), "{} ships {TESTS_ONLY}", package.name);
        // A test may not reach further up than its crate may: it would test something else.
        let drawn = &picture()[&package.name];
        let beyond: Vec<_> = package
            .tests_depend
            .iter()
            .filter(|name| *name != TESTS_ONLY && !drawn.contains(*name))
            .collect();
        assert!(beyond.is_empty(), "tests of {} depend on {beyond:?}", package.name);
    }
}

#[test]
fn every_crate_has_its_paragraph_and_its_invariant() {
    let text = text("ARCHITECTURE.md");
    for package in crates() {
        let heading = format!("### `crates/{}`", package.name);
        let Some((_, rest)) = text.split_once(&heading) else { panic!("no heading `{heading}`") };
        let paragraph = rest.split("\n##").next().unwrap_or_default();
        assert!(paragraph.contains("*Invariant:*"), "{} has no *Invariant:* line", package.name);
    }
    let lines = text.lines().count();
    assert!(lines <= 200, "ARCHITECTURE.md is to be read in one go: {lines} lines are more than 200");
}

#[test]
fn every_crate_says_what_it_never_does() {
    for package in crates() {
        let library = format!("crates/{}/src/lib.rs", package.name);
        if !root().join(&library).exists() {
            continue; // the command line is a binary alone
        }
        let opening = text(&library);
        let opening: Vec<_> = opening.lines().take_while(|line| line.starts_with("//!")).collect();
        assert!(opening.iter().any(|line| line.contains("**Never:**")), "{library} says nothing");
    }
}

/// What stands between backquotes and looks like a path of the project.
fn named_paths(text: &str) -> BTreeSet<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.starts_with("crates/") || word.starts_with("tests/") || word.starts_with("docs/"))
        .filter(|word| {
            !word.contains(|c: char| c.is_whitespace() || c.is_uppercase() && !word.ends_with(".md"))
        })
        .map(str::to_owned)
        .collect()
}

#[test]
fn documents_name_paths_that_exist() {
    for document in ["CONTRIBUTING.md", "ARCHITECTURE.md", "README.md", "SHORTCOMINGS.md"] {
        let paths = named_paths(&text(document));
        assert!(document != "CONTRIBUTING.md" || paths.len() > 10, "the table was not read: {paths:?}");
        for path in paths {
            assert!(root().join(&path).exists(), "{document} names {path}, which does not exist");
        }
    }
}

#[test]
fn documents_link_to_files_that_exist() {
    let mut documents: Vec<String> = files("docs", ".md");
    documents.extend(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"].map(str::to_owned));
    for document in documents {
        let content = text(&document);
        let directory = root().join(&document).parent().expect("a directory").to_owned();
        for target in content.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            assert!(directory.join(file).exists(), "{document} links to {target}, which does not exist");
        }
    }
}

/// The paths that a clippy.toml forbids.
fn forbidden(path: &str) -> BTreeSet<String> {
    text(path)
        .lines()
        .filter_map(|line| line.trim().strip_prefix("{ path = \"")?.split('"').next().map(str::to_owned))
        .collect()
}

#[test]
fn a_crate_may_what_is_listed_here_and_nothing_else() {
    let all = forbidden("clippy.toml");
    assert!(all.len() > 10, "clippy.toml was not read");
    let mut allowed = BTreeMap::new();
    for package in crates() {
        let own = format!("crates/{}/clippy.toml", package.name);
        if root().join(&own).exists() {
            let own = forbidden(&own);
            assert!(own.is_subset(&all), "{} forbids what the root does not", package.name);
            allowed.insert(package.name, all.difference(&own).cloned().collect::<Vec<_>>().join(" "));
        }
    }
    let expect = [
        (
            "cli",
            "std::env::args std::env::args_os std::env::current_dir std::env::home_dir std::env::temp_dir std::env::var std::env::var_os std::env::vars std::env::vars_os std::io::stderr std::io::stdin std::io::stdout std::time::Instant::now",
        ),
        (
            "engine",
            "std::net::TcpStream::connect std::net::TcpStream::connect_timeout std::process::Command::new std::thread::sleep std::time::Instant::now std::time::SystemTime::now",
        ),
        ("store", "std::time::SystemTime::now"),
        (
            "testing",
            "std::net::TcpStream::connect std::process::Command::new std::thread::sleep std::time::Instant::now",
        ),
    ];
    let expect: BTreeMap<_, _> = expect.map(|(name, list)| (name.to_owned(), list.to_owned())).into();
    assert_eq!(allowed, expect);
}
