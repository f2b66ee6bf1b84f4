//! Files of feeds into the database.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::hash::BuildHasher as _;
use std::io::{self, BufWriter};

use hashbrown::DefaultHashBuilder;
use plimsoll_advisory::database::{BuildError, Built, Database, DatabaseBuilder, FeedHandle, FeedOrigin};
use plimsoll_advisory::feed::loss::{self, Loss};
use plimsoll_advisory::{FeedFile, Sink};
use plimsoll_model::{Advisory, EndOfLife, ExploitProbability, FeedFacts, KnownExploited, Problem};

use super::AdvisoryError;
use super::fetch::{Failure, Fetched};
use super::folder::{Found, FoundFeed};
use crate::progress::{Counted, Progress};
use crate::vulnerabilities::now;

/// A feed of fewer entries may shrink as it likes; that one of more lost half of them is told.
const SHRINKS_FROM: u64 = 100;

type Writer = BufWriter<File>;

/// A build that takes in one feed after the other.
pub(super) struct Intake<'a> {
    builder: DatabaseBuilder<Writer>,
    progress: &'a dyn Progress,
    problems: Vec<Problem>,
    /// Fingerprints of what was said already, by feed format: the same list in two files, or in
    /// an older copy of the feed, counts once.
    said: HashSet<u64>,
    hasher: DefaultHashBuilder,
}

impl<'a> Intake<'a> {
    pub(super) fn new(builder: DatabaseBuilder<Writer>, progress: &'a dyn Progress) -> Self {
        let hasher = DefaultHashBuilder::default();
        Self { builder, progress, problems: Vec::new(), said: HashSet::new(), hasher }
    }

    /// Takes in everything found. `failed` names what could not be fetched just now.
    pub(super) fn take(
        mut self,
        found: &Found,
        old: Option<&Database>,
        failed: &Fetched,
    ) -> Result<(Built<Writer>, Vec<Problem>), AdvisoryError> {
        self.problems.extend(failed.problems.iter().cloned());
        for feed in &found.feeds {
            let rows = self.feed(feed)?;
            let had = old.and_then(|old| old.feeds().iter().find(|known| known.id == feed.id));
            if let (Some(old), Some(had)) = (old, had) {
                self.compare(feed, rows, old, had)?;
            }
        }
        // What this update did not touch stays as it was, whatever it came from.
        let kept = old.into_iter().flat_map(|old| old.feeds().iter().map(move |feed| (old, &feed.id)));
        for (old, id) in kept.filter(|(_, id)| !found.feeds.iter().any(|feed| feed.id == **id)) {
            self.builder.carry_over(old, id)?;
        }
        let at = now();
        for Failure { part, why } in &failed.failures {
            let ids = || {
                found
                    .feeds
                    .iter()
                    .map(|feed| &feed.id)
                    .chain(old.into_iter().flat_map(|old| old.feeds().iter().map(|feed| &feed.id)))
            };
            // What failed of a feed whose parts are there by themselves, a list of them, is no part.
            if !ids().any(|id| id == part) && ids().any(|id| id.starts_with(&format!("{part}/"))) {
                continue;
            }
            let handle = self.builder.feed(FeedOrigin { id: part.clone(), ..FeedOrigin::default() })?;
            self.builder.mark_failed(handle, why, at.as_deref());
        }
        let built = self.builder.finish()?;
        let mut problems = self.problems;
        problems.extend(built.problems.iter().cloned());
        problems.sort();
        problems.dedup();
        Ok((built, problems))
    }

    /// Compares what a feed gave with what it gave before. One that gives nothing any more has
    /// failed, whatever it says of itself, and keeps what it had.
    fn compare(
        &mut self,
        feed: &FoundFeed,
        rows: u64,
        old: &Database,
        had: &FeedFacts,
    ) -> Result<(), AdvisoryError> {
        let before = had.advisories + had.enrichments;
        if rows == 0 && before > 0 {
            let why = format!("its files give nothing, where there were {before} entries before");
            let handle = self.builder.carry_over(old, &feed.id)?;
            self.builder.mark_failed(handle, &why, now().as_deref());
            self.problems.push(Problem::new(
                "feed-gave-nothing",
                feed.id.clone(),
                format!("{why}; those stay in use"),
            ));
        } else if before >= SHRINKS_FROM && rows.saturating_mul(2) < before {
            let detail = format!("it has {rows} entries, where there were {before} before");
            self.problems.push(Problem::new("feed-shrank", feed.id.clone(), detail));
        }
        Ok(())
    }

