//! A full and a slim Debian image, made from Debian's own packages by
//! `tests/images/make-debian.sh`, against what dpkg itself says of both roots. They are made once
//! and kept in the target directory; making them needs root, mmdebstrap and a minute.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::places::{csv, run, skip};
use crate::workspace::root;

/// The directory of both images, if they are there or can be made.
fn pair() -> Option<PathBuf> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("debian");
    let there =
        ["debian-full", "debian-slim"].iter().all(|name| place.join(name).join("index.json").exists());
    let found = |program: &str| Command::new(program).arg("--version").output().is_ok();
    let root_user = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let makeable = root_user && found("mmdebstrap") && found("dpkg-query");
    if !there && !makeable {
        skip("making Debian images needs root, mmdebstrap and dpkg-query");
        return None;
    }
    let made =
        Command::new(root().join("tests/images/make-debian.sh")).arg(&place).output().expect("a shell");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(place)
}

/// Name, version, arch and source of every package of an image, as dpkg has them.
fn dpkg(place: &Path, image: &str) -> BTreeSet<Vec<String>> {
    let text = fs::read_to_string(place.join(format!("{image}.dpkg.tsv"))).expect("dpkg's list");
    let rows: BTreeSet<Vec<String>> =
        text.lines().map(|line| line.split('\t').take(4).map(str::to_owned).collect()).collect();
    assert!(rows.len() > 50, "dpkg lists {} packages of {image}", rows.len());
    rows
}

/// The rows of CSV as text.
fn rows(document: &[u8]) -> Vec<Vec<String>> {
    let words =
        |row: Vec<Vec<u8>>| row.into_iter().map(|field| String::from_utf8(field).expect("text")).collect();
    csv(document).into_iter().map(words).collect()
}

#[test]
fn packages_and_differences_are_those_that_dpkg_names() {
    let Some(place) = pair() else { return };
    let cache = tempfile::tempdir().expect("a directory");
    let image = |name: &str| format!("oci:{}", place.join(name).display());
    let (full, slim) = (dpkg(&place, "debian-full"), dpkg(&place, "debian-slim"));

    for (name, truth) in [("debian-full", &full), ("debian-slim", &slim)] {
        let listed = rows(&run(cache.path(), &["packages", &image(name), "--format", "csv"]));
        assert!(listed.iter().all(|row| row[0] == "deb"), "something is no Debian package");
        let listed: BTreeSet<Vec<String>> = listed.into_iter().map(|row| row[1..5].to_vec()).collect();
        assert_eq!(&listed, truth, "{name}");
    }

    let versions = |rows: &BTreeSet<Vec<String>>| -> BTreeMap<String, String> {
        rows.iter().map(|row| (row[0].clone(), row[1].clone())).collect()
    };
    let (before, after) = (versions(&full), versions(&slim));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let expected: BTreeSet<Vec<String>> = names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| {
            let version = |side: &BTreeMap<String, String>| side.get(name).cloned().unwrap_or_default();
            let (old, new) = (version(&before), version(&after));
            vec![
                "package".to_owned(),
                change(&old, &new).to_owned(),
                "deb".to_owned(),
                name.clone(),
                old,
                new,
            ]
        })
        .collect();
    let document =
        run(cache.path(), &["diff", &image("debian-full"), &image("debian-slim"), "--format", "csv"]);
    let found = rows(&document);
    assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), expected);
    assert_eq!(found.len(), expected.len(), "a row stands twice");
    assert!(expected.iter().any(|row| row[1] == "removed"), "the pair does not differ");
}

/// The word for a change, with dpkg's own order of versions.
fn change(old: &str, new: &str) -> &'static str {
    if old.is_empty() {
        return "added";
    }
    if new.is_empty() {
        return "removed";
    }
    let newer = Command::new("dpkg").args(["--compare-versions", new, "gt", old]).status();
    if newer.expect("dpkg").success() { "upgraded" } else { "downgraded" }
}
