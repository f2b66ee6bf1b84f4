//! How a file is protected against its own flaws. The rules are those of Debian's
//! `hardening-check` and of `checksec`.

use super::functions;
use super::{ElfKind, Hardening, Position, Relro};
use crate::executable::{Dynamic, Executable, Symbol, segment, tag};

const CODE: u32 = 1;
const FLAG_BIND_NOW: u64 = 8;
const FLAG_1_NOW: u64 = 1;
const FLAG_1_PIE: u64 = 0x0800_0000;

/// Whether the linker marked it as an executable though it is loaded as libraries are.
pub(super) fn says_executable(dynamic: &Dynamic<'_>) -> bool {
    dynamic.get(tag::FLAGS_1).is_some_and(|flags| flags & FLAG_1_PIE != 0)
}

/// Whether there is code in it, and not merely the table of another file's segments.
pub(super) fn has_code(executable: &Executable<'_>) -> bool {
    executable.segments.iter().any(|segment| segment.flags & CODE != 0 && segment.size > 0)
}

pub(super) fn judge(
    executable: &Executable<'_>,
    kind: ElfKind,
    dynamic: Option<&Dynamic<'_>>,
    is_loaded: bool,
    symbols: Option<&[Symbol<'_>]>,
) -> Hardening {
    let position = match kind {
        ElfKind::Executable => Position::Fixed,
        ElfKind::Shared => match dynamic {
            Some(dynamic) if is_loaded || says_executable(dynamic) || dynamic.get(tag::DEBUG).is_some() => {
                // A library that can be run as well, such as glibc's, has no entry for a debugger.
                if says_executable(dynamic) || dynamic.get(tag::DEBUG).is_some() {
                    Position::Anywhere
                } else {
                    Position::Library
                }
            }
            _ => Position::Library,
        },
        _ => Position::None,
    };
    let has_relro = executable.all_segments.iter().any(|one| one.kind == segment::GNU_RELRO);
    let binds_now = dynamic.is_some_and(|own| {
        own.get(tag::BIND_NOW).is_some()
            || own.get(tag::FLAGS).is_some_and(|flags| flags & FLAG_BIND_NOW != 0)
            || own.get(tag::FLAGS_1).is_some_and(|flags| flags & FLAG_1_NOW != 0)
    });
    let relro = match (has_relro, binds_now) {
        (false, _) => Relro::No,
        (true, false) => Relro::Partial,
        (true, true) => Relro::Full,
    };
    let stack = executable.all_segments.iter().find(|one| one.kind == segment::GNU_STACK);
    Hardening {
        position,
        relro,
        no_execute: stack.is_some_and(|stack| stack.flags & CODE == 0),
        stack_canary: symbols.map(functions::has_canary),
        fortified: symbols.filter(|_| dynamic.is_some()).map(functions::fortified),
    }
}
