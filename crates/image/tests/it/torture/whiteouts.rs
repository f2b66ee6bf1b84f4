//! Whiteouts and opaque directories, and what only looks like them.

use super::{check, check_damaged};

#[test]
fn what_a_layer_adds_and_changes_shows_and_what_it_removes_does_not() {
    check(
        "layer\nfile a \"1\"\nfile b \"1\"\nfile c \"1\"\nlayer zstd\nfile b \"2\"\ngone c\nfile d \"2\"",
        "a \"1\"\nb \"2\"\nd \"2\"",
    );
}

#[test]
fn a_removed_directory_takes_all_below_it_away() {
    check("layer\nfile d/e/f \"1\"\nfile d/g \"1\"\nfile h \"1\"\nlayer\ngone d", "h \"1\"");
}

#[test]
fn a_removed_symlink_leaves_its_target() {
    check("layer\nfile a \"1\"\nlink l -> a\nlayer\ngone l", "a \"1\"");
}

#[test]
fn a_removed_link_to_a_directory_leaves_the_directory() {
    check("layer\nfile d/a \"1\"\nlink l -> d\nlayer\ngone l", "d/\nd/a \"1\"");
}

#[test]
fn a_whiteout_of_a_name_that_nobody_has_does_nothing() {
    check("layer\nfile a \"1\"\nlayer\ngone b\ngone c/d", "a \"1\"\nc/");
}

#[test]
fn a_file_that_a_later_layer_brings_again_is_there_again() {
    check("layer\nfile a \"1\"\nlayer\ngone a\nlayer\nfile a \"3\"", "a \"3\"");
}

#[test]
fn a_directory_that_a_later_layer_brings_again_is_empty() {
    check("layer\nfile d/a \"1\"\nlayer\ngone d\nlayer\ndir d 0700", "d/ 0700");
}

#[test]
fn an_implicit_directory_after_its_removal_in_another_layer_is_a_new_one() {
    check("layer\ndir d 0700 uid=5\nfile d/a \"1\"\nlayer\ngone d\nlayer\nfile d/b \"3\"", "d/\nd/b \"3\"");
}

#[test]
fn a_whiteout_before_a_file_of_the_same_name_leaves_the_file() {
    check("layer\nfile a \"1\"\nlayer\ngone a\nfile a \"2\"", "a \"2\"");
}

#[test]
fn a_whiteout_after_a_file_of_the_same_name_leaves_the_file() {
    check("layer\nfile a \"1\"\nlayer\nfile a \"2\"\ngone a", "a \"2\"");
}

#[test]
fn a_whiteout_before_a_directory_of_the_same_name_hides_what_was_in_it() {
    check("layer\nfile d/a \"1\"\nlayer\ngone d\ndir d\nfile d/b \"2\"", "d/\nd/b \"2\"");
}

#[test]
fn a_whiteout_after_a_directory_of_the_same_name_hides_what_was_in_it() {
    check("layer\nfile d/a \"1\"\nlayer\ndir d\nfile d/b \"2\"\ngone d", "d/\nd/b \"2\"");
}

#[test]
fn a_whiteout_of_a_directory_and_a_file_put_back_into_it_show_the_file_in_a_new_directory() {
    check(
        "layer\ndir d 0700 uid=5\nfile d/a \"1\"\nfile d/b \"1\"\nlayer\ngone d\nfile d/b \"2\"",
        "d/\nd/b \"2\"",
    );
    check(
        "layer\ndir d 0700 uid=5\nfile d/a \"1\"\nfile d/b \"1\"\nlayer\nfile d/b \"2\"\ngone d",
        "d/\nd/b \"2\"",
    );
}

#[test]
fn a_whiteout_of_a_file_before_a_directory_of_its_name_shows_the_directory() {
    check("layer\nfile d \"1\"\nlayer\ngone d\nfile d/b \"2\"", "d/\nd/b \"2\"");
}

#[test]
fn an_opaque_directory_hides_all_that_lower_layers_have_in_it() {
    check(
        "layer\ndir d 0700\nfile d/a \"1\"\nfile d/e/f \"1\"\nlayer\ndir d 0711\nopaque d\nfile d/b \"2\"",
        "d/ 0711\nd/b \"2\"",
    );
}

#[test]
fn an_opaque_marker_after_the_entries_of_its_layer_leaves_them() {
    check(
        "layer\nfile d/a \"1\"\nfile d/c \"1\"\nlayer\nfile d/b \"2\"\nfile d/c \"2\"\nopaque d",
        "d/\nd/b \"2\"\nd/c \"2\"",
    );
}

#[test]
fn an_opaque_directory_that_has_no_entry_keeps_its_mode_and_loses_its_content() {
    check("layer\ndir d 0700 uid=3\nfile d/a \"1\"\nlayer\nopaque d", "d/ 0700 3:0");
}

#[test]
fn an_opaque_directory_deep_in_directories_that_have_no_entry_is_made() {
    check(
        "layer\nfile a/b/c/x \"1\"\nfile a/b/y \"1\"\nlayer\nopaque a/b/c",
        "a/\na/b/\na/b/c/\na/b/y \"1\"",
    );
    check("layer\nfile z \"1\"\nlayer\nopaque a/b/c", "a/\na/b/\na/b/c/\nz \"1\"");
}

