//! VEX documents of every format, and which statement counts.

use plimsoll_model::{Digest, Purl};

use super::*;

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn purl(text: &str) -> Purl {
    text.parse().unwrap()
}

/// Whether a flaw in a package of the image [`DIGEST`] has a status by a document.
fn check(document: &str, id: &str, package: &str, expect: Option<VexStatus>) {
    let document = read(document.as_bytes()).unwrap();
    assert_eq!(document.problems, []);
    let package = purl(package);
    let digests: [Digest; 1] = [DIGEST.parse().unwrap()];
    let subject = VexSubject { package: Some(&package), image_digests: &digests, ..VexSubject::default() };
    let found = effective(std::slice::from_ref(&document), &[id], &subject);
    assert_eq!(found.map(|statement| statement.status), expect, "{id} in {package}");
}

fn openvex(statement: &str) -> String {
    format!(
        r#"{{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://example.org/vex-1","author":"A",
            "timestamp":"2024-01-02T03:04:05Z","version":1,"statements":[{statement}]}}"#
    )
}

#[test]
fn openvex_speaks_of_packages() {
    let document = openvex(
        r#"{"vulnerability":{"name":"CVE-2024-1","aliases":["GHSA-x"]},
            "products":[{"@id":"pkg:deb/debian/zlib1g"}],
            "status":"not_affected","justification":"vulnerable_code_not_present"}"#,
    );
    check(&document, "CVE-2024-1", "pkg:deb/debian/zlib1g@1.2.13?arch=amd64", Some(VexStatus::NotAffected));
    check(&document, "ghsa-x", "pkg:deb/debian/zlib1g@1.2.13", Some(VexStatus::NotAffected));
    check(&document, "CVE-2024-2", "pkg:deb/debian/zlib1g@1.2.13", None);
    check(&document, "CVE-2024-1", "pkg:deb/debian/zlib1g-dev@1.2.13", None);
    let read = read(document.as_bytes()).unwrap();
    let statement = &read.statements[0];
    assert_eq!(statement.timestamp.as_deref(), Some("2024-01-02T03:04:05Z"));
    assert_eq!(statement.author.as_deref(), Some("A"));
    assert_eq!(statement.document, "https://example.org/vex-1");
}

#[test]
fn openvex_speaks_of_components_in_an_image() {
    let document = openvex(&format!(
        r#"{{"vulnerability":{{"name":"CVE-2024-1"}},
            "products":[{{"@id":"pkg:oci/app@{}?repository_url=r.example%2Fapp",
                          "subcomponents":[{{"@id":"pkg:npm/left-pad@1.3.0"}}]}}],
            "status":"fixed"}}"#,
        DIGEST.replace(':', "%3A")
    ));
    check(&document, "CVE-2024-1", "pkg:npm/left-pad@1.3.0", Some(VexStatus::Fixed));
    check(&document, "CVE-2024-1", "pkg:npm/left-pad@1.2.0", None);
    let elsewhere = document.replace("aaaa", "bbbb");
    check(&elsewhere, "CVE-2024-1", "pkg:npm/left-pad@1.3.0", None);
}

#[test]
fn the_first_openvex_named_products_as_text() {
    let document = r#"{"@context":"https://openvex.dev/ns","@id":"x","author":"A","statements":[
        {"vulnerability":"CVE-2024-1","products":["pkg:npm/left-pad@1.3.0"],"status":"affected"}]}"#;
    check(document, "CVE-2024-1", "pkg:npm/left-pad@1.3.0", Some(VexStatus::Affected));
}

#[test]
fn the_latest_statement_counts() {
    let statement = |status: &str, time: &str| {
        format!(
            r#"{{"vulnerability":{{"name":"CVE-1"}},"products":[{{"@id":"pkg:npm/a"}}],"status":"{status}","timestamp":"{time}"}}"#
        )
    };
    let both = |one: &str, other: &str| openvex(&format!("{one},{other}"));
    let (old, new) =
        (statement("fixed", "2024-01-01T00:00:00Z"), statement("affected", "2024-01-01T00:00:01+00:00"));
    check(&both(&old, &new), "CVE-1", "pkg:npm/a@1", Some(VexStatus::Affected));
    check(&both(&new, &old), "CVE-1", "pkg:npm/a@1", Some(VexStatus::Affected));
}

