//! Perl distributions in samples of images.

use super::{Installed, version};
use crate::ecosystem::dpkg::sample_image::{Read, Sample, read, soon};

use Sample::File;

fn check(files: &[Sample<'_>], expect: &[&str]) -> Read {
    let read = read(&[&Installed], &[files]);
    let rows: Vec<String> = read
        .joined
        .packages
        .iter()
        .map(|each| {
            let purl = each.purl.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{} {} {purl}", each.name, each.version).trim_end().to_owned()
        })
        .collect();
    assert_eq!(rows, expect);
    read
}

const INSTALL: &str = r#"{"dist":"Foo-Bar-1.23","target":"Foo::Bar","version":1.23,"name":"Foo::Bar","pathname":"A/AU/AUTHOR/Foo-Bar-1.23.tar.gz"}"#;
const META: &str = r#"{"name":"Foo-Bar","version":"1.230","license":["perl_5"],"abstract":"Says ahoy","prereqs":{"runtime":{"requires":{"List::Util":"0","perl":"5.010"}}}}"#;
const POD: &str = "=head2 Tue Nov 24 12:31:30 2026: C<Module> L<Foo::Bar|Foo::Bar>\n\n=over 4\n\n=item *\n\nC<VERSION: 1.23>\n\n=back\n";

#[test]
fn a_distribution_is_told_with_everything_that_cpanm_wrote_down() {
    let read = check(
        &[
            File("opt/perl5/arch/.meta/Foo-Bar-1.23/install.json", INSTALL),
            File("opt/perl5/arch/.meta/Foo-Bar-1.23/MYMETA.json", META),
            File("opt/perl5/arch/auto/Foo/Bar/.packlist", "/opt/perl5/Foo/Bar.pm\n/opt/bin/foo type=file\n"),
            File("opt/perl5/arch/perllocal.pod", POD),
            File("opt/perl5/Foo/Bar.pm", ""),
            File("opt/bin/foo", ""),
        ],
        &["Foo-Bar 1.230 pkg:cpan/AUTHOR/Foo-Bar@1.230"],
    );
    let [package] = read.joined.packages.as_slice() else { panic!() };
    assert_eq!(package.licenses, ["Artistic-1.0-Perl OR GPL-1.0-or-later"]);
    assert_eq!(package.requires, ["List::Util", "perl 5.010"]);
    let paths = read.paths_of("Foo-Bar");
    for path in ["/opt/perl5/Foo/Bar.pm", "/opt/bin/foo", "/opt/perl5/arch/auto/Foo/Bar/.packlist"] {
        assert!(paths.iter().any(|each| each == path), "{path} of {paths:?}");
    }
}

#[test]
fn where_only_make_installed_it_the_author_is_not_known() {
    check(
        &[
            File("usr/local/lib/perl/auto/Foo/Bar/.packlist", "/usr/local/share/perl/Foo/Bar.pm\n"),
            File("usr/local/lib/perl/perllocal.pod", POD),
            File("usr/local/lib/perl/.packlist", "/usr/local/bin/perl\n"),
        ],
        &["Foo-Bar 1.23"],
    );
    check(
        &[File("a/.meta/Foo-Bar-1.23/install.json", INSTALL)],
        &["Foo-Bar 1.23 pkg:cpan/AUTHOR/Foo-Bar@1.23"],
    );
    let read = check(&[File("a/auto/Foo/Bar/.packlist", "")], &[]);
    assert_eq!(read.joined.problems[0].code.as_str(), "perl-version-unknown");
    let read = check(&[File("a/.meta/Foo-Bar-1.23/install.json", "[")], &[]);
    assert_eq!(read.problems[0].code.as_str(), "perl-metadata-unreadable");
}

#[test]
fn fractions_count_in_threes() {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let check = |left, right, expect| assert_eq!(version::order(left, right), Some(expect), "{left} {right}");
    check("1.5", "1.500", Equal);
    check("1.10", "1.9", Less);
    check("v1.10", "v1.9", Greater);
    check("1.2.3", "v1.2.3", Equal);
    check("1.002003", "1.2.3", Equal);
    check("1.02_03", "1.0203", Equal);
    assert_eq!(version::order("1.x", "1.0"), None);
}

#[test]
fn a_log_of_any_length_is_looked_through_once() {
    let modules: Vec<String> = (0..20_000).map(|number| format!("A{number:05}")).collect();
    let log: String = modules
        .iter()
        .map(|name| format!("=head2 Mon Jan 1: C<Module> L<{name}|{name}>\n\n=over 4\n\nC<VERSION: 1.0>\n\n"))
        .collect();
    let lists: Vec<String> =
        modules.iter().map(|name| format!("usr/lib/perl/auto/{name}/.packlist")).collect();
    let mut files: Vec<Sample<'_>> = lists.iter().map(|list| File(list, "/usr/bin/a\n")).collect();
    files.push(File("usr/lib/perl/perllocal.pod", &log));
    let read = soon(|| read(&[&Installed], &[&files]));
    assert_eq!(read.joined.packages.len(), modules.len());
}
