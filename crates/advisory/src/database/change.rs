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

/// Keys whose first entries in two tables of flaws differ; a look-up gives the first.
fn differences(
    (old, before): (&Database, &Table),
    (new, after): (&Database, &Table),
    changed: &mut BTreeSet<String>,
) -> Result<(), DatabaseError> {
    let (mut left, mut right) = (before.cursor(&old.source), after.cursor(&new.source));
    let step = |cursor: &mut Cursor<'_>, passed: Option<&[u8]>| loop {
        match cursor.next_entry()? {
            Some((key, _)) if Some(key.as_slice()) == passed => {}
            other => return Ok::<_, DatabaseError>(other),
        }
    };
    let (mut one, mut other) = (step(&mut left, None)?, step(&mut right, None)?);
    loop {
        let order = match (&one, &other) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((one, _)), Some((other, _))) => one.cmp(other),
        };
        let same = one == other;
        let key = if order.is_le() { one.clone() } else { other.clone() };
        let Some((key, _)) = key else { return Ok(()) };
        if !same && let Ok(cve) = String::from_utf8(key.clone()) {
            changed.insert(cve);
        }
        if order.is_le() {
            one = step(&mut left, Some(&key))?;
        }
        if order.is_ge() {
            other = step(&mut right, Some(&key))?;
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
