//! What `plimsoll vulns` shows, that its documents are valid and steady, and that missing data
//! never reads as a clean image.

use plimsoll_model::{Analysis, Package, PackageType, Problem, SeverityLevel, Vulnerabilities};
use serde_json::Value;

use super::{ALL, VulnerabilityList, Vulns, sample};
use crate::packages::tests::errors;
use crate::sample as images;
use crate::schemas::tests::written;

fn document(format: &str, list: &VulnerabilityList<'_>) -> String {
    images::plain(&written::<Vulns>(list, format))
}

/// The sample's findings, asked for three days after its database was built.
fn check(format: &str) -> String {
    let analysis = images::analysis_with_base();
    let answer = sample::answer(&analysis);
    let list =
        VulnerabilityList { now: Some("2026-07-03T08:00:00Z"), ..VulnerabilityList::new(&analysis, &answer) };
    document(format, &list)
}

#[test]
fn the_table_says_the_answer_first_and_the_worst_finding_next() {
    insta::assert_snapshot!(check("table"));
}

#[test]
fn json_holds_everything_known_about_each_finding() {
    insta::assert_snapshot!(check("json"));
}

#[test]
fn the_first_columns_of_csv_are_fixed() {
    let csv = check("csv");
    assert!(csv.starts_with("id,severity,type,package,installed,fixed,state,layer,"), "{csv}");
    insta::assert_snapshot!(csv);
}

#[test]
fn sarif_has_a_rule_per_id_and_a_result_per_open_finding() {
    insta::assert_snapshot!(check("sarif"));
}

#[test]
fn cyclonedx_points_from_vulnerabilities_into_the_bill() {
    insta::assert_snapshot!(check("cyclonedx-vex"));
}

#[test]
fn openvex_states_what_is_affected_fixed_lifted_and_undecided() {
    insta::assert_snapshot!(check("openvex"));
}

#[test]
fn markdown_folds_the_rows_and_keeps_the_answer_in_view() {
    insta::assert_snapshot!(check("markdown"));
}

#[test]
fn html_is_one_well_formed_page_without_a_request() {
    let page = check("html");
    crate::page::assert_well_formed(&page);
    for forbidden in ["<script", "<link", "src=", "url(", "@import", "<expansion>"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("<a href=\"https://www.cve.org/CVERecord?id=CVE-2024-2961\" rel=\"noreferrer\">"));
    assert!(page.contains("Not judged, and so not known to be free of vulnerabilities"));
}

/// The sample image under every kind of answer.
fn answers() -> Vec<(Analysis, Vulnerabilities)> {
    let analysis = images::analysis();
    let empty = Analysis::default();
    let hostile = hostile();
    let found = hostile_answer(&hostile);
    vec![
        (analysis.clone(), sample::answer(&analysis)),
        (analysis.clone(), sample::without_data(&analysis)),
        (analysis.clone(), sample::clean(&analysis)),
        (analysis, Vulnerabilities::default()),
        (empty, Vulnerabilities::default()),
        (hostile, found),
    ]
}

/// Everything in it comes from an image or a feed, so everything can be anything.
fn hostile() -> Analysis {
    let mut analysis = images::analysis();
    analysis.identity.name = "https://@:\u{1b}[31m\n|".to_owned();
    analysis.identity.reference = None;
    analysis.identity.manifest_digest = None;
    analysis.identity.index_digest = None;
    for text in ["", "a\nb", "\u{0}\u{7f}", "(", "x <y>", "\"\\", "\u{202e}", "`|`", "../../etc"] {
        analysis.packages.push(Package::new(PackageType::from_text(text), text, text));
    }
    analysis
}

fn hostile_answer(analysis: &Analysis) -> Vulnerabilities {
    let mut answer = sample::answer(analysis);
    for (position, package) in analysis.packages.iter().enumerate() {
        let mut finding = sample::finding(analysis, &package.name, position as u32, SeverityLevel::High);
        finding.summary = Some("</style><script>\u{1b}]0;x\u{7}|`\n@everyone #1".to_owned());
        finding.aliases = vec![package.name.clone(), package.name.clone(), "x".repeat(5_000)];
        finding.fixed_version = (position % 2 == 0).then(|| package.version.repeat(3_000));
        finding.disagreement = Some(package.name.clone());
        answer.findings.push(finding);
    }
    // Positions that lead nowhere.
    let mut lost = sample::finding(analysis, "CVE-1-1", 0, SeverityLevel::Low);
    (lost.package, lost.layer) = (9_999, Some(u32::MAX));
    answer.findings.push(lost);
    answer.problems.push(Problem::new("strange", "</p>", "\u{1b}[31m"));
    answer.database.built_at = Some("\u{1b}[31m 9999".to_owned());
    answer.database.feeds[0].newest = Some("\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}".to_owned());
    answer
}

