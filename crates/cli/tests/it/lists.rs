//! Explicit lists of what there is, held against the directories that hold it: forgetting to
//! enter something is a failure here, with what to do.

use std::collections::BTreeSet;
use std::fs;

use crate::workspace::{files, root, text};

/// The modules of a directory: its files and directories, `mod.rs` and tests apart.
fn modules(directory: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(directory)).expect("a directory");
    entries
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .map(|name| name.trim_end_matches(".rs").to_owned())
        .filter(|name| !["mod", "tests", "sample"].contains(&name.as_str()))
        .collect()
}

/// The modules that the list `name` of a file names: `module::Something` in its items.
fn listed(file: &str, list: &str) -> BTreeSet<String> {
    let content = text(file);
    let Some((_, rest)) = content.split_once(&format!("const {list}:")) else {
        panic!("{file} has no list {list}");
    };
    // A long list starts on the line below its name.
    let rest = rest.replace("=\n    &[", "= &[");
    let items = rest.split_once("= &[").and_then(|(_, items)| items.split_once("];")).map(|(items, _)| items);
    let Some(items) = items else { panic!("{file}: {list} is not written as `= &[…];`") };
    items
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
        .filter_map(|word| word.split_once("::"))
        .map(|(module, _)| module.to_owned())
        .collect()
}

fn check(directory: &str, list: &str) {
    let file = format!("{directory}/mod.rs");
    let (there, listed) = (modules(directory), listed(&file, list));
    let forgotten: Vec<_> = there.difference(&listed).collect();
    assert!(forgotten.is_empty(), "{forgotten:?} of {directory} are not entered in {list} of {file}");
    assert_eq!(there, listed, "{list} of {file}");
}

#[test]
fn every_command_is_entered() {
    check("crates/cli/src/command", "ALL");
}

#[test]
fn every_ecosystem_is_entered() {
    check("crates/catalog/src/ecosystem", "ALL");
}

#[test]
fn every_reader_of_evidence_is_entered() {
    check("crates/catalog/src/evidence", "ALL");
}

/// What feeds share lies beside them, and is none.
#[test]
fn every_feed_is_entered() {
    const SHARED: [&str; 4] = ["intake", "loss", "request", "sound"];
    let directory = "crates/advisory/src/feed";
    let there = modules(directory).into_iter().filter(|module| !SHARED.contains(&module.as_str()));
    let listed = listed(&format!("{directory}/mod.rs"), "ALL");
    assert_eq!(there.collect::<BTreeSet<_>>(), listed, "ALL of {directory}/mod.rs");
}

#[test]
fn every_rule_is_entered() {
    check("crates/policy/src/rule", "ALL");
}

/// A module beside a document's list that writes the document is one of its formats.
#[test]
fn every_format_of_a_document_is_entered() {
    let mut documents = 0;
    for file in files("crates/report/src", "/mod.rs") {
        if !text(&file).contains("const FORMATS:") {
            continue;
        }
        documents += 1;
        let directory = file.trim_end_matches("/mod.rs");
        let listed = listed(&file, "ALL");
        for module in modules(directory) {
            let places = [format!("{directory}/{module}.rs"), format!("{directory}/{module}/mod.rs")];
            let text = places.iter().find_map(|path| fs::read_to_string(root().join(path)).ok());
            let text = text.unwrap_or_default();
            let writes = text.contains(", out: &mut dyn Write) -> io::Result<()> {")
                && text.contains("pub(super) fn write(")
                && !text.contains("const FORMATS:");
            assert!(
                !writes || listed.contains(&module),
                "{directory}/{module} writes the document and is not entered in ALL of {file}"
            );
        }
    }
    assert!(documents >= 5, "{documents} documents were found");
}

#[test]
fn every_schema_is_entered() {
    let list = text("crates/report/src/schemas.rs");
    for entry in fs::read_dir(root().join("crates/report/schemas")).expect("the schemas") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(
            list.contains(&format!("schemas/{name}\"")),
            "{name} is not entered in crates/report/src/schemas.rs"
        );
    }
}

#[test]
fn every_file_of_tests_runs() {
    let main = text("crates/cli/tests/it/main.rs");
    for module in modules("crates/cli/tests/it") {
        assert!(module == "main" || main.contains(&format!("mod {module};")), "nothing runs {module}.rs");
    }
}

/// What ids are called that are no codes of problems, though they end as those do.
const OTHER_IDS: [&str; 8] = [
    // Reasons why a package was not judged.
    "database-damaged",
    "distribution-unknown",
    "feed-age-unknown",
    "group-unknown",
    // Rules of `lint`.
    "user-unknown",
    "health-check-missing",
    // Fields of documents.
    "operating-system",
    "package-name",
];

/// How codes of problems end.
const ENDINGS: [&str; 37] = [
    "damaged",
    "unreadable",
    "unknown",
    "incomplete",
    "missing",
    "large",
    "limit",
    "truncated",
    "refused",
    "short",
    "wrong",
    "read",
    "empty",
    "several",
    "ambiguous",
    "problems",
    "encrypted",
    "unidentified",
    "overlapping",
    "unreachable",
    "hashed",
    "unusable",
    "unused",
    "written",
    "unwritable",
    "shrank",
    "fetched",
    "unsupported",
    "malformed",
    "invalid",
    "undatable",
    "unpacked",
    "deep",
    "bomb",
    "contradiction",
    "repaired",
    "long",
];

/// Words of a source that may be codes of problems: what stands where one is expected, and what
/// ends as one in a file that speaks of problems.
fn codes(source: &str) -> BTreeSet<String> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let is_id = |word: &str| {
        word.contains('-')
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let mut found = BTreeSet::new();
    let mut before = "";
    for (position, part) in source.split('"').enumerate() {
        if position % 2 == 1 && is_id(part) {
            let at = before.trim_end();
            let is_expected = ["Problem::new(", ".add(", "_problem("].iter().any(|call| at.ends_with(call));
            let ending = part.rsplit('-').next().unwrap_or_default();
            if is_expected || (source.contains("Problem") && ENDINGS.contains(&ending)) {
                found.insert(part.to_owned());
            }
        }
        before = part;
    }
    found
}

#[test]
fn every_code_of_a_problem_is_explained() {
    let known: BTreeSet<&str> = plimsoll_model::problem::known().map(|doc| doc.code).collect();
    let mut emitted = BTreeSet::new();
    for file in files("crates", ".rs") {
        let is_test =
            file.contains("/tests") || file.contains("/sample") || file.starts_with("crates/testing/");
        if !is_test && file != "crates/model/src/problem/known.rs" {
            emitted.extend(codes(&text(&file)));
        }
    }
    let of_problems = |code: &&String| !OTHER_IDS.contains(&code.as_str());
    let missing: Vec<_> =
        emitted.iter().filter(of_problems).filter(|code| !known.contains(code.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?} are not explained in crates/model/src/problem/known.rs");
    let sources: String = files("crates", ".rs")
        .iter()
        .filter(|file| *file != "crates/model/src/problem/known.rs")
        .map(|file| text(file))
        .collect();
    let idle: Vec<_> = known.iter().filter(|code| !sources.contains(&format!("\"{code}\""))).collect();
    assert!(idle.is_empty(), "nothing raises {idle:?}");
}
