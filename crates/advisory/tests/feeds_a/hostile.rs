//! Damaged and hostile files: nothing panics, everything ends soon, and what is wrong is said.

use std::io::Cursor;

use plimsoll_advisory::Feed;
use plimsoll_advisory::feed::alpine_secdb::AlpineSecdb;
use plimsoll_advisory::feed::debian_tracker::DebianTracker;
use plimsoll_advisory::feed::epss::Epss;
use plimsoll_advisory::feed::kev::Kev;
use plimsoll_advisory::feed::osv::Osv;

use crate::support::{Lie, Said, parse, zip};

const GOOD: &[u8] = br#"{"id":"A-1","modified":"2024-01-01T00:00:00Z","aliases":["CVE-2024-1"],"severity":[{"type":"CVSS_V3",
    "score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}],"affected":[{"package":{"ecosystem":"Debian:12","name":"curl",
    "purl":"pkg:deb/debian/curl?arch=source"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"7.88-1"},
    {"introduced":"8.0-1"},{"limit":"9.0-1"}]}],"versions":["1.0"]}]}"#;

fn codes(said: &Said) -> Vec<&str> {
    said.problems.iter().map(|problem| problem.code.as_str()).collect()
}

fn ids(said: &Said) -> Vec<&str> {
    said.advisories.iter().map(|advisory| advisory.id.as_str()).collect()
}

/// A middle entry that lies; the good ones around it must be read all the same.
fn check_lie(content: &[u8], lie: Lie, expect: &str) {
    let last = String::from_utf8(GOOD.to_vec()).unwrap().replace("A-1", "A-9");
    let archive = zip(&[
        ("A-1.json", GOOD, Lie::default()),
        ("lie.json", content, lie),
        ("A-9.json", last.as_bytes(), Lie::default()),
    ]);
    let said = parse(&Osv, "x/all.zip", &archive);
    assert_eq!(ids(&said), ["A-1", "A-9"]);
    assert_eq!(codes(&said), [expect]);
}

#[test]
fn an_entry_that_lies_costs_only_itself() {
    let bomb = vec![b' '; 10 << 20];
    check_lie(GOOD, Lie { crc: Some(1), ..Lie::default() }, "zip-entry-damaged");
    check_lie(GOOD, Lie { size: Some(GOOD.len() as u32 + 5), ..Lie::default() }, "zip-entry-damaged");
    check_lie(&bomb, Lie { size: Some(1000), ..Lie::default() }, "zip-bomb");
    check_lie(GOOD, Lie { size: Some(100 << 20), ..Lie::default() }, "zip-entry-too-large");
    check_lie(b"nonsense", Lie::default(), "osv-record-unreadable");
    check_lie(b"{\"id\":", Lie::default(), "osv-record-unreadable");
    check_lie(&[0xff, 0xfe, 0x00], Lie::default(), "osv-record-unreadable");
}

#[test]
fn entries_on_top_of_each_other_are_a_bomb() {
    let content = GOOD.repeat(3);
    let names: Vec<String> = (0..2_000).map(|index| format!("{index}.json")).collect();
    let entries: Vec<(&str, &[u8], Lie)> = names
        .iter()
        .map(|name| (name.as_str(), content.as_slice(), Lie { on_top_of_first: true, ..Lie::default() }))
        .collect();
    let said = parse(&Osv, "x/all.zip", &zip(&entries));
    assert_eq!(codes(&said).last(), Some(&"osv-record-unreadable"), "their count");
    assert!(codes(&said).contains(&"zip-bomb"));
    assert!(said.problems.len() < 30, "{} problems", said.problems.len());
}

#[test]
fn an_archive_that_breaks_off_is_said() {
    let archive = zip(&[("A-1.json", GOOD, Lie::default())]);
    for length in [0, 3, 30, archive.len() / 2, archive.len() - 1] {
        let said = parse(&Osv, "x/all.zip", &archive[..length]);
        assert!(said.advisories.is_empty());
        assert_eq!(codes(&said), ["zip-damaged"], "{length}");
    }
}

