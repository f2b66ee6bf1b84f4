//! Oracle Linux errata.

use plimsoll_advisory::feed::oval::OracleOval;

use crate::parse;

fn document(definitions: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><oval_definitions xmlns=\"o\"><generator/><definitions>{definitions}</definitions></oval_definitions>"
    )
}

fn definition(number: &str, metadata: &str, criteria: &str) -> String {
    format!(
        "<definition id=\"oval:com.oracle.elsa:def:{number}\" class=\"patch\"><metadata><title>\nELSA-{number}:  \
         glibc security update (IMPORTANT)\n</title><reference source=\"elsa\" ref_id=\"ELSA-{number}\" \
         ref_url=\"https://linux.oracle.com/errata/ELSA-{number}.html\"/><advisory><severity>IMPORTANT</severity>\
         <issued date=\"2024-05-23\"/>{metadata}</advisory></metadata>{criteria}</definition>"
    )
}

fn check(definitions: &str, expect: &[&str]) {
    assert_eq!(parse(&OracleOval, "e.xml", document(definitions).as_bytes()).lines(), expect);
}

fn test(comment: &str) -> String {
    format!("<criterion test_ref=\"oval:t\" comment=\"{comment}\"/>")
}

fn all(children: &[String]) -> String {
    format!("<criteria operator=\"AND\">{}</criteria>", children.concat())
}

fn any(children: &[String]) -> String {
    format!("<criteria operator=\"OR\">{}</criteria>", children.concat())
}

fn package(name: &str, version: &str) -> String {
    all(&[
        test(&format!("{name} is earlier than {version}")),
        test(&format!("{name} is signed with the Oracle Linux 8 key")),
    ])
}

#[test]
fn an_erratum_names_its_flaws_packages_and_architectures() {
    let branch = |architecture: &str| {
        all(&[
            test(&format!("Oracle Linux arch is {architecture}")),
            any(&[package("glibc", "0:2.28-251.0.2.el8_10.1"), package("nscd", "0:2.28-251.0.2.el8_10.1")]),
        ])
    };
    let criteria = all(&[test("Oracle Linux 8 is installed"), any(&[branch("aarch64"), branch("x86_64")])]);
    check(
        &definition("2024-3344", "<cve>CVE-2024-33599</cve><cve>CVE-2024-33600</cve>", &criteria),
        &[
            "ELSA-2024-3344 [CVE-2024-33599 CVE-2024-33600] Word(\"important\") 2024-05-23T00:00:00Z",
            "  ol:8 glibc (aarch64,x86_64) Ranges < 2.28-251.0.2.el8_10.1",
            "  ol:8 nscd (aarch64,x86_64) Ranges < 2.28-251.0.2.el8_10.1",
        ],
    );
}

#[test]
fn each_branch_has_its_own_release() {
    let branch = |release: u8| {
        all(&[
            test(&format!("Oracle Linux {release} is installed")),
            any(&[package("bash", &format!("0:4.2-{release}"))]),
        ])
    };
    check(
        &definition("2014-1", "", &any(&[branch(6), branch(7)])),
        &[
            "ELSA-2014-1 [] Word(\"important\") 2024-05-23T00:00:00Z",
            "  ol:6 bash Ranges < 4.2-6",
            "  ol:7 bash Ranges < 4.2-7",
        ],
    );
}

#[test]
fn flavours_and_modules_limit_statements() {
    let criteria = all(&[
        test("Oracle Linux 8 is installed"),
        any(&[
            package("glibc", "2:2.28-236.0.1.ksplice1.el8_9.12"),
            package("gnutls", "10:3.6.16-8.el8_9_fips"),
            package("kernel-uek", "0:5.4.17-2136.330.7.1.el8uek"),
            all(&[test("Module nodejs:18 is enabled"), package("npm", "1:10.2.4-1.18.19.1.1.module+el8")]),
        ]),
    ]);
    check(
        &definition("2024-12345", "", &criteria),
        &[
            "ELSA-2024-12345 [] Word(\"important\") 2024-05-23T00:00:00Z",
            "  ol:8 glibc in ksplice Ranges < 2:2.28-236.0.1.ksplice1.el8_9.12",
            "  ol:8 gnutls in fips Ranges < 10:3.6.16-8.el8_9_fips",
            "  ol:8 kernel-uek Ranges < 5.4.17-2136.330.7.1.el8uek",
            "  ol:8 npm in nodejs:18 Ranges < 1:10.2.4-1.18.19.1.1.module+el8",
        ],
    );
}

