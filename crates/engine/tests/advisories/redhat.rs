//! Red Hat's documents: the lists, the archive, and what changed since.

use std::path::{Path, PathBuf};

use plimsoll_testing::image_files::{digest, zstd};
use plimsoll_testing::tar_entry::Entry;

use crate::world::World;

const ARCHIVE: &str = "redhat-vex/csaf_vex_2023-10-31.tar.zst";

fn document(cve: &str, package: &str, fixed: &str) -> String {
    format!(
        r#"{{"document":{{"category":"csaf_vex","tracking":{{"id":"{cve}","current_release_date":"2023-11-01T00:00:00Z"}}}},
        "product_tree":{{"branches":[{{"branches":[
            {{"category":"product_name","name":"RHEL 9","product":{{"name":"RHEL 9","product_id":"r9",
              "product_identification_helper":{{"cpe":"cpe:/a:redhat:enterprise_linux:9::appstream"}}}}}},
            {{"category":"product_version","name":"p","product":{{"name":"p","product_id":"p",
              "product_identification_helper":{{"purl":"pkg:rpm/redhat/{package}@{fixed}?arch=x86_64"}}}}}}],
          "category":"vendor","name":"Red Hat"}}],
          "relationships":[{{"category":"default_component_of","full_product_name":{{"name":"x","product_id":"r9:p"}},
            "product_reference":"p","relates_to_product_reference":"r9"}}]}},
        "vulnerabilities":[{{"cve":"{cve}","product_status":{{"fixed":["r9:p"]}}}}]}}"#
    )
}

fn archive(documents: &[(&str, String)]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (path, content) in documents {
        let path = path.as_bytes().to_vec();
        let content = content.clone().into_bytes();
        Entry { type_flag: b'0', path, mode: 0o644, modified: "0".to_owned(), content, ..Entry::default() }
            .encode(&mut tar);
    }
    tar.resize(tar.len() + 1024, 0);
    zstd(&tar)
}

fn publish(world: &World) {
    world.server.put("redhat-vex/archive_latest.txt", "csaf_vex_2023-10-31.tar.zst\n");
    let archive = archive(&[
        ("2023/cve-2023-1.json", document("CVE-2023-1", "one", "1-1.el9")),
        ("2023/cve-2023-2.json", document("CVE-2023-2", "two", "1-1.el9")),
        ("2023/cve-2023-3.json", document("CVE-2023-3", "three", "1-1.el9")),
    ]);
    let sum = digest(&archive);
    let sum = sum.strip_prefix("sha256:").unwrap();
    world.server.put(&format!("{ARCHIVE}.sha256"), format!("{sum}  csaf_vex_2023-10-31.tar.zst\n"));
    world.server.put(ARCHIVE, archive);
    world.server.put(
        "redhat-vex/changes.csv",
        "\"2023/cve-2023-2.json\",\"2023-12-01T00:00:00+00:00\"\n\
         \"2023/cve-2023-4.json\",\"2023-11-02T00:00:00+00:00\"\n\
         \"2023/cve-2023-1.json\",\"2023-10-01T00:00:00+00:00\"\n",
    );
    world.server.put("redhat-vex/deletions.csv", "\"2023/cve-2023-3.json\",\"2023-12-01T00:00:00+00:00\"\n");
    world.server.put("redhat-vex/2023/cve-2023-2.json", document("CVE-2023-2", "two-anew", "2-1.el9"));
    world.server.put("redhat-vex/2023/cve-2023-4.json", document("CVE-2023-4", "four", "1-1.el9"));
}

fn speaks_of(world: &World, name: &str) -> bool {
    let binary = plimsoll_model::NameKind::Binary;
    let rows = world.database().statements("rpm", Some("rhel"), name, binary).unwrap();
    !rows.rows().unwrap().is_empty()
}

#[test]
fn the_archive_comes_first_then_what_changed_and_what_was_withdrawn_goes() {
    let world = World::new();
    publish(&world);
    assert_eq!(world.update(&["redhat-vex"]), [""; 0]);
    assert_eq!(
        world.server.asked(),
        [
            "redhat-vex/2023/cve-2023-2.json",
            "redhat-vex/2023/cve-2023-4.json",
            "redhat-vex/archive_latest.txt",
            "redhat-vex/changes.csv",
            ARCHIVE,
            "redhat-vex/csaf_vex_2023-10-31.tar.zst.sha256",
            "redhat-vex/deletions.csv",
        ]
    );
    for (name, expect) in
        [("one", true), ("two", false), ("two-anew", true), ("three", false), ("four", true)]
    {
        assert_eq!(speaks_of(&world, name), expect, "{name}");
    }
    assert_eq!(world.feed("redhat-vex").advisories, 3);

    // Nothing new: three questions.
    assert_eq!(world.update(&["redhat-vex"]), [""; 0]);
    assert_eq!(
        world.server.asked(),
        [
            "redhat-vex/archive_latest.txt if changed",
            "redhat-vex/changes.csv if changed",
            "redhat-vex/deletions.csv if changed"
        ]
    );
    assert_eq!(world.feed("redhat-vex").advisories, 3);
}

