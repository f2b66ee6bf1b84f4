//! Damaged documents: whatever is done to them, reading ends, soon, and without a panic.

use std::time::{Duration, Instant};

use plimsoll_advisory::Feed;
use plimsoll_advisory::feed::amazon_updateinfo::AmazonUpdateinfo;
use plimsoll_advisory::feed::oval::{AzureOval, OracleOval, PhotonOval};
use plimsoll_advisory::feed::redhat_vex::RedHatVex;
use plimsoll_advisory::vex;

use crate::parse;

const OVAL: &str = "<oval_definitions><definitions><definition id=\"d:1\"><metadata><title>ELSA-1: a</title>\
    <reference source=\"CVE\" ref_id=\"CVE-1\"/><patchable>true</patchable><advisory><severity>LOW</severity><cve>CVE-1</cve>\
    </advisory></metadata><criteria operator=\"AND\"><criterion test_ref=\"t:0\" comment=\"Oracle Linux 8 is installed\"/>\
    <criteria operator=\"OR\"><criterion test_ref=\"t:1\" comment=\"a is earlier than 0:1-1\"/></criteria></criteria>\
    </definition></definitions><tests><rpminfo_test id=\"t:1\"><object object_ref=\"o:1\"/><state state_ref=\"s:1\"/>\
    </rpminfo_test></tests><objects><rpminfo_object id=\"o:1\"><name>a</name></rpminfo_object></objects><states>\
    <rpminfo_state id=\"s:1\"><evr operation=\"less than\">0:1-1.azl3</evr></rpminfo_state></states></oval_definitions>";
const UPDATES: &str = "<updates><update><id>A-1</id><severity>low</severity><references><reference id=\"CVE-1\" \
    type=\"cve\" href=\"x\"/></references><pkglist><collection><package name=\"a\" version=\"1\" release=\"1\"/>\
    </collection></pkglist></update></updates>";
const CSAF: &str = r#"{"document":{"csaf_version":"2.0","tracking":{"id":"i"}},"product_tree":{"branches":[{"product":{"product_id":"p","product_identification_helper":{"cpe":"cpe:/o:redhat:enterprise_linux:8"}}},{"product":{"product_id":"c","product_identification_helper":{"purl":"pkg:rpm/redhat/c@1-1?arch=x86_64"}}}],"relationships":[{"product_reference":"c","relates_to_product_reference":"p","full_product_name":{"product_id":"p:c"}}]},"vulnerabilities":[{"cve":"CVE-1","product_status":{"fixed":["p:c"]}}]}"#;
const OPENVEX: &str = r#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"i","statements":[{"vulnerability":{"name":"CVE-1"},"products":[{"@id":"pkg:npm/a","subcomponents":[{"@id":"pkg:npm/b"}]}],"status":"fixed"}]}"#;
const CYCLONEDX: &str = r#"{"bomFormat":"CycloneDX","components":[{"bom-ref":"one","purl":"pkg:npm/a"}],"vulnerabilities":[{"id":"CVE-1","analysis":{"state":"exploitable"},"affects":[{"ref":"one","versions":[{"version":"1"}]}]}]}"#;
const IGNORE: &str = "[[ignore]]\nid = \"CVE-1\"\nreason = \"r\"\nowner = \"o\"\nuntil = 2026-01-01\n";

/// Numbers from a fixed seed (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound.max(1) as u64).unwrap()
    }

    fn mutate(&mut self, document: &[u8]) -> Vec<u8> {
        let mut bytes = document.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(5) {
                0 => bytes.truncate(at),
                1 => bytes[at..].iter_mut().take(1).for_each(|byte| *byte = self.0 as u8),
                2 => {
                    let until = (at + self.below(40)).min(bytes.len());
                    bytes.drain(at..until);
                }
                3 => {
                    let until = (at + self.below(200)).min(bytes.len());
                    let again = bytes[at..until].to_vec();
                    bytes.splice(at..at, again);
                }
                _ => {
                    let text = [
                        &b"<"[..],
                        b">",
                        b"\"",
                        b"&",
                        b"</criteria>",
                        b"{",
                        b"]",
                        b"\xff",
                        b"0",
                        b"<!--",
                        b"<![CDATA[",
                    ];
                    bytes.splice(at..at, text[self.below(text.len())].to_vec());
                }
            }
            if bytes.is_empty() {
                break;
            }
        }
        bytes
    }
}

