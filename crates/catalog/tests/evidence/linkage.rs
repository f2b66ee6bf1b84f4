//! Linkage against `readelf` (binutils) and hardening against `hardening-check` (devscripts).

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use plimsoll_catalog::Reader as _;
use plimsoll_catalog::evidence::linkage::LinkageReader;
use plimsoll_catalog::executable::{Excerpt, MAX_WHOLE};
use plimsoll_model::evidence::Linkage;
use plimsoll_model::evidence::linkage::{ElfKind, Position, Relro};

use crate::files::{for_each, has_tool, scratch};

/// What both sides say of a file, in one form.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    bits: String,
    kind: String,
    machine: String,
    interpreter: Option<String>,
    soname: Option<String>,
    needed: Vec<String>,
    rpath: Option<String>,
    runpath: Option<String>,
    /// `library version`, those that may be missing with `weak`.
    needs: Vec<String>,
    definitions: Vec<String>,
    build_id: Option<String>,
    relro: bool,
    binds_now: bool,
    no_execute: bool,
}

fn ours(linkage: &Linkage) -> Said {
    let text = |text: &Option<std::sync::Arc<str>>| text.as_ref().map(ToString::to_string);
    Said {
        bits: linkage.bits.to_string(),
        kind: match linkage.kind {
            ElfKind::Relocatable => "REL".to_owned(),
            ElfKind::Executable => "EXEC".to_owned(),
            ElfKind::Shared => "DYN".to_owned(),
            ElfKind::Core => "CORE".to_owned(),
            ElfKind::Other(number) => number.to_string(),
        },
        machine: linkage.machine_name().unwrap_or("other").to_owned(),
        interpreter: text(&linkage.interpreter),
        soname: text(&linkage.soname),
        needed: linkage.needed.iter().map(ToString::to_string).collect(),
        rpath: text(&linkage.rpath),
        runpath: text(&linkage.runpath),
        needs: linkage
            .version_needs
            .iter()
            .flat_map(|need| need.versions.iter().map(move |(name, weak)| (&need.library, name, *weak)))
            .map(|(library, name, weak)| format!("{library} {name}{}", if weak { " weak" } else { "" }))
            .collect(),
        definitions: linkage.version_definitions.iter().map(ToString::to_string).collect(),
        build_id: linkage.build_id.as_deref().map(ToOwned::to_owned),
        relro: linkage.hardening.relro != Relro::No,
        binds_now: linkage.hardening.relro == Relro::Full,
        no_execute: linkage.hardening.no_execute,
    }
}

/// What `readelf -W -h -l -d -n -V` prints about one file.
fn theirs(output: &str) -> Said {
    let mut said = Said::default();
    let bracket = |line: &str| line.split_once('[').map(|(_, rest)| rest.trim_end_matches(']').to_owned());
    let (mut library, mut part) = (String::new(), "");
    for line in output.lines() {
        let line = line.trim();
        let field = |name: &str| line.strip_prefix(name).map(str::trim);
        if let Some(class) = field("Class:") {
            class.trim_start_matches("ELF").clone_into(&mut said.bits);
        } else if let Some(kind) = field("Type:").filter(|_| said.kind.is_empty()) {
            kind.split(' ').next().unwrap_or_default().clone_into(&mut said.kind);
        } else if let Some(machine) = field("Machine:") {
            let known = [
                ("Advanced Micro Devices X86-64", "x86-64"),
                ("Intel 80386", "x86"),
                ("Linux BPF", "bpf"),
                ("AArch64", "aarch64"),
                ("IBM S/390", "s390"),
            ];
            let name = known.iter().find(|(theirs, _)| *theirs == machine).map_or("other", |(_, ours)| ours);
            name.clone_into(&mut said.machine);
        } else if let Some((_, path)) = line.split_once("[Requesting program interpreter: ") {
            said.interpreter = Some(path.trim_end_matches(']').to_owned());
        } else if line.contains("(NEEDED)") {
            said.needed.extend(bracket(line));
        } else if line.contains("(SONAME)") {
            said.soname = bracket(line);
        } else if line.contains("(RPATH)") {
            said.rpath = bracket(line);
        } else if line.contains("(RUNPATH)") {
            said.runpath = bracket(line);
        } else if line.starts_with("GNU_RELRO") {
            said.relro = true;
        } else if line.starts_with("GNU_STACK") {
            said.no_execute = !line.contains(" RWE ") && !line.contains(" R E ");
        } else if line.contains("(BIND_NOW)") || (line.contains("(FLAGS") && line.contains("NOW")) {
            said.binds_now = true;
        } else if let Some((_, id)) = line.split_once("Build ID: ") {
            said.build_id.get_or_insert(id.to_owned());
        } else if line.starts_with("Version needs section") {
            part = "needs";
        } else if line.starts_with("Version definition section") {
            part = "definitions";
        } else if line.starts_with("Version symbols section") || line.starts_with("Displaying notes") {
            part = "";
        } else if part == "needs"
            && let Some((_, rest)) = line.split_once("File: ")
        {
            rest.split("  ").next().unwrap_or_default().clone_into(&mut library);
        } else if part == "needs"
            && let Some((_, rest)) = line.split_once("Name: ")
        {
            let name = rest.split("  ").next().unwrap_or_default();
            let weak = if rest.contains("Flags: WEAK") { " weak" } else { "" };
            said.needs.push(format!("{library} {name}{weak}"));
        } else if part == "definitions"
            && line.contains("Cnt:")
            && !line.contains("Flags: BASE ")
            && let Some((_, name)) = line.split_once("Name: ")
        {
            said.definitions.push(name.to_owned());
        }
    }
    said.binds_now &= said.relro;
    said
}

