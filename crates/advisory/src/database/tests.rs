//! What goes in comes out; what is damaged is noticed.

use plimsoll_model::{
    Advisory, ExploitProbability, FixState, KnownExploited, NameKind, RangeEnd, Scope, Severity, Statement,
    VersionRange,
};

use super::*;

fn statement(name: &str, fixed: &str) -> Statement {
    Statement {
        scope: Scope { kind: "deb".into(), distribution: Some("debian".into()), release: Some("12".into()) },
        name: name.into(),
        name_kind: NameKind::Source,
        architectures: vec!["amd64".into()],
        module: None,
        repository: Some("esm".into()),
        state: FixState::Ranges,
        ranges: vec![VersionRange { introduced: None, end: RangeEnd::Fixed(fixed.into()) }],
        versions: vec!["0.9".into()],
    }
}

fn advisory(number: u32) -> Advisory {
    Advisory {
        id: format!("DSA-{number}"),
        aliases: vec![format!("CVE-2024-{number}")],
        related: vec![format!("CVE-2023-{number}")],
        summary: Some(format!("flaw {number} of a package")),
        severities: vec![Severity::Word("high".into())],
        modified: Some(format!("2024-01-{:02}T00:00:00Z", number % 28 + 1)),
        statements: vec![statement(&format!("package-{}", number % 50), &format!("1.{number}"))],
        ..Advisory::default()
    }
}

fn origin(id: &str) -> FeedOrigin {
    FeedOrigin { id: id.into(), source: "a folder".into(), ..FeedOrigin::default() }
}

fn build(advisories: &[Advisory], memory: usize) -> Vec<u8> {
    let mut builder =
        DatabaseBuilder::with_memory(Vec::new(), &std::env::temp_dir(), None, memory, memory).unwrap();
    let feed = builder.feed(origin("debian")).unwrap();
    for advisory in advisories {
        builder.add(feed, advisory).unwrap();
    }
    let kev = builder.feed(origin("kev")).unwrap();
    let entry = KnownExploited { added: Some("2024-02-01".into()), due: None, ransomware: Some(true) };
    builder.known_exploited(kev, "CVE-2024-7", &entry).unwrap();
    let epss = builder.feed(origin("epss")).unwrap();
    let probability = ExploitProbability { score: 97_560, percentile: 99_999 };
    builder.exploit_probability(epss, "CVE-2024-7", probability, Some("2024-10-25")).unwrap();
    builder.finish().unwrap().writer
}

fn sample() -> Vec<Advisory> {
    (0..300).map(advisory).collect()
}

#[test]
fn what_was_added_is_found_by_name_and_by_id() {
    let database = Database::from_bytes(build(&sample(), 1 << 20)).unwrap();
    let found = database.statements("deb", Some("debian"), "package-7", NameKind::Source).unwrap();
    let rows = found.rows().unwrap();
    assert_eq!(rows.len(), 6);
    assert_eq!(rows[0].ranges[0].end, RowEnd::Fixed("1.7"));
    let (feed, text) = database.advisory(rows[0].advisory).unwrap();
    assert_eq!((feed, text), (0, Advisory { statements: Vec::new(), ..advisory(7) }));
    for id in ["DSA-57", "cve-2024-57", "CVE-2023-57"] {
        assert_eq!(database.advisories_named(id).unwrap(), [57], "{id}");
    }
    for (distribution, name, kind) in
        [("debian", "package-7", NameKind::Binary), ("ubuntu", "package-7", NameKind::Source)]
    {
        assert!(database.statements("deb", Some(distribution), name, kind).unwrap().is_empty());
    }
    assert!(database.known_exploited("CVE-2024-7").unwrap().unwrap().ransomware.unwrap());
    assert_eq!(database.exploit_probability("CVE-2024-7").unwrap().unwrap().score, 97_560);
    assert_eq!(database.exploit_probability("CVE-2024-8").unwrap(), None);
    database.verify().unwrap();
}

