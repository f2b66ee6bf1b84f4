//! OSV records written by hand.

use plimsoll_advisory::Feed;
use plimsoll_advisory::feed::osv::{Osv, record_request};

use crate::support::{Lie, check, parse, show, zip};

fn record(path: &str, content: &str, expect: &str) {
    check(&Osv, path, content, expect);
}

#[test]
fn a_record_of_a_language_says_ranges_aliases_and_vectors() {
    record(
        "PyPI/PYSEC-2022-42969.json",
        r#"{"id":"PYSEC-2022-42969","modified":"2022-11-01T00:00:00Z","aliases":["CVE-2022-42969"],
            "details":"The py library through 1.11.0\nallows a ReDoS",
            "severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}],
            "affected":[{"package":{"name":"py","ecosystem":"PyPI","purl":"pkg:pypi/py"},
              "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"last_affected":"1.11.0"}]}],
              "versions":["1.10.0","1.11.0"]}],
            "references":[{"type":"WEB","url":"https://example.org/1"}]}"#,
        "PYSEC-2022-42969 =CVE-2022-42969 CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H
         pypi: py [0, 1.11.0] 1.10.0 1.11.0",
    );
}

#[test]
fn an_erratum_of_a_distribution_names_its_flaws_and_rates_itself_in_its_title() {
    record(
        "AlmaLinux/ALSA-2024:1.json",
        r#"{"id":"ALSA-2024:1","summary":"Important: kernel security update","related":["CVE-2024-1","CVE-2024-2"],
            "affected":[{"package":{"ecosystem":"AlmaLinux:9","name":"kernel-core"},
              "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"5.14.0-427.el9_4"}]}]}]}"#,
        "ALSA-2024:1 ~CVE-2024-1 ~CVE-2024-2 important
         rpm almalinux 9: kernel-core [0, 5.14.0-427.el9_4)",
    );
}

#[test]
fn upstream_flaws_come_before_related_ones() {
    record(
        "Alpaquita/BELL-CVE-2024-1.json",
        r#"{"schema_version":"1.7.4","id":"BELL-CVE-2024-1","upstream":["CVE-2024-1"],"related":["CVE-2024-9","CVE-2024-1"],
            "affected":[{"package":{"ecosystem":"Alpaquita:23","name":"curl","purl":"pkg:apk/alpaquita/curl?arch=source&distro=23"},
              "ranges":[{"events":[{"introduced":"8.0-r0"}],"type":"ECOSYSTEM"}]}]}"#,
        "BELL-CVE-2024-1 ~CVE-2024-1 ~CVE-2024-9
         apk alpaquita 23: source curl [8.0-r0, …)",
    );
}

#[test]
fn packages_that_are_rated_differently_make_several_advisories_of_one_id() {
    record(
        "Ubuntu/UBUNTU-CVE-2024-1.json",
        r#"{"id":"UBUNTU-CVE-2024-1","severity":[{"type":"Ubuntu","score":"medium"}],
            "affected":[
              {"package":{"ecosystem":"Ubuntu:22.04:LTS","name":"vim"},"versions":["2:8.2-1"],
               "ecosystem_specific":{"ubuntu_priority":"low"}},
              {"package":{"ecosystem":"Ubuntu:Pro:18.04:LTS","name":"vim",
                          "purl":"pkg:deb/ubuntu/vim@8.0?arch=source&distro=esm-infra/bionic"},
               "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2:8.0-1"}]}]},
              {"package":{"ecosystem":"Ubuntu:24.04:LTS","name":"vim"},"versions":["2:9.1-1"],
               "ecosystem_specific":{"ubuntu_priority":"low"}}]}"#,
        "UBUNTU-CVE-2024-1 low medium
         deb ubuntu 22.04: source vim 2:8.2-1
         deb ubuntu 24.04: source vim 2:9.1-1
         UBUNTU-CVE-2024-1 medium
         deb ubuntu 18.04 esm-infra: source vim [0, 2:8.0-1)",
    );
}

#[test]
fn words_of_databases_become_ratings() {
    record(
        "npm/GHSA-1.json",
        r#"{"id":"GHSA-1","database_specific":{"severity":"MODERATE","cwe_ids":["CWE-1"]},
            "affected":[{"package":{"ecosystem":"npm","name":"left-pad"},
              "ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.3.0"}]}]}]}"#,
        "GHSA-1 moderate
         npm: left-pad [0, 1.3.0)",
    );
    record(
        "crates.io/RUSTSEC-1.json",
        r#"{"id":"RUSTSEC-1","affected":[{"package":{"ecosystem":"crates.io","name":"old"},
              "database_specific":{"categories":[],"cvss":null,"informational":"unmaintained"},
              "ranges":[{"type":"SEMVER","events":[{"introduced":"0.0.0-0"}]}]}]}"#,
        "RUSTSEC-1 unmaintained
         cargo: old [0, …)",
    );
}

#[test]
fn withdrawn_records_stay_and_say_so() {
    record(
        "PyPI/A.json",
        r#"{"id":"PYSEC-2019-144","withdrawn":"2022-09-09T05:28:00Z","modified":"0001-01-01T00:00:00Z"}"#,
        "PYSEC-2019-144 withdrawn",
    );
}

#[test]
fn fixed_before_the_first_version_is_not_affected() {
    record(
        "Wolfi/CGA-1.json",
        r#"{"id":"CGA-1","affected":[{"package":{"ecosystem":"Wolfi","name":"curl"},
            "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"0"}]}]}]}"#,
        "CGA-1
         apk wolfi: source curl is not affected",
    );
}

