//! What is made of one ELF file. Real ones are compared with `readelf` in `tests/evidence`.

use plimsoll_model::evidence::linkage::{Calls, Linkage, Linking, Named, Position, Relro, Unread};

use super::{ELF, LinkageReader};
use crate::executable::sample::{Form, Part, elf};
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
