//! Real Debian images against the raw tracker and the real dpkg.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use plimsoll_advisory::matching::{Options, find};
use plimsoll_model::{Analysis, Coverage, Distribution, Package, PackageType, SourcePackage, Verdict};
use serde_json::Value;

use crate::{places, shared};

/// What dpkg itself says, each pair asked once.
#[derive(Default)]
struct Dpkg {
    asked: BTreeMap<(String, String), bool>,
}

impl Dpkg {
    fn is_older(&mut self, left: &str, right: &str) -> bool {
        *self.asked.entry((left.to_owned(), right.to_owned())).or_insert_with(|| {
            Command::new("dpkg").args(["--compare-versions", left, "lt", right]).status().unwrap().success()
        })
    }
}

fn image(rows: &[Vec<String>]) -> Analysis {
    let package = |row: &Vec<String>| {
        let mut package = Package::new(PackageType::new("deb"), &*row[0], &*row[1]);
        package.arch = Some(row[2].clone());
        package.source = Some(SourcePackage { name: row[3].clone(), version: Some(row[4].clone()) });
        package
    };
    Analysis {
        distribution: Some(Distribution {
            id: "debian".into(),
            version_id: Some("12".into()),
            codename: Some("bookworm".into()),
            ..Distribution::default()
        }),
        packages: rows.iter().map(package).collect(),
        ..Analysis::default()
    }
}

/// `package arch CVE fixed` for everything that the raw tracker calls affected.
fn expected(rows: &[Vec<String>], tracker: &Value, dpkg: &mut Dpkg) -> BTreeSet<String> {
    let mut expected = BTreeSet::new();
    for row in rows {
        let Some(flaws) = tracker.get(&row[3]).and_then(Value::as_object) else { continue };
        for (cve, entry) in flaws {
            let release = &entry["releases"]["bookworm"];
            assert_eq!(release["status"], "resolved", "{cve}");
            let fixed = release["fixed_version"].as_str().unwrap();
            if dpkg.is_older(&row[4], fixed) {
                expected.insert(format!("{} {} {cve} {fixed}", row[0], row[2]));
            }
        }
    }
    expected
}

#[test]
fn findings_in_real_images_are_those_of_the_raw_tracker_and_the_real_dpkg() {
    let built = shared::build(|feed, path| feed == "debian-tracker" && path == "tracker.json");
    let (Some((database, _)), Some(tracker)) = (built, places::shared("data/advisories/debian/tracker.json"))
    else {
        return;
    };
    if Command::new("dpkg").arg("--version").output().is_err() {
        eprintln!("skipped: there is no dpkg");
        return;
    }
    let tracker: Value = serde_json::from_slice(&std::fs::read(tracker).unwrap()).unwrap();
    let mut dpkg = Dpkg::default();
    let mut old = 0;
    for name in
        ["debian@12-old", "debian@12", "debian@12-slim-old", "debian@12-slim", "nginx@1.22-old", "nginx@1.22"]
    {
        let Some(truth) = places::image(&format!("{name}/truth/dpkg.tsv")) else { continue };
        let rows = places::rows(&truth);
        let analysis = image(&rows);
        let answer = find(&database, &analysis, &Options::default());
        assert!(answer.packages.iter().all(Coverage::is_judged), "{name}");
        let found: BTreeSet<String> = answer
            .findings
            .iter()
            .map(|finding| {
                assert_eq!(finding.verdict, Verdict::Affected, "{name} {}", finding.id);
                let package = &analysis.packages[finding.package as usize];
                let arch = package.arch.as_deref().unwrap();
                let fixed = finding.fixed_version.as_deref().unwrap();
                format!("{} {arch} {} {fixed}", package.name, finding.id)
            })
            .collect();
        assert_eq!(found.len(), answer.findings.len(), "{name}: a finding came twice");
        let expected = expected(&rows, &tracker, &mut dpkg);
        assert_eq!(found, expected, "{name}");
        eprintln!("{name}: {} packages, {} findings", rows.len(), found.len());
        old += if name.ends_with("-old") { found.len() } else { 0 };
    }
    assert!(old > 0, "the old images must have findings, or nothing was tested");
}
