//! What the reader makes of single entries: fields, contents, dialects, ends. Whole layers, and
//! archives made to hurt, are tested from outside of the crate.

use plimsoll_testing::image_from_text;

use super::*;

/// The entries of an archive with their contents, and how reading it ended.
fn read_all(archive: &[u8]) -> (Vec<(Entry, Vec<u8>)>, Option<TarError>) {
    let mut tar = TarReader::new(Window::new(archive, None, u64::MAX));
    let mut entries = Vec::new();
    loop {
        match tar.next_entry() {
            Ok(Some(entry)) => {
                let mut content = Vec::new();
                let read = tar.read_content(&mut |piece| content.extend_from_slice(piece), &mut |_| true);
                entries.push((entry, content));
                if let Err(error) = read {
                    return (entries, Some(error));
                }
            }
            Ok(None) => return (entries, None),
            Err(error) => return (entries, Some(error)),
        }
    }
}

/// One line per entry: type, path, link, mode, owner, size, time, device, then the content.
fn check(lines: &str, expect: &[&str]) {
    let image = image_from_text(&format!("layer none\n{lines}"));
    let (entries, error) = read_all(&image.layers[0].archive);
    assert!(error.is_none(), "{error:?}");
    let found: Vec<String> = entries
        .iter()
        .map(|(entry, content)| {
            assert_eq!(entry.size, content.len() as u64, "{entry:?}");
            format!(
                "{:?} {} {} {:o} {}:{} {} {:?} {}",
                entry.kind,
                String::from_utf8_lossy(&entry.path),
                String::from_utf8_lossy(&entry.link),
                entry.mode,
                entry.uid,
                entry.gid,
                entry.modified,
                entry.device,
                String::from_utf8_lossy(content),
            )
        })
        .collect();
    assert_eq!(found, expect, "{lines}");
}

#[test]
fn every_field_of_an_entry_is_read() {
    check(
        "file usr/a \"content\" 4755 uid=1 gid=2 mtime=1700000000\ndir d/ 0700\nlink l -> ../x\nhard h => usr/a\nchar c 1:3\nblock b 8:1\nfifo p",
        &[
            "File usr/a  4755 1:2 1700000000 (0, 0) content",
            "Directory d/  700 0:0 0 (0, 0) ",
            "Symlink l ../x 777 0:0 0 (0, 0) ",
            "HardLink h usr/a 644 0:0 0 (0, 0) ",
            "Char c  644 0:0 0 (1, 3) ",
            "Block b  644 0:0 0 (8, 1) ",
            "Fifo p  644 0:0 0 (0, 0) ",
        ],
    );
}

#[test]
fn times_are_whole_seconds_rounded_down() {
    for (spelled, seconds) in
        [("1.9", 1), ("-1", -1), ("-1.5", -2), ("-0.5", -1), ("-1.0", -1), ("9999999999", 9_999_999_999_i64)]
    {
        check(&format!("file a mtime={spelled}"), &[&format!("File a  644 0:0 {seconds} (0, 0) ")]);
    }
    check("file a mtime=-7 form=gnu", &["File a  644 0:0 -7 (0, 0) "]);
}

#[test]
fn a_long_name_is_that_of_the_next_entry() {
    let long = "n".repeat(300);
    for form in ["gnu", "pax", "star"] {
        check(
            &format!("link {long} -> {long} form={form}\nfile b form={form}"),
            &[&format!("Symlink {long} {long} 777 0:0 0 (0, 0) "), "File b  644 0:0 0 (0, 0) "],
        );
    }
}

