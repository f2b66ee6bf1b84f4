//! The real OVAL documents, against counts made without any parser.

use std::collections::BTreeSet;
use std::io::Read;
use std::time::Instant;

use plimsoll_advisory::Feed;
use plimsoll_advisory::feed::oval::{AzureOval, OracleOval, PhotonOval};
use plimsoll_model::{FixState, RangeEnd};

use crate::{Collected, parse, shared};

fn load(feed: &dyn Feed, folder: &str, name: &str) -> Option<(String, Collected)> {
    let path = shared("oval")?.join(folder).join(name);
    let bytes = std::fs::read(&path).unwrap();
    let started = Instant::now();
    let found = parse(feed, name, &bytes);
    eprintln!("{name}: {} advisories in {:?}", found.advisories.len(), started.elapsed());
    let mut text = String::new();
    if name.ends_with(".bz2") {
        bzip2::read::MultiBzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    Some((text, found))
}

/// The texts between two marks, in their order.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    text.split(start).skip(1).filter_map(|rest| rest.split(end).next()).collect()
}

/// Every version that a statement ends at, epochs of zero written.
fn versions(found: &Collected) -> Vec<String> {
    let with_epoch =
        |version: &str| if version.contains(':') { version.to_owned() } else { format!("0:{version}") };
    found
        .advisories
        .iter()
        .flat_map(|advisory| &advisory.statements)
        .flat_map(|statement| &statement.ranges)
        .map(|range| match &range.end {
            RangeEnd::Fixed(version) | RangeEnd::LastAffected(version) => with_epoch(version),
            RangeEnd::Open => "open".to_owned(),
        })
        .collect()
}

/// Definitions, and package tests, are counted by their text.
fn check_counts(text: &str, found: &Collected) {
    assert_eq!(found.problems, []);
    assert_eq!(found.advisories.len(), text.matches("<definition ").count());
    let tests: Vec<&str> = between(text, "<criterion ", ">")
        .into_iter()
        .filter(|criterion| criterion.contains(" is earlier than "))
        .collect();
    let statements: usize = found.advisories.iter().map(|advisory| advisory.statements.len()).sum();
    assert_eq!(statements, tests.len());
    let named: BTreeSet<String> = found
        .advisories
        .iter()
        .flat_map(|advisory| advisory.related.iter().chain(&advisory.aliases).cloned())
        .collect();
    let written: BTreeSet<String> = between(text, "<cve", "</cve>")
        .iter()
        .filter_map(|cve| cve.split('>').nth(1))
        .map(str::to_owned)
        .collect();
    assert_eq!(named, written);
}

/// The comments say the same as the tests, objects and states that they stand for.
fn check_states(text: &str, found: &Collected) {
    let stated: BTreeSet<String> = between(text, "<evr ", "</evr>")
        .iter()
        .filter_map(|evr| evr.split('>').nth(1))
        .map(str::to_owned)
        .collect();
    assert_eq!(versions(found).into_iter().collect::<BTreeSet<_>>(), stated);
    let named: BTreeSet<&str> = found
        .advisories
        .iter()
        .flat_map(|advisory| advisory.statements.iter().map(|statement| statement.name.as_str()))
        .collect();
    let objects: BTreeSet<&str> = between(text, "<name>", "</name>").into_iter().collect();
    let missing: Vec<&&str> = objects.difference(&named).collect();
    assert!(missing.iter().all(|name| name.ends_with("-release")), "{missing:?}");
    assert_eq!(named.difference(&objects).count(), 0);
}

#[test]
fn every_oracle_definition_is_read() {
    for name in ["all-positive-data.xml.bz2", "elsa-2018-1196-1.xml.bz2", "ELSA-2007-0057.xml"] {
        let Some((text, found)) = load(&OracleOval, "oracle", name) else { return };
        check_counts(&text, &found);
        if text.contains("<states>") {
            check_states(&text, &found);
        }
    }
}

