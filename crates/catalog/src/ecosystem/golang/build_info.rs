//! Go's build information, as `debug/buildinfo` of Go's own library reads it.

use memchr::memmem;
use serde::{Deserialize, Serialize};

use super::linker_flags;
use crate::executable::binary::Binary;
use crate::executable::{GO_BUILD_INFO, GO_MODULES_END, GO_MODULES_START};

/// The header: the mark, the size of a pointer, flags, and room for two pointers.
const HEADER: usize = 32;
/// The linker puts the header at an address of this multiple.
const ALIGNMENT: u64 = 16;
const BIG_ENDIAN: u8 = 1;
const IN_LINE: u8 = 2;

/// The section that the linker makes for it in ELF and in Mach-O; a portable executable has none.
const SECTIONS: [&[u8]; 2] = [b".go.buildinfo", b"__go_buildinfo"];

/// How often the bytes of an executable are searched, all segments together. Segments of real ones
/// lie side by side, so once is enough; what Go built has none on top of each other.
const MAX_SEARCHES: usize = 4;

/// The longest version of Go: `go1.20.12 X:…` with experiments.
const MAX_VERSION: usize = 1024;

/// A module that is in an executable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Module {
    /// Its path, letter by letter.
    pub(super) path: String,
    /// `v1.2.3`, `(devel)` or nothing.
    pub(super) version: String,
    /// Which module it replaces.
    pub(super) origin: Option<String>,
}

/// What one executable says.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BuildInfo {
    /// `go1.22.1`, maybe with more behind a space; empty where it was not found.
    pub(super) go_version: String,
    pub(super) main: Option<Module>,
    pub(super) needs: Vec<Module>,
    /// Version control system and commit of the main module.
    pub(super) commit: Option<String>,
    /// The version that the linker was told to put into a variable of the main module.
    pub(super) flagged_version: Option<String>,
}

impl BuildInfo {
    /// `1.22.1` of `go1.22.1 X:boringcrypto`; a version of Go that is no release as it stands.
    pub(super) fn released_with(&self) -> Option<&str> {
        let version = match self.go_version.strip_prefix("go") {
            Some(release) => release.split_whitespace().next()?,
            None => self.go_version.as_str(),
        };
        (!version.is_empty()).then_some(version)
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    Info(BuildInfo),
    Unreadable,
}

pub(super) fn find(executable: &Binary<'_>) -> Found {
    let Some((header, end)) = find_header(executable) else { return Found::Nothing };
    let Some(fixed) = executable.kept.at(header, HEADER as u64) else { return Found::Unreadable };
    let (Some(pointer_size), Some(flags)) = (fixed.get(14), fixed.get(15)) else {
        return Found::Unreadable;
    };
    let texts = if flags & IN_LINE != 0 {
        let start = header + HEADER as u64;
        executable.kept.from(start).and_then(|rest| {
            let room = usize::try_from(end.saturating_sub(start)).ok()?;
            let (version, rest) = split_text(rest.get(..room).unwrap_or(rest))?;
            Some((Some(version), split_text(rest).map(|(modules, _)| modules).unwrap_or_default()))
        })
    } else {
        let text = |place: usize| {
            let pointer = number(fixed.get(place..place + usize::from(*pointer_size))?, *flags);
            text_at(executable, pointer, *pointer_size, *flags)
        };
        match (*pointer_size, executable.kept.is_whole()) {
            (4 | 8, true) => {
                let modules = text(16 + usize::from(*pointer_size));
                text(16).map(|version| (Some(version), modules.unwrap_or_default()))
            }
            // The texts lie before the header, where no more than marked ones were kept.
            (4 | 8, false) => Some((None, find_marked(executable).unwrap_or_default())),
            _ => None,
        }
    };
    let Some((version, modules)) = texts else { return Found::Unreadable };
    let version = version.unwrap_or_default();
    if version.len() > MAX_VERSION || version.iter().any(u8::is_ascii_control) {
        return Found::Unreadable;
    }
    let mut info =
        BuildInfo { go_version: String::from_utf8_lossy(version).trim().to_owned(), ..BuildInfo::default() };
    if let Some(modules) = without_marks(modules) {
        read_modules(&String::from_utf8_lossy(modules), &mut info);
    }
    Found::Info(info)
}

/// Where the header lies in the file, and where the section or segment ends that it lies in: its
/// own section, or, where there is no such section, data that the program may write. Go's own
/// tools hold the mark elsewhere too, as text.
fn find_header(executable: &Binary<'_>) -> Option<(u64, u64)> {
    let section = SECTIONS.iter().find_map(|name| executable.section(name));
    let ranges: Vec<(u64, u64, u64)> = match section {
        Some(section) => vec![(section.offset, section.size, section.address)],
        None => {
            let writable = executable.segments.iter().filter(|segment| segment.is_writable);
            writable.map(|segment| (segment.offset, segment.size, segment.address)).collect()
        }
    };
    let all: usize = executable.kept.parts().iter().map(|(_, bytes)| bytes.len()).sum();
    let mut left = all.saturating_mul(MAX_SEARCHES);
    for (offset, size, address) in ranges {
        let end = offset.saturating_add(size);
        for (start, bytes) in executable.kept.parts() {
            let from = usize::try_from(offset.saturating_sub(*start)).ok()?;
            let until = usize::try_from(end.saturating_sub(*start)).ok()?.min(bytes.len());
            let Some(bytes) = bytes.get(from..until) else { continue };
            left = left.checked_sub(bytes.len())?;
            let place = (*start).max(offset);
            let aligned = memmem::find_iter(bytes, GO_BUILD_INFO)
                .map(|at| place + at as u64)
                .find(|at| address.wrapping_add(at - offset).is_multiple_of(ALIGNMENT));
            if let Some(header) = aligned {
                return Some((header, end));
            }
        }
    }
    None
}

fn number(bytes: &[u8], flags: u8) -> u64 {
    let join = |all: u64, byte: &u8| (all << 8) | u64::from(*byte);
    if flags & BIG_ENDIAN != 0 { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) }
}

