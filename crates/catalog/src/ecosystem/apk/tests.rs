//! apk databases of one and several layers.

use plimsoll_model::InstallReason;

use super::ApkReader;
use crate::ecosystem::dpkg::sample_image::{Read, Sample, read};
use crate::evidence::os_release::OsRelease;

use Sample::{File, Link};

const MUSL: &str = "\
C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=
P:musl
V:1.2.5-r0
A:x86_64
S:407278
I:667648
T:the musl c library (libc) implementation
U:https://musl.libc.org/
L:MIT
o:musl
m:Timo Teräs <timo.teras@iki.fi>
t:1711406075
c:33c53a1d2e8d2ba7fb4d7ee7d2e5fd22e7c6b2bd
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1SLkS9hBidUbPwwrw+XR0Whv3ww8=
";

fn look(layers: &[&[Sample<'_>]]) -> Read {
    read(&[&OsRelease, &ApkReader], layers)
}

fn check(database: &str, expect: &[&str]) -> Read {
    let read = look(&[&[File("lib/apk/db/installed", database)]]);
    let found: Vec<String> =
        read.joined.packages.iter().map(|one| format!("{} {}", one.name, one.version)).collect();
    assert_eq!(found, expect, "{database}");
    read
}

#[test]
fn a_package_is_told_with_everything_that_its_block_says() {
    let read = look(&[&[
        File("etc/os-release", "ID=alpine\nVERSION_ID=3.20.3\n"),
        File("lib/apk/db/installed", MUSL),
        File("lib/ld-musl-x86_64.so.1", ""),
    ]]);
    let [package] = read.joined.packages.as_slice() else { panic!() };
    assert_eq!(package.arch.as_deref(), Some("x86_64"));
    assert_eq!(package.size, Some(667_648));
    assert_eq!(package.licenses, ["MIT"]);
    assert_eq!(package.vendor.as_deref(), Some("Timo Teräs <timo.teras@iki.fi>"));
    assert_eq!(package.provides, ["so:libc.musl-x86_64.so.1=1"]);
    assert_eq!(package.source.as_ref().unwrap().version.as_deref(), Some("1.2.5-r0"));
    assert_eq!(package.reason, InstallReason::Unknown);
    assert_eq!(
        package.purl.as_ref().unwrap().to_string(),
        "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.3"
    );
    assert_eq!(read.paths_of("musl"), ["/lib", "/lib/ld-musl-x86_64.so.1"]);
    assert_eq!(read.problems, []);
}

#[test]
fn an_origin_of_another_name_is_the_upstream() {
    let read = look(&[&[
        File("etc/os-release", "ID=alpine\nVERSION_ID=3.20.3\n"),
        File(
            "lib/apk/db/installed",
            "P:ssl_client\nV:1.36.1-r29\nA:x86_64\no:busybox\nL:GPL-2.0-only AND MIT\nD:so:a !conflict b>1\n",
        ),
    ]]);
    let [package] = read.joined.packages.as_slice() else { panic!() };
    assert_eq!(
        package.purl.as_ref().unwrap().to_string(),
        "pkg:apk/alpine/ssl_client@1.36.1-r29?arch=x86_64&distro=alpine-3.20.3&upstream=busybox"
    );
    assert_eq!(package.licenses, ["GPL-2.0-only AND MIT"]);
    assert_eq!(package.requires, ["so:a", "b>1"]);
}

#[test]
fn the_last_block_may_lack_its_empty_line() {
    check("P:a\nV:1\n\nP:b\nV:2", &["a 1", "b 2"]);
    check("P:a\nV:1\n\nP:b\nV:2\n", &["a 1", "b 2"]);
}

#[test]
fn a_linked_library_directory_does_not_double_the_database() {
    let read = look(&[&[
        Link("lib", "usr/lib"),
        File("usr/lib/apk/db/installed", MUSL),
        File("usr/lib/ld-musl-x86_64.so.1", ""),
    ]]);
    assert_eq!(read.joined.packages.len(), 1);
    assert_eq!(read.paths_of("musl"), ["/lib", "/usr/lib/ld-musl-x86_64.so.1"]);
    assert_eq!(read.joined.packages[0].evidence.as_ref().unwrap().to_string(), "/usr/lib/apk/db/installed");
}

#[test]
fn world_says_what_was_asked_for() {
    let read = look(&[&[
        File("lib/apk/db/installed", "P:a\nV:1\n\nP:b\nV:1\n\nP:c\nV:1\np:cmd:sh=1 so:x\n\nP:d\nV:1\n"),
        File("etc/apk/world", "a@edge\ncmd:sh\n!d\n"),
    ]]);
    use InstallReason::{Dependency, Explicit};
    let reasons: Vec<_> = read.joined.packages.iter().map(|package| package.reason).collect();
    assert_eq!(reasons, [Explicit, Dependency, Explicit, Dependency]);
}

#[test]
fn a_package_came_with_the_lowest_layer_from_which_on_it_stayed() {
    let read = look(&[
        &[File("lib/apk/db/installed", "P:a\nV:1\n\nP:b\nV:1\n")],
        &[File("lib/apk/db/installed", "P:a\nV:1\n\nP:b\nV:2\n")],
    ]);
    let layers: Vec<_> = read.joined.packages.iter().map(|package| package.layer).collect();
    assert_eq!(layers, [Some(0), Some(1)]);
}

#[test]
fn damage_is_told_and_the_rest_is_kept() {
    let read = check("P:a\n\nrubbish\nP:b\nV:2\n", &["b 2"]);
    assert_eq!(read.problems.len(), 2);
    assert!(read.problems.iter().all(|problem| problem.subject == "/lib/apk/db/installed"));
}