#[test]
fn yaml_records_keep_versions_that_look_like_numbers() {
    record(
        "vulns/py/PYSEC-1.yaml",
        "id: PYSEC-1\ndetails: |\n  A flaw.\n  More of it.\naliases:\n- CVE-2024-1\naffected:\n- package:\n    \
         ecosystem: PyPI\n    name: demo\n  ranges:\n  - type: ECOSYSTEM\n    events:\n    - introduced: \"0\"\n    \
         - fixed: 1.10\n  versions:\n  - 1.0\n  - 1.9\nmodified: 2024-01-01T00:00:00Z\n",
        "PYSEC-1 =CVE-2024-1
         pypi: demo [0, 1.10) 1.0 1.9",
    );
}

#[test]
fn commits_are_left_out_where_versions_are_there_and_said_where_not() {
    record(
        "PyPI/A.json",
        r#"{"id":"A-1","affected":[
            {"package":{"ecosystem":"PyPI","name":"one"},"versions":["1.0"],
             "ranges":[{"type":"GIT","repo":"https://example.org/one","events":[{"introduced":"0"},{"fixed":"abc"}]}]},
            {"package":{"ecosystem":"PyPI","name":"two"},
             "ranges":[{"type":"GIT","repo":"https://example.org/two","events":[{"introduced":"0"}]}]},
            {"ranges":[{"type":"GIT","repo":"https://example.org/three","events":[{"introduced":"0"}]}]},
            {"package":{"ecosystem":"PyPI","name":"four"}}]}"#,
        "A-1
         pypi: one 1.0
         ! osv-commits-only PyPI/A.json#A-1: two: it names only commits, which no package tells, so it matches nothing
         ! osv-no-package PyPI/A.json#A-1: it names no package for some of what it affects (commits or versions alone), so that part matches nothing
         ! osv-no-versions PyPI/A.json#A-1: four: it names no version at all, so it matches nothing",
    );
}

#[test]
fn unknown_ecosystems_are_counted_and_said_once() {
    let one = br#"{"id":"A-1","affected":[{"package":{"ecosystem":"Plan 9:4","name":"rc"},"versions":["1"]},
        {"package":{"ecosystem":"Plan 9:4","name":"cc"},"versions":["1"]},
        {"package":{"ecosystem":"PyPI","name":"rc"},"versions":["1"]}]}"#;
    let two =
        br#"{"id":"A-2","affected":[{"package":{"ecosystem":"Plan 9:4","name":"rc"},"versions":["1"]}]}"#;
    let archive = zip(&[("A-1.json", one, Lie::default()), ("A-2.json", two, Lie::default())]);
    assert_eq!(
        show(&parse(&Osv, "Plan 9/all.zip", &archive)),
        "A-1\n  pypi: rc 1\nA-2\n! osv-ecosystem-unknown Plan 9/all.zip: 3 statements are about packages of \
         \"Plan 9:4\", an ecosystem that nobody here knows, so they match nothing\n",
    );
}

#[test]
fn a_record_that_is_not_as_the_schema_has_it_keeps_its_good_parts() {
    record(
        "PyPI/A.json",
        r#"{"id":"A-1","aliases":["CVE-2024-1",7],"severity":"high","summary":["no"],"affected":[
            {"package":{"ecosystem":"PyPI","name":5},"versions":["1"]},
            {"package":{"ecosystem":"PyPI","name":"good"},"versions":["1"]}]}"#,
        "A-1 =CVE-2024-1
         pypi: good 1
         ! osv-record-damaged PyPI/A.json#PyPI/A.json: parts of it are not as the OSV schema has them and were left out: aliases[1] (invalid type: integer `7`, expected a string), summary (invalid type: sequence, expected a text), severity (it is no list)",
    );
}

#[test]
fn a_list_of_records_is_read_as_well() {
    record(
        "x/list.json",
        r#" [{"id":"A-1"},{"id":""},{"id":"A-2"}]"#,
        "A-1
        A-2
        ! osv-record-unreadable x/list.json#x/list.json[1]: it is no OSV record: it has no id",
    );
}

#[test]
fn vectors_that_cannot_be_scored_are_kept_and_said() {
    record(
        "Go/A.json",
        r#"{"id":"A-1","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N"}]}"#,
        "A-1 CVSS:3.1/AV:N
         ! cvss-vector-damaged Go/A.json#A-1: its CVSS_V3 vector cannot be scored (CVSS:3.1/AV:N)",
    );
}

#[test]
fn the_first_requests_are_the_lists_of_times() {
    let requests = Osv.requests(&["Rocky Linux".to_owned(), "Red Hat".to_owned()]);
    let text: Vec<String> =
        requests.iter().map(|request| format!("{} <- {}", request.path, request.url)).collect();
    assert_eq!(
        text,
        [
            "Rocky Linux/modified_id.csv <- https://osv-vulnerabilities.storage.googleapis.com/Rocky%20Linux/modified_id.csv",
            "Red Hat/modified_id.csv <- https://osv-vulnerabilities.storage.googleapis.com/Red%20Hat/modified_id.csv",
        ]
    );
    let one = record_request("AlmaLinux", "ALSA-2024:1/../x");
    assert_eq!(
        one.url,
        "https://osv-vulnerabilities.storage.googleapis.com/AlmaLinux/ALSA-2024%3A1%2F..%2Fx.json"
    );
    assert_eq!(one.path, "AlmaLinux/ALSA-2024:1_.._x.json");
    assert!(Osv.requests(&[]).len() > 40);
}

#[test]
fn it_takes_dumps_and_records_and_leaves_indexes() {
    for path in ["PyPI/all.zip", "a/b/GHSA-1.json", "vulns/x/PYSEC-1.yaml"] {
        assert!(Osv.takes(path), "{path}");
    }
    for path in ["PyPI/modified_id.csv", "osv/all.json", "README.md"] {
        assert!(!Osv.takes(path), "{path}");
    }
}
