//! dpkg databases of one and several layers.

use plimsoll_model::{InstallReason, Package};

use super::sample_image::{Read, Sample, read};
use super::{Dpkg, DpkgReader};
use crate::ecosystem::Ecosystem as _;
use crate::evidence::os_release::OsRelease;

use Sample::{Directory, File, Link, Removed};

const BASH: &str = "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2-1\n";

fn look(layers: &[&[Sample<'_>]]) -> Read {
    read(&[&OsRelease, &DpkgReader], layers)
}

fn only(read: &Read) -> &Package {
    let [package] = read.joined.packages.as_slice() else { panic!("{:?}", read.joined.packages) };
    package
}

/// Installed packages as `name version arch`, of a status.
fn check(status: &str, expect: &[&str]) -> Read {
    let read = look(&[&[File("var/lib/dpkg/status", status)]]);
    let found: Vec<String> = read
        .joined
        .packages
        .iter()
        .map(|one| format!("{} {} {}", one.name, one.version, one.arch.as_deref().unwrap_or("-")))
        .collect();
    assert_eq!(found, expect, "{status}");
    read
}

#[test]
fn a_package_is_told_with_everything_that_its_stanza_says() {
    let status = "\
Package: libc6
Status: install ok installed
Priority: optional
Section: libs
Installed-Size: 12986
Maintainer: GNU Libc Maintainers <a@b>
Architecture: amd64
Multi-Arch: same
Source: glibc (2.36-9)
Version: 2.36-9+b1
Replaces: libc6-amd64
Provides: libc6-2.36, x (= 1)
Depends: libgcc-s1, a (>= 1) | b,
\tfolded
Pre-Depends: first
Conffiles:
 /etc/ld.so.conf.d/x.conf d4e7a7b88a71b5ffd9e2644e71a0cfab
 /etc/old conf 593ad12389ab2b6f952e7ede67b8fbbf obsolete
Description: GNU C Library: Shared libraries
 Contains the standard libraries.
 .
 More.
Homepage: https://www.gnu.org/software/libc/libc.html
Origin: Somewhere
Bugs: debbugs://x
";
    let read = look(&[&[
        File("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n"),
        File("etc/old conf", ""),
        File("var/lib/dpkg/status", status),
        File("var/lib/dpkg/info/libc6:amd64.list", "/.\n"),
    ]]);
    let package = only(&read);
    let source = package.source.as_ref().unwrap();
    assert_eq!((source.name.as_str(), source.version.as_deref()), ("glibc", Some("2.36-9")));
    assert_eq!(package.size, Some(12986 * 1024));
    assert_eq!(package.vendor.as_deref(), Some("GNU Libc Maintainers <a@b>"));
    assert_eq!(package.requires, ["first", "libgcc-s1", "a (>= 1) | b", "folded"]);
    assert_eq!(package.provides, ["libc6-2.36", "x (= 1)"]);
    assert_eq!(package.summary.as_deref(), Some("GNU C Library: Shared libraries"));
    assert_eq!(package.url.as_deref(), Some("https://www.gnu.org/software/libc/libc.html"));
    assert_eq!(package.origin.as_deref(), Some("Somewhere"));
    assert_eq!(package.reason, InstallReason::Unknown);
    assert_eq!(package.evidence.as_ref().unwrap().to_string(), "/var/lib/dpkg/status");
    assert_eq!(
        package.purl.as_ref().unwrap().to_string(),
        "pkg:deb/debian/libc6@2.36-9%2Bb1?arch=amd64&distro=debian-12&upstream=glibc%402.36-9"
    );
    assert_eq!(read.paths_of("libc6"), ["/", "/etc/old conf", "/var/lib/dpkg/info/libc6:amd64.list"]);
    assert_eq!(read.problems, []);
    assert_eq!(read.joined.problems, []);
}

#[test]
fn the_third_word_of_the_status_says_whether_a_package_is_there() {
    let with = |state: &str| format!("Package: a\nStatus: {state}\nVersion: 1\n");
    for state in ["installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"] {
        check(&with(&format!("install ok {state}")), &["a 1 -"]);
    }
    check(&with("hold ok installed"), &["a 1 -"]);
    check(&with("deinstall ok config-files"), &[]);
    check("Package: a\nStatus: purge ok not-installed\n", &[]);
    check("Package: a\nVersion: 1\n", &[]);
    assert_eq!(check(&with("install ok half-installed"), &[]).problems.len(), 1);
    assert_eq!(check(&with("rubbish"), &[]).problems.len(), 1);
}

#[test]
fn a_source_without_a_version_has_the_packages_own() {
    let read = check("Package: a\nStatus: install ok installed\nVersion: 1\nSource: b\n", &["a 1 -"]);
    let source = only(&read).source.clone().unwrap();
    assert_eq!((source.name.as_str(), source.version.as_deref()), ("b", Some("1")));
    let read = check(BASH, &["bash 5.2-1 amd64"]);
    let source = only(&read).source.clone().unwrap();
    assert_eq!((source.name.as_str(), source.version.as_deref()), ("bash", Some("5.2-1")));
}

#[test]
fn several_architectures_stand_side_by_side_and_a_repeated_stanza_replaces() {
    let stanza = |arch: &str, version: &str| {
        format!(
            "Package: l\nStatus: install ok installed\nArchitecture: {arch}\nVersion: {version}\nMulti-Arch: same\n\n"
        )
    };
    let status = stanza("amd64", "1") + &stanza("i386", "1") + &stanza("amd64", "2");
    check(&status, &["l 2 amd64", "l 1 i386"]);
    let read = look(&[&[
        File("var/lib/dpkg/status", &status),
        File("var/lib/dpkg/info/l:amd64.list", "/usr/lib/x86/l\n"),
        File("var/lib/dpkg/info/l:i386.list", "/usr/lib/i386/l\n"),
        File("usr/lib/x86/l", ""),
        File("usr/lib/i386/l", ""),
    ]]);
    let mut owned: Vec<(String, Option<String>)> = read
        .joined
        .owned
        .iter()
        .map(|(id, index)| {
            let arch = read.joined.packages[*index as usize].arch.clone();
            (read.table.path(*id).to_string(), arch)
        })
        .collect();
    owned.sort();
    let expect = [
        ("/usr/lib/i386/l", "i386"),
        ("/usr/lib/x86/l", "amd64"),
        ("/var/lib/dpkg/info/l:amd64.list", "amd64"),
        ("/var/lib/dpkg/info/l:i386.list", "i386"),
    ]
    .map(|(path, arch)| (path.to_owned(), Some(arch.to_owned())));
    assert_eq!(owned, expect);
}

#[test]
fn a_damaged_database_gives_the_rest() {
    let status = format!("Package: a\nStatus: install ok installed\n\n{BASH}\n\u{1}\u{2}\nrubbish\n");
    let read = check(&status, &["bash 5.2-1 amd64"]);
    assert!(read.problems.iter().all(|problem| {
        problem.code.as_str() == "dpkg-status-damaged" && problem.subject == "/var/lib/dpkg/status"
    }));
    assert_eq!(read.problems.len(), 2, "{:?}", read.problems);
    let empty = check("", &[]).problems;
    assert!(matches!(empty.as_slice(), [problem] if problem.detail.contains("is empty")));
}

#[test]
fn distroless_images_have_a_file_for_each_package() {
    let read = look(&[&[
        File("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n"),
        File("var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n"),
        File("var/lib/dpkg/status.d/base.md5sums", "d41d8cd98f00b204e9800998ecf8427e  etc/issue\n"),
        File("var/lib/dpkg/status.d/gone", "Package: g\nStatus: deinstall ok config-files\nVersion: 1\n"),
        File("etc/issue", ""),
        File("usr/share/doc/base-files/copyright", "/usr/share/common-licenses/GPL-2"),
    ]]);
    let package = only(&read);
    assert_eq!(package.name, "base-files");
    assert_eq!(package.licenses, ["GPL-2"]);
    assert_eq!(package.evidence.as_ref().unwrap().to_string(), "/var/lib/dpkg/status.d/base");
    assert_eq!(
        read.paths_of("base-files"),
        ["/etc/issue", "/var/lib/dpkg/status.d/base", "/var/lib/dpkg/status.d/base.md5sums"]
    );
    assert_eq!(read.joined.problems, []);
}

#[test]
fn paths_lead_through_links_and_diversions() {
    let read = look(&[&[
        Link("bin", "usr/bin"),
        File("usr/bin/ls", ""),
        Link("usr/bin/sh", "bash"),
        File("usr/bin/bash", ""),
        File("usr/bin/vi.real", ""),
        Directory("usr/share/empty"),
        File("var/lib/dpkg/diversions", "/bin/vi\n/bin/vi.real\nvim\n"),
        File("var/lib/dpkg/status", BASH),
        File(
            "var/lib/dpkg/info/bash.list",
            "/.\n/bin\n/bin/ls\n/bin/sh\n/bin/vi\n/usr/share/empty\n/gone/x\n/usr/bin/../bin/bash\n",
        ),
        File("var/lib/dpkg/info/bash.postinst", ""),
        File("var/lib/dpkg/info/bashful.postinst", ""),
    ]]);
    assert_eq!(
        read.paths_of("bash"),
        [
            "/",
            "/bin",
            "/usr/bin/bash",
            "/usr/bin/ls",
            "/usr/bin/sh",
            "/usr/bin/vi.real",
            "/usr/share/empty",
            "/var/lib/dpkg/info/bash.list",
            "/var/lib/dpkg/info/bash.postinst",
        ]
    );
}

#[test]
fn apts_marks_say_why_a_package_is_there() {
    let marks = "Package: bash\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: tzdata\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: vim\nArchitecture: amd64\nAuto-Installed: 0\n";
    let stanza = |name: &str, arch: &str| {
        format!("Package: {name}\nStatus: install ok installed\nArchitecture: {arch}\nVersion: 1\n\n")
    };
    let status = stanza("bash", "amd64")
        + &stanza("bash", "i386")
        + &stanza("tzdata", "all")
        + &stanza("vim", "amd64");
    let read = look(&[&[File("var/lib/dpkg/status", &status), File("var/lib/apt/extended_states", marks)]]);
    let reasons: Vec<InstallReason> = read.joined.packages.iter().map(|package| package.reason).collect();
    use InstallReason::{Dependency, Explicit};
    assert_eq!(reasons, [Dependency, Explicit, Dependency, Explicit]);
}

#[test]
fn a_package_came_with_the_lowest_layer_from_which_on_it_stayed() {
    let stanza = |name: &str, version: &str| {
        format!("Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n")
    };
    let first =
        stanza("stays", "1") + &stanza("upgraded", "1") + &stanza("returns", "1") + &stanza("leaves", "1");
    let second = stanza("stays", "1") + &stanza("upgraded", "2");
    let third = second.clone() + &stanza("returns", "1") + &stanza("new", "1");
    let read = look(&[
        &[File("var/lib/dpkg/status", &first), File("var/lib/dpkg/info/stays.list", "/a\n"), File("a", "")],
        &[File("b", "")],
        &[File("var/lib/dpkg/status", &second)],
        &[File("var/lib/dpkg/status", &third)],
    ]);
    let layers: Vec<(&str, Option<u32>)> =
        read.joined.packages.iter().map(|package| (package.name.as_str(), package.layer)).collect();
    assert_eq!(layers, [("new", Some(3)), ("returns", Some(3)), ("stays", Some(0)), ("upgraded", Some(2))]);
    assert_eq!(read.paths_of("stays"), ["/a", "/var/lib/dpkg/info/stays.list"]);
    assert_eq!(read.joined.problems.len(), 1, "three packages have no list");
}

#[test]
fn a_removed_database_leaves_no_packages() {
    let read = look(&[&[File("var/lib/dpkg/status", BASH)], &[Removed("var/lib/dpkg/status")]]);
    assert_eq!(read.joined.packages, []);
}

#[test]
fn licences_are_found_through_a_linked_directory() {
    let read = look(&[&[
        File("var/lib/dpkg/status", BASH),
        File("var/lib/dpkg/info/bash.list", ""),
        Link("usr/share/doc/bash", "bash-common"),
        File(
            "usr/share/doc/bash-common/copyright",
            "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-3+\n",
        ),
    ]]);
    assert_eq!(only(&read).licenses, ["GPL-3.0-or-later"]);
}

#[test]
fn without_a_distribution_there_is_no_package_url() {
    let read = check(BASH, &["bash 5.2-1 amd64"]);
    assert_eq!(only(&read).purl, None);
    assert_eq!(Dpkg.purl(only(&read), None), None);
}
