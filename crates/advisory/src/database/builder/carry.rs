//! What a new database takes over from the one before: feeds that were not fetched anew.

use std::collections::BTreeMap;
use std::io::{self, Write};

use plimsoll_model::Scope;

use super::super::error::BuildError;
use super::super::row::{PackageKey, StatementRow, fingerprint};
use super::super::texts::WrittenAdvisory;
use super::super::{Database, DatabaseError, Statements};
use super::{DatabaseBuilder, FeedHandle, FeedOrigin, RowOf, keep_newest, newest, owned_by, spill};

impl<W: Write> DatabaseBuilder<W> {
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
            let statements = Statements { chunks: vec![chunk] };
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
                let damaged = |_| DatabaseError::Damaged { part: "a table of facts", fault };
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
}

/// What stops a carry-over: reading the old database, or adding to the new one.
struct CarryError(BuildError);

impl From<DatabaseError> for CarryError {
    fn from(error: DatabaseError) -> Self {
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