#[test]
fn the_vector_of_a_single_flaw_is_kept() {
    let criteria = all(&[test("Oracle Linux 8 is installed"), package("a", "0:1-1")]);
    let scored = "<cve cvss2=\"1.2/AV:L/AC:H/Au:S/C:N/I:P/A:N\" cvss3=\"5.5/CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N\">CVE-1</cve>";
    check(
        &definition("2024-1", scored, &criteria),
        &[
            "ELSA-2024-1 [CVE-1] Cvss(\"CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N\") \
             Cvss(\"AV:L/AC:H/Au:S/C:N/I:P/A:N\") Word(\"important\") 2024-05-23T00:00:00Z",
            "  ol:8 a Ranges < 1-1",
        ],
    );
}

#[test]
fn what_is_not_understood_is_told_and_what_it_guards_is_kept() {
    let criteria =
        all(&[test("Oracle Linux 8 is installed"), test("the moon is full"), package("a", "0:1-1")]);
    check(
        &definition("2024-1", "", &criteria),
        &[
            "ELSA-2024-1 [] Word(\"important\") 2024-05-23T00:00:00Z",
            "  ol:8 a Ranges < 1-1",
            "! oval-test-not-understood",
        ],
    );
}

#[test]
fn a_damaged_definition_is_left_out_and_the_others_stay() {
    let good = |number: &str| {
        definition(number, "", &all(&[test("Oracle Linux 8 is installed"), package("a", "0:1-1")]))
    };
    let cut = good("2024-2").replace("</criteria></definition>", "</definition>");
    check(
        &[good("2024-1"), cut, good("2024-3")].concat(),
        &[
            "ELSA-2024-1 [] Word(\"important\") 2024-05-23T00:00:00Z",
            "  ol:8 a Ranges < 1-1",
            "ELSA-2024-3 [] Word(\"important\") 2024-05-23T00:00:00Z",
            "  ol:8 a Ranges < 1-1",
            "! oval-definition-damaged",
        ],
    );
    let unfinished = good("2024-2").replace("</definition>", "");
    check(
        &[good("2024-1"), unfinished, good("2024-3")].concat(),
        &[
            "ELSA-2024-1 [] Word(\"important\") 2024-05-23T00:00:00Z",
            "  ol:8 a Ranges < 1-1",
            "ELSA-2024-3 [] Word(\"important\") 2024-05-23T00:00:00Z",
            "  ol:8 a Ranges < 1-1",
            "! oval-definition-damaged",
        ],
    );
}

#[test]
fn hostile_documents_are_refused() {
    for (document, expect) in [
        (String::new(), vec!["! feed-empty"]),
        ("<oval_definitions><definitions>".to_owned(), vec!["! feed-truncated", "! feed-empty"]),
        (
            "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><oval_definitions>&b;</oval_definitions>".to_owned(),
            vec!["! xml-document-type-refused", "! feed-empty"],
        ),
        ("<a>".repeat(1_000_000), vec!["! xml-too-deep", "! feed-empty"]),
        (
            document(&definition("1", "", &"<criteria>".repeat(1_000_000))),
            vec!["! xml-too-deep", "! feed-empty"],
        ),
    ] {
        assert_eq!(parse(&OracleOval, "e.xml", document.as_bytes()).lines(), expect);
    }
}

#[test]
fn a_cut_archive_keeps_what_came_before() {
    use std::io::Write;
    let good = definition("2024-1", "", &all(&[test("Oracle Linux 8 is installed"), package("a", "0:1-1")]));
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    let filler: String = (0..400_000_u32).map(|n| format!("{:x} ", n.wrapping_mul(2_654_435_761))).collect();
    encoder.write_all(document(&format!("{good}<!-- {} -->", filler.replace('-', ""))).as_bytes()).unwrap();
    let whole = encoder.finish().unwrap();
    let cut = parse(&OracleOval, "e.xml.bz2", &whole[..whole.len() / 2]);
    assert_eq!(cut.advisories.len(), 1);
    assert_eq!(cut.problems.len(), 1, "{:?}", cut.problems);
    assert_eq!(parse(&OracleOval, "e.xml.bz2", &whole).problems, []);
}
