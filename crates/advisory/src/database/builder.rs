//! Building a database, in bounded memory and in one pass over its output.

mod carry;
mod tables;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use plimsoll_model::{
    Advisory, DatabaseFacts, EndOfLife, ExploitProbability, FeedFacts, KnownExploited, Problem, Scope,
    ScopeFacts,
};

use super::Head;
use super::error::BuildError;
use super::file::Output;
use super::row::{PackageKey, StatementRow, fingerprint};
use super::sorter::Sorter;
use super::texts::{TextsWriter, WrittenAdvisory};
use tables::{write_names, write_table};

/// Memory for sorting statements; with those below, and the rest of a build, this stays under
/// 200 MB whatever the feeds' size.
const STATEMENT_MEMORY: usize = 64 << 20;
/// Memory for sorting ids, and for each table of flaws.
const ID_MEMORY: usize = 24 << 20;
/// The longest name that is stored. Go modules have some two hundred bytes, Maven a little more.
const MAX_NAME: usize = 1 << 10;
/// The largest advisory without its statements, and the largest statement, encoded: the largest
/// real ones (errata of the kernel, packages with thousands of versions) have some 100 KB.
const MAX_TEXT: usize = 1 << 20;
/// Scopes of one feed. All distributions there are have some hundreds of releases.
const MAX_SCOPES: usize = 4096;
/// Refusals of one feed that are told one by one; the rest is counted.
const MAX_PROBLEMS: u64 = 20;

/// Where a feed's rows come from, as the engine knows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedOrigin {
    /// Id of the feed.
    pub id: String,
    /// An address or a folder.
    pub source: String,
    /// When its bytes were fetched (RFC 3339, UTC).
    pub fetched_at: Option<String>,
    /// Purl type and distribution that it is meant to speak for, as far as that is known.
    pub meant_for: Vec<(String, Option<String>)>,
}

/// A feed of a database that is being built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedHandle(u16);

/// What a build gives back.
#[derive(Debug)]
pub struct Built<W> {
    /// The writer, flushed. A file should be synchronised and then renamed into place.
    pub writer: W,
    /// What the database holds.
    pub facts: DatabaseFacts,
    /// What could not be stored.
    pub problems: Vec<Problem>,
}

/// Builds a database.
#[derive(Debug)]
pub struct DatabaseBuilder<W> {
    output: Output<W>,
    directory: PathBuf,
    facts: DatabaseFacts,
    scopes: Vec<BTreeMap<Scope, ScopeFacts>>,
    advisories: u32,
    texts: TextsWriter,
    names: Sorter,
    ids: Sorter,
    exploited: Sorter,
    probabilities: Sorter,
    lifecycles: Sorter,
    problems: Vec<Problem>,
}

impl<W: Write> DatabaseBuilder<W> {
    /// Begins a database in `writer`. `directory` takes temporary files, which vanish by
    /// themselves; `built_at` is the time to write down (RFC 3339, UTC).
    ///
    /// # Errors
    /// [`BuildError::Write`] where the writer takes nothing.
    pub fn new(writer: W, directory: &Path, built_at: Option<String>) -> Result<Self, BuildError> {
        Self::with_memory(writer, directory, built_at, STATEMENT_MEMORY, ID_MEMORY)
    }

    pub(super) fn with_memory(
        writer: W,
        directory: &Path,
        built_at: Option<String>,
        statements: usize,
        ids: usize,
    ) -> Result<Self, BuildError> {
        Ok(Self {
            output: Output::new(writer).map_err(BuildError::Write)?,
            directory: directory.to_owned(),
            facts: DatabaseFacts { built_at, ..DatabaseFacts::default() },
            scopes: Vec::new(),
            advisories: 0,
            texts: TextsWriter::new().map_err(BuildError::Write)?,
            names: Sorter::new(directory, statements),
            ids: Sorter::new(directory, ids),
            exploited: Sorter::new(directory, ids),
            probabilities: Sorter::new(directory, ids),
            lifecycles: Sorter::new(directory, ids),
            problems: Vec::new(),
        })
    }

