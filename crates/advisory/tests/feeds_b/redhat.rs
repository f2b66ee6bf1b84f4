//! Red Hat's VEX documents.

use plimsoll_advisory::feed::redhat_vex::RedHatVex;

use crate::parse;

const DOCUMENT: &str = r#"{"document":{"aggregate_severity":{"text":"Important"},"category":"csaf_vex","csaf_version":"2.0","title":"curl: flaw",
 "references":[{"category":"self","url":"https://example.org/cve-2024-1.json"}],
 "tracking":{"id":"CVE-2024-1","status":"final","initial_release_date":"2024-01-01T00:00:00+00:00","current_release_date":"2024-02-01T00:00:00+00:00"}},
"product_tree":{"branches":[{"category":"vendor","name":"Red Hat","branches":[
 {"category":"product_name","name":"RHEL 8","product":{"product_id":"rhel8","name":"RHEL 8","product_identification_helper":{"cpe":"cpe:/o:redhat:enterprise_linux:8"}}},
 {"category":"product_name","name":"AppStream","product":{"product_id":"AppStream-9","name":"AppStream 9","product_identification_helper":{"cpe":"cpe:/a:redhat:enterprise_linux:9::appstream"}}},
 {"category":"product_name","name":"EUS","product":{"product_id":"EUS-9.0","name":"EUS 9.0","product_identification_helper":{"cpe":"cpe:/a:redhat:rhel_eus:9.0::appstream"}}},
 {"category":"product_version","name":"nodejs:18","product":{"product_id":"nodejs:18:1:a","name":"nodejs:18","product_identification_helper":{"purl":"pkg:rpmmod/redhat/nodejs@18:1:a"}}},
 {"category":"product_version","name":"curl","product":{"product_id":"curl-0:8-1.el9.x86_64","name":"curl","product_identification_helper":{"purl":"pkg:rpm/redhat/curl@8-1.el9?arch=x86_64"}}},
 {"category":"product_version","name":"curl","product":{"product_id":"curl-0:8-1.el9.aarch64","name":"curl","product_identification_helper":{"purl":"pkg:rpm/redhat/curl@8-1.el9?arch=aarch64"}}},
 {"category":"product_version","name":"bind","product":{"product_id":"bind","name":"bind","product_identification_helper":{"purl":"pkg:rpm/redhat/bind@9-1?arch=src&epoch=32"}}},
 {"category":"product_version","name":"npm","product":{"product_id":"npm-1","name":"npm","product_identification_helper":{"purl":"pkg:rpm/redhat/npm@10-1?arch=x86_64&epoch=1"}}},
 {"category":"product_version","name":"kernel","product":{"product_id":"kernel","name":"kernel"}},
 {"category":"product_version","name":"old","product":{"product_id":"old","name":"old","product_identification_helper":{"purl":"pkg:rpm/redhat/old"}}},
 {"category":"product_version","name":"image","product":{"product_id":"image","name":"image","product_identification_helper":{"purl":"pkg:oci/ubi8@sha256:abc"}}}]}],
"relationships":[
 {"product_reference":"curl-0:8-1.el9.x86_64","relates_to_product_reference":"AppStream-9","full_product_name":{"product_id":"AppStream-9:curl.x86_64"}},
 {"product_reference":"curl-0:8-1.el9.aarch64","relates_to_product_reference":"AppStream-9","full_product_name":{"product_id":"AppStream-9:curl.aarch64"}},
 {"product_reference":"bind","relates_to_product_reference":"EUS-9.0","full_product_name":{"product_id":"EUS-9.0:bind"}},
 {"product_reference":"nodejs:18:1:a","relates_to_product_reference":"AppStream-9","full_product_name":{"product_id":"AppStream-9:nodejs"}},
 {"product_reference":"npm-1","relates_to_product_reference":"AppStream-9:nodejs","full_product_name":{"product_id":"AppStream-9:nodejs:npm"}},
 {"product_reference":"kernel","relates_to_product_reference":"rhel8","full_product_name":{"product_id":"rhel8:kernel"}},
 {"product_reference":"old","relates_to_product_reference":"rhel8","full_product_name":{"product_id":"rhel8:old"}},
 {"product_reference":"image","relates_to_product_reference":"rhel8","full_product_name":{"product_id":"rhel8:image"}}]},
"vulnerabilities":[{"cve":"CVE-2024-1","title":"curl: flaw","release_date":"2024-01-01T00:00:00+00:00",
 "product_status":{"fixed":["AppStream-9:curl.x86_64","AppStream-9:curl.aarch64","EUS-9.0:bind","AppStream-9:nodejs:npm","rhel8:image"],
   "known_affected":["rhel8:kernel","rhel8:old"],"known_not_affected":["rhel8:old","AppStream-9:curl.x86_64"],"under_investigation":["rhel8:kernel"]},
 "remediations":[{"category":"vendor_fix","url":"https://access.redhat.com/errata/RHSA-2024:1","product_ids":["AppStream-9:curl.x86_64"]},
   {"category":"no_fix_planned","details":"Will not fix","product_ids":["rhel8:old"]},
   {"category":"none_available","details":"Affected","product_ids":["rhel8:kernel","rhel8:old"]}],
 "scores":[{"cvss_v3":{"vectorString":"CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H"},"products":[]}],
 "threats":[{"category":"impact","details":"Moderate","product_ids":[]}]}]}"#;

