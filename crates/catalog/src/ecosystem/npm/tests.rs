//! npm packages in samples of images.

use super::Modules;
use crate::ecosystem::dpkg::sample_image::{Read, Sample, read};

use Sample::{File, Link};

fn look(files: &[Sample<'_>]) -> Read {
    read(&[&Modules], &[files])
}

/// Name, version and place of every package; a declared one has no place.
fn check(files: &[Sample<'_>], expect: &[&str]) -> Read {
    let read = look(files);
    let rows: Vec<String> = read
        .joined
        .packages
        .iter()
        .map(|each| {
            let place = each.place.as_ref().map_or_else(|| "declared".to_owned(), ToString::to_string);
            assert_eq!(each.declared, each.place.is_none());
            format!("{} {} {place}", each.name, each.version)
        })
        .collect();
    assert_eq!(rows, expect);
    read
}

const A: &str = r#"{"name": "a", "version": "1.0.0"}"#;

#[test]
fn a_package_is_told_with_everything_that_its_manifest_says() {
    let text = r#"{"name": "@babel/core", "version": "7.20.12", "license": "MIT", "description": "Compiles.\nA lot.",
        "homepage": "https://example.org", "dependencies": {"debug": "^4.1.0", "any": ""}, "repository": 7}"#;
    let read = look(&[
        File("srv/node_modules/@babel/core/package.json", text),
        File("srv/node_modules/@babel/core/lib/index.js", ""),
        File("srv/node_modules/@babel/core/node_modules/a/package.json", A),
    ]);
    let [package, _] = read.joined.packages.as_slice() else { panic!() };
    assert_eq!(package.purl.as_ref().unwrap().to_string(), "pkg:npm/%40babel/core@7.20.12");
    assert_eq!(package.licenses, ["MIT"]);
    assert_eq!(package.requires, ["any", "debug@^4.1.0"]);
    assert_eq!(package.summary.as_deref(), Some("Compiles."));
    assert_eq!(
        read.paths_of("@babel/core"),
        [
            "/srv/node_modules/@babel/core",
            "/srv/node_modules/@babel/core/lib",
            "/srv/node_modules/@babel/core/lib/index.js",
            "/srv/node_modules/@babel/core/package.json"
        ]
    );
    assert_eq!(read.problems, []);
}

#[test]
fn only_what_an_installer_puts_there_is_installed() {
    check(
        &[
            File("srv/package.json", A),
            File("srv/node_modules/a/package.json", A),
            File("srv/node_modules/a/dist/package.json", A),
            File("srv/node_modules/a/node_modules/b/package.json", r#"{"name": "b", "version": "2.0.0"}"#),
            File("srv/node_modules/@s/package.json", A),
            File(
                "srv/node_modules/.pnpm/c@3.0.0/node_modules/c/package.json",
                r#"{"name": "c", "version": "3.0.0"}"#,
            ),
            File("srv/node_modules/esm/package.json", r#"{"type": "module"}"#),
            File("srv/node_modules/half/package.json", r#"{"name": "half"}"#),
            File("usr/share/nodejs/@d/e/package.json", r#"{"name": "@d/e", "version": "4.0.0"}"#),
            File("usr/lib/x86_64-linux-gnu/nodejs/f/package.json", r#"{"name": "f", "version": "5.0.0"}"#),
            File("home/nodejs/g/package.json", A),
        ],
        &[
            "@d/e 4.0.0 /usr/share/nodejs/@d/e",
            "a 1.0.0 /srv/node_modules/a",
            "b 2.0.0 /srv/node_modules/a/node_modules/b",
            "c 3.0.0 /srv/node_modules/.pnpm/c@3.0.0/node_modules/c",
            "f 5.0.0 /usr/lib/x86_64-linux-gnu/nodejs/f",
        ],
    );
}

#[test]
fn a_link_to_a_workspace_installs_it_once() {
    check(
        &[
            File("srv/packages/a/package.json", A),
            File("srv/packages/unused/package.json", A),
            Link("srv/node_modules/a", "../packages/a"),
            Link("srv/node_modules/@s/a", "../../packages/a"),
            Link("srv/elsewhere/unused", "../packages/unused"),
            Link("srv/node_modules/round", "round"),
        ],
        &["a 1.0.0 /srv/packages/a"],
    );
}

#[test]
fn licences_of_old_manifests_are_objects_and_lists() {
    for (license, expect) in [
        (r#""license": {"type": "MIT", "url": "x"}"#, &["MIT"][..]),
        (r#""licenses": [{"type": "MIT"}, {"type": "Apache-2.0"}]"#, &["MIT", "Apache-2.0"]),
        (r#""license": ["MIT", "ISC"]"#, &["MIT", "ISC"]),
        (r#""license": "", "licenses": "MIT""#, &["MIT"]),
        (r#""license": 5"#, &[]),
    ] {
        let text = format!(r#"{{"name": "a", "version": "1.0.0", {license}}}"#);
        let read = look(&[File("node_modules/a/package.json", &text)]);
        assert_eq!(read.joined.packages[0].licenses, expect, "{license}");
    }
}

const LOCK_3: &str = r#"{"name": "app", "lockfileVersion": 3, "packages": {
    "": {"name": "app", "version": "9.9.9"},
    "packages/w": {"name": "w", "version": "1.0.0"},
    "node_modules/w": {"resolved": "packages/w", "link": true},
    "node_modules/a": {"version": "1.0.0", "license": "MIT"},
    "node_modules/alias": {"name": "real", "version": "2.0.0"},
    "node_modules/a/node_modules/@s/b": {"version": "3.0.0"},
    "node_modules/c/node_modules/@s/b": {"version": "3.0.0"},
    "node_modules/nothing": {}}}"#;

#[test]
fn what_a_lock_file_names_and_nothing_installed_is_declared() {
    check(
        &[File("srv/package-lock.json", LOCK_3)],
        &["@s/b 3.0.0 declared", "a 1.0.0 declared", "real 2.0.0 declared"],
    );
    check(
        &[File("srv/package-lock.json", LOCK_3), File("srv/node_modules/a/package.json", A)],
        &["@s/b 3.0.0 declared", "a 1.0.0 /srv/node_modules/a", "real 2.0.0 declared"],
    );
    check(
        &[File("srv/node_modules/a/package.json", A), File("srv/node_modules/a/npm-shrinkwrap.json", LOCK_3)],
        &["a 1.0.0 /srv/node_modules/a"],
    );
}

#[test]
fn lock_files_of_version_1_nest() {
    let lock = r#"{"name": "app", "lockfileVersion": 1, "dependencies": {
        "a": {"version": "1.0.0", "dependencies": {"b": {"version": "2.0.0"}}},
        "alias": {"version": "npm:@s/real@3.0.0"},
        "git": {"version": "git+ssh://git@example.org/x.git#0a1b"}}}"#;
    check(
        &[File("srv/npm-shrinkwrap.json", lock)],
        &["@s/real 3.0.0 declared", "a 1.0.0 declared", "b 2.0.0 declared"],
    );
}

#[test]
fn damage_is_told_where_it_hides_a_package() {
    let code = |path: &str, text: &str| {
        let read = look(&[File(path, text)]);
        assert_eq!(read.joined.packages, []);
        read.problems.iter().map(|problem| problem.code.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(code("srv/node_modules/a/package.json", "{"), ["npm-manifest-damaged"]);
    assert_eq!(code("srv/node_modules/a/package.json", "[]"), [""; 0]);
    assert_eq!(code("srv/test/package.json", "{"), [""; 0]);
    assert_eq!(code("srv/package-lock.json", "{"), ["npm-lock-damaged"]);
    assert_eq!(
        code("srv/package-lock.json", r#"{"name": "app", "lockfileVersion": 2, "packages": 1}"#),
        ["npm-lock-damaged"]
    );
    let read = look(&[File("node_modules/a/package.json", &format!("\u{feff}{A}"))]);
    assert_eq!(read.joined.packages.len(), 1);
}

#[test]
fn the_same_package_in_two_lock_files_is_declared_once() {
    check(
        &[File("a/package-lock.json", LOCK_3), File("b/package-lock.json", LOCK_3)],
        &["@s/b 3.0.0 declared", "a 1.0.0 declared", "real 2.0.0 declared"],
    );
}

#[test]
fn places_in_a_lock_file_of_version_1_take_no_more_room_than_real_ones() {
    let name = "a".repeat(1 << 20);
    let below = (0..2_000).map(|number| format!(r#""b{number}": {{"version": "1.0.0"}}"#));
    let below = below.collect::<Vec<_>>().join(",");
    let lock = format!(
        r#"{{"name": "x", "dependencies": {{"{name}": {{"version": "1.0.0", "dependencies": {{{below}}}}}}}}}"#
    );
    let read = look(&[File("package-lock.json", &lock)]);
    assert!((10..100).contains(&read.joined.packages.len()), "{}", read.joined.packages.len());
    let [problem] = read.problems.as_slice() else { panic!("{:?}", read.problems) };
    assert_eq!(problem.code.as_str(), "npm-lock-limit");
}

#[test]
fn braces_in_braces_do_not_take_the_stack() {
    let nested = r#"{"a": {"dependencies": "#.repeat(100_000);
    let read = look(&[File("package-lock.json", &format!(r#"{{"dependencies": {nested}"#))]);
    assert_eq!(read.problems[0].code.as_str(), "npm-lock-damaged");
    let nested = r#"{"type": "#.repeat(100_000);
    let read = look(&[File("node_modules/a/package.json", &format!(r#"{{"license": {nested}"#))]);
    assert_eq!(read.problems[0].code.as_str(), "npm-manifest-damaged");
}
