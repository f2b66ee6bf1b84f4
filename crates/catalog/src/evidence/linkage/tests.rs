//! What is made of one ELF file. Real ones are compared with `readelf` in `tests/evidence`.

use plimsoll_model::evidence::linkage::{Calls, Linkage, Linking, Named, Position, Relro, Unread};

use super::{ELF, LinkageReader};
use crate::ecosystem::dpkg::sample_image::soon;
use crate::executable::sample::{Form, Part, elf, name_by_first_section, of_equal_sections};
use crate::executable::{Note, section};
use crate::reader::Reader as _;

const LITTLE: Form = Form { wide: true, little: true };

fn check(content: &[u8]) -> Option<Linkage> {
    let payload = LinkageReader.read(b"bin/x", content, &mut Vec::new())?;
    Some(postcard::from_bytes(&payload).unwrap())
}

/// A test's own executable: this very program is one, made by a real linker.
#[test]
fn a_real_program_tells_its_libraries_and_how_it_is_hardened() {
    let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let Some(linkage) = check(own.get(..16 << 20).unwrap_or(&own)).filter(|_| own.starts_with(ELF)) else {
        eprintln!("skipped: programs of this system are no ELF files");
        return;
    };
    assert_eq!(linkage.bits, 64);
    assert_eq!(linkage.linking, Linking::Dynamic);
    assert!(linkage.needed.iter().any(|name| name.starts_with("libc.so")), "{:?}", linkage.needed);
    assert!(linkage.interpreter.is_some());
    assert_eq!(linkage.hardening.position, Position::Anywhere);
    assert_eq!(linkage.hardening.relro, Relro::Full);
    assert!(linkage.hardening.no_execute);
    assert!(linkage.calls.has(Calls::PROGRAMS), "tests start programs");
    assert!(linkage.unread.is_empty(), "{:?}", linkage.unread);
}

#[test]
fn a_file_without_a_dynamic_section_is_linked_with_nothing() {
    let part =
        Part { name: ".rodata", address: 0x1000, writable: false, bytes: b"\0/etc/app.conf\0libx.so.1\0" };
    let linkage = check(&elf(LITTLE, &[part])).unwrap();
    assert!(linkage.needed.is_empty() && linkage.interpreter.is_none());
    assert_eq!(linkage.hardening.stack_canary, None, "no symbols tell");
    assert!(linkage.unread.is_empty());
}

#[test]
fn what_is_no_elf_file_says_nothing() {
    assert_eq!(check(b"\x7fELF"), None);
    assert_eq!(check(b"#!/bin/sh"), None);
}

#[test]
fn damage_anywhere_is_survived_and_told() {
    let own = std::fs::read("/bin/true").unwrap_or_default();
    if !own.starts_with(ELF) {
        eprintln!("skipped: there is no /bin/true");
        return;
    }
    let whole = check(&own).unwrap();
    for cut in (64..own.len()).step_by(97) {
        let linkage = check(&own[..cut]).unwrap();
        assert!(
            linkage.needed == whole.needed || !linkage.unread.is_empty(),
            "cut at {cut}: {:?} instead of {:?}, and nothing said",
            linkage.needed,
            whole.needed
        );
        assert!(cut > own.len() - 64 || linkage.libraries_named == Named::Unknown || linkage == whole);
    }
    let mut damaged = own.clone();
    for at in (0..own.len().min(16_384)).step_by(3) {
        for value in [0, 0xff, 0x80] {
            damaged[at] = value;
            check(&damaged);
        }
        damaged[at] = own[at];
    }
}

#[test]
fn a_file_cut_off_behind_its_header_has_an_unread_dynamic_section() {
    let own = std::fs::read("/bin/true").unwrap_or_default();
    if !own.starts_with(ELF) {
        eprintln!("skipped: there is no /bin/true");
        return;
    }
    let linkage = check(&own[..2_048]).unwrap();
    assert_eq!(
        linkage.unread,
        [Unread::Dynamic, Unread::Notes]
            .into_iter()
            .filter(|what| linkage.unread.contains(what))
            .collect::<Vec<_>>()
    );
    assert!(linkage.unread.contains(&Unread::Dynamic));
}

/// Each of these takes minutes where the same bytes are read again for every section.
#[test]
fn sections_that_lie_in_one_another_are_not_read_again_and_again() {
    let large = vec![b'a'; 4 << 20];
    let file = of_equal_sections(".x", &large, section::PROGRAM_BITS, section::LOADED);
    let linkage = soon(|| check(&file)).unwrap();
    assert_eq!((linkage.libraries_named, linkage.paths_named), (Named::Unknown, Named::Unknown));

    let mut file = of_equal_sections(".x", &large, section::PROGRAM_BITS, 0);
    name_by_first_section(&mut file);
    soon(|| check(&file)).unwrap();

    // A note whose owner has a name of four megabytes.
    let mut note = large;
    let size = (note.len() - 12) as u32;
    note[..12].copy_from_slice(&[&size.to_le_bytes()[..], &[0; 4], &[3, 0, 0, 0]].concat());
    let file = of_equal_sections(".x", &note, section::NOTE, 0);
    let linkage = soon(|| check(&file)).unwrap();
    assert!(linkage.unread.contains(&Unread::Notes), "there are more notes than are looked at");
}

#[test]
fn what_was_left_out_of_a_dynamic_section_is_told() {
    let file = |needed: usize, names: &[u8]| {
        let word = |value: u64| LITTLE.word(value);
        let mut dynamic = [word(5), word(0x1000), word(10), word(names.len() as u64)].concat();
        dynamic.extend([word(1), word(1)].concat().repeat(needed));
        dynamic.extend([0; 16]);
        let names = Part { name: ".dynstr", address: 0x1000, writable: false, bytes: names };
        elf(LITTLE, &[names, Part { name: ".dynamic", address: 0x90_0000, writable: true, bytes: &dynamic }])
    };
    let linkage = check(&file(3, b"\0liba.so\0")).unwrap();
    assert_eq!((linkage.needed.len(), linkage.unread), (3, vec![]));
    let linkage = check(&file(5_000, b"\0liba.so\0")).unwrap();
    assert_eq!((linkage.needed.len(), linkage.unread), (4_096, vec![Unread::Dynamic]));
    let long = [&[0], &[b'a'; 4_000][..], &[0]].concat();
    let linkage = check(&file(4_000, &long)).unwrap();
    assert_eq!((linkage.needed.len(), linkage.unread), ((1 << 20) / 4_000, vec![Unread::Names]));
}

#[test]
fn a_note_that_cannot_be_understood_is_told() {
    let notes = |content: &[u8]| {
        let note = Note { owner: b"FDO", kind: 0x407c_0c0a, content };
        let told = super::notes::read(&[note]);
        (told.loads.len(), told.is_short)
    };
    assert_eq!(notes(b"[{\"soname\":[\"liba.so\"]}]\0"), (1, false));
    assert_eq!(notes(b"[{\"soname\":"), (0, true));
    let many = format!("[{}{{\"soname\":\"b\"}}]", "{\"soname\":\"a\"},".repeat(600));
    assert_eq!(notes(many.as_bytes()), (512, true));
    assert_eq!(notes("[".repeat(60_000).as_bytes()), (0, true));
    assert_eq!(notes(&[b' '; 100_000]), (0, true));
}