#[test]
fn the_facts_count_what_was_added() {
    let database = Database::from_bytes(build(&sample(), 1 << 20)).unwrap();
    let facts = database.facts();
    let feed = &facts.feeds[0];
    assert_eq!((feed.advisories, feed.statements, feed.refused), (300, 300, 0));
    assert_eq!(feed.newest.as_deref(), Some("2024-01-28T00:00:00Z"));
    assert_eq!(feed.scopes.len(), 1);
    assert_eq!(feed.scopes[0].statements, 300);
    assert_eq!((facts.known_exploited, facts.exploit_probabilities), (1, 1));
    assert_eq!(facts.feeds[2].newest.as_deref(), Some("2024-10-25"));
}

#[test]
fn the_same_advisories_give_the_same_bytes_whatever_memory_there_is() {
    assert!(build(&sample(), 1 << 20) == build(&sample(), 1000));
}

#[test]
fn names_change_where_a_statement_or_its_advisory_changes() {
    fn check(change: impl FnOnce(&mut Vec<Advisory>), expect: &[&str]) {
        let mut advisories = sample();
        change(&mut advisories);
        let old = Database::from_bytes(build(&sample(), 1 << 20)).unwrap();
        let new = Database::from_bytes(build(&advisories, 1 << 20)).unwrap();
        let names: Vec<String> = changed_names(&old, &new).unwrap().into_iter().map(|key| key.name).collect();
        assert_eq!(names, expect);
    }
    check(|_| {}, &[]);
    check(|advisories| advisories.reverse(), &[]);
    check(|advisories| advisories[3].summary = None, &["package-3"]);
    check(|advisories| advisories[4].statements[0] = statement("package-4", "2"), &["package-4"]);
    check(|advisories| drop(advisories.remove(0)), &["package-0"]);
    check(|advisories| advisories[9].statements.push(statement("a", "2")), &["a"]);
    check(|advisories| advisories[9].statements.clear(), &["package-9"]);
}

#[test]
fn a_failed_feed_keeps_what_it_last_said() {
    let old = Database::from_bytes(build(&sample(), 1 << 20)).unwrap();
    let mut builder = DatabaseBuilder::new(Vec::new(), &std::env::temp_dir(), None).unwrap();
    let other = builder.feed(origin("other")).unwrap();
    builder.add(other, &Advisory { statements: vec![statement("new", "9")], ..advisory(1) }).unwrap();
    for feed in ["debian", "kev", "epss", "never-seen"] {
        let handle = builder.carry_over(&old, feed).unwrap();
        builder.mark_failed(handle, "the server answered 503", Some("2026-01-02T03:04:05Z"));
    }
    let new = Database::from_bytes(builder.finish().unwrap().writer).unwrap();
    let names: Vec<String> = changed_names(&old, &new).unwrap().into_iter().map(|key| key.name).collect();
    assert_eq!(names, ["new"]);
    for (before, after) in old.feeds().iter().zip(&new.feeds()[1..]) {
        let reason = Some("the server answered 503".to_owned());
        let failed_at = Some("2026-01-02T03:04:05Z".to_owned());
        assert_eq!(FeedFacts { kept_because: reason, failed_at, ..before.clone() }, *after);
    }
    assert_eq!(old.facts().exploit_probabilities, new.facts().exploit_probabilities);
    assert_eq!(new.feeds()[4].advisories, 0);
    new.verify().unwrap();
}

#[test]
fn a_table_is_carried_over_by_whose_entries_it_holds() {
    // Two tables of as many entries each, and a table that two feeds fill.
    let mut builder = DatabaseBuilder::new(Vec::new(), &std::env::temp_dir(), None).unwrap();
    let (one, two) = (builder.feed(origin("one")).unwrap(), builder.feed(origin("two")).unwrap());
    let exploited =
        |added: &str| KnownExploited { added: Some(added.to_owned()), due: None, ransomware: None };
    builder.known_exploited(one, "CVE-2024-1", &exploited("2024-01-01")).unwrap();
    builder.known_exploited(two, "CVE-2024-2", &exploited("2024-02-02")).unwrap();
    let probability = ExploitProbability { score: 1, percentile: 2 };
    builder.exploit_probability(two, "CVE-2024-3", probability, None).unwrap();
    let old = Database::from_bytes(builder.finish().unwrap().writer).unwrap();

    let mut builder = DatabaseBuilder::new(Vec::new(), &std::env::temp_dir(), None).unwrap();
    builder.feed(origin("zero")).unwrap();
    builder.carry_over(&old, "two").unwrap();
    let new = Database::from_bytes(builder.finish().unwrap().writer).unwrap();
    assert_eq!(new.known_exploited("CVE-2024-1").unwrap(), None);
    assert_eq!(new.known_exploited("cve-2024-2").unwrap(), Some(exploited("2024-02-02")));
    assert_eq!(new.exploit_probability("CVE-2024-3").unwrap(), Some(probability));
    assert_eq!(new.feeds()[1].enrichments, 2);
    // And once more, when the feed has another number.
    let mut builder = DatabaseBuilder::new(Vec::new(), &std::env::temp_dir(), None).unwrap();
    builder.carry_over(&new, "two").unwrap();
    let again = Database::from_bytes(builder.finish().unwrap().writer).unwrap();
    assert_eq!(again.known_exploited("CVE-2024-2").unwrap(), Some(exploited("2024-02-02")));
}

