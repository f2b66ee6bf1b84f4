//! Archives of Java that are too large for memory, from a layer to the list of packages.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use plimsoll_testing::tar_entry::Entry;
use plimsoll_testing::{TestImage, TestLayer};
use rawzip::{CompressionMethod, ZipArchiveWriter};

use crate::places::{csv, plimsoll, run};

/// An archive as a tool writes it that does not know sizes beforehand.
fn archive(files: &[(&str, &[u8], CompressionMethod)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, content, method) in files {
        let file = archive.new_file(*name).compression_method(*method);
        let (mut entry, config) = file.start().expect("an entry");
        let sizes = if *method == CompressionMethod::STORE {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(content).expect("it is written");
            writer.finish().expect("it is written").1
        } else {
            let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::fast()));
            writer.write_all(content).expect("it is written");
            let (encoder, sizes) = writer.finish().expect("it is written");
            encoder.finish().expect("it is written");
            sizes
        };
        entry.finish(sizes).expect("it is written");
    }
    archive.finish().expect("the directory is written");
    bytes
}

/// Bytes that nothing makes smaller.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x5eed_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..length / 8).flat_map(|_| next()).collect()
}

/// An image with an archive of 20 MB, and with one that holds it compressed.
fn image(directory: &Path) -> String {
    let (name, properties) = (
        "META-INF/maven/org.example/hull/pom.properties",
        b"groupId=org.example\nartifactId=hull\nversion=1.2\n",
    );
    let noise = noise(20_000_000);
    let library = archive(&[
        ("classes.bin", &noise, CompressionMethod::STORE),
        (name, properties, CompressionMethod::DEFLATE),
    ]);
    let war = archive(&[("WEB-INF/lib/hull.jar", &library, CompressionMethod::DEFLATE)]);
    let mut layer = Vec::new();
    for (path, content) in [("srv/hull.jar", library), ("srv/shop-3.0.war", war)] {
        let (path, modified) = (path.into(), "0".to_owned());
        let entry = Entry { type_flag: b'0', path, mode: 0o644, modified, content, ..Entry::default() };
        entry.encode(&mut layer);
    }
    layer.extend([0; 1024]);
    let mut image = TestImage::empty();
    image.layers.push(TestLayer::from_archive(layer, plimsoll_testing::Compression::None, 1));
    let place = directory.join("image");
    image.write_oci_layout(&place).expect("the layout is written");
    format!("oci:{}", place.display())
}

const PACKAGES: [&str; 3] = [
    "org.example:hull 1.2 /srv/hull.jar",
    "org.example:hull 1.2 /srv/shop-3.0.war:WEB-INF/lib/hull.jar",
    "shop 3.0 /srv/shop-3.0.war",
];

fn rows(text: &[u8]) -> Vec<String> {
    let word = |field: &Vec<u8>| String::from_utf8(field.clone()).expect("text");
    csv(text).iter().map(|row| [word(&row[1]), word(&row[2]), word(&row[11])].join(" ")).collect()
}

#[test]
fn an_archive_too_large_for_memory_is_read_all_the_same_and_leaves_nothing_behind() {
    let directory = tempfile::tempdir().expect("a directory");
    let (image, cache) = (image(directory.path()), directory.path().join("cache"));
    let packages = ["packages", &image, "--format", "csv"];
    assert_eq!(rows(&run(&cache, &packages)), PACKAGES);
    // From the cache, and without one.
    assert_eq!(rows(&run(&cache, &packages)), PACKAGES);
    let scratch = directory.path().join("scratch");
    std::fs::create_dir(&scratch).expect("a directory");
    let output = plimsoll(&cache).env("TMPDIR", &scratch).args(packages).arg("--no-cache").output();
    assert_eq!(rows(&output.expect("it starts").stdout), PACKAGES);
    assert_eq!(std::fs::read_dir(&scratch).expect("a directory").count(), 0);
}

#[test]
fn where_there_is_no_room_that_is_said_and_tried_again_the_next_time() {
    let directory = tempfile::tempdir().expect("a directory");
    let (image, cache) = (image(directory.path()), directory.path().join("cache"));
    let packages = ["packages", &image, "--format", "csv"];
    // No file may have more than 4 MiB, and whoever tries is told so.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 8192; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_plimsoll"))
        .args(packages)
        .env("PLIMSOLL_CACHE_DIR", &cache)
        .output()
        .expect("it starts");
    let told = String::from_utf8(output.stderr).expect("text");
    assert!(told.contains("/srv/hull.jar") && told.contains("file-not-read"), "{told}");
    assert!(!String::from_utf8(output.stdout).expect("text").contains("hull"));
    assert_eq!(rows(&run(&cache, &packages)), PACKAGES);
}
