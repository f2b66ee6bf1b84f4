//! The rules of matching, each on its own.

use plimsoll_advisory::matching::{AgeLimits, Options, explain, find};
use plimsoll_advisory::vex::ignore;
use plimsoll_model::{Conclusion, Coverage, SeverityLevel};

use crate::text::{database, findings, image};

pub(crate) fn check(advisories: &str, packages: &str, expect: &[&str]) {
    let (database, analysis) = (database(advisories), image(packages));
    let answer = find(&database, &analysis, &Options::default());
    assert_eq!(findings(&analysis, &answer), expect, "{advisories}\n{packages}");
}

#[test]
fn a_source_package_below_the_fixed_version_is_affected() {
    const TRACKER: &str = "
feed debian
CVE-2023-5363
  deb debian 12 source openssl < 3.0.11-1~deb12u2
  deb debian 11 source openssl < 99
";
    let image = |version: &str| {
        format!("distribution debian 12\ndeb libssl3 {version}+b9 source=openssl@{version} arch=amd64")
    };
    let affected = ["CVE-2023-5363 libssl3 affected fixed 3.0.11-1~deb12u2 by CVE-2023-5363"];
    check(TRACKER, &image("3.0.11-1~deb12u1"), &affected);
    check(TRACKER, &image("3.0.11-1~deb12u2"), &[]);
    check(TRACKER, &image("3.0.13-1"), &[]);
}

#[test]
fn a_binary_package_with_the_name_of_another_source_is_not_that_source() {
    let feed = "feed debian\nCVE-1\n  deb debian 12 source foo < 2";
    check(feed, "distribution debian 12\ndeb foo 1 source=bar@1", &[]);
    check(feed, "distribution debian 12\ndeb bar 1 source=foo@1", &["CVE-1 bar affected fixed 2 by CVE-1"]);
    check(feed, "distribution debian 12\ndeb foo 1", &["CVE-1 foo affected fixed 2 by CVE-1"]);
}

#[test]
fn an_erratum_gives_one_finding_for_each_of_its_flaws() {
    check(
        "feed almalinux
ALSA-1 related=CVE-2024-10,CVE-2024-9
  rpm almalinux 9 binary openssl < 1:3.0.7-2.el9
ALSA-2 related=CVE-2024-10
  rpm almalinux 9 binary openssl < 1:3.0.7-3.el9
ALBA-3
  rpm almalinux 9 binary openssl < 1:3.0.7-2.el9",
        "distribution almalinux 9.4\nrpm openssl 1:3.0.7-1.el9 arch=x86_64",
        &[
            "ALBA-3 openssl affected fixed 1:3.0.7-2.el9 by ALBA-3",
            "CVE-2024-9 openssl affected fixed 1:3.0.7-2.el9 by ALSA-1",
            "CVE-2024-10 openssl affected fixed 1:3.0.7-3.el9 by ALSA-1 ALSA-2",
        ],
    );
}

#[test]
fn aliases_of_several_feeds_are_one_finding_under_the_best_known_id() {
    check(
        "feed ghsa
GHSA-aaaa aliases=CVE-2024-1
  deb - - binary x < 1
  pypi - - binary Flask < 2.2.5
feed pysec
PYSEC-2024-1 aliases=GHSA-aaaa
  pypi - - binary flask < 2.2.5",
        "pypi flask 2.2.0",
        // Where no order of versions is known the answer is unknown; where one is, affected.
        &[
            if plimsoll_catalog::order_versions(&plimsoll_model::PackageType::new("pypi"), "1", "1").is_some()
            {
                "CVE-2024-1 flask affected fixed 2.2.5 by GHSA-aaaa PYSEC-2024-1"
            } else {
                "CVE-2024-1 flask unknown: no order of versions is known for this kind of package by GHSA-aaaa PYSEC-2024-1"
            },
        ],
    );
}

