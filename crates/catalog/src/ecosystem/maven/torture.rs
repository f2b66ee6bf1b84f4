//! Archives that are damaged, that lie, and that are made to exhaust whoever reads them.

use std::io;

use plimsoll_model::Problem;

use super::limits::{LIMITS, Limits};
use super::sample::{Member, archive, jar, library, member, properties};
use super::{Note, archive as reading};
use crate::content::{Content, NoScratch, Scratch};

/// Keeps what it is given, and counts.
#[derive(Debug, Default)]
struct Memory(std::cell::Cell<usize>);

impl Scratch for Memory {
    fn keep(&self, from: &mut dyn io::Read) -> io::Result<Box<dyn Content>> {
        let mut content = Vec::new();
        from.read_to_end(&mut content)?;
        self.0.set(self.0.get() + 1);
        Ok(Box::new(content))
    }
}

/// Reads an archive; the rows are `group:artifact version inner`, then the codes of problems.
fn read_within(path: &str, content: &[u8], limits: &Limits, scratch: &dyn Scratch) -> (Note, Vec<Problem>) {
    let mut problems = Vec::new();
    let note = reading::read(path.as_bytes(), &content, scratch, limits, &mut problems);
    (note, problems)
}

fn rows(note: &Note, problems: &[Problem]) -> Vec<String> {
    let artifact = |found: &super::Found| {
        let group = found.artifact.group.as_deref().unwrap_or("?");
        let inner = String::from_utf8_lossy(&found.inner);
        format!("{group}:{} {} {inner}", found.artifact.name, found.artifact.version).trim_end().to_owned()
    };
    let mut rows: Vec<String> = note.found.iter().map(artifact).collect();
    rows.extend(problems.iter().map(|problem| format!("{} {}", problem.code.as_str(), problem.subject)));
    rows
}

fn check_within(limits: &Limits, content: &[u8], expect: &[&str]) {
    let (note, problems) = read_within("a.jar", content, limits, &NoScratch);
    assert_eq!(rows(&note, &problems), expect);
}

fn check(content: &[u8], expect: &[&str]) {
    check_within(&LIMITS, content, expect);
}

const HULL: &str = "org.example:hull 1.2";

fn hull() -> (String, Vec<u8>) {
    properties("org.example", "hull", "1.2")
}

#[test]
fn a_script_in_front_of_an_archive_changes_nothing() {
    let (name, content) = hull();
    let library = library("org.example", "keel", "3");
    let members = [member(&name, &content), member("=BOOT-INF/lib/keel.jar", &library)];
    let script = b"#!/bin/sh\nexec java -jar \"$0\"\n";
    check(&archive(script, &members), &[HULL, "org.example:keel 3 BOOT-INF/lib/keel.jar"]);
}

#[test]
fn sizes_of_64_bits_are_read() {
    let (name, content) = hull();
    let library = library("org.example", "keel", "3");
    let member = |name, content| Member { is_zip64: true, ..member(name, content) };
    let whole = archive(b"", &[member(&name, &content), member("=lib/keel.jar", &library)]);
    check(&whole, &[HULL, "org.example:keel 3 lib/keel.jar"]);
}

#[test]
fn an_archive_that_breaks_off_is_told_from_what_is_none() {
    let whole = library("org.example", "hull", "1.2");
    check(&whole[..whole.len() - 30], &["java-archive-damaged /a.jar"]);
    check(b"version https://git-lfs.github.com/spec/v1\n", &["java-archive-damaged /a.jar"]);
    check(b"", &[]);
    let (note, problems) = read_within("a.rar", b"Rar!\x1a\x07\x01\x00", &LIMITS, &NoScratch);
    assert_eq!((note, problems), (Note::default(), vec![]));
    let outer = jar(&[("=lib/b.jar", &whole[..whole.len() - 30]), ("lib/c.jar", &whole)]);
    check(&outer, &["org.example:hull 1.2 lib/c.jar", "java-archive-damaged /a.jar:lib/b.jar"]);
}

#[test]
fn what_is_encrypted_or_compressed_in_another_way_is_said() {
    let (name, content) = hull();
    let entry = member(&name, &content);
    check(&archive(b"", &[Member { is_encrypted: true, ..entry }]), &["java-archive-encrypted /a.jar"]);
    check(&archive(b"", &[Member { method: Some(93), ..entry }]), &["java-archive-damaged /a.jar"]);
    let library = library("org.example", "hull", "1.2");
    let inner = Member { is_encrypted: true, ..member("lib/b.jar", &library) };
    check(&archive(b"", &[inner]), &["java-archive-encrypted /a.jar"]);
}

#[test]
fn a_lie_about_a_size_or_checksum_is_said_and_java_s_answer_given() {
    let (name, content) = hull();
    let entry = member(&name, &content);
    for lie in [
        Member { size: Some(1), ..entry },
        Member { size: Some(u32::MAX - 1), ..entry },
        Member { checksum: Some(7), ..entry },
    ] {
        check(&archive(b"", &[lie]), &[HULL, "java-archive-damaged /a.jar"]);
    }
}

