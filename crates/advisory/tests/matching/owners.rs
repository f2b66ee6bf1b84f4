//! Whose word counts for a package that lies in another's files, and for one that is named by half.

use plimsoll_advisory::matching::{Options, explain, find};
use plimsoll_model::{
    Conclusion, Coverage, FileId, FileKind, FileTableBuilder, NewFile, NoCoverage, NodeId, PackageType,
    TreePath,
};

use crate::rules::check;
use crate::text::{database, image};

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
