//! The raw feeds, opened and nothing more.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

/// A JSON file.
pub(super) fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a feed")).expect("JSON")
}

/// The records of an OSV dump.
pub(super) fn osv(feeds: &Path, ecosystem: &str) -> Vec<Value> {
    let archive = fs::read(feeds.join("osv").join(ecosystem).join("all.zip")).expect("a dump");
    let archive = rawzip::ZipArchive::from_slice(&archive).expect("a zip");
    let mut entries = archive.entries();
    let mut records = Vec::new();
    while let Some(entry) = entries.next_entry().expect("an entry") {
        let data = archive.get_entry(entry.wayfinder()).expect("its bytes").data();
        let mut content = Vec::new();
        if entry.compression_method() == rawzip::CompressionMethod::STORE {
            content.extend_from_slice(data);
        } else {
            flate2::read::DeflateDecoder::new(data).read_to_end(&mut content).expect("deflated bytes");
        }
        records.push(serde_json::from_slice(&content).expect("a record"));
    }
    records
}

/// The text of an OVAL file.
pub(super) fn oval(path: &Path) -> String {
    let content = fs::read(path).expect("a file");
    if path.extension().is_none_or(|extension| extension != "bz2") {
        return String::from_utf8_lossy(&content).into_owned();
    }
    let mut text = Vec::new();
    bzip2::read::MultiBzDecoder::new(&*content).read_to_end(&mut text).expect("bzip2");
    String::from_utf8_lossy(&text).into_owned()
}

/// The paths of a folder, sorted.
pub(super) fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// The id of a record and its aliases.
pub(super) fn ids(record: &Value) -> BTreeSet<String> {
    let aliases = record["aliases"].as_array().into_iter().flatten();
    std::iter::once(&record["id"]).chain(aliases).map(|id| id.as_str().expect("an id").to_owned()).collect()
}
