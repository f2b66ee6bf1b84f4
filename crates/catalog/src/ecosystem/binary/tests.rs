//! What programs say of themselves, as it stands in real files.
//!
//! `samples.txt` has some hundred bytes of each: what a sign needs and a little around it. They are
//! cut from the packages that `tests/programs/fetch.sh` of this crate fetches, by
//! `UPDATE=1 cargo test -p plimsoll-catalog --lib samples`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use memchr::memmem;
use plimsoll_model::path::escape;

use super::search::{Found, find, regions};
use super::sign::{Anchor, Sign};
use super::table::ALL;
use super::{Programs, java};
use crate::ecosystem::dpkg::sample_image::soon;
use crate::ecosystem::dpkg::sample_image::{Sample, read};
use crate::executable::Executable;
use crate::executable::sample::{Form, Part, elf, of_equal_sections};
use crate::reader::Reader as _;

const SAMPLES: &str = include_str!("samples.txt");
const FORM: Form = Form { wide: true, little: true };

/// An executable that has these constants, and gives itself this name.
fn executable(constants: &[u8], soname: &str) -> Vec<u8> {
    let strings = [b"\0", soname.as_bytes(), b"\0"].concat();
    let address = 0x1000;
    // Where the strings are loaded to, how long they are, and which of them is the name.
    let entries = [(5, address), (10, strings.len() as u64), (14, 1), (0, 0)];
    let dynamic = entries.map(|(tag, value)| [FORM.word(tag), FORM.word(value)].concat()).concat();
    let part = |name, address, bytes| Part { name, address, writable: false, bytes };
    let mut parts = vec![part(".rodata", 0, constants)];
    if !soname.is_empty() {
        parts.push(part(".dynstr", address, strings.as_slice()));
        parts.push(part(".dynamic", 0, dynamic.as_slice()));
    }
    elf(FORM, &parts)
}

/// What an executable with these constants is found to be.
fn check(constants: &[u8], soname: &str, expect: &[Found]) {
    let file = executable(constants, soname);
    assert_eq!(find(&Executable::parse(&file).unwrap()).0, expect, "{}", escape(constants));
}

fn version(name: &'static str, version: &str) -> Found {
    Found::Version(name, version.to_owned())
}

#[test]
fn a_program_is_known_by_what_it_says_of_itself() {
    check(b"\0BusyBox v1.36.1 (2024-06-10)\0", "", &[version("busybox", "1.36.1")]);
    // Whoever merely speaks of another program is not that program.
    check(b"\0nginx with OpenSSL 3.0.11 19 Sep 2023\0", "", &[]);
    check(b"\0OpenSSL 3.0.11 19 Sep 2023\0../crypto/evp/evp_enc.c\0", "", &[version("openssl", "3.0.11")]);
    check(b"\x005.4.1\0", "liblzma.so.5", &[version("xz", "5.4.1")]);
    check(b"\x005.4.1\0", "liblzma-13fa198c.so.5.4.1", &[version("xz", "5.4.1")]);
    check(b"\x005.4.1\0", "liblzmax.so.5", &[]);
    check(b"\x005.4.1\0", "", &[]);
    check(
        b"\0node.js/v18.20.4\0 deflate 1.2.11 Copyright 1995-2017 Jean-loup Gailly\0",
        "",
        &[version("node", "18.20.4"), version("zlib", "1.2.11")],
    );
}

#[test]
fn a_file_that_names_several_versions_is_a_problem() {
    let file = executable(b"\0BusyBox v1.36.1\0BusyBox v1.35.0\0", "");
    let mut problems = Vec::new();
    assert_eq!(Programs.read(b"bin/busybox", &file, &mut problems), None);
    let [problem] = problems.as_slice() else { panic!("{problems:?}") };
    assert_eq!((problem.code.as_str(), &*problem.subject), ("program-version-ambiguous", "/bin/busybox"));
}

#[test]
fn the_home_of_a_java_is_told_by_its_release_file() {
    let release =
        "IMPLEMENTOR=\"Eclipse Adoptium\"\nJAVA_RUNTIME_VERSION=\"21.0.5+11-LTS\"\nJAVA_VERSION=\"21.0.5\"\n";
    let read = read(
        &[&Programs],
        &[&[
            Sample::File("opt/java/openjdk/release", release),
            Sample::File("etc/release", "VERSION=1\n"),
            Sample::File("opt/half/release", "JAVA_VERSION=\"\"\n"),
        ]],
    );
    let [package] = read.joined.packages.as_slice() else { panic!("{:?}", read.joined.packages) };
    assert_eq!(package.purl.as_ref().unwrap().to_string(), "pkg:generic/openjdk@21.0.5%2B11");
    assert_eq!(package.place.as_ref().unwrap().to_string(), "/opt/java/openjdk");
    assert_eq!(read.paths_of("openjdk"), ["/opt/java/openjdk/release"]);
    let check = |text: &str, expect: &str| {
        assert_eq!(java::Release::parse(text).unwrap().version(), expect, "{text}");
    };
    check("JAVA_VERSION=\"1.8.0_412\"\n", "1.8.0_412");
    check("JAVA_VERSION=\"11.0.33\"\nJAVA_RUNTIME_VERSION=\"11.0.33-ea+8-post-1-Debian\"\n", "11.0.33-ea+8");
}

