//! Build information in small executables.

use plimsoll_model::{FileTableBuilder, NewFile, NodeId};

use super::Executables;
use super::build_info::{BuildInfo, Found, find};
use crate::ecosystem::dpkg::sample_image::soon;
use crate::executable::binary::Binary;
use crate::executable::sample::{Form, Part, elf};
use crate::executable::{Excerpt, GO_BUILD_INFO, GO_MODULES_END, GO_MODULES_START, MAX_WHOLE};
use crate::reader::{Joined, LayerFragment, LayeredImage, Reader as _};

const FORMS: [Form; 4] = [
    Form { wide: true, little: true },
    Form { wide: true, little: false },
    Form { wide: false, little: true },
    Form { wide: false, little: false },
];

const MODULES: &str = "path\texample.org/cmd/app\n\
mod\texample.org/App\t(devel)\t\n\
dep\tgithub.com/BurntSushi/toml\tv1.3.2\th1:x=\n\
dep\texample.org/old\tv1.0.0\n\
=>\texample.org/fork\tv1.0.1\th1:y=\n\
dep\texample.org/local\tv0.0.0\n\
=>\t../local\t(devel)\t\n\
build\t-compiler=gc\nbuild\tvcs=git\nbuild\tvcs.revision=0a1b\n";

fn marked(modules: &str) -> Vec<u8> {
    [&GO_MODULES_START[..], modules.as_bytes(), &GO_MODULES_END].concat()
}

