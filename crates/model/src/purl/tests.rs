//! Package URLs in the spellings that the rules allow, and in those that they refuse.

use super::Purl;

fn check(text: &str, canonical: &str) {
    let purl: Purl = text.parse().unwrap();
    assert_eq!(purl.to_string(), canonical, "{text}");
    assert_eq!(canonical.parse::<Purl>().unwrap(), purl, "{text}");
}

#[test]
fn a_package_url_of_every_part_is_read_and_written() {
    let purl: Purl =
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u9?arch=amd64&distro=debian-12#usr/lib".parse().unwrap();
    assert_eq!(purl.kind, "deb");
    assert_eq!(purl.namespace.as_deref(), Some("debian"));
    assert_eq!(purl.name, "libc6");
    assert_eq!(purl.version.as_deref(), Some("2.36-9+deb12u9"));
    assert_eq!(purl.qualifier("arch"), Some("amd64"));
    assert_eq!(purl.subpath.as_deref(), Some("usr/lib"));
    let built = Purl::new("deb", Some("debian"), "libc6", Some("2.36-9+deb12u9"))
        .unwrap()
        .with_qualifier("distro", "debian-12")
        .with_qualifier("Arch", "amd64")
        .with_qualifier("epoch", "");
    assert_eq!(built, Purl { subpath: None, ..purl });
}

#[test]
fn scheme_type_and_keys_are_lower_case_and_qualifiers_sorted() {
    check(
        "PKG:Deb/debian/curl@7.50.3-1?DISTRO=jessie&arch=i386",
        "pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie",
    );
    check("pkg://gem/jruby-launcher@1.1.2?Platform=java", "pkg:gem/jruby-launcher@1.1.2?platform=java");
    check("pkg:npm/a?b=&c=1", "pkg:npm/a?c=1");
    check("pkg:npm/a@", "pkg:npm/a");
    check("pkg:npm/a?", "pkg:npm/a");
}

#[test]
fn only_letters_digits_and_five_signs_stay_as_they_are() {
    check("pkg:generic/a~b_c.d-e@1:2", "pkg:generic/a~b_c.d-e@1:2");
    check("pkg:npm/%40angular/core@1", "pkg:npm/%40angular/core@1");
    check("pkg:npm/@angular/core@1", "pkg:npm/%40angular/core@1");
    check("pkg:npm/@angular/core", "pkg:npm/%40angular/core");
    check("pkg:generic/g%2b%2b@1.0%20beta", "pkg:generic/g%2B%2B@1.0%20beta");
    check(
        "pkg:oci/debian@sha256%3A24?repository_url=docker.io/library/debian",
        "pkg:oci/debian@sha256:24?repository_url=docker.io%2Flibrary%2Fdebian",
    );
    check("pkg:generic/a@1?x=a%26b%3Dc", "pkg:generic/a@1?x=a%26b%3Dc");
    check("pkg:generic/%C3%A9t%C3%A9", "pkg:generic/%C3%A9t%C3%A9");
}

#[test]
fn a_name_is_folded_as_its_type_wants_it() {
    check("pkg:github/Package-URL/Purl-Spec@V1", "pkg:github/package-url/purl-spec@V1");
    check("pkg:pypi/Django__All.Auth@12.23RC1", "pkg:pypi/django-all-auth@12.23rc1");
    check("pkg:deb/Debian/Curl@1", "pkg:deb/debian/curl@1");
    check("pkg:rpm/Fedora/ImageMagick@6.9?epoch=1", "pkg:rpm/fedora/ImageMagick@6.9?epoch=1");
    check("pkg:maven/org.Apache/Batik@1", "pkg:maven/org.Apache/Batik@1");
    check(
        "pkg:golang/github.com/Masterminds/Semver/v3@v3.2.1",
        "pkg:golang/github.com/masterminds/semver/v3@v3.2.1",
    );
    check("pkg:pub/Flutter-Downloader", "pkg:pub/flutter_downloader");
    check("pkg:cpan/drolsky/DateTime@1.55", "pkg:cpan/DROLSKY/DateTime@1.55");
}

#[test]
fn slashes_and_dots_that_mean_nothing_go() {
    check(
        "pkg:golang//google.golang.org//genproto/#/googleapis/../api/./x/",
        "pkg:golang/google.golang.org/genproto#googleapis/api/x",
    );
    check("pkg:golang/a/b#..", "pkg:golang/a/b");
}

#[test]
fn what_is_no_package_url_is_refused() {
    for text in [
        "",
        "pkg:",
        "pkg:npm",
        "pkg:npm/",
        "npm/a",
        "http:npm/a",
        "pkg:1npm/a",
        "pkg:n+pm/a",
        "pkg:npm/a?1=x",
        "pkg:npm/a?=x",
        "pkg:npm/a?b",
        "pkg:npm/a?b=1&B=2",
        "pkg:npm/%zz",
        "pkg:npm/%ff",
        "pkg:npm/a%2",
        "pkg:npm/a%2Fb/c",
        "pkg:npm/a#b%2Fc",
        "pkg:/a",
    ] {
        assert!(text.parse::<Purl>().is_err(), "{text}: {:?}", text.parse::<Purl>());
    }
    let error = "pkg:npm".parse::<Purl>().unwrap_err();
    assert_eq!(error.to_string(), "`pkg:npm` is not a package URL: it has no name");
}

#[test]
fn a_slash_in_a_name_or_version_comes_back() {
    check("pkg:generic/a%2Fb@v%2F1", "pkg:generic/a%2Fb@v%2F1");
}
