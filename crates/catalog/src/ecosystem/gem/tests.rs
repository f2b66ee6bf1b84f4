//! Gems in samples of images.

use super::Specifications;
use crate::ecosystem::dpkg::sample_image::{Read, Sample, read, soon};

use Sample::{Directory, File};

fn check(files: &[Sample<'_>], expect: &[&str]) -> Read {
    let read = read(&[&Specifications], &[files]);
    let packages = read.joined.packages.iter();
    let rows: Vec<String> = packages
        .map(|each| format!("{} {} {}", each.name, each.version, each.place.as_ref().unwrap()))
        .collect();
    assert_eq!(rows, expect);
    read
}

const RAKE: &str = "# -*- encoding: utf-8 -*-\n# stub: rake 13.0.6 ruby lib\n\n\
Gem::Specification.new do |s|\n  s.name = \"rake\".freeze\n  s.version = \"13.0.6\"\nend\n";

#[test]
fn a_gem_lies_beside_its_specification_or_among_the_files_of_ruby() {
    check(
        &[
            File("var/lib/gems/specifications/rake-13.0.6.gemspec", RAKE),
            Directory("var/lib/gems/gems/rake-13.0.6"),
            File("usr/lib/ruby/gems/specifications/default/rake-13.0.6.gemspec", RAKE),
            File("srv/rake/rake.gemspec", RAKE),
        ],
        &["rake 13.0.6 /usr/lib/ruby/gems", "rake 13.0.6 /var/lib/gems/gems/rake-13.0.6"],
    );
}

#[test]
fn a_gem_that_replaces_one_of_ruby_s_own_is_there_once() {
    let read = check(
        &[
            File("gems/specifications/default/rake-13.0.6.gemspec", RAKE),
            File("gems/specifications/rake-13.0.6.gemspec", RAKE),
        ],
        &["rake 13.0.6 /gems"],
    );
    let evidence = read.joined.packages[0].evidence.as_ref().unwrap();
    assert_eq!(evidence.to_string(), "/gems/specifications/rake-13.0.6.gemspec");
}

#[test]
fn a_specification_without_the_stub_is_read_from_its_fields() {
    let text =
        "Gem::Specification.new do |gem|\n  gem.name = 'a'\n  gem.version = Gem::Version.new(\"1.2\")\nend\n";
    check(&[File("specifications/a-1.2.gemspec", text)], &["a 1.2 /"]);
}

#[test]
fn a_specification_that_computes_its_version_is_a_problem() {
    let text = "Gem::Specification.new do |s|\n  s.name = 'a'\n  s.version = A::VERSION\nend\n";
    for text in [text, "", "\"", "# stub: a 1", "s.name = \"\\u{", "s.name = \"\\u12é4\""] {
        let read = check(&[File("specifications/a-1.2.gemspec", text)], &[]);
        assert_eq!(read.problems[0].code.as_str(), "gem-specification-unreadable", "{text:?}");
    }
}

#[test]
fn a_specification_of_any_length_is_read_in_one_go() {
    let needs: String =
        (0..60_000).map(|number| format!("s.add_dependency('a{number:06}', '>= 0')\n")).collect();
    let literals = format!("s.licenses = [{}]\n", "%q<".repeat(500_000));
    let letters = format!("s.summary = \"{}\"\n", "\\u{1".repeat(500_000));
    for text in [needs, literals, letters] {
        let text = format!("{RAKE}\n{text}");
        let read = soon(|| check(&[File("specifications/rake-13.0.6.gemspec", &text)], &["rake 13.0.6 /"]));
        assert_eq!(read.problems, []);
    }
}

#[test]
fn a_gem_whose_name_climbs_out_owns_nothing_but_its_specification() {
    let text = "# stub: ../../usr/x 1/../.. ruby lib\nGem::Specification.new do |s|\nend\n";
    let files = [
        File("srv/specifications/a-1.gemspec", text),
        Directory("usr/x-1"),
        Directory("srv/gems"),
        File("usr/bin/sh", ""),
    ];
    let read = read(&[&Specifications], &[&files]);
    let owned: Vec<String> =
        read.joined.owned.iter().map(|(file, _)| read.table.path(*file).to_string()).collect();
    assert_eq!(owned, ["/srv/specifications/a-1.gemspec"]);
    assert_eq!(read.joined.problems[0].code.as_str(), "package-place-unlikely");
}

#[test]
fn letters_are_told_by_their_numbers() {
    let text = "Gem::Specification.new do |s|\n  s.name = 'a'\n  s.version = '1'\n  s.summary = \"\\u00e9t\\u{e9} \\u{1f4a1}\"\nend\n";
    let read = check(&[File("specifications/a-1.gemspec", text)], &["a 1 /"]);
    assert_eq!(read.joined.packages[0].summary.as_deref(), Some("ét\u{e9} \u{1f4a1}"));
}