    /// Adds a feed, with no rows yet. A feed that is there already is the same one.
    ///
    /// # Errors
    /// [`BuildError::TooMany`] beyond 65,535.
    pub fn feed(&mut self, origin: FeedOrigin) -> Result<FeedHandle, BuildError> {
        let known = self.facts.feeds.iter().position(|feed| feed.id == origin.id);
        let position = known.unwrap_or(self.facts.feeds.len());
        let handle = u16::try_from(position).map_err(|_| BuildError::TooMany { what: "feeds" })?;
        if known.is_none() {
            self.facts.feeds.push(FeedFacts {
                id: origin.id,
                source: origin.source,
                fetched_at: origin.fetched_at,
                meant_for: origin.meant_for,
                ..FeedFacts::default()
            });
            self.scopes.push(BTreeMap::new());
        }
        Ok(FeedHandle(handle))
    }

    /// Adds an advisory of a feed. The same advisory may come several times with statements of
    /// different scopes. What is too large to store is refused, counted and told as a problem.
    ///
    /// # Errors
    /// [`BuildError`] where writing or sorting stops.
    pub fn add(&mut self, feed: FeedHandle, advisory: &Advisory) -> Result<(), BuildError> {
        let body = postcard::to_allocvec(&WrittenAdvisory::new(feed.0, advisory))
            .map_err(|error| BuildError::Write(io::Error::other(error)))?;
        if body.len() > MAX_TEXT || advisory.id.is_empty() || advisory.id.len() > MAX_NAME {
            self.refuse(feed, &advisory.id, "it is too large, or has no usable id");
            return Ok(());
        }
        let text = fingerprint(&[self.feed_id(feed).as_bytes(), body.get(1..).unwrap_or_default()]);
        let newest = newest(advisory);
        let number = self.next_number(&body)?;
        self.name(number, advisory)?;
        let withdrawn = advisory.withdrawn.is_some();
        self.count(feed, withdrawn, newest);
        for statement in &advisory.statements {
            let row = StatementRow::new(feed.0, number, withdrawn, statement);
            let scope = &statement.scope;
            let key = PackageKey::new(
                &scope.kind,
                scope.distribution.as_deref(),
                &statement.name,
                statement.name_kind,
            );
            let row = RowOf { row, key: &key, scope, text, newest };
            if !self.add_row(feed, &row)? {
                self.refuse(feed, &advisory.id, "a statement is too large, or has no usable name");
            }
        }
        Ok(())
    }

    fn next_number(&mut self, body: &[u8]) -> Result<u32, BuildError> {
        let number = self.advisories;
        self.advisories = number.checked_add(1).ok_or(BuildError::TooMany { what: "advisories" })?;
        self.texts.push(&mut self.output, body).map_err(BuildError::Write)?;
        Ok(number)
    }

    fn count(&mut self, feed: FeedHandle, withdrawn: bool, newest: Option<&str>) {
        if let Some(facts) = self.facts.feeds.get_mut(usize::from(feed.0)) {
            facts.advisories += 1;
            facts.withdrawn += u64::from(withdrawn);
            keep_newest(&mut facts.newest, newest);
        }
    }

    fn feed_id(&self, feed: FeedHandle) -> &str {
        self.facts.feeds.get(usize::from(feed.0)).map_or("", |facts| &facts.id)
    }

    fn refuse(&mut self, feed: FeedHandle, id: &str, why: &str) {
        let Some(facts) = self.facts.feeds.get_mut(usize::from(feed.0)) else { return };
        facts.refused += 1;
        if facts.refused <= MAX_PROBLEMS {
            let id: String = id.chars().take(80).collect();
            let subject = format!("{} {id}", facts.id);
            self.problems.push(Problem::new("advisory-refused", subject, format!("{why}, and is left out")));
        }
    }

    /// Makes an advisory findable by each of its ids.
    fn name(&mut self, number: u32, advisory: &Advisory) -> Result<(), BuildError> {
        let ids = std::iter::once(&advisory.id).chain(&advisory.aliases).chain(&advisory.related);
        for id in ids.filter(|id| !id.is_empty() && id.len() <= MAX_NAME) {
            let pushed = self.ids.push(id.to_ascii_uppercase().as_bytes(), &number.to_le_bytes());
            pushed.map_err(|source| spill(&self.directory, source))?;
        }
        Ok(())
    }