#[test]
fn ranges_have_a_start_and_three_kinds_of_end() {
    let feed = |range: &str| format!("feed f\nCVE-1\n  deb debian 12 source p {range}");
    let check = |range: &str, version: &str, expect: &str| {
        let found = if expect.is_empty() { vec![] } else { vec![expect] };
        check(&feed(range), &format!("distribution debian 12\ndeb p {version}"), &found);
    };
    check(">= 1.0 , < 2.0", "1.0", "CVE-1 p affected fixed 2.0 by CVE-1");
    check(">= 1.0 , < 2.0", "0.9", "");
    check(">= 1.0 , < 2.0", "2.0", "");
    check("<= 2.0", "2.0", "CVE-1 p affected by CVE-1");
    check("<= 2.0", "2.0-1", "");
    check(">= 2.0", "3", "CVE-1 p affected by CVE-1");
    check("*", "3", "CVE-1 p affected by CVE-1");
    check(">= 1 , < 2 | >= 3 , < 4", "3.5", "CVE-1 p affected fixed 4 by CVE-1");
    check(">= 1 , < 2 | >= 3 , < 4", "2.5", "");
    check("< 2 | < 3", "1", "CVE-1 p affected fixed 3 by CVE-1");
    check("< 3 | < 2", "2.5", "CVE-1 p affected fixed 3 by CVE-1");
    check("< 2 | >= 0", "1", "CVE-1 p affected by CVE-1");
    check("= 1.5 | = 1.6", "1.6", "CVE-1 p affected by CVE-1");
    check("= 1.5 | = 1.6", "1.7", "");
    check(">= 0 , < 2", "1~~", "CVE-1 p affected fixed 2 by CVE-1");
}

#[test]
fn what_cannot_be_compared_is_unknown_and_never_clean() {
    let unparsable = "CVE-1 p unknown: the installed version is not one of its ecosystem by CVE-1";
    check(
        "feed f\nCVE-1\n  deb debian 12 source p < 2",
        "distribution debian 12\ndeb p a:b:c",
        &[unparsable],
    );
    let bound = "CVE-1 p unknown: the advisory's range names what is no version by CVE-1";
    check("feed f\nCVE-1\n  deb debian 12 source p < :-:", "distribution debian 12\ndeb p 1", &[bound]);
    let order = "CVE-1 p unknown: no order of versions is known for this kind of package by CVE-1";
    check("feed f\nCVE-1\n  swid - - binary p < 2", "swid p 1", &[order]);
    // Named letter by letter, a version needs no order.
    check("feed f\nCVE-1\n  swid - - binary p = 1", "swid p 1", &["CVE-1 p affected by CVE-1"]);
}

#[test]
fn states_speak_where_there_is_no_range() {
    let check = |state: &str, expect: &[&str]| {
        let feed = format!("feed f\nCVE-1\n  deb debian 12 source p {state}");
        check(&feed, "distribution debian 12\ndeb p 1", expect);
    };
    check("state=wontfix", &["CVE-1 p affected by CVE-1"]);
    check("state=notyet", &["CVE-1 p affected by CVE-1"]);
    check("state=unaffected", &[]);
    check("state=investigating", &["CVE-1 p unknown: the publisher has not decided yet by CVE-1"]);
    check("", &["CVE-1 p unknown: the advisory names neither versions nor a state by CVE-1"]);
}

#[test]
fn withdrawn_advisories_and_other_releases_never_match_and_are_counted() {
    let database = database(
        "feed f
CVE-1 withdrawn=2024-01-01
  deb debian 12 source p < 2
CVE-2
  deb debian 11 source p < 2
  deb debian 12 source p < 2 arch=arm64
CVE-3
  deb debian 12 source p < 2 repository=lts
CVE-4
  deb debian - source p < 2",
    );
    let analysis = image("distribution debian 12\ndeb p 1 arch=amd64");
    let answer = find(&database, &analysis, &Options::default());
    assert_eq!(findings(&analysis, &answer), ["CVE-4 p affected fixed 2 by CVE-4"]);
    let counts = answer.set_aside;
    assert_eq!(
        (counts.withdrawn, counts.other_release, counts.other_architecture, counts.other_repository),
        (1, 1, 1, 1)
    );
}

#[test]
fn sources_that_disagree_are_named_and_affected_is_followed() {
    let database = database(
        "feed one\nCVE-1\n  deb debian 12 source p < 2\nfeed two\nDSA-1 aliases=CVE-1\n  deb debian 12 source p state=unaffected",
    );
    let analysis = image("distribution debian 12\ndeb p 1");
    let answer = find(&database, &analysis, &Options::default());
    assert_eq!(findings(&analysis, &answer), ["CVE-1 p affected fixed 2 by CVE-1 DSA-1"]);
    assert_eq!(
        answer.findings[0].disagreement.as_deref(),
        Some("DSA-1 (two) says not affected; CVE-1 (one) says affected and was followed")
    );
}