/// A text behind its length.
fn text(bytes: &[u8]) -> Vec<u8> {
    let (mut length, mut out) = (bytes.len(), Vec::new());
    while length >= 0x80 {
        out.push((length as u8 & 0x7f) | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(bytes);
    out
}

/// What Go 1.18 and later write.
fn in_line(version: &str, modules: &[u8]) -> Vec<u8> {
    let mut header = [GO_BUILD_INFO, &[8, 2]].concat();
    header.resize(32, 0);
    [header, text(version.as_bytes()), text(modules)].concat()
}

/// What Go 1.13 to 1.17 write: pointers to strings, which are pointers to the texts.
fn with_pointers(form: Form, version: &str, modules: &[u8]) -> Vec<u8> {
    const TEXTS: u64 = 0x1000;
    const STRINGS: u64 = 0x10_0000;
    let mut header = [GO_BUILD_INFO, &[if form.wide { 8 } else { 4 }, u8::from(!form.little)]].concat();
    let size = form.word(0).len() as u64;
    header.extend([form.word(STRINGS), form.word(STRINGS + 2 * size)].concat());
    header.resize(32, 0);
    let strings = [
        form.word(TEXTS),
        form.word(version.len() as u64),
        form.word(TEXTS + version.len() as u64),
        form.word(modules.len() as u64),
    ]
    .concat();
    let texts = [version.as_bytes(), modules].concat();
    elf(
        form,
        &[
            Part { name: ".rodata", address: TEXTS, writable: false, bytes: &texts },
            Part { name: ".go.buildinfo", address: 0x20_0000, writable: true, bytes: &header },
            Part { name: ".data", address: STRINGS, writable: true, bytes: &strings },
        ],
    )
}

fn data(form: Form, name: &str, writable: bool, bytes: &[u8]) -> Vec<u8> {
    elf(form, &[Part { name, address: 0x1000, writable, bytes }])
}

fn info(file: &[u8]) -> Option<BuildInfo> {
    match find(&Binary::parse(file)?) {
        Found::Info(info) => Some(info),
        Found::Nothing | Found::Unreadable => None,
    }
}

/// Name, version and package URL of the packages of one executable, and its problems.
fn check(file: &[u8], expect: &[&str]) -> Vec<String> {
    let mut problems = Vec::new();
    let payload = Executables.read(b"bin/app", file, &mut problems).unwrap_or_default();
    let mut builder = FileTableBuilder::new();
    builder.insert(NodeId::ROOT, b"app", &NewFile::IMPLICIT_DIRECTORY);
    let (table, _) = builder.finish();
    let index = table.index();
    let fragment =
        LayerFragment { layer: 0, path: b"bin/app", file: index.resolve(b"app"), payload: &payload };
    let fragments = if payload.is_empty() { vec![] } else { vec![fragment] };
    let mut joined = Joined::default();
    Executables.join(&LayeredImage { fragments: &fragments, files: &index }, &mut joined);
    let packages = joined.packages.iter();
    let rows: Vec<String> = packages
        .map(|each| format!("{} {} {}", each.name, each.version, each.purl.as_ref().unwrap()))
        .collect();
    assert_eq!(rows, expect);
    problems.extend(joined.problems);
    problems.iter().map(|problem| problem.code.as_str().to_owned()).collect()
}

const EXPECT: [&str; 5] = [
    "stdlib 1.22.1 pkg:golang/stdlib@1.22.1",
    "github.com/BurntSushi/toml v1.3.2 pkg:golang/github.com/burntsushi/toml@v1.3.2",
    "example.org/fork v1.0.1 pkg:golang/example.org/fork@v1.0.1",
    "example.org/local (devel) pkg:golang/example.org/local",
    "example.org/App (devel) pkg:golang/example.org/app",
];

#[test]
fn an_executable_names_go_its_modules_and_itself() {
    for form in FORMS {
        let info = in_line("go1.22.1", &marked(MODULES));
        assert_eq!(check(&data(form, ".go.buildinfo", true, &info), &EXPECT), [""; 0]);
        assert_eq!(check(&with_pointers(form, "go1.22.1", &marked(MODULES)), &EXPECT), [""; 0]);
    }
}

#[test]
fn commit_and_replaced_module_are_kept_as_origins() {
    let file = data(FORMS[0], ".go.buildinfo", true, &in_line("go1.22.1 X:boringcrypto", &marked(MODULES)));
    let info = info(&file).unwrap();
    assert_eq!(info.commit.as_deref(), Some("git 0a1b"));
    assert_eq!(info.needs[1].origin.as_deref(), Some("replaces example.org/old v1.0.0"));
    assert_eq!(info.needs[2].origin.as_deref(), Some("directory ../local"));
    assert_eq!(info.released_with(), Some("1.22.1"));
}

#[test]
fn a_main_module_has_the_version_that_the_linker_was_told() {
    let modules = "mod\texample.org/App\t(devel)\t\nbuild\t-ldflags=\"-s -X main.version=1.4.0\"\n";
    let file = data(FORMS[0], ".go.buildinfo", true, &in_line("go1.22.1", &marked(modules)));
    check(&file, &[EXPECT[0], "example.org/App 1.4.0 pkg:golang/example.org/app@1.4.0"]);
    let tagged = modules.replace("(devel)", "v1.3.0");
    let file = data(FORMS[0], ".go.buildinfo", true, &in_line("go1.22.1", &marked(&tagged)));
    check(&file, &[EXPECT[0], "example.org/App v1.3.0 pkg:golang/example.org/app@v1.3.0"]);
}

#[test]
fn without_sections_the_mark_counts_in_data_that_may_be_written() {
    let info = in_line("go1.22.1", &[]);
    let shifted = [&[0; 48][..], &info].concat();
    check(&data(FORMS[0], ".data", true, &shifted), &["stdlib 1.22.1 pkg:golang/stdlib@1.22.1"]);
    check(&data(FORMS[0], ".rodata", false, &shifted), &[]);
    check(&data(FORMS[0], ".data", true, &[&[0; 40][..], &info].concat()), &[]);
}

/// A file larger than is kept whole, with some parts at the end of a lot of read-only data.
fn large(parts: &[Part<'_>]) -> Vec<u8> {
    let filler = vec![0x90; MAX_WHOLE as usize];
    let code = Part { name: ".text", address: 0x1_0000_0000, writable: false, bytes: &filler };
    let file = elf(FORMS[0], &[&[code], parts, &[code]].concat());
    let mut excerpt = Excerpt::default();
    excerpt.begin(file.len() as u64);
    file.chunks(250_000).for_each(|piece| excerpt.push(piece));
    let content = excerpt.content().to_vec();
    assert!(content.len() < file.len() / 10);
    content
}

#[test]
fn an_excerpt_of_a_large_executable_says_the_same() {
    let info = in_line("go1.22.1", &marked(MODULES));
    let part = Part { name: ".go.buildinfo", address: 0x2000, writable: true, bytes: &info };
    assert_eq!(check(&large(&[part]), &EXPECT), [""; 0]);
}

#[test]
fn in_an_excerpt_of_an_old_one_the_version_of_go_is_unknown() {
    let mut header = [GO_BUILD_INFO, &[8, 0]].concat();
    header.resize(32, 0x77);
    let texts = marked(MODULES);
    let content = large(&[
        Part { name: ".rodata", address: 0x1000, writable: false, bytes: &texts },
        Part { name: ".go.buildinfo", address: 0x20_0000, writable: true, bytes: &header },
    ]);
    assert_eq!(check(&content, &EXPECT[1..]), ["go-version-unknown"]);
}

#[test]
fn what_go_did_not_build_has_no_modules_and_no_problem() {
    check(&data(FORMS[0], ".data", true, b"x"), &[]);
    check(b"\x7fELF", &[]);
    check(b"#!/bin/sh", &[]);
}

#[test]
fn damage_never_stops_the_reader_and_is_told() {
    let cut = in_line("go1.22.1", &marked(MODULES));
    let file = data(FORMS[0], ".go.buildinfo", true, &cut[..34]);
    assert_eq!(check(&file, &[]), ["go-build-info-unreadable"]);
    for form in FORMS {
        for file in [data(form, ".go.buildinfo", true, &cut), with_pointers(form, "go1.17", &marked(MODULES))]
        {
            for at in 0..file.len() {
                let mut broken = file.clone();
                broken[at] ^= 0xff;
                Executables.read(b"a", &broken, &mut Vec::new());
                Executables.read(b"a", &file[..at], &mut Vec::new());
            }
        }
    }
}

#[test]
fn segments_on_top_of_each_other_are_not_searched_over_and_over() {
    const COUNT: usize = 60_000;
    let size = 64 + 56 * COUNT;
    let number = |value: usize| (value as u64).to_le_bytes();
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0".to_vec();
    file.extend([number(0), number(64), number(0)].concat());
    file.extend(b"\0\0\0\0\x40\0\x38\0");
    file.extend((COUNT as u16).to_le_bytes());
    file.extend([0; 6]);
    for _ in 0..COUNT {
        file.extend(b"\x01\0\0\0\x06\0\0\0");
        file.extend(
            [number(0), number(0x1000), number(0x1000), number(size), number(size), number(16)].concat(),
        );
    }
    assert_eq!(file.len(), size);
    let executable = Binary::parse(&file).unwrap();
    assert_eq!(executable.segments.len(), COUNT);
    soon(|| assert_eq!(find(&executable), Found::Nothing));
}
