//! Everything that is kept of a header agrees with what the installed rpm prints of the same
//! database: signatures, requirements, every file with its state, attributes, mode and digest.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll_catalog::ecosystem::rpm::packages_of;
use plimsoll_catalog::ecosystem::rpm::record::{Bytes, PackageRecord};
use plimsoll_model::digest::hex;

use crate::image::{fixtures, read, shared, unpack};

const PACKAGE: &str = "%{NEVRA}|%{EPOCH}|%{SOURCERPM}|%{VENDOR}|%{LICENSE}|%{LONGSIZE}|%{INSTALLTIME}\
|%{URL}|%{BUILDHOST}|%{MODULARITYLABEL}|%{RSAHEADER:pgpsig}\\n";
const RELATIONS: &str = "[%{=NEVRA} requires %{REQUIRENEVRS}\\n][%{=NEVRA} provides %{PROVIDENEVRS}\\n]";
const FILES: &str = "[%{=NEVRA} %{FILENAMES} %{FILESTATES} %{FILEFLAGS} %{FILEVERIFYFLAGS} \
%{FILEMODES} %{FILESIZES} |%{FILEDIGESTS}|\\n]";

/// What rpm prints about all packages of a database, one sorted line each.
fn ask_rpm(directory: &Path, format: &str) -> Option<Vec<String>> {
    let output = Command::new("rpm")
        .args(["--define", "_db_backend sqlite", "--dbpath"])
        .arg(directory)
        .args(["-qa", "--qf", format])
        .output()
        .ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(sorted(&String::from_utf8_lossy(&output.stdout)))
}

fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn nevra(record: &PackageRecord<'_>) -> String {
    let mut text = format!("{}-{}", record.name.to_text(), record.full_version());
    if let Some(arch) = record.arch {
        text += &format!(".{}", arch.to_text());
    }
    text
}

fn describe_package(record: &PackageRecord<'_>) -> String {
    let none = || "(none)".to_owned();
    let text = |field: Option<Bytes<'_>>| field.map_or_else(none, Bytes::to_text);
    format!(
        "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}\n",
        nevra(record),
        record.epoch.map_or_else(none, |epoch| epoch.to_string()),
        text(record.source),
        text(record.vendor),
        text(record.license),
        record.size.map_or_else(none, |size| size.to_string()),
        record.installed.map_or_else(none, |time| time.to_string()),
        text(record.url),
        text(record.build_host),
        text(record.modularity),
        record.signing_key.map_or_else(none, |id| hex(&id)),
    )
}

fn describe_files(record: &PackageRecord<'_>) -> String {
    let files = &record.files;
    let directories: Vec<&[u8]> = files.directories.members().collect();
    let mut digests = files.each_digest();
    let mut text = String::new();
    for (at, name) in files.names.members().enumerate() {
        let directory = Bytes(directories[files.directory_indexes[at] as usize]);
        writeln!(
            text,
            "{} {}{} {} {} {} {} {} |{}|",
            nevra(record),
            directory.to_text(),
            Bytes(name).to_text(),
            files.states.0[at],
            files.flags[at],
            !files.unverified[at],
            files.modes[at],
            files.sizes[at],
            digests.next().flatten().map_or_else(String::new, hex),
        )
        .unwrap();
    }
    text
}

/// The key id alone out of `RSA/SHA256, Thu Jan 27 09:01:26 2022, Key ID 0cd9fed33135ce90`.
fn shorten_signature(line: &str) -> String {
    let (rest, signature) = line.rsplit_once('|').unwrap();
    format!("{rest}|{}", signature.rsplit(' ').next().unwrap())
}

fn check(folder: &Path, name: &str) {
    if Command::new("rpm").arg("--version").output().is_err() {
        eprintln!("skipped: rpm is not installed");
        return;
    }
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    let files = unpack(&folder.join(format!("{name}.tar.zst")));
    let (path, content) = files.iter().find(|(path, _)| path.ends_with("rpmdb.sqlite")).unwrap();
    std::fs::write(directory.join("rpmdb.sqlite"), content).unwrap();
    let (payload, _) = read(path, content);
    let payload = payload.unwrap();
    let records = packages_of(&payload);

    let packages: String = records.iter().map(describe_package).collect();
    let expect = ask_rpm(&directory, PACKAGE).unwrap();
    assert_eq!(sorted(&packages), expect.iter().map(|line| shorten_signature(line)).collect::<Vec<_>>());

    let mut relations = String::new();
    for record in &records {
        for text in record.requires.texts() {
            writeln!(relations, "{} requires {text}", nevra(record)).unwrap();
        }
        for text in record.provides.texts() {
            writeln!(relations, "{} provides {text}", nevra(record)).unwrap();
        }
    }
    assert_eq!(sorted(&relations), ask_rpm(&directory, RELATIONS).unwrap());

    let files: String = records.iter().map(describe_files).collect();
    let files = sorted(&files);
    assert!(files.len() > 500, "{}", files.len());
    assert_eq!(files, ask_rpm(&directory, FILES).unwrap());
}

#[test]
fn headers_of_oracle_linux_read_as_rpm_reads_them() {
    check(&fixtures(), "oraclelinux-7-sqlite");
}

#[test]
fn signed_headers_of_mariner_read_as_rpm_reads_them() {
    if let Some(folder) = shared("data/rpmdb") {
        check(&folder, "mariner-2.0-sqlite");
    }
}
