//! One database of everything that is shared, and what it costs to use.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use plimsoll_advisory::database::{BuildError, Database, DatabaseBuilder, FeedHandle, FeedOrigin};
use plimsoll_advisory::{Feed, FeedFile, Sink, feed};
use plimsoll_model::{Advisory, Problem};

use crate::places;

/// A sink that goes straight into a database.
struct Into<'a> {
    builder: &'a mut DatabaseBuilder<Vec<u8>>,
    feed: FeedHandle,
    failed: Option<BuildError>,
    advisories: u64,
}

impl Sink for Into<'_> {
    fn advisory(&mut self, advisory: Advisory) {
        self.advisories += 1;
        if let Err(error) = self.builder.add(self.feed, &advisory) {
            self.failed = Some(error);
        }
    }

    fn problem(&mut self, _: Problem) {}
}

/// Where the shared data keeps the files of a feed.
fn folder(feed: &dyn Feed) -> &'static str {
    match feed.doc().id {
        "debian-tracker" => "debian",
        "oval-oracle" => "oval/oracle",
        "oval-azure" => "oval/azure",
        "oval-photon" => "oval/photon",
        other => other,
    }
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() { files_below(&entry, files) } else { files.push(entry) }
    }
}

/// A database of the files of these feeds that `wanted` takes, and how many advisories went in.
pub(crate) fn build(wanted: impl Fn(&str, &str) -> bool) -> Option<(Database, u64)> {
    let root = places::shared("data/advisories")?;
    let mut builder = DatabaseBuilder::new(Vec::new(), &std::env::temp_dir(), None).unwrap();
    let mut advisories = 0;
    for feed in feed::ALL {
        let below = root.join(folder(*feed));
        let mut files = Vec::new();
        files_below(&below, &mut files);
        let origin = FeedOrigin { id: feed.doc().id.to_owned(), ..FeedOrigin::default() };
        let handle = builder.feed(origin).unwrap();
        for file in files {
            let path = file.strip_prefix(&below).unwrap().to_str().unwrap();
            if !feed.takes(path) || !wanted(feed.doc().id, path) {
                continue;
            }
            let mut sink = Into { builder: &mut builder, feed: handle, failed: None, advisories: 0 };
            let mut bytes = BufReader::new(File::open(&file).unwrap());
            feed.parse(FeedFile::new(path, &mut bytes), &mut sink);
            assert!(sink.failed.is_none(), "{:?}", sink.failed);
            advisories += sink.advisories;
        }
    }
    let built = builder.finish().unwrap();
    assert!(built.problems.is_empty(), "{:?}", built.problems);
    Some((Database::from_bytes(built.writer).unwrap(), advisories))
}

#[test]
fn every_shared_feed_builds_one_database() {
    let Some((database, advisories)) = build(|_, _| true) else { return };
    database.verify().unwrap();
    assert_eq!(u64::from(database.advisories()), advisories);
    let count = |id: &str| database.feeds().iter().find(|feed| feed.id == id).unwrap().advisories;
    // As the shared data's own description counts them.
    assert_eq!(count("osv"), 5637 + 16_989 + 4291 + 2661 + 1206);
    for feed in ["alpine-secdb", "debian-tracker", "oval-oracle", "oval-azure", "oval-photon", "redhat-vex"] {
        assert!(count(feed) > 0, "{feed}");
    }
    for feed in database.feeds() {
        assert_eq!(feed.statements, feed.scopes.iter().map(|scope| scope.statements).sum::<u64>());
        assert_eq!(feed.refused, 0);
    }
    let log4j = database.advisories_named("CVE-2018-14598").unwrap();
    assert!(!log4j.is_empty());
}
