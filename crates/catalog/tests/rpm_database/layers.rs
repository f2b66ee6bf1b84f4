//! What the databases of several layers mean together.

use plimsoll_model::Package;

use crate::image::{Image, database, fixtures, rows, truth};

const BERKELEY: &str = "var/lib/rpm/Packages";
const NDB: &str = "var/lib/rpm/Packages.db";
const SQLITE: &str = "var/lib/rpm/rpmdb.sqlite";
const LOG: &str = "var/lib/rpm/rpmdb.sqlite-wal";

fn full() -> Vec<u8> {
    database("oraclelinux-7-bdb", "Packages")
}

fn slim() -> Vec<u8> {
    database("oraclelinux-7-slim-bdb", "Packages")
}

fn wal(ending: &str) -> Vec<u8> {
    database("variants", &format!("sqlite-wal/{ending}"))
}

/// How many packages each layer brought.
fn by_layer(packages: &[Package]) -> Vec<usize> {
    let mut counts = vec![0; 8];
    for package in packages {
        counts[package.layer.unwrap() as usize] += 1;
    }
    while counts.last() == Some(&0) {
        counts.pop();
    }
    counts
}

fn check(image: Image, expect: &[usize]) -> Vec<Package> {
    let (packages, _, problems) = image.join();
    assert_eq!(problems, []);
    assert_eq!(by_layer(&packages), expect);
    packages
}

#[test]
fn a_package_belongs_to_the_layer_that_installed_it() {
    check(Image::default().file(0, BERKELEY, &slim()).file(3, BERKELEY, &full()), &[101, 0, 0, 85]);
}

#[test]
fn a_package_that_was_removed_and_came_again_belongs_to_the_later_layer() {
    let image =
        Image::default().file(0, BERKELEY, &full()).file(1, BERKELEY, &slim()).file(2, BERKELEY, &full());
    check(image, &[101, 0, 85]);
}

#[test]
fn a_removed_database_lists_nothing() {
    check(Image::default().file(0, BERKELEY, &slim()).remove(BERKELEY), &[]);
}

#[test]
fn a_database_that_changes_its_format_stays_the_same_installation() {
    let ndb = database("oraclelinux-7-ndb", "Packages.db");
    let image = Image::default().file(0, BERKELEY, &slim()).file(1, NDB, &ndb).remove(BERKELEY);
    check(image, &[101, 85]);
}

#[test]
fn the_backend_that_rpm_prefers_counts() {
    let ndb = database("oraclelinux-7-ndb", "Packages.db");
    let sqlite = database("oraclelinux-7-slim-sqlite", "rpmdb.sqlite");
    let image = || Image::default().file(0, BERKELEY, &slim()).file(0, NDB, &ndb);
    let several = |image: Image, packages: usize| {
        let (found, _, problems) = image.join();
        assert_eq!(found.len(), packages);
        assert!(matches!(problems.as_slice(), [problem] if problem.code.as_str() == "rpm-database-several"));
        found
    };
    assert_eq!(several(image(), 186)[0].evidence.as_ref().unwrap().to_string(), "/var/lib/rpm/Packages.db");
    several(image().file(0, SQLITE, &sqlite), 101);
}

#[test]
fn a_database_that_cannot_be_read_does_not_hide_another() {
    let (packages, _, problems) = Image::default().file(0, BERKELEY, &slim()).file(0, NDB, b"RpmP").join();
    assert_eq!((packages.len(), problems.len()), (101, 1), "{problems:?}");
}

#[test]
fn two_directories_with_a_database_each_do_not_double_packages() {
    let image = Image::default().file(0, "usr/lib/sysimage/rpm/Packages", &slim()).file(0, BERKELEY, &full());
    let packages = check(image, &[186]);
    assert_eq!(rows(&packages), truth(&fixtures().join("oraclelinux-7-bdb.tsv")));
}

#[test]
fn a_linked_directory_is_one_database() {
    let image = Image::default()
        .file(0, "usr/lib/sysimage/rpm/Packages", &slim())
        .link("var/lib/rpm", "../../usr/lib/sysimage/rpm");
    check(image, &[101]);
}

#[test]
fn the_log_may_lie_in_another_layer_than_its_database() {
    let image = Image::default().file(0, SQLITE, &wal("rpmdb.sqlite")).file(1, LOG, &wal("rpmdb.sqlite-wal"));
    let (packages, _, problems) = image.join();
    assert_eq!(problems, []);
    assert_eq!(rows(&packages), truth(&fixtures().join("oraclelinux-7-bdb.tsv")));
    assert_eq!(by_layer(&packages), [101, 85]);
}

#[test]
fn a_log_that_no_longer_shows_changes_nothing() {
    let image = Image::default().file(0, SQLITE, &wal("rpmdb.sqlite")).file(0, LOG, &wal("rpmdb.sqlite-wal"));
    check(image.remove(LOG), &[101]);
    let elsewhere = Image::default().file(0, SQLITE, &wal("rpmdb.sqlite")).file(
        0,
        "usr/share/rpm/rpmdb.sqlite-wal",
        &wal("rpmdb.sqlite-wal"),
    );
    check(elsewhere, &[101]);
}

#[test]
fn a_log_cut_short_counts_up_to_its_last_whole_transaction() {
    // Ten frames are not enough for the end of the log's transaction.
    let log = &wal("rpmdb.sqlite-wal")[..32 + 10 * (24 + 4096)];
    let image = Image::default().file(0, SQLITE, &wal("rpmdb.sqlite")).file(0, LOG, log);
    check(image, &[101]);
}

#[test]
fn a_list_of_packages_counts_where_there_is_no_database() {
    const TABLE: &str = "var/lib/rpmmanifest/container-manifest-2";
    const NAMES: &str = "var/lib/rpmmanifest/container-manifest-1";
    let line = b"zlib\t1.2.12-1.cm2\t1660000000\t1650000000\tMicrosoft Corporation\t(none)\t4096\tx86_64\t0\tzlib-1.2.12-1.cm2.src.rpm\n";
    let names = b"zlib-1.2.12-1.cm2.x86_64\nglibc-2.35-2.cm2.x86_64\n";
    let packages = check(Image::default().file(1, TABLE, line).file(0, NAMES, names), &[0, 1]);
    assert_eq!(packages[0].version, "1.2.12-1.cm2");
    assert_eq!(packages[0].source.as_ref().unwrap().name, "zlib");
    check(Image::default().file(0, NAMES, names), &[2]);
    check(Image::default().file(0, NAMES, names).file(0, BERKELEY, &slim()), &[101]);
}
