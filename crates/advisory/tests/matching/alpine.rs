//! Real Alpine images against the raw secdb.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use plimsoll_advisory::matching::{Options, find};
use plimsoll_model::{Analysis, Coverage, Distribution, Package, PackageType, SourcePackage};
use serde_json::Value;

use crate::{places, shared};

/// Orders versions of the plain form `1.2.3b-r4`, which is all that these images and their
/// secdb entries have; `None` for others, which the caller must then explain.
fn order(left: &str, right: &str) -> Option<Ordering> {
    fn parts(version: &str) -> Option<(Vec<u64>, String, u64)> {
        let (version, release) = version.split_once("-r")?;
        let letters = version.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        let numbers = version.strip_suffix(letters)?.split('.').map(|part| part.parse().ok());
        if letters.len() > 1 {
            return None;
        }
        Some((numbers.collect::<Option<_>>()?, letters.to_owned(), release.parse().ok()?))
    }
    Some(parts(left)?.cmp(&parts(right)?))
}

fn image(rows: &[Vec<String>], release: &str) -> Analysis {
    let package = |row: &Vec<String>| {
        let mut package = Package::new(PackageType::new("apk"), &*row[0], &*row[1]);
        package.arch = Some(row[2].clone());
        package.source = Some(SourcePackage { name: row[3].clone(), version: None });
        package
    };
    Analysis {
        distribution: Some(Distribution {
            id: "alpine".into(),
            version_id: Some(format!("{release}.5")),
            ..Distribution::default()
        }),
        packages: rows.iter().map(package).collect(),
        ..Analysis::default()
    }
}

/// `package CVE fixed` for everything that the raw secdb says is fixed in a later version.
fn expected(rows: &[Vec<String>], release: &str) -> Option<BTreeSet<String>> {
    let mut fixes: BTreeMap<(String, String), String> = BTreeMap::new();
    for repository in ["main", "community"] {
        let path = places::shared(&format!("data/advisories/alpine-secdb/v{release}/{repository}.json"))?;
        let secdb: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for entry in secdb["packages"].as_array().unwrap() {
            let origin = entry["pkg"]["name"].as_str().unwrap();
            for row in rows.iter().filter(|row| row[3] == origin) {
                for (fixed, ids) in entry["pkg"]["secfixes"].as_object().unwrap() {
                    let order = order(&row[1], fixed).unwrap_or_else(|| panic!("{} {fixed}", row[1]));
                    for id in ids.as_array().unwrap().iter().filter(|_| order.is_lt()) {
                        // busybox was fixed twice for CVE-2019-5747: the later version counts.
                        let known =
                            fixes.entry((row[0].clone(), id.as_str().unwrap().to_owned())).or_default();
                        if known.is_empty() || self::order(known, fixed).unwrap().is_lt() {
                            known.clone_from(fixed);
                        }
                    }
                }
            }
        }
    }
    Some(fixes.into_iter().map(|((name, id), fixed)| format!("{name} {id} {fixed}")).collect())
}

#[test]
fn findings_in_real_images_are_those_of_the_raw_secdb() {
    let Some((database, _)) = shared::build(|feed, path| feed == "alpine-secdb" && path.ends_with("json"))
    else {
        return;
    };
    for release in ["3.10", "3.11"] {
        let Some(truth) = places::image(&format!("alpine@{release}/truth/apk.tsv")) else { continue };
        let rows = places::rows(&truth);
        for (set, expect_some) in [(rows.clone(), false), (downgraded(&rows), true)] {
            let analysis = image(&set, release);
            let answer = find(&database, &analysis, &Options::default());
            assert!(answer.packages.iter().all(Coverage::is_judged), "{release}");
            let found: BTreeSet<String> = answer
                .findings
                .iter()
                .map(|finding| {
                    let name = &analysis.packages[finding.package as usize].name;
                    format!("{name} {} {}", finding.id, finding.fixed_version.as_deref().unwrap())
                })
                .collect();
            let Some(expected) = expected(&set, release) else { return };
            assert_eq!(found, expected, "{release}");
            assert!(!expect_some || !found.is_empty(), "{release}: nothing was tested");
            eprintln!("alpine@{release}: {} packages, {} findings", set.len(), found.len());
        }
    }
}

/// The same packages in their first version ever, so that everything is still to be fixed.
fn downgraded(rows: &[Vec<String>]) -> Vec<Vec<String>> {
    let mut rows = rows.to_vec();
    for row in &mut rows {
        row[1] = "0.0.1-r0".into();
    }
    rows
}
