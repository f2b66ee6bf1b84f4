//! What `advisories status` says of every shared feed, against a plain count of its raw files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::{output, raw, raw_feeds, text};
use crate::places::csv;

/// Entries, statements where they can be counted plainly, and the newest date.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    entries: u64,
    statements: Option<u64>,
    withdrawn: u64,
    newest: String,
}

/// OSV: one entry a record. Its date is the later one of its change and its publication, since
/// Go's records say the year 1 for the change.
fn osv(feeds: &Path, ecosystem: &str) -> Count {
    let mut count = Count::default();
    for record in raw::osv(feeds, ecosystem) {
        count.entries += 1;
        count.withdrawn += u64::from(record.get("withdrawn").is_some());
        let date = text(&record["modified"]).max(text(&record["published"]));
        if count.newest.as_str() < date {
            date.clone_into(&mut count.newest);
        }
    }
    count
}

/// The secdb: one entry for each package and line of ids of a release, however many versions
/// fixed it; the older YAML says the same as the JSON and counts once.
fn secdb(feeds: &Path, release: &str) -> Count {
    let mut said = BTreeSet::new();
    for repository in ["main", "community"] {
        let file = raw::json(&feeds.join("alpine-secdb").join(release).join(format!("{repository}.json")));
        for package in file["packages"].as_array().expect("packages") {
            let fixes = package["pkg"]["secfixes"].as_object();
            for line in
                fixes.into_iter().flat_map(|fixes| fixes.values()).filter_map(Value::as_array).flatten()
            {
                said.insert((text(&package["pkg"]["name"]).to_owned(), text(line).to_owned()));
            }
        }
    }
    Count { entries: said.len() as u64, statements: Some(said.len() as u64), ..Count::default() }
}

/// The tracker: one entry for each source package, flaw and word of urgency; one statement for
/// each release of it.
fn tracker(feeds: &Path) -> Count {
    let (mut entries, mut statements) = (0, 0);
    for file in raw::files(&feeds.join("debian")) {
        for flaw in
            raw::json(&file).as_object().expect("sources").values().filter_map(Value::as_object).flatten()
        {
            // An empty map is written as an empty list, and is an entry without a statement.
            let releases: Vec<&Value> =
                flaw.1["releases"].as_object().into_iter().flat_map(|map| map.values()).collect();
            let urgencies: BTreeSet<&str> = releases
                .iter()
                .map(|release| text(&release["urgency"]).trim_end_matches('*'))
                .map(|word| if word == "not yet assigned" { "" } else { word })
                .collect();
            entries += urgencies.len().max(1) as u64;
            statements += releases.len() as u64;
        }
    }
    Count { entries, statements: Some(statements), ..Count::default() }
}

/// OVAL: one entry a definition. The same definition in several files of a feed counts once; so
/// Oracle's damaged file, which has thirteen of the fourteen definitions of the whole one, and
/// the single one in plain XML add nothing.
fn oval(feeds: &Path, publisher: &str) -> Count {
    let mut said = BTreeSet::new();
    let mut newest = String::new();
    for file in raw::files(&feeds.join("oval").join(publisher)) {
        let content = raw::oval(&file);
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        for definition in content.split("<definition ").skip(1) {
            let id = definition.split_once("id=\"").expect("an id").1.split('"').next().expect("its end");
            // Azure and CBL-Mariner number their definitions each by themselves.
            said.insert(if publisher == "azure" { format!("{name} {id}") } else { id.to_owned() });
        }
        // Dates stand in `<issued date="2018-08-03"/>`, `<updated date=…>` and Azure's
        // `<advisory_date>2024-10-01T18:58:50Z</advisory_date>`.
        for mark in ["<issued date=\"", "<updated date=\"", "advisory_date>"] {
            for rest in
                content.split(mark).skip(1).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            {
                let date = rest.split(['"', '<']).next().unwrap_or_default();
                if newest.as_str() < date {
                    date.clone_into(&mut newest);
                }
            }
        }
    }
    Count { entries: said.len() as u64, newest, ..Count::default() }
}

