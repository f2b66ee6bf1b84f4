//! Dialects of tar: sparse files, extended headers, old headers, ends of archives.

use super::{check, check_damaged, check_read};

const SPARSE: &str = "size=200000 data=0:\"head\" data=65536:\"middle\" data=199996:\"tail\"";

#[test]
fn every_form_of_a_sparse_file_has_the_content_of_the_whole_file() {
    let mut lines = Vec::new();
    for form in ["old", "0.0", "0.1", "1.0"] {
        let text = format!("layer\nfile dir/s sparse={form} {SPARSE} mode=0600\nfile after \"1\"");
        let image = plimsoll_testing::image_from_text(&text);
        let (_, merged) = crate::listing::read_all(&image);
        lines.push(crate::listing::listing(&merged.files, &crate::listing::contents(&image)));
        let sha = plimsoll_testing::image_files::digest(&image.layers[0].entries[0].content);
        let short = &sha["sha256:".len()..][..8];
        check(&text, &format!("after \"1\"\ndir/\ndir/s {short} 200000 bytes 0600"));
    }
    assert!(lines.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_sparse_file_of_many_fragments_is_read_whole() {
    for form in ["old", "0.0", "0.1", "1.0"] {
        let data: Vec<String> = (0..100).map(|at| format!("data={}:\"{at}\"", at * 700 + 3)).collect();
        let text = format!("layer\nfile s sparse={form} size=80000 {}\nfile after \"1\"", data.join(" "));
        let image = plimsoll_testing::image_from_text(&text);
        let sha = plimsoll_testing::image_files::digest(&image.layers[0].entries[0].content);
        check(&text, &format!("after \"1\"\ns {} 80000 bytes", &sha["sha256:".len()..][..8]));
    }
}

#[test]
fn a_sparse_file_that_is_one_hole_is_all_zeros() {
    for form in ["old", "0.1", "1.0"] {
        let text = format!("layer\nfile s sparse={form} size=5000 map=5000:0\nfile after \"1\"");
        check(
            &text,
            &format!(
                "after \"1\"\ns {} 5000 bytes",
                &plimsoll_testing::image_files::digest(&[0; 5000])["sha256:".len()..][..8]
            ),
        );
    }
}

#[test]
fn a_sparse_map_that_makes_no_sense_ends_the_archive_with_a_problem() {
    for form in ["old", "0.0", "0.1", "1.0"] {
        for map in ["map=0:512 map=256:512", "map=4096:10", "map=512:1 map=0:1", "map=18446744073709551615:2"]
        {
            // An old header has room for eleven octal digits only.
            if form == "old" && map.contains("184467") {
                continue;
            }
            let text = format!(
                "layer\nfile a \"1\"\nfile s sparse={form} size=1000 data=0:\"x\" {map}\nfile b \"1\""
            );
            check_read(&text, "a \"1\"", &["layer-archive-damaged"]);
        }
    }
}

#[test]
fn records_for_the_whole_archive_are_ignored_as_engines_ignore_them() {
    check_read(
        "layer\nraw pax_global_header \"20 comment=whatever\\n15 path=hidden\\n\" type=g\nfile a \"1\"\nfile b \"1\"",
        "a \"1\"\nb \"1\"",
        &[],
    );
}

#[test]
fn of_two_extended_headers_the_second_counts() {
    check_read(
        "layer\nraw x \"10 path=p\\n12 uid=1234\\n\" type=x\nraw x \"10 path=q\\n\" type=x\nfile a \"1\"",
        "q \"1\"",
        &[],
    );
}

#[test]
fn a_gnu_long_name_wins_over_a_pax_path() {
    check_read(
        "layer\nraw x \"10 path=p\\n\" type=x\nraw ././@LongLink \"long\\x00\" type=L form=gnu\nfile a \"1\"",
        "long \"1\"",
        &[],
    );
}

#[test]
fn an_empty_record_leaves_what_the_header_says() {
    check_read(
        "layer\nraw x \"8 path=\\n8 size=\\n7 uid=\\n\" type=x\nfile a \"1\" uid=5",
        "a \"1\" 5:0",
        &[],
    );
}

#[test]
fn a_size_in_a_record_is_the_next_files_and_not_a_long_names() {
    let long = "n".repeat(150);
    check_read(
        &format!(
            "layer\nraw x \"10 size=3\\n\" type=x\nraw ././@LongLink \"{long}\\x00\" type=L form=gnu\nfile short \"abc\" set=124:\"00000000000\"\nfile b \"1\""
        ),
        &format!("b \"1\"\n{long} \"abc\""),
        &[],
    );
}

#[test]
fn a_size_on_an_entry_without_content_is_for_show() {
    check(
        "layer\nfile a \"1\"\ndir d size=1000\nlink l -> a size=7\nhard h => a size=1\nfifo p size=3\nchar c 1:3 size=9\nfile z \"1\"",
        "a \"1\"\nc char 1:3\nd/\nh \"1\"\nl -> a\np fifo\nz \"1\"",
    );
}

#[test]
fn old_headers_and_other_dialects_are_read() {
    check(
        "layer\nfile v7 \"1\" form=v7 mode=0600 uid=1\ndir d form=v7\nlink l -> v7 form=v7\nfile gnu \"1\" form=gnu\nfile star \"1\" form=star\nraw cont \"1\" type=7",
        "cont \"1\"\nd/\ngnu \"1\"\nl -> v7\nstar \"1\"\nv7 \"1\" 0600 1:0",
    );
}

#[test]
fn numbers_may_be_padded_as_writers_please() {
    check_read(
        "layer\nfile a \"abc\" set=100:\"   755 \\x00\" set=124:\"          3 \"\nfile b \"abc\" set=124:\"\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x003\\x00\"\nfile c \"1\"",
        "a \"abc\" 0755\nb \"abc\"\nc \"1\"",
        &[],
    );
}

#[test]
fn an_archive_may_end_without_blocks_of_zeros() {
    check("layer none\nfile a \"1\"\nend 0", "a \"1\"");
    check("layer gzip\nfile a \"1\"\nend 1", "a \"1\"");
    check("layer zstd\nfile a \"1\"\nend 40", "a \"1\"");
}

#[test]
fn what_follows_the_end_of_an_archive_is_not_part_of_it() {
    check_read("layer\nfile a \"1\"\nzeros 2\nfile b \"1\"", "a \"1\"", &[]);
}

#[test]
fn a_lone_block_of_zeros_is_a_problem_and_what_follows_shows() {
    check_damaged(
        "layer\nfile a \"1\"\nzeros 1\nfile b \"1\"",
        "a \"1\"\nb \"1\"",
        &["layer-archive-lone-zero-block"],
    );
}

#[test]
fn every_compression_and_any_number_of_members_is_one_layer() {
    for compression in ["gzip", "zstd", "none"] {
        for members in [1, 2, 7] {
            check(
                &format!("layer {compression}\nmembers {members}\nfile a \"1\"\nfile b \"xyz\" times=10"),
                &format!("a \"1\"\nb \"{}\"", "xyz".repeat(10)),
            );
        }
    }
}