fn check(document: &str, expect: &[&str]) {
    assert_eq!(parse(&RedHatVex, "2024/cve-2024-1.json", document.as_bytes()).lines(), expect);
}

#[test]
fn products_tell_release_class_module_and_state() {
    check(
        DOCUMENT,
        &[
            "CVE-2024-1 [] Cvss(\"CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H\") Word(\"moderate\") \
             Word(\"important\") 2024-01-01T00:00:00Z",
            "  rhel:9 curl (aarch64,x86_64) Ranges < 8-1.el9",
            "  rhel:9.0 source bind in eus Ranges < 32:9-1",
            "  rhel:9 npm (x86_64) in nodejs:18 Ranges < 1:10-1",
            "  rhel:8 source kernel NotYetFixed",
            "  rhel:8 old WillNotFix",
            "  rhel:8 old NotAffected",
            "  rhel:9 curl (x86_64) NotAffected = 8-1.el9",
            "  rhel:8 source kernel UnderInvestigation",
        ],
    );
    let found = parse(&RedHatVex, "cve.json", DOCUMENT.as_bytes());
    assert_eq!(
        found.advisories[0].references,
        ["https://example.org/cve-2024-1.json", "https://access.redhat.com/errata/RHSA-2024:1"]
    );
}

#[test]
fn a_source_that_repeats_its_binaries_is_left_out() {
    let sourced = DOCUMENT.replace("curl@8-1.el9?arch=aarch64", "curl@8-1.el9?arch=src");
    let lines = parse(&RedHatVex, "cve.json", sourced.as_bytes()).lines();
    assert!(lines.contains(&"  rhel:9 curl (x86_64) Ranges < 8-1.el9".to_owned()));
    assert!(!lines.iter().any(|line| line.contains("source curl")));
    let other = DOCUMENT.replace("curl@8-1.el9?arch=aarch64", "curl@8-2.el9?arch=src");
    let lines = parse(&RedHatVex, "cve.json", other.as_bytes()).lines();
    assert!(lines.contains(&"  rhel:9 source curl Ranges < 8-2.el9".to_owned()));
}

#[test]
fn damage_is_named() {
    check("", &["! feed-unreadable"]);
    check("{}", &["! feed-empty"]);
    check(&DOCUMENT[..DOCUMENT.len() / 2], &["! feed-unreadable"]);
    check(&"[".repeat(1_000_000), &["! feed-unreadable"]);
    check(&"{\"product_tree\":{\"branches\":[".repeat(100_000), &["! feed-unreadable"]);
    let unknown = DOCUMENT.replace("\"EUS-9.0:bind\",\"App", "\"nothing\",\"App");
    let found = parse(&RedHatVex, "cve.json", unknown.as_bytes());
    assert_eq!(found.lines().last().map(String::as_str), Some("! product-unknown"));
    assert_eq!(found.advisories[0].statements.len(), 7);
}

#[test]
fn products_that_are_parts_of_each_other_end() {
    let circle = DOCUMENT.replace(
        "\"relates_to_product_reference\":\"AppStream-9:nodejs\"",
        "\"relates_to_product_reference\":\"AppStream-9:nodejs:npm\"",
    );
    assert_eq!(parse(&RedHatVex, "cve.json", circle.as_bytes()).advisories.len(), 1);
}

fn member(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = vec![0_u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[156] = b'0';
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header.extend(content);
    header.resize(header.len().next_multiple_of(512), 0);
    header
}

#[test]
fn an_archive_gives_each_document_and_a_damaged_one_costs_no_other() {
    let mut tar = member("2024/cve-2024-1.json", DOCUMENT.as_bytes());
    tar.extend(member("2024/cve-2024-2.json", b"{"));
    tar.extend(member("README", b"no document"));
    tar.extend(member("2024/cve-2024-3.json", DOCUMENT.as_bytes()));
    let cut = tar.len() - 600;
    tar.extend([0; 1024]);
    let archive = zstd::encode_all(tar.as_slice(), 1).unwrap();
    let found = parse(&RedHatVex, "csaf_vex_2024-01-01.tar.zst", &archive);
    assert_eq!(found.advisories.len(), 2);
    assert_eq!(found.problems.len(), 1, "{:?}", found.problems);
    assert_eq!(found.problems[0].subject, "2024/cve-2024-2.json");

    let archive = zstd::encode_all(&tar[..cut], 1).unwrap();
    let found = parse(&RedHatVex, "csaf_vex_2024-01-01.tar.zst", &archive);
    assert_eq!(found.advisories.len(), 1);
    let codes: Vec<&str> = found.problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["feed-unreadable", "feed-unreadable", "feed-truncated"]);
}
