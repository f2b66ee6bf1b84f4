//! Modes, owners, devices, attributes and times.

use super::{check, check_damaged, check_read};

#[test]
fn devices_and_fifos_show_with_their_numbers() {
    check(
        "layer\nchar dev/null 1:3 0666\nblock dev/sda 8:1 0660 gid=6\nfifo run/p 0600\nchar dev/big 300:70000",
        "dev/\ndev/big char 300:70000\ndev/null char 1:3 0666\ndev/sda block 8:1 0660 0:6\nrun/\nrun/p fifo 0600",
    );
}

#[test]
fn setuid_setgid_and_sticky_bits_stay() {
    check(
        "layer\nfile su \"x\" 4755\nfile write \"x\" mode=2755 gid=5\ndir tmp 1777\ndir mail 2775 gid=8\nfile all \"x\" 7777\nfile none \"x\" 0000",
        "all \"x\" 7777\nmail/ 2775 0:8\nnone \"x\" 0000\nsu \"x\" 4755\ntmp/ 1777\nwrite \"x\" 2755 0:5",
    );
}

#[test]
fn type_bits_in_the_mode_field_are_not_part_of_the_mode() {
    check_read("layer\nfile a \"1\" set=100:\"0100755\"", "a \"1\" 0755", &[]);
}

#[test]
fn an_owner_beyond_octal_is_read_in_both_spellings() {
    check(
        "layer\nfile a \"1\" uid=3000000000 gid=2097152\nfile b \"1\" uid=3000000000 gid=4294967294 form=gnu",
        "a \"1\" 3000000000:2097152\nb \"1\" 3000000000:4294967294",
    );
}

#[test]
fn an_owner_in_a_record_wins_over_the_headers() {
    check_read("layer\nfile c \"1\" uid=1 gid=2 pax:uid=77 pax:gid=78", "c \"1\" 77:78", &[]);
}

#[test]
fn extended_attributes_show() {
    check(
        "layer\nfile a \"1\" xattr:user.x=ff00 xattr:user.b=\"a=b\\nc\" xattr:security.capability=0100000200200000000000000000000000000000\ndir d xattr:user.y=\nfile t \"1\" xattr:trusted.foo=01",
        "a \"1\" security.capability=0100000200200000000000000000000000000000 user.b=613d620a63 user.x=ff00\nd/ user.y=\nt \"1\" trusted.foo=01",
    );
}

#[test]
fn an_attribute_goes_when_the_file_is_written_again_without_it() {
    check("layer\nfile a \"1\" xattr:user.x=ff\nlayer\nfile a \"1\"", "a \"1\"");
    check("layer\nfile a \"1\" xattr:user.x=ff\nfile a \"1\"", "a \"1\"");
    check("layer\ndir d xattr:user.x=ff\nlayer\ndir d", "d/");
}

#[test]
fn an_attribute_given_twice_has_the_last_value() {
    check_read(
        "layer\nfile a \"1\" xattr:user.x=01 pax:SCHILY.xattr.user.x=\"\\x02\"",
        "a \"1\" user.x=02",
        &[],
    );
}

#[test]
fn times_before_1970_and_between_seconds_do_no_harm() {
    check(
        "layer\nfile a \"1\" mtime=-1\nfile b \"1\" mtime=-1.5\nfile c \"1\" mtime=1700000000.123456789\nfile d \"1\" mtime=-1 form=gnu",
        "a \"1\"\nb \"1\"\nc \"1\"\nd \"1\"",
    );
}

#[test]
fn the_roots_own_entry_sets_the_roots_mode() {
    check("layer\ndir ./ 0700 uid=1\nfile a \"1\"\nlayer\nfile b \"2\"", "/ 0700 1:0\na \"1\"\nb \"2\"");
    check("layer\ndir / 0700\nlayer\ndir ./ 0711", "/ 0711");
}

#[test]
fn the_owner_of_a_symlink_shows() {
    check(
        "layer\nlink l -> nowhere uid=4 gid=5\nlink m -> nowhere mode=0600",
        "l -> nowhere 4:5\nm -> nowhere",
    );
}

#[test]
fn files_without_content_are_files() {
    check("layer\nfile a\nfile b \"\"\nfile c \"x\"", "a \"\"\nb \"\"\nc \"x\"");
}

#[test]
fn an_entry_of_a_type_that_nobody_knows_is_a_problem() {
    check_damaged("layer\nraw a \"some content\" type=Z\nfile b \"1\"", "b \"1\"", &["entry-type-unknown"]);
}