/// A text behind its length, seven bits to a byte, the lowest first.
fn split_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0_u64;
    for (position, byte) in bytes.iter().enumerate().take(10) {
        length |= u64::from(byte & 0x7f).checked_shl(7 * position as u32)?;
        if byte & 0x80 == 0 {
            return bytes.get(position + 1..)?.split_at_checked(usize::try_from(length).ok()?);
        }
    }
    None
}

/// The text that a string of Go at an address holds: its address and its length.
fn text_at<'a>(executable: &Binary<'a>, string: u64, pointer_size: u8, flags: u8) -> Option<&'a [u8]> {
    let size = u64::from(pointer_size);
    let header = executable.kept.at(executable.place_of(string)?, 2 * size)?;
    let (address, length) = header.split_at_checked(usize::from(pointer_size))?;
    executable.kept.at(executable.place_of(number(address, flags))?, number(length, flags))
}

/// The list of modules, marks and all, wherever it was kept.
fn find_marked<'a>(executable: &Binary<'a>) -> Option<&'a [u8]> {
    executable.kept.parts().iter().find_map(|(_, bytes)| {
        let rest = bytes.get(memmem::find(bytes, &GO_MODULES_START)?..)?;
        rest.get(..memmem::find(rest, &GO_MODULES_END)? + GO_MODULES_END.len())
    })
}

/// Go takes a list that has a mark before and after it, and a line's end before the last.
fn without_marks(modules: &[u8]) -> Option<&[u8]> {
    let end = modules.len().checked_sub(GO_MODULES_END.len())?;
    let inner = modules.get(GO_MODULES_START.len()..end)?;
    inner.ends_with(b"\n").then_some(inner)
}

/// Lines of `mod`, `dep`, `=>` and `build`, their fields between tabs.
fn read_modules(text: &str, info: &mut BuildInfo) {
    let (mut system, mut commit, mut linker_flags) = (None, None, String::new());
    let mut last: Option<Line> = None;
    for line in text.lines() {
        let mut fields = line.split('\t');
        let kind = fields.next().unwrap_or_default();
        let mut field = || fields.next().unwrap_or_default().to_owned();
        match kind {
            "mod" | "dep" => {
                let module = Module { path: field(), version: field(), origin: None };
                if module.path.is_empty() {
                    last = None;
                } else if kind == "mod" {
                    info.main = Some(module);
                    last = Some(Line::Main);
                } else {
                    info.needs.push(module);
                    last = Some(Line::Needed);
                }
            }
            "=>" => {
                let replaced = match last.take() {
                    Some(Line::Main) => info.main.as_mut(),
                    Some(Line::Needed) => info.needs.last_mut(),
                    None => None,
                };
                if let Some(module) = replaced {
                    replace(module, &field(), field());
                }
            }
            "build" => {
                let setting = field();
                match setting.split_once('=') {
                    Some(("vcs", name)) => system = Some(name.to_owned()),
                    Some(("vcs.revision", name)) => commit = Some(name.to_owned()),
                    Some(("-ldflags", flags)) => linker_flags = flags.to_owned(),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    info.commit = commit.map(|commit| match system {
        Some(system) => format!("{system} {commit}"),
        None => commit,
    });
    let main = info.main.as_ref().map(|module| module.path.as_str());
    info.flagged_version = main.and_then(|main| linker_flags::version(&linker_flags, main));
}

#[derive(Clone, Copy)]
enum Line {
    Main,
    Needed,
}

/// What the executable holds is the replacement; a directory has no version, and no name that
/// means anything elsewhere.
fn replace(module: &mut Module, path: &str, version: String) {
    let is_directory = path.starts_with(['.', '/']) || path.is_empty();
    if is_directory {
        module.version = String::new();
        module.origin = Some(format!("directory {path}"));
        return;
    }
    module.origin = Some(format!("replaces {} {}", module.path, module.version).trim_end().to_owned());
    path.clone_into(&mut module.path);
    module.version = version;
}