    /// Takes in one part of a feed; gives the number of advisories or entries.
    fn feed(&mut self, feed: &FoundFeed) -> Result<u64, AdvisoryError> {
        let fetched =
            feed.files.iter().filter_map(|(_, path)| fs::metadata(path).ok()?.modified().ok()).max();
        let fetched_at = fetched
            .and_then(|time| jiff::Timestamp::try_from(time).ok())
            .map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        let origin = FeedOrigin {
            id: feed.id.clone(),
            source: feed.source.clone(),
            fetched_at,
            ..FeedOrigin::default()
        };
        let format = feed.reader.doc().id;
        let is_copy = feed.id.split('/').next() != Some(format);
        // A copy that says nothing new is no feed of its own: it must not stand there as empty.
        let mut handle = if is_copy { None } else { Some(self.builder.feed(origin.clone())?) };
        let mut rows = 0;
        for (below, path) in &feed.files {
            let file = match File::open(path) {
                Ok(file) => file,
                Err(error) => {
                    handle = Some(self.unreadable(feed, below, &error, handle, &origin)?);
                    continue;
                }
            };
            let mut bytes = Counted { inner: file, progress: self.progress };
            let archive = feed.reader.is_archive(below);
            let replaced = if archive { feed.replaced(below) } else { BTreeSet::new() };
            let mut taken = Rows {
                intake: self,
                origin: &origin,
                handle,
                format,
                feed: &feed.id,
                is_copy,
                rows: 0,
                error: None,
            };
            feed.reader.parse(FeedFile { path: below, bytes: &mut bytes, replaced: &replaced }, &mut taken);
            let (count, error) = (taken.rows, taken.error);
            handle = taken.handle;
            if let Some(error) = error {
                return Err(error.into());
            }
            rows += count;
        }
        Ok(rows)
    }

    /// A file that cannot be opened leaves its feed incomplete, a copy too: what it would have
    /// said that is new, nobody knows.
    fn unreadable(
        &mut self,
        feed: &FoundFeed,
        below: &str,
        error: &io::Error,
        handle: Option<FeedHandle>,
        origin: &FeedOrigin,
    ) -> Result<FeedHandle, AdvisoryError> {
        let handle = handle.map_or_else(|| self.builder.feed(origin.clone()), Ok)?;
        self.builder.mark_incomplete(handle, &format!("{below}: it cannot be read: {error}"));
        let subject = format!("{} {below}", feed.id);
        let detail = format!("it cannot be read: {error}");
        self.problems.push(Problem::new("feed-file-unreadable", subject, detail));
        Ok(handle)
    }
}

/// Takes what one file says.
struct Rows<'a, 'b> {
    intake: &'a mut Intake<'b>,
    origin: &'a FeedOrigin,
    /// The feed in the database; a copy has none until it says something new.
    handle: Option<FeedHandle>,
    format: &'static str,
    feed: &'a str,
    /// Whether it is a copy of a feed under a longer name.
    is_copy: bool,
    rows: u64,
    error: Option<BuildError>,
}

impl Rows<'_, '_> {
    /// Adds something under the feed's handle; the first error ends it all.
    fn add(&mut self, add: impl FnOnce(&mut DatabaseBuilder<Writer>, FeedHandle) -> Result<(), BuildError>) {
        if self.error.is_some() {
            return;
        }
        let builder = &mut self.intake.builder;
        let handle = self.handle.map_or_else(|| builder.feed(self.origin.clone()), Ok);
        let added = handle.and_then(|handle| {
            self.handle = Some(handle);
            add(builder, handle)
        });
        match added {
            Ok(()) => self.rows += 1,
            Err(error) => self.error = Some(error),
        }
    }

    /// Whether a fact about a flaw or a release is new: the same table in two files counts once.
    fn is_new(&mut self, key: (&str, &str)) -> bool {
        let Intake { said, hasher, .. } = &mut *self.intake;
        said.insert(hasher.hash_one((self.format, key)))
    }

    /// Notes something about the feed itself.
    fn note(&mut self, note: impl FnOnce(&mut DatabaseBuilder<Writer>, FeedHandle)) {
        if let Some(handle) = self.handle {
            note(&mut self.intake.builder, handle);
        }
    }
}

