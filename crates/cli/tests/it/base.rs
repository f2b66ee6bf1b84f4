//! Whether what is in an image is of its base or was added to it: recognised, told with how it is
//! known, and unknown where nothing tells.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use plimsoll_testing::{TestImage, image_from_text};
use serde_json::Value;

use crate::places::{csv, images, plimsoll, run, skip};

const BASE: &str = r#"
layer
file etc/os-release "ID=debian\nVERSION_ID=12\n"
file var/lib/dpkg/status "Package: bash\nStatus: install ok installed\nVersion: 5.2\nArchitecture: amd64\n\n"
"#;

const OWN: &str = r#"
layer
file var/lib/dpkg/status "Package: bash\nStatus: install ok installed\nVersion: 5.2\nArchitecture: amd64\n\nPackage: less\nStatus: install ok installed\nVersion: 590\nArchitecture: amd64\n\n"
file usr/bin/less "less"
"#;

fn layout(directory: &Path, name: &str, image: &TestImage) -> String {
    let place = directory.join(name);
    image.write_oci_layout(&place).expect("the layout is written");
    format!("oci:{}", place.display())
}

/// Name, type and the word of the column `from` of each package, by the program's CSV.
fn told(cache: &Path, arguments: &[&str]) -> Vec<String> {
    let all = [&["packages"], arguments, &["--format", "csv"]].concat();
    let text = |field: &Vec<u8>| String::from_utf8(field.clone()).expect("text");
    csv(&run(cache, &all))
        .iter()
        .map(|row| format!("{} {} {}", text(&row[1]), text(&row[0]), text(&row[13])))
        .collect()
}

fn json(cache: &Path, arguments: &[&str]) -> Value {
    let all = [arguments, &["--format", "json"]].concat();
    serde_json::from_slice(&run(cache, &all)).expect("JSON")
}

#[test]
fn an_image_that_was_looked_at_before_is_recognised_as_base() {
    let directory = tempfile::tempdir().expect("a directory");
    let cache = directory.path().join("cache");
    let base = layout(directory.path(), "base", &image_from_text(BASE));
    let app = layout(directory.path(), "app", &image_from_text(&format!("{BASE}{OWN}")));
    assert_eq!(told(&cache, &[&app]), ["bash deb ", "less deb "], "nothing is known yet");
    assert_eq!(json(&cache, &["packages", &app])["base_image"], Value::Null);
    run(&cache, &["inspect", &base]);
    assert_eq!(told(&cache, &[&app]), ["bash deb base", "less deb own"]);
    let known = &json(&cache, &["inspect", &app])["base_image"];
    assert_eq!((known["name"].as_str(), known["layers"].as_u64()), (Some(base.as_str()), Some(1)));
    assert_eq!(known["evidence"], "remembered");
    let files = json(&cache, &["files", &app, "/usr/bin/less", "/etc/os-release"]);
    let own: Vec<_> = files["files"].as_array().expect("files").iter().map(|file| &file["base"]).collect();
    assert_eq!(own, [&Value::Bool(true), &Value::Bool(false)]);
    let layers = json(&cache, &["layers", &app]);
    assert_eq!((&layers["layers"][0]["base"], &layers["layers"][1]["base"]), (&true.into(), &false.into()));
    assert_eq!(json(&cache, &["inspect", &base])["base_image"], Value::Null, "an image is not its own base");
}

#[test]
fn the_base_that_the_user_names_is_checked_and_need_not_have_been_looked_at() {
    let directory = tempfile::tempdir().expect("a directory");
    let cache = directory.path().join("cache");
    let base = layout(directory.path(), "base", &image_from_text(BASE));
    let other = layout(directory.path(), "other", &image_from_text("layer\nfile etc/motd \"hello\"\n"));
    let app = layout(directory.path(), "app", &image_from_text(&format!("{BASE}{OWN}")));
    assert_eq!(told(&cache, &[&app, "--base", &base]), ["bash deb base", "less deb own"]);
    assert_eq!(told(&cache, &[&app]), ["bash deb ", "less deb "], "it was not looked at");
    let refused = plimsoll(&cache).args(["packages", &app, "--base", &other]).output().expect("it starts");
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{error}");
    assert!(error.contains("is not built on"), "{error}");
}

/// The built image as the program names it.
fn built(name: &str) -> Option<String> {
    let place: Option<PathBuf> = images().map(|all| all.join(name).join("oci")).filter(|oci| oci.is_dir());
    if place.is_none() {
        skip(&format!("{name} is not built"));
    }
    Some(format!("oci:{}", place?.display()))
}

#[test]
fn every_image_built_on_debian_slim_knows_which_packages_are_its_own() {
    let cache = tempfile::tempdir().expect("a directory");
    let cache = cache.path();
    let Some(slim) = built("debian@12-slim") else { return };
    let probable = built("nginx@1.22").map(|nginx| json(cache, &["inspect", &nginx]));
    let probable = &probable.expect("it is built too")["base_image"];
    assert_eq!((&probable["evidence"], &probable["layers"]), (&"history".into(), &2.into()));
    let of_base: BTreeSet<String> =
        told(cache, &[&slim]).iter().map(|row| row.trim_end().to_owned()).collect();
    for (name, own) in [
        ("nginx@1.22", "nginx deb"),
        ("redis@7.0", "redis-server deb"),
        ("postgres@15", "postgresql-15 deb"),
        ("python-app@1", "Flask pypi"),
        ("node-app@2", "express npm"),
    ] {
        let Some(image) = built(name) else { continue };
        let rows = told(cache, &[&image]);
        // Packages of dpkg have one place; a perl can be brought again, under another name.
        for row in rows.iter().filter(|row| row.contains(" deb ")) {
            let (package, from) = row.rsplit_once(' ').expect("three words");
            // The build of each installs what the base lacks, and upgrades nothing.
            let expect = if of_base.contains(package) { "base" } else { "own" };
            assert_eq!(from, expect, "{package} of {name}");
        }
        assert!(rows.contains(&format!("{own} own")), "{own} of {name}: {rows:?}");
        assert!(rows.contains(&"libc6 deb base".to_owned()), "{name}");
    }
}