#[test]
fn several_installed_versions_are_judged_each_for_itself() {
    check(
        "feed f\nELSA-1 related=CVE-1\n  rpm ol 7 binary kernel < 3.10.0-957.el7",
        "distribution ol 7.3\nrpm kernel 3.10.0-514.el7 arch=x86_64\nrpm kernel 3.10.0-1160.el7 arch=x86_64",
        &["CVE-1 kernel affected fixed 3.10.0-957.el7 by ELSA-1"],
    );
}

#[test]
fn rebuilds_ask_what_they_rebuild_only_where_nobody_speaks_for_themselves() {
    const RHEL: &str = "feed rhel\nRHSA-1 related=CVE-1\n  rpm rhel 9 binary p < 2-1.el9\n";
    const ALMA: &str = "feed alma\nALSA-1 related=CVE-1\n  rpm almalinux 9 binary p < 1-1.el9\n";
    let image = |id: &str| format!("distribution {id} 9.4\nrpm p 1-5.el9");
    check(RHEL, &image("centos"), &["CVE-1 p affected fixed 2-1.el9 by RHSA-1"]);
    check(RHEL, &image("almalinux"), &["CVE-1 p affected fixed 2-1.el9 by RHSA-1"]);
    check(&format!("{RHEL}{ALMA}"), &image("almalinux"), &[]);
    check(RHEL, &image("ol"), &[]);
    check(RHEL, &image("fedora"), &[]);
}

