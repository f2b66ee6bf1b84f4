//! Files of Alpine's security database written by hand.

use plimsoll_advisory::Feed;
use plimsoll_advisory::feed::alpine_secdb::AlpineSecdb;

use crate::support::check;

fn file(path: &str, content: &str, expect: &str) {
    check(&AlpineSecdb, path, content, expect);
}

const JSON: &str = r#"{"distroversion":"v3.19","reponame":"main","archs":["x86_64"],
    "urlprefix":"https://dl-cdn.alpinelinux.org/alpine","packages":[
    {"pkg":{"name":"xen","secfixes":{"4.17.1-r0":["CVE-2017-2620 XSA-209"],"4.17.2-r0":["XSA-209","CVE-2023-1000"]}}},
    {"pkg":{"name":"curl","secfixes":{"0":["CVE-2024-0001"],"8.5.0-r0":["CVE-2023-46218"]}}}]}"#;

#[test]
fn a_package_is_affected_before_the_version_that_fixed_it() {
    file(
        "v3.19/main.json",
        JSON,
        "CVE-2017-2620 =XSA-209
         apk alpine 3.19 main: source xen [0, 4.17.1-r0)
         CVE-2023-1000
         apk alpine 3.19 main: source xen [0, 4.17.2-r0)
         XSA-209
         apk alpine 3.19 main: source xen [0, 4.17.2-r0)
         CVE-2023-46218
         apk alpine 3.19 main: source curl [0, 8.5.0-r0)
         CVE-2024-0001
         apk alpine 3.19 main: source curl is not affected",
    );
}

#[test]
fn a_name_beside_several_flaws_makes_none_of_them_the_other() {
    file(
        "v3.11/main.json",
        r#"{"distroversion":"v3.11","reponame":"main","packages":[{"pkg":{"name":"xen",
            "secfixes":{"4.12.0-r2":["CVE-2018-12126 XSA-297","CVE-2018-12127 XSA-297","CVE-2018-3646 XSA-273"]}}}]}"#,
        "CVE-2018-12126 ~XSA-297
         apk alpine 3.11 main: source xen [0, 4.12.0-r2)
         CVE-2018-12127 ~XSA-297
         apk alpine 3.11 main: source xen [0, 4.12.0-r2)
         CVE-2018-3646 =XSA-273
         apk alpine 3.11 main: source xen [0, 4.12.0-r2)",
    );
}

#[test]
fn yaml_says_the_same_as_json() {
    file(
        "v3.8/main.yaml",
        "---\ndistroversion: v3.8\nreponame: main\narchs:\n  - x86_64\nurlprefix: http://dl-cdn.alpinelinux.org/alpine\n\
         packages:\n  - pkg:\n      name: demo\n      secfixes:\n        1.10:\n          - CVE-2019-1000\n        \
         \"0\":\n          - CVE-2019-1001\n",
        "CVE-2019-1000
         apk alpine 3.8 main: source demo [0, 1.10)
         CVE-2019-1001
         apk alpine 3.8 main: source demo is not affected",
    );
}

#[test]
fn a_flaw_fixed_twice_is_affected_before_both() {
    file(
        "edge/community.json",
        r#"{"distroversion":"edge","reponame":"community","packages":[{"pkg":{"name":"lame",
            "secfixes":{"3.99.5-r6":["CVE-2017-9410"],"3.100-r0":["CVE-2017-9410"]}}}]}"#,
        "CVE-2017-9410
         apk alpine edge community: source lame [0, 3.100-r0) [0, 3.99.5-r6)",
    );
}

#[test]
fn a_contradiction_is_said_and_the_fix_stands() {
    file(
        "edge/main.json",
        r#"{"distroversion":"edge","reponame":"main","packages":[{"pkg":{"name":"a",
            "secfixes":{"0":["CVE-2020-1000"],"1.0-r0":["CVE-2020-1000"]}}}]}"#,
        "CVE-2020-1000
         apk alpine edge main: source a [0, 1.0-r0)
         ! secdb-contradiction edge/main.json#a: a never was affected by CVE-2020-1000 and fixed it, so the fix stands",
    );
}

#[test]
fn other_publishers_are_known_by_their_address() {
    file(
        "security.json",
        r#"{"apkurl":"{{urlprefix}}/{{reponame}}","reponame":"os","urlprefix":"https://packages.wolfi.dev",
            "packages":[{"pkg":{"name":"apko","secfixes":{"0":["CVE-2023-1000"],"0.7.2-r0":["GHSA-1234-5678-9abc"]}}}]}"#,
        "CVE-2023-1000
         apk wolfi os: source apko is not affected
         GHSA-1234-5678-9abc
         apk wolfi os: source apko [0, 0.7.2-r0)",
    );
}

#[test]
fn a_file_that_lost_its_head_is_known_by_its_path() {
    let packages = r#"{"packages":[{"pkg":{"name":"a","secfixes":{"1.0-r0":["CVE-2020-1000"]}}}]}"#;
    file(
        "v3.10/main.json",
        packages,
        "CVE-2020-1000
        apk alpine 3.10 main: source a [0, 1.0-r0)",
    );
    file(
        "main.json",
        packages,
        "! secdb-release-unknown main.json: it says neither which release nor whose packages it is about, so nothing of it was read",
    );
}

#[test]
fn odd_entries_are_said_and_the_others_kept() {
    file(
        "v3.19/main.json",
        r#"{"distroversion":"v3.19","reponame":"main","packages":[
            {"pkg":{"name":7,"secfixes":{}}},
            "what",
            {"pkg":{"name":"none","secfixes":null}},
            {"pkg":{"name":"empty","secfixes":[]}},
            {"pkg":{"name":"list","secfixes":["CVE-2020-1"]}},
            {"pkg":{"name":"mixed","secfixes":{"1.0-r0":["CVE-2020-1000",null,"CVE_2020-1001","nothing"],"2.0-r0":5}}}]}"#,
        "CVE-2020-1000
         apk alpine 3.19 main: source mixed [0, 1.0-r0)
         CVE-2020-1001
         apk alpine 3.19 main: source mixed [0, 1.0-r0)
         ! secdb-entry-damaged v3.19/main.json#packages[0]: it has no name, so it was left out
         ! secdb-entry-damaged v3.19/main.json#packages[1]: it is no package with its fixes, so it was left out
         ! secdb-entry-damaged v3.19/main.json#list: its fixes are not a list of versions, so they were left out
         ! secdb-entry-damaged v3.19/main.json#mixed: 2 of its fixes are not as they should be, so they were left out
         ! secdb-id-repaired v3.19/main.json#mixed: mixed 1.0-r0: \"CVE_2020-1001\" has an identifier with a slip in it
         ! secdb-id-unknown v3.19/main.json#mixed: mixed 1.0-r0: \"nothing\" names no flaw",
    );
}

#[test]
fn requests_take_releases_with_or_without_their_v() {
    let paths = |parts: &[&str]| -> Vec<String> {
        let parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        AlpineSecdb.requests(&parts).into_iter().map(|request| request.url).collect()
    };
    assert_eq!(
        paths(&["3.20", "edge"]),
        [
            "https://secdb.alpinelinux.org/v3.20/main.json",
            "https://secdb.alpinelinux.org/v3.20/community.json",
            "https://secdb.alpinelinux.org/edge/main.json",
            "https://secdb.alpinelinux.org/edge/community.json",
        ]
    );
    assert_eq!(paths(&[]), ["https://secdb.alpinelinux.org/"]);
}
