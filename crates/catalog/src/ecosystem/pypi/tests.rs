//! Python distributions in samples of images.

use plimsoll_model::InstallReason;

use super::{Installed, record};
use crate::ecosystem::dpkg::sample_image::{Read, Sample, read};

use Sample::{File, Removed};

const SITE: &str = "usr/lib/python3.11/site-packages";

fn look(layers: &[&[Sample<'_>]]) -> Read {
    read(&[&Installed], layers)
}

/// Name, version and place of every package.
fn rows(read: &Read) -> Vec<String> {
    let packages = read.joined.packages.iter();
    packages.map(|each| format!("{} {} {}", each.name, each.version, each.place.as_ref().unwrap())).collect()
}

fn check(files: &[(&str, &str)], expect: &[&str]) -> Read {
    let files: Vec<Sample<'_>> = files.iter().map(|(path, content)| File(path, content)).collect();
    let read = look(&[&files]);
    assert_eq!(rows(&read), expect);
    read
}

const FLASK: &str = "Metadata-Version: 2.1\nName: Flask\nVersion: 3.0.3\nSummary: A simple framework.\n\
Requires-Dist: Werkzeug>=3.0.0\nRequires-Dist: asgiref>=3.2 ; extra == 'async'\n\
Classifier: License :: OSI Approved :: BSD License\nProject-URL: Home Page, https://example.org/flask\n\
\nName: of the description\n";

#[test]
fn a_distribution_is_told_with_everything_that_its_directory_says() {
    let at = |name: &str| format!("{SITE}/flask-3.0.3.dist-info/{name}");
    let read = look(&[&[
        File(&at("METADATA"), FLASK),
        File(&at("INSTALLER"), "pip\n"),
        File(&at("REQUESTED"), ""),
        File(
            &at("RECORD"),
            "../../../bin/flask,sha256=x,200\n\"flask/a,\"\"b\"\".py\",sha256=y,34\nflask/__pycache__/a.pyc,,\n",
        ),
        File(
            &at("direct_url.json"),
            r#"{"url": "https://me:secret@example.org/flask.git", "vcs_info": {"vcs": "git", "commit_id": "0a1b"}}"#,
        ),
        File(&format!("{SITE}/flask/a,\"b\".py"), ""),
        File("usr/bin/flask", ""),
        File(
            &format!("{SITE}/werkzeug-3.dist-info/METADATA"),
            "Name: Werkzeug\nVersion: 3\nLicense-Expression: BSD-3-Clause\nLicense: BSD\n",
        ),
        File(&format!("{SITE}/werkzeug-3.dist-info/INSTALLER"), "pip\n"),
    ]]);
    let [flask, werkzeug] = read.joined.packages.as_slice() else { panic!() };
    assert_eq!(flask.purl.as_ref().unwrap().to_string(), "pkg:pypi/flask@3.0.3");
    assert_eq!(flask.licenses, ["BSD License"]);
    assert_eq!(flask.requires, ["Werkzeug>=3.0.0"]);
    assert_eq!(flask.url.as_deref(), Some("https://example.org/flask"));
    assert_eq!(flask.size, Some(234));
    assert_eq!(flask.reason, InstallReason::Explicit);
    assert_eq!(flask.origin.as_deref(), Some("git+https://example.org/flask.git@0a1b"));
    assert_eq!(
        read.paths_of("Flask"),
        ["/usr/bin/flask", "/usr/lib/python3.11/site-packages/flask/a,\"b\".py"]
    );
    assert_eq!(werkzeug.licenses, ["BSD-3-Clause"]);
    assert_eq!(werkzeug.reason, InstallReason::Dependency);
    assert_eq!(read.problems, []);
}

#[test]
fn every_kind_of_metadata_names_a_distribution_and_nothing_else_does() {
    let text = "Name: a\nVersion: 1\n";
    check(
        &[
            ("opt/x/a.egg-info", text),
            ("opt/y/a-1.egg-info/PKG-INFO", text),
            ("opt/z/a-1-py3.9.egg/EGG-INFO/PKG-INFO", text),
            ("opt/v/_vendor/a-1.dist-info/METADATA", text),
            ("srv/sdist/PKG-INFO", text),
            ("srv/METADATA", text),
            ("opt/x/~a-1.dist-info/METADATA", text),
        ],
        &["a 1 /opt/v/_vendor", "a 1 /opt/x", "a 1 /opt/y", "a 1 /opt/z"],
    );
}

#[test]
fn without_a_name_and_a_version_there_is_a_problem_and_no_package() {
    for text in ["", "Name: a\n", "Version: 1\n", "Name: UNKNOWN\nVersion: 0.0.0\n", "Name:\nVersion: 1\n"] {
        let read = check(&[("opt/a-1.dist-info/METADATA", text)], &[]);
        assert_eq!(read.problems[0].code.as_str(), "python-metadata-incomplete", "{text:?}");
    }
}

#[test]
fn the_same_distribution_twice_in_one_directory_is_one() {
    let dist = ("opt/a_b-1.dist-info/METADATA", "Name: a.b\nVersion: 1\n");
    check(&[dist, ("opt/a_b-1.egg-info/PKG-INFO", "Name: A-B\nVersion: 1\n")], &["a.b 1 /opt"]);
    check(
        &[
            dist,
            ("opt/a_b-2.egg-info/PKG-INFO", "Name: A-B\nVersion: 2\n"),
            ("srv/a_b-1.dist-info/METADATA", dist.1),
        ],
        &["A-B 2 /opt", "a.b 1 /opt", "a.b 1 /srv"],
    );
}

#[test]
fn a_distribution_came_with_the_layer_from_which_on_it_says_the_same() {
    let at = "opt/a-1.dist-info/METADATA";
    let (text, other) = ("Name: a\nVersion: 1\n", "Name: a\nVersion: 2\n");
    let layer = |layers: &[&[Sample<'_>]]| {
        look(layers).joined.packages.iter().map(|each| each.layer).collect::<Vec<_>>()
    };
    assert_eq!(layer(&[&[], &[File(at, text)], &[File(at, text)]]), [Some(1)]);
    assert_eq!(layer(&[&[File(at, text)], &[File(at, other)], &[File(at, text)]]), [Some(2)]);
    assert_eq!(layer(&[&[File(at, text)], &[Removed(at)]]), []);
}

#[test]
fn old_pips_list_files_beside_the_metadata() {
    let read = check(
        &[
            ("opt/a-1.egg-info/PKG-INFO", "Name: a\nVersion: 1\nLicense: UNKNOWN\n"),
            ("opt/a-1.egg-info/installed-files.txt", "../a.py\nPKG-INFO\n../../../climbs/out\n"),
            ("opt/a.py", ""),
        ],
        &["a 1 /opt"],
    );
    assert_eq!(read.paths_of("a"), ["/opt/a-1.egg-info/PKG-INFO", "/opt/a.py"]);
    assert_eq!(read.joined.packages[0].licenses, [""; 0]);
    assert_eq!(read.joined.packages[0].reason, InstallReason::Unknown);
}

#[test]
fn a_record_that_is_damaged_gives_what_can_be_read() {
    assert_eq!(
        record::parse("\"open,x,1\na,,\n\n,,\nb,,99999999999999999999\nc\n"),
        (vec!["a".into(), "b".into(), "c".into()], None)
    );
    assert_eq!(record::parse("a,,18446744073709551615\nb,,2\n").1, Some(u64::MAX));
}

#[test]
fn the_text_of_a_licence_is_no_name_of_one() {
    let text = "Name: a\nVersion: 1\nLicense: Copyright (c) somebody\n        All rights reserved.\n\
Classifier: License :: OSI Approved\nClassifier: License :: Public Domain\n";
    let read = check(&[("opt/a-1.dist-info/METADATA", text)], &["a 1 /opt"]);
    assert_eq!(read.joined.packages[0].licenses, ["Public Domain"]);
}
