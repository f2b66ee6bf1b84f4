//! A database of a folder of shared advisories, which both measurements begin with.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use plimsoll_advisory::database::{BuildError, DatabaseBuilder, FeedHandle, FeedOrigin};
use plimsoll_advisory::{FeedFile, Sink, feed};
use plimsoll_model::{Advisory, EndOfLife, ExploitProbability, KnownExploited, Problem};

pub(crate) type Failure = Box<dyn std::error::Error>;

/// Which of the advisories go in, and which file is read in the place of another.
pub(crate) struct Choice<'a> {
    pub(crate) keeps: &'a dyn Fn(&Advisory) -> bool,
    /// Told the feed's id, the file's name below the feed's folder and its path.
    pub(crate) file: &'a dyn Fn(&str, &str, PathBuf) -> PathBuf,
}

struct Into<'a> {
    builder: &'a mut DatabaseBuilder<BufWriter<File>>,
    feed: FeedHandle,
    choice: &'a Choice<'a>,
    failed: Option<BuildError>,
}

impl Into<'_> {
    fn note(&mut self, outcome: Result<(), BuildError>) {
        if let Err(error) = outcome {
            self.failed.get_or_insert(error);
        }
    }
}

impl Sink for Into<'_> {
    fn advisory(&mut self, advisory: Advisory) {
        if (self.choice.keeps)(&advisory) {
            let outcome = self.builder.add(self.feed, &advisory);
            self.note(outcome);
        }
    }

    fn known_exploited(&mut self, cve: &str, entry: KnownExploited) {
        let outcome = self.builder.known_exploited(self.feed, cve, &entry);
        self.note(outcome);
    }

    fn exploit_probability(&mut self, cve: &str, probability: ExploitProbability, day: Option<&str>) {
        let outcome = self.builder.exploit_probability(self.feed, cve, probability, day);
        self.note(outcome);
    }

    fn end_of_life(&mut self, distribution: &str, release: &str, dates: EndOfLife) {
        let outcome = self.builder.end_of_life(self.feed, distribution, release, &dates);
        self.note(outcome);
    }

    fn problem(&mut self, _: Problem) {}
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { files_below(&path, files)? } else { files.push(path) }
    }
    files.sort();
    Ok(())
}

/// Builds a database of a folder that has one folder for each feed.
pub(crate) fn build(root: &Path, path: &Path, choice: &Choice<'_>) -> Result<(), Failure> {
    let mut builder = DatabaseBuilder::new(BufWriter::new(File::create(path)?), &std::env::temp_dir(), None)?;
    for feed in feed::ALL {
        let id = feed.doc().id;
        let below = match id.strip_prefix("oval-") {
            Some(name) => root.join("oval").join(name),
            None if id == "debian-tracker" => root.join("debian"),
            None => root.join(id),
        };
        let handle = builder.feed(FeedOrigin { id: id.to_owned(), ..FeedOrigin::default() })?;
        let mut files = Vec::new();
        if below.is_dir() {
            files_below(&below, &mut files)?;
        }
        for file in files {
            let Some(name) = file.strip_prefix(&below)?.to_str().filter(|name| feed.takes(name)) else {
                continue;
            };
            let mut bytes = BufReader::new(File::open((choice.file)(id, name, file.clone()))?);
            let mut sink = Into { builder: &mut builder, feed: handle, choice, failed: None };
            feed.parse(FeedFile::new(name, &mut bytes), &mut sink);
            if let Some(error) = sink.failed {
                return Err(error.into());
            }
        }
    }
    builder.finish()?;
    Ok(())
}