/// Reads a file as the pass over a layer hands it out.
fn read(content: &[u8], excerpt: &mut Excerpt) -> Linkage {
    excerpt.begin(content.len() as u64);
    content.chunks(250_000).for_each(|piece| excerpt.push(piece));
    let payload = LinkageReader.read(b"x", excerpt.content(), &mut Vec::new()).unwrap();
    postcard::from_bytes(&payload).unwrap()
}

/// Both sides of every ELF file of an image; how many there were.
fn check(image: &str) {
    compare(image, false);
}

/// The same, with what `hardening-check` says, which takes a while.
fn check_with_hardening(image: &str) {
    compare(image, true);
}

fn compare(image: &str, with_hardening: bool) {
    if !has_tool("readelf") {
        return;
    }
    let directory = scratch(&format!("linkage-{image}"));
    let mut files: BTreeMap<String, (String, Linkage)> = BTreeMap::new();
    let (mut excerpt, mut bytes, mut large) = (Excerpt::default(), 0, 0);
    for_each(image, |path, content| {
        if !content.starts_with(b"\x7fELF") {
            return;
        }
        let linkage = read(content, &mut excerpt);
        let name = format!("{:06}", files.len());
        std::fs::write(directory.join(&name), content).unwrap();
        if content.len() as u64 > MAX_WHOLE {
            large += 1;
        } else {
            assert!(linkage.unread.is_empty(), "{}: {:?}", String::from_utf8_lossy(path), linkage.unread);
        }
        bytes += postcard::to_allocvec(&linkage).unwrap().len();
        files.insert(name, (String::from_utf8_lossy(path).into_owned(), linkage));
    });
    let names: Vec<&String> = files.keys().collect();
    let mut differences = Vec::new();
    for chunk in names.chunks(200) {
        let output = Command::new("readelf")
            .args(["-W", "-h", "-l", "-d", "-n", "-V"])
            .args(chunk)
            .env("LC_ALL", "C")
            .current_dir(&directory)
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut sections: Vec<(&str, &str)> = Vec::new();
        for part in format!("\n{output}").split("\nFile: 0").skip(1).map(|part| format!("0{part}")) {
            let part: &'static str = part.leak();
            sections.push(part.split_once('\n').unwrap());
        }
        if chunk.len() == 1 {
            sections = vec![(chunk[0].as_str(), &output)];
        }
        assert_eq!(sections.len(), chunk.len());
        for (name, output) in sections {
            let (path, linkage) = &files[name];
            let (ours, theirs) = (ours(linkage), theirs(output));
            if ours != theirs {
                differences.push(format!("{path}\n ours   {ours:?}\n theirs {theirs:?}"));
            }
        }
    }
    eprintln!(
        "{image}: {} ELF files ({large} of them excerpts), {bytes} bytes of facts, {} differ",
        files.len(),
        differences.len()
    );
    let hardening = if with_hardening { check_hardening(&directory, &files) } else { Vec::new() };
    let _ = std::fs::remove_dir_all(&directory);
    assert!(differences.is_empty(), "{}", differences[..differences.len().min(3)].join("\n"));
    assert!(hardening.is_empty(), "{}", hardening[..hardening.len().min(10)].join("\n"));
}

