//! Lock files that the tools themselves wrote: what one of them names, all others name too.

use std::path::{Path, PathBuf};

use crate::image::{Answer, look_at};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lock").join(name)
}

/// An image with some files, each from a place on this machine.
fn image(files: &[(&str, &Path)]) -> Answer {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, file) in files {
        archive.append_path_with_name(file, path).unwrap();
    }
    let archive = std::io::Cursor::new(archive.into_inner().unwrap());
    look_at(std::iter::once(Box::new(archive) as Box<dyn std::io::Read>))
}

/// What a lock file alone in an image declares.
fn check(name: &str, expect: &[&str]) {
    let file = fixture(name);
    let path = format!("srv/{}", file.file_name().unwrap().to_str().unwrap());
    let found = image(&[(&path, &file)]);
    assert_eq!(found.read_problems, [], "{name}");
    assert_eq!(found.joined.problems, [], "{name}");
    let rows: Vec<String> = found
        .joined
        .packages
        .iter()
        .map(|each| {
            assert!(each.declared, "{name}: {each:?}");
            assert_eq!(each.evidence.as_ref().unwrap().to_string(), format!("/{path}"));
            each.purl.as_ref().unwrap().to_string()
        })
        .collect();
    assert_eq!(rows, expect, "{name}");
}

#[test]
fn all_tools_for_javascript_name_the_same_packages() {
    let expect = [
        "pkg:npm/%40babel/code-frame@7.22.5",
        "pkg:npm/%40babel/helper-validator-identifier@7.29.7",
        "pkg:npm/%40babel/highlight@7.25.9",
        "pkg:npm/ansi-styles@3.2.1",
        "pkg:npm/chalk@2.4.2",
        "pkg:npm/color-convert@1.9.3",
        "pkg:npm/color-name@1.1.3",
        "pkg:npm/escape-string-regexp@1.0.5",
        "pkg:npm/has-flag@3.0.0",
        "pkg:npm/is-number@7.0.0",
        "pkg:npm/js-tokens@4.0.0",
        "pkg:npm/left-pad@1.3.0",
        "pkg:npm/loose-envify@1.4.0",
        "pkg:npm/object-assign@4.1.1",
        "pkg:npm/picocolors@1.1.1",
        "pkg:npm/react@17.0.2",
        "pkg:npm/react-dom@17.0.2",
        "pkg:npm/scheduler@0.20.2",
        "pkg:npm/supports-color@5.5.0",
    ];
    check("npm/package-lock.json", &expect);
    check("yarn-1/yarn.lock", &expect);
    check("yarn-4/yarn.lock", &expect);
    check("pnpm-7/pnpm-lock.yaml", &expect);
    check("pnpm-8/pnpm-lock.yaml", &expect);
    check("pnpm-9/pnpm-lock.yaml", &expect);
    check("bun/bun.lock", &expect);
}

#[test]
fn all_tools_for_python_name_the_same_packages() {
    let expect = [
        "pkg:pypi/pyasn1@0.6.5",
        "pkg:pypi/python-dateutil@2.9.0.post0",
        "pkg:pypi/rsa@4.9",
        "pkg:pypi/six@1.17.0",
    ];
    for name in ["poetry.lock", "pdm.lock", "uv.lock", "pylock.toml", "Pipfile.lock", "requirements.txt"] {
        check(&format!("python/{name}"), &expect);
    }
}

#[test]
fn cargo_and_bundler_name_what_they_fetch() {
    check("cargo/Cargo.lock", &["pkg:cargo/memchr@2.7.4", "pkg:cargo/semver@1.0.23"]);
    check("gem/Gemfile.lock", &["pkg:gem/minitest@5.15.0", "pkg:gem/rake@13.0.6"]);
}

#[test]
fn what_several_lock_files_name_is_listed_once_and_what_is_installed_not_at_all() {
    let [yarn, pnpm, poetry] =
        ["yarn-1/yarn.lock", "pnpm-9/pnpm-lock.yaml", "python/poetry.lock"].map(fixture);
    let metadata = std::env::temp_dir().join(format!("plimsoll-metadata-{}", std::process::id()));
    std::fs::write(&metadata, "Metadata-Version: 2.1\nName: RSA\nVersion: 4.9\n").unwrap();
    let found = image(&[
        ("a/yarn.lock", &yarn),
        ("b/pnpm-lock.yaml", &pnpm),
        ("b/node_modules/c/yarn.lock", &yarn),
        ("c/poetry.lock", &poetry),
        ("usr/lib/python3/site-packages/rsa-4.9.dist-info/METADATA", &metadata),
    ]);
    std::fs::remove_file(&metadata).unwrap();
    let count = |kind: &str| found.joined.packages.iter().filter(|each| each.kind.as_str() == kind).count();
    assert_eq!((count("npm"), count("pypi")), (19, 4));
    let rsa: Vec<_> =
        found.joined.packages.iter().filter(|each| each.name.eq_ignore_ascii_case("rsa")).collect();
    assert!(rsa.len() == 1 && !rsa[0].declared, "{rsa:?}");
}