#[test]
fn a_release_is_found_by_as_much_of_its_number_as_its_publisher_gives() {
    let mut builder = DatabaseBuilder::new(Vec::new(), &std::env::temp_dir(), None).unwrap();
    let gathered = builder.feed(origin("endoflife")).unwrap();
    let own = builder.feed(origin("distro-info")).unwrap();
    let until = |day: &str| EndOfLife { supported_until: Some(day.to_owned()), ..EndOfLife::default() };
    builder.end_of_life(gathered, "rhel", "9", &until("2032-05-31")).unwrap();
    builder.end_of_life(gathered, "debian", "12", &until("2026-06-11")).unwrap();
    builder.end_of_life(own, "debian", "12", &until("2026-06-10")).unwrap();
    builder.end_of_life(own, "debian", "Bookworm", &until("2026-06-10")).unwrap();
    let database = Database::from_bytes(builder.finish().unwrap().writer).unwrap();
    let found = |distribution, release| {
        database.end_of_life(distribution, release).unwrap().and_then(|dates| dates.supported_until)
    };
    assert_eq!(found("rhel", "9.4").as_deref(), Some("2032-05-31"));
    // The distribution's own word counts more than one that was gathered.
    assert_eq!(found("debian", "12").as_deref(), Some("2026-06-10"));
    assert_eq!(found("debian", "bookworm").as_deref(), Some("2026-06-10"));
    assert_eq!(found("rhel", "90"), None);
    assert_eq!(found("alpine", "3.20.3"), None);
    database.verify().unwrap();
}

/// A database of feeds, in this order, of which each gives the same flaw its own probability.
fn of_feeds(feeds: &[(&str, u32)]) -> Database {
    let mut builder = DatabaseBuilder::new(Vec::new(), &std::env::temp_dir(), None).unwrap();
    for (id, score) in feeds {
        let feed = builder.feed(origin(id)).unwrap();
        let probability = ExploitProbability { score: *score, percentile: *score };
        builder.exploit_probability(feed, "CVE-2024-7", probability, None).unwrap();
    }
    Database::from_bytes(builder.finish().unwrap().writer).unwrap()
}

#[test]
fn of_several_feeds_one_is_believed_in_whichever_order_they_were_loaded() {
    let score = |feeds: &[(&str, u32)]| {
        of_feeds(feeds).exploit_probability("cve-2024-7").unwrap().map(|probability| probability.score)
    };
    assert_eq!(score(&[("epss", 1), ("another", 2)]), Some(1));
    assert_eq!(score(&[("another", 2), ("epss", 1)]), Some(1));
}

#[test]
fn a_feed_that_got_another_number_says_nothing_new() {
    let (before, after) = (of_feeds(&[("epss", 1), ("kev", 2)]), of_feeds(&[("kev", 2), ("epss", 1)]));
    assert!(changed_exploitation(&before, &after).unwrap().is_empty());
    let other = of_feeds(&[("kev", 2), ("epss", 3)]);
    assert_eq!(changed_exploitation(&before, &other).unwrap().len(), 1);
}

#[test]
fn an_entry_without_a_usable_name_is_refused_and_told() {
    let mut builder = DatabaseBuilder::new(Vec::new(), &std::env::temp_dir(), None).unwrap();
    let feed = builder.feed(origin("epss")).unwrap();
    let probability = ExploitProbability { score: 1, percentile: 1 };
    for cve in ["CVE-2024-7", "", &"x".repeat(5_000)] {
        builder.exploit_probability(feed, cve, probability, None).unwrap();
    }
    let built = builder.finish().unwrap();
    assert_eq!((built.facts.feeds[0].enrichments, built.facts.feeds[0].refused), (1, 2));
    assert_eq!(built.problems.len(), 2);
}