#[test]
fn statements_that_lack_a_reason_are_not_applied() {
    for (statement, expect) in [
        (
            r#"{"vulnerability":{"name":"CVE-1"},"products":[{"@id":"pkg:npm/a"}],"status":"not_affected"}"#,
            "Statement 1 is not applied: `not_affected` needs a justification or an impact statement.",
        ),
        (
            r#"{"vulnerability":{"name":"CVE-1"},"products":[{"@id":"pkg:npm/a"}],"status":"fine"}"#,
            "Statement 1 is not applied: `fine` is no status of OpenVEX.",
        ),
        (
            r#"{"vulnerability":{"name":"CVE-1"},"products":[],"status":"fixed"}"#,
            "Statement 1 is not applied: it names no product.",
        ),
        (
            r#"{"vulnerability":{},"products":[{"@id":"pkg:npm/a"}],"status":"fixed"}"#,
            "Statement 1 is not applied: it names no flaw.",
        ),
    ] {
        let document = read(openvex(statement).as_bytes()).unwrap();
        assert_eq!(document.statements, []);
        assert_eq!(document.problems[0].detail, expect);
    }
}

#[test]
fn an_attestation_holds_the_document() {
    let document =
        openvex(r#"{"vulnerability":{"name":"CVE-1"},"products":[{"@id":"pkg:npm/a"}],"status":"fixed"}"#);
    let statement = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://openvex.dev/ns/v0.2.0","predicate":{document}}}"#
    );
    check(&statement, "CVE-1", "pkg:npm/a@1", Some(VexStatus::Fixed));
}