pub(crate) fn check_coverage(
    advisories: &str,
    packages: &str,
    limits: AgeLimits<'_>,
    expect: &str,
    conclusion: Conclusion,
) {
    let (database, analysis) = (database(advisories), image(packages));
    let answer = find(&database, &analysis, &Options { age: limits, ..Options::default() });
    let said = match &answer.packages[0] {
        Coverage::Judged { feeds, scope } => format!("{scope} by {}", feeds.join(" ")),
        Coverage::Unknown(why) => why.to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!(said, expect, "{advisories}\n{packages}");
    assert_eq!(answer.conclusion(), conclusion, "{advisories}\n{packages}");
    let summary = answer.coverage.first().map(|summary| (summary.packages, summary.judged));
    let judged = u64::from(answer.packages[0].is_judged());
    assert_eq!(summary.unwrap_or((1, judged)), (1, judged));
}

#[test]
fn a_package_that_nobody_judges_says_why_and_the_image_is_not_clean() {
    const FEED: &str = "feed deb fetched=2026-11-20T00:00:00Z\nCVE-1 modified=2026-11-01T00:00:00Z\n  deb debian 12 source q < 2";
    const NOW: Option<&str> = Some("2026-11-24T00:00:00Z");
    let any = AgeLimits::default();
    let check = |feed: &str, packages: &str, limits, expect: &str| {
        check_coverage(feed, packages, limits, expect, Conclusion::NoData);
    };
    check_coverage(FEED, "distribution debian 12\ndeb p 1", any, "debian 12 by deb", Conclusion::Clean);
    check(FEED, "distribution debian 13\ndeb p 1", any, "the loaded feeds do not speak for release 13");
    let unknown = "the image does not say which release of its distribution it is";
    check(FEED, "distribution debian\ndeb p 1", any, unknown);
    check(FEED, "deb p 1", any, "the image does not say which distribution it is");
    check(FEED, "distribution ubuntu 22.04\ndeb p 1", any, "no loaded feed speaks for it");
    let at_large = "feed deb\nCVE-1\n  deb debian - source q < 2";
    let uncovered = "the loaded feeds do not speak for release 12";
    check(at_large, "distribution debian 12\ndeb p 1", any, uncovered);
    check(FEED, "npm p 1", any, "no loaded feed speaks for it");
    check("feed osv for=npm", "npm p 1", any, "the feed osv is empty");
    check("feed osv for=deb:debian", "distribution debian 12\ndeb p 1", any, "the feed osv is empty");
    check(FEED, "distribution debian 12\ndeb p a:b:c", any, "its version is not one of its ecosystem");
    check(
        "feed f\nA\n  swid - - binary q < 2",
        "swid p 1",
        any,
        "no order of versions is known for its kind",
    );
    check("", "deb p 1", any, "the image does not say which distribution it is");
    let limit = |fetched, newest| AgeLimits { now: NOW, fetched, newest };
    let image = "distribution debian 12\ndeb p 1";
    let old = "the feed deb is 4 days old, and 3 are allowed";
    check(FEED, image, limit(Some(3), None), old);
    check(FEED, image, limit(None, Some(20)), "the feed deb is 23 days old, and 20 are allowed");
    check_coverage(FEED, image, limit(Some(4), Some(23)), "debian 12 by deb", Conclusion::Clean);
    let undated = "feed deb\nCVE-1\n  deb debian 12 source q < 2";
    check(undated, image, limit(Some(3), None), "the feed deb does not say how old it is");
}

#[test]
fn an_old_feed_still_tells_what_it_knows() {
    let feed = "feed deb fetched=2020-01-01\nCVE-1\n  deb debian 12 source p < 2";
    let limits = AgeLimits { now: Some("2026-11-24"), fetched: Some(7), newest: None };
    let why = "the feed deb is 2519 days old, and 7 are allowed";
    check_coverage(feed, "distribution debian 12\ndeb p 1", limits, why, Conclusion::Affected);
    check_coverage(feed, "distribution debian 12\ndeb p 3", limits, why, Conclusion::NoData);
}

#[test]
fn what_a_lock_file_merely_names_is_not_judged() {
    check("feed f\nCVE-1\n  deb - - binary p *\n  swid - - binary p = 1", "swid p 1 declared=1", &[]);
}

#[test]
fn severities_come_from_the_distribution_and_scores_from_vectors() {
    let database = database(
        "feed f\nDSA-1 related=CVE-1 word=important cvss=CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\n  deb debian 12 source p < 2",
    );
    let analysis = image("distribution debian 12\ndeb p 1");
    let answer = find(&database, &analysis, &Options::default());
    let finding = &answer.findings[0];
    assert_eq!(finding.severity, SeverityLevel::High);
    assert_eq!(finding.cvss.unwrap().to_string(), "9.8");
}

const EXCEPTIONS: &str = "feed f\nCVE-1\n  deb debian 12 source p < 2\nCVE-2\n  deb debian 12 source p < 2";
const EXCEPTED: &str = "distribution debian 12\ndeb p 1 purl=pkg:deb/debian/p@1";

#[test]
fn a_vex_statement_lifts_a_finding_and_is_named() {
    let (database, analysis) = (database(EXCEPTIONS), image(EXCEPTED));
    let document = br#"{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/vex-1",
        "author": "us", "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": [{
            "vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:deb/debian/p"}],
            "status": "not_affected", "justification": "vulnerable_code_not_present"}]}"#;
    let vex = [plimsoll_advisory::vex::read(document).unwrap()];
    let answer = find(&database, &analysis, &Options { vex: &vex, ..Options::default() });
    assert_eq!(
        findings(&analysis, &answer),
        [
            "CVE-1 p not affected: a VEX statement says so fixed 2 by CVE-1",
            "CVE-2 p affected fixed 2 by CVE-2"
        ]
    );
    let by = answer.findings[0].lifted_by.as_deref();
    assert_eq!(by, Some("https://example.com/vex-1: vulnerable_code_not_present"));
}

#[test]
fn an_ignore_entry_lifts_a_finding_until_its_last_day_and_unused_ones_are_told() {
    let (database, analysis) = (database(EXCEPTIONS), image(EXCEPTED));
    let entry = |id: &str, until: &str| {
        format!("[[ignore]]\nid = \"{id}\"\nreason = \"r\"\nowner = \"o\"\nuntil = {until}\n")
    };
    let text =
        [entry("CVE-1", "2026-12-31"), entry("CVE-2", "2026-01-01"), entry("CVE-9", "2026-12-31")].concat();
    let ignores = ignore::parse(&text).unwrap().entries;
    let age = AgeLimits { now: Some("2026-11-24T00:00:00Z"), ..AgeLimits::default() };
    let answer = find(&database, &analysis, &Options { age, ignores: &ignores, ..Options::default() });
    assert_eq!(
        findings(&analysis, &answer),
        [
            "CVE-1 p not affected: set aside by an ignore entry fixed 2 by CVE-1",
            "CVE-2 p affected fixed 2 by CVE-2"
        ]
    );
    assert_eq!(answer.findings[0].lifted_by.as_deref(), Some("r (o, until 2026-12-31)"));
    let problems: Vec<&str> = answer.problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(problems, ["ignore-expired", "ignore-unused"]);
}

