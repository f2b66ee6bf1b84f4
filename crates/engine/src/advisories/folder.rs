//! Which files of a folder belong to which feed.
//!
//! A feed's files lie below a folder of its id (`alpine-secdb`), or of the words of its id one
//! in the other (`oval/oracle`). A second copy of a feed may lie beside it under a longer name
//! (`osv-earlier`); what both say counts once, and the first wins. The next folder below is the
//! part of the feed (`osv/PyPI`), which fails and ages by itself.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use plimsoll_advisory::feed::{self, Feed, WITHDRAWN_LIST};

use super::AdvisoryError;

/// Folder names that publishers' data is commonly kept under, besides the feeds' ids.
const OTHER_NAMES: [(&str, &str); 1] = [("debian", "debian-tracker")];

/// One part of a feed and its files.
#[derive(Debug)]
pub(super) struct FoundFeed {
    pub(super) reader: &'static dyn Feed,
    /// Folder and part: `osv/PyPI`.
    pub(super) id: String,
    /// Where its files are.
    pub(super) source: String,
    /// Paths below the feed's folder, and where they are.
    pub(super) files: Vec<(String, PathBuf)>,
    /// Paths below the feed's folder that its publisher took back from an archive.
    pub(super) withdrawn: BTreeSet<String>,
}

impl FoundFeed {
    /// The members of an archive that do not count: a newer file of that name lies beside it, or
    /// the publisher took the member back.
    pub(super) fn replaced(&self, archive: &str) -> BTreeSet<String> {
        let folder = archive.rfind('/').map_or("", |end| archive.get(..=end).unwrap_or_default());
        let beside = self.files.iter().map(|(path, _)| path).filter(|path| *path != archive);
        beside
            .chain(&self.withdrawn)
            .filter_map(|path| path.strip_prefix(folder))
            .map(str::to_owned)
            .collect()
    }

    /// Leaves out files whose twin says the same in a better form.
    fn drop_twins(&mut self) {
        let there: BTreeSet<String> = self.files.iter().map(|(path, _)| path.clone()).collect();
        self.files.retain(|(path, _)| self.reader.twin(path).is_none_or(|twin| !there.contains(&twin)));
    }
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
pub(super) fn tell(path: &str) -> Option<(&'static dyn Feed, String, &str)> {
    let reader = |id: &str| feed::ALL.iter().find(|feed| feed.doc().id == id).copied();
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

/// Finds the feeds in a folder. `source` tells where a feed's file came from, by the feed's folder
/// and the file's path below it, where that is another place than the folder.
pub(super) fn find(
    folder: &Path,
    source: &dyn Fn(&str, &str) -> Option<String>,
) -> Result<Found, AdvisoryError> {
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
        let part = reader.part(below);
        let id = part.map_or_else(|| feed.clone(), |part| format!("{feed}/{part}"));
        let is_withdrawn_list = below.rsplit('/').next() == Some(WITHDRAWN_LIST);
        if !is_withdrawn_list && !reader.takes(below) {
            found.others.push(relative.to_owned());
            continue;
        }
        let at = found.feeds.iter().position(|known| known.id == id).unwrap_or_else(|| {
            let source = source(&feed, below).unwrap_or_else(|| folder.display().to_string());
            let (files, withdrawn) = (Vec::new(), BTreeSet::new());
            found.feeds.push(FoundFeed { reader, id, source, files, withdrawn });
            found.feeds.len() - 1
        });
        let Some(known) = found.feeds.get_mut(at) else { continue };
        if is_withdrawn_list {
            let list = read_list(&path).map_err(|source| AdvisoryError::Files {
                what: format!("read {}", path.display()),
                source,
            })?;
            let folder = below.strip_suffix(WITHDRAWN_LIST).unwrap_or_default();
            known.withdrawn.extend(list.lines().map(|line| format!("{folder}{}", line.trim())));
        } else {
            known.files.push((below.to_owned(), path));
        }
    }
    found.feeds.iter_mut().for_each(FoundFeed::drop_twins);
    found.feeds.retain(|feed| !feed.files.is_empty());
    // A longer name is a second copy: its elder goes first.
    found.feeds.sort_by(|left, right| left.id.cmp(&right.id));
    found.feeds.sort_by_key(|feed| {
        let folder = feed.id.split('/').next().unwrap_or_default();
        feed::ALL.iter().all(|known| known.doc().id != folder)
    });
    Ok(found)
}

/// A list of withdrawn members. The largest real one, of Red Hat's documents, has 200 KB.
fn read_list(path: &Path) -> io::Result<String> {
    const LARGEST: u64 = 64 << 20;
    let mut text = String::new();
    File::open(path)?.take(LARGEST).read_to_string(&mut text)?;
    Ok(text)
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

    fn found(files: &[(&str, &str)]) -> (tempfile::TempDir, Found) {
        let place = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = place.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let found = find(place.path(), &|_, _| None).unwrap();
        (place, found)
    }

    #[test]
    fn a_newer_file_beside_an_archive_replaces_its_member() {
        let (_place, found) = found(&[
            ("osv/PyPI/all.zip", ""),
            ("osv/PyPI/A-1.json", "{}"),
            ("osv/PyPI/withdrawn.txt", "A-2.json\n"),
        ]);
        let [feed] = found.feeds.as_slice() else { panic!("{found:?}") };
        let replaced = feed.replaced("PyPI/all.zip");
        assert_eq!(replaced.into_iter().collect::<Vec<_>>(), ["A-1.json", "A-2.json"]);
    }

    #[test]
    fn years_of_documents_are_one_feed() {
        let (_place, found) =
            found(&[("redhat-vex/2023/cve-2023-1.json", "{}"), ("redhat-vex/2024/cve-2024-1.json", "{}")]);
        let ids: Vec<&str> = found.feeds.iter().map(|feed| feed.id.as_str()).collect();
        assert_eq!(ids, ["redhat-vex"]);
    }

    #[test]
    fn of_two_forms_of_one_list_one_is_read() {
        let (_place, found) =
            found(&[("alpine-secdb/v3.8/main.json", "{}"), ("alpine-secdb/v3.8/main.yaml", "")]);
        let files: Vec<&str> = found.feeds[0].files.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(files, ["v3.8/main.json"]);
    }
}
