//! What an advisory database holds, feed by feed, and how old it is: `plimsoll advisories status`.

mod csv;
mod json;
mod table;

use plimsoll_model::{DatabaseFacts, FeedFacts};

use crate::format::{Document, Format};
use crate::units::days_between;

/// A database and when it is asked about.
#[derive(Debug, Clone, Copy)]
pub struct AdvisoryStatus<'a> {
    /// What it holds; a database that was never built holds nothing.
    pub database: &'a DatabaseFacts,
    /// Where it lies, as people find it.
    pub place: Option<&'a str>,
    /// The time of asking (RFC 3339, UTC), from which ages are counted.
    pub now: Option<&'a str>,
    /// Columns of the terminal; `None` cuts nothing.
    pub width: Option<usize>,
}

impl AdvisoryStatus<'_> {
    /// Whole days since the newest entry of a feed. `None` where its entries have no dates: when
    /// it was fetched says nothing about the age of what it says.
    fn age(&self, feed: &FeedFacts) -> Option<u64> {
        u64::try_from(days_between(feed.newest.as_deref()?, self.now?)?).ok()
    }
}

/// The document of `plimsoll advisories status`.
#[derive(Debug, Clone, Copy)]
pub struct Advisories;

impl Document for Advisories {
    type View<'a> = AdvisoryStatus<'a>;

    const FORMATS: &'static [Format<Self>] = ALL;
}

/// Every format of the status of a database.
pub const ALL: &[Format<Advisories>] = &[
    Format { id: "table", summary: "one line per feed, for people", write: table::write },
    Format { id: "json", summary: "everything known about each feed", write: json::write },
    Format { id: "csv", summary: "RFC 4180, one row per feed", write: csv::write },
];

#[cfg(test)]
pub(crate) mod tests;