fn check(document: &str, read: impl Fn(&[u8])) {
    read(document.as_bytes());
    let mut numbers = Numbers(42);
    for _ in 0..4_000 {
        let damaged = numbers.mutate(document.as_bytes());
        let started = Instant::now();
        read(&damaged);
        assert!(started.elapsed() < Duration::from_secs(2), "{}", String::from_utf8_lossy(&damaged));
    }
}

fn check_feed(feed: &dyn Feed, path: &str, document: &str) {
    check(document, |bytes| {
        let found = parse(feed, path, bytes);
        // What is not there is not silently nothing.
        assert!(!found.advisories.is_empty() || !found.problems.is_empty());
    });
}

#[test]
fn damaged_feeds_end_with_a_word_about_it() {
    check_feed(&OracleOval, "a.xml", OVAL);
    check_feed(&PhotonOval, "a.xml", OVAL);
    check_feed(&AzureOval, "azurelinux-3.0-oval.xml", OVAL);
    check_feed(&AmazonUpdateinfo, "2/updateinfo.xml", UPDATES);
    check_feed(&RedHatVex, "a.json", CSAF);
}

#[test]
fn damaged_vex_and_ignore_files_end() {
    for document in [OPENVEX, CSAF, CYCLONEDX] {
        assert_eq!(vex::read(document.as_bytes()).unwrap().statements.len(), 1);
        check(document, |bytes| drop(vex::read(bytes)));
    }
    assert_eq!(vex::ignore::parse(IGNORE).unwrap().entries.len(), 1);
    check(IGNORE, |bytes| {
        drop(std::str::from_utf8(bytes).map(vex::ignore::parse));
    });
}

#[test]
fn damaged_archives_end() {
    use std::io::Write;
    let mut bzip = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip.write_all(OVAL.as_bytes()).unwrap();
    let bzip = bzip.finish().unwrap();
    let mut numbers = Numbers(7);
    for _ in 0..1_000 {
        parse(&OracleOval, "a.xml.bz2", &numbers.mutate(&bzip));
    }
    let zstd = zstd::encode_all(&[0_u8; 2048][..], 1).unwrap();
    for _ in 0..1_000 {
        parse(&RedHatVex, "a.tar.zst", &numbers.mutate(&zstd));
    }
}

/// A reader that makes up `total` bytes of a pattern, as a bomb would unpack to.
struct Endless {
    pattern: &'static [u8],
    at: usize,
    left: u64,
}

impl std::io::Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = into.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        for byte in &mut into[..count] {
            *byte = self.pattern[self.at];
            self.at = (self.at + 1) % self.pattern.len();
        }
        self.left -= count as u64;
        Ok(count)
    }
}

impl std::io::Seek for Endless {
    fn seek(&mut self, _: std::io::SeekFrom) -> std::io::Result<u64> {
        Err(std::io::Error::other("a stream has no places"))
    }
}

#[test]
fn one_endless_definition_is_cut_and_memory_stays_bounded() {
    for pattern in [
        &b"<definitions>"[..],
        b"<definition id='d'>",
        b"<definition><criteria><criterion comment='a is earlier than 1'/></criteria></definition>",
        b"                  ",
        b"<!-- x -->",
    ] {
        let mut collected = Counted::default();
        let mut bytes = Endless { pattern, at: 0, left: 16 << 20 };
        let file = plimsoll_advisory::FeedFile::new("a.xml", &mut bytes);
        OracleOval.parse(file, &mut collected);
        assert!(collected.problems > 0 && collected.problems < 50, "{}", collected.problems);
    }
}

/// Keeps nothing, as a database that writes what it gets would.
#[derive(Default)]
struct Counted {
    problems: usize,
}

impl plimsoll_advisory::Sink for Counted {
    fn advisory(&mut self, _: plimsoll_model::Advisory) {}

    fn problem(&mut self, _: plimsoll_model::Problem) {
        self.problems += 1;
    }
}
