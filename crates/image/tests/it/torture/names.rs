//! Names: how they may be spelled, what they may hold, how long they may be.

use super::{check, check_damaged, check_read};

#[test]
fn every_spelling_of_a_path_is_one_path() {
    check(
        "layer\ndir ./\nfile ./a \"1\"\nfile /b \"1\"\nfile d//e///f \"1\"\nfile g/./h \"1\"\nfile x/../i \"1\"\nfile ./a \"2\"\nfile a \"3\"",
        "a \"3\"\nb \"1\"\nd/\nd/e/\nd/e/f \"1\"\ng/\ng/h \"1\"\ni \"1\"",
    );
}

#[test]
fn a_path_that_climbs_out_is_a_problem() {
    for path in ["../a", "/../a", "d/../../a", "..", "./../a"] {
        check_damaged(&format!("layer\nfile {path} \"1\"\nfile b \"1\""), "b \"1\"", &["entry-path-refused"]);
    }
}

#[test]
fn a_slash_at_the_end_of_a_file_of_no_type_makes_it_a_directory() {
    check_read(
        "layer\nraw old/ type=\"\\x00\" 0755 form=v7\nraw file \"1\" type=\"\\x00\" form=v7",
        "file \"1\"\nold/",
        &[],
    );
}

#[test]
fn a_slash_at_the_end_of_a_file_leaves_it_a_file() {
    check("layer\nfile a/ \"content\"\nfile b \"1\"", "a \"content\"\nb \"1\"");
}

#[test]
fn long_names_are_read_in_every_dialect() {
    let name = "n".repeat(255);
    let hundred = "h".repeat(100);
    let prefixed = format!("{}/{}", "p".repeat(90), "q".repeat(95));
    let path = vec!["x".repeat(99); 4].join("/");
    let dirs = |path: &str| -> Vec<String> {
        let parts: Vec<&str> = path.split('/').collect();
        (1..parts.len()).map(|depth| parts[..depth].join("/") + "/").collect()
    };
    for form in ["pax", "gnu", "star"] {
        let text = format!(
            "layer\nfile {name} \"1\" form={form}\nfile {hundred} \"1\" form={form}\nfile {prefixed} \"1\" form={form}\nfile {path} \"1\" form={form}\nlink l -> {path} form={form}"
        );
        let mut expect = vec![format!("{hundred} \"1\""), format!("l -> {path}"), format!("{name} \"1\"")];
        expect.extend(dirs(&prefixed));
        expect.push(format!("{prefixed} \"1\""));
        expect.extend(dirs(&path));
        expect.push(format!("{path} \"1\""));
        check(&text, &expect.join("\n"));
    }
}

#[test]
fn a_long_name_belongs_to_the_next_entry_alone() {
    let long = "n".repeat(200);
    check(
        &format!(
            "layer\nfile {long} \"1\" form=gnu\nfile b \"1\" form=gnu\nfile {long}2 \"1\"\nfile c \"1\""
        ),
        &format!("b \"1\"\nc \"1\"\n{long} \"1\"\n{long}2 \"1\""),
    );
}

#[test]
fn names_are_bytes() {
    check(
        "layer\nfile \"caf\\xe9\" \"1\"\nfile \"a\\nb\" \"1\"\nfile \"a\\tb\" \"1\"\nfile \"back\\\\slash\" \"1\"\nfile \" lead\" \"1\"\nfile \"trail \" \"1\"\nfile \"q\\\"q\" \"1\"\nfile \"\\xc3\\xa4\" \"1\"\nfile \"\\x01\" \"1\"\nfile * \"1\"",
        "\\x01 \"1\"\n lead \"1\"\n* \"1\"\na\\x09b \"1\"\na\\x0ab \"1\"\nback\\slash \"1\"\ncaf\\xe9 \"1\"\nq\"q \"1\"\ntrail  \"1\"\nä \"1\"",
    );
}

#[test]
fn names_of_all_bytes_come_through_extended_headers_as_well() {
    let long = "x".repeat(120);
    check(
        &format!("layer\nfile \"\\xff{long}\\n=\" \"1\"\nfile \"\\xfe{long}\" \"1\" form=gnu"),
        &format!("\\xfe{long} \"1\"\n\\xff{long}\\x0a= \"1\""),
    );
}

#[test]
fn a_link_target_is_kept_as_it_is_spelled() {
    check(
        "layer\nlink a -> ../../x//y/./z/\nlink b -> \"sp ace\\xe9\"\nlink c -> /abs",
        "a -> ../../x//y/./z/\nb -> sp ace\\xe9\nc -> /abs",
    );
}

#[test]
fn a_name_too_long_for_any_file_system_is_a_problem() {
    let name = "n".repeat(5000);
    check_read(&format!("layer\nfile {name} \"1\"\nfile b \"1\""), "b \"1\"", &["entry-path-refused"]);
}

#[test]
fn names_sort_by_bytes_directory_by_directory() {
    check(
        "layer\nfile a-b \"1\"\nfile a/b \"1\"\nfile a.b \"1\"\nfile a0 \"1\"",
        "a/\na/b \"1\"\na-b \"1\"\na.b \"1\"\na0 \"1\"",
    );
}
