//! The workspace as cargo and the file system have it, for the tests that hold promises against it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The project's own directory.
pub(crate) fn root() -> PathBuf {
    let crate_directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_directory.ancestors().nth(2).expect("two directories above a crate").to_owned()
}

/// A text of the project, by its path in it.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below a directory of the project whose name ends so, sorted, as paths in it.
pub(crate) fn files(directory: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root().join(directory)];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display())) {
            let path = entry.expect("a directory entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                let inside = path.strip_prefix(root()).expect("a path of the project");
                found.push(inside.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

/// A package of the dependency tree.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    /// Where it comes from; nothing for our own.
    pub(crate) source: Option<String>,
    /// What it depends on on this machine's platform, dev-dependencies apart.
    pub(crate) depends: BTreeSet<String>,
    pub(crate) tests_depend: BTreeSet<String>,
}

/// The whole tree as `cargo metadata` gives it for this machine's platform, by name and version.
pub(crate) fn packages() -> Vec<Package> {
    let version = Command::new("rustc").arg("-vV").output().expect("rustc starts");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", host])
        .current_dir(root())
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let words = |value: &Value| value.as_str().map(str::to_owned);
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let names: BTreeMap<String, String> = list(&metadata["packages"])
        .iter()
        .filter_map(|package| Some((words(&package["id"])?, words(&package["name"])?)))
        .collect();
    let mut found: Vec<Package> = list(&metadata["packages"])
        .iter()
        .map(|package| {
            let nodes = list(&metadata["resolve"]["nodes"]);
            let node = nodes.iter().find(|node| node["id"] == package["id"]);
            let edges = node.map(|node| list(&node["deps"])).unwrap_or_default();
            let (mut depends, mut tests_depend) = (BTreeSet::new(), BTreeSet::new());
            for edge in &edges {
                let name = names[edge["pkg"].as_str().expect("an id")].clone();
                for kind in list(&edge["dep_kinds"]) {
                    let tests = kind["kind"] == "dev";
                    if tests { &mut tests_depend } else { &mut depends }.insert(name.clone());
                }
            }
            Package {
                name: words(&package["name"]).expect("a name"),
                version: words(&package["version"]).expect("a version"),
                license: words(&package["license"]),
                source: words(&package["source"]),
                depends,
                tests_depend,
            }
        })
        .collect();
    found.sort_by(|left, right| (&left.name, &left.version).cmp(&(&right.name, &right.version)));
    assert!(found.len() > 50, "cargo names the whole tree");
    found
}

/// Our own packages, without their common prefix.
pub(crate) fn crates() -> Vec<Package> {
    let ours = |names: &BTreeSet<String>| {
        names.iter().filter_map(|name| name.strip_prefix("plimsoll-")).map(str::to_owned).collect()
    };
    packages()
        .into_iter()
        .filter_map(|package| {
            Some(Package {
                name: package.name.strip_prefix("plimsoll-")?.to_owned(),
                depends: ours(&package.depends),
                tests_depend: ours(&package.tests_depend),
                ..package
            })
        })
        .collect()
}