#[test]
fn a_new_archive_takes_the_place_of_the_old_one_and_of_what_it_holds() {
    let world = World::new();
    publish(&world);
    world.update(&["redhat-vex"]);
    world.server.put("redhat-vex/archive_latest.txt", "csaf_vex_2023-12-05.tar.zst");
    let newer = archive(&[
        ("2023/cve-2023-1.json", document("CVE-2023-1", "one", "1-1.el9")),
        ("2023/cve-2023-2.json", document("CVE-2023-2", "two-in-archive", "2-1.el9")),
        ("2023/cve-2023-4.json", document("CVE-2023-4", "four", "1-1.el9")),
    ]);
    world.server.put("redhat-vex/csaf_vex_2023-12-05.tar.zst", newer);
    assert_eq!(world.update(&["redhat-vex"]), [""; 0]);
    let files = world.files("feeds/redhat-vex");
    assert_eq!(
        files,
        [
            "archive_latest.txt",
            "changes.csv",
            "csaf_vex_2023-12-05.tar.zst",
            "deletions.csv",
            "withdrawn.txt"
        ]
    );
    assert!(speaks_of(&world, "two-in-archive") && !speaks_of(&world, "two-anew"));
}

#[test]
fn an_archive_that_does_not_fit_its_checksum_is_not_used() {
    let world = World::new();
    publish(&world);
    world.server.put(&format!("{ARCHIVE}.sha256"), format!("{}  x\n", "0".repeat(64)));
    let refused =
        world.store.update(&world.options(&["redhat-vex"]), &plimsoll_engine::NoProgress).unwrap_err();
    let told = refused.to_string();
    assert!(told.contains("its digest is not the one that its publisher states"), "{told}");
}

/// Recorded answers of the real server, in the txtar format of the shared folder.
fn recorded() -> Option<Vec<(String, String)>> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let place = std::env::var_os("PLIMSOLL_SHARED").map_or_else(beside, PathBuf::from);
    let Ok(text) = std::fs::read_to_string(place.join("data/advisories/redhat-vex/server.txtar")) else {
        eprintln!("skipped: the recorded answers of Red Hat's server are not there");
        return None;
    };
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("-- /").and_then(|rest| rest.strip_suffix(" --")) {
            Some(head) => files.push((head.split(' ').next().unwrap().to_owned(), String::new())),
            None => {
                if let Some((_, content)) = files.last_mut() {
                    content.push_str(line);
                    content.push('\n');
                }
            }
        }
    }
    Some(files)
}

#[test]
fn recorded_answers_of_the_real_server_are_followed() {
    let Some(files) = recorded() else { return };
    let world = World::new();
    let find =
        |end: &str| files.iter().find(|(path, _)| path.ends_with(end)).map(|(_, content)| content.clone());
    for (path, content) in &files {
        world.server.put(&format!("redhat-vex/{path}"), content.clone());
    }
    // The record has no archive; this one holds a document that was withdrawn later, and one that changed.
    let later = find("cve-2023-0118.json").unwrap();
    world.server.put(
        ARCHIVE,
        archive(&[
            ("2023/cve-2024-0001.json", later.replace("CVE-2023-0118", "CVE-2024-0001")),
            ("2023/cve-2023-0118.json", later.replace("CVE-2023-0118", "CVE-1999-0118")),
        ]),
    );
    let told = world.update(&["redhat-vex"]);
    // Of the documents that changed, one is not in the record.
    assert_eq!(told.iter().filter(|line| line.starts_with("feed-not-fetched")).count(), 1, "{told:#?}");
    assert!(
        told.iter().any(|line| line.starts_with("feed-not-fetched redhat-vex 2023/cve-2023-0030.json: "))
    );
    assert!(world.has("CVE-2023-0044") && world.has("CVE-2023-0118"));
    assert!(!world.has("CVE-2024-0001"), "it was withdrawn");
    assert!(!world.has("CVE-1999-0118"), "the archive's older state of a changed document");
    let facts = world.feed("redhat-vex");
    assert_eq!(facts.advisories, 2);
    assert!(facts.kept_because.unwrap().contains("cve-2023-0030.json could not be fetched"));
    assert!(facts.failed_at.is_some());
}