    /// Adds a statement; false where it cannot be stored.
    fn add_row(&mut self, feed: FeedHandle, row: &RowOf<'_>) -> Result<bool, BuildError> {
        let Some(key) = row.key.encode() else { return Ok(false) };
        if row.key.name.is_empty() || row.key.name.len() > MAX_NAME || row.key.kind.is_empty() {
            return Ok(false);
        }
        let encode = |row: &StatementRow<'_>| {
            postcard::to_allocvec(row).map_err(|error| BuildError::Write(io::Error::other(error)))
        };
        // The numbers differ from database to database, so the fingerprint leaves them out.
        let stored = encode(&row.row)?;
        let unnumbered = encode(&StatementRow { advisory: 0, feed: 0, ..row.row.clone() })?;
        if stored.len() > MAX_TEXT {
            return Ok(false);
        }
        let position = usize::from(feed.0);
        let Some(scopes) = self.scopes.get_mut(position) else { return Ok(false) };
        if scopes.len() >= MAX_SCOPES && !scopes.contains_key(row.scope) {
            return Ok(false);
        }
        let facts = scopes.entry(row.scope.clone()).or_insert_with(|| ScopeFacts {
            scope: row.scope.clone(),
            statements: 0,
            newest: None,
        });
        facts.statements += 1;
        keep_newest(&mut facts.newest, row.newest);
        if let Some(facts) = self.facts.feeds.get_mut(position) {
            facts.statements += 1;
        }
        let mut value = fingerprint(&[&row.text.to_le_bytes(), &unnumbered]).to_le_bytes().to_vec();
        value.extend_from_slice(&stored);
        self.names.push(&key, &value).map_err(|source| spill(&self.directory, source))?;
        Ok(true)
    }

    /// Adds an entry of the catalogue of exploited flaws.
    ///
    /// # Errors
    /// [`BuildError::Spill`] where sorting stops.
    pub fn known_exploited(
        &mut self,
        feed: FeedHandle,
        cve: &str,
        entry: &KnownExploited,
    ) -> Result<(), BuildError> {
        let pushed = push_entry(&mut self.exploited, feed, cve.to_ascii_uppercase().as_bytes(), entry);
        self.enrich(feed, cve, entry.added.as_deref(), pushed)
    }

    /// Adds an estimate of how likely a flaw is to be exploited. `day` is the estimate's.
    ///
    /// # Errors
    /// [`BuildError::Spill`] where sorting stops.
    pub fn exploit_probability(
        &mut self,
        feed: FeedHandle,
        cve: &str,
        probability: ExploitProbability,
        day: Option<&str>,
    ) -> Result<(), BuildError> {
        let key = cve.to_ascii_uppercase();
        let pushed = push_entry(&mut self.probabilities, feed, key.as_bytes(), &probability);
        self.enrich(feed, cve, day, pushed)
    }

    /// Adds until when a release of a distribution gets fixes.
    ///
    /// # Errors
    /// [`BuildError::Spill`] where sorting stops.
    pub fn end_of_life(
        &mut self,
        feed: FeedHandle,
        distribution: &str,
        release: &str,
        dates: &EndOfLife,
    ) -> Result<(), BuildError> {
        let key = if release.is_empty() { Vec::new() } else { super::lifecycle_key(distribution, release) };
        let pushed = push_entry(&mut self.lifecycles, feed, &key, dates);
        self.enrich(feed, release, None, pushed)
    }

    /// Notes that a feed could not be fetched, why, and when that was (RFC 3339, UTC): what it
    /// holds is from before.
    pub fn mark_failed(&mut self, feed: FeedHandle, because: &str, at: Option<&str>) {
        if let Some(facts) = self.facts.feeds.get_mut(usize::from(feed.0)) {
            facts.kept_because = Some(because.to_owned());
            facts.failed_at = at.map(str::to_owned);
        }
    }

    /// Counts entries of a feed that could not be read.
    pub fn count_unreadable(&mut self, feed: FeedHandle, entries: u64) {
        if let Some(facts) = self.facts.feeds.get_mut(usize::from(feed.0)) {
            facts.unreadable += entries;
        }
    }

    /// Notes that a file of a feed was not read to its end. The first reason stands.
    pub fn mark_incomplete(&mut self, feed: FeedHandle, because: &str) {
        if let Some(facts) = self.facts.feeds.get_mut(usize::from(feed.0)) {
            facts.incomplete_because.get_or_insert_with(|| because.to_owned());
        }
    }

    /// Counts an entry of a shared table, or refuses what could not be stored.
    fn enrich(
        &mut self,
        feed: FeedHandle,
        subject: &str,
        day: Option<&str>,
        pushed: io::Result<bool>,
    ) -> Result<(), BuildError> {
        if !pushed.map_err(|source| spill(&self.directory, source))? {
            self.refuse(feed, subject, "it has no usable name");
        } else if let Some(facts) = self.facts.feeds.get_mut(usize::from(feed.0)) {
            facts.enrichments += 1;
            keep_newest(&mut facts.newest, day);
        }
        Ok(())
    }

    /// Writes the tables and the head.
    ///
    /// # Errors
    /// [`BuildError`] where writing or sorting stops.
    pub fn finish(mut self) -> Result<Built<W>, BuildError> {
        for (feed, scopes) in self.facts.feeds.iter_mut().zip(self.scopes) {
            feed.scopes = scopes.into_values().collect();
        }
        let output = &mut self.output;
        let directory = &self.directory;
        let texts = self.texts.finish(output).map_err(BuildError::Write)?;
        let names = write_names(self.names, output).map_err(|error| error.or_spill(directory))?;
        let mut table = |sorter| write_table(sorter, output).map_err(|error| error.or_spill(directory));
        let (ids, _) = table(self.ids)?;
        let (exploited, known_exploited) = table(self.exploited)?;
        let (probabilities, exploit_probabilities) = table(self.probabilities)?;
        let (lifecycles, _) = table(self.lifecycles)?;
        self.facts.known_exploited = known_exploited;
        self.facts.exploit_probabilities = exploit_probabilities;
        let head = Head {
            facts: self.facts,
            advisories: self.advisories,
            texts,
            names,
            ids,
            exploited,
            probabilities,
            lifecycles,
        };
        let bytes =
            postcard::to_allocvec(&head).map_err(|error| BuildError::Write(io::Error::other(error)))?;
        let writer = self.output.finish(&bytes).map_err(BuildError::Write)?;
        Ok(Built { writer, facts: head.facts, problems: self.problems })
    }
}

