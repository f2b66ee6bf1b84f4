//! What is refused, when, and with which exit code.

use crate::commands::Bench;

#[test]
fn several_comparisons_are_never_one_broken_document() {
    let bench = Bench::new();
    let (before, after) = bench.pair();
    let image = format!("--image={before}");
    let both = ["query", &image, "show-pkg-diffs", &after, &after];
    let rows = |arguments: &[&str]| bench.run(arguments).matches("Not Installed").count();
    assert_eq!(rows(&both), 2 * rows(&both[..4]));
    for format in ["json", "csv", "html"] {
        let (code, _, told) = bench.ends(&[&both[..], &["--format", format]].concat());
        assert!(code == Some(2) && told.contains("one image at a time"), "{format}: {told}");
    }
}

#[test]
fn what_cannot_be_answered_is_refused_before_an_image_is_read() {
    let bench = Bench::new();
    let check = |arguments: &[&str], expect: &str| {
        let (code, _, told) = bench.ends(arguments);
        assert!(code == Some(2) && told.contains(expect), "{arguments:?}: {told}");
    };
    let absent = ["oci:/nowhere/a", "oci:/nowhere/b", "oci:/nowhere/c"];
    let several = |more: &[&'static str]| [&["diff"], &absent[..], more].concat();
    check(&several(&["--files", "--all"]), "leave out --files, --all");
    check(&several(&["--only", "added"]), "--only is for two images");
    check(&several(&["--format", "plain"]), "not written as plain; use table, json, csv, markdown, html");
    check(&["files", absent[0], "--evidence", "--format", "csv"], "not written as CSV");
    check(&["vulns", absent[0], "--explain", "CVE-1", "--format", "csv"], "written as table or json");
    check(&["vulns", absent[0], "--package", "[", "--format", "csv"], "is no pattern");
    check(&["vulns", absent[0], "--trust-attached-vex", "--no-attached-vex"], "cannot be used with");
}

#[test]
fn without_a_database_there_is_no_data() {
    let bench = Bench::new();
    let (before, after) = bench.pair();
    let nowhere = bench.cache().join("no-advisories").display().to_string();
    for arguments in [&["vulns", &before][..], &["diff", "--vulns", &before, &after]] {
        let (code, _, told) = bench.ends(&[arguments, &["--advisories", &nowhere]].concat());
        assert_eq!(code, Some(3), "{arguments:?}: {told}");
    }
}
