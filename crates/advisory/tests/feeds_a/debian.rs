//! Files of the Debian security tracker written by hand.

use plimsoll_advisory::feed::debian_tracker::DebianTracker;

use crate::support::check;

fn file(content: &str, expect: &str) {
    check(&DebianTracker, "tracker.json", content, expect);
}

#[test]
fn each_release_says_what_becomes_of_a_flaw() {
    file(
        r#"{"openssl":{"CVE-2024-1":{"scope":"remote","description":"A flaw","releases":{
            "bookworm":{"status":"resolved","fixed_version":"3.0.11-1~deb12u2","urgency":"high**"},
            "bullseye":{"status":"resolved","fixed_version":"0","urgency":"high**"},
            "buster":{"status":"open","urgency":"high**","nodsa":"Minor issue","nodsa_reason":"ignored"},
            "trixie":{"status":"open","urgency":"high**","nodsa":"Minor issue","nodsa_reason":"postponed"},
            "forky":{"status":"open","urgency":"high**","nodsa":"Minor issue","nodsa_reason":""},
            "sid":{"status":"undetermined","urgency":"high**"}}}}}"#,
        "CVE-2024-1 high
         deb debian 12: source openssl [0, 3.0.11-1~deb12u2)
         deb debian 11: source openssl is not affected
         deb debian 10: source openssl will not be fixed
         deb debian 14: source openssl is not fixed yet
         deb debian sid: source openssl is under investigation
         deb debian 13: source openssl is not fixed yet",
    );
}

#[test]
fn different_urgencies_make_several_advisories_of_one_id() {
    file(
        r#"{"chromium":{"TEMP-0517018-A83CE6":{"releases":{
            "bookworm":{"status":"resolved","fixed_version":"98.0-1","urgency":"not yet assigned"},
            "buster":{"status":"open","urgency":"end-of-life"},
            "sid":{"status":"open","urgency":"unimportant"}}}}}"#,
        "TEMP-0517018-A83CE6
         deb debian 12: source chromium [0, 98.0-1)
         TEMP-0517018-A83CE6 end-of-life
         deb debian 10: source chromium will not be fixed
         TEMP-0517018-A83CE6 unimportant
         deb debian sid: source chromium is not fixed yet",
    );
}

#[test]
fn unknown_releases_keep_their_name_and_are_said_once() {
    file(
        r#"{"a":{"CVE-2030-1":{"releases":{"zurg":{"status":"open"}}},"CVE-2030-2":{"releases":{"zurg":{"status":"open"}}}}}"#,
        "CVE-2030-1
         deb debian zurg: source a is not fixed yet
         CVE-2030-2
         deb debian zurg: source a is not fixed yet
         ! debian-release-unknown tracker.json: 2 statements are about \"zurg\", a release that nobody here knows; they are kept under its name",
    );
}

#[test]
fn damaged_entries_are_said_and_the_rest_goes_on() {
    file(
        r#"{"a":{"CVE-1":5,"CVE-2":{"releases":[]},"CVE-3":{"releases":{"sid":7,"bookworm":{"status":"resolved"}}},
            "CVE-4":{"releases":{"sid":{"status":"perhaps"}}},"CVE-5":{}},"b":[],"c":["x"],"d":7,
            "e":{"CVE-6":{"releases":{"sid":{"status":"open"}}}}}"#,
        "CVE-2
         CVE-3
         deb debian 12: source a is under investigation
         CVE-4
         deb debian sid: source a is under investigation
         CVE-6
         deb debian sid: source e is not fixed yet
         ! debian-entry-damaged tracker.json#a/CVE-1: it is no object, so it was left out
         ! debian-status-unknown tracker.json#a/CVE-3: it is resolved and names no version, so it counts as undetermined
         ! debian-entry-damaged tracker.json#a/CVE-3: sid is no object, so it was left out
         ! debian-status-unknown tracker.json#a/CVE-4: its status perhaps is unknown, so it counts as undetermined
         ! debian-entry-damaged tracker.json#a/CVE-5: it has no releases, so it was left out
         ! debian-entry-damaged tracker.json#c/: it is no object, so it was left out
         ! debian-entry-damaged tracker.json#d/: it is no object, so it was left out",
    );
}

#[test]
fn a_file_that_breaks_off_keeps_what_came_before() {
    file(
        r#"{"a":{"CVE-1":{"releases":{"sid":{"status":"open"}}},"CVE-2":{"rel"#,
        "CVE-1
         deb debian sid: source a is not fixed yet
         ! debian-tracker-damaged tracker.json: the file breaks off or is no JSON from here on, so the rest was not read: EOF while parsing a string at line 1 column 66",
    );
}
