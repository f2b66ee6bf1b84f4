//! Every database agrees row for row with what `rpm -qa` prints of it.

use std::path::Path;

use plimsoll_model::InstallReason;

use crate::image::{Image, database, fixtures, rows, shared, truth, unpack};

/// Reads one archive of a root file system as one layer.
fn check(folder: &Path, name: &str) {
    let mut image = Image::default();
    for (path, content) in unpack(&folder.join(format!("{name}.tar.zst"))) {
        image = image.file(0, &path, &content);
    }
    let (packages, _, problems) = image.join();
    assert_eq!(problems, [], "{name}");
    let truth = truth(&folder.join(format!("{name}.tsv")));
    assert!(truth.len() > 100, "{name}");
    assert_eq!(rows(&packages), truth, "{name}");
}

/// Reads one of the rare forms; `sqlite-wal` holds the full installation, the others the slim one.
fn check_variant(name: &str, expect: &str) {
    let mut image = Image::default();
    for (path, content) in unpack(&fixtures().join("variants.tar.zst")) {
        if let Some(("", file)) = path.split_once(name) {
            image = image.file(0, &format!("var/lib/rpm{file}"), &content);
        }
    }
    let (packages, _, problems) = image.join();
    assert_eq!(problems, [], "{name}");
    assert_eq!(rows(&packages), truth(&fixtures().join(expect)), "{name}");
}

#[test]
fn a_berkeley_db_lists_what_rpm_lists() {
    check(&fixtures(), "oraclelinux-7-bdb");
    check(&fixtures(), "oraclelinux-7-slim-bdb");
}

#[test]
fn an_ndb_lists_what_rpm_lists() {
    check(&fixtures(), "oraclelinux-7-ndb");
    check(&fixtures(), "oraclelinux-7-slim-ndb");
}

#[test]
fn a_sqlite_database_lists_what_rpm_lists() {
    check(&fixtures(), "oraclelinux-7-sqlite");
    check(&fixtures(), "oraclelinux-7-slim-sqlite");
}

#[test]
fn databases_of_centos_and_mariner_list_what_rpm_lists() {
    let Some(folder) = shared("data/rpmdb") else { return };
    for name in ["centos-5-bdb", "centos-7-bdb", "mariner-2.0-sqlite"] {
        check(&folder, name);
    }
}

#[test]
fn every_byte_order_and_page_size_reads_alike() {
    for name in ["bdb-big-endian-512", "bdb-65536", "sqlite-512-reserved", "sqlite-65536"] {
        check_variant(name, "oraclelinux-7-slim-bdb.tsv");
    }
}

#[test]
fn what_was_committed_to_the_write_ahead_log_counts() {
    check_variant("sqlite-wal", "oraclelinux-7-bdb.tsv");
}

#[test]
fn a_package_says_all_that_its_header_says() {
    let (packages, _, _) =
        Image::default().file(0, "var/lib/rpm/Packages", &database("oraclelinux-7-bdb", "Packages")).join();
    let package = packages.iter().find(|package| package.name == "dbus-libs").unwrap();
    assert_eq!(package.version, "1:1.6.12-17.0.1.el7");
    assert_eq!(package.size, Some(110_286));
    assert_eq!(package.summary.as_deref(), Some("The dbus-libs package"));
    assert_eq!(package.url.as_deref(), Some("https://linux.oracle.com/dbus"));
    assert_eq!(package.requires[..2], ["/bin/sh", "rpmlib(CompressedFileNames) <= 3.0.4-1"]);
    assert_eq!(package.provides[0], "dbus-libs = 1:1.6.12-17.0.1.el7");
    assert_eq!(package.reason, InstallReason::Unknown);
    assert_eq!(package.evidence.as_ref().unwrap().to_string(), "/var/lib/rpm/Packages");
    assert_eq!(package.purl.as_ref().unwrap().qualifiers["epoch"], "1");
    let key = packages.iter().find(|package| package.name == "gpg-pubkey").unwrap();
    assert_eq!((key.arch.as_deref(), &key.source), (None, &None));
}
