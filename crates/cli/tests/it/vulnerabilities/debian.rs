//! Debian images against the raw tracker, by the real dpkg's order of versions.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use super::{Answer, image, raw, raw_feeds, same, text, truth};
use crate::places::skip;

const IMAGES: &[&str] = &[
    "debian@12-old",
    "debian@12",
    "debian@12-slim-old",
    "debian@12-slim",
    "nginx@1.22-old",
    "nginx@1.22",
    "redis@7.0-old",
    "redis@7.0",
    "postgres@15-old",
    "postgres@15",
    "python-app@1-old",
    "python-app@1",
    "node-app@2-old",
    "java-app@1-old",
];

/// What dpkg itself says, each pair asked once.
#[derive(Default)]
struct Dpkg {
    asked: BTreeMap<(String, String), bool>,
}

impl Dpkg {
    fn is_older(&mut self, left: &str, right: &str) -> bool {
        *self.asked.entry((left.to_owned(), right.to_owned())).or_insert_with(|| {
            let command = ["--compare-versions", left, "lt", right];
            Command::new("dpkg").args(command).status().expect("dpkg").success()
        })
    }
}

/// `package arch CVE fixed` for everything that the tracker calls affected in bookworm. The name
/// is the source package's, and so is the version.
fn expected(rows: &[Vec<String>], trackers: &[Value], dpkg: &mut Dpkg) -> BTreeSet<String> {
    let mut expected = BTreeSet::new();
    for row in rows {
        let (package, arch, source, version) = (&row[0], &row[2], &row[3], &row[4]);
        for (cve, entry) in trackers.iter().filter_map(|tracker| tracker[source].as_object()).flatten() {
            let release = &entry["releases"]["bookworm"];
            // "0" stands for a release that never was affected.
            let fixed = text(&release["fixed_version"]);
            let affected = match text(&release["status"]) {
                "resolved" => fixed != "0" && dpkg.is_older(version, fixed),
                "open" => true,
                other => panic!("{source} {cve}: {other}"),
            };
            if affected {
                expected.insert(format!("{package} {arch} {cve} {fixed}"));
            }
        }
    }
    expected
}

#[test]
fn debian_images_have_what_the_raw_tracker_and_the_real_dpkg_say() {
    let Some(feeds) = raw_feeds() else { return };
    if Command::new("dpkg").arg("--version").output().is_err() {
        return skip("there is no dpkg");
    }
    let trackers =
        ["tracker.json", "tracker-sample.json"].map(|file| raw::json(&feeds.join("debian").join(file)));
    let mut dpkg = Dpkg::default();
    for name in IMAGES {
        let Some(answer) = image(name).and_then(|image| Answer::of(&image)) else { continue };
        let rows = truth(name, "dpkg.tsv");
        let listed = rows.len() as u64;
        assert_eq!(answer.judged("deb"), (listed, listed), "{name}: packages and judged ones");
        let found = answer.told("deb", |finding| {
            assert_eq!(finding["state"], "affected", "{name} {}", finding["id"]);
            let package = &finding["package"];
            let line = [&package["name"], &package["arch"], &finding["id"], &finding["fixed_version"]];
            vec![line.map(text).join(" ")]
        });
        let count = answer.findings().iter().filter(|finding| finding["package"]["type"] == "deb").count();
        assert_eq!(found.len(), count, "{name}: a finding came twice");
        same(name, &found, &expected(&rows, &trackers, &mut dpkg));
        if name.ends_with("-old") {
            assert!(!found.is_empty(), "{name}: an old image without a finding tests nothing");
        }
        // Python packages that dpkg brought in the same version are left to the tracker (the rule
        // of the owner), so no registry's advisory may speak of them. What dpkg's `gosu` was
        // compiled from has other versions than `gosu` has, and is judged by Go's own feed; that
        // and the images with packages of their own are held against those feeds elsewhere.
        if !name.contains("-app") {
            let golang =
                answer.findings().iter().filter(|finding| finding["package"]["type"] == "golang").count();
            assert_eq!(answer.findings().len(), count + golang, "{name}: a finding by a registry's feed");
            assert_eq!(answer.code, 0, "{name}");
            let count = answer.findings().len();
            let conclusion = if count > 0 { "affected" } else { "clean" };
            assert_eq!(answer.json["conclusion"], conclusion, "{name}");
        }
    }
}