#[test]
fn an_opaque_directory_over_a_lower_symlink_takes_its_place_and_spares_its_target() {
    check(
        "layer\nfile usr/lib/a \"1\"\nlink lib -> usr/lib\nlayer\nopaque lib\nfile lib/b \"2\"",
        "lib/\nlib/b \"2\"\nusr/\nusr/lib/\nusr/lib/a \"1\"",
    );
}

#[test]
fn an_opaque_directory_over_a_lower_file_takes_its_place() {
    check("layer\nfile d \"1\"\nlayer\ndir d\nopaque d\nfile d/a \"2\"", "d/\nd/a \"2\"");
}

#[test]
fn an_opaque_marker_of_a_directory_that_a_link_of_its_layer_leads_to_marks_that_directory() {
    check(
        "layer\nfile d/a \"1\"\nlayer\ndir d\nlink l -> d\nopaque l\nfile d/b \"2\"",
        "d/\nd/b \"2\"\nl -> d",
    );
}

#[test]
fn two_opaque_layers_show_the_upper_one() {
    check(
        "layer\nfile d/a \"1\"\nlayer\nopaque d\nfile d/b \"2\"\nlayer\nopaque d\nfile d/c \"3\"\nlayer\nfile d/e \"4\"",
        "d/\nd/c \"3\"\nd/e \"4\"",
    );
}

#[test]
fn a_directory_in_an_opaque_one_starts_anew() {
    check(
        "layer\ndir d/e 0700\nfile d/e/a \"1\"\nlayer\nopaque d\nfile d/e/b \"2\"",
        "d/\nd/e/\nd/e/b \"2\"",
    );
}

#[test]
fn the_root_cannot_be_made_opaque() {
    check(
        "layer\nfile a \"1\"\nfile d/b \"1\"\nlayer\nopaque \"\"\nfile d/c \"2\"",
        "a \"1\"\nd/\nd/b \"1\"\nd/c \"2\"",
    );
}

#[test]
fn a_name_that_only_begins_like_an_opaque_marker_hides_nothing() {
    check("layer\nfile etc/a \"1\"\nlayer\nfile etc/.wh..wh..opqX \"\"", "etc/\netc/a \"1\"");
    check("layer\nfile a \"1\"\nlayer\nfile .wh..wh..opqX \"\"", "a \"1\"");
}

#[test]
fn a_whiteout_that_names_nothing_is_a_problem_and_hides_nothing() {
    let lower = "layer\nfile etc/a \"1\"\nfile b \"1\"\nlayer\n";
    let shown = "b \"1\"\netc/\netc/a \"1\"";
    for name in ["etc/.wh.", ".wh.", "etc/.wh..", "etc/.wh...", ".wh..", ".wh..."] {
        check_damaged(&format!("{lower}file {name} \"\""), shown, &["whiteout-without-name"]);
    }
}

#[test]
fn a_whiteout_of_a_name_made_of_dots_is_a_whiteout() {
    check("layer\nfile d/... \"1\"\nlayer\nfile d/.wh.... \"\"", "d/");
}

#[test]
fn what_aufs_kept_for_itself_is_skipped() {
    check(
        "layer\nfile a \"1\"\nlayer\nfile .wh..wh.aufs \"\"\ndir .wh..wh.plnk 0700\nfile .wh..wh.plnk/1.2 \"x\"\ndir .wh..wh.orph 0700",
        "a \"1\"",
    );
}

#[test]
fn markers_in_the_lowest_layer_do_not_show() {
    check("layer\nfile d/a \"1\"\ngone d/b\ngone c\nopaque d\nfile e/.wh.f \"content\"", "d/\nd/a \"1\"\ne/");
}

#[test]
fn a_name_that_begins_with_wh_alone_is_a_name() {
    check(
        "layer\nfile .why \"1\"\nfile .wh \"1\"\nfile d/.whatever \"1\"",
        ".wh \"1\"\n.why \"1\"\nd/\nd/.whatever \"1\"",
    );
}

#[test]
fn a_whiteout_may_be_written_as_any_type() {
    check(
        "layer\nfile a \"1\"\nfile b \"1\"\nfile c \"1\"\nlayer\nlink .wh.a -> x\ndir .wh.b\nfile .wh.c \"x\"",
        "",
    );
}

#[test]
fn a_character_device_zero_zero_is_a_whiteout() {
    check("layer\nfile a \"1\"\nfile d/b \"1\"\nlayer\nchar a 0:0\nchar d 0:0", "");
}

#[test]
fn a_character_device_zero_zero_replaces_what_its_own_layer_has() {
    check("layer\nfile a \"1\"\nlayer\nfile a \"2\"\nchar a 0:0\nfile d/b \"2\"\nchar d 0:0", "");
}

#[test]
fn a_whiteout_below_a_symlink_of_its_own_layer_hides_where_the_link_leads() {
    check("layer\nfile d/a \"1\"\nlayer\nlink l -> d\ngone l/a", "d/\nl -> d");
}

#[test]
fn a_whiteout_below_a_symlink_of_a_lower_layer_puts_a_directory_in_the_links_place() {
    check("layer\nfile d/a \"1\"\nlink l -> d\nlayer\ngone l/a", "d/\nd/a \"1\"\nl/");
}

#[test]
fn a_whiteout_with_a_slash_at_its_end_is_a_whiteout() {
    check("layer\nfile a \"1\"\nlayer\ndir .wh.a/", "");
}

#[test]
fn an_entry_below_a_marker_is_an_entry_in_a_directory_of_that_name() {
    check("layer\nfile d/.wh.e/f \"1\"", "d/\nd/.wh.e/\nd/.wh.e/f \"1\"");
}
