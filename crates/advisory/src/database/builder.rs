//! Building a database, in bounded memory and in one pass over its output.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use plimsoll_model::{
    Advisory, DatabaseFacts, EndOfLife, ExploitProbability, FeedFacts, KnownExploited, Problem, Scope,
    ScopeFacts,
};

use super::error::BuildError;
use super::file::Output;
use super::row::{PackageKey, StatementRow, fingerprint};
use super::sorter::Sorter;
use super::table::TableWriter;
use super::texts::{TextsWriter, WrittenAdvisory};
use super::{Database, GroupPlace, Head};

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
/// A group of statements is cut here, so that neither building nor reading needs more at once.
const MAX_GROUP: usize = 1 << 20;
/// Groups from here on are compressed; below, it would gain little.
const COMPRESS_FROM: usize = 1 << 10;
/// zstd's own default.
const LEVEL: i32 = 3;
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
        self.enrich(feed, cve, entry.added.as_deref());
        push_entry(&mut self.exploited, feed, cve.to_ascii_uppercase().as_bytes(), entry)
            .map_err(|source| spill(&self.directory, source))
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
        self.enrich(feed, cve, day);
        push_entry(&mut self.probabilities, feed, cve.to_ascii_uppercase().as_bytes(), &probability)
            .map_err(|source| spill(&self.directory, source))
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
        self.enrich(feed, release, None);
        push_entry(&mut self.lifecycles, feed, &super::lifecycle_key(distribution, release), dates)
            .map_err(|source| spill(&self.directory, source))
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

    fn enrich(&mut self, feed: FeedHandle, cve: &str, day: Option<&str>) {
        if let Some(facts) = self.facts.feeds.get_mut(usize::from(feed.0)) {
            facts.enrichments += u64::from(!cve.is_empty());
            keep_newest(&mut facts.newest, day);
        }
    }

    /// Takes a feed's rows, and when they were fetched, from an older database. A feed that the
    /// older database lacks is added empty. Whether that is because it failed, is for
    /// [`Self::mark_failed`] to say.
    ///
    /// # Errors
    /// [`BuildError::CarryOver`] where the older database cannot be read.
    pub fn carry_over(&mut self, old: &Database, id: &str) -> Result<FeedHandle, BuildError> {
        let known = old.feeds().iter().position(|feed| feed.id == id);
        let origin = known.and_then(|position| old.feeds().get(position)).map_or_else(
            || FeedOrigin { id: id.to_owned(), ..FeedOrigin::default() },
            |facts| FeedOrigin {
                id: facts.id.clone(),
                source: facts.source.clone(),
                fetched_at: facts.fetched_at.clone(),
                meant_for: facts.meant_for.clone(),
            },
        );
        let feed = self.feed(origin)?;
        let Some(known) = known.and_then(|position| u16::try_from(position).ok()) else { return Ok(feed) };
        if let (Some(facts), Some(before)) =
            (self.facts.feeds.get_mut(usize::from(feed.0)), old.feeds().get(usize::from(known)))
        {
            facts.kept_because.clone_from(&before.kept_because);
            facts.failed_at.clone_from(&before.failed_at);
            facts.unreadable = before.unreadable;
            facts.refused = before.refused;
            facts.incomplete_because.clone_from(&before.incomplete_because);
        }
        let mut numbers: BTreeMap<u32, (u32, u64, Option<String>)> = BTreeMap::new();
        for number in 0..old.advisories() {
            let (from, advisory) = old.advisory(number).map_err(BuildError::CarryOver)?;
            if from != known {
                continue;
            }
            let body = postcard::to_allocvec(&WrittenAdvisory::new(feed.0, &advisory))
                .map_err(|error| BuildError::Write(io::Error::other(error)))?;
            let text = fingerprint(&[self.feed_id(feed).as_bytes(), body.get(1..).unwrap_or_default()]);
            let newest = newest(&advisory);
            let new = self.next_number(&body)?;
            self.name(new, &advisory)?;
            self.count(feed, advisory.withdrawn.is_some(), newest);
            numbers.insert(number, (new, text, newest.map(str::to_owned)));
        }
        old.names.scan(&old.source, |key, value| {
            let Some(key) = PackageKey::decode(key) else { return Ok(()) };
            let chunk = old.group(value).map_err(BuildError::CarryOver)?;
            let statements = super::Statements { chunks: vec![chunk] };
            for row in statements.rows().map_err(BuildError::CarryOver)? {
                let Some((new, text, newest)) = numbers.get(&row.advisory).filter(|_| row.feed == known)
                else {
                    continue;
                };
                let scope = Scope {
                    kind: key.kind.clone(),
                    distribution: key.distribution.clone(),
                    release: row.release.map(str::to_owned),
                };
                let row = StatementRow { advisory: *new, feed: feed.0, ..row };
                let newest = newest.as_deref();
                self.add_row(feed, &RowOf { row, key: &key, scope: &scope, text: *text, newest })?;
            }
            Ok::<(), CarryError>(())
        })?;
        self.carry_entries(old, known, feed)?;
        Ok(feed)
    }

    /// Takes a feed's entries from the tables that feeds share: each says whose it is.
    fn carry_entries(&mut self, old: &Database, known: u16, feed: FeedHandle) -> Result<(), BuildError> {
        let directory = self.directory.clone();
        let mut carried = 0;
        for (table, sorter) in [
            (&old.exploited, &mut self.exploited),
            (&old.probabilities, &mut self.probabilities),
            (&old.lifecycles, &mut self.lifecycles),
        ] {
            table.scan(&old.source, |key, value| {
                let fault = "cannot be decoded";
                let damaged = |_| super::DatabaseError::Damaged { part: "a table of facts", fault };
                let (of, entry) = postcard::take_from_bytes::<u16>(value).map_err(damaged)?;
                if of != known {
                    return Ok(());
                }
                carried += 1;
                let value = owned_by(feed, entry).map_err(|source| CarryError(spill(&directory, source)))?;
                sorter.push(key, &value).map_err(|source| CarryError(spill(&directory, source)))
            })?;
        }
        let newest = old.feeds().get(usize::from(known)).and_then(|facts| facts.newest.as_deref());
        if let Some(new) = self.facts.feeds.get_mut(usize::from(feed.0)) {
            new.enrichments += carried;
            keep_newest(&mut new.newest, newest);
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

/// Adds an entry of a feed to a table that feeds share.
fn push_entry(
    sorter: &mut Sorter,
    feed: FeedHandle,
    key: &[u8],
    entry: &impl serde::Serialize,
) -> io::Result<()> {
    if key.is_empty() || key.len() > MAX_NAME {
        return Ok(());
    }
    sorter.push(key, &owned_by(feed, &postcard::to_allocvec(entry).map_err(io::Error::other)?)?)
}

/// An encoded entry behind the number of its feed.
fn owned_by(feed: FeedHandle, entry: &[u8]) -> io::Result<Vec<u8>> {
    let mut value = postcard::to_allocvec(&feed.0).map_err(io::Error::other)?;
    value.extend_from_slice(entry);
    Ok(value)
}

/// What stops a carry-over: reading the old database, or adding to the new one.
struct CarryError(BuildError);

impl From<super::DatabaseError> for CarryError {
    fn from(error: super::DatabaseError) -> Self {
        Self(BuildError::CarryOver(error))
    }
}

impl From<BuildError> for CarryError {
    fn from(error: BuildError) -> Self {
        Self(error)
    }
}

impl From<CarryError> for BuildError {
    fn from(error: CarryError) -> Self {
        error.0
    }
}

/// What stops the writing of a table: reading sorted rows back, or writing them.
enum TableError {
    Sort(io::Error),
    Write(io::Error),
}

impl From<io::Error> for TableError {
    fn from(error: io::Error) -> Self {
        Self::Sort(error)
    }
}

impl TableError {
    fn or_spill(self, directory: &Path) -> BuildError {
        match self {
            Self::Sort(source) => spill(directory, source),
            Self::Write(source) => BuildError::Write(source),
        }
    }
}

fn write_table<W: Write>(sorter: Sorter, output: &mut Output<W>) -> Result<(super::Place, u64), TableError> {
    let mut table = TableWriter::default();
    let mut last = Vec::new();
    sorter.drain(|key, value| {
        // An advisory that names an id twice, or a table that comes twice.
        let entry = (key.to_vec(), value.to_vec());
        if last == [entry.clone()] {
            return Ok(());
        }
        last = vec![entry];
        table.push(output, key, value).map_err(TableError::Write)
    })?;
    table.finish(output).map_err(TableError::Write)
}

fn write_names<W: Write>(sorter: Sorter, output: &mut Output<W>) -> Result<super::Place, TableError> {
    let mut groups = Groups::new().map_err(TableError::Write)?;
    sorter.drain(|key, value| {
        let Some((fingerprint, row)) = value.split_first_chunk::<8>() else { return Ok(()) };
        if groups.key != key || groups.rows.len() + row.len() > MAX_GROUP {
            groups.flush(output).map_err(TableError::Write)?;
            groups.key = key.to_vec();
        }
        groups.rows.extend_from_slice(row);
        groups.fingerprint = groups.fingerprint.wrapping_add(u64::from_le_bytes(*fingerprint));
        Ok::<(), TableError>(())
    })?;
    groups.flush(output).map_err(TableError::Write)?;
    groups.table.finish(output).map(|(place, _)| place).map_err(TableError::Write)
}

/// Gathers the statements of one name.
struct Groups {
    key: Vec<u8>,
    rows: Vec<u8>,
    fingerprint: u64,
    compressor: zstd::bulk::Compressor<'static>,
    table: TableWriter,
}

impl Groups {
    fn new() -> io::Result<Self> {
        Ok(Self {
            key: Vec::new(),
            rows: Vec::new(),
            fingerprint: 0,
            compressor: zstd::bulk::Compressor::new(LEVEL)?,
            table: TableWriter::default(),
        })
    }

    fn flush<W: Write>(&mut self, output: &mut Output<W>) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let (place, unpacked) = if self.rows.len() >= COMPRESS_FROM {
            (output.part(&self.compressor.compress(&self.rows)?)?, Some(self.rows.len() as u32))
        } else {
            (output.part(&self.rows)?, None)
        };
        let group = GroupPlace { place, unpacked, fingerprint: self.fingerprint };
        let value = postcard::to_allocvec(&group).map_err(io::Error::other)?;
        self.table.push(output, &self.key, &value)?;
        self.rows.clear();
        self.fingerprint = 0;
        Ok(())
    }
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
