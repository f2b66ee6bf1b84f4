//! What each layer adds, changes, removes and wastes, to the byte.

use plimsoll_model::LayerStatistics;
use plimsoll_testing::image_from_text;

use crate::listing::read_all;

/// The statistics of each layer: added, changed, removed, then bytes of content, hidden,
/// rewritten and duplicate.
fn check(text: &str, expect: &[[u64; 7]]) {
    let (_, merged) = read_all(&image_from_text(text));
    let found: Vec<[u64; 7]> = merged
        .statistics
        .iter()
        .map(|layer| {
            let LayerStatistics {
                added,
                changed,
                removed,
                content_bytes,
                hidden_bytes,
                rewritten_bytes,
                duplicate_bytes,
            } = *layer;
            [added, changed, removed, content_bytes, hidden_bytes, rewritten_bytes, duplicate_bytes]
        })
        .collect();
    assert_eq!(found, expect, "{text}");
}

#[test]
fn a_file_and_then_its_whiteout_are_dead_bytes() {
    check(
        "layer\nfile a \"x\" times=1000\nlayer\ngone a",
        &[[1, 0, 0, 1000, 1000, 0, 0], [0, 0, 1, 0, 0, 0, 0]],
    );
}

#[test]
fn a_directory_and_then_its_whiteout_are_dead_bytes() {
    check(
        "layer\nfile d/a \"x\" times=1000\nfile d/e/b \"y\" times=10\nfile c \"z\"\nlayer\ngone d",
        &[[3, 0, 0, 1011, 1010, 0, 0], [0, 0, 2, 0, 0, 0, 0]],
    );
}

#[test]
fn a_directory_and_then_an_opaque_one_are_dead_bytes() {
    check(
        "layer\nfile d/a \"x\" times=1000\nfile d/e/b \"y\" times=10\nlayer\nopaque d\nfile d/c \"z\" times=5",
        &[[2, 0, 0, 1010, 1010, 0, 0], [1, 0, 2, 5, 0, 0, 0]],
    );
}

#[test]
fn a_change_of_owner_alone_writes_the_bytes_twice_and_wastes_them_once() {
    check(
        "layer\nfile a \"x\" times=1000\nlayer\nfile a \"x\" times=1000 uid=5",
        &[[1, 0, 0, 1000, 1000, 1000, 0], [0, 1, 0, 1000, 0, 0, 0]],
    );
}

#[test]
fn a_move_writes_the_bytes_twice_and_hides_the_first() {
    check(
        "layer\nfile a \"x\" times=1000\nlayer\ngone a\nfile b \"x\" times=1000",
        &[[1, 0, 0, 1000, 1000, 0, 0], [1, 0, 1, 1000, 0, 0, 0]],
    );
}

#[test]
fn a_copy_shows_and_is_a_duplicate() {
    check(
        "layer\nfile a \"x\" times=1000\nlayer\nfile b \"x\" times=1000",
        &[[1, 0, 0, 1000, 0, 0, 0], [1, 0, 0, 1000, 0, 0, 1000]],
    );
    check("layer\nfile a \"x\" times=1000\nfile b \"x\" times=1000", &[[2, 0, 0, 2000, 0, 0, 1000]]);
}

#[test]
fn files_without_content_are_no_duplicates() {
    check("layer\nfile a\nfile b", &[[2, 0, 0, 0, 0, 0, 0]]);
}

#[test]
fn a_file_that_an_opaque_directory_brings_again_is_changed() {
    check(
        "layer\nfile d/a \"x\" times=1000\nfile d/b \"y\" times=10\nlayer\nopaque d\nfile d/a \"x\" times=1000\nfile d/b \"z\" times=10",
        &[[2, 0, 0, 1010, 1010, 1000, 0], [0, 2, 0, 1010, 0, 0, 0]],
    );
}

