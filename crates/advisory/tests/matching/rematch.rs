//! Stored answers brought up to date: only what an update concerns is matched again, and all come
//! out as if everything had been.

use plimsoll_advisory::database::{Database, DatabaseBuilder, FeedOrigin};
use plimsoll_advisory::matching::{Changes, ListIndex, Options, Renewal, Renewer, find};
use plimsoll_model::{Analysis, ExploitProbability, KnownExploited, Vulnerabilities};

use crate::text::{database, image};

const BEFORE: &str = "
feed debian fetched=2026-11-20
CVE-2024-1
  deb debian 12 source openssl < 3
CVE-2024-2
  deb debian 12 source zlib < 2
feed osv
GHSA-a aliases=CVE-2024-3
  npm - - binary ms < 2
";

fn lists() -> Vec<Analysis> {
    [
        "distribution debian 12\ndeb libssl3 1 source=openssl@1\ndeb bash 5",
        "distribution debian 12\ndeb zlib1g 1 source=zlib@1",
        "npm ms 1.0.0",
        "distribution debian 13\ndeb zlib1g 1 source=zlib@1\ndeb bash a:b:c",
        "distribution alpine 3.18\napk zlib 1-r0",
        "",
    ]
    .map(image)
    .into()
}

/// What becomes of each of the lists (m: matched, p: in part, r: refreshed), and whether all are as new.
fn check_databases(old: &Database, new: &Database, expect: &str) {
    let lists = lists();
    let options = Options::default();
    let mut index = ListIndex::default();
    let mut answers: Vec<Vulnerabilities> = Vec::new();
    for (number, list) in (0..).zip(&lists) {
        index.insert(number, list);
        answers.push(find(old, list, &options));
    }
    let changes = Changes::between(old, new).unwrap();
    let holding = index.holding(&changes);
    let mut renewer = Renewer::new((old, new), &changes);
    let mut done = String::new();
    for ((number, list), answer) in (0..).zip(&lists).zip(&mut answers) {
        let held = holding.contains(&number);
        done.push(match renewer.bring_up_to_date(held, list, answer, &options).unwrap() {
            Renewal::Matched => 'm',
            Renewal::Partly => 'p',
            Renewal::Refreshed => 'r',
        });
        assert_eq!(*answer, find(new, list, &options), "list {number}");
    }
    assert_eq!(done, expect);
}

fn check(after: &str, expect: &str) {
    check_databases(&database(BEFORE), &database(after), expect);
}

#[test]
fn only_packages_with_a_changed_name_are_matched_again() {
    check(BEFORE, "rrrrrr");
    check(&BEFORE.replace("openssl < 3", "openssl < 4"), "prrrrr");
    check(&BEFORE.replace("aliases=CVE-2024-3", "aliases=CVE-2024-4"), "rrprrr");
    check(&BEFORE.replace("ms < 2", "ms < 2\nGHSA-b\n  npm - - binary unheard-of < 1"), "rrrrrr");
    // A name is in the list whatever release the statement is about.
    check(&BEFORE.replace("zlib < 2", "zlib < 2\n  deb debian 11 source zlib < 1"), "rprprr");
}

#[test]
fn lists_of_which_another_feed_speaks_now_are_matched_again() {
    // A release that nobody spoke for, and one that nobody speaks for any more.
    check(&BEFORE.replace("zlib < 2", "zlib < 2\n  deb debian 13 source other < 1"), "rrrmrr");
    check(&BEFORE.replace("debian 12", "debian 11"), "mmrprr");
    check(&format!("{BEFORE}feed secdb\nCVE-2024-9\n  apk alpine 3.18 source other < 1\n"), "rrrrmr");
    check(&BEFORE.replace("feed osv", "feed registry"), "rrmrrr");
}

#[test]
fn a_package_is_judged_by_its_owner_as_soon_as_the_feed_has_heard_of_that() {
    let mut list = image("distribution debian 12\ndeb python3-flask 2.2.2-3\npypi flask 2.2.2");
    list.part_of = vec![(1, 0)];
    let feeds = |name: &str| {
        let text = "feed pysec\nPYSEC-1\n  pypi - - binary flask = 2.2.2\n\
                    feed deb\nCVE-1\n  deb debian 12 source NAME < 2\n";
        database(&text.replace("NAME", name))
    };
    let options = Options::default();
    for (before, after, findings) in [("other", "python3-flask", 0), ("python3-flask", "other", 1)] {
        let (old, new) = (feeds(before), feeds(after));
        let changes = Changes::between(&old, &new).unwrap();
        let mut answer = find(&old, &list, &options);
        assert_ne!(answer.findings.len(), findings);
        Renewer::new((&old, &new), &changes).bring_up_to_date(true, &list, &mut answer, &options).unwrap();
        assert_eq!(answer, find(&new, &list, &options));
        assert_eq!(answer.findings.len(), findings);
    }
}

#[test]
fn what_is_known_about_exploitation_is_put_right_without_a_match() {
    let build = |score: Option<u32>, exploited: bool| {
        let mut builder = DatabaseBuilder::new(Vec::new(), &std::env::temp_dir(), None).unwrap();
        for feed in ["debian", "osv"] {
            builder.carry_over(&database(BEFORE), feed).unwrap();
        }
        let feed = builder.feed(FeedOrigin { id: "epss".into(), ..FeedOrigin::default() }).unwrap();
        if let Some(score) = score {
            let probability = ExploitProbability { score, percentile: score };
            builder.exploit_probability(feed, "CVE-2024-1", probability, None).unwrap();
            builder.exploit_probability(feed, "CVE-2020-1", probability, None).unwrap();
        }
        if exploited {
            let entry = KnownExploited { added: Some("2026-01-01".into()), due: None, ransomware: None };
            builder.known_exploited(feed, "CVE-2024-3", &entry).unwrap();
        }
        Database::from_bytes(builder.finish().unwrap().writer).unwrap()
    };
    check_databases(&build(Some(10), false), &build(Some(20), true), "rrrrrr");
    check_databases(&build(Some(10), true), &build(None, false), "rrrrrr");
    check_databases(&build(None, false), &build(Some(10), true), "rrrrrr");
    let changes = Changes::between(&build(Some(10), false), &build(Some(20), true)).unwrap();
    assert_eq!((changes.names().len(), changes.flaws()), (0, 3));
}
