//! The regular files of a real image's layers, one after another, and the tools to compare with.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::Command;

/// The OCI layout of an image among the test data.
fn layout(image: &str) -> Option<PathBuf> {
    let data = std::env::var_os("PLIMSOLL_DATA")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/plimsoll-data")));
    let folder = data.map(|data| data.join("out").join(image).join("oci")).filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("skipped: {image} is not among the test data");
    }
    folder
}

/// Calls `each` with the path and the content of every regular file of every layer; whether the
/// image is there.
pub(crate) fn for_each(image: &str, mut each: impl FnMut(&[u8], &[u8])) -> bool {
    let Some(layout) = layout(image) else { return false };
    let json =
        |path: PathBuf| -> serde_json::Value { serde_json::from_reader(File::open(path).unwrap()).unwrap() };
    let blob =
        |digest: &serde_json::Value| layout.join("blobs").join(digest.as_str().unwrap().replace(':', "/"));
    let manifest = json(blob(&json(layout.join("index.json"))["manifests"][0]["digest"]));
    let mut content = Vec::new();
    for layer in manifest["layers"].as_array().unwrap() {
        let file = File::open(blob(&layer["digest"])).unwrap();
        let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(file));
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            if entry.header().entry_type() == tar::EntryType::Regular {
                content.clear();
                entry.read_to_end(&mut content).unwrap();
                let path = entry.path_bytes();
                each(path.strip_prefix(b"./").unwrap_or(&path), &content);
            }
        }
    }
    true
}

/// Whether a program can be run.
pub(crate) fn has_tool(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok();
    if !there {
        eprintln!("skipped: {program} is not installed");
    }
    there
}

/// A directory for the files that a tool is to read, emptied by whoever makes it.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}