#[test]
fn every_document_follows_its_published_schema_whatever_an_image_holds() {
    let published = [
        ("sarif", "sarif-schema-2.1.0.json"),
        ("cyclonedx-vex", "bom-1.6.schema.json"),
        ("openvex", "openvex_json_schema.json"),
    ];
    for (analysis, answer) in answers() {
        let list = VulnerabilityList::new(&analysis, &answer);
        for (format, schema) in published {
            let bytes = written::<Vulns>(&list, format);
            // A statement is about a vulnerability: without any there is no document to write.
            if format == "openvex" && answer.findings.is_empty() {
                assert_eq!(bytes, b"");
                continue;
            }
            assert_eq!(errors(schema, &bytes), [""; 0], "{format}");
        }
    }
}

#[test]
fn json_follows_our_schema_whatever_an_image_holds() {
    for (analysis, answer) in answers() {
        crate::schemas::tests::check::<Vulns>(&VulnerabilityList::new(&analysis, &answer));
    }
}

#[test]
fn a_document_that_breaks_the_published_schema_is_noticed() {
    let wrong = [
        ("sarif", "sarif-schema-2.1.0.json", "\"level\":\"error\"", "\"level\":\"loud\""),
        ("cyclonedx-vex", "bom-1.6.schema.json", "\"state\":\"in_triage\"", "\"state\":\"lost\""),
        ("openvex", "openvex_json_schema.json", "\"status\":\"affected\"", "\"status\":\"ill\""),
    ];
    for (format, schema, right, wrong) in wrong {
        let good = check(format);
        assert!(good.contains(right), "{format}");
        let there = errors(schema, b"{}") != [""; 0];
        assert_eq!(errors(schema, good.replace(right, wrong).as_bytes()) != [""; 0], there, "{format}");
    }
}

#[test]
fn missing_data_never_reads_as_a_clean_image() {
    let analysis = images::analysis();
    for answer in [sample::without_data(&analysis), Vulnerabilities::default()] {
        let list = VulnerabilityList::new(&analysis, &answer);
        for format in ["table", "markdown", "html"] {
            let text = document(format, &list);
            assert!(text.contains("No data"), "{format}: {text}");
            assert!(text.contains("There is no advisory data: no feed is loaded."), "{format}: {text}");
            assert!(!text.contains("No known vulnerability"), "{format}: {text}");
            assert!(!text.contains("<b>0</b>"), "{format}: {text}");
        }
        let json: Value = serde_json::from_slice(&written::<Vulns>(&list, "json")).unwrap();
        assert_eq!(json["conclusion"], "no-data");
        let sarif: Value = serde_json::from_slice(&written::<Vulns>(&list, "sarif")).unwrap();
        assert_eq!(sarif["runs"][0]["properties"]["conclusion"], "no-data");
    }
    let answer = sample::without_data(&analysis);
    let table = document("table", &VulnerabilityList::new(&analysis, &answer));
    insta::assert_snapshot!(table);
}

#[test]
fn a_clean_image_says_how_much_was_judged_and_with_what() {
    let analysis = images::analysis();
    let answer = sample::clean(&analysis);
    insta::assert_snapshot!(document("table", &VulnerabilityList::new(&analysis, &answer)));
}

#[test]
fn totals_are_those_of_the_whole_answer_when_rows_are_chosen() {
    let analysis = images::analysis();
    let answer = sample::answer(&analysis);
    let mut list = VulnerabilityList::new(&analysis, &answer);
    list.selected.retain(|position| answer.findings[*position].known_exploited.is_some());
    let table = document("table", &list);
    assert!(table.contains("4 findings of 4 vulnerabilities in 4 packages"), "{table}");
    assert!(table.contains("Showing 1 of 5 findings."), "{table}");
    // The heading, what was chosen, and what nobody could judge, whatever was chosen.
    let csv = document("csv", &list);
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert!(csv.lines().last().is_some_and(|line| line.starts_with(",,npm,,,,no-data,,,")), "{csv}");
}

