//! Distributions by os-release and its older kin.

use plimsoll_model::Distribution;

use super::OsRelease;
use crate::ecosystem::dpkg::sample_image::{Read, Sample, read};

use Sample::{File, Link, Removed};

fn look(layers: &[&[Sample<'_>]]) -> Read {
    read(&[&OsRelease], layers)
}

fn distribution(samples: &[Sample<'_>]) -> Distribution {
    look(&[samples]).joined.distribution.unwrap()
}

/// Id, release and code name of an image with one file of old.
fn check(path: &str, content: &str, id: &str, version: Option<&str>, codename: Option<&str>) {
    let read = distribution(&[File(path, content)]);
    assert_eq!(read.id, id, "{content}");
    assert_eq!(read.version_id.as_deref(), version, "{content}");
    assert_eq!(read.codename.as_deref(), codename, "{content}");
    assert_eq!(read.evidence, format!("/{path}"));
}

#[test]
fn debian_says_who_it_is_through_a_link() {
    let read = distribution(&[
        Link("etc/os-release", "../usr/lib/os-release"),
        File(
            "usr/lib/os-release",
            "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n",
        ),
        File("etc/debian_version", "12.8\n"),
        File("srv/other/os-release", "ID=other\n"),
    ]);
    assert_eq!(read.id, "debian");
    assert_eq!(read.title(), "Debian GNU/Linux 12 (bookworm)");
    assert_eq!(read.version_id.as_deref(), Some("12"));
    assert_eq!(read.point_release.as_deref(), Some("12.8"));
    assert_eq!(read.evidence, "/usr/lib/os-release");
}

#[test]
fn a_link_may_lead_anywhere() {
    let read = distribution(&[
        Link("etc/os-release", "static/os-release"),
        Link("etc/static", "/store/etc"),
        File("store/etc/os-release", "ID=nixos\nVARIANT_ID=container\nID_LIKE=\"a b\"\nBUILD_ID=x\n"),
    ]);
    assert_eq!(read.id, "nixos");
    assert_eq!(read.id_like, ["a", "b"]);
    assert_eq!(read.variant_id.as_deref(), Some("container"));
}

#[test]
fn the_administrators_file_counts_before_the_vendors() {
    let both = [File("etc/os-release", "ID=mine\n"), File("usr/lib/os-release", "ID=theirs\n")];
    assert_eq!(distribution(&both).id, "mine");
    assert_eq!(look(&[&both, &[Removed("etc/os-release")]]).joined.distribution.unwrap().id, "theirs");
}

#[test]
fn older_distributions_are_known_by_files_of_their_own() {
    let redhat = "etc/redhat-release";
    check(redhat, "CentOS release 5.11 (Final)\n", "centos", Some("5.11"), Some("Final"));
    check(redhat, "CentOS Linux release 7.3.1611 (Core) \n", "centos", Some("7.3.1611"), Some("Core"));
    check(
        redhat,
        "Red Hat Enterprise Linux Server release 5.11 (Tikanga)",
        "rhel",
        Some("5.11"),
        Some("Tikanga"),
    );
    check(redhat, "Fedora release 20 (Heisenbug)", "fedora", Some("20"), Some("Heisenbug"));
    check(redhat, "Scientific Linux release 6.10 (Carbon)", "scientific", Some("6.10"), Some("Carbon"));
    check("etc/oracle-release", "Oracle Linux Server release 6.10", "ol", Some("6.10"), None);
    check(
        "etc/enterprise-release",
        "Enterprise Linux Enterprise Linux Server release 5.4 (Carthage)",
        "ol",
        Some("5.4"),
        Some("Carthage"),
    );
    check("etc/system-release", "Amazon Linux AMI release 2018.03", "amzn", Some("2018.03"), None);
    check(
        "etc/photon-release",
        "VMware Photon Linux 1.0\nPHOTON_BUILD_NUMBER=62c543d\n",
        "photon",
        Some("1.0"),
        None,
    );
    check(
        "etc/mariner-release",
        "CBL-Mariner 2.0.20220226\nMARINER_BUILD_NUMBER=x\n",
        "mariner",
        Some("2.0.20220226"),
        None,
    );
    check(
        "etc/SuSE-release",
        "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n",
        "sles",
        Some("11.4"),
        None,
    );
    check(
        "etc/SuSE-release",
        "openSUSE 13.2 (x86_64)\nVERSION = 13.2\nCODENAME = Harlequin\n",
        "opensuse",
        Some("13.2"),
        Some("Harlequin"),
    );
    check(
        "etc/lsb-release",
        "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=10.04\nDISTRIB_CODENAME=lucid\n",
        "ubuntu",
        Some("10.04"),
        Some("lucid"),
    );
    check("etc/alpine-release", "3.10.9\n", "alpine", Some("3.10.9"), None);
    check("etc/debian_version", "6.0.10\n", "debian", Some("6"), None);
    check("etc/debian_version", "trixie/sid\n", "debian", None, Some("trixie"));
    check("etc/arch-release", "", "arch", None, None);
}

#[test]
fn oracle_linux_is_not_taken_for_the_system_that_it_is_made_from() {
    let read = distribution(&[
        File("etc/redhat-release", "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n"),
        File("etc/oracle-release", "Oracle Linux Server release 6.10\n"),
    ]);
    assert_eq!(read.id, "ol");
    assert_eq!(read.name.as_deref(), Some("Oracle Linux Server"));
}

#[test]
fn an_image_that_does_not_say_has_no_distribution() {
    assert_eq!(look(&[&[File("bin/busybox", "")]]).joined.distribution, None);
    assert_eq!(look(&[&[File("etc/redhat-release", "Something else\n")]]).joined.distribution, None);
    assert_eq!(look(&[&[Link("etc/os-release", "os-release")]]).joined.distribution, None);
}

#[test]
fn damaged_lines_are_told_and_the_rest_counts() {
    let read = look(&[&[File("etc/os-release", "rubbish\nID=debian\nNAME=\"open\n")]]);
    assert_eq!(read.joined.distribution.unwrap().id, "debian");
    let [problem] = read.joined.problems.as_slice() else { panic!("{:?}", read.joined.problems) };
    assert_eq!(problem.code.as_str(), "os-release-damaged");
    assert_eq!(problem.subject, "/etc/os-release");
}
