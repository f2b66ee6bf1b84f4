//! Amazon Linux updates.

use plimsoll_advisory::feed::amazon_updateinfo::AmazonUpdateinfo;

use crate::parse;

const UPDATES: &str = r#"<?xml version="1.0" ?><updates>
<update author="linux-security@amazon.com" from="linux-security@amazon.com" status="final" type="security" version="1.4">
<id>ALAS2-2024-2400</id><title>Amazon Linux 2 - ALAS2-2024-2400: important priority package update for bind</title>
<issued date="2024-01-04 01:40:00"/><updated date="2024-01-08 20:24:00"/><severity>important</severity><description>text</description>
<references><reference href="https://cve.example/CVE-2023-3341" id="CVE-2023-3341" title="" type="cve"/>
<reference href="https://other.example" id="other" type="other"/></references>
<pkglist><collection short="amazon-linux-2"><name>Amazon Linux 2</name>
<package arch="x86_64" epoch="32" name="bind" release="26.P2.amzn2.13.4" version="9.11.4"><filename>Packages/bind.rpm</filename></package>
<package arch="aarch64" epoch="32" name="bind" release="26.P2.amzn2.13.4" version="9.11.4"><filename>Packages/bind.rpm</filename></package>
<package arch="noarch" epoch="0" name="bind-license" release="1" version="9.11.4"/>
</collection></pkglist></update>
<update><id>ALAS2-2024-2401</id><severity>low</severity><pkglist><collection><package name="x"/></collection></pkglist></update>
<update><id>ALAS2-2024-2402</id><severity>low</severity><pkglist><collection><package name="y" version="1" release="2"/></collection></pkglist></update>
</updates>"#;

fn check(path: &str, document: &str, expect: &[&str]) {
    assert_eq!(parse(&AmazonUpdateinfo, path, document.as_bytes()).lines(), expect);
}

#[test]
fn updates_name_flaws_and_packages() {
    check(
        "2/core/updateinfo.xml",
        UPDATES,
        &[
            "ALAS2-2024-2400 [CVE-2023-3341] Word(\"important\") 2024-01-04T01:40:00Z",
            "  amzn:2 bind (aarch64,x86_64) Ranges < 32:9.11.4-26.P2.amzn2.13.4",
            "  amzn:2 bind-license (noarch) Ranges < 9.11.4-1",
            "ALAS2-2024-2402 [] Word(\"low\") -",
            "  amzn:2 y Ranges < 1-2",
            "! update-unusable",
        ],
    );
}

#[test]
fn extras_are_a_repository_of_their_own() {
    let found = parse(&AmazonUpdateinfo, "2/extras/docker/updateinfo.xml", UPDATES.as_bytes());
    assert!(found.lines().contains(&"  amzn:2 y in amzn2extra-docker Ranges < 1-2".to_owned()));
}

#[test]
fn damage_is_named_and_the_rest_stays() {
    check("updateinfo.xml", UPDATES, &["! release-unknown"]);
    check("2023/updateinfo.xml", "", &["! feed-empty"]);
    check(
        "2023/updateinfo.xml",
        &UPDATES.replace("</references>", ""),
        &[
            "ALAS2-2024-2402 [] Word(\"low\") -",
            "  amzn:2023 y Ranges < 1-2",
            "! update-damaged",
            "! update-unusable",
        ],
    );
    let cut = UPDATES.find("<update><id>ALAS2-2024-2402").unwrap();
    let found = parse(&AmazonUpdateinfo, "2/updateinfo.xml", &UPDATES.as_bytes()[..cut]);
    assert_eq!(found.lines().last().map(String::as_str), Some("! feed-truncated"));
    assert_eq!(found.advisories.len(), 1);
}