/// A statement on its way into the table of names.
struct RowOf<'a> {
    row: StatementRow<'a>,
    key: &'a PackageKey,
    scope: &'a Scope,
    /// Fingerprint of the advisory's text.
    text: u64,
    newest: Option<&'a str>,
}

fn spill(directory: &Path, source: io::Error) -> BuildError {
    BuildError::Spill { directory: directory.to_owned(), source }
}

/// Adds an entry of a feed to a table that feeds share; false where its name is none to find it by.
fn push_entry(
    sorter: &mut Sorter,
    feed: FeedHandle,
    key: &[u8],
    entry: &impl serde::Serialize,
) -> io::Result<bool> {
    if key.is_empty() || key.len() > MAX_NAME {
        return Ok(false);
    }
    sorter.push(key, &owned_by(feed, &postcard::to_allocvec(entry).map_err(io::Error::other)?)?)?;
    Ok(true)
}

/// An encoded entry behind the number of its feed.
fn owned_by(feed: FeedHandle, entry: &[u8]) -> io::Result<Vec<u8>> {
    let mut value = postcard::to_allocvec(&feed.0).map_err(io::Error::other)?;
    value.extend_from_slice(entry);
    Ok(value)
}

/// The latest date that an advisory states. Years before 1990 stand for "not stated": Go's
/// records have the year 1.
fn newest(advisory: &Advisory) -> Option<&str> {
    let dates = [&advisory.modified, &advisory.published];
    dates.into_iter().flatten().map(String::as_str).filter(|date| *date > "1990").max()
}

fn keep_newest(kept: &mut Option<String>, date: Option<&str>) {
    if let Some(date) = date.filter(|date| kept.as_deref().is_none_or(|kept| kept < *date)) {
        *kept = Some(date.to_owned());
    }
}
