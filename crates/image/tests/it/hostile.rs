//! Layers that are cut short, flipped, or made to hurt: no panic, no bytes believed that are
//! not the promised ones, bounded work, a named problem, and the rest still shown.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use plimsoll_image::{LayerError, LayerExpectation, LayerRead, NoContent, merge, read_layer};
use plimsoll_testing::image_files::{digest, gzip, zstd};
use plimsoll_testing::tar_entry::{Entry, sum};
use plimsoll_testing::{Compression, TestLayer, image_from_text};

use crate::listing::{contents, listing};
use crate::random::Random;

/// Reads a blob whose digest is what it is.
fn read(blob: &[u8]) -> Result<LayerRead, LayerError> {
    let expectation = LayerExpectation {
        digest: Some(digest(blob).parse().unwrap()),
        size: Some(blob.len() as u64),
        ..LayerExpectation::default()
    };
    read_layer(blob, &expectation, &mut NoContent)
}

/// Reads an archive; gives its listing and the codes of its problems.
fn check(archive: &[u8], expect: &[&str], problems: &[&str]) -> LayerRead {
    let found = read(archive).unwrap();
    let codes: Vec<&str> = found.problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, problems, "{:?}", found.problems);
    assert_eq!(listing(&found.files, &contents(&sample("none"))), expect);
    found
}

fn sample(compression: &str) -> plimsoll_testing::TestImage {
    image_from_text(&format!(
        "layer {compression}
         dir d 0700
         file d/a \"first\"
         file d/big \"0123456789abcdef\" times=300
         link l -> d/a
         hard h => d/a
         file {} \"long\" form=gnu
         file s sparse=1.0 size=20000 data=5000:\"x\" xattr:user.x=01
         gone w
         file z \"last\"",
        "n".repeat(150)
    ))
}

#[test]
fn an_archive_cut_short_anywhere_shows_what_comes_before_the_cut() {
    let image = sample("none");
    let archive = &image.layers[0].archive;
    let whole = read(archive).unwrap();
    let end = archive.len() - 1024;
    let mut shown_before = 0;
    for cut in (0..archive.len()).step_by(37).chain([end - 1, end, end + 1]) {
        let found = read(&archive[..cut]).unwrap();
        let damaged = found.problems.iter().any(|problem| problem.code.as_str() == "layer-archive-damaged");
        let on_a_header = damaged || found.files.len() <= whole.files.len();
        assert!(on_a_header, "cut at {cut}");
        if cut < end {
            assert!(damaged || found.files.len() < whole.files.len(), "cut at {cut}");
        }
        if cut % 37 == 0 {
            assert!(found.files.len() >= shown_before, "cut at {cut}");
            shown_before = found.files.len();
        }
    }
}

#[test]
fn a_compressed_layer_cut_short_anywhere_is_an_error_or_a_problem() {
    for compression in ["gzip", "zstd"] {
        let blob = sample(compression).layers[0].blob.clone();
        for cut in 0..blob.len() {
            // Cut on its way: the digest tells.
            let expectation = LayerExpectation {
                digest: Some(digest(&blob).parse().unwrap()),
                ..LayerExpectation::default()
            };
            let on_the_way = read_layer(&blob[..cut], &expectation, &mut NoContent);
            assert!(matches!(on_the_way, Err(LayerError::Digest { .. })), "{compression} cut at {cut}");
            // Cut before the image was made: there is no more to it than this.
            if let Ok(found) = read(&blob[..cut]) {
                assert!(cut == 0 || !found.problems.is_empty(), "{compression} cut at {cut}");
            }
        }
    }
}

#[test]
fn a_flipped_bit_is_caught_by_the_digest_and_harmless_without_one() {
    for compression in ["gzip", "zstd", "none"] {
        let image = sample(compression);
        let layer = &image.layers[0];
        let expectation =
            LayerExpectation { digest: Some(layer.digest().parse().unwrap()), ..LayerExpectation::default() };
        let mut random = Random::new(7);
        for _ in 0..1500 {
            let mut blob = layer.blob.clone();
            let at = random.below(blob.len());
            blob[at] ^= 1 << random.below(8);
            let result = read_layer(blob.as_slice(), &expectation, &mut NoContent);
            assert!(matches!(result, Err(LayerError::Digest { .. })), "{compression} flipped at {at}");
            if let Ok(found) = read(&blob) {
                let _ = merge(&[&found.files]);
            }
        }
    }
}

