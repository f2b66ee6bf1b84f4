//! The rules of matching, each on its own.

use plimsoll_advisory::matching::{AgeLimits, Options, explain, find};
use plimsoll_advisory::vex::ignore;
use plimsoll_model::{
    Conclusion, Coverage, FileId, FileKind, FileTableBuilder, NewFile, NoCoverage, NodeId, PackageType,
    SeverityLevel, TreePath,
};

use crate::text::{database, findings, image};

fn check(advisories: &str, packages: &str, expect: &[&str]) {
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

fn check_coverage(
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
fn a_language_s_package_that_the_distribution_brought_is_left_to_the_distribution() {
    const PYSEC: &str = "feed pysec\nPYSEC-1\n  pypi - - binary flask = 2.2.2 | = 1.0\n";
    const DEBIAN: &str = "feed deb\nCVE-1\n  deb debian 12 source python3-flask < 2\n";
    let check = |feeds: &str, version: &str, expect: Coverage, count: usize| {
        let mut builder = FileTableBuilder::new();
        builder.insert(
            NodeId::ROOT,
            b"METADATA",
            &NewFile { implicit: false, kind: FileKind::File, ..NewFile::IMPLICIT_DIRECTORY },
        );
        let mut analysis =
            image(&format!("distribution debian 12\ndeb python3-flask 2.2.2-3\npypi flask {version}"));
        analysis.files = builder.finish().0;
        analysis.ownership = vec![(FileId(1), 0)];
        analysis.packages[1].evidence = Some(TreePath::from_normal(b"METADATA".to_vec()));
        let answer = find(&database(feeds), &analysis, &Options::default());
        assert_eq!(answer.packages[1].is_judged(), expect.is_judged(), "{:?}", answer.packages[1]);
        if let Coverage::JudgedAsPartOf(_) = expect {
            assert_eq!(answer.packages[1], expect);
        }
        assert_eq!(answer.findings.len(), count);
    };
    let both = format!("{PYSEC}{DEBIAN}");
    check(&both, "2.2.2", Coverage::JudgedAsPartOf(0), 0);
    let pypi = PackageType::new("pypi");
    let known = plimsoll_catalog::order_versions(&pypi, "1", "1").is_some();
    let by_registry = if known {
        Coverage::Judged { feeds: vec!["pysec".into()], scope: "pypi".into() }
    } else {
        Coverage::Unknown(NoCoverage::NoVersionOrder)
    };
    // What is said of the language's package is shown, and that it does not decide.
    let mut builder = FileTableBuilder::new();
    let file = NewFile { implicit: false, kind: FileKind::File, ..NewFile::IMPLICIT_DIRECTORY };
    builder.insert(NodeId::ROOT, b"METADATA", &file);
    let mut analysis = image("distribution debian 12\ndeb python3-flask 2.2.2-3\npypi flask 2.2.2");
    analysis.files = builder.finish().0;
    analysis.ownership = vec![(FileId(1), 0)];
    analysis.packages[1].evidence = Some(TreePath::from_normal(b"METADATA".to_vec()));
    let told = explain(&database(&both), &analysis, "PYSEC-1", &Options::default()).unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].verdict, None);
    assert_eq!(
        told[0].inapplicable.as_deref(),
        Some("python3-flask 2.2.2-3 brought the package, so what is said of that decides")
    );
    // A bill of materials that names the owner tells the same.
    let bill = plimsoll_model::Analysis {
        files: plimsoll_model::FileTable::default(),
        ownership: Vec::new(),
        part_of: vec![(1, 0)],
        ..analysis
    };
    let answer = find(&database(&both), &bill, &Options::default());
    assert_eq!((&answer.packages[1], answer.findings.len()), (&Coverage::JudgedAsPartOf(0), 0));
    // Another version than the distribution's package has: vendored, and judged for itself.
    check(&both, "1.0", by_registry.clone(), 1);
    // Nobody speaks for the distribution: the registry's feed does not lose the package.
    check(PYSEC, "2.2.2", by_registry.clone(), 1);
    // The distribution's feed has never heard of the package: a third party made it.
    let of_others = format!("{PYSEC}{}", DEBIAN.replace("python3-flask", "other"));
    check(&of_others, "2.2.2", by_registry, 1);
}

#[test]
fn a_library_inside_of_another_package_is_judged_for_itself_whatever_its_version() {
    let mut analysis = image("distribution debian 12\ndeb fluent-bit 2.0.4-1\npypi urllib3 2.0.4");
    analysis.part_of = vec![(1, 0)];
    let feeds = "feed pysec\nPYSEC-1\n  pypi - - binary urllib3 = 2.0.4\n\
                 feed deb\nCVE-1\n  deb debian 12 source fluent-bit < 2\n";
    let answer = find(&database(feeds), &analysis, &Options::default());
    assert!(matches!(answer.packages[1], Coverage::Judged { .. }), "{:?}", answer.packages[1]);
    assert_eq!(answer.findings.len(), 1);
    // What the distribution itself made is its feed's, though that has nothing to say of it yet.
    let mut analysis = image("distribution debian 12\ndeb python3-urllib3 2.0.4-1\npypi urllib3 2.0.4");
    analysis.part_of = vec![(1, 0)];
    for (vendor, findings) in [
        ("Debian Python Team <team@tracker.debian.org>", 0),
        ("A <a@vendor.example>", 1),
        ("A <debian@not-debian.org>", 1),
    ] {
        analysis.packages[0].vendor = Some(vendor.to_owned());
        assert_eq!(
            find(&database(feeds), &analysis, &Options::default()).findings.len(),
            findings,
            "{vendor}"
        );
    }
}