/// Where `hardening-check` is known to judge otherwise, and why ours stands.
fn is_explained(key: &str, linkage: &Linkage, theirs: &str) -> bool {
    match key {
        // It takes a library that can be run as well (libc, libcap: they have an interpreter) for
        // an executable, and an executable without an interpreter for a library.
        "Position Independent Executable" => {
            linkage.interpreter.is_some() != linkage.needed.is_empty() || linkage.soname.is_some()
        }
        // It looks for the import only; a C library has the function itself.
        "Stack protected" => linkage.soname.as_deref().is_some_and(|name| name.starts_with("libc.")),
        // It does not know __explicit_bzero_chk, which glibc has had since 2.25.
        "Fortify Source functions" => {
            linkage.hardening.fortified.is_some_and(|(checked, _)| checked == 1) && !theirs.starts_with("yes")
        }
        _ => false,
    }
}

/// What `hardening-check` says of executables otherwise.
fn check_hardening(directory: &Path, files: &BTreeMap<String, (String, Linkage)>) -> Vec<String> {
    if !has_tool("hardening-check") {
        return Vec::new();
    }
    let names: Vec<&String> = files
        .iter()
        .filter(|(_, (_, linkage))| !matches!(linkage.kind, ElfKind::Relocatable | ElfKind::Core))
        .map(|(name, _)| name)
        .collect();
    let (mut differences, mut compared) = (Vec::new(), 0);
    for chunk in names.chunks(100) {
        let output = Command::new("hardening-check").args(chunk).current_dir(directory).output().unwrap();
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut said: BTreeMap<(String, &str), &str> = BTreeMap::new();
        let mut name = String::new();
        for line in output.lines() {
            match line.trim().split_once(": ") {
                Some((key, value)) => {
                    said.insert((name.clone(), key.trim()), value.trim());
                }
                None => line.trim_end_matches(':').clone_into(&mut name),
            }
        }
        for name in chunk {
            let (path, linkage) = &files[*name];
            let mut compare = |key: &str, ours: &str| {
                compared += 1;
                let theirs = said.get(&((*name).clone(), key)).copied().unwrap_or("nothing");
                if !theirs.starts_with(ours) && !is_explained(key, linkage, theirs) {
                    differences.push(format!("{path}: {key}: ours {ours}, theirs {theirs}"));
                }
            };
            let position = match linkage.hardening.position {
                Position::Anywhere => "yes",
                Position::Fixed => "no, normal executable",
                Position::Library => "no, regular shared library",
                Position::None => "no",
            };
            compare("Position Independent Executable", position);
            let (relro, now) = match linkage.hardening.relro {
                Relro::No => ("no", None),
                Relro::Partial => ("yes", Some("no")),
                Relro::Full => ("yes", Some("yes")),
            };
            compare("Read-only relocations", relro);
            if let Some(now) = now {
                compare("Immediate binding", now);
            }
            if let Some(canary) = linkage.hardening.stack_canary {
                compare("Stack protected", if canary { "yes" } else { "no, not found" });
            }
            match linkage.hardening.fortified {
                Some((0, 0)) => compare("Fortify Source functions", "unknown, no protectable libc"),
                Some((0, _)) => compare("Fortify Source functions", "no, only unprotected"),
                Some(_) => compare("Fortify Source functions", "yes"),
                None => {}
            }
        }
    }
    eprintln!("{compared} answers of hardening-check, {} differ", differences.len());
    differences
}

#[test]
fn every_elf_file_of_debian_says_what_readelf_says() {
    check_with_hardening("debian@12");
}

#[test]
fn every_elf_file_of_a_python_application_says_what_readelf_says() {
    check("python-app@1");
}

#[test]
fn every_elf_file_of_alpine_says_what_readelf_says() {
    check_with_hardening("alpine-app@1");
}

#[test]
fn every_elf_file_of_another_processor_says_what_readelf_says() {
    check("alpine@3.20-s390x");
}

#[test]
fn large_programs_say_what_readelf_says_though_only_parts_of_them_are_kept() {
    check("node-app@2");
    check("java-app@1");
    check("go-app@1");
}
