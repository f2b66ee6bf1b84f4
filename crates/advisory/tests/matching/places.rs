//! Where shared data and built images lie, if they do.

use std::path::PathBuf;

fn folder(variable: &str, otherwise: Option<PathBuf>, below: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).map(PathBuf::from).or(otherwise)?.join(below);
    if !folder.exists() {
        eprintln!("skipped: {below} is not there; set {variable}");
        return None;
    }
    Some(folder)
}

/// A file or folder of the shared data.
pub(crate) fn shared(below: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    folder("PLIMSOLL_SHARED", Some(beside), below)
}

/// A file or folder of the images that were built from it.
pub(crate) fn image(below: &str) -> Option<PathBuf> {
    let cache = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/plimsoll-data"));
    folder("PLIMSOLL_DATA", cache, &format!("out/{below}"))
}

/// The rows of a table with a head.
pub(crate) fn rows(path: &std::path::Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}