#[test]
fn a_place_outside_the_archive_is_damage() {
    let (name, content) = hull();
    let entry = Member { offset: Some(1 << 30), ..member(&name, &content) };
    check(&archive(b"", &[entry]), &["java-archive-damaged /a.jar"]);
    let library = library("org.example", "hull", "1.2");
    let inner = Member { offset: Some(1 << 30), ..member("=lib/b.jar", &library) };
    check(&archive(b"", &[inner]), &["java-archive-damaged /a.jar:lib/b.jar"]);
}

#[test]
fn entries_on_top_of_each_other_are_said_and_bounded() {
    let library = library("org.example", "hull", "1.2");
    let first = member("=lib/0.jar", &library);
    let names: Vec<String> = (1..40).map(|number| format!("=lib/{number}.jar")).collect();
    // All are the same bytes, as in archives that unpack to terabytes: contents and local headers
    // of all but the first are cut out.
    let mut members = vec![first];
    members.extend(names.iter().map(|name| Member { offset: Some(0), ..member(name, &library) }));
    let (one, all) = (archive(b"", &[first]), archive(b"", &members));
    let (end_of_one, directory) = (last_directory(&one, 1), last_directory(&all, 40));
    let mut bytes = [&one[..end_of_one], &all[directory..]].concat();
    let place = bytes.len() - 6;
    bytes[place..place + 4].copy_from_slice(&(end_of_one as u32).to_le_bytes());
    let limits = Limits { archives: 5, ..LIMITS };
    let (note, problems) = read_within("a.jar", &bytes, &limits, &NoScratch);
    assert_eq!(note.found.len(), 5);
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["java-archive-limit", "java-archive-overlapping"]);
}

/// Where the directory of so many entries begins, counted from the end.
fn last_directory(bytes: &[u8], count: usize) -> usize {
    let starts: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"PK\x01\x02")).collect();
    starts[starts.len() - count]
}

#[test]
fn every_limit_says_what_is_missing() {
    let library = library("org.example", "hull", "1.2");
    let two = jar(&[("=b.jar", &library), ("=c.jar", &library)]);
    let b = "org.example:hull 1.2 b.jar";
    check_within(&Limits { archives: 1, ..LIMITS }, &two, &[b, "java-archive-limit /a.jar"]);
    check_within(
        &Limits { entries: 1, ..LIMITS },
        &two,
        &["java-archive-limit /a.jar", "java-archive-limit /a.jar:b.jar"],
    );
    check_within(&Limits { packages: 1, ..LIMITS }, &two, &[b, "java-archive-limit /a.jar"]);
    let deep = jar(&[("d.jar", &two)]);
    check_within(
        &Limits { depth: 1, ..LIMITS },
        &deep,
        &["java-archive-limit /a.jar:d.jar:b.jar", "java-archive-limit /a.jar:d.jar:c.jar"],
    );
    let zeros = jar(&[("big.bin", &vec![0; 1 << 20]), ("=b.jar", &library)]);
    let bomb =
        jar(&[("d.jar", &archive(b"", &[Member { is_stored: true, ..member("x", &vec![0; 1 << 20]) }]))]);
    check(&zeros, &[b]);
    let tight = Limits { inflated: 0, ..LIMITS };
    check_within(&tight, &bomb, &["java-archive-limit /a.jar:d.jar"]);
    check_within(&tight, &zeros, &[b]);
}

#[test]
fn an_archive_that_memory_should_not_hold_is_kept_elsewhere() {
    let filled = jar(&[("=x.bin", &[7; 4_000]), ("=b.jar", &library("org.example", "hull", "1.2"))]);
    let outer = jar(&[("d.jar", &filled)]);
    let limits = Limits { held: 1_000, ..LIMITS };
    let scratch = Memory::default();
    let (note, problems) = read_within("a.jar", &outer, &limits, &scratch);
    assert_eq!(rows(&note, &problems), ["org.example:hull 1.2 d.jar:b.jar"]);
    assert_eq!(scratch.0.get(), 1);
    check_within(&limits, &outer, &["java-archive-not-unpacked /a.jar:d.jar"]);
}

#[test]
fn no_damage_stops_the_reading() {
    let (name, content) = hull();
    let library = library("org.example", "keel", "3");
    let war = jar(&[("=WEB-INF/lib/keel.jar", &library), ("lib/keel.jar", &library)]);
    let manifest = b"Manifest-Version: 1.0\nImplementation-Version: 1.2\n";
    let whole = jar(&[("META-INF/MANIFEST.MF", manifest), (&name, &content), ("=b.war", &war)]);
    for at in 0..whole.len() {
        let _ = read_within("a.jar", &whole[..at], &LIMITS, &NoScratch);
        for change in [0x01, 0x20, 0x80, 0xff] {
            let mut broken = whole.clone();
            broken[at] ^= change;
            let (note, _) = read_within("a.jar", &broken, &LIMITS, &NoScratch);
            for found in &note.found {
                assert!(!found.artifact.name.is_empty() && !found.artifact.version.is_empty());
            }
        }
    }
}
