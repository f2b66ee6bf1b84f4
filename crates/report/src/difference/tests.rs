//! Every format of the sample pair, and the Oracle Linux pair of 2017 as a table.

use std::path::PathBuf;

use plimsoll_model::compare::{compare, compare_many};
use plimsoll_model::{Analysis, Package, PackageType};

use super::matrix::{MatrixView, PackageMatrix};
use super::*;
use crate::find;
use crate::sample::plain;

/// A document about two images, without its colours.
fn document(format: &str, before: &Analysis, after: &Analysis, options: Options) -> String {
    let comparison = compare(before, after, &sample::order);
    let view = DifferenceView { before, after, comparison: &comparison, options };
    let mut bytes = Vec::new();
    (find::<Difference>(format).unwrap().write)(&view, &mut bytes).unwrap();
    plain(&bytes)
}

fn check(format: &str, options: Options) -> String {
    document(format, &sample::before(), &sample::after(), options)
}

const EVERYTHING: Options = Options { sections: Sections::ALL, only: None, every_file: false, width: None };

/// The folder of real data beside the project, if it is there.
fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("PLIMSOLL_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let file = root.join(path);
    if !file.exists() {
        eprintln!("skipped: {} is not there", file.display());
        return None;
    }
    Some(file)
}

fn oracle_linux(name: &str) -> Option<Analysis> {
    let text = std::fs::read_to_string(shared(&format!("data/rpmdb/oraclelinux-{name}-bdb.tsv"))?).unwrap();
    let packages = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let epoch = if fields[1] == "(none)" { String::new() } else { format!("{}:", fields[1]) };
        let version = format!("{epoch}{}-{}", fields[2], fields[3]);
        Package::new(PackageType::new("rpm"), fields[0], version)
    });
    let mut image = sample::named(&format!("oraclelinux:{name}"), "rpm x 1");
    image.packages = packages.collect();
    image.packages.sort_by(Package::listing_order);
    Some(image)
}

#[test]
fn the_table_of_2017_comes_out_row_for_row() {
    let (Some(full), Some(slim)) = (oracle_linux("7"), oracle_linux("7-slim")) else { return };
    let seed = std::fs::read_to_string(shared("data/seed-85.tsv").unwrap()).unwrap();
    let mut expect: Vec<Vec<&str>> = seed.lines().map(|line| line.split('\t').collect()).collect();
    expect.iter_mut().for_each(|row| row.push(NOT_INSTALLED));
    expect.sort();
    let table = document("table", &full, &slim, Options::default());
    let rows: Vec<Vec<&str>> = table
        .lines()
        .skip_while(|line| !line.starts_with("Package "))
        .skip(2)
        .take_while(|line| !line.is_empty())
        .map(|line| line.split('│').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), 85);
    assert_eq!(rows, expect);
    assert!(table.ends_with("85 removed, 0 added, 0 upgraded, 0 downgraded\n"), "{table}");
    // The original's spelling holds the same rows.
    let plain = document("plain", &full, &slim, Options::default());
    assert_eq!(plain.lines().count(), 86);
    assert!(
        plain.contains(
            "\noraclelinux:7 oraclelinux:7 oraclelinux:7-slim vim-minimal 7.4.160-1.el7_3.1 NOTINSTALLED\n"
        ),
        "{plain}"
    );
}

#[test]
fn a_removed_package_shows_as_not_installed() {
    let table = document(
        "table",
        &sample::named("a", "deb bash 1, deb perl 5"),
        &sample::named("b", "deb bash 1"),
        Options::default(),
    );
    insta::assert_snapshot!(table);
}

#[test]
fn the_table_shows_everything_that_was_asked_for() {
    insta::assert_snapshot!(check("table", EVERYTHING));
}

#[test]
fn a_narrow_terminal_cuts_columns_and_not_lines() {
    let table = check("table", Options { width: Some(60), ..Options::default() });
    let widest =
        table.lines().take_while(|line| !line.contains("problem")).map(|line| line.chars().count()).max();
    assert!(widest <= Some(60), "{table}");
}

#[test]
fn csv_tells_every_difference_in_six_columns() {
    insta::assert_snapshot!(check("csv", EVERYTHING));
}

