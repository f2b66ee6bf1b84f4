//! The real files of Alpine, Debian, KEV and EPSS, compared with a plain reading of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

use plimsoll_advisory::feed::alpine_secdb::AlpineSecdb;
use plimsoll_advisory::feed::debian_tracker::DebianTracker;
use plimsoll_advisory::feed::epss::Epss;
use plimsoll_advisory::feed::kev::Kev;
use plimsoll_model::{FixState, RangeEnd};
use serde_json::Value;

use crate::support::{Said, parse, real_folder, show};

/// Package, id, fixed version of everything that a secdb says.
fn fixes(said: &Said) -> BTreeSet<(String, String, String)> {
    let mut fixes = BTreeSet::new();
    for advisory in &said.advisories {
        for statement in &advisory.statements {
            let mut add = |version: &str| {
                fixes.insert((statement.name.clone(), advisory.id.clone(), version.to_owned()));
            };
            if statement.state == FixState::NotAffected {
                add("0");
            }
            for range in &statement.ranges {
                match &range.end {
                    RangeEnd::Fixed(version) => add(version),
                    other => panic!("{other:?}"),
                }
            }
        }
    }
    fixes
}

/// Says what differs, since a thousand lines that do not help nobody.
fn check_same(
    found: &BTreeSet<(String, String, String)>,
    expect: &BTreeSet<(String, String, String)>,
    path: &str,
) {
    let more: Vec<_> = found.difference(expect).take(10).collect();
    let less: Vec<_> = expect.difference(found).take(10).collect();
    assert!(more.is_empty() && less.is_empty(), "{path}: more {more:?}, less {less:?}");
}

#[test]
fn the_secdb_says_what_its_lines_say_in_json_and_yaml() {
    let Some(folder) = real_folder() else { return };
    let mut total = 0;
    let mut problems: BTreeMap<String, usize> = BTreeMap::new();
    for release in ["v3.8", "v3.9", "v3.10", "v3.11"] {
        for repository in ["main", "community"] {
            let path = format!("{release}/{repository}.json");
            let content = std::fs::read(folder.join("alpine-secdb").join(&path)).unwrap();
            let said = parse(&AlpineSecdb, &path, &content);
            let raw: Value = serde_json::from_slice(&content).unwrap();
            let mut expect = BTreeSet::new();
            for package in raw["packages"].as_array().unwrap() {
                let package = &package["pkg"];
                for (version, lines) in package["secfixes"].as_object().unwrap() {
                    for line in lines.as_array().unwrap().iter().map(|line| line.as_str().unwrap()) {
                        // By hand: the first word, unless it is a CVE not yet given.
                        let line = line.replace("CVE 2018", "CVE-2018");
                        let mut words = line.split_whitespace();
                        let word = words.find(|word| !word.contains('?')).unwrap();
                        let id = word.replace("CVE_", "CVE-");
                        let id = if id.starts_with("2018-") { format!("CVE-{id}") } else { id };
                        expect.insert((package["name"].as_str().unwrap().to_owned(), id, version.clone()));
                    }
                }
            }
            check_same(&fixes(&said), &expect, &path);
            total += expect.len();
            for advisory in &said.advisories {
                let statement = &advisory.statements[0];
                assert_eq!(statement.scope.release.as_deref(), release.strip_prefix('v'));
                assert_eq!(statement.repository.as_deref(), Some(repository));
            }
            for problem in &said.problems {
                *problems.entry(problem.code.to_string()).or_default() += 1;
            }
            let yaml_path = format!("{release}/{repository}.yaml");
            let yaml = std::fs::read(folder.join("alpine-secdb").join(&yaml_path)).unwrap();
            assert_eq!(parse(&AlpineSecdb, &yaml_path, &yaml).advisories, said.advisories, "{yaml_path}");
        }
    }
    assert!(total > 6_000, "{total}");
    // Each release has the one CVE_2019-2426, and one has a CVE without its prefix.
    eprintln!("secdb: {total} fixes, problems {problems:?}");
    assert_eq!(problems.keys().map(String::as_str).collect::<Vec<_>>(), ["secdb-id-repaired"]);
}