impl Sink for Rows<'_, '_> {
    fn advisory(&mut self, mut advisory: Advisory) {
        let Intake { said, hasher, .. } = &mut *self.intake;
        // A copy of a feed under a longer name is an older one: what the feed itself says counts.
        let own_id = hasher.hash_one((self.format, &advisory.id));
        if self.is_copy && said.contains(&own_id) {
            return;
        }
        let had_statements = !advisory.statements.is_empty();
        advisory
            .statements
            .retain(|statement| said.insert(hasher.hash_one((self.format, &advisory.id, statement))));
        // The same list in another file.
        if had_statements && advisory.statements.is_empty() {
            return;
        }
        if !self.is_copy {
            said.insert(own_id);
        }
        self.add(|builder, handle| builder.add(handle, &advisory));
    }

    fn known_exploited(&mut self, cve: &str, entry: KnownExploited) {
        if self.is_new((cve, "")) {
            self.add(|builder, handle| builder.known_exploited(handle, cve, &entry));
        }
    }

    fn exploit_probability(&mut self, cve: &str, probability: ExploitProbability, day: Option<&str>) {
        if self.is_new((cve, "")) {
            self.add(|builder, handle| builder.exploit_probability(handle, cve, probability, day));
        }
    }

    fn end_of_life(&mut self, distribution: &str, release: &str, dates: EndOfLife) {
        if self.is_new((distribution, release)) {
            self.add(|builder, handle| builder.end_of_life(handle, distribution, release, &dates));
        }
    }

    fn problem(&mut self, problem: Problem) {
        match loss::of(problem.code.as_str()) {
            Loss::Nothing => {}
            Loss::Entry => self.note(|builder, handle| builder.count_unreadable(handle, 1)),
            Loss::Rest => {
                let because = format!("{}: {}", problem.subject, problem.detail);
                self.note(|builder, handle| builder.mark_incomplete(handle, &because));
            }
        }
        let subject = format!("{} {}", self.feed, problem.subject);
        self.intake.problems.push(Problem { subject, ..problem });
    }

    fn left_out(&mut self, entries: u64) {
        self.note(|builder, handle| builder.count_unreadable(handle, entries));
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::progress::NoProgress;

    /// Builds from files of one feed, and gives why it is incomplete, and the problems' codes.
    fn check(id: &str, files: &[(&str, Option<&str>)], expect: Option<&str>) {
        let place = tempfile::tempdir().unwrap();
        let files = files.iter().map(|(below, content)| {
            let path: PathBuf = place.path().join(below);
            if let Some(content) = content {
                fs::write(&path, content).unwrap();
            }
            ((*below).to_owned(), path)
        });
        let reader = *plimsoll_advisory::feed::ALL.iter().find(|feed| feed.doc().id == "kev").unwrap();
        let feed = FoundFeed {
            reader,
            id: id.to_owned(),
            source: "here".to_owned(),
            files: files.collect(),
            withdrawn: BTreeSet::new(),
        };
        let found = Found { feeds: vec![feed], others: Vec::new() };
        let path = place.path().join("advisories");
        let writer = BufWriter::new(File::create(&path).unwrap());
        let builder = DatabaseBuilder::new(writer, place.path(), None).unwrap();
        let (built, problems) =
            Intake::new(builder, &NoProgress).take(&found, None, &Fetched::default()).unwrap();
        built.writer.into_inner().unwrap();
        let database = Database::open(&path).unwrap();
        let because = database.feeds().iter().find_map(|feed| feed.incomplete_because.clone());
        assert_eq!(because.as_deref(), expect, "{id} {problems:?}");
        assert_eq!(
            problems.iter().any(|each| each.code.as_str() == "feed-file-unreadable"),
            expect.is_some()
        );
    }

    const LIST: &str = r#"{"count":1,"vulnerabilities":[{"cveID":"CVE-2024-1","dateAdded":"2026-01-02"}]}"#;

    #[test]
    fn a_file_that_cannot_be_opened_leaves_its_feed_incomplete() {
        let lost = Some("b.json: it cannot be read: No such file or directory (os error 2)");
        check("kev", &[("a.json", Some(LIST))], None);
        check("kev", &[("a.json", Some(LIST)), ("b.json", None)], lost);
        check("kev", &[("b.json", None)], lost);
        check("kev-earlier", &[("b.json", None)], lost);
    }
}
