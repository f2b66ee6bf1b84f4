//! What `plimsoll advisories status` shows.

use plimsoll_model::{DatabaseFacts, FeedFacts, Scope, ScopeFacts};

use super::{Advisories, AdvisoryStatus};
use crate::sample::plain;
use crate::schemas::tests::written;

/// The sample's two feeds, one that came out empty and one without dates.
pub(crate) fn database() -> DatabaseFacts {
    let mut database = crate::vulnerabilities::sample::database();
    database.feeds[0].refused = 1;
    database.feeds[0].scopes = vec![ScopeFacts {
        scope: Scope { kind: "deb".into(), distribution: Some("debian".into()), release: Some("12".into()) },
        statements: 41_312,
        newest: None,
    }];
    database.feeds.push(FeedFacts {
        id: "empty".into(),
        source: "dir:/mirror".into(),
        unreadable: 3,
        incomplete_because: Some("all.zip: the archive's directory breaks off after 3 entries".into()),
        ..FeedFacts::default()
    });
    database.feeds.push(FeedFacts {
        id: "kev".into(),
        source: "https://example.org/kev.json".into(),
        fetched_at: Some("2026-06-30T01:00:00Z".into()),
        enrichments: 1_350,
        unreadable: 1,
        kept_because: Some("known.json could not be fetched: the server answers 503".into()),
        failed_at: Some("2026-07-02T03:00:00Z".into()),
        ..FeedFacts::default()
    });
    database
}

fn check(format: &str) -> String {
    let database = database();
    let status = AdvisoryStatus {
        database: &database,
        place: Some("/home/ops/.cache/plimsoll/advisories.db"),
        now: Some("2026-07-03T08:00:00Z"),
        width: None,
    };
    plain(&written::<Advisories>(&status, format))
}

#[test]
fn the_table_tells_rows_ages_and_what_is_wrong() {
    insta::assert_snapshot!(check("table"));
}

#[test]
fn csv_has_a_row_per_feed() {
    insta::assert_snapshot!(check("csv"));
}

#[test]
fn json_holds_the_scopes_too() {
    insta::assert_snapshot!(check("json"));
}

#[test]
fn json_follows_our_schema() {
    for database in [database(), DatabaseFacts::default()] {
        let status = AdvisoryStatus { database: &database, place: None, now: None, width: None };
        crate::schemas::tests::check::<Advisories>(&status);
    }
}

#[test]
fn a_database_that_was_never_built_says_so() {
    let database = DatabaseFacts::default();
    let status = AdvisoryStatus { database: &database, place: None, now: None, width: None };
    let table = plain(&written::<Advisories>(&status, "table"));
    assert_eq!(table, "There is no advisory data: no feed is loaded.\n");
}