#[test]
fn a_narrow_terminal_cuts_columns_and_not_ids() {
    let analysis = images::analysis();
    let answer = sample::answer(&analysis);
    let list = VulnerabilityList { width: Some(70), ..VulnerabilityList::new(&analysis, &answer) };
    assert!(document("table", &list).contains("\nGHSA-xxxx-yyyy-zzzz  high"));
}

#[test]
fn a_fingerprint_outlives_an_upgrade_and_a_new_database() {
    let fingerprints = |version: &str, built: &str| {
        let mut analysis = images::analysis();
        analysis.packages[1].version = version.to_owned();
        let mut answer = sample::answer(&analysis);
        answer.database.built_at = Some(built.to_owned());
        let list = VulnerabilityList::new(&analysis, &answer);
        let sarif: Value = serde_json::from_slice(&written::<Vulns>(&list, "sarif")).unwrap();
        let results = sarif["runs"][0]["results"].as_array().unwrap().clone();
        results.iter().map(|result| result["partialFingerprints"].to_string()).collect::<Vec<_>>()
    };
    let before = fingerprints("2.36-9+deb12u8", "2026-06-30T04:00:00Z");
    assert_eq!(before, fingerprints("2.36-9+deb12u7", "2026-07-30T04:00:00Z"));
    let different: std::collections::BTreeSet<&String> = before.iter().collect();
    assert_eq!(different.len(), before.len());
}

#[test]
fn formats_for_programs_do_not_depend_on_the_time_of_asking() {
    let analysis = images::analysis();
    let answer = sample::answer(&analysis);
    let today = VulnerabilityList::new(&analysis, &answer);
    let later = VulnerabilityList { now: Some("2027-01-01T00:00:00Z"), ..today.clone() };
    for format in ALL.iter().map(|format| format.id) {
        let same = document(format, &today) == document(format, &later);
        assert_eq!(same, !matches!(format, "table" | "markdown" | "html"), "{format}");
        assert_eq!(document(format, &today), document(format, &today), "{format}");
    }
}

#[test]
fn no_text_of_a_feed_becomes_markup_or_drives_the_terminal() {
    let analysis = hostile();
    let answer = hostile_answer(&analysis);
    let list = VulnerabilityList::new(&analysis, &answer);
    let page = document("html", &list);
    crate::page::assert_well_formed(&page);
    assert!(!page.contains("<script>"));
    let table = String::from_utf8(written::<Vulns>(&list, "table")).unwrap();
    assert!(!table.contains("\u{1b}[31m 9999") && !table.contains("\u{1b}]0"));
}

#[test]
fn rows_that_would_look_the_same_say_where_the_package_lies() {
    let mut analysis = images::analysis();
    let place = |text: &str| Some(plimsoll_model::TreePath::from_normal(text.as_bytes().to_vec()));
    let twin = |path: &str| Package {
        evidence: place(path),
        ..Package::new(PackageType::new("golang"), "stdlib", "1.19.8")
    };
    analysis.packages.extend([twin("usr/bin/a"), twin("usr/bin/b")]);
    for arch in ["amd64", "i386"] {
        let mut package = Package::new(PackageType::new("deb"), "libc6", "1");
        package.arch = Some(arch.to_owned());
        analysis.packages.push(package);
    }
    let first = analysis.packages.len() as u32 - 4;
    let findings = [
        ("CVE-2024-10", first),
        ("CVE-2024-2", first),
        ("CVE-2024-2", first + 1),
        ("CVE-2024-3", first + 2),
        ("CVE-2024-3", first + 3),
    ];
    let findings = findings.map(|(id, package)| sample::finding(&analysis, id, package, SeverityLevel::High));
    let answer = Vulnerabilities { findings: findings.to_vec(), ..sample::clean(&analysis) };
    let list = VulnerabilityList::new(&analysis, &answer);
    for format in ["table", "markdown", "html"] {
        let text = document(format, &list);
        let at = |word: &str| text.find(word).unwrap_or_else(|| panic!("{format}: {word}\n{text}"));
        // Ids by the value of their numbers, and names only where rows would be the same.
        assert!(at("stdlib in /usr/bin/a") < at("stdlib in /usr/bin/b"));
        assert!(at("stdlib in /usr/bin/b") < at("libc6:amd64") && at("libc6:amd64") < at("libc6:i386"));
        assert!(at("libc6:i386") < at("CVE-2024-10"));
    }
}