const CSAF: &str = r#"{"document":{"category":"csaf_vex","csaf_version":"2.0","title":"t",
  "publisher":{"name":"Vendor"},"tracking":{"id":"V-1","status":"final","current_release_date":"2024-05-01T00:00:00Z"}},
 "product_tree":{"branches":[
   {"category":"vendor","name":"v","branches":[
     {"category":"product_version","name":"app","product":{"product_id":"app","name":"app","product_identification_helper":{"purl":"pkg:oci/app@sha256%3Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}},
     {"category":"product_version","name":"zlib","product":{"product_id":"zlib","name":"zlib","product_identification_helper":{"purl":"pkg:deb/debian/zlib1g@1.2.13"}}}]}],
  "relationships":[{"category":"default_component_of","product_reference":"zlib","relates_to_product_reference":"app",
    "full_product_name":{"product_id":"app:zlib","name":"zlib in app"}}]},
 "vulnerabilities":[
  {"cve":"CVE-2024-1","product_status":{"known_not_affected":["app:zlib"]},
   "flags":[{"label":"vulnerable_code_not_in_execute_path","product_ids":["app:zlib"]}]},
  {"cve":"CVE-2024-2","product_status":{"known_affected":["zlib"]},
   "remediations":[{"category":"none_available","details":"Wait.","product_ids":["zlib"]}]}]}"#;

#[test]
fn csaf_speaks_of_components_in_products() {
    check(CSAF, "CVE-2024-1", "pkg:deb/debian/zlib1g@1.2.13?arch=amd64", Some(VexStatus::NotAffected));
    check(CSAF, "CVE-2024-1", "pkg:deb/debian/zlib1g@1.2.14", None);
    check(CSAF, "CVE-2024-2", "pkg:deb/debian/zlib1g@1.2.13", Some(VexStatus::Affected));
    let document = read(CSAF.as_bytes()).unwrap();
    let reasons: Vec<_> = document
        .statements
        .iter()
        .map(|statement| (statement.justification.as_deref(), statement.action.as_deref()))
        .collect();
    assert_eq!(reasons, [(Some("vulnerable_code_not_in_execute_path"), None), (None, Some("Wait."))]);
}

#[test]
fn drafts_and_unknown_products_are_told_and_not_applied() {
    let draft = read(CSAF.replace("\"final\"", "\"draft\"").as_bytes()).unwrap();
    assert_eq!((draft.statements.len(), draft.problems.len()), (0, 1));
    let unknown =
        read(CSAF.replace("[\"zlib\"]},\n   \"rem", "[\"nothing\"]},\n   \"rem").as_bytes()).unwrap();
    assert_eq!((unknown.statements.len(), unknown.problems.len()), (1, 1));
}

const CYCLONEDX: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.5","serialNumber":"urn:uuid:1","version":2,
 "metadata":{"timestamp":"2024-01-01T00:00:00Z","authors":[{"name":"B"}]},
 "components":[{"type":"library","bom-ref":"one","name":"left-pad","purl":"pkg:npm/left-pad"}],
 "vulnerabilities":[
  {"id":"CVE-1","references":[{"id":"GHSA-1","source":{"name":"GitHub"}}],
   "analysis":{"state":"not_affected","justification":"code_not_reachable","detail":"never called","response":["will_not_fix"]},
   "affects":[{"ref":"one"}]},
  {"id":"CVE-2","analysis":{"state":"exploitable"},"affects":[{"ref":"one","versions":[
     {"version":"1.0.0"},{"version":"1.3.0","status":"unaffected"}]}]},
  {"id":"CVE-3","analysis":{"state":"in_triage"},"affects":[{"ref":"urn:cdx:2/1#pkg:npm/other@1"}]},
  {"id":"CVE-4","affects":[{"ref":"one"}]}]}"#;

#[test]
fn cyclonedx_speaks_of_components_by_reference() {
    check(CYCLONEDX, "GHSA-1", "pkg:npm/left-pad@1.3.0", Some(VexStatus::NotAffected));
    check(CYCLONEDX, "CVE-2", "pkg:npm/left-pad@1.0.0", Some(VexStatus::Affected));
    check(CYCLONEDX, "CVE-2", "pkg:npm/left-pad@1.3.0", Some(VexStatus::NotAffected));
    check(CYCLONEDX, "CVE-2", "pkg:npm/left-pad@1.2.0", None);
    check(CYCLONEDX, "CVE-3", "pkg:npm/other@1", Some(VexStatus::UnderInvestigation));
    check(CYCLONEDX, "CVE-4", "pkg:npm/left-pad@1.3.0", None);
    let document = read(CYCLONEDX.as_bytes()).unwrap();
    assert_eq!(document.id, "urn:uuid:1/2");
    assert_eq!(document.statements[0].author.as_deref(), Some("B"));
    assert_eq!(document.statements[0].action.as_deref(), Some("will_not_fix"));
}

#[test]
fn ranges_in_cyclonedx_hold_for_the_versions_in_them() {
    let ranged =
        |range: &str| CYCLONEDX.replace("{\"version\":\"1.0.0\"}", &format!("{{\"range\":\"{range}\"}}"));
    let below = ranged("vers:npm/>=0.5.0|<1.1.0");
    check(&below, "CVE-2", "pkg:npm/left-pad@1.0.0", Some(VexStatus::Affected));
    check(&below, "CVE-2", "pkg:npm/left-pad@0.9.0", Some(VexStatus::Affected));
    check(&below, "CVE-2", "pkg:npm/left-pad@0.1.0", None);
    check(&below, "CVE-2", "pkg:npm/other@1.0.0", None);
    assert_eq!(read(below.as_bytes()).unwrap().problems, []);
    // What is not understood is told and not applied.
    let strange = ranged("vers:nobody/<2");
    assert_eq!(read(strange.as_bytes()).unwrap().problems.len(), 1);
}

#[test]
fn package_urls_match_as_openvex_has_it() {
    for (stated, package, expect) in [
        ("pkg:apk/wolfi/git@2.39.0-r1?arch=armv7", "pkg:apk/wolfi/git@2.39.0-r1?arch=armv7&distro=w", true),
        ("pkg:apk/wolfi/git@2.39.0-r1", "pkg:apk/wolfi/git@2.39.0-r1?arch=armv7", true),
        ("pkg:apk/wolfi/git", "pkg:apk/wolfi/git@2.39.0-r1", true),
        ("pkg:apk/wolfi/git@2.39.0-r1?arch=armv7", "pkg:apk/wolfi/git@2.39.0-r1", false),
        ("pkg:apk/wolfi/git@2.39.0-r1?arch=armv7", "pkg:apk/wolfi/git@2.39.0-r1?arch=x86_64", false),
        ("pkg:apk/wolfi/git@2.39.0-r1", "pkg:apk/wolfi/git@2.39.0-r2", false),
        ("pkg:apk/alpine/git", "pkg:apk/wolfi/git@1", false),
        ("pkg:deb/wolfi/git", "pkg:apk/wolfi/git@1", false),
    ] {
        assert_eq!(purl_matches(&purl(stated), &purl(package)), expect, "{stated} {package}");
    }
}

#[test]
fn what_is_no_vex_is_refused() {
    for (text, expect) in [
        ("", "the VEX file is not well-formed JSON"),
        ("{}", "the file is neither OpenVEX, nor CSAF, nor CycloneDX"),
        ("[]", "the VEX file is not well-formed JSON"),
        (r#"{"bomFormat":"CycloneDX","vulnerabilities":1}"#, "the VEX file is not well-formed CycloneDX"),
        (&"[".repeat(1_000_000), "the VEX file is not well-formed JSON"),
    ] {
        let error = read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(expect), "{error}");
    }
}
