//! How our files look: each says what it is, none grows out of sight, nothing is left half done.

use crate::workspace::{files, text};

/// No hand-written file is longer.
const LONGEST: usize = 1_000;

/// Half of the files are shorter.
const MEDIAN: usize = 200;

/// Files that may say `unsafe`: processor instructions that have no safe form.
const UNSAFE: &[&str] = &["crates/image/src/hashing/"];

/// Names that say nothing about what a module holds.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "common", "manager", "misc"];

fn sources() -> Vec<(String, String)> {
    let found: Vec<_> = files("crates", ".rs").into_iter().map(|path| (text(&path), path)).collect();
    assert!(found.len() > 50, "the sources were not found");
    found.into_iter().map(|(text, path)| (path, text)).collect()
}

#[test]
fn every_file_says_what_it_is() {
    for (path, text) in sources() {
        assert!(text.starts_with("//! "), "{path} does not begin with `//! ` and what it is");
    }
}

#[test]
fn no_file_grows_out_of_sight() {
    let mut lengths: Vec<(usize, String)> =
        sources().into_iter().map(|(path, text)| (text.lines().count(), path)).collect();
    lengths.sort();
    let (longest, path) = &lengths[lengths.len() - 1];
    assert!(*longest <= LONGEST, "{path} has {longest} lines: {LONGEST} are enough for anything");
    let (median, _) = lengths[lengths.len() / 2];
    assert!(median <= MEDIAN, "half of the files have more than {median} lines, over {MEDIAN}");
}

#[test]
fn nothing_is_left_half_done() {
    let marks = ["FIX", "XX", "to", "unimplemen"].into_iter().zip(["ME", "X", "do!(", "ted!("]);
    let marks: Vec<String> = marks.map(|(left, right)| format!("{left}{right}")).collect();
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            let number = number + 1;
            for mark in &marks {
                // `mktemp`'s X's in a string are no mark.
                let found = line.contains(mark.as_str()) && !line.contains(&mark.repeat(2));
                assert!(!found, "{path}:{number} says {mark}");
            }
            assert!(
                line.trim_start() != "#[ignore]",
                "{path}:{number}: a test that is ignored says why, and when it runs"
            );
            assert!(
                !line.trim_start().starts_with("#[allow(") && !line.trim_start().starts_with("#![allow("),
                "{path}:{number}: `#[expect(…, reason = \"…\")]` says why, and says when it is over"
            );
        }
    }
}

#[test]
fn unsafe_code_is_where_it_is_said_to_be() {
    let word = format!("uns{}", "afe {");
    for (path, text) in sources() {
        if text.contains(&word) || text.contains(&word.replace('{', "fn")) {
            assert!(UNSAFE.iter().any(|place| path.starts_with(place)), "{path} has unsafe code");
        }
    }
}

#[test]
fn every_module_has_a_name_that_says_something() {
    for (path, _) in sources() {
        for part in path.trim_end_matches(".rs").split('/') {
            assert!(!EMPTY_NAMES.contains(&part), "{path}: `{part}` says nothing about what is in it");
        }
    }
}