fn expected(feeds: &Path) -> BTreeMap<String, Count> {
    let mut expected = BTreeMap::new();
    for ecosystem in ["AlmaLinux", "Alpaquita", "Go", "PyPI", "crates-io"] {
        expected.insert(format!("osv/{ecosystem}"), osv(feeds, ecosystem));
    }
    for release in ["v3.8", "v3.9", "v3.10", "v3.11"] {
        expected.insert(format!("alpine-secdb/{release}"), secdb(feeds, release));
    }
    expected.insert("debian-tracker".to_owned(), tracker(feeds));
    for publisher in ["oracle", "azure", "photon"] {
        expected.insert(format!("oval-{publisher}"), oval(feeds, publisher));
    }
    let vex = raw::files(&feeds.join("redhat-vex"));
    let vex: Vec<Value> = vex
        .iter()
        .filter(|file| file.extension().is_some_and(|end| end == "json"))
        .map(|file| raw::json(file))
        .collect();
    let newest = vex.iter().map(|file| text(&file["document"]["tracking"]["current_release_date"])).max();
    expected.insert(
        "redhat-vex".to_owned(),
        Count { entries: vex.len() as u64, newest: newest.expect("a file").to_owned(), ..Count::default() },
    );
    let kev = raw::json(&feeds.join("kev/known_exploited_vulnerabilities.json"));
    let flaws = kev["vulnerabilities"].as_array().expect("a list");
    let newest = flaws.iter().map(|flaw| text(&flaw["dateAdded"])).max().expect("one");
    expected.insert(
        "kev".to_owned(),
        Count { entries: flaws.len() as u64, newest: newest.to_owned(), ..Count::default() },
    );
    let table = std::fs::read_to_string(feeds.join("epss/data.csv")).expect("a table");
    let entries = table.lines().filter(|line| line.starts_with("CVE-")).count() as u64;
    let date = table.split_once("score_date:").expect("a date").1.get(..10).expect("ten characters");
    expected.insert("epss".to_owned(), Count { entries, newest: date.to_owned(), ..Count::default() });
    // The copy of three weeks before says nothing that the newer one does not: it is no feed.
    expected
}

#[test]
fn every_shared_file_is_loaded_and_counted() {
    let Some(feeds) = raw_feeds() else { return };
    let Some(status) = output(&["advisories", "status", "--format", "csv"]) else { return };
    let rows: Vec<Vec<String>> = csv(&status.stdout)
        .into_iter()
        .map(|row| row.into_iter().map(|field| String::from_utf8(field).expect("text")).collect())
        .collect();
    let expected = expected(&feeds);
    let named: BTreeSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(named, expected.keys().map(String::as_str).collect());
    for row in &rows {
        let [
            feed,
            source,
            advisories,
            statements,
            enrichments,
            withdrawn,
            refused,
            newest,
            fetched,
            age,
            kept,
            failed_at,
            unreadable,
            incomplete,
        ] = row.as_slice()
        else {
            panic!("{row:?}")
        };
        let count = &expected[feed];
        let number = |text: &str| text.parse::<u64>().expect("a number");
        assert_eq!(number(advisories) + number(enrichments), count.entries, "{feed}");
        assert_eq!(number(withdrawn), count.withdrawn, "{feed}");
        if let Some(expected) = count.statements {
            assert_eq!(number(statements), expected, "{feed}: statements");
        }
        assert_eq!((refused.as_str(), kept.as_str()), ("0", ""), "{feed}");
        assert_eq!(source, &feeds.display().to_string(), "{feed}");
        // A date without a time may be written with midnight.
        let day = |date: &str| date.get(..10).unwrap_or_default().to_owned();
        assert_eq!(day(newest), day(&count.newest), "{feed}: the newest date");
        // The age is counted from the newest entry; the secdb and the tracker have no dates.
        if newest.is_empty() {
            assert_eq!(age, "", "{feed}");
            assert!(!fetched.is_empty(), "{feed}");
        } else {
            let (today, since) = (today(), day(newest));
            assert!(
                (days(&today) - days(&since) - i64::try_from(number(age)).expect("small")).abs() <= 1,
                "{feed}: {age}"
            );
        }
        // One of Oracle's files is broken on purpose.
        let is_broken = feed == "oval-oracle";
        assert_eq!(
            number(unreadable) > 0 || !incomplete.is_empty(),
            is_broken,
            "{feed}: {unreadable} {incomplete}"
        );
        assert_eq!(failed_at, "", "{feed}");
    }
    let json = output(&["advisories", "status", "--format", "json"]).expect("the same");
    let json: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(json["feeds"].as_array().map(Vec::len), Some(rows.len()));
}

/// The date by the system's clock.
fn today() -> String {
    let output = std::process::Command::new("date").args(["-u", "+%Y-%m-%d"]).output().expect("date");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

/// Days since the year 0 of the Gregorian calendar.
fn days(date: &str) -> i64 {
    let parts: Vec<i64> = date.split('-').map(|part| part.parse().expect("a number")).collect();
    // March comes first, so that the leap day is a year's last one.
    let (year, month) = if parts[1] > 2 { (parts[0], parts[1] - 3) } else { (parts[0] - 1, parts[1] + 9) };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + parts[2]
}
