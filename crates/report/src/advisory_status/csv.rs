//! Feeds as RFC 4180 rows, one per feed.

use std::io::{self, Write};

use super::AdvisoryStatus;
use crate::buffer::Buffer;
use crate::csv::row;

const HEADER: [&str; 14] = [
    "feed",
    "source",
    "advisories",
    "statements",
    "enrichments",
    "withdrawn",
    "refused",
    "newest",
    "fetched_at",
    "age_days",
    "kept_because",
    "failed_at",
    "unreadable",
    "incomplete_because",
];

pub(super) fn write(status: &AdvisoryStatus<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    row(&mut out.bytes, &HEADER);
    for feed in &status.database.feeds {
        let counts = [feed.advisories, feed.statements, feed.enrichments, feed.withdrawn, feed.refused];
        let [advisories, statements, enrichments, withdrawn, refused] = counts.map(|each| each.to_string());
        row(
            &mut out.bytes,
            &[
                &feed.id,
                &feed.source,
                &advisories,
                &statements,
                &enrichments,
                &withdrawn,
                &refused,
                feed.newest.as_deref().unwrap_or_default(),
                feed.fetched_at.as_deref().unwrap_or_default(),
                &status.age(feed).map(|days| days.to_string()).unwrap_or_default(),
                feed.kept_because.as_deref().unwrap_or_default(),
                feed.failed_at.as_deref().unwrap_or_default(),
                &feed.unreadable.to_string(),
                feed.incomplete_because.as_deref().unwrap_or_default(),
            ],
        );
        out.end_row()?;
    }
    out.finish()
}
