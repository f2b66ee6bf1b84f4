//! A PHP application that the Composer which is installed here builds, compared with what
//! `composer show` says of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::image::look_at;

/// A folder that is removed again.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Packages from directories of the project's own, since nothing else can be relied on: one with
/// a tag's version, one that is linked and not copied, one for development, one that is a branch,
/// one without files.
const PROJECT: &str = r#"{"name": "acme/ship", "minimum-stability": "dev",
  "require": {"acme/hull": "*", "acme/linked": "*", "acme/branch": "*", "acme/meta": "*"},
  "require-dev": {"acme/gauge": "*"},
  "repositories": [{"packagist.org": false},
    {"type": "path", "url": "hull", "options": {"symlink": false, "versions": {"acme/hull": "v1.2.3"}}},
    {"type": "path", "url": "linked", "options": {"symlink": true}},
    {"type": "path", "url": "gauge", "options": {"symlink": false}},
    {"type": "path", "url": "branch", "options": {"symlink": false, "versions": {"acme/branch": "dev-trial"}}},
    {"type": "package", "package": {"name": "acme/meta", "version": "3.0.0", "type": "metapackage"}}]}"#;

fn composer(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("composer");
    command.current_dir(folder).args(arguments).args(["--no-interaction", "--no-plugins"]);
    command.env("COMPOSER_ALLOW_SUPERUSER", "1").env("COMPOSER_HOME", folder.join(".composer"));
    command.env("COMPOSER_DISABLE_NETWORK", "1");
    let answer = command.output().ok().filter(|answer| answer.status.success())?;
    String::from_utf8(answer.stdout).ok()
}

fn build(name: &str) -> Option<Folder> {
    let name = format!("plimsoll-composer-{name}-{}", std::process::id());
    let folder = Folder(std::env::temp_dir().join(name));
    let packages = [
        (
            "hull",
            r#"{"name": "acme/hull", "license": ["MIT", "Apache-2.0"], "description": "A hull", "homepage": "https://example.org", "require": {"php": ">=5"}}"#,
        ),
        ("linked", r#"{"name": "acme/linked", "version": "2.0.0-RC1", "license": "(MIT or GPL-2.0-only)"}"#),
        ("gauge", r#"{"name": "acme/gauge", "version": "0.1"}"#),
        ("branch", r#"{"name": "acme/branch"}"#),
    ];
    for (directory, manifest) in packages {
        std::fs::create_dir_all(folder.0.join(directory).join("src")).ok()?;
        std::fs::write(folder.0.join(directory).join("composer.json"), manifest).ok()?;
        std::fs::write(folder.0.join(directory).join("src/code.php"), "<?php\n").ok()?;
    }
    std::fs::write(folder.0.join("composer.json"), PROJECT).ok()?;
    composer(&folder.0, &["install", "--quiet"])?;
    Some(folder)
}

/// Name and version of every package that Composer lists. It writes the commit behind a branch.
fn listed(folder: &Path, arguments: &[&str], list: &str) -> BTreeSet<String> {
    let text = composer(folder, &[&["show", "--format=json"], arguments].concat()).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    let row = |each: &Value| {
        let version = each["version"].as_str().unwrap();
        format!("{} {}", each["name"].as_str().unwrap(), version.split(' ').next().unwrap())
    };
    value[list].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn the_packages_of_an_application_are_those_that_composer_lists() {
    let Some(folder) = build("show") else {
        eprintln!("skipped: Composer is not installed");
        return;
    };
    let mut archive = tar::Builder::new(Vec::new());
    archive.follow_symlinks(false);
    for name in ["vendor", "composer.lock", "linked"] {
        let path = format!("srv/ship/{name}");
        if name == "composer.lock" {
            archive.append_path_with_name(folder.0.join(name), path).unwrap();
        } else {
            archive.append_dir_all(path, folder.0.join(name)).unwrap();
        }
    }
    let archive = std::io::Cursor::new(archive.into_inner().unwrap());
    let found = look_at(std::iter::once(Box::new(archive) as Box<dyn std::io::Read>));
    assert_eq!(found.read_problems, []);
    let rows: Vec<String> =
        found.joined.packages.iter().map(|each| format!("{} {}", each.name, each.version)).collect();
    let expect = listed(&folder.0, &[], "installed");
    assert_eq!(expect.len(), 5);
    assert_eq!(rows.len(), expect.len(), "{rows:?}");
    assert_eq!(rows.into_iter().collect::<BTreeSet<_>>(), expect);
    assert!(found.joined.packages.iter().all(|package| !package.declared));
    let development: BTreeSet<String> =
        expect.difference(&listed(&folder.0, &["--no-dev"], "installed")).cloned().collect();
    let marked = found
        .joined
        .packages
        .iter()
        .filter(|each| each.origin.as_deref().is_some_and(|origin| origin.starts_with("development")));
    assert_eq!(
        marked.map(|each| format!("{} {}", each.name, each.version)).collect::<BTreeSet<_>>(),
        development
    );
    let hull = found.joined.packages.iter().find(|each| each.name == "acme/hull").unwrap();
    assert_eq!(hull.licenses, ["MIT", "Apache-2.0"]);
    assert_eq!(hull.place.as_ref().unwrap().to_string(), "/srv/ship/vendor/acme/hull");
    let file = found.joined.owned.iter().map(|(file, _)| found.table.path(*file).to_string());
    assert!(file.into_iter().any(|path| path == "/srv/ship/vendor/acme/hull/src/code.php"));
}

#[test]
fn what_is_locked_and_not_installed_is_what_composer_lists_as_locked() {
    let Some(folder) = build("locked") else {
        eprintln!("skipped: Composer is not installed");
        return;
    };
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_path_with_name(folder.0.join("composer.lock"), "srv/ship/composer.lock").unwrap();
    let archive = std::io::Cursor::new(archive.into_inner().unwrap());
    let found = look_at(std::iter::once(Box::new(archive) as Box<dyn std::io::Read>));
    let rows = found.joined.packages.iter().map(|each| {
        assert!(each.declared);
        format!("{} {}", each.name, each.version)
    });
    assert_eq!(rows.collect::<BTreeSet<_>>(), listed(&folder.0, &["--locked"], "locked"));
}
