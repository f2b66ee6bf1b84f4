//! How ELF files are linked and hardened.

mod constants;
mod functions;
mod hardening;
mod notes;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use plimsoll_model::evidence::Strings;
use plimsoll_model::evidence::linkage::{
    Calls, ElfKind, Hardening, Linkage, Linking, Named, Position, Relro, Unread, VersionNeed,
};
use plimsoll_model::{Problem, path};

use crate::claim::{Claim, Pattern};
use crate::content_names::content_names;
use crate::executable::{Dynamic, ELF, Executable, Part, section, tag};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// Reads ELF files.
#[derive(Debug, Clone, Copy)]
pub struct LinkageReader;

/// The most libraries that are kept of one file: programs need some hundred at most.
const MAX_NEEDED: usize = 4_096;

const DOC: Doc = Doc {
    id: "linkage",
    title: "Linkage",
    summary: "What ELF files are loaded with, and how they are hardened.",
    explanation: "Reads every file that begins as ELF files do, whatever its name: the libraries \
that it needs, the name it is needed by, where it looks for libraries, the loader, the versions of \
symbols that it needs and has, its build id, the notes about what it loads while it runs and about \
its package, and how it is hardened. Among its constants, strings that look like names of \
libraries or like absolute paths are kept, and of the functions it calls those that decide about \
further files.\n\n\
Of a file larger than 16 MiB the constants are not looked at, and what else was not kept is told \
as unread. Whether a function that is called ever runs, and with which name, is not known.",
};

impl Reader for LinkageReader {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        2
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[Claim { pattern: Pattern::Magic(ELF), limit: u64::MAX }];
        CLAIMS
    }

    fn is_on_demand(&self) -> bool {
        true
    }

    fn read(&self, _: &[u8], content: &[u8], _: &mut Vec<Problem>) -> Option<Vec<u8>> {
        postcard::to_allocvec(&read(&Executable::parse(content)?)).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let mut strings = Strings::default();
        let names = content_names(image);
        for fragment in image.shown() {
            let Ok(mut linkage) = postcard::from_bytes::<Linkage>(fragment.payload) else {
                joined.problems.push(Problem::new(
                    "linkage-unreadable",
                    format!("/{}", path::escape(fragment.path)),
                    "what was kept of how this file is linked cannot be read back",
                ));
                continue;
            };
            linkage.share(&mut strings);
            for name in names.others(fragment.file) {
                joined.evidence.linkage.insert(*name, linkage.clone());
            }
            joined.evidence.linkage.insert(fragment.file, linkage);
        }
    }
}

fn text(bytes: &[u8]) -> Arc<str> {
    path::escape(bytes).into()
}

/// What one file says of itself.
fn read(executable: &Executable<'_>) -> Linkage {
    let mut unread = Vec::new();
    let mut take = |is_short: bool, what: Unread| {
        if is_short && !unread.contains(&what) {
            unread.push(what);
        }
    };
    let dynamic = match executable.dynamic() {
        Part::Found(dynamic) => Some(dynamic),
        Part::Unread => {
            take(true, Unread::Dynamic);
            None
        }
        Part::Missing => None,
    };
    take(dynamic.as_ref().is_some_and(|own| own.is_short), Unread::Dynamic);
    let interpreter = match executable.interpreter() {
        Part::Found(path) => Some(text(path)),
        Part::Unread => {
            take(true, Unread::Interpreter);
            None
        }
        Part::Missing => None,
    };
    let mut name = |place: Option<u64>| {
        let found = dynamic.as_ref().and_then(|dynamic| dynamic.name(place?)).map(text);
        take(place.is_some() && found.is_none(), Unread::Names);
        found
    };
    let first = |tag: u64| dynamic.as_ref().and_then(|dynamic| dynamic.get(tag));
    let (soname, rpath, runpath) =
        (name(first(tag::SONAME)), name(first(tag::RPATH)), name(first(tag::RUNPATH)));
    let places: Vec<u64> =
        dynamic.as_ref().map(|own| own.all(tag::NEEDED).take(MAX_NEEDED + 1).collect()).unwrap_or_default();
    let has_more = places.len() > MAX_NEEDED;
    let needed = places.into_iter().take(MAX_NEEDED).filter_map(|place| name(Some(place))).collect();
    take(has_more, Unread::Dynamic);
    let (version_needs, version_definitions) = versions(executable, dynamic.as_ref(), &mut take);
    let (symbols, is_short) = executable.symbols(dynamic.as_ref());
    take(is_short, Unread::Symbols);
    let symbols = match symbols {
        Part::Found(symbols) => Some(symbols),
        Part::Unread | Part::Missing => None,
    };
    let (kind, linking) = kinds(executable, dynamic.as_ref(), interpreter.is_some());
    let (notes, is_short) = executable.notes();
    take(is_short, Unread::Notes);
    let told = notes::read(&notes);
    take(told.is_short, Unread::Notes);
    let (libraries_named, paths_named) = constants::read(executable);
    let (bits, is_little_endian) = executable.form();
    Linkage {
        bits,
        is_little_endian,
        machine: executable.machine,
        kind,
        linking,
        soname,
        needed,
        rpath,
        runpath,
        version_needs,
        version_definitions,
        build_id: told.build_id,
        loads: told.loads,
        package: told.package,
        calls: symbols.as_deref().map(functions::calls).unwrap_or_default(),
        libraries_named,
        paths_named,
        hardening: hardening::judge(
            executable,
            kind,
            dynamic.as_ref(),
            interpreter.is_some(),
            symbols.as_deref(),
        ),
        strippable: strippable(executable),
        interpreter,
        unread,
    }
}

