//! Every built image against its truth tables, which the distributions' own tools and the
//! kernel's overlayfs made.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::places::{csv, images, run, skip};

type Row = Vec<Vec<u8>>;

fn every_image() -> Vec<PathBuf> {
    let Some(images) = images() else { return Vec::new() };
    let mut found: Vec<PathBuf> = fs::read_dir(images)
        .expect("the folder of images")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("truth").is_dir() && path.join("oci").is_dir())
        .collect();
    found.sort();
    found
}

fn name(image: &Path) -> String {
    image.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The rows of a truth table, its head left out.
fn table(bytes: &[u8]) -> Vec<Row> {
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty() && line[0] != b'#')
        .map(|line| line.split(|byte| *byte == b'\t').map(<[u8]>::to_vec).collect())
        .collect()
}

/// Takes back the escapes of a truth table's names, `\t` and `\n`; a backslash stands for itself.
fn unescape(name: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut rest = name;
    while let Some((byte, after)) = rest.split_first() {
        let (byte, used) = match (byte, after.first()) {
            (b'\\', Some(b't')) => (b'\t', 2),
            (b'\\', Some(b'n')) => (b'\n', 2),
            _ => (*byte, 1),
        };
        plain.push(byte);
        rest = &rest[used..];
    }
    plain
}

fn assert_same(image: &str, what: &str, found: &BTreeSet<Row>, truth: &BTreeSet<Row>) {
    let show = |row: &Row| {
        row.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect::<Vec<_>>().join(" | ")
    };
    let missing: Vec<String> = truth.difference(found).take(10).map(show).collect();
    let invented: Vec<String> = found.difference(truth).take(10).map(show).collect();
    assert!(
        missing.is_empty() && invented.is_empty(),
        "{what} of {image}\nmissing:\n  {}\nnot in the truth:\n  {}",
        missing.join("\n  "),
        invented.join("\n  ")
    );
}

#[test]
fn packages_agree_with_the_distributions_own_tools() {
    let images = every_image();
    if images.is_empty() {
        return skip("no built images");
    }
    let cache = tempfile::tempdir().expect("a directory");
    let mut compared = 0;
    for image in &images {
        let place = format!("oci:{}/oci", image.display());
        let rows = csv(&run(cache.path(), &["packages", &place, "--format", "csv"]));
        for (kind, file) in [("deb", "dpkg.tsv"), ("rpm", "rpm.tsv"), ("apk", "apk.tsv")] {
            let found: BTreeSet<Row> =
                rows.iter().filter(|row| row[0] == kind.as_bytes()).map(|row| row[1..5].to_vec()).collect();
            let truth: BTreeSet<Row> = match fs::read(image.join("truth").join(file)) {
                Ok(bytes) => table(&bytes).iter().map(|row| expected(kind, row)).collect(),
                Err(_) => BTreeSet::new(),
            };
            assert_same(&name(image), file, &found, &truth);
            compared += truth.len();
        }
    }
    eprintln!("{compared} packages of {} images compared", images.len());
    assert!(compared > 1_000, "the truth tables were not read");
}

/// Name, version, arch and source of a row of a truth table, as our CSV writes them.
fn expected(kind: &str, row: &Row) -> Row {
    match kind {
        "rpm" => {
            let none = |field: &[u8]| field == b"(none)" || field.is_empty();
            let mut version = Vec::new();
            if !none(&row[1]) && row[1] != b"0" {
                version.extend_from_slice(&row[1]);
                version.push(b':');
            }
            version.extend_from_slice(&[&row[2], b"-".as_slice(), &row[3]].concat());
            let arch = if none(&row[4]) { Vec::new() } else { row[4].clone() };
            let source = if none(&row[5]) { Vec::new() } else { source_name(&row[5]) };
            vec![row[0].clone(), version, arch, source]
        }
        _ => row[..4].to_vec(),
    }
}

/// The name in `NAME-VERSION-RELEASE.src.rpm`.
fn source_name(file: &[u8]) -> Vec<u8> {
    let dashes: Vec<usize> = (0..file.len()).filter(|at| file[*at] == b'-').collect();
    file[..dashes[dashes.len() - 2]].to_vec()
}

#[test]
fn files_agree_with_what_the_kernels_overlayfs_shows() {
    let images = every_image();
    if images.is_empty() {
        return skip("no built images");
    }
    let cache = tempfile::tempdir().expect("a directory");
    let mut compared = 0;
    for image in &images {
        let Ok(packed) = fs::read(image.join("truth/files.tsv.zst")) else { continue };
        let truth = zstd::decode_all(packed.as_slice()).expect("a truth table");
        let truth: BTreeSet<Row> = table(&truth)
            .iter()
            .map(|row| {
                let link = if row[1] == b"l" { unescape(&row[7]) } else { Vec::new() };
                vec![
                    unescape(&row[0]),
                    row[1].clone(),
                    row[2].clone(),
                    row[3].clone(),
                    row[4].clone(),
                    row[5].clone(),
                    row[6].clone(),
                    link,
                    row.get(8).cloned().unwrap_or_default(),
                ]
            })
            .collect();
        let place = format!("oci:{}/oci", image.display());
        let rows = csv(&run(cache.path(), &["files", &place, "--format", "csv"]));
        let found: BTreeSet<Row> = rows
            .iter()
            .map(|row| {
                let letter = match row[1].as_slice() {
                    b"file" => b"f",
                    b"directory" => b"d",
                    b"symlink" => b"l",
                    b"fifo" => b"p",
                    b"char" => b"c",
                    b"block" => b"b",
                    other => panic!("{} is no type", String::from_utf8_lossy(other)),
                };
                let mut facts = vec![row[0].clone(), letter.to_vec()];
                facts.extend_from_slice(&row[2..7]);
                facts.push(row[9].clone());
                facts.push(row[10].clone());
                facts
            })
            .collect();
        assert_eq!(found.len(), rows.len(), "{} lists a path twice", name(image));
        assert_same(&name(image), "files", &found, &truth);
        compared += truth.len();
    }
    eprintln!("{compared} files of {} images compared", images.len());
    assert!(compared > 10_000, "the truth tables were not read");
}
