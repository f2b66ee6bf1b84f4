//! Files of feeds into the database.

use std::collections::HashSet;
use std::fs::{self, File};
use std::hash::BuildHasher as _;
use std::io::{self, BufReader, BufWriter};

use hashbrown::DefaultHashBuilder;
use plimsoll_advisory::database::{BuildError, Built, Database, DatabaseBuilder, FeedHandle, FeedOrigin};
use plimsoll_advisory::epss::Epss;
use plimsoll_advisory::feed::loses_entries;
use plimsoll_advisory::kev::Kev;
use plimsoll_advisory::{FeedFile, Sink};
use plimsoll_model::{Advisory, ExploitProbability, KnownExploited, Problem};

use super::AdvisoryError;
use super::folder::{Found, FoundFeed, Reader};
use crate::progress::{Counted, Progress};

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

    /// Takes in everything found. `failed` names feeds that could not be fetched just now.
    pub(super) fn take(
        mut self,
        found: &Found,
        old: Option<&Database>,
        failed: &[(String, Problem)],
    ) -> Result<(Built<Writer>, Vec<Problem>), AdvisoryError> {
        for feed in &found.feeds {
            let before = self.problems.len();
            let rows = self.feed(feed)?;
            let broke = self.problems.len() > before;
            // A feed that gives nothing where it gave something before is a failed one.
            let had = old.and_then(|old| old.feeds().iter().find(|known| known.id == feed.id));
            if let (0, true, Some(old), Some(had)) = (rows, broke, old, had)
                && had.advisories > 0
            {
                self.builder.carry_over(old, &feed.id, "its files could not be read")?;
            }
        }
        self.problems.extend(failed.iter().map(|(_, problem)| problem.clone()));
        // What this update did not touch stays as it was, whatever it came from.
        let kept = old.into_iter().flat_map(|old| old.feeds().iter().map(move |feed| (old, &feed.id)));
        for (old, id) in kept.filter(|(_, id)| !found.feeds.iter().any(|feed| feed.id == **id)) {
            let failure = failed.iter().find(|(failed, _)| failed == id);
            let because =
                failure.map_or("it was not part of the last update", |(_, problem)| &problem.detail);
            self.builder.carry_over(old, id, because)?;
        }
        let built = self.builder.finish()?;
        let mut problems = self.problems;
        problems.extend(built.problems.iter().cloned());
        problems.sort();
        problems.dedup();
        Ok((built, problems))
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
        let is_copy = match feed.reader {
            Reader::Feed(reader) => feed.id.split('/').next() != Some(reader.doc().id),
            Reader::KnownExploited | Reader::Probabilities => false,
        };
        // A copy that says nothing new is no feed of its own: it must not stand there as empty.
        let mut handle = if is_copy { None } else { Some(self.builder.feed(origin.clone())?) };
        let mut rows = 0;
        for (below, path) in &feed.files {
            let file = match File::open(path) {
                Ok(file) => Counted { inner: file, progress: self.progress },
                Err(error) => {
                    self.unreadable(feed, below, &error);
                    handle.into_iter().for_each(|handle| self.builder.damaged(handle));
                    continue;
                }
            };
            let mut bytes = BufReader::with_capacity(256 * 1024, file);
            rows += match feed.reader {
                Reader::Feed(reader) => {
                    let mut rows = Rows {
                        intake: self,
                        origin: &origin,
                        handle,
                        format: reader.doc().id,
                        feed: &feed.id,
                        rows: 0,
                        error: None,
                    };
                    reader.parse(FeedFile { path: below, bytes: &mut bytes }, &mut rows);
                    let (count, error) = (rows.rows, rows.error);
                    handle = rows.handle;
                    if let Some(error) = error {
                        return Err(error.into());
                    }
                    count
                }
                Reader::KnownExploited => {
                    let handle = self.builder.feed(origin.clone())?;
                    self.known_exploited(handle, &mut bytes)?
                }
                Reader::Probabilities => {
                    let handle = self.builder.feed(origin.clone())?;
                    self.probabilities(handle, &mut bytes)?
                }
            };
        }
        Ok(rows)
    }

    fn unreadable(&mut self, feed: &FoundFeed, below: &str, error: &io::Error) {
        let subject = format!("{} {below}", feed.id);
        self.problems.push(Problem::new(
            "feed-file-unreadable",
            subject,
            format!("it cannot be read: {error}"),
        ));
    }

    fn known_exploited(&mut self, handle: FeedHandle, bytes: &mut dyn io::Read) -> Result<u64, BuildError> {
        let (table, problems) = Kev::parse(bytes);
        self.problems.extend(problems);
        for (cve, entry) in table.iter() {
            let entry = KnownExploited {
                added: Some(entry.added.clone()),
                due: entry.due.clone(),
                ransomware: entry.ransomware,
            };
            self.builder.known_exploited(handle, cve, &entry)?;
        }
        Ok(table.len() as u64)
    }

    fn probabilities(&mut self, handle: FeedHandle, bytes: &mut dyn io::Read) -> Result<u64, BuildError> {
        let (table, problems) = Epss::parse(bytes);
        self.problems.extend(problems);
        let mut rows = 0;
        for (cve, likelihood) in table.iter() {
            let probability = ExploitProbability {
                score: hundred_thousandths(likelihood.score),
                percentile: hundred_thousandths(likelihood.percentile),
            };
            self.builder.exploit_probability(handle, &cve, probability, table.date.as_deref())?;
            rows += 1;
        }
        Ok(rows)
    }
}

/// EPSS publishes five decimals.
fn hundred_thousandths(share: f64) -> u32 {
    (share.clamp(0.0, 1.0) * 100_000.0).round() as u32
}

/// Takes what one file says.
struct Rows<'a, 'b> {
    intake: &'a mut Intake<'b>,
    origin: &'a FeedOrigin,
    /// The feed in the database; a copy has none until it says something new.
    handle: Option<FeedHandle>,
    format: &'static str,
    feed: &'a str,
    rows: u64,
    error: Option<BuildError>,
}

impl Sink for Rows<'_, '_> {
    fn advisory(&mut self, mut advisory: Advisory) {
        if self.error.is_some() {
            return;
        }
        let Intake { said, hasher, .. } = self.intake;
        // A copy of a feed under a longer name is an older one: what the feed itself says counts.
        let own_id = hasher.hash_one((self.format, &advisory.id));
        let is_copy = self.feed.split('/').next() != Some(self.format);
        if is_copy && said.contains(&own_id) {
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
        if !is_copy {
            said.insert(own_id);
        }
        let builder = &mut self.intake.builder;
        let handle = self.handle.map_or_else(|| builder.feed(self.origin.clone()), Ok);
        let added = handle.and_then(|handle| {
            self.handle = Some(handle);
            builder.add(handle, &advisory)
        });
        match added {
            Ok(()) => self.rows += 1,
            Err(error) => self.error = Some(error),
        }
    }

    fn problem(&mut self, problem: Problem) {
        if let Some(handle) = self.handle.filter(|_| loses_entries(&problem)) {
            self.intake.builder.damaged(handle);
        }
        let subject = format!("{} {}", self.feed, problem.subject);
        self.intake.problems.push(Problem { subject, ..problem });
    }
}
