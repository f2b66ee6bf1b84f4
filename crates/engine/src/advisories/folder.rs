//! Which files of a folder belong to which feed.
//!
//! A feed's files lie below a folder of its id (`alpine-secdb`), or of the words of its id one
//! in the other (`oval/oracle`). A second copy of a feed may lie beside it under a longer name
//! (`osv-earlier`); what both say counts once, and the first wins. The next folder below is the
//! part of the feed (`osv/PyPI`), which fails and ages by itself.

use std::fs;
use std::path::{Path, PathBuf};

use plimsoll_advisory::feed::{self, Feed};

use super::AdvisoryError;

/// Who reads a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reader {
    Feed(&'static dyn Feed),
    KnownExploited,
    Probabilities,
}

/// The folders of tables that are no feeds of advisories.
const KEV: &str = "kev";
const EPSS: &str = "epss";

/// Folder names that publishers' data is commonly kept under, besides the feeds' ids.
const OTHER_NAMES: [(&str, &str); 1] = [("debian", "debian-tracker")];

/// One part of a feed and its files.
#[derive(Debug)]
pub(super) struct FoundFeed {
    pub(super) reader: Reader,
    /// Folder and part: `osv/PyPI`.
    pub(super) id: String,
    /// Where its files are.
    pub(super) source: String,
    /// Paths below the feed's folder, and where they are.
    pub(super) files: Vec<(String, PathBuf)>,
}

/// Everything found in a folder.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) feeds: Vec<FoundFeed>,
    /// Files that belong to no feed, below the folder.
    pub(super) others: Vec<String>,
}

impl Found {
    /// Bytes of all files, as far as they can be told.
    pub(super) fn bytes(&self) -> u64 {
        let files = self.feeds.iter().flat_map(|feed| &feed.files);
        files.filter_map(|(_, path)| fs::metadata(path).ok()).map(|metadata| metadata.len()).sum()
    }
}

/// The reader of a file below the folder, its feed's folder, and its path below that.
pub(super) fn tell(path: &str) -> Option<(Reader, String, &str)> {
    let reader = |id: &str| -> Option<Reader> {
        match id {
            KEV => Some(Reader::KnownExploited),
            EPSS => Some(Reader::Probabilities),
            _ => feed::ALL.iter().find(|feed| feed.doc().id == id).map(|feed| Reader::Feed(*feed)),
        }
    };
    let (first, below) = path.split_once('/')?;
    let first_id = OTHER_NAMES.iter().find(|(name, _)| *name == first).map_or(first, |(_, id)| *id);
    if let Some(found) = reader(first_id) {
        return Some((found, first_id.to_owned(), below));
    }
    if let Some((second, rest)) = below.split_once('/') {
        let id = format!("{first}-{second}");
        if let Some(found) = reader(&id) {
            return Some((found, id, rest));
        }
    }
    let copy = first.rmatch_indices('-').find_map(|(at, _)| reader(&first[..at]));
    copy.map(|found| (found, first.to_owned(), below))
}

/// Finds the feeds in a folder.
pub(super) fn find(folder: &Path) -> Result<Found, AdvisoryError> {
    let mut paths = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(directory) = pending.pop() {
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(source) => {
                return Err(AdvisoryError::Files { what: format!("read {}", directory.display()), source });
            }
        };
        for entry in entries.filter_map(Result::ok) {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => pending.push(entry.path()),
                // A link counts as what it leads to; pipes and devices have no end.
                Ok(_) if entry.path().is_file() => paths.push(entry.path()),
                Ok(_) => {}
                Err(_) => {}
            }
        }
    }
    paths.sort();
    let mut found = Found::default();
    for path in paths {
        let Some(relative) = path.strip_prefix(folder).ok().and_then(Path::to_str) else { continue };
        let Some((reader, feed, below)) = tell(relative) else {
            found.others.push(relative.to_owned());
            continue;
        };
        if let Reader::Feed(feed) = reader
            && !feed.takes(below)
        {
            found.others.push(relative.to_owned());
            continue;
        }
        let part = below.split_once('/').map(|(part, _)| part);
        let id = part.map_or_else(|| feed.clone(), |part| format!("{feed}/{part}"));
        match found.feeds.iter_mut().find(|known| known.id == id) {
            Some(known) => known.files.push((below.to_owned(), path)),
            None => found.feeds.push(FoundFeed {
                reader,
                id,
                source: folder.display().to_string(),
                files: vec![(below.to_owned(), path)],
            }),
        }
    }
    // A longer name is a second copy: its elder goes first.
    found.feeds.sort_by(|left, right| left.id.cmp(&right.id));
    found.feeds.sort_by_key(|feed| {
        let folder = feed.id.split('/').next().unwrap_or_default();
        feed::ALL.iter().all(|known| known.doc().id != folder)
    });
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expect: Option<(&str, &str)>) {
        let found = tell(path);
        let found = found.as_ref().map(|(_, folder, below)| (folder.as_str(), *below));
        assert_eq!(found, expect, "{path}");
    }

    #[test]
    fn a_files_folder_tells_its_feed() {
        check("osv/PyPI/all.zip", Some(("osv", "PyPI/all.zip")));
        check("oval/oracle/a.xml.bz2", Some(("oval-oracle", "a.xml.bz2")));
        check("oval-oracle/a.xml", Some(("oval-oracle", "a.xml")));
        check("debian/tracker.json", Some(("debian-tracker", "tracker.json")));
        check("osv-earlier/AlmaLinux/all.zip", Some(("osv-earlier", "AlmaLinux/all.zip")));
        check("kev/known.json", Some(("kev", "known.json")));
        check("README.md", None);
        check("pictures/cat.png", None);
    }
}
