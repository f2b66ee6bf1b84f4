//! Headers made by hand, for what real databases at hand do not show.

use crate::image::Image;

const DATABASE: &str = "usr/lib/sysimage/rpm/Packages.db";

/// The data of one entry.
enum Data<'a> {
    Text(&'a str),
    List(&'a [&'a str]),
    Numbers(&'a [u32]),
    Bytes(&'a [u8]),
}
use Data::{Bytes, List, Numbers, Text};

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const OLD_FILE_NAMES: u32 = 1027;
const FILE_STATES: u32 = 1029;
const REQUIRE_FLAGS: u32 = 1048;
const REQUIRE_NAME: u32 = 1049;
const REQUIRE_VERSION: u32 = 1050;
const DIR_INDEXES: u32 = 1116;
const BASE_NAMES: u32 = 1117;
const DIR_NAMES: u32 = 1118;
const LONG_SIZE: u32 = 5009;
const MODULARITY: u32 = 5096;

/// A header called `sample`, version 1, release 1, with more entries.
fn header(entries: &[(u32, Data<'_>)]) -> Vec<u8> {
    let fixed = [(NAME, Text("sample")), (VERSION, Text("1")), (RELEASE, Text("1"))];
    let (mut index, mut store) = (Vec::new(), Vec::new());
    for (tag, data) in fixed.iter().chain(entries) {
        let offset = store.len() as u32;
        let (kind, count) = match data {
            Text(text) => {
                store.extend_from_slice(text.as_bytes());
                store.push(0);
                (6, 1)
            }
            List(members) => {
                for member in *members {
                    store.extend_from_slice(member.as_bytes());
                    store.push(0);
                }
                (8, members.len())
            }
            Numbers(numbers) => {
                store.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
                (4, numbers.len())
            }
            Bytes(bytes) => {
                store.extend_from_slice(bytes);
                (1, bytes.len())
            }
        };
        for field in [*tag, kind, offset, count as u32] {
            index.extend_from_slice(&field.to_be_bytes());
        }
    }
    let counts = [(index.len() / 16) as u32, store.len() as u32].map(u32::to_be_bytes);
    [&counts.concat(), &index, &store].map(|part: &Vec<u8>| part.as_slice()).concat()
}

/// An NDB database of some headers.
fn database(headers: &[Vec<u8>]) -> Vec<u8> {
    let number = |number: usize| (number as u32).to_le_bytes();
    let mut slots = [b"RpmP".as_slice(), &number(0), &number(1), &number(1), &number(99), &[0; 12]].concat();
    let mut blobs: Vec<u8> = Vec::new();
    for (position, header) in headers.iter().enumerate() {
        let mut blob =
            [b"BlbS".as_slice(), &number(position + 1), &number(0), &number(header.len()), header].concat();
        while (blob.len() + 12) % 16 != 0 {
            blob.push(0);
        }
        let (low, high) = blob.iter().fold((1_u32, 0_u32), |(low, high), byte| {
            let low = (low + u32::from(*byte)) % 65_521;
            (low, (high + low) % 65_521)
        });
        let sum = number((high << 16 | low) as usize);
        blob.extend([sum.as_slice(), &number(header.len()), b"BlbE"].concat());
        let place = (4096 + blobs.len()) / 16;
        slots.extend(
            [b"Slot".as_slice(), &number(position + 1), &number(place), &number(blob.len() / 16)].concat(),
        );
        blobs.extend(blob);
    }
    while slots.len() < 4096 {
        slots.extend([b"Slot".as_slice(), &[0; 12]].concat());
    }
    [slots, blobs].concat()
}

/// One header in an image with some files: which of them are owned.
fn check_owned(entries: &[(u32, Data<'_>)], expect: &[&str]) {
    let (packages, owned, problems) = Image::default()
        .file(0, DATABASE, &database(&[header(entries)]))
        .tree("etc/sample.conf")
        .tree("usr/lib/sample/one")
        .tree("usr/lib/sample/two")
        .link("lib", "usr/lib")
        .join();
    assert_eq!((packages.len(), problems), (1, vec![]));
    let owned: Vec<&str> = owned.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(owned, expect);
}

/// What is wrong with a database of one header, and how many packages it still shows.
fn check_damage(header: Vec<u8>, packages: usize, expect: &str) {
    let (found, _, problems) = Image::default().file(0, DATABASE, &database(&[header])).join();
    assert_eq!(found.len(), packages);
    assert!(problems.iter().any(|problem| problem.detail.contains(expect)), "{problems:?}");
}

#[test]
fn files_are_owned_where_links_lead() {
    let entries = [
        (BASE_NAMES, List(&["sample.conf", "one", "sample", "gone", ""])),
        (DIR_NAMES, List(&["/etc/", "/lib/sample/", "/lib/", "/"])),
        (DIR_INDEXES, Numbers(&[0, 1, 2, 2, 3])),
    ];
    check_owned(&entries, &["/", "/etc/sample.conf", "/usr/lib/sample", "/usr/lib/sample/one"]);
}

#[test]
fn files_that_were_not_installed_are_not_owned() {
    let entries = [
        (BASE_NAMES, List(&["sample.conf", "one", "two"])),
        (DIR_NAMES, List(&["/etc/", "/lib/sample/"])),
        (DIR_INDEXES, Numbers(&[0, 1, 1])),
        // Replaced, shared over the network, not installed.
        (FILE_STATES, Bytes(&[1, 3, 2])),
    ];
    check_owned(&entries, &["/usr/lib/sample/one"]);
}

#[test]
fn headers_of_rpm_3_list_whole_paths() {
    check_owned(
        &[(OLD_FILE_NAMES, List(&["/etc/sample.conf", "/lib/sample/two"]))],
        &["/etc/sample.conf", "/usr/lib/sample/two"],
    );
}

#[test]
fn an_entry_behind_the_region_replaces_one_inside() {
    let (packages, _, problems) = Image::default()
        .file(0, DATABASE, &database(&[header(&[(VERSION, Text("2")), (MODULARITY, Text("perl:5.26:1:0"))])]))
        .join();
    assert_eq!(problems, []);
    assert_eq!((packages[0].version.as_str(), packages[0].origin.as_deref()), ("2-1", Some("perl:5.26:1:0")));
}

#[test]
fn an_epoch_of_zero_is_left_out_and_any_other_written() {
    let epochs = [0, 32].map(|epoch| header(&[(EPOCH, Numbers(&[epoch]))]));
    let (packages, ..) = Image::default().file(0, DATABASE, &database(&epochs)).join();
    let versions: Vec<&str> = packages.iter().map(|package| package.version.as_str()).collect();
    assert_eq!(versions, ["1-1", "32:1-1"]);
}

#[test]
fn a_database_that_lists_a_package_twice_shows_it_twice() {
    let (packages, _, problems) =
        Image::default().file(0, DATABASE, &database(&[header(&[]), header(&[])])).join();
    assert_eq!((packages.len(), problems), (2, vec![]));
}

#[test]
fn an_empty_database_is_no_damage() {
    let (packages, _, problems) = Image::default().file(0, DATABASE, &database(&[])).join();
    assert_eq!((packages.len(), problems), (0, vec![]));
}

#[test]
fn what_contradicts_itself_in_a_header_is_told() {
    check_damage(header(&[(NAME, Text(""))]), 0, "names no package");
    check_damage(header(&[(LONG_SIZE, Text("1"))]), 1, "not of its tag's type");
    check_damage(
        header(&[(BASE_NAMES, List(&["one"])), (DIR_INDEXES, Numbers(&[7]))]),
        1,
        "its files do not match",
    );
    let relations = [
        (REQUIRE_NAME, List(&["a", "b"])),
        (REQUIRE_VERSION, List(&["", "", ""])),
        (REQUIRE_FLAGS, Numbers(&[0, 0])),
    ];
    check_damage(header(&relations), 1, "do not match their versions");
    let mut longer = header(&[]);
    longer.push(0);
    check_damage(longer, 1, "what its parts add up to");
    check_damage(vec![0; 8], 0, "no entries");
}