#[test]
fn an_oracle_erratum_reads_as_it_is_published() {
    let Some((_, found)) = load(&OracleOval, "oracle", "ELSA-2007-0057.xml") else { return };
    assert_eq!(
        found.lines(),
        [
            "ELSA-2007-0057 [CVE-2007-0493 CVE-2007-0494] Word(\"moderate\") 2007-06-26T00:00:00Z",
            "  ol:5 bind-devel Ranges < 30:9.3.3-8.el5",
            "  ol:5 bind-sdb Ranges < 30:9.3.3-8.el5",
            "  ol:5 bind-libs Ranges < 30:9.3.3-8.el5",
            "  ol:5 bind-libbind-devel Ranges < 30:9.3.3-8.el5",
            "  ol:5 bind-utils Ranges < 30:9.3.3-8.el5",
            "  ol:5 bind-chroot Ranges < 30:9.3.3-8.el5",
            "  ol:5 bind Ranges < 30:9.3.3-8.el5",
            "  ol:5 caching-nameserver Ranges < 30:9.3.3-8.el5",
        ]
    );
}

#[test]
fn of_the_broken_oracle_file_all_but_the_two_that_run_together_are_read() {
    let Some((_, whole)) = load(&OracleOval, "oracle", "all-positive-data.xml.bz2") else { return };
    let Some((_, broken)) = load(&OracleOval, "oracle", "broken-oval-data.xml.bz2") else { return };
    let codes: Vec<&str> = broken.problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["oval-definition-damaged"]);
    assert!(broken.problems[0].detail.contains("oval:com.oracle.elsa:def:20142010"));
    let ids = |found: &Collected| -> BTreeSet<String> {
        found.advisories.iter().map(|advisory| advisory.id.clone()).collect()
    };
    let lost: Vec<String> = ids(&whole).difference(&ids(&broken)).cloned().collect();
    assert_eq!(lost, ["ELSA-2014-2010", "ELSA-2015-2561"]);
    for advisory in &broken.advisories {
        let same = whole.advisories.iter().find(|whole| whole.id == advisory.id).unwrap();
        assert_eq!(advisory.statements, same.statements, "{}", advisory.id);
    }
}

#[test]
fn every_photon_definition_is_read() {
    let Some((text, found)) = load(&PhotonOval, "photon", "com.vmware.phsa-photon3.xml.bz2") else { return };
    check_counts(&text, &found);
    check_states(&text, &found);
    assert_eq!(found.advisories.len(), 222);
}

#[test]
fn every_azure_definition_is_read() {
    for (name, distribution, count) in [
        ("azurelinux-3.0-oval.xml.bz2", "azurelinux:3.0", 1_222),
        ("cbl-mariner-1.0-oval.xml.bz2", "mariner:1.0", 2_252),
    ] {
        let Some((text, found)) = load(&AzureOval, "azure", name) else { return };
        assert_eq!(found.problems, []);
        assert_eq!(found.advisories.len(), count);
        assert_eq!(text.matches("<definition ").count(), count);
        // Each definition has one test, object and state, in the same order in all sections.
        let names = between(&text, "<linux-def:name>", "</linux-def:name>");
        let states = between(&text, "<linux-def:evr ", "</linux-def:evr>");
        let patchable = between(&text, "<patchable>", "</patchable>");
        let cves = between(&text, "<reference ref_id=\"", "\"");
        for (position, advisory) in found.advisories.iter().enumerate() {
            let (operation, version) = states[position].rsplit_once("\">").unwrap();
            let version = version.strip_prefix("0:").unwrap_or(version);
            let sign = if operation.ends_with("or equal") { "<=" } else { "<" };
            let state = match patchable[position] {
                "true" => format!("Ranges {sign} {version}"),
                "false" => format!("NotYetFixed {sign} {version}"),
                _ => "NotAffected".to_owned(),
            };
            let expect = format!("{distribution} source {} {state}", names[position]);
            assert_eq!(advisory.statements.iter().map(crate::line).collect::<Vec<_>>(), [expect]);
            assert_eq!(advisory.aliases, [cves[position]]);
        }
        let not_affected = found
            .advisories
            .iter()
            .flat_map(|advisory| &advisory.statements)
            .filter(|statement| statement.state == FixState::NotAffected)
            .count();
        assert_eq!(not_affected, text.matches("was never applicable").count());
    }
}