#[test]
fn other_files_in_an_archive_are_said() {
    let archive = zip(&[("README.md", b"hello", Lie::default()), ("A-1.json", GOOD, Lie::default())]);
    let said = parse(&Osv, "x/all.zip", &archive);
    assert_eq!((ids(&said), codes(&said)), (vec!["A-1"], vec!["zip-entry-unknown"]));
}

#[test]
fn a_reader_that_fails_is_said() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    impl std::io::Seek for Broken {
        fn seek(&mut self, _: std::io::SeekFrom) -> std::io::Result<u64> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    let feeds: [(&dyn Feed, &str, &str); 4] = [
        (&Osv, "x/all.zip", "feed-file-unreadable"),
        (&Osv, "x/A.json", "feed-file-unreadable"),
        (&AlpineSecdb, "v3.19/main.json", "feed-file-unreadable"),
        (&DebianTracker, "tracker.json", "debian-tracker-damaged"),
    ];
    for (feed, path, expect) in feeds {
        let mut said = Said::default();
        feed.parse(plimsoll_advisory::FeedFile::new(path, &mut Broken), &mut said);
        assert_eq!(codes(&said), [expect], "{path}");
    }
    assert_eq!(Kev::parse(&mut Broken).1[0].code.as_str(), "kev-unreadable");
    assert_eq!(Epss::parse(&mut Broken).1[0].code.as_str(), "epss-unreadable");
}