#[test]
fn the_tracker_says_what_a_plain_reading_says() {
    let Some(folder) = real_folder() else { return };
    let content = std::fs::read(folder.join("debian/tracker.json")).unwrap();
    let start = std::time::Instant::now();
    let said = parse(&DebianTracker, "tracker.json", &content);
    eprintln!("debian: {} advisories, {:?}", said.advisories.len(), start.elapsed());
    assert_eq!(said.problems, []);
    let raw: Value = serde_json::from_slice(&content).unwrap();
    let mut expect = BTreeSet::new();
    for (source, flaws) in raw.as_object().unwrap() {
        for (id, flaw) in flaws.as_object().unwrap() {
            let fixed = flaw["releases"]["bookworm"]["fixed_version"].as_str().unwrap();
            expect.insert((source.clone(), id.clone(), fixed.to_owned()));
        }
    }
    assert_eq!(expect.len(), 6_298);
    assert_eq!(said.advisories.len(), 6_298);
    check_same(&fixes(&said), &expect, "tracker.json");
    assert!(
        said.advisories.iter().all(|advisory| advisory.statements[0].scope.release.as_deref() == Some("12"))
    );
}

#[test]
fn the_sample_of_the_real_tracker_has_all_its_states() {
    let Some(folder) = real_folder() else { return };
    let content = std::fs::read(folder.join("debian/tracker-sample.json")).unwrap();
    let said = parse(&DebianTracker, "tracker-sample.json", &content);
    assert_eq!(said.problems, []);
    let text = show(&said);
    for expect in [
        "CVE-2008-7220 high\n",
        "CVE-2007-2383 unimportant\n  deb debian 10: source prototypejs is not affected\n",
        "CVE-2022-0456 end-of-life\n  deb debian 10: source chromium will not be fixed\n",
        "  deb debian 11: source chromium [0, 98.0.4758.80-1~deb11u1)\n",
        "  deb debian 13: source sope [0, 5.12.1-2)\n",
        "CVE-2022-0358\n",
    ] {
        assert!(text.contains(expect), "{expect} in\n{text}");
    }
}

#[test]
fn the_catalogue_of_exploited_flaws_is_read_whole() {
    let Some(folder) = real_folder() else { return };
    let path = folder.join("kev/known_exploited_vulnerabilities.json");
    let (kev, problems) = Kev::parse(&mut File::open(&path).unwrap());
    assert_eq!(problems, []);
    assert_eq!(kev.len(), 1_404);
    let raw: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(kev.released.as_deref(), raw["dateReleased"].as_str());
    for entry in raw["vulnerabilities"].as_array().unwrap() {
        let found = kev.get(entry["cveID"].as_str().unwrap()).unwrap();
        assert_eq!(Some(found.added.as_str()), entry["dateAdded"].as_str());
        assert_eq!(found.due.as_deref(), entry["dueDate"].as_str());
        assert_eq!(found.ransomware == Some(true), entry["knownRansomwareCampaignUse"] == "Known");
    }
}

#[test]
fn the_published_scores_are_read_whole() {
    let Some(folder) = real_folder() else { return };
    let path = folder.join("epss/data.csv");
    let (epss, problems) = Epss::parse(&mut File::open(&path).unwrap());
    assert_eq!(problems, []);
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(epss.len(), text.lines().skip(2).count());
    assert_eq!((epss.date.as_deref(), epss.model.as_deref()), (Some("2024-10-25"), Some("v2023.03.01")));
    for line in text.lines().skip(2) {
        let mut fields = line.split(',');
        let found = epss.get(fields.next().unwrap()).unwrap();
        assert_eq!(format!("{:.5}", found.score), fields.next().unwrap());
        assert_eq!(format!("{:.5}", found.percentile), fields.next().unwrap());
    }
}
