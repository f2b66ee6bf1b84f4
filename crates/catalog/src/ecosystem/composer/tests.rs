//! What Composer leaves, in samples of images.

use super::Installed;
use super::lock::LOCKS;
use crate::ecosystem::dpkg::sample_image::{Read, Sample, read, soon};

use Sample::{Directory, File};

fn check(files: &[Sample<'_>], expect: &[&str]) -> Read {
    let read = read(&[&Installed, &LOCKS], &[files]);
    let packages = read.joined.packages.iter();
    let rows: Vec<String> = packages
        .map(|each| {
            let place = each.place.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            let place = if each.declared { "declared".to_owned() } else { place };
            let origin = each.origin.as_deref().map(|origin| format!(" ({origin})")).unwrap_or_default();
            format!("{} {} {place}{origin}", each.name, each.version)
        })
        .collect();
    assert_eq!(rows, expect);
    read
}

const INSTALLED: &str = r#"{"packages": [
    {"name": "acme/hull", "version": "v1.2.3", "version_normalized": "1.2.3.0", "license": ["MIT", "Apache-2.0"],
     "require": {"php": ">=8", "psr/log": "^3"}, "description": "A hull\nand more", "homepage": "https://example.org",
     "source": {"type": "git", "reference": "0a1b"}, "install-path": "../acme/hull"},
    {"name": "acme/keel", "version": "dev-main", "dist": {"reference": "2c3d"}, "install-path": "../acme/hull/keel"},
    {"name": "acme/meta", "version": "1.0.0", "type": "metapackage", "install-path": null}],
  "dev": true, "dev-package-names": ["acme/keel"]}"#;

#[test]
fn what_composer_installed_lies_where_its_list_says() {
    let read = check(
        &[
            File("srv/vendor/composer/installed.json", INSTALLED),
            File("srv/vendor/acme/hull/src/Hull.php", "<?php"),
            File("srv/vendor/acme/hull/keel/Keel.php", "<?php"),
        ],
        &[
            "acme/hull v1.2.3 /srv/vendor/acme/hull",
            "acme/keel dev-main /srv/vendor/acme/hull/keel (development, commit 2c3d)",
            "acme/meta 1.0.0 -",
        ],
    );
    let hull = &read.joined.packages[0];
    assert_eq!(hull.licenses, ["MIT", "Apache-2.0"]);
    assert_eq!(hull.requires, ["php >=8", "psr/log ^3"]);
    assert_eq!(hull.summary.as_deref(), Some("A hull"));
    assert_eq!(hull.url.as_deref(), Some("https://example.org"));
    assert_eq!(hull.purl.as_ref().unwrap().to_string(), "pkg:composer/acme/hull@v1.2.3");
    let own = ["/srv/vendor/acme/hull", "/srv/vendor/acme/hull/src", "/srv/vendor/acme/hull/src/Hull.php"];
    assert_eq!(read.paths_of("acme/hull"), own);
    assert_eq!(read.paths_of("acme/keel").len(), 2);
}

#[test]
fn the_list_of_composer_1_says_no_places() {
    let list = r#"[{"name": "Acme/Hull", "version": "1.0"}, {"name": "acme/branch", "version": "1.x-dev",
        "source": {"reference": "4e5f"}}, {"name": "nameless"}, {"version": "1"}]"#;
    let read = check(
        &[File("vendor/composer/installed.json", list), Directory("vendor/Acme/Hull")],
        &["Acme/Hull 1.0 /vendor/Acme/Hull", "acme/branch 1.x-dev /vendor/acme/branch (commit 4e5f)"],
    );
    let [problem] = read.problems.as_slice() else { panic!("{:?}", read.problems) };
    assert_eq!(problem.code.as_str(), "composer-list-incomplete");
    assert!(problem.detail.starts_with("2 of its entries"), "{}", problem.detail);
}

#[test]
fn what_a_lock_file_names_and_is_not_installed_is_declared() {
    let lock = r#"{"content-hash": "0", "packages": [{"name": "acme/hull", "version": "v1.2.3"},
        {"name": "acme/mast", "version": "2.0.0", "license": "MIT"}],
        "packages-dev": [{"name": "acme/test", "version": "dev-x", "dist": {"reference": "6a"}}]}"#;
    let named = ["acme/mast 2.0.0 declared", "acme/test dev-x declared (development, commit 6a)"];
    let hull = r#"[{"name": "acme/hull", "version": "v1.2.3"}]"#;
    check(
        &[File("srv/composer.lock", lock), File("srv/vendor/composer/installed.json", hull)],
        &[&["acme/hull v1.2.3 /srv/vendor/acme/hull"][..], &named].concat(),
    );
    check(
        &[File("a/composer.lock", lock), File("b/composer.lock", lock)],
        &[&["acme/hull v1.2.3 declared"][..], &named].concat(),
    );
    let in_package = "srv/vendor/acme/hull/composer.lock";
    check(
        &[File(in_package, lock), File("srv/vendor/composer/installed.json", hull)],
        &["acme/hull v1.2.3 /srv/vendor/acme/hull"],
    );
}

#[test]
fn damage_is_told_where_it_hides_packages() {
    let check = |path: &str, text: &str, expect: &[&str]| {
        let read = read(&[&Installed, &LOCKS], &[&[File(path, text)]]);
        assert_eq!(read.joined.packages, []);
        let codes: Vec<&str> = read.problems.iter().map(|problem| problem.code.as_str()).collect();
        assert_eq!(codes, expect, "{path} {text}");
    };
    check("vendor/composer/installed.json", "{", &["composer-list-damaged"]);
    check("vendor/composer/installed.json", "7", &["composer-list-damaged"]);
    check("vendor/other/installed.json", "{", &[]);
    check("vendor/composer/installed.json", "[]", &[]);
    check("composer.lock", "[]", &["lock-file-unreadable"]);
    check("composer.lock", r#"{"packages": []}"#, &[]);
    check("composer.lock", r#"{"packages": [{"name": "acme/hull"}]}"#, &["lock-file-incomplete"]);
    check("vendor/composer/installed.json", &"[".repeat(100_000), &["composer-list-damaged"]);
}

#[test]
fn a_list_of_any_length_is_read_in_one_go() {
    let names = (0..100_000).map(|number| format!("acme/hull-{number:06}"));
    let names: Vec<String> = names.collect();
    let packages = names.iter().map(|name| format!(r#"{{"name":"{name}","version":"1"}}"#));
    let packages = packages.collect::<Vec<_>>().join(",");
    let development = names.iter().map(|name| format!(r#""{name}""#)).collect::<Vec<_>>().join(",");
    let list = format!(r#"{{"packages":[{packages}],"dev-package-names":[{development}]}}"#);
    let read = soon(|| read(&[&Installed], &[&[File("vendor/composer/installed.json", &list)]]));
    assert_eq!(read.joined.packages.len(), names.len());
    assert_eq!(read.joined.packages[7].origin.as_deref(), Some("development"));
}

#[test]
fn a_package_that_says_it_is_everywhere_owns_nothing() {
    let list = r#"[{"name": "a/root", "version": "1", "install-path": "../../.."},
        {"name": "a/usr", "version": "1", "install-path": "../../../usr"}]"#;
    let read = check(
        &[File("srv/vendor/composer/installed.json", list), File("usr/bin/sh", "")],
        &["a/root 1 /", "a/usr 1 /usr"],
    );
    assert_eq!(read.joined.owned, []);
    let codes: Vec<&str> = read.joined.problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["package-place-unlikely"; 2]);
}