#[test]
fn an_artifact_without_its_group_is_unknown_and_never_clean() {
    const FEED: &str = "
feed osv
CVE-2022-1471
  maven - - binary org.yaml:snakeyaml < 2.0
CVE-2021-44228
  maven - - binary org.apache.logging.log4j:log4j-core >= 2.0-beta9 , < 2.3.1 | >= 2.4.0 , < 2.12.2 | >= 2.13.0 , < 2.15.0
";
    check(
        FEED,
        "maven org.yaml:snakeyaml 1.19
         maven org.yaml:snakeyaml 2.0.Final
         maven org.apache.logging.log4j:log4j-core 2.0-rc1
         maven org.apache.logging.log4j:log4j-core 2.0-alpha1
         maven org.apache.logging.log4j:log4j-core 2.12.2
         maven org.apache.logging.log4j:log4j-core 2.14.1
         maven snakeyaml 1.19",
        &[
            "CVE-2022-1471 org.yaml:snakeyaml affected fixed 2.0 by CVE-2022-1471",
            "CVE-2021-44228 org.apache.logging.log4j:log4j-core affected fixed 2.3.1 by CVE-2021-44228",
            "CVE-2021-44228 org.apache.logging.log4j:log4j-core affected fixed 2.15.0 by CVE-2021-44228",
        ],
    );
    let analysis = image("maven org.yaml:snakeyaml 2.2\nmaven snakeyaml 2.2\nmaven org.a:b ${v}");
    let answer = find(&database(FEED), &analysis, &Options::default());
    assert!(answer.packages[0].is_judged());
    assert_eq!(answer.packages[1], Coverage::Unknown(NoCoverage::GroupUnknown));
    assert_eq!(answer.packages[2], Coverage::Unknown(NoCoverage::VersionUnparsable));
    assert_ne!(answer.conclusion(), Conclusion::Clean);
}

#[test]
fn a_package_of_a_module_meets_errata_of_its_own_stream_only() {
    const FEED: &str = "
feed almalinux
ALSA-18 related=CVE-18
  rpm almalinux 8 binary nodejs < 1:18.14.2-3.module_el8.7.0+3480+aa module=nodejs:18
ALSA-16 related=CVE-16
  rpm almalinux 8 binary nodejs < 1:16.19.1-1.module_el8.7.0+3496+bb module=nodejs:16
ALSA-0 related=CVE-0
  rpm almalinux 8 binary nodejs < 1:99-1.el8
  rpm almalinux 8 binary nodejs-docs < 1:18.14.2-3.module_el8.7.0+3480+aa module=nodejs:18
";
    let check = |package: &str, expect: &[&str]| {
        check(FEED, &format!("distribution almalinux 8.7\nrpm {package}"), expect);
    };
    let fixed = "1:18.14.2-3.module_el8.7.0+3480+aa";
    let affected = format!("CVE-18 nodejs affected fixed {fixed} by ALSA-18");
    check("nodejs 1:18.0.0-1.module_el8.6.0+1+aa label=nodejs:18:8060:aa", &[&affected]);
    // An older stream is not the newer one in want of its fix.
    check("nodejs 1:16.19.1-1.module_el8.7.0+3496+bb label=nodejs:16:8060:bb", &[]);
    check("nodejs 1:10.0.0-1.el8", &["CVE-0 nodejs affected fixed 1:99-1.el8 by ALSA-0"]);
    // Without its label the stream is known only where there is but one.
    let why =
        "unknown: it holds for one module stream or repository, and nothing says which the package is of";
    check(
        "nodejs 1:16.19.1-1.module_el8.7.0+3496+bb",
        &[&format!("CVE-18 nodejs {why} fixed {fixed} by ALSA-18")],
    );
    check(
        "nodejs-docs 1:18.0.0-1.module_el8.6.0+1+aa",
        &[&format!("CVE-0 nodejs-docs affected fixed {fixed} by ALSA-0")],
    );
}