#[test]
fn hidden_rows_change_no_total_and_are_told() {
    let analysis = images::analysis();
    let answer = sample::answer(&analysis);
    let mut list = VulnerabilityList::new(&analysis, &answer);
    list.selected.truncate(1);
    for format in ["table", "markdown", "html"] {
        let text = document(format, &list);
        assert!(text.contains("Showing 1 of 5 findings."), "{format}: {text}");
        assert!(text.contains("4 findings of 4 vulnerabilities"), "{format}: {text}");
    }
}

#[test]
fn a_clean_image_says_how_much_the_feeds_know_of_it() {
    let analysis = images::analysis();
    let answer = sample::clean(&analysis);
    let list =
        VulnerabilityList { now: Some("2026-07-03T08:00:00Z"), ..VulnerabilityList::new(&analysis, &answer) };
    for format in ["table", "markdown", "html"] {
        let text = document(format, &list);
        let line = "5 of 5 npm packages by osv: 3 statements, no dates, fetched 2026-06-29 (4 days old); \
                    incomplete: 1 entry could not be read";
        assert!(text.contains(line), "{format}: {text}");
        assert!(text.contains("2 packages as part of the distribution"), "{format}: {text}");
        assert!(text.contains("feeds used: osv; their entries have no dates"), "{format}: {text}");
    }
}

#[test]
fn whoever_lifts_or_would_lift_a_finding_with_a_document_that_came_with_the_image_is_named() {
    let analysis = images::analysis_with_base();
    let mut answer = sample::answer(&analysis);
    answer.attached_vex.push(plimsoll_model::AppliedVex {
        id: "https://example.org/vex-1".to_owned(),
        digest: images::digest(0x43),
        source: "attached to the image, found in the list of referrers".to_owned(),
        signer: plimsoll_model::Signer::Key { hint: None },
        verification: plimsoll_model::Verification::NotVerified,
        statements: 3,
        applied: true,
        lifted: 1,
        would_lift: 0,
    });
    let check = |answer: &Vulnerabilities, end: &str| {
        let list = VulnerabilityList::new(&analysis, answer);
        let expect = format!(
            "Attached VEX https://example.org/vex-1 (434343434343), attached to the image, found in the list \
             of referrers, signature not verified (signed with a key, signer unknown): {end}."
        );
        for format in ["table", "markdown", "html", "sarif", "cyclonedx-vex"] {
            let text = document(format, &list).replace("\\_", "_").replace("\\(", "(");
            assert!(text.contains(&expect), "{format}: {text}");
        }
        crate::schemas::tests::check::<Vulns>(&list);
    };
    check(&answer, "it lifts 1 finding; --no-attached-vex leaves it out");
    let found = &mut answer.attached_vex[0];
    (found.applied, found.lifted, found.would_lift) = (false, 0, 2);
    check(
        &answer,
        "not applied: 3 statements of an unverified document would lift 2 findings; --key verifies it, \
         --trust-attached-vex believes whoever attached it",
    );
}

#[test]
fn the_end_of_the_distribution_s_support_is_told() {
    let analysis = images::analysis();
    let check = |until: &str, further: Option<&str>, expect: &str| {
        let dates = plimsoll_model::EndOfLife {
            supported_until: Some(until.to_owned()),
            further: further
                .map(|until| plimsoll_model::FurtherSupport {
                    name: "LTS".to_owned(),
                    until: until.to_owned(),
                })
                .into_iter()
                .collect(),
            ..plimsoll_model::EndOfLife::default()
        };
        let answer = Vulnerabilities { end_of_life: Some(dates), ..sample::clean(&analysis) };
        let list = VulnerabilityList {
            now: Some("2026-07-03T08:00:00Z"),
            ..VulnerabilityList::new(&analysis, &answer)
        };
        for format in ["table", "markdown", "html"] {
            let text = document(format, &list).replace("\\(", "(").replace("\\)", ")");
            let line = format!("Debian GNU/Linux 12 (bookworm) gets {expect}.");
            assert!(text.contains(&line), "{format}: {line} {text}");
        }
        crate::schemas::tests::check::<Vulns>(&list);
    };
    check("2027-01-01", None, "security fixes until 2027-01-01");
    check("2026-06-10", Some("2028-06-30"), "security fixes until 2028-06-30 from LTS alone");
    check("2021-05-01", None, "no security fixes since 2021-05-01: its feeds may not know new flaws");
}