#[test]
fn csv_keeps_the_bytes_of_a_name_and_the_epoch_of_a_version() {
    let (before, after) = (sample::before(), sample::after());
    let comparison = compare(&before, &after, &sample::order);
    let view =
        DifferenceView { before: &before, after: &after, comparison: &comparison, options: EVERYTHING };
    let mut bytes = Vec::new();
    csv::write(&view, &mut bytes).unwrap();
    let holds = |wanted: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
    assert!(bytes.starts_with(b"kind,change,type,name,before,after\r\n"));
    assert!(holds(b",/srv/caf\xe9,"));
    assert!(holds(b"package,removed,rpm,tar,2:1.26-31,\r\n"));
}

#[test]
fn json_follows_its_schema() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../schemas/diff-1.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let (dir, image) = (sample::named("dir:/", "deb a 1"), sample::before());
    for (left, right) in [(&image, &sample::after()), (&dir, &image), (&image, &image)] {
        for options in [EVERYTHING, Options::default()] {
            let text = document("json", left, right, options);
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            let errors: Vec<_> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}\n{text}");
        }
    }
}

#[test]
fn json_holds_everything_of_both_sides() {
    insta::assert_snapshot!(check("json", EVERYTHING));
}

#[test]
fn markdown_folds_long_lists_and_keeps_names_in_code() {
    insta::assert_snapshot!(check("markdown", EVERYTHING));
}

#[test]
fn plain_has_the_six_columns_of_the_original() {
    insta::assert_snapshot!(check("plain", Options::default()));
}

#[test]
fn html_is_one_well_formed_page_without_a_request() {
    let page = check("html", EVERYTHING);
    for forbidden in ["<script", "http://", "https://", "url(", "@import", "<b>&amp;</b>"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("COPY zlib &lt;b&gt;&amp;amp;&lt;/b&gt; /usr/lib"));
    crate::page::assert_well_formed(&page);
}

#[test]
fn one_kind_of_change_can_be_asked_for_alone() {
    for (only, word) in Only::ALL {
        let options = Options { only: Some(only), ..Options::default() };
        let csv = check("csv", options);
        for row in csv.lines().skip(1) {
            let change = row.split(',').nth(1).unwrap();
            let wanted = change == word || word == "changed" && change.ends_with("graded");
            assert!(wanted, "{word}: {row}");
        }
        assert!(csv.lines().count() > 1, "{word}");
    }
}

#[test]
fn images_that_are_the_same_say_so_in_words() {
    let mut other = sample::before();
    other.identity.manifest_digest = Some(crate::sample::digest(0x77));
    for format in ["table", "markdown", "html"] {
        let text = document(format, &sample::before(), &other, EVERYTHING);
        assert!(text.contains("have the same content"), "{text}");
        let text = document(format, &other, &other, EVERYTHING);
        assert!(text.contains("are identical"), "{text}");
    }
    let bare = sample::named("bare", "deb a 1");
    let text = document("table", &bare, &bare, Options::default());
    assert!(text.contains("not everything could be compared"), "{text}");
}

#[test]
fn every_format_gives_the_same_bytes_again() {
    for format in ALL {
        assert_eq!(check(format.id, EVERYTHING), check(format.id, EVERYTHING), "{}", format.id);
    }
}

fn matrix(format: &str) -> String {
    let images =
        [sample::before(), sample::after(), sample::named("shop:3", "deb bash 6 amd64, deb attrs 1")];
    let images: Vec<&Analysis> = images.iter().collect();
    let matrix = compare_many(&images);
    let view = MatrixView { images: &images, matrix: &matrix, width: None };
    let mut bytes = Vec::new();
    (find::<PackageMatrix>(format).unwrap().write)(&view, &mut bytes).unwrap();
    plain(&bytes)
}

#[test]
fn three_images_make_a_matrix() {
    insta::assert_snapshot!(matrix("table"));
    insta::assert_snapshot!(matrix("csv"));
    insta::assert_snapshot!(matrix("markdown"));
    assert!(matrix("html").contains("<td class=\"missing\" data-side=\"shop:3\">Not Installed</td>"));
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../schemas/diff-matrix-1.json")).unwrap();
    let value: serde_json::Value = serde_json::from_str(&matrix("json")).unwrap();
    jsonschema::validate(&schema, &value).unwrap();
}
