//! docs/reference is what the program says of itself. This test writes it anew and compares;
//! `UPDATE=1 cargo test -p plimsoll-cli --test it reference` keeps what it wrote.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};

use crate::workspace::{files, root, text};

/// What the program prints with nothing of this machine's environment.
fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .env_clear()
        .args(arguments)
        // Help is as wide as the terminal, on whichever stream there is one.
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The commands and what each is for, as the main help page lists them.
fn commands() -> Vec<(String, String)> {
    let help = printed(&["--help"]);
    let (_, list) = help.split_once("Commands:\n").expect("a list of commands");
    list.lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.trim().split_once("  "))
        .map(|(name, summary)| (name.to_owned(), summary.trim().to_owned()))
        .filter(|(name, _)| name != "help")
        .collect()
}

/// What stands in a help page from one heading to the next of those given.
fn without<'a>(help: &'a str, from: &str, to: &[&str]) -> (&'a str, &'a str) {
    let Some(start) = help.find(from) else { return (help, "") };
    let rest = &help[start..];
    let end = to.iter().filter_map(|heading| rest.find(heading)).min().unwrap_or(rest.len());
    (&help[..start], &rest[end..])
}

/// A help page without what all commands share and the main page tells.
fn own_help(name: &str) -> String {
    let help = printed(&[name, "--help"]);
    let (before, after) = without(&help, "Options for all commands:", &["Examples:"]);
    let (examples, _) = without(after, "IMAGE is one of:", &[]);
    let (examples, _) = without(examples, "Exit codes:", &[]);
    let page = format!("{before}{examples}");
    let page = page.find("Usage:").map_or("", |start| &page[start..]);
    page.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

fn index() -> String {
    let mut page = String::from(
        "# Reference\n\nWritten by `UPDATE=1 cargo test -p plimsoll-cli --test it reference` from what the program\nsays of itself; a test compares.\n\n| command | what it does |\n|---|---|\n",
    );
    for (name, summary) in commands() {
        let _ = writeln!(page, "| [`plimsoll {name}`]({name}.md) | {summary} |");
    }
    page.push_str("\nWhat programs can rely on: [formats](formats.md).\n\n");
    let help = printed(&["--help"]);
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = writeln!(page, "```text\n{}\n```", help.join("\n").trim_end());
    page
}

fn command(name: &str, summary: &str) -> String {
    format!(
        "# plimsoll {name}\n\n{summary}.\n\n```text\n{}\n```\n\nOptions for all commands, kinds of image and exit codes: [reference](README.md).\n",
        own_help(name)
    )
}

/// The first line of a document about next to nothing: its columns.
fn columns(arguments: &[&str]) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("file"), "x").expect("a file");
    let place = format!("dir:{}", directory.path().display());
    let arguments: Vec<&str> =
        arguments.iter().map(|word| if *word == "IMAGE" { &place } else { *word }).collect();
    printed(&arguments).lines().next().unwrap_or_default().trim_end().to_owned()
}

fn formats() -> String {
    let mut page = String::from(
        "# Formats\n\nEvery document is the same, byte for byte, for the same input.\n\n## CSV\n\nRFC 4180 with a header. The first columns, and their order, stay; new ones come at the end. Names\nare written as their bytes, whether or not they are UTF-8.\n\n| command | columns |\n|---|---|\n",
    );
    for (name, arguments) in [
        ("packages", &["packages", "IMAGE", "--format", "csv"][..]),
        ("files", &["files", "IMAGE", "--format", "csv"]),
        ("layers", &["layers", "IMAGE", "--format", "csv"]),
        ("diff", &["diff", "IMAGE", "IMAGE", "--format", "csv"]),
    ] {
        let _ = writeln!(page, "| [`{name}`]({name}.md) | {} |", columns(arguments).replace(',', ", "));
    }
    let judged = [
        ("vulns", &plimsoll_report::vulnerabilities::CSV_COLUMNS[..]),
        ("lint", &plimsoll_report::lint::CSV_COLUMNS[..]),
    ];
    for (name, columns) in judged {
        let _ = writeln!(page, "| [`{name}`]({name}.md) | {} |", columns.join(", "));
    }
    page.push_str("\nIn `files`, the path is absolute, the type is file, directory, symlink, fifo, char or block, the\nmode has four octal digits, the sha256 is given for regular files, hard links show as files, and the\nlayer is the digest of the blob that brought the file. In `packages`, the type is that of package\nURLs (`plimsoll explain TYPE` says what one is) and a version is written as the ecosystem's own tool writes it. In `diff`, the\nkind is package, file, config, layer or vulnerability, and the change is added, removed, upgraded,\ndowngraded or changed; a vulnerability that is fixed is removed. Three images or more are written as\ntype, name, and a column for each image. In `vulns`, the state is affected, not-affected, unknown or no-data\n(a package that nobody could judge); in `lint`, the kind is file, setting, instruction, package, image or\nno-data (a rule that could not look).\n\n## JSON\n\nEach document names its schema in its member `schema`; names that are not UTF-8 are escaped. The\nnumber at the end goes up when a member changes its meaning or goes.\n\n| schema | file |\n|---|---|\n");
    for file in files("crates/report/schemas", ".json") {
        let name = file.rsplit('/').next().unwrap_or_default().trim_end_matches(".json");
        let (document, number) = name.rsplit_once('-').expect("a number at the end");
        let _ = writeln!(page, "| `plimsoll/{document}/{number}` | [{name}.json](../../{file}) |");
    }
    page.push_str("\n## Bills of materials\n\n`packages` writes CycloneDX 1.6 and SPDX 2.3, both JSON, and every command that takes an image\nreads both back as `sbom:FILE`.\n");
    page
}

#[test]
fn the_reference_is_what_the_program_says() {
    let mut pages = BTreeMap::from([("README.md".to_owned(), index()), ("formats.md".to_owned(), formats())]);
    let commands = commands();
    assert!(commands.len() >= 9, "{commands:?}");
    for (name, summary) in &commands {
        pages.insert(format!("{name}.md"), command(name, summary));
    }
    let directory = root().join("docs/reference");
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(&directory).expect("docs/reference");
        // Pages are replaced one by one: other tests look at the directory meanwhile.
        for entry in fs::read_dir(&directory).expect("docs/reference") {
            let entry = entry.expect("an entry");
            if !pages.contains_key(&*entry.file_name().to_string_lossy()) {
                fs::remove_file(entry.path()).expect("a page that is no longer one");
            }
        }
        for (name, page) in &pages {
            fs::write(directory.join(name), page).expect("a page");
        }
    }
    for (name, page) in &pages {
        let kept = fs::read_to_string(directory.join(name)).unwrap_or_default();
        assert!(
            kept == *page,
            "docs/reference/{name} is not what the program says: UPDATE=1 cargo test -p plimsoll-cli --test it reference"
        );
    }
    for path in files("docs/reference", "") {
        let name = path.trim_start_matches("docs/reference/");
        assert!(pages.contains_key(name), "{path} belongs to no command");
    }
}

#[test]
fn the_readme_names_every_command_and_format() {
    let readme = text("README.md");
    for (name, _) in commands() {
        assert!(readme.contains(&format!("`{name}`")), "README.md does not name `{name}`");
    }
}
