//! `plimsoll advisories` over a mirror of our own: what a user types, reads, and gets as an exit code.

use std::path::Path;
use std::process::Output;

use plimsoll_testing::feed_server::FeedServer;
use plimsoll_testing::hostile_registry::Reply;

use crate::places::plimsoll;

const KEV: &str = "kev/known_exploited_vulnerabilities.json";

fn kev(cve: &str) -> String {
    format!(r#"{{"count":1,"vulnerabilities":[{{"cveID":"{cve}","dateAdded":"2026-01-02"}}]}}"#)
}

fn run(place: &Path, arguments: &[&str]) -> Output {
    let mut command = plimsoll(&place.join("cache"));
    command.env("PLIMSOLL_ADVISORIES", place.join("advisories"));
    command.args(arguments).output().expect("the program starts")
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_feed_that_fails_is_told_in_the_update_and_in_the_status() {
    let (place, server) = (tempfile::tempdir().expect("a place"), FeedServer::start().expect("a server"));
    server.put(KEV, kev("CVE-2024-1"));
    let mirror = server.url();
    let update = || run(place.path(), &["advisories", "update", "kev", "--mirror", &mirror]);
    let output = update();
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(told(&output).contains("1 feed, 1 entry"), "{}", told(&output));

    server.always(KEV, |_, _| Reply::new(200, "<html>maintenance</html>"));
    let output = update();
    assert_ne!(output.status.code(), Some(0), "{}", told(&output));
    assert!(told(&output).contains("a page of HTML"), "{}", told(&output));

    let status = run(place.path(), &["advisories", "status"]);
    let text = told(&status);
    assert_eq!(status.status.code(), Some(0), "{text}");
    assert!(text.contains("kev: could not be updated on 20"), "{text}");
    assert!(text.contains("so its last good data was kept: known_exploited_vulnerabilities.json"), "{text}");

    server.mend();
    assert_eq!(update().status.code(), Some(0));
    let text = told(&run(place.path(), &["advisories", "status"]));
    assert!(!text.contains("could not be updated"), "{text}");
}

#[test]
fn an_unknown_feed_is_refused_with_the_known_ones() {
    let (place, server) = (tempfile::tempdir().expect("a place"), FeedServer::start().expect("a server"));
    server.put(KEV, kev("CVE-2024-1"));
    let output = run(place.path(), &["advisories", "update", "kev", "nosuch", "--mirror", &server.url()]);
    assert_ne!(output.status.code(), Some(0));
    assert!(told(&output).contains("there is no feed nosuch; there are osv, "), "{}", told(&output));
    assert_eq!(server.asked(), [""; 0]);
}

#[test]
fn an_exported_database_is_the_same_on_the_other_machine() {
    let (place, server) = (tempfile::tempdir().expect("a place"), FeedServer::start().expect("a server"));
    server.put(KEV, kev("CVE-2024-1"));
    run(place.path(), &["advisories", "update", "kev", "--mirror", &server.url()]);
    let file = place.path().join("advisories.db").display().to_string();
    assert_eq!(run(place.path(), &["advisories", "export", &file]).status.code(), Some(0));
    let other = tempfile::tempdir().expect("a place");
    assert_eq!(run(other.path(), &["advisories", "import", &file]).status.code(), Some(0));
    let status = |place: &Path| run(place, &["advisories", "status", "--format", "json"]).stdout;
    assert_eq!(status(place.path()), status(other.path()));
}
