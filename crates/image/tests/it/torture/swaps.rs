//! Names that change their kind, across layers and within one, and parents that are no
//! directories or are missing.

use super::{check, check_damaged};

#[test]
fn a_file_in_the_place_of_a_directory_hides_all_that_was_in_it() {
    check("layer\nfile d/a \"1\"\nfile d/e/b \"1\"\nlayer\nfile d \"2\"", "d \"2\"");
}

#[test]
fn a_directory_in_the_place_of_a_file_is_a_directory() {
    check("layer\nfile d \"1\"\nlayer\nfile d/a \"2\"", "d/\nd/a \"2\"");
}

#[test]
fn a_symlink_in_the_place_of_a_directory_hides_it() {
    check("layer\nfile d/a \"1\"\nfile e/b \"1\"\nlayer\nlink d -> e", "d -> e\ne/\ne/b \"1\"");
}

#[test]
fn a_directory_in_the_place_of_a_symlink_is_a_directory() {
    check(
        "layer\nfile e/b \"1\"\nlink d -> e\nlayer\ndir d 0700\nfile d/a \"2\"",
        "d/ 0700\nd/a \"2\"\ne/\ne/b \"1\"",
    );
}

#[test]
fn what_a_file_hid_does_not_come_back_with_the_directory() {
    check("layer\nfile d/a \"1\"\nlayer\nfile d \"2\"\nlayer\nfile d/b \"3\"", "d/\nd/b \"3\"");
}

#[test]
fn within_a_layer_a_later_entry_of_another_kind_replaces_the_earlier_one() {
    check("layer\nfile d/a \"1\"\nfile d \"2\"", "d \"2\"");
    check("layer\nfile d \"1\"\ndir d\nfile d/a \"2\"", "d/\nd/a \"2\"");
    check("layer\nfile d/a \"1\"\nlink d -> e\ndir e", "d -> e\ne/");
    check("layer\nlink d -> e\ndir e\ndir d\nfile d/a \"2\"", "d/\nd/a \"2\"\ne/");
}

#[test]
fn a_replaced_directory_of_the_own_layer_still_merges_with_the_lower_one() {
    check("layer\nfile d/a \"1\"\nlayer\nfile d \"2\"\ndir d\nfile d/b \"2\"", "d/\nd/a \"1\"\nd/b \"2\"");
}

#[test]
fn an_entry_below_a_file_of_its_own_layer_is_a_problem() {
    check_damaged(
        "layer\nfile d \"1\"\nfile d/a \"2\"\nfile e \"3\"",
        "d \"1\"\ne \"3\"",
        &["entry-directory-unreachable"],
    );
}

#[test]
fn an_entry_below_a_symlink_of_its_own_layer_lands_where_the_link_leads() {
    check(
        "layer\ndir usr/lib 0711\nlink lib -> usr/lib\nfile lib/a \"1\"",
        "lib -> usr/lib\nusr/\nusr/lib/ 0711\nusr/lib/a \"1\"",
    );
    check("layer\nlink a/l -> /b/c\nfile a/l/d/e \"1\"", "a/\na/l -> /b/c\nb/\nb/c/\nb/c/d/\nb/c/d/e \"1\"");
    check("layer\nlink a/l -> ../b\nfile a/l/e \"1\"", "a/\na/l -> ../b\nb/\nb/e \"1\"");
}

#[test]
fn an_entry_below_a_symlink_that_only_a_lower_layer_has_gets_a_directory_instead() {
    check(
        "layer\nfile usr/lib/a \"1\"\nlink lib -> usr/lib\nlayer\nfile lib/b \"2\"",
        "lib/\nlib/b \"2\"\nusr/\nusr/lib/\nusr/lib/a \"1\"",
    );
}

#[test]
fn a_symlink_that_climbs_out_stays_within_the_root() {
    check("layer\nlink l -> ../../../etc\nfile l/a \"1\"", "etc/\netc/a \"1\"\nl -> ../../../etc");
}