#[test]
fn an_image_on_a_stream_of_updates_hears_what_is_said_of_that_stream() {
    const FEED: &str = "
feed redhat
CVE-1
  rpm rhel 8 binary p < 1-9.el8_8
  rpm rhel 8.6 binary p < 1-2.el8_6 repository=eus
CVE-2
  rpm rhel 8 binary p < 1-9.el8_8
RHSA-3 related=CVE-3
  rpm rhel 8 binary p < 1-9.el8_8
RHSA-4 related=CVE-3
  rpm rhel 8.6 binary p < 1-3.el8_6 repository=eus
";
    let image = |cpe: &str, version: &str| format!("distribution rhel 8.6 cpe={cpe}\nrpm p {version}");
    let at_large = ["CVE-1", "CVE-2", "CVE-3"]
        .map(|id| format!("{id} p affected fixed 1-9.el8_8 by {}", id.replace("CVE-3", "RHSA-3")));
    let at_large: Vec<&str> = at_large.iter().map(String::as_str).collect();
    check(FEED, &image("cpe:/o:redhat:enterprise_linux:8::baseos", "1-1.el8_6"), &at_large);
    check(FEED, &image("cpe:/o:redhat:rhel_aus:8.6", "1-1.el8_6"), &at_large);
    let eus = "cpe:/o:redhat:rhel_eus:8.6::baseos";
    check(
        FEED,
        &image(eus, "1-1.el8_6"),
        &[
            "CVE-1 p affected fixed 1-2.el8_6 by CVE-1",
            "CVE-2 p affected fixed 1-9.el8_8 by CVE-2",
            "CVE-3 p affected fixed 1-3.el8_6 by RHSA-4",
        ],
    );
    let second = "CVE-2 p affected fixed 1-9.el8_8 by CVE-2";
    check(FEED, &image(eus, "1-3.el8_6"), &[second]);
    let (database, analysis) = (database(FEED), self::image(&image(eus, "1-3.el8_6")));
    let answer = find(&database, &analysis, &Options::default());
    assert_eq!(answer.set_aside.superseded, 2);
    let told: Vec<String> = explain(&database, &analysis, "CVE-1", &Options::default())
        .unwrap()
        .into_iter()
        .map(|each| each.inapplicable.unwrap_or_else(|| each.verdict.unwrap().to_string()))
        .collect();
    assert_eq!(
        told,
        [
            "what is said of the image's own stream, eus of 8.6, decides",
            "not affected: the version lies in no affected range"
        ]
    );
}

#[test]
fn oracle_s_kernels_are_compared_within_their_line() {
    const FEED: &str = "
feed oracle
ELSA-5 related=CVE-1
  rpm ol 7 binary kernel-uek < 5.4.17-2136.300.7.el7uek
ELSA-4 related=CVE-2
  rpm ol 7 binary kernel-uek < 4.14.35-2047.510.5.5.el7uek
";
    let (database, analysis) =
        (database(FEED), image("distribution ol 7.9\nrpm kernel-uek 4.14.35-2047.500.1.el7uek"));
    let answer = find(&database, &analysis, &Options::default());
    assert_eq!(
        findings(&analysis, &answer),
        ["CVE-2 kernel-uek affected fixed 4.14.35-2047.510.5.5.el7uek by ELSA-4"]
    );
    assert_eq!(answer.set_aside.other_line, 1);
    let told = explain(&database, &analysis, "CVE-1", &Options::default()).unwrap();
    assert_eq!(
        told[0].inapplicable.as_deref(),
        Some("it is about kernels of the line 5.4, whose versions do not compare")
    );
}

#[test]
fn an_extra_repository_of_amazon_s_is_met_where_the_package_is_of_it() {
    const FEED: &str = "
feed amazon
ALAS2POSTGRESQL14-1 related=CVE-1
  rpm amzn 2 binary postgresql < 14.8-1.amzn2 repository=amzn2extra-postgresql14
ALAS2-2 related=CVE-2
  rpm amzn 2 binary postgresql < 9.2.25-1.amzn2
ALAS2DOCKER-3 related=CVE-3
  rpm amzn 2 binary containerd < 1.6-1.amzn2 repository=amzn2extra-docker
ALAS2ECS-4 related=CVE-4
  rpm amzn 2 binary containerd < 1.6-1.amzn2 repository=amzn2extra-ecs
";
    let check = |package: &str, expect: &[&str]| {
        check(FEED, &format!("distribution amzn 2\nrpm {package}"), expect);
    };
    let first = "CVE-1 postgresql affected fixed 14.8-1.amzn2 by ALAS2POSTGRESQL14-1";
    check("postgresql 14.7-1.amzn2", &[first]);
    check("postgresql 9.2.24-1.amzn2", &["CVE-2 postgresql affected fixed 9.2.25-1.amzn2 by ALAS2-2"]);
    let why =
        "unknown: it holds for one module stream or repository, and nothing says which the package is of";
    check(
        "containerd 1.4-1.amzn2",
        &[
            &format!("CVE-3 containerd {why} fixed 1.6-1.amzn2 by ALAS2DOCKER-3"),
            &format!("CVE-4 containerd {why} fixed 1.6-1.amzn2 by ALAS2ECS-4"),
        ],
    );
    check(
        "containerd 1.4-1.amzn2 label=amzn2extra-docker",
        &["CVE-3 containerd affected fixed 1.6-1.amzn2 by ALAS2DOCKER-3"],
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
