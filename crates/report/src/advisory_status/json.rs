//! Feeds as JSON, schema `plimsoll/advisories/1`. A fact that is not known is `null`.

use std::io::{self, Write};

use plimsoll_model::{FeedFacts, ScopeFacts};
use serde::Serialize;

use super::AdvisoryStatus;
use crate::buffer::Buffer;
use crate::json::{member, rows, value};
use crate::vulnerabilities::entries::ScopeEntry;

#[derive(Serialize)]
struct FeedEntry<'a> {
    id: &'a str,
    source: &'a str,
    advisories: u64,
    withdrawn: u64,
    statements: u64,
    enrichments: u64,
    refused: u64,
    newest: Option<&'a str>,
    fetched_at: Option<&'a str>,
    age_days: Option<u64>,
    kept_because: Option<&'a str>,
    failed_at: Option<&'a str>,
    unreadable: u64,
    incomplete_because: Option<&'a str>,
    scopes: Vec<ScopeRow<'a>>,
}

#[derive(Serialize)]
struct ScopeRow<'a> {
    #[serde(flatten)]
    scope: ScopeEntry<'a>,
    statements: u64,
    newest: Option<&'a str>,
}

pub(super) fn write(status: &AdvisoryStatus<'_>, out: &mut dyn Write) -> io::Result<()> {
    let database = status.database;
    let mut out = Buffer::new(out);
    out.text("{\n\"schema\": ");
    value(&mut out.bytes, "plimsoll/advisories/1");
    member(&mut out, "place", &status.place);
    member(&mut out, "built_at", &database.built_at);
    member(&mut out, "newest", &crate::vulnerabilities::newest(database));
    member(&mut out, "known_exploited", &database.known_exploited);
    member(&mut out, "exploit_probabilities", &database.exploit_probabilities);
    out.text(",\n\"feeds\": [");
    rows(&mut out, database.feeds.iter().map(|feed| entry(status, feed)))?;
    out.text("\n}\n");
    out.finish()
}

fn entry<'a>(status: &AdvisoryStatus<'_>, feed: &'a FeedFacts) -> FeedEntry<'a> {
    FeedEntry {
        id: &feed.id,
        source: &feed.source,
        advisories: feed.advisories,
        withdrawn: feed.withdrawn,
        statements: feed.statements,
        enrichments: feed.enrichments,
        refused: feed.refused,
        newest: feed.newest.as_deref(),
        fetched_at: feed.fetched_at.as_deref(),
        age_days: status.age(feed),
        kept_because: feed.kept_because.as_deref(),
        failed_at: feed.failed_at.as_deref(),
        unreadable: feed.unreadable,
        incomplete_because: feed.incomplete_because.as_deref(),
        scopes: feed
            .scopes
            .iter()
            .map(|ScopeFacts { scope, statements, newest }| ScopeRow {
                scope: ScopeEntry::of(scope),
                statements: *statements,
                newest: newest.as_deref(),
            })
            .collect(),
    }
}
