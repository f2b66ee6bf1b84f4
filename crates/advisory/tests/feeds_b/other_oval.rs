//! Azure Linux and Photon OS.

use plimsoll_advisory::feed::oval::{AzureOval, PhotonOval};

use crate::parse;

fn azure(number: u32, patchable: &str, operation: &str, version: &str) -> (String, String) {
    (
        format!(
            "<definition class=\"vulnerability\" id=\"oval:com.microsoft.azurelinux:def:{number}\"><metadata>\
             <title>CVE-2024-{number} affecting package zlib</title><reference ref_id=\"CVE-2024-{number}\" \
             source=\"CVE\" ref_url=\"https://nvd.nist.gov/{number}\"/><patchable>{patchable}</patchable>\
             <advisory_date>2024-07-23T22:05:39Z</advisory_date><severity>High</severity></metadata>\
             <criteria operator=\"AND\"><criterion comment=\"Package zlib\" test_ref=\"tst:{number}\"/></criteria></definition>"
        ),
        format!(
            "<tests><l:rpminfo_test id=\"tst:{number}\"><l:object object_ref=\"obj:{number}\"/><l:state \
             state_ref=\"ste:{number}\"/></l:rpminfo_test></tests><objects><l:rpminfo_object id=\"obj:{number}\">\
             <l:name>zlib</l:name></l:rpminfo_object></objects><states><l:rpminfo_state id=\"ste:{number}\">\
             <l:evr operation=\"{operation}\">{version}</l:evr></l:rpminfo_state></states>"
        ),
    )
}

fn check(path: &str, (definition, tests): (String, String), expect: &[&str]) {
    let document = format!(
        "<oval_definitions xmlns:l=\"x\"><definitions>{definition}</definitions>{tests}</oval_definitions>"
    );
    assert_eq!(parse(&AzureOval, path, document.as_bytes()).lines(), expect);
}

#[test]
fn states_tell_what_fixes_what_is_open_and_what_never_mattered() {
    let head = "oval:com.microsoft.azurelinux:def:1 [CVE-2024-1] Word(\"high\") 2024-07-23T22:05:39Z";
    let path = "azurelinux-3.0-oval.xml";
    check(
        path,
        azure(1, "true", "less than", "0:1.3.1-1.azl3"),
        &[head, "  azurelinux:3.0 source zlib Ranges < 1.3.1-1.azl3"],
    );
    check(
        path,
        azure(1, "false", "less than or equal", "0:1.3.1-1.azl3"),
        &[head, "  azurelinux:3.0 source zlib NotYetFixed <= 1.3.1-1.azl3"],
    );
    check(
        path,
        azure(1, "Not Applicable", "less than", "0:1.3.1-1.azl3"),
        &[head, "  azurelinux:3.0 source zlib NotAffected"],
    );
    check(
        "cbl-mariner-2.0-oval.xml",
        azure(1, "true", "less than", "0:1.3.1-1.cm2"),
        &[head, "  mariner:2.0 source zlib Ranges < 1.3.1-1.cm2"],
    );
}

#[test]
fn a_test_that_is_missing_or_not_understood_leaves_its_definition_out() {
    let path = "azurelinux-3.0-oval.xml";
    let told = &["! oval-test-not-understood", "! oval-definition-unusable"];
    check(path, (azure(1, "true", "less than", "0:1").0, String::new()), told);
    check(path, azure(1, "true", "greater than", "0:1"), told);
    check("renamed.xml", azure(1, "true", "less than", "0:1-1"), &["! oval-definition-unusable"]);
}

#[test]
fn photon_speaks_of_binary_packages() {
    let document = "<oval_definitions><definitions><definition id=\"oval:com.vmware.phsa:def:2020300001\">\
        <metadata><title>PHSA-2020:00001 sqlite Security Update. (Important)</title>\
        <reference ref_id=\"CVE:00001:CVE-2019-16168\" source=\"CVE\"/><advisory><severity>Important</severity>\
        <issued date=\"2019-10-23\"/><cve>CVE-2019-16168</cve></advisory></metadata><criteria operator=\"AND\">\
        <criterion comment=\"Photon OS 3 is installed\"/><criteria operator=\"OR\"><criteria operator=\"AND\">\
        <criterion comment=\"sqlite is earlier than 0:3.27.2-5.ph3\"/><criterion comment=\"sqlite is signed with \
        VMware key\"/></criteria></criteria></criteria></definition></definitions></oval_definitions>";
    assert_eq!(
        parse(&PhotonOval, "com.vmware.phsa-photon3.xml", document.as_bytes()).lines(),
        [
            "oval:com.vmware.phsa:def:2020300001 [CVE-2019-16168] Word(\"important\") 2019-10-23T00:00:00Z",
            "  photon:3.0 sqlite Ranges < 3.27.2-5.ph3"
        ]
    );
}