#[test]
fn erlang_is_told_by_the_file_of_its_release() {
    let read = read(
        &[&Programs],
        &[&[
            Sample::File("usr/lib/erlang/releases/25/OTP_VERSION", "25.2.3\n"),
            Sample::File("usr/lib/erlang/releases/26/OTP_VERSION", "25.2.3\n"),
            Sample::File("src/OTP_VERSION", "27.0\n"),
        ]],
    );
    let [package] = read.joined.packages.as_slice() else { panic!("{:?}", read.joined.packages) };
    assert_eq!(package.purl.as_ref().unwrap().to_string(), "pkg:generic/erlang@25.2.3");
}

#[test]
fn what_a_package_of_the_distribution_is_is_not_listed_again() {
    use crate::ecosystem::{Ecosystem as _, dpkg::Dpkg};
    let readers = [Dpkg.readers(), &[&Programs]].concat();
    let check = |name: &str, version: &str, expect: &[&str]| {
        let status = format!(
            "Package: {name}\nStatus: install ok installed\nVersion: {version}\nArchitecture: amd64\n"
        );
        let file = "usr/lib/erlang/releases/25/OTP_VERSION";
        let read = read(
            &readers,
            &[&[
                Sample::File("var/lib/dpkg/status", &status),
                Sample::File(&format!("var/lib/dpkg/info/{name}.list"), &format!("/.\n/{file}\n")),
                Sample::File(file, "25.2.3\n"),
            ]],
        );
        let kinds: Vec<&str> = read.joined.packages.iter().map(|each| each.kind.as_str()).collect();
        assert_eq!(kinds, expect, "{name} {version}");
    };
    check("erlang-base", "1:25.2.3+dfsg-1", &["deb"]);
    check("erlang-base", "1:24.1-1", &["deb", "generic"]);
    check("agent", "25.2.3-1", &["deb", "generic"]);
}

/// One sample: the program with its version, the name that the library gives itself, the file that
/// it was cut from, and what was cut.
struct Cut {
    found: String,
    soname: String,
    file: String,
    pieces: Vec<Vec<u8>>,
}

fn samples() -> Vec<Cut> {
    let mut samples: Vec<Cut> = Vec::new();
    for line in SAMPLES.lines() {
        if let Some(piece) = line.strip_prefix("    ") {
            samples.last_mut().unwrap().pieces.push(unescape(piece));
        } else {
            let fields: Vec<&str> = line.split('\t').collect();
            samples.push(Cut {
                found: fields[0].to_owned(),
                soname: fields[1].to_owned(),
                file: fields[2].to_owned(),
                pieces: Vec::new(),
            });
        }
    }
    samples
}

fn unescape(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        if let (b'\\', Some(hex)) = (first, rest.get(2..4)) {
            bytes.push(u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap());
            rest = &rest[4..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    bytes
}

/// Bytes as one line of text.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        match byte {
            b' '..=b'[' | b']'..=b'~' => text.push(char::from(*byte)),
            _ => write!(text, "\\x{byte:02x}").unwrap(),
        }
        text
    })
}

#[test]
fn samples_of_real_files_are_what_they_were_cut_from() {
    if std::env::var_os("UPDATE").is_some() {
        update();
        return;
    }
    let samples = samples();
    for sample in &samples {
        // A piece may end within a string, which must not become a whole one.
        let constants = sample.pieces.join(&b"##"[..]);
        let file = executable(&constants, &sample.soname);
        let (found, _) = find(&Executable::parse(&file).unwrap());
        let found: Vec<String> = found
            .iter()
            .map(|found| match found {
                Found::Version(name, version) => format!("{name} {version}"),
                Found::Ambiguous(name, versions) => format!("{name} {versions:?}"),
            })
            .collect();
        assert_eq!(found, [sample.found.as_str()], "{}", sample.file);
    }
    for program in ALL {
        let has = samples.iter().any(|sample| sample.found.split(' ').next() == Some(program.name));
        assert!(has, "{} has no sample of a real file", program.name);
    }
}

