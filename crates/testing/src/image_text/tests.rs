//! The builder judged by the system's own tar, where there is one.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;

/// What `tar -tv` says of the first layer's archive.
fn check(text: &str, expect: &[&str]) {
    let image = image_from_text(text);
    let spawned = Command::new("tar")
        .args(["-tvf", "-", "--numeric-owner", "--utc", "--full-time"])
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut tar) = spawned else {
        eprintln!("skipped: no tar program here");
        return;
    };
    tar.stdin.take().unwrap().write_all(&image.layers[0].archive).unwrap();
    let output = tar.wait_with_output().unwrap();
    let lines: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| line.split_whitespace().filter(|word| !word.contains(':')).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(lines, expect, "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_kind_of_entry_reads_as_it_was_written() {
    check(
        "layer
         dir  usr/lib/ 0700
         file usr/lib/a \"content\" mode=4755 uid=1 gid=2
         link usr/lib/b -> a
         hard usr/lib/c => usr/lib/a
         gone usr/lib/d
         opaque usr/lib
         fifo p
         char dev/null 1:3 0666",
        &[
            "drwx------ 0/0 0 1970-01-01 usr/lib/",
            "-rwsr-xr-x 1/2 7 1970-01-01 usr/lib/a",
            "lrwxrwxrwx 0/0 0 1970-01-01 usr/lib/b -> a",
            "hrw-r--r-- 0/0 0 1970-01-01 usr/lib/c link to usr/lib/a",
            "-rw-r--r-- 0/0 0 1970-01-01 usr/lib/.wh.d",
            "-rw-r--r-- 0/0 0 1970-01-01 usr/lib/.wh..wh..opq",
            "prw-r--r-- 0/0 0 1970-01-01 p",
            "crw-rw-rw- 0/0 1,3 1970-01-01 dev/null",
        ],
    );
}

#[test]
fn every_dialect_has_its_own_way_with_long_names_and_large_numbers() {
    let long = "d/".repeat(60) + &"n".repeat(90);
    let longer = "n".repeat(300);
    check(
        &format!(
            "layer
             file {long} uid=3000000000
             file {longer}
             file {longer} form=gnu gid=3000000000
             link l -> {longer} form=gnu
             file short form=v7"
        ),
        &[
            &format!("-rw-r--r-- 3000000000/0 0 1970-01-01 {long}"),
            &format!("-rw-r--r-- 0/0 0 1970-01-01 {longer}"),
            &format!("-rw-r--r-- 0/3000000000 0 1970-01-01 {longer}"),
            &format!("lrwxrwxrwx 0/0 0 1970-01-01 l -> {longer}"),
            "-rw-r--r-- 0/0 0 1970-01-01 short",
        ],
    );
}

#[test]
fn every_form_of_a_sparse_file_is_as_large_as_it_claims() {
    for form in ["old", "0.0", "0.1", "1.0"] {
        let fragments: Vec<String> = (0..30).map(|at| format!("data={}:\"x\"", at * 1000)).collect();
        let text =
            format!("layer\nfile s sparse={form} size=100000 {}\nfile after \"z\"", fragments.join(" "));
        check(&text, &["-rw-r--r-- 0/0 100000 1970-01-01 s", "-rw-r--r-- 0/0 1 1970-01-01 after"]);
    }
}

#[test]
#[should_panic(expected = "line 2 of the image's text: no line begins with \"fil\"")]
fn a_wrong_line_is_named() {
    let _ = image_from_text("layer\nfil a");
}

#[test]
fn the_configuration_is_json() {
    let image = image_from_text("config Env [\"A=b c\", \"#\"]\nconfig User \"app\"");
    assert_eq!(image.config["Env"], serde_json::json!(["A=b c", "#"]));
    assert_eq!(image.config["User"], "app");
}