#[test]
fn a_chain_of_symlinks_is_followed() {
    check("layer\nlink a -> b\nlink b -> c/d\nfile a/f \"1\"", "a -> b\nb -> c/d\nc/\nc/d/\nc/d/f \"1\"");
}

#[test]
fn a_loop_of_symlinks_is_a_problem_where_something_lies_below_it() {
    check("layer\nlink a -> b\nlink b -> a\nlink c -> c", "a -> b\nb -> a\nc -> c");
    check_damaged(
        "layer\nlink a -> b\nlink b -> a\nfile a/f \"1\"\nfile z \"1\"",
        "a -> b\nb -> a\nz \"1\"",
        &["entry-directory-unreachable"],
    );
}

#[test]
fn missing_parents_are_made() {
    check("layer\nfile a/b/c/d \"1\"", "a/\na/b/\na/b/c/\na/b/c/d \"1\"");
}

#[test]
fn a_missing_parent_has_the_mode_of_the_directory_below_it() {
    check(
        "layer\ndir a 0700 uid=1 gid=2 xattr:user.x=01\ndir a/b 1777\nlayer\nfile a/b/c \"2\"",
        "a/ 0700 1:2 user.x=01\na/b/ 1777\na/b/c \"2\"",
    );
}

#[test]
fn an_entry_for_a_directory_after_what_lies_in_it_sets_its_mode() {
    check("layer\nfile a/b \"1\"\ndir a 01700 uid=7", "a/ 1700 7:0\na/b \"1\"");
}

#[test]
fn a_directory_of_a_higher_layer_sets_the_mode_and_keeps_what_is_in_it() {
    check("layer\ndir a 0700 xattr:user.x=01\nfile a/b \"1\"\nlayer\ndir a 0755 gid=9", "a/ 0:9\na/b \"1\"");
}

#[test]
fn duplicate_files_show_the_last_one() {
    check("layer\nfile a \"1\" mode=0600\nfile b \"x\"\nfile a \"two\"", "a \"two\"\nb \"x\"");
}

#[test]
fn duplicate_directories_show_the_last_mode_and_all_that_is_in_them() {
    check(
        "layer\ndir d 0700 xattr:user.a=01\nfile d/a \"1\"\ndir d 0711 uid=3\nfile d/b \"1\"",
        "d/ 0711 3:0\nd/a \"1\"\nd/b \"1\"",
    );
}

#[test]
fn an_empty_layer_changes_nothing() {
    check("layer\nfile a \"1\"\nlayer\nlayer zstd\nlayer none\nend 0", "a \"1\"");
}

#[test]
fn a_layer_that_comes_twice_is_laid_twice() {
    check(
        "layer\nfile a \"1\"\nlayer\ngone a\nfile b \"2\"\nlayer\nfile a \"3\"\nlayer\ngone a\nfile b \"2\"\nsame",
        "b \"2\"",
    );
}

#[test]
fn sixty_layers_are_laid_one_over_the_other() {
    let mut text = String::new();
    let mut expect = String::new();
    for layer in 0..60 {
        text.push_str(&format!("layer\nfile common \"{layer}\"\nfile d/own-{layer:02} \"{layer}\"\n"));
        if layer >= 2 && layer % 2 == 0 {
            text.push_str(&format!("gone d/own-{:02}\n", layer - 2));
        }
    }
    expect.push_str("common \"59\"\nd/\n");
    for layer in 0..60 {
        if layer % 2 == 1 || layer == 58 {
            expect.push_str(&format!("d/own-{layer:02} \"{layer}\"\n"));
        }
    }
    check(&text, &expect);
}

#[test]
fn two_hundred_directories_deep_there_is_a_file() {
    let deep = vec!["d"; 200].join("/");
    let mut expect: Vec<String> = (1..=200).map(|depth| vec!["d"; depth].join("/") + "/").collect();
    expect.push(format!("{deep}/b \"2\""));
    check(
        &format!("layer\nfile {deep}/a \"1\"\nlayer\nfile {deep}/b \"2\"\ngone {deep}/a"),
        &expect.join("\n"),
    );
}