#[test]
fn a_few_flipped_bytes_in_headers_never_panic() {
    let archive = sample("none").layers[0].archive.clone();
    let mut random = Random::new(11);
    for _ in 0..3000 {
        let mut archive = archive.clone();
        let block = random.below(archive.len() / 512) * 512;
        for _ in 0..1 + random.below(4) {
            archive[block + random.below(512)] = random.below(256) as u8;
        }
        // A right checksum lets the damage through to what reads the fields.
        if let Some(block) = archive[block..].first_chunk_mut::<512>() {
            sum(block);
        }
        if let Ok(found) = read(&archive) {
            let _ = merge(&[&found.files, &found.files]);
        }
    }
}

#[test]
fn bytes_that_are_not_the_promised_ones_are_refused() {
    let image = sample("gzip");
    let layer = &image.layers[0];
    let wrong =
        LayerExpectation { digest: Some(digest(b"else").parse().unwrap()), ..LayerExpectation::default() };
    for read_ahead in [false, true] {
        let expectation = LayerExpectation { read_ahead, ..wrong.clone() };
        let result = read_layer(layer.blob.as_slice(), &expectation, &mut NoContent);
        assert!(matches!(result, Err(LayerError::Digest { .. })));
        let expectation = LayerExpectation {
            digest: Some(layer.digest().parse().unwrap()),
            diff_id: Some(digest(b"else").parse().unwrap()),
            read_ahead,
            ..LayerExpectation::default()
        };
        let result = read_layer(layer.blob.as_slice(), &expectation, &mut NoContent);
        assert!(matches!(result, Err(LayerError::DiffId { .. })));
    }
}

#[test]
fn bytes_after_the_archive_count_for_the_digest() {
    let image = sample("gzip");
    let longer = [&image.layers[0].blob[..], b"trailing garbage"].concat();
    let expectation = LayerExpectation {
        digest: Some(image.layers[0].digest().parse().unwrap()),
        ..LayerExpectation::default()
    };
    let result = read_layer(longer.as_slice(), &expectation, &mut NoContent);
    assert!(matches!(result, Err(LayerError::Digest { .. })));
    assert!(read(&longer).is_ok());
}

#[test]
fn a_source_that_fails_is_an_error_of_the_source() {
    struct Failing<'a>(&'a [u8]);
    impl Read for Failing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Err(io::Error::from(io::ErrorKind::ConnectionReset));
            }
            let count = buffer.len().min(10);
            self.0.read(&mut buffer[..count])
        }
    }
    for compression in ["gzip", "zstd", "none"] {
        let blob = sample(compression).layers[0].blob.clone();
        for read_ahead in [false, true] {
            let expectation = LayerExpectation { read_ahead, ..LayerExpectation::default() };
            let result = read_layer(Failing(&blob[..blob.len() / 2]), &expectation, &mut NoContent);
            assert!(matches!(result, Err(LayerError::Source { .. })), "{compression}: {result:?}");
        }
    }
}

#[test]
fn a_wrong_checksum_ends_the_archive_with_a_problem() {
    let image = image_from_text("layer\nfile a \"first\"\nfile b \"x\" checksum=wrong\nfile z \"last\"");
    let found = check(&image.layers[0].archive, &["a \"first\""], &["layer-archive-damaged"]);
    assert!(found.problems[0].detail.contains("at byte 1024"), "{}", found.problems[0].detail);
}

#[test]
fn sizes_that_no_archive_has_end_it_with_a_problem() {
    let negative = "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\x00";
    let huge = "\\x80\\x00\\x00\\x00\\x7f\\xff\\xff\\xff\\xff\\xff\\xff\\xff";
    let overflowing = "\\x80\\x7f\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff";
    for size in [negative, huge, overflowing, "-0000000001 ", "99999999999 ", "77777777777 "] {
        for line in [
            "file b \"x\"",
            "raw b \"x\" type=x",
            "raw b \"x\" type=g",
            "raw b \"x\" type=L",
            "raw b \"x\" type=K",
        ] {
            let text = format!("layer\nfile a \"first\"\n{line} set=124:\"{size}\"\nfile z \"last\"");
            let archive = image_from_text(&text).layers[0].archive.clone();
            let found = read(&archive).unwrap();
            assert!(found.problems.iter().any(|it| it.code.as_str() == "layer-archive-damaged"), "{text}");
            assert!(found.files.len() <= 3, "{text}");
        }
    }
    for size in ["18446744073709551615", "9223372036854775807", "99999999999999999999999", "-1"] {
        let text = format!("layer\nfile a \"first\"\nfile b \"x\" pax:size={size}\nfile z \"last\"");
        let found = read(&image_from_text(&text).layers[0].archive).unwrap();
        assert_eq!(found.problems.len(), 1, "{text}");
    }
}