#[test]
fn a_file_three_times_over_is_wasted_twice() {
    check(
        "layer\nfile a \"x\" times=100\nlayer\nfile a \"y\" times=50\nlayer\nfile a \"y\" times=50 mode=0600",
        &[[1, 0, 0, 100, 100, 0, 0], [0, 1, 0, 50, 50, 50, 0], [0, 1, 0, 50, 0, 0, 0]],
    );
}

#[test]
fn a_file_in_the_place_of_a_directory_removes_what_was_in_it() {
    check(
        "layer\nfile d/a \"x\" times=100\nfile d/b \"y\" times=10\nlayer\nfile d \"z\"",
        &[[2, 0, 0, 110, 110, 0, 0], [1, 0, 2, 1, 0, 0, 0]],
    );
    check("layer\nfile d \"z\"\nlayer\nfile d/a \"x\"", &[[1, 0, 0, 1, 1, 0, 0], [1, 1, 0, 1, 0, 0, 0]]);
}

#[test]
fn symlinks_count_as_paths_and_not_as_bytes() {
    check("layer\nlink l -> target\nlayer\ngone l", &[[1, 0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0, 0]]);
}

#[test]
fn a_hard_link_adds_a_path_and_no_bytes() {
    check("layer\nfile a \"x\" times=1000\nhard b => a", &[[2, 0, 0, 1000, 0, 0, 0]]);
}

#[test]
fn the_bytes_live_as_long_as_one_of_their_names() {
    check(
        "layer\nfile a \"x\" times=1000\nhard b => a\nlayer\ngone a",
        &[[2, 0, 0, 1000, 0, 0, 0], [0, 0, 1, 0, 0, 0, 0]],
    );
    check(
        "layer\nfile a \"x\" times=1000\nhard b => a\nlayer\ngone b",
        &[[2, 0, 0, 1000, 0, 0, 0], [0, 0, 1, 0, 0, 0, 0]],
    );
    check(
        "layer\nfile a \"x\" times=1000\nhard b => a\nlayer\ngone a\ngone b",
        &[[2, 0, 0, 1000, 1000, 0, 0], [0, 0, 2, 0, 0, 0, 0]],
    );
}

#[test]
fn a_hard_link_across_layers_keeps_the_bytes_of_the_layer_that_has_them() {
    check(
        "layer\nfile a \"x\" times=1000\nlayer\nhard b => a",
        &[[1, 0, 0, 1000, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0]],
    );
    check(
        "layer\nfile a \"x\" times=1000\nlayer\nhard b => a\ngone a",
        &[[1, 0, 0, 1000, 0, 0, 0], [1, 0, 1, 0, 0, 0, 0]],
    );
    check(
        "layer\nfile a \"x\" times=1000\nlayer\nhard b => a\ngone a\nlayer\ngone b",
        &[[1, 0, 0, 1000, 1000, 0, 0], [1, 0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0, 0]],
    );
}

#[test]
fn a_hard_link_whose_first_name_is_rewritten_still_needs_the_first_bytes() {
    // The link shows the old inode and the rewritten file the new one: both are needed.
    check(
        "layer\nfile a \"x\" times=1000\nhard b => a\nlayer\nfile a \"x\" times=1000 uid=5",
        &[[2, 0, 0, 1000, 0, 1000, 0], [0, 1, 0, 1000, 0, 0, 1000]],
    );
}

#[test]
fn what_a_layer_replaces_itself_is_not_its_content() {
    let image = image_from_text("layer\nfile a \"x\" times=1000\nfile a \"y\" times=10\nlayer\nfile b \"1\"");
    let (reads, merged) = read_all(&image);
    assert_eq!((reads[0].replaced_size, merged.statistics[0].content_bytes), (1000, 10));
}

#[test]
fn of_two_equal_files_the_one_of_the_higher_layer_is_the_copy() {
    check(
        "layer\nfile z \"x\" times=1000\nlayer\nfile a \"x\" times=1000",
        &[[1, 0, 0, 1000, 0, 0, 0], [1, 0, 0, 1000, 0, 0, 1000]],
    );
}