#[test]
fn a_number_is_octal_or_base_256() {
    let number = super::header::number;
    for (field, expect) in [
        (&b"0000644\0"[..], Some(0o644)),
        (b"   644 \0", Some(0o644)),
        (b"644", Some(0o644)),
        (b"\x00\x000644\x00", Some(0o644)),
        (b"\0\0\0\0", Some(0)),
        (b"    ", Some(0)),
        (b"8\0", None),
        (b"-1\0", None),
        (b"0x1\0", None),
        (b"\x80\0\0\0\0\0\x01\x02", Some(258)),
        (b"\xff\xff\xff\xff\xff\xff\xff\xfe", Some(-2)),
        (b"\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", None),
        (b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", Some(i64::MAX)),
        (b"", None),
    ] {
        assert_eq!(number(field), expect, "{field:?}");
    }
}

#[test]
fn a_sum_of_signed_bytes_is_a_checksum_too() {
    let image = image_from_text("layer none\nfile \"\\xff\\xfe\" \"x\"");
    let mut archive = image.layers[0].archive.clone();
    archive[148..156].fill(b' ');
    let sum: i64 = archive[..512].iter().map(|byte| i64::from(byte.cast_signed())).sum();
    archive[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let (entries, error) = read_all(&archive);
    assert!(error.is_none() && entries.len() == 1, "{error:?}");
}

#[test]
fn content_that_is_not_read_is_skipped() {
    let image =
        image_from_text("layer none\nfile a \"x\" times=3000\nraw b \"y\" times=700 type=Z\nfile c \"z\"");
    let archive = image.layers[0].archive.as_slice();
    let mut tar = TarReader::new(Window::new(archive, None, u64::MAX));
    let mut paths = Vec::new();
    while let Some(entry) = tar.next_entry().unwrap() {
        paths.push(entry.path);
    }
    assert_eq!(paths, [b"a", b"b", b"c"]);
}

#[test]
fn a_part_of_the_content_may_be_read() {
    let image = image_from_text("layer none\nfile a \"0123456789\"\nfile b \"z\"");
    let mut tar = TarReader::new(Window::new(image.layers[0].archive.as_slice(), None, u64::MAX));
    tar.next_entry().unwrap().unwrap();
    let mut start = [0; 4];
    tar.content_reader().read_exact(&mut start).unwrap();
    assert_eq!(&start, b"0123");
    assert_eq!(tar.next_entry().unwrap().unwrap().path, b"b");
}

#[test]
fn the_offset_of_an_entry_is_that_of_its_own_header() {
    let image = image_from_text("layer none\nfile a \"x\"\nfile b xattr:user.x=01");
    let (entries, _) = read_all(&image.layers[0].archive);
    let offsets: Vec<u64> = entries.iter().map(|(entry, _)| entry.offset).collect();
    assert_eq!(offsets, [0, 2048]);
}

#[test]
fn attributes_of_both_writers_are_one() {
    let image = image_from_text(
        "layer none\nfile a xattr:user.x=01 pax:LIBARCHIVE.xattr.user.x=AQ pax:LIBARCHIVE.xattr.user.y=Ag==",
    );
    let (entries, _) = read_all(&image.layers[0].archive);
    let expect = [(b"user.x".to_vec(), vec![1]), (b"user.y".to_vec(), vec![2])];
    assert_eq!(entries[0].0.attributes, expect);
}

#[test]
fn where_reading_stopped_is_told() {
    let image = image_from_text("layer none\nfile a \"x\"\nfile b \"x\" times=2000");
    let archive = &image.layers[0].archive;
    let (entries, error) = read_all(&archive[..2000]);
    assert_eq!(entries.len(), 2);
    assert_eq!(error.unwrap().to_string(), "reading stopped at byte 2000");
    let (entries, error) = read_all(&archive[..1100]);
    assert_eq!(entries.len(), 1);
    assert_eq!(error.unwrap().to_string(), "the archive ends inside a header at byte 1024");
}

#[test]
fn an_empty_archive_has_no_entries() {
    for archive in [&[][..], &[0; 100], &[0; 512], &[0; 1024], &[0; 10240]] {
        let (entries, error) = read_all(archive);
        assert!(entries.is_empty() && error.is_none());
    }
}