#[test]
fn yaml_that_grows_is_refused() {
    let mut text = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (name, before) in
        ["b", "c", "d", "e", "f", "g", "h", "i"].iter().zip(["a", "b", "c", "d", "e", "f", "g", "h"])
    {
        let many = vec![format!("*{before}"); 9].join(",");
        text.push_str(&format!("{name}: &{name} [{many}]\n"));
    }
    text.push_str("id: A-1\n");
    let said = parse(&Osv, "x/A.yaml", text.as_bytes());
    assert_eq!((said.advisories.len(), codes(&said)), (0, vec!["osv-record-unreadable"]));
    let deep = format!("id: A-1\naliases: {}{}", "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(codes(&parse(&Osv, "x/A.yaml", deep.as_bytes())), ["osv-record-unreadable"]);
}

#[test]
fn json_that_is_deep_is_refused() {
    let deep = format!(r#"{{"id":"A-1","aliases":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(codes(&parse(&Osv, "x/A.json", deep.as_bytes())), ["osv-record-unreadable"]);
    let deep = format!(r#"{{"a":{{"CVE-1":{}{}}}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(codes(&parse(&DebianTracker, "tracker.json", deep.as_bytes())), ["debian-tracker-damaged"]);
}

#[test]
fn many_events_and_many_unknown_ecosystems_end_soon() {
    let events = vec![r#"{"introduced":"1.0-1"},{"fixed":"2.0-1"}"#; 100_000].join(",");
    let text = format!(
        r#"{{"id":"A-1","affected":[{{"package":{{"ecosystem":"Debian:12","name":"a"}},
            "ranges":[{{"type":"ECOSYSTEM","events":[{events}]}}]}}]}}"#
    );
    assert_eq!(codes(&parse(&Osv, "x/A.json", text.as_bytes())), ["osv-events-doubtful", "osv-no-versions"]);
    let affected: Vec<String> = (0..5_000)
        .map(|index| format!(r#"{{"package":{{"ecosystem":"E{index}","name":"a"}},"versions":["1"]}}"#))
        .collect();
    let text = format!(r#"{{"id":"A-1","affected":[{}]}}"#, affected.join(","));
    assert!(parse(&Osv, "x/A.json", text.as_bytes()).problems.len() <= 201);
}

/// A generator of numbers that is the same on every machine (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

fn mutate(content: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut mutant = content.to_vec();
    for _ in 0..=numbers.below(4) {
        if mutant.is_empty() {
            break;
        }
        let at = numbers.below(mutant.len());
        match numbers.below(6) {
            0 => mutant[at] ^= 1 << numbers.below(8),
            1 => mutant[at] = numbers.next() as u8,
            2 => mutant.truncate(at),
            3 => {
                let end = (at + numbers.below(20)).min(mutant.len());
                mutant.drain(at..end);
            }
            4 => {
                let end = (at + numbers.below(60)).min(mutant.len());
                let piece = mutant[at..end].to_vec();
                mutant.splice(at..at, piece);
            }
            _ => mutant[at] = *b"{}[]\",:0-\n".get(numbers.below(10)).unwrap(),
        }
    }
    mutant
}

#[test]
fn mutants_never_panic_and_end_soon() {
    let mut numbers = Numbers(20_260_824);
    let archive = zip(&[("A-1.json", GOOD, Lie::default()), ("A-2.json", GOOD, Lie::default())]);
    let yaml =
        "id: A-1\naliases: [CVE-1]\naffected:\n- package: {ecosystem: PyPI, name: a}\n  versions:\n  - 1.0\n";
    let secdb = r#"{"distroversion":"v3.19","reponame":"main","packages":[{"pkg":{"name":"xen","secfixes":
        {"4.17.1-r0":["CVE-2017-2620 XSA-209 (old)"],"0":["CVE-2017-2621"]}}}]}"#;
    let secdb_yaml = "distroversion: v3.8\nreponame: main\npackages:\n  - pkg:\n      name: a\n      secfixes:\n        1.0-r0:\n          - CVE-2019-1 X-2\n";
    let tracker = r#"{"openssl":{"CVE-2024-1":{"releases":{"bookworm":{"status":"resolved","fixed_version":"3","urgency":"high"}}}}}"#;
    let kev = r#"{"count":1,"vulnerabilities":[{"cveID":"CVE-2025-48384","dateAdded":"2025-08-25","dueDate":"2025-09-15"}]}"#;
    let epss = "#model_version:v1,score_date:2024-10-25T00:00:00+0000\ncve,epss,percentile\nCVE-1999-0005,0.91963,0.99030\n";
    let seeds: [(&dyn Feed, &str, &[u8]); 6] = [
        (&Osv, "x/all.zip", &archive),
        (&Osv, "x/A.json", GOOD),
        (&Osv, "x/A.yaml", yaml.as_bytes()),
        (&AlpineSecdb, "v3.19/main.json", secdb.as_bytes()),
        (&AlpineSecdb, "v3.8/main.yaml", secdb_yaml.as_bytes()),
        (&DebianTracker, "tracker.json", tracker.as_bytes()),
    ];
    let start = std::time::Instant::now();
    let mut changed = 0_u32;
    for (feed, path, seed) in seeds {
        let whole = parse(feed, path, seed);
        assert!(!whole.advisories.is_empty(), "{path}");
        for _ in 0..4_000 {
            let said = parse(feed, path, &mutate(seed, &mut numbers));
            changed += u32::from(said != whole);
            assert!(said.problems.len() < 100, "{path}");
        }
    }
    for _ in 0..4_000 {
        Kev::parse(&mut Cursor::new(mutate(kev.as_bytes(), &mut numbers)));
        Epss::parse(&mut Cursor::new(mutate(epss.as_bytes(), &mut numbers)));
        for vector in [
            b"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:A".as_slice(),
            b"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H",
            b"(AV:N/AC:L/Au:N/C:P/I:P/A:P/E:F)",
        ] {
            let mutant = mutate(vector, &mut numbers);
            let score = plimsoll_advisory::cvss::base_score(&String::from_utf8_lossy(&mutant));
            assert!(score.is_none_or(|score| score.tenths() <= 100));
        }
    }
    assert!(changed > 12_000, "mutants must reach the parsers: {changed}");
    assert!(start.elapsed().as_secs() < 120, "{:?}", start.elapsed());
}
