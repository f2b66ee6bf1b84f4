//! Errata of one stream of a distribution: modules, update streams, kernels' lines, extras.

use plimsoll_advisory::matching::{Options, explain, find};

use crate::rules::check;
use crate::text::{database, findings, image};

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
