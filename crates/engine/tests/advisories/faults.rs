//! A mirror that misbehaves: every fault has a name, and the last good data stays in use.

use std::time::{Duration, Instant};

use plimsoll_testing::hostile_registry::{Reply, Seen};
use plimsoll_testing::image_files::gzip;

use crate::world::{KEV, World, kev, zip};

/// Updates once well, then with the fault, and holds what is told against what is expected. The
/// database must be as good as before, and must say that it is not the newest.
fn check(fault: impl Fn(&Seen, Reply) -> Reply + Send + Sync + 'static, expect: &str) {
    let world = World::new();
    world.server.put(KEV, kev(&["CVE-2024-1"]));
    assert_eq!(world.update(&["kev"]), [""; 0]);
    world.server.put(KEV, kev(&["CVE-2024-2"]));
    world.server.always(KEV, fault);
    let told = world.update(&["kev"]);
    assert_eq!(told.len(), 1, "{expect}: {told:?}");
    assert!(
        told[0].starts_with("feed-not-fetched kev ") && told[0].contains(expect),
        "{expect}: {}",
        told[0]
    );
    assert!(world.database().known_exploited("CVE-2024-1").unwrap().is_some(), "{expect}");
    let facts = world.feed("kev");
    assert!(facts.kept_because.unwrap().contains(expect), "{expect}");
    assert!(facts.failed_at.is_some(), "{expect}");

    world.server.mend();
    assert_eq!(world.update(&["kev"]), [""; 0], "after {expect}");
    assert!(world.database().known_exploited("CVE-2024-2").unwrap().is_some(), "after {expect}");
    assert_eq!((world.feed("kev").kept_because, world.feed("kev").failed_at), (None, None));
    assert_eq!(world.files("partial"), [""; 0], "after {expect}");
}

#[test]
fn what_is_no_feed_does_not_take_its_place() {
    check(|_, _| Reply::new(200, "<html>Please sign in</html>"), "a page of HTML");
    check(|_, _| Reply::new(200, ""), "it is empty");
    check(|_, _| Reply::new(200, "{\"vulnerabilities\": ["), "no JSON to its end");
    check(|_, _| Reply::new(404, ""), "the server does not have it (404)");
    check(|_, _| Reply::new(403, ""), "the server answers 403");
}

#[test]
fn a_body_without_an_end_is_cut() {
    // 256 MB are the most that a catalogue may have; the announced length tells before.
    check(|_, _| Reply::new(200, "x").announcing(Some(1 << 40)), "larger than any real one");
    check(|_, _| Reply::new(200, vec![b' '; 1 << 20]).endless(), "larger than any real one");
}

