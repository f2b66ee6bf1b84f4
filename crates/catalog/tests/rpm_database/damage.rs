//! Damaged databases: never a panic, never a loop, and never a package lost in silence.

use std::time::{Duration, Instant};

use crate::image::{Image, database, fixtures, read, unpack};
use crate::order::Random;

/// How much time all the damaged forms of one database may take. Each takes milliseconds; a
/// loop or a copy that grows with the square of the input would take hours.
const PATIENCE: Duration = Duration::from_secs(300);

/// The packages' names of a database alone in its image, and how many problems it has.
fn names(files: &[(&str, &[u8])]) -> (Vec<String>, usize) {
    let image = files.iter().fold(Image::default(), |image, (path, content)| image.file(0, path, content));
    let (packages, _, problems) = image.join();
    (packages.into_iter().map(|package| package.name).collect(), problems.len())
}

/// Damages one file in many ways; `beside` are intact files that belong to it.
fn check(path: &str, intact: &[u8], beside: &[(&str, &[u8])], page: usize, rounds: usize) {
    let started = Instant::now();
    let all = |content: &[u8]| {
        let mut files = beside.to_vec();
        files.push((path, content));
        let result = names(&files);
        assert!(started.elapsed() < PATIENCE, "{path} takes too long");
        result
    };
    let (expect, problems) = all(intact);
    assert_eq!(problems, 0, "{path}");
    let mut random = Random(0x853c_49e6_748f_ea9b);
    let mut noticed = 0;
    for round in 0..rounds {
        let mut content = intact.to_vec();
        let mut places = Vec::new();
        if round % 5 == 4 {
            content.truncate(random.below(content.len()));
        } else {
            for _ in 0..=random.below(3) {
                // Half of the damage goes where the structure is: the first page, page headers.
                let at = match random.below(4) {
                    0 => random.below(page.min(content.len())),
                    1 => random.below(content.len() / page) * page + random.below(40.min(page)),
                    _ => random.below(content.len()),
                };
                let new = [0, 1, 0x7f, 0xff, random.below(256) as u8][random.below(5)];
                places.push((at, new));
                content[at] = new;
            }
        }
        let (found, problems) = all(&content);
        noticed += usize::from(problems > 0);
        assert!(
            found.len() >= expect.len() || problems > 0,
            "{path}: {} of {} packages, and nothing said, with {places:x?} of {} bytes",
            found.len(),
            expect.len(),
            content.len(),
        );
    }
    assert!(noticed > rounds / 10, "{path}: {noticed} of {rounds} noticed");
}

#[test]
fn damage_to_a_berkeley_db_is_told() {
    check("var/lib/rpm/Packages", &database("oraclelinux-7-slim-bdb", "Packages"), &[], 4096, 1_000);
}

#[test]
fn damage_to_a_big_endian_berkeley_db_is_told() {
    let packages = database("variants", "bdb-big-endian-512/Packages");
    check("var/lib/rpm/Packages", &packages, &[], 512, 500);
}

#[test]
fn damage_to_an_ndb_is_told() {
    let packages = database("oraclelinux-7-slim-ndb", "Packages.db");
    check("var/lib/rpm/Packages.db", &packages, &[], 4096, 1_000);
}

#[test]
fn damage_to_a_sqlite_database_is_told() {
    let packages = database("oraclelinux-7-slim-sqlite", "rpmdb.sqlite");
    check("var/lib/rpm/rpmdb.sqlite", &packages, &[], 4096, 1_000);
    let packages = database("variants", "sqlite-512-reserved/rpmdb.sqlite");
    check("var/lib/rpm/rpmdb.sqlite", &packages, &[], 512, 500);
}

#[test]
fn damage_to_a_write_ahead_log_is_told() {
    const FRAME: usize = 24 + 4096;
    let packages = database("variants", "sqlite-wal/rpmdb.sqlite");
    let log = database("variants", "sqlite-wal/rpmdb.sqlite-wal");
    // Without the frames of an earlier round, whose damage is nobody's loss.
    let log = &log[..32 + 236 * FRAME];
    check("var/lib/rpm/rpmdb.sqlite-wal", log, &[("var/lib/rpm/rpmdb.sqlite", &packages)], FRAME, 100);
}

#[test]
fn a_database_cut_anywhere_is_never_an_empty_answer() {
    for (archive, file) in [
        ("oraclelinux-7-slim-bdb", "Packages"),
        ("oraclelinux-7-slim-ndb", "Packages.db"),
        ("oraclelinux-7-slim-sqlite", "rpmdb.sqlite"),
    ] {
        let content = database(archive, file);
        let path = format!("var/lib/rpm/{file}");
        for length in (0..200).chain((200..content.len()).step_by(content.len() / 100)) {
            let (_, problems) = names(&[(&path, &content[..length])]);
            assert!(problems > 0, "{path} cut to {length} bytes");
        }
    }
}

#[test]
fn noise_is_no_database() {
    let mut random = Random(1);
    let noise: Vec<u8> = (0..100_000).map(|_| random.below(256) as u8).collect();
    for file in ["Packages", "Packages.db", "rpmdb.sqlite", "rpmdb.sqlite-wal"] {
        let (payload, problems) = read(&format!("var/lib/rpm/{file}"), &noise);
        assert_eq!((payload, problems.len()), (None, 1), "{file}");
        assert_eq!(problems[0].code.as_str(), "rpm-database-damaged");
    }
}

#[test]
fn entries_that_share_their_pages_do_not_multiply() {
    // Every overflowing entry of the database is made to claim the first one's chain.
    let mut content = database("oraclelinux-7-slim-bdb", "Packages");
    let is_hash = |page: &[u8]| page[25] == 13 || page[25] == 2;
    let mut first: Option<[u8; 8]> = None;
    for page in content.chunks_mut(4096).skip(1).filter(|page| is_hash(page)) {
        for entry in 0..usize::from(u16::from_le_bytes([page[20], page[21]])) {
            let at = usize::from(u16::from_le_bytes([page[26 + entry * 2], page[27 + entry * 2]]));
            if page[at] == 3 {
                let own: [u8; 8] = page[at + 4..at + 12].try_into().unwrap();
                page[at + 4..at + 12].copy_from_slice(first.get_or_insert(own));
            }
        }
    }
    let (found, problems) = names(&[("var/lib/rpm/Packages", &content)]);
    assert_eq!(found.len(), 1);
    assert!(problems > 10, "{problems}");
}

#[test]
fn an_older_record_that_cannot_be_decoded_is_told() {
    let files = unpack(&fixtures().join("oraclelinux-7-slim-ndb.tar.zst"));
    let (_, content) = files.iter().find(|(path, _)| path.ends_with("Packages.db")).unwrap();
    let image = Image::default().file(0, "var/lib/rpm/Packages.db", content).cut_payload(1_000);
    let (packages, _, problems) = image.join();
    assert_eq!((packages.len(), problems.len()), (0, 1));
}