#[test]
fn an_ignore_entry_for_a_path_lifts_what_lies_there_and_nothing_else() {
    let (database, mut analysis) = (database(EXCEPTIONS), image(EXCEPTED));
    for package in &mut analysis.packages {
        package.evidence = Some(plimsoll_model::TreePath::parse(b"app/lib/p.json").unwrap());
    }
    let lifted = |path: &str| {
        let text = format!(
            "[[ignore]]\nid = \"CVE-1\"\npath = \"{path}\"\nreason = \"r\"\nowner = \"o\"\nuntil = 2026-12-31\n"
        );
        let ignores = ignore::parse(&text).unwrap().entries;
        let age = AgeLimits { now: Some("2026-11-24T00:00:00Z"), ..AgeLimits::default() };
        let answer = find(&database, &analysis, &Options { age, ignores: &ignores, ..Options::default() });
        answer.findings[0].lifted_by.is_some()
    };
    assert!(lifted("/app/lib/p.json"));
    assert!(lifted("/app/"));
    assert!(!lifted("/usr/"));
}

#[test]
fn an_explanation_names_every_comparison_and_what_does_not_apply() {
    let database = database(
        "feed f
DSA-1 related=CVE-1
  deb debian 12 source openssl >= 3.0 , < 3.0.11-1~deb12u2
  deb debian 11 source openssl < 1.1.1
feed g
GHSA-a aliases=CVE-1
  deb debian - source openssl < 3.0.9 arch=arm64",
    );
    let analysis = image("distribution debian 12\ndeb libssl3 3.0.9-1 source=openssl@3.0.9-1 arch=amd64");
    let told: Vec<String> = explain(&database, &analysis, "GHSA-a", &Options::default())
        .unwrap()
        .into_iter()
        .map(|each| {
            let comparisons: Vec<String> = each.comparisons.iter().map(ToString::to_string).collect();
            let end = each.verdict.map_or_else(
                || format!("does not apply: {}", each.inapplicable.unwrap()),
                |verdict| verdict.to_string(),
            );
            format!("{} {} {}; {}; {end}", each.feed, each.advisory.id, each.affected, comparisons.join(", "))
        })
        .collect();
    assert_eq!(
        told,
        [
            "f DSA-1 >= 3.0, < 3.0.11-1~deb12u2; 3.0.9-1 < 3.0.11-1~deb12u2, 3.0.9-1 > 3.0; affected",
            "f DSA-1 < 1.1.1; ; does not apply: it is about release 11",
            "g GHSA-a < 3.0.9; ; does not apply: it is about arm64",
        ]
    );
}

#[test]
fn a_vex_statement_about_the_image_holds_for_its_packages() {
    let (database, mut analysis) = (database(EXCEPTIONS), image(EXCEPTED));
    analysis.identity.name = "shop:1".to_owned();
    analysis.identity.reference = Some("registry.example.org/shop:1".to_owned());
    analysis.identity.manifest_digest = Some(format!("sha256:{}", "ab".repeat(32)).parse().unwrap());
    let lifted = |product: &str| {
        let document = format!(
            r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "v", "author": "us",
            "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": [{{
            "vulnerability": {{"name": "CVE-1"}}, "status": "not_affected",
            "justification": "vulnerable_code_not_present", "products": [{{"@id": "{product}",
            "subcomponents": [{{"@id": "pkg:deb/debian/p"}}]}}]}}]}}"#
        );
        let vex = [plimsoll_advisory::vex::read(document.as_bytes()).unwrap()];
        let answer = find(&database, &analysis, &Options { vex: &vex, ..Options::default() });
        answer.findings[0].lifted_by.is_some()
    };
    assert!(lifted("pkg:oci/shop"));
    assert!(lifted("pkg:oci/shop?repository_url=registry.example.org/shop"));
    assert!(lifted("pkg:oci/shop?tag=1"));
    assert!(lifted(&format!("pkg:oci/shop@sha256%3A{}", "ab".repeat(32))));
    assert!(!lifted(&format!("pkg:oci/shop@sha256%3A{}", "cd".repeat(32))));
    assert!(!lifted("pkg:oci/shop?tag=2"));
    assert!(!lifted("pkg:oci/shop?repository_url=elsewhere.example.org/shop"));
}
