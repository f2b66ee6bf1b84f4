//! Secrets in the layers of an image.

use super::{MAX_TEXT, Secrets, rules};
use crate::ecosystem::dpkg::sample_image::{Sample, read};

use Sample::{File, Removed};

const KEY: &str =
    "-----BEGIN OPENSSH PRIVATE KEY-----\nbm90LWEtcmVhbC1rZXk=\n-----END OPENSSH PRIVATE KEY-----\n";

fn check(layers: &[&[Sample<'_>]], expect: &[&str]) {
    let read = read(&[&Secrets], layers);
    let found: Vec<String> = read
        .joined
        .evidence
        .secrets
        .found
        .iter()
        .map(|each| {
            let hidden = if each.place.is_hidden() { " hidden" } else { "" };
            format!("{} {}:{} layer {}{hidden}", each.rule, each.place.path, each.line, each.place.layer)
        })
        .collect();
    assert_eq!(found, expect);
}

#[test]
fn a_secret_that_a_later_layer_removes_is_still_in_the_image() {
    check(&[&[File("root/.ssh/id_rsa", KEY)]], &["private-key /root/.ssh/id_rsa:1 layer 0"]);
    check(
        &[&[File("root/.ssh/id_rsa", KEY)], &[Removed("root/.ssh/id_rsa")]],
        &["private-key /root/.ssh/id_rsa:1 layer 0 hidden"],
    );
    check(
        &[&[File("root/.ssh/id_rsa", KEY)], &[File("root/.ssh/id_rsa", "nothing\n")]],
        &["private-key /root/.ssh/id_rsa:1 layer 0 hidden"],
    );
}

#[test]
fn a_file_that_is_brought_again_unchanged_is_told_once() {
    check(&[&[File("a", KEY)], &[File("a", KEY)]], &["private-key /a:1 layer 0"]);
}

#[test]
fn what_was_not_looked_through_is_told() {
    let long = "words ".repeat(1 + MAX_TEXT as usize / 6);
    let kept = plimsoll_kept(&long[..MAX_TEXT as usize]);
    assert!(kept.is_some_and(|payload| !payload.is_empty()), "a text that was cut is noted");
    assert_eq!(plimsoll_kept("words"), None);
}

fn plimsoll_kept(content: &str) -> Option<Vec<u8>> {
    crate::reader::Reader::read(&Secrets, b"a", content.as_bytes(), &mut Vec::new())
}

#[test]
fn every_rule_has_an_id_of_its_own() {
    let mut ids: Vec<&str> = rules().map(|rule| rule.id).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    for rule in rules() {
        assert!(
            rule.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{}",
            rule.id
        );
        assert!(!rule.title.is_empty() && !rule.opens.is_empty());
    }
}