#[test]
fn what_is_too_large_is_refused_and_told() {
    let mut builder = DatabaseBuilder::new(Vec::new(), &std::env::temp_dir(), None).unwrap();
    let feed = builder.feed(origin("hostile")).unwrap();
    let long = "x".repeat(5000);
    builder.add(feed, &Advisory { id: long.clone(), ..advisory(1) }).unwrap();
    builder.add(feed, &Advisory { id: String::new(), ..advisory(1) }).unwrap();
    builder.add(feed, &Advisory { statements: vec![statement(&long, "1")], ..advisory(2) }).unwrap();
    builder.add(feed, &Advisory { statements: vec![statement("a\0b", "1")], ..advisory(3) }).unwrap();
    builder.add(feed, &Advisory { references: vec!["x".repeat(2 << 20)], ..advisory(4) }).unwrap();
    builder.add(feed, &advisory(5)).unwrap();
    let built = builder.finish().unwrap();
    assert_eq!(built.problems.len(), 5);
    assert_eq!(built.facts.feeds[0].refused, 5);
    let database = Database::from_bytes(built.writer).unwrap();
    assert_eq!(database.facts().feeds[0].statements, 1);
    database.verify().unwrap();
}

#[test]
fn a_name_with_very_many_statements_is_found_whole() {
    let advisories: Vec<Advisory> = (0..9000)
        .map(|number| Advisory {
            statements: vec![Statement {
                versions: (0..20).map(|minor| format!("1.2.3.4.{number}.{minor}")).collect(),
                ..statement("linux", &format!("6.1.{number}"))
            }],
            ..advisory(number)
        })
        .collect();
    let database = Database::from_bytes(build(&advisories, 1 << 20)).unwrap();
    let found = database.statements("deb", Some("debian"), "linux", NameKind::Source).unwrap();
    assert!(found.chunks.len() > 1);
    assert_eq!(found.rows().unwrap().len(), 9000);
}

/// Opens and reads everything there is.
fn read_all(bytes: Vec<u8>) -> Result<(), DatabaseError> {
    let database = Database::from_bytes(bytes)?;
    database.statements("deb", Some("debian"), "package-7", NameKind::Source)?.rows()?;
    database.known_exploited("CVE-2024-7")?;
    database.verify()
}

#[test]
fn any_changed_or_missing_byte_is_noticed() {
    let bytes = build(&sample()[..20], 1 << 20);
    read_all(bytes.clone()).unwrap();
    for cut in 0..bytes.len() {
        assert!(read_all(bytes[..cut].to_vec()).is_err(), "cut at {cut}");
    }
    for position in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[position] ^= 0x41;
        assert!(read_all(damaged).is_err(), "changed at {position}");
    }
}

/// Whoever can write a file can make its checksums fit, so the decoders must stand by themselves.
#[test]
fn a_forged_file_with_right_checksums_does_no_harm() {
    let bytes = build(&sample()[..20], 1 << 20);
    let trailer = bytes.len() - file::TRAILER;
    let place = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    let head = place(trailer);
    for position in head..trailer {
        for change in [0x01, 0x7f, 0x80, 0xff] {
            let mut forged = bytes.clone();
            forged[position] ^= change;
            let checksum = crc32fast::hash(&forged[head..trailer]);
            forged[trailer + 12..trailer + 16].copy_from_slice(&checksum.to_le_bytes());
            // Either answer is right; a panic, or memory without end, is not.
            let _ = read_all(forged);
        }
    }
}

#[test]
fn another_kind_of_file_is_refused_in_plain_words() {
    fn check(bytes: &[u8], expect: &str) {
        let error = Database::from_bytes(bytes.to_vec()).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    }
    check(b"", "no advisory database");
    check(&[0; 100], "no advisory database");
    let mut later = build(&[], 1 << 20);
    later[8] = 9;
    check(&later, "form 9");
    let error = Database::open(Path::new("/nowhere/advisories.db")).unwrap_err().to_string();
    assert!(error.contains("/nowhere/advisories.db"), "{error}");
}
