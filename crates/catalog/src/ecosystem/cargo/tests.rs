//! Crates that a Rust executable names.

use std::cmp::Ordering;
use std::io::Write as _;

use super::auditable::{Crate, Found, find};
use super::{Auditable, Cargo};
use crate::ecosystem::Ecosystem as _;
use crate::executable::binary::Binary;
use crate::executable::sample::{Form, Part, elf};
use crate::executable::{Excerpt, MAX_WHOLE};
use crate::reader::Reader as _;

const WIDE: Form = Form { wide: true, little: true };

const LIST: &str = r#"{"packages": [
    {"name": "cc", "version": "1.0.0", "source": "crates.io", "kind": "build"},
    {"name": "log", "version": "0.4.20", "source": "crates.io"},
    {"name": "app", "version": "0.1.0", "source": "local", "dependencies": [0, 1, 7], "root": true, "later": {}}]}"#;

fn compressed(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn file(list: &[u8]) -> Vec<u8> {
    let code = Part { name: ".text", address: 0x1000, writable: false, bytes: &[0x90; 64] };
    elf(WIDE, &[code, Part { name: ".dep-v0", address: 0, writable: false, bytes: list }])
}

fn named(name: &str, version: &str, source: &str, root: bool, requires: &[&str]) -> Crate {
    Crate {
        name: name.to_owned(),
        version: version.to_owned(),
        source: source.to_owned(),
        root,
        requires: requires.iter().map(|text| (*text).to_owned()).collect(),
    }
}

fn check(content: &[u8], expect: &Found) {
    assert_eq!(find(&Binary::parse(content).unwrap()), *expect);
}

fn crates() -> Found {
    Found::Crates(vec![
        named("log", "0.4.20", "crates.io", false, &[]),
        named("app", "0.1.0", "local", true, &["log 0.4.20"]),
    ])
}

#[test]
fn the_crates_that_are_in_an_executable_are_listed() {
    check(&file(&compressed(LIST)), &crates());
}

#[test]
fn an_executable_without_a_list_says_nothing() {
    check(&elf(WIDE, &[Part { name: ".text", address: 1, writable: false, bytes: b"x" }]), &Found::Nothing);
}

#[test]
fn a_list_that_cannot_be_read_is_a_problem() {
    check(&file(b"x"), &Found::Unreadable("its compression is damaged"));
    check(&file(&compressed("[]")), &Found::Unreadable("it is not in the format of such lists"));
    let bomb = compressed(&" ".repeat(9 << 20));
    check(&file(&bomb), &Found::Unreadable("it is larger than any such list"));
    let mut problems = Vec::new();
    assert_eq!(Auditable.read(b"bin/app", &file(b"x"), &mut problems), None);
    assert_eq!(problems[0].code.as_str(), "rust-crates-unreadable");
}

#[test]
fn of_a_large_executable_the_list_is_kept_behind_what_is_loaded() {
    let list = compressed(LIST);
    let filler = vec![0x90; MAX_WHOLE as usize];
    let code = Part { name: ".text", address: 0x1000, writable: false, bytes: &filler };
    let list = Part { name: ".dep-v0", address: 0, writable: false, bytes: &list };
    let debug = Part { name: ".debug_info", address: 0, writable: false, bytes: &filler };
    let look = |parts: &[Part<'_>]| {
        let file = elf(WIDE, parts);
        let mut excerpt = Excerpt::default();
        excerpt.begin(file.len() as u64);
        file.chunks(250_000).for_each(|piece| excerpt.push(piece));
        excerpt.content().to_vec()
    };
    check(&look(&[code, list, debug]), &crates());
    let elsewhere = look(&[code, debug, list, debug]);
    check(&elsewhere, &Found::Unreadable("the executable is large and the list not in its usual place"));
}

#[test]
fn damage_never_stops_the_reader() {
    let file = file(&compressed(LIST));
    for at in 0..file.len() {
        let mut broken = file.clone();
        broken[at] ^= 0xff;
        Auditable.read(b"a", &broken, &mut Vec::new());
        Auditable.read(b"a", &file[..at], &mut Vec::new());
    }
}

#[test]
fn numbers_that_do_not_fit_are_no_version() {
    assert_eq!(Cargo.order("18446744073709551615.0.0", "1.0.0"), Some(Ordering::Greater));
    assert_eq!(Cargo.order("18446744073709551616.0.0", "1.0.0"), None);
}

#[test]
fn a_list_that_unpacks_to_far_more_than_it_says_is_refused() {
    let name = "a".repeat(1 << 20);
    let edges = vec!["0"; 100_000].join(",");
    let list = format!(
        r#"{{"packages": [{{"name": "{name}", "version": "1", "source": "", "dependencies": [{edges}]}}]}}"#
    );
    check(&file(&compressed(&list)), &Found::Unreadable("its crates need more than those of any such list"));
    let nameless = r#"{"packages": [{"name": "", "version": "1", "source": ""}]}"#;
    check(&file(&compressed(nameless)), &Found::Unreadable("it has crates without a name or a version"));
}
