//! KEV and EPSS files written by hand.

use std::io::{Cursor, Write as _};

use plimsoll_advisory::feed::epss::Epss;
use plimsoll_advisory::feed::kev::Kev;

#[test]
fn the_catalogue_says_when_a_flaw_was_added_and_whether_ransomware_uses_it() {
    let text = r#"{"catalogVersion":"2025.08.25","dateReleased":"2025-08-25T17:04:19Z","count":3,"vulnerabilities":[
        {"cveID":"CVE-2025-48384","dateAdded":"2025-08-25","dueDate":"2025-09-15","knownRansomwareCampaignUse":"Unknown"},
        {"cveID":"CVE-2021-44228","dateAdded":"2021-12-10","dueDate":"2021-12-24","knownRansomwareCampaignUse":"Known"},
        {"dateAdded":"2021-12-10"}]}"#;
    let (kev, problems) = Kev::parse(&mut Cursor::new(text));
    assert_eq!(kev.released.as_deref(), Some("2025-08-25T17:04:19Z"));
    assert_eq!(kev.len(), 2);
    let log4shell = kev.get("CVE-2021-44228").unwrap();
    assert_eq!((log4shell.added.as_str(), log4shell.due.as_deref()), ("2021-12-10", Some("2021-12-24")));
    assert_eq!(log4shell.ransomware, Some(true));
    assert_eq!(kev.get("CVE-2025-48384").unwrap().ransomware, None);
    assert_eq!(kev.get("CVE-2025-0001"), None);
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["kev-entry-damaged"]);
}

#[test]
fn a_catalogue_that_is_short_of_entries_says_so() {
    let (_, problems) = Kev::parse(&mut Cursor::new(r#"{"count":3,"vulnerabilities":[]}"#));
    assert_eq!(problems[0].code.as_str(), "kev-incomplete");
    let (kev, problems) = Kev::parse(&mut Cursor::new("[]"));
    assert!(kev.is_empty());
    assert_eq!(problems[0].code.as_str(), "kev-unreadable");
}

const SCORES: &str = "#model_version:v2023.03.01,score_date:2024-10-25T00:00:00+0000\ncve,epss,percentile\n\
    CVE-1999-0005,0.91963,0.99030\nCVE-2024-12345,0.00042,0.05099\nCVE-2024-1,0.1,0.1\nCVE-2024-9999,1.5,0.1\n";

#[test]
fn scores_are_found_by_cve() {
    let (epss, problems) = Epss::parse(&mut Cursor::new(SCORES));
    assert_eq!((epss.date.as_deref(), epss.model.as_deref()), (Some("2024-10-25"), Some("v2023.03.01")));
    let likelihood = epss.get("CVE-1999-0005").unwrap();
    assert_eq!((likelihood.score, likelihood.percentile), (0.91963, 0.99030));
    assert_eq!(epss.get("CVE-2024-12345").unwrap().score, 0.00042);
    assert_eq!(epss.get("CVE-2024-12346"), None);
    assert_eq!(epss.get("GHSA-1"), None);
    let cves: Vec<String> = epss.iter().map(|(cve, _)| cve).collect();
    assert_eq!(cves, ["CVE-1999-0005", "CVE-2024-12345"]);
    assert_eq!(problems.len(), 2, "a number of one digit and a score above 1");
}

#[test]
fn a_gzipped_file_says_the_same() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(SCORES.as_bytes()).unwrap();
    let zipped = encoder.finish().unwrap();
    assert_eq!(Epss::parse(&mut Cursor::new(&zipped)), Epss::parse(&mut Cursor::new(SCORES)));
    let (cut, problems) = Epss::parse(&mut Cursor::new(&zipped[..zipped.len() - 12]));
    assert!(cut.len() <= 2);
    assert_eq!(problems.last().unwrap().code.as_str(), "epss-unreadable");
}

#[test]
fn the_last_of_two_rows_stands() {
    let (epss, _) = Epss::parse(&mut Cursor::new("CVE-2024-1000,0.1,0.2\nCVE-2024-1000,0.3,0.4\n"));
    assert_eq!((epss.len(), epss.get("CVE-2024-1000").unwrap().score), (1, 0.3));
}