fn versions(
    executable: &Executable<'_>,
    dynamic: Option<&Dynamic<'_>>,
    take: &mut dyn FnMut(bool, Unread),
) -> (Vec<VersionNeed>, Vec<Arc<str>>) {
    let Some(dynamic) = dynamic else { return (Vec::new(), Vec::new()) };
    let needs = match executable.version_needs(dynamic) {
        Part::Found(needs) => needs
            .into_iter()
            .map(|(library, versions)| VersionNeed {
                library: text(library),
                versions: versions.into_iter().map(|(name, is_weak)| (text(name), is_weak)).collect(),
            })
            .collect(),
        Part::Unread => {
            take(true, Unread::Versions);
            Vec::new()
        }
        Part::Missing => Vec::new(),
    };
    let definitions = match executable.version_definitions(dynamic) {
        Part::Found(names) => names.into_iter().map(text).collect(),
        Part::Unread => {
            take(true, Unread::Versions);
            Vec::new()
        }
        Part::Missing => Vec::new(),
    };
    (needs, definitions)
}

fn kinds(executable: &Executable<'_>, dynamic: Option<&Dynamic<'_>>, is_loaded: bool) -> (ElfKind, Linking) {
    let kind = match executable.kind {
        1 => ElfKind::Relocatable,
        2 => ElfKind::Executable,
        3 => ElfKind::Shared,
        4 => ElfKind::Core,
        other => ElfKind::Other(other),
    };
    let linking = match (kind, dynamic) {
        (ElfKind::Executable | ElfKind::Shared, _) if is_loaded => Linking::Dynamic,
        // A static executable that is loaded anywhere relocates itself, and needs nothing for it.
        (ElfKind::Shared, Some(dynamic)) if hardening::says_executable(dynamic) => Linking::Static,
        (ElfKind::Executable | ElfKind::Shared, Some(_)) => Linking::Dynamic,
        (ElfKind::Executable, None) if hardening::has_code(executable) => Linking::Static,
        _ => Linking::None,
    };
    (kind, linking)
}

/// Bytes of the sections that `strip` would remove: those that are not loaded and have symbols or
/// debugging data.
fn strippable(executable: &Executable<'_>) -> Option<u64> {
    if executable.sections.is_empty() || executable.sections.iter().any(|one| one.name.is_none()) {
        return None;
    }
    if executable.kind == 1 {
        return Some(0);
    }
    let is_debugging = |name: &[u8]| {
        [b".debug_".as_slice(), b".zdebug_", b".stab"].iter().any(|start| name.starts_with(start))
            || matches!(name, b".symtab" | b".strtab" | b".gdb_index")
    };
    let sections = executable.sections.iter().filter(|one| one.flags & section::LOADED == 0);
    Some(
        sections
            .filter(|one| one.name.is_some_and(is_debugging))
            .fold(0, |all, one| all.saturating_add(one.size)),
    )
}