#[test]
fn extended_headers_that_are_broken_end_the_archive_with_a_problem() {
    for records in [
        "5 a=b\\n",
        "99 path=a\\n",
        "x path=a\\n",
        "0 \\n",
        "18446744073709551615 a=b\\n",
        "7 path\\n",
        "12 path=a\\x00b\\n",
        "9 path=ab",
    ] {
        let text = format!("layer\nfile a \"first\"\nraw x \"{records}\" type=x\nfile z \"last\"");
        check(&image_from_text(&text).layers[0].archive, &["a \"first\""], &["layer-archive-damaged"]);
    }
}

#[test]
fn an_extended_header_of_two_mebibytes_is_refused_without_being_kept() {
    for kind in ["x", "L", "K", "g"] {
        let text = format!("layer\nfile a \"first\"\nraw x \"0\" times=2097152 type={kind}\nfile z \"last\"");
        check(&image_from_text(&text).layers[0].archive, &["a \"first\""], &["layer-archive-damaged"]);
    }
}

#[test]
fn a_hundred_thousand_entries_of_one_name_take_linear_time() {
    let entry = file_bytes("a", b"");
    let archive = entry.repeat(100_000);
    let started = Instant::now();
    let found = read(&archive).unwrap();
    assert_eq!(found.files.len(), 2);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn a_name_that_changes_its_kind_a_hundred_thousand_times_takes_linear_time() {
    let mut pair = file_bytes("d", b"");
    pair.extend(file_bytes("d/e/f", b""));
    let mut swap = Vec::new();
    Entry { type_flag: b'5', path: b"d".to_vec(), modified: "0".to_owned(), ..Entry::default() }
        .encode(&mut swap);
    let archive = [pair[..512].to_vec(), swap, pair[512..].to_vec()].concat().repeat(50_000);
    let started = Instant::now();
    let found = read(&archive).unwrap();
    assert_eq!(found.files.len(), 4);
    let merged = merge(&[&found.files, &found.files]);
    assert_eq!(merged.files.len(), 4);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn a_hundred_thousand_entries_below_a_loop_of_links_take_linear_time() {
    let text = "layer none\nlink a -> b/x\nlink b -> a/x\nend 0";
    let mut archive = image_from_text(text).layers[0].archive.clone();
    for number in 0..20_000 {
        archive.extend(file_bytes(&format!("a/{number}/f"), b""));
    }
    let started = Instant::now();
    let found = read(&archive).unwrap();
    assert!(found.problems.len() <= 21, "{}", found.problems.len());
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn links_that_double_at_every_step_do_not_double_the_work() {
    let mut text = "layer\ndir l0\n".to_owned();
    for step in 1..200 {
        text.push_str(&format!("link l{step} -> l{0}/../l{0}\n", step - 1));
    }
    text.push_str("file l199/f \"first\"\nhard h => l199/f\n");
    let started = Instant::now();
    let found = read(&image_from_text(&text).layers[0].archive).unwrap();
    let lower = read(&image_from_text("layer\nhard k => l199/f").layers[0].archive).unwrap();
    let _ = merge(&[&found.files, &lower.files]);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn a_zstandard_window_of_a_gibibyte_is_refused() {
    // Frame header: no content size, no checksum, window of two to the thirtieth; one last
    // empty raw block.
    let blob = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 20 << 3, 0x01, 0x00, 0x00];
    let found = read(&blob).unwrap();
    let codes: Vec<&str> = found.problems.iter().map(|problem| problem.code.as_str()).collect();
    assert!(!codes.is_empty() && codes.iter().all(|code| *code == "layer-archive-damaged"), "{codes:?}");
    assert!(found.problems[0].detail.contains("too much memory"), "{:?}", found.problems);
}

#[test]
fn a_gibibyte_of_zeros_from_a_mebibyte_is_read_in_bounded_memory() {
    let size: u64 = 1 << 30;
    let mut header = Vec::new();
    Entry { stated_size: Some(size), ..file("zeros", b"") }.encode(&mut header);
    let mebibyte = gzip(&vec![0; 1 << 20]);
    let blob = [gzip(&header), mebibyte.repeat(1024), gzip(&file_bytes("z", b"last"))].concat();
    let before = resident();
    let found = read(&blob).unwrap();
    let grown = resident().saturating_sub(before);
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    assert_eq!(found.files.len(), 3);
    assert!(grown < 200 << 20, "{grown} bytes more");
}

#[test]
fn a_layer_that_unpacks_to_more_than_its_size_can_stand_for_is_refused() {
    // The floor is 32 GiB, too much to write in a test; a limit of the window shows the refusal.
    let archive = file_bytes("zeros", &[0; 4096]);
    let window = plimsoll_image::tar::Window::new(archive.as_slice(), None, 1024);
    let mut tar = plimsoll_image::tar::TarReader::new(window);
    let error = tar.next_entry().unwrap_err();
    assert!(
        matches!(error, plimsoll_image::tar::TarError::Read { source, .. } if source.kind() == io::ErrorKind::FileTooLarge)
    );
}

#[test]
fn a_hole_of_many_gibibytes_is_listed_without_a_digest() {
    let size: u64 = 1 << 40;
    let text = format!(
        "layer none\nfile a \"first\"\nfile s \"0\\n\" times=1 pax:GNU.sparse.major=1 pax:GNU.sparse.minor=0 pax:GNU.sparse.realsize={size} set=124:\"00000001000\"\nend 0"
    );
    let archive = image_from_text(&text).layers[0].archive.clone();
    let started = Instant::now();
    let found =
        check(&archive, &["a \"first\"", "s unhashed 1099511627776 bytes"], &["sparse-file-not-hashed"]);
    let mut merged = merge(&[&found.files]);
    plimsoll_image::count_bytes(&[&found.files], &merged.files, &mut merged.statistics);
    assert_eq!(merged.statistics[0].hidden_bytes, 0);
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn many_orphaned_hard_links_are_counted_in_linear_time() {
    let mut archive = Vec::new();
    for number in 0..40_000 {
        archive.extend(file_bytes(&format!("d/{number}"), number.to_string().as_bytes()));
        let (type_flag, link) = (b'1', format!("d/{number}").into_bytes());
        Entry { type_flag, link, ..file(&format!("e/{number}"), b"") }.encode(&mut archive);
    }
    let lower = read(&archive).unwrap();
    let upper = read(&image_from_text("layer\ngone d").layers[0].archive).unwrap();
    let tables = [&lower.files, &upper.files];
    let started = Instant::now();
    let mut merged = merge(&tables);
    plimsoll_image::count_bytes(&tables, &merged.files, &mut merged.statistics);
    assert_eq!(merged.statistics[0].hidden_bytes, 0);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[test]
fn reading_ahead_gives_the_same_answer() {
    for compression in [Compression::Gzip, Compression::Zstd, Compression::None] {
        let archive = sample("none").layers[0].archive.clone();
        let layer = TestLayer::from_archive(archive, compression, 3);
        let answers: Vec<LayerRead> = [false, true]
            .into_iter()
            .map(|read_ahead| {
                let expectation = LayerExpectation {
                    diff_id: Some(layer.diff_id().parse().unwrap()),
                    read_ahead,
                    ..LayerExpectation::default()
                };
                read_layer(layer.blob.as_slice(), &expectation, &mut NoContent).unwrap()
            })
            .collect();
        assert_eq!(answers[0].files, answers[1].files);
        assert_eq!(answers[0].digest, answers[1].digest);
        assert_eq!(answers[0].unpacked_size, answers[1].unpacked_size);
    }
}

#[test]
fn a_zstandard_stream_of_zeros_is_read() {
    let archive = file_bytes("zeros", &vec![0; 64 << 20]);
    let found = read(&zstd(&archive)).unwrap();
    assert!(found.problems.is_empty());
    assert_eq!(found.unpacked_size, archive.len() as u64);
}

fn file(path: &str, content: &[u8]) -> Entry {
    Entry {
        type_flag: b'0',
        mode: 0o644,
        modified: "0".to_owned(),
        path: path.into(),
        content: content.to_vec(),
        ..Entry::default()
    }
}

fn file_bytes(path: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    file(path, content).encode(&mut bytes);
    bytes
}

/// Bytes of this process in memory; zero where the system does not say.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split_whitespace().nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}

#[test]
fn plain_bytes_that_are_not_what_the_configuration_promises_are_refused() {
    let plain = &sample("none").layers[0].archive;
    let expectation = LayerExpectation {
        digest: Some(digest(plain).parse().unwrap()),
        diff_id: Some(digest(b"else").parse().unwrap()),
        ..LayerExpectation::default()
    };
    let result = read_layer(plain.as_slice(), &expectation, &mut NoContent);
    assert!(matches!(result, Err(LayerError::DiffId { .. })), "{result:?}");
}

#[test]
fn attributes_beyond_any_file_systems_stop_the_archive_there() {
    let with = |count: usize| {
        let attributes: String = (0..count).map(|n| format!(" xattr:user.a{n}=01")).collect();
        let image = image_from_text(&format!("layer\nfile a \"1\"\nfile b \"2\"{attributes}\nfile c \"3\""));
        let read = read(&image.layers[0].archive).unwrap();
        let codes: Vec<String> = read.problems.iter().map(|each| each.code.to_string()).collect();
        (read.files.ids().count(), codes)
    };
    let (all, problems) = with(1_024);
    assert_eq!(problems, [""; 0]);
    let (some, problems) = with(1_025);
    assert_eq!(problems, ["layer-archive-damaged"]);
    assert_eq!(some, all - 2, "b and c are missing, and that is told");
}