#[test]
fn a_server_that_sends_hardly_anything_is_left() {
    let begun = Instant::now();
    check(
        |_, _| Reply::new(200, vec![b' '; 1000]).announcing(None).trickling(Duration::from_millis(30)),
        "less than 1024 bytes a second",
    );
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn redirects_lead_to_no_private_place() {
    for place in ["http://169.254.169.254/x", "http://10.0.0.1/x", "http://127.0.0.1:1/x"] {
        check(move |_, _| Reply::new(302, "").with("Location", place), "was not contacted");
    }
    check(|_, _| Reply::new(302, "").with("Location", format!("/{KEV}")), "redirects without end");
    check(|_, _| Reply::new(302, "").with("Location", "http://["), "redirects to no address");
}

#[test]
fn a_server_that_always_breaks_off_is_given_up() {
    check(|_, honest| honest.breaking_after(0), "broke");
    check(|_, _| Reply::new(503, ""), "the server answers 503");
}

#[test]
fn a_broken_transfer_is_taken_up_where_it_broke() {
    let world = World::new();
    let catalogue = kev(&(0..500).map(|_| "CVE-2024-1").collect::<Vec<_>>());
    world.server.put(KEV, catalogue.clone());
    world.server.once(KEV, |_, honest| honest.breaking_after(1000));
    world.server.once(KEV, |_, honest| honest.breaking_after(500));
    assert_eq!(world.update(&["kev"]), [""; 0]);
    assert_eq!(
        world.server.asked(),
        [KEV.to_owned(), format!("{KEV} from 1000"), format!("{KEV} from 1500")]
    );
    let kept = std::fs::read_to_string(world.place.path().join("feeds").join(KEV)).unwrap();
    assert_eq!(kept, catalogue);
}

#[test]
fn a_transfer_that_was_given_up_goes_on_in_the_next_update() {
    let world = World::new();
    let catalogue = kev(&(0..500).map(|_| "CVE-2024-1").collect::<Vec<_>>());
    world.server.put(KEV, catalogue.clone());
    world.server.once(KEV, |_, honest| honest.breaking_after(1000));
    for _ in 0..4 {
        world.server.once(KEV, |_, _| Reply::new(503, ""));
    }
    let refused = world.store.update(&world.options(&["kev"]), &plimsoll_engine::NoProgress);
    assert!(refused.unwrap_err().to_string().contains("the server answers 503"));
    let _ = world.server.asked();
    assert_eq!(world.update(&["kev"]), [""; 0]);
    assert_eq!(world.server.asked(), [format!("{KEV} from 1000")]);
    assert_eq!(std::fs::read_to_string(world.place.path().join("feeds").join(KEV)).unwrap(), catalogue);
    assert_eq!(world.files("partial"), [""; 0]);
}

#[test]
fn what_changed_while_it_was_broken_is_fetched_from_its_start() {
    let world = World::new();
    world.server.put(KEV, kev(&["CVE-2024-1", "CVE-2024-2", "CVE-2024-3"]));
    world.server.once(KEV, |_, honest| honest.breaking_after(50));
    // The tag of the other state does not fit, so the server sends all of it.
    let other = kev(&["CVE-2024-7"]);
    let answer = other.clone();
    world.server.once(KEV, move |seen, _| {
        assert!(seen.header("if-range").is_some());
        Reply::new(200, answer.clone()).with("ETag", "\"other\"")
    });
    assert_eq!(world.update(&["kev"]), [""; 0]);
    assert_eq!(std::fs::read_to_string(world.place.path().join("feeds").join(KEV)).unwrap(), other);
}

#[test]
fn an_answer_with_another_part_than_was_asked_for_is_not_pasted_on() {
    let world = World::new();
    let catalogue = kev(&["CVE-2024-1", "CVE-2024-2", "CVE-2024-3"]);
    world.server.put(KEV, catalogue.clone());
    world.server.once(KEV, |_, honest| honest.breaking_after(50));
    world.server.once(KEV, |_, _| Reply::new(206, "evil").with("Content-Range", "bytes 10-13/14"));
    assert_eq!(world.update(&["kev"]), [""; 0]);
    assert_eq!(std::fs::read_to_string(world.place.path().join("feeds").join(KEV)).unwrap(), catalogue);
}

#[test]
fn bombs_are_not_unpacked() {
    let world = World::new();
    let scores = |cve: &str| {
        gzip(
            format!(
                "#model_version:v1,score_date:2026-05-06T00:00:00+0000\ncve,epss,percentile\n{cve},0.5,0.9\n"
            )
            .as_bytes(),
        )
    };
    world.server.put("epss/data.csv.gz", scores("CVE-2024-1001"));
    assert_eq!(world.update(&["epss"]), [""; 0]);
    world.server.put("epss/data.csv.gz", gzip(&vec![b'\n'; 80 << 20]));
    let told = world.update(&["epss"]);
    assert!(
        told[0].contains("there is nothing in it") || told[0].contains("more than any real feed"),
        "{told:?}"
    );
    assert!(world.database().exploit_probability("CVE-2024-1001").unwrap().is_some());
}

#[test]
fn a_zip_whose_entries_lie_on_each_other_or_are_damaged_gives_what_can_be_read() {
    let world = World::new();
    let record = |id: &str| {
        let text = format!(
            r#"{{"id":"{id}","modified":"2026-01-01T00:00:00Z","affected":[{{"package":{{"ecosystem":"PyPI","name":"p"}},"versions":["1.0"]}}]}}"#
        );
        (format!("{id}.json"), text)
    };
    let mut archive = zip(&[record("A-1"), record("A-2"), record("A-3")]);
    // A byte of the second record's content.
    let at = archive.windows(5).position(|bytes| bytes == b"\"A-2\"").unwrap();
    archive[at + 1] = b'B';
    world.server.put("osv/PyPI/all.zip", archive);
    let told = world.update(&["osv/PyPI"]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("zip-entry-damaged osv/PyPI PyPI/all.zip#A-2.json"), "{told:?}");
    assert_eq!(world.ids("pypi", "p"), ["A-1", "A-3"]);
    assert_eq!(world.feed("osv/PyPI").unreadable, 1);
}

#[test]
fn a_feed_that_says_nothing_any_more_keeps_what_it_said() {
    let world = World::new();
    world.server.put(KEV, kev(&["CVE-2024-1"]));
    world.update(&["kev"]);
    world.server.put(KEV, kev(&[]));
    let told = world.update(&["kev"]);
    assert!(
        told[0].starts_with("feed-gave-nothing kev: its files give nothing, where there were 1 entries"),
        "{told:?}"
    );
    assert!(world.database().known_exploited("CVE-2024-1").unwrap().is_some());
    assert!(world.feed("kev").kept_because.is_some());
}

#[test]
fn a_mirror_that_lost_everything_takes_nothing_away() {
    let world = World::new();
    let record = r#"{"id":"A-1","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"PyPI","name":"p"},"versions":["1.0"]}]}"#;
    world.server.put("osv/PyPI/all.zip", zip(&[("A-1.json".to_owned(), record.to_owned())]));
    world.server.put("osv/PyPI/modified_id.csv", "2026-01-01T00:00:00Z,A-1");
    assert_eq!(world.update(&["osv/PyPI"]), [""; 0]);
    world.server.remove("osv/PyPI/all.zip");
    world.server.remove("osv/PyPI/modified_id.csv");
    let told = world.update(&["osv/PyPI"]);
    assert!(told[0].contains("the server does not have it any more"), "{told:?}");
    assert_eq!(world.ids("pypi", "p"), ["A-1"]);
    assert!(world.feed("osv/PyPI").failed_at.is_some());
}

#[test]
fn one_feed_that_fails_does_not_hold_up_the_others() {
    let world = World::new();
    world.server.put(KEV, kev(&["CVE-2024-1"]));
    let told = world.update(&["kev", "debian-tracker"]);
    assert!(told[0].starts_with("feed-not-fetched debian-tracker tracker.json: "), "{told:?}");
    assert_eq!(world.feed("kev").enrichments, 1);
    // A feed that never came is there by name, so that its absence is told.
    assert_eq!(world.feed("debian-tracker").advisories, 0);
}