/// Cuts the samples anew: of every program the first file of each sign, in up to two versions.
fn update() {
    let folder = std::env::var_os("PLIMSOLL_PROGRAMS").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/plimsoll-programs"),
        PathBuf::from,
    );
    let folder = folder.join("unpacked");
    let mut all = Vec::new();
    files(&folder, &mut all);
    let mut cuts: Vec<(usize, usize, String, String)> = Vec::new();
    for path in all {
        let content = std::fs::read(&path).unwrap();
        let Some(executable) = Executable::parse(&content) else { continue };
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        for found in find(&executable).0 {
            let Found::Version(program, version) = found else { continue };
            let number = ALL.iter().position(|each| each.name == program).unwrap();
            let (sign, text) = cut(&executable, ALL[number].signs, program, &version, &name);
            let done = cuts.iter().filter(|cut| (cut.0, cut.1) == (number, sign)).count();
            let same = cuts.iter().any(|cut| (cut.0, cut.1) == (number, sign) && cut.2 == version);
            if done < 2 && !same {
                cuts.push((number, sign, version, text));
            }
        }
    }
    cuts.sort();
    let text: String = cuts.into_iter().map(|(.., text)| text).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ecosystem/binary/samples.txt");
    std::fs::write(path, text).unwrap();
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The sample of the first sign that a file has, and the number of the sign.
fn cut(
    executable: &Executable<'_>,
    signs: &[Sign],
    program: &str,
    version: &str,
    file: &str,
) -> (usize, String) {
    let (regions, _) = regions(executable);
    let window = |text: &str, before: usize, behind: usize, pieces: &mut Vec<Vec<u8>>| {
        let piece = regions.iter().find_map(|bytes| {
            let at = memmem::find(bytes, text.as_bytes())?;
            let end = (at + text.len() + behind).min(bytes.len());
            Some(bytes[at.saturating_sub(before)..end].to_vec())
        });
        pieces.extend(piece.clone());
        piece.is_some()
    };
    for (number, sign) in signs.iter().enumerate() {
        let name = executable.soname().unwrap_or_default();
        let mut pieces = Vec::new();
        let mut whole = sign.with.iter().all(|text| window(text, 8, 8, &mut pieces));
        whole &= sign.soname.is_none_or(|wanted| name.starts_with(wanted.as_bytes()));
        let place = regions.iter().find_map(|bytes| {
            let starts = match sign.anchor() {
                Some(Anchor::Before(text)) => {
                    memmem::find_iter(bytes, text).map(|at| at + text.len()).collect::<Vec<_>>()
                }
                Some(Anchor::After(text)) => {
                    memmem::find_iter(bytes, text).filter_map(|at| sign.start_before(bytes, at)).collect()
                }
                None => memmem::find_iter(bytes, version).collect(),
            };
            let start = starts.into_iter().find(|at| sign.version_at(bytes, *at).as_deref() == Some(version));
            start.map(|start| (*bytes, start))
        });
        if let (true, Some((bytes, start))) = (whole, place) {
            let end = (start + version.len() + 48).min(bytes.len());
            pieces.push(bytes[start.saturating_sub(40)..end].to_vec());
            if sign.shape == super::sign::Shape::WithBuildId {
                let built = regions.iter().find_map(|bytes| {
                    memmem::find_iter(bytes, version)
                        .find(|at| {
                            let rest = &bytes[at + version.len()..];
                            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count() > 15
                        })
                        .map(|at| bytes[at - 4..at + version.len() + 48].to_vec())
                });
                pieces.extend(built);
            }
            let name = if sign.soname.is_some() { String::from_utf8_lossy(name) } else { "".into() };
            let mut text = format!("{program} {version}\t{name}\t{file}\n");
            for piece in pieces {
                writeln!(text, "    {}", escaped(&piece)).unwrap();
            }
            return (number, text);
        }
    }
    panic!("{program} {version} in {file} has no sign");
}

/// Each of these takes minutes where what is looked for has no bound.
#[test]
fn what_there_is_too_much_of_is_read_in_time_and_told() {
    let find_in = |constants: &[u8]| {
        let part = Part { name: ".rodata", address: 0x1000, writable: false, bytes: constants };
        let file = elf(Form { wide: true, little: true }, &[part]);
        soon(|| find(&Executable::parse(&file).unwrap()))
    };
    let busybox = vec![Found::Version("busybox", "1.36.1".to_owned())];
    assert_eq!(find_in(b"\0BusyBox v1.36.1\0"), (busybox.clone(), false));
    assert_eq!(find_in(&b"\0BusyBox v1.36.1\0".repeat(5_000)), (busybox.clone(), true));
    let versions: String = (0..300_000).map(|at| format!("{}.{}\0", at / 1_000, at % 1_000)).collect();
    let (found, is_short) = find_in(format!("\0Redis version=%s, bits=%d\0{versions}").as_bytes());
    assert!(is_short, "{} programs", found.len());

    let mut large = vec![b'a'; 4 << 20];
    large[..17].copy_from_slice(b"\0BusyBox v1.36.1\0");
    let file = of_equal_sections(".rodata", &large, 1, 2);
    assert_eq!(soon(|| find(&Executable::parse(&file).unwrap())), (busybox, false));
}
