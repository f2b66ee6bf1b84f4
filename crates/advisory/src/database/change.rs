//! What an update changed: the names whose statements are not what they were.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::table::{Cursor, Table};
use super::{Database, DatabaseError, Exploitation, PackageKey, decode_group};

/// The keys whose statements, or the advisories behind them, differ between two databases,
/// whatever numbers these gave them. Only package lists that hold one of them need another
/// match. What is known about exploitation is keyed by flaw: [`changed_exploitation`].
///
/// # Errors
/// [`DatabaseError`] where one of the files cannot be read.
pub fn changed_names(old: &Database, new: &Database) -> Result<BTreeSet<PackageKey>, DatabaseError> {
    let mut changed = BTreeSet::new();
    let (mut left, mut right) = (Groups::new(old), Groups::new(new));
    let (mut before, mut after) = (left.step()?, right.step()?);
    loop {
        let order = match (&before, &after) {
            (None, None) => return Ok(changed),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((old, _)), Some((new, _))) => old.cmp(new),
        };
        let differs = match (&before, &after) {
            (Some((_, old)), Some((_, new))) if order.is_eq() => old != new,
            _ => true,
        };
        let key = if order.is_le() { &before } else { &after };
        if let Some((key, _)) = key.as_ref().filter(|_| differs) {
            changed.extend(PackageKey::decode(key));
        }
        if order.is_le() {
            before = left.step()?;
        }
        if order.is_ge() {
            after = right.step()?;
        }
    }
}

/// The CVEs of whose exploitation another database says something else, and what the new one
/// says of each.
///
/// # Errors
/// [`DatabaseError`] where one of the files cannot be read.
pub fn changed_exploitation(
    old: &Database,
    new: &Database,
) -> Result<BTreeMap<String, Exploitation>, DatabaseError> {
    let mut changed = BTreeSet::new();
    differences((old, &old.exploited), (new, &new.exploited), &mut changed)?;
    differences((old, &old.probabilities), (new, &new.probabilities), &mut changed)?;
    let known = |cve: String| Ok((cve.clone(), new.exploitation(&cve)?));
    changed.into_iter().map(known).collect()
}

/// Keys of two tables of flaws whose entries differ.
fn differences(
    (old, before): (&Database, &Table),
    (new, after): (&Database, &Table),
    changed: &mut BTreeSet<String>,
) -> Result<(), DatabaseError> {
    let mut left = Entries { database: old, cursor: before.cursor(&old.source), ahead: None };
    let mut right = Entries { database: new, cursor: after.cursor(&new.source), ahead: None };
    let (mut one, mut other) = (left.step()?, right.step()?);
    loop {
        let order = match (&one, &other) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((one, _)), Some((other, _))) => one.cmp(other),
        };
        let first = if order.is_le() { &one } else { &other };
        if one != other
            && let Some(Ok(cve)) = first.as_ref().map(|(key, _)| String::from_utf8(key.clone()))
        {
            changed.insert(cve);
        }
        if order.is_le() {
            one = left.step()?;
        }
        if order.is_ge() {
            other = right.step()?;
        }
    }
}

/// A key and all its entries, each with the id of the feed that says it.
type KeyEntries<'a> = (Vec<u8>, Vec<(&'a str, Vec<u8>)>);

/// Keys with all their entries, one for each feed that speaks of the flaw.
struct Entries<'a> {
    database: &'a Database,
    cursor: Cursor<'a>,
    ahead: Option<(Vec<u8>, Vec<u8>)>,
}

impl<'a> Entries<'a> {
    /// An entry behind the id of its feed: the number of a feed is another in each database.
    fn named(&self, value: &[u8]) -> Result<(&'a str, Vec<u8>), DatabaseError> {
        let damaged = |_| DatabaseError::Damaged { part: "a table of facts", fault: "cannot be decoded" };
        let (feed, entry) = postcard::take_from_bytes::<u16>(value).map_err(damaged)?;
        let feed = self.database.feeds().get(usize::from(feed)).map_or("", |facts| facts.id.as_str());
        Ok((feed, entry.to_vec()))
    }

    fn step(&mut self) -> Result<Option<KeyEntries<'a>>, DatabaseError> {
        let first = match self.ahead.take() {
            Some(entry) => Some(entry),
            None => self.cursor.next_entry()?,
        };
        let Some((key, value)) = first else { return Ok(None) };
        let mut values = vec![self.named(&value)?];
        loop {
            match self.cursor.next_entry()? {
                Some((next, value)) if next == key => values.push(self.named(&value)?),
                other => {
                    self.ahead = other;
                    values.sort_unstable();
                    return Ok(Some((key, values)));
                }
            }
        }
    }
}

/// Keys with the sum of the fingerprints of all their groups.
struct Groups<'a> {
    cursor: Cursor<'a>,
    ahead: Option<(Vec<u8>, u64)>,
    started: bool,
}

impl<'a> Groups<'a> {
    fn new(database: &'a Database) -> Self {
        Self { cursor: database.names.cursor(&database.source), ahead: None, started: false }
    }

    fn read(&mut self) -> Result<Option<(Vec<u8>, u64)>, DatabaseError> {
        let Some((key, value)) = self.cursor.next_entry()? else { return Ok(None) };
        Ok(Some((key, decode_group(&value)?.fingerprint)))
    }

    fn step(&mut self) -> Result<Option<(Vec<u8>, u64)>, DatabaseError> {
        if !self.started {
            self.started = true;
            self.ahead = self.read()?;
        }
        let Some((key, mut fingerprint)) = self.ahead.take() else { return Ok(None) };
        loop {
            match self.read()? {
                Some((next, more)) if next == key => fingerprint = fingerprint.wrapping_add(more),
                other => {
                    self.ahead = other;
                    return Ok(Some((key, fingerprint)));
                }
            }
        }
    }
}
