//! Hard links: within a layer, across layers, and to what is not there.

use super::{check, check_damaged};

#[test]
fn a_hard_link_shows_as_the_file_that_it_names() {
    check(
        "layer\nfile a \"1\" mode=4755 uid=1 xattr:user.x=01\nhard b => a mode=4755 uid=1 xattr:user.x=01",
        "a \"1\" 4755 1:0 user.x=01\nb \"1\" 4755 1:0 user.x=01",
    );
}

#[test]
fn a_hard_link_may_be_spelled_in_any_way() {
    check(
        "layer\nfile d/a \"1\"\nhard b => ./d/a\nhard c => /d//a\nhard e => d/../d/a",
        "b \"1\"\nc \"1\"\nd/\nd/a \"1\"\ne \"1\"",
    );
}

#[test]
fn a_hard_link_keeps_the_content_when_its_target_is_replaced_in_the_same_layer() {
    check("layer\nfile a \"1\"\nhard b => a\nfile a \"2\"", "a \"2\"\nb \"1\"");
    check("layer\nfile a \"1\"\nhard b => a\nfile a \"1\" mode=0600", "a \"1\" 0600\nb \"1\"");
}

#[test]
fn a_file_after_a_hard_link_of_its_name_leaves_the_target_alone() {
    check("layer\nfile a \"1\"\nhard b => a\nfile b \"2\"", "a \"1\"\nb \"2\"");
    check("layer\nfile a \"1\"\nhard b => a\nfile b \"2\"\nhard b => a", "a \"1\"\nb \"1\"");
}

#[test]
fn a_hard_link_keeps_the_content_when_a_later_layer_changes_or_removes_its_target() {
    check(
        "layer\nfile a \"1\"\nhard b => a\nfile c \"1\"\nhard d => c\nlayer\nfile a \"2\"\ngone c",
        "a \"2\"\nb \"1\"\nd \"1\"",
    );
}

#[test]
fn a_hard_link_to_a_file_of_a_lower_layer_shows_that_file() {
    check("layer\nfile a \"1\" mode=0600 gid=4\nlayer\nhard b => a", "a \"1\" 0600 0:4\nb \"1\" 0600 0:4");
}

#[test]
fn a_hard_link_to_a_lower_file_that_its_own_layer_replaces_shows_the_old_one() {
    check("layer\nfile a \"1\"\nlayer\nhard b => a\nfile a \"2\"", "a \"2\"\nb \"1\"");
}

#[test]
fn a_hard_link_to_a_lower_file_that_its_own_layer_removes_shows_it() {
    check(
        "layer\nfile a \"1\"\nfile d/c \"1\"\nlayer\nhard b => a\ngone a\nhard e => d/c\ngone d",
        "b \"1\"\ne \"1\"",
    );
    check("layer\nfile a \"1\"\nlayer\ngone a\nhard b => a", "b \"1\"");
}

#[test]
fn a_hard_link_to_a_file_that_a_layer_in_between_removed_is_a_problem() {
    check_damaged(
        "layer\nfile a \"1\"\nlayer\ngone a\nlayer\nhard b => a\nfile c \"3\"",
        "c \"3\"",
        &["hard-link-target-missing"],
    );
}

#[test]
fn a_hard_link_to_nothing_is_a_problem() {
    check_damaged("layer\nhard b => a\nfile c \"1\"", "c \"1\"", &["hard-link-target-missing"]);
    check_damaged("layer\nhard b => a\nfile a \"1\"", "a \"1\"", &["hard-link-target-missing"]);
}

#[test]
fn a_hard_link_to_a_directory_is_a_problem() {
    check_damaged("layer\ndir d\nhard b => d", "d/", &["hard-link-to-directory"]);
    check_damaged("layer\ndir d\nlayer\nhard b => d", "d/", &["hard-link-target-missing"]);
}

#[test]
fn a_hard_link_to_a_symlink_is_that_symlink() {
    check(
        "layer\nfile a \"1\"\nlink l -> a uid=3\nhard b => l uid=3\nlayer\nhard c => l",
        "a \"1\"\nb -> a 3:0\nc -> a 3:0\nl -> a 3:0",
    );
}

#[test]
fn a_hard_link_through_a_symlinked_directory_finds_its_target() {
    check("layer\nfile d/a \"1\"\nlink l -> d\nhard b => l/a", "b \"1\"\nd/\nd/a \"1\"\nl -> d");
    check("layer\nfile d/a \"1\"\nlink l -> d\nlayer\nhard b => l/a", "b \"1\"\nd/\nd/a \"1\"\nl -> d");
}

#[test]
fn a_chain_of_hard_links_goes_through_three_layers() {
    check("layer\nfile a \"1\"\nlayer\nhard b => a\ngone a\nlayer\nhard c => b\ngone b", "c \"1\"");
    check("layer\nfile a \"1\"\nlayer\nhard b => a\nhard c => b", "a \"1\"\nb \"1\"\nc \"1\"");
}

#[test]
fn a_hard_link_that_replaces_a_directory_or_a_lower_file_takes_its_place() {
    check(
        "layer\nfile a \"1\"\nfile b/c \"1\"\nfile d \"0\"\nlayer\nhard b => a\nhard d => a",
        "a \"1\"\nb \"1\"\nd \"1\"",
    );
}

#[test]
fn a_hard_link_to_itself_changes_nothing() {
    check("layer\nfile a \"1\"\nhard a => a", "a \"1\"");
    check("layer\nfile a \"1\"\nlayer\nhard a => a", "a \"1\"");
}

#[test]
fn a_hard_link_that_climbs_out_is_a_problem() {
    check_damaged("layer\nfile a \"1\"\nhard b => ../../etc/passwd", "a \"1\"", &["entry-path-refused"]);
}

#[test]
fn hard_links_to_devices_and_fifos_are_devices_and_fifos() {
    check(
        "layer\nchar c 1:3\nfifo f 0600\nhard d => c\nhard g => f mode=0600\nlayer\nhard e => c",
        "c char 1:3\nd char 1:3\ne char 1:3\nf fifo 0600\ng fifo 0600",
    );
}
