//! Packages of Python, Go and Rust against the raw OSV records; and the kinds of package that no
//! shared feed speaks for.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::{Answer, image, place, raw, raw_feeds, same, text, truth};
use crate::places::skip;

/// `package version record` for each record that calls a package affected.
fn told(answer: &Answer, kind: &str, records: &[Value]) -> BTreeSet<String> {
    answer.told(kind, |finding| {
        assert_eq!(finding["state"], "affected", "{}", finding["id"]);
        let package = &finding["package"];
        let sources: Vec<&Value> = finding["sources"].as_array().expect("sources").iter().collect();
        let affected = sources.iter().filter(|source| source["state"] == "affected");
        affected
            .map(|source| {
                // Whatever id a finding has, its records must be about that flaw.
                let record =
                    records.iter().find(|record| record["id"] == source["advisory"]).expect("a record");
                let known: BTreeSet<String> = raw::ids(record);
                let mut named =
                    finding["aliases"].as_array().expect("aliases").iter().map(text).collect::<Vec<_>>();
                named.push(text(&finding["id"]));
                assert!(named.iter().any(|id| known.contains(*id)), "{} {}", finding["id"], record["id"]);
                // The best known id: a CVE where there is one.
                let cve = named.iter().any(|id| id.starts_with("CVE-"));
                assert_eq!(text(&finding["id"]).starts_with("CVE-"), cve, "{named:?}");
                [&package["name"], &finding["version"], &source["advisory"]].map(text).join(" ")
            })
            .collect()
    })
}

/// What Python's own `packaging` says of PyPI's records: a version that is listed, or that lies
/// in a range of events.
const PYTHON: &str = r#"
import json, re, sys, zipfile
from packaging.version import Version
normal = lambda name: re.sub(r"[-_.]+", "-", name).lower()
installed = [line.rstrip("\n").split("\t")[:2] for line in open(sys.argv[2]) if not line.startswith('#')]
archive = zipfile.ZipFile(sys.argv[1])
for member in archive.namelist():
    record = json.loads(archive.read(member))
    if "withdrawn" in record:
        continue
    for affected in record.get("affected", []):
        for name, version in installed:
            if normal(name) != normal(affected["package"]["name"]):
                continue
            hit = version in affected.get("versions", [])
            for one in affected.get("ranges", []):
                if one["type"] != "ECOSYSTEM":
                    continue
                inside = False
                order = lambda event: Version("0") if next(iter(event.values())) == "0" else Version(next(iter(event.values())))
                for event in sorted(one["events"], key=order):
                    (word, bound), = event.items()
                    if word == "introduced" and (bound == "0" or Version(version) >= Version(bound)):
                        inside = True
                    if word == "fixed" and Version(version) >= Version(bound):
                        inside = False
                    if word == "last_affected" and Version(version) > Version(bound):
                        inside = False
                hit = hit or inside
            if hit:
                print(normal(name), version, record["id"])
"#;

#[test]
fn python_packages_have_what_the_raw_records_and_the_real_packaging_say() {
    let Some(feeds) = raw_feeds() else { return };
    if !Command::new("python3")
        .args(["-c", "import packaging"])
        .output()
        .is_ok_and(|output| output.status.success())
    {
        return skip("there is no python3 with its module packaging");
    }
    let records = raw::osv(&feeds, "PyPI");
    for name in ["python-app@1", "python-app@1-old"] {
        let Some(answer) = image(name).and_then(|image| Answer::of(&image)) else { continue };
        let table = place(&format!("{name}.tsv"));
        // Packages of Python that dpkg brought are left to the tracker: the rule of the owner.
        let rows = truth(name, "python.tsv");
        let own = rows.iter().filter(|row| !row[3].starts_with("/usr/lib/python3/dist-packages/"));
        let lines: Vec<String> = own.map(|row| format!("{}\t{}\n", row[0], row[1])).collect();
        std::fs::write(&table, lines.concat()).expect("a table");
        let python = Command::new("python3")
            .args(["-c", PYTHON])
            .args([feeds.join("osv/PyPI/all.zip"), table])
            .output()
            .expect("python3");
        assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
        let expected = String::from_utf8(python.stdout).expect("text").lines().map(str::to_owned).collect();
        let found = told(&answer, "pypi", &records)
            .into_iter()
            .map(|line| {
                let (name, rest) = line.split_once(' ').expect("words");
                format!("{} {rest}", name.to_lowercase().replace(['_', '.'], "-"))
            })
            .collect();
        same(name, &found, &expected);
        assert_eq!(answer.judged("pypi"), (rows.len() as u64, rows.len() as u64), "{name}");
        assert!(!name.ends_with("-old") || !found.is_empty(), "{name}: nothing was tested");
    }
}

/// SemVer 2.0.0, section 11.
fn order(left: &str, right: &str) -> Ordering {
    fn parts(version: &str) -> (Vec<u64>, Option<Vec<&str>>) {
        let version = version.split('+').next().expect("a version");
        let (numbers, before) = version.split_once('-').map_or((version, None), |(n, b)| (n, Some(b)));
        let numbers = numbers.split('.').map(|part| part.parse().expect("a number")).collect();
        (numbers, before.map(|before| before.split('.').collect()))
    }
    let (left, right) = (parts(left), parts(right));
    left.0.cmp(&right.0).then_with(|| match (left.1, right.1) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(left), Some(right)) => {
            let each = left.iter().zip(&right).map(|(left, right)| {
                match (left.parse::<u64>(), right.parse::<u64>()) {
                    (Ok(left), Ok(right)) => left.cmp(&right),
                    (Ok(_), Err(_)) => Ordering::Less,
                    (Err(_), Ok(_)) => Ordering::Greater,
                    (Err(_), Err(_)) => left.cmp(right),
                }
            });
            each.fold(Ordering::Equal, Ordering::then).then(left.len().cmp(&right.len()))
        }
    })
}

/// Whether a version lies in a range of events, which stand in order.
fn inside(version: &str, range: &Value) -> bool {
    let mut inside = false;
    for event in range["events"].as_array().expect("events") {
        for (word, bound) in event.as_object().expect("an event") {
            let reached = text(bound) == "0" || order(version, text(bound)).is_ge();
            match word.as_str() {
                "introduced" if reached => inside = true,
                "fixed" if reached => inside = false,
                "introduced" | "fixed" => {}
                other => panic!("{other}"),
            }
        }
    }
    inside
}

/// `package version record` by the raw records; withdrawn ones never match.
fn semver_records(records: &[Value], installed: &BTreeSet<(String, String)>) -> BTreeSet<String> {
    let mut expected = BTreeSet::new();
    for record in records.iter().filter(|record| record.get("withdrawn").is_none()) {
        for affected in record["affected"].as_array().into_iter().flatten() {
            for (name, version) in installed.iter().filter(|(name, _)| *name == affected["package"]["name"]) {
                let number = version.strip_prefix('v').unwrap_or(version);
                if affected["ranges"].as_array().into_iter().flatten().any(|range| inside(number, range)) {
                    expected.insert(format!("{name} {version} {}", text(&record["id"])));
                }
            }
        }
    }
    expected
}

#[test]
fn go_modules_have_what_the_raw_records_say() {
    let Some(feeds) = raw_feeds() else { return };
    let records = raw::osv(&feeds, "Go");
    for name in ["go-app@1", "redis@7.0-old", "redis@7.0", "postgres@15-old", "postgres@15"] {
        let Some(answer) = image(name).and_then(|image| Answer::of(&image)) else { continue };
        let rows = truth(name, "go.tsv");
        // A program's own module has no version: nobody can say whether it is affected.
        let (built, released): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row[2] == "(devel)");
        // The standard library is a module with the number of Go's release as its version.
        let version = |text: &String| text.strip_prefix("go").unwrap_or(text).to_owned();
        let installed = released.iter().map(|row| (row[1].clone(), version(&row[2]))).collect();
        let found = told(&answer, "golang", &records);
        assert!(found.len() > 10, "{name}: {found:?}");
        same(name, &found, &semver_records(&records, &installed));
        let (packages, judged) = answer.judged("golang");
        assert_eq!(packages - judged, built.len() as u64, "{name}");
        // What could not be judged is told by the exit code.
        assert_eq!(answer.code, if built.is_empty() { 0 } else { 3 }, "{name}");
    }
}

#[test]
fn rust_crates_have_what_the_raw_records_say() {
    let Some(feeds) = raw_feeds() else { return };
    let records = raw::osv(&feeds, "crates-io");
    for name in ["rust-app@1", "distroless@1"] {
        let Some(answer) = image(name).and_then(|image| Answer::of(&image)) else { continue };
        let rows = truth(name, "rust.tsv");
        // What a crate needs only to be built is in no executable.
        let installed =
            rows.iter().filter(|row| row[4] != "build").map(|row| (row[1].clone(), row[2].clone())).collect();
        let found = told(&answer, "cargo", &records);
        assert!(!found.is_empty(), "{name}: nothing was tested");
        same(name, &found, &semver_records(&records, &installed));
        assert_eq!(answer.code, 0, "{name}");
    }
}

#[test]
fn what_no_feed_speaks_for_is_no_data_and_never_clean() {
    for (name, kind) in [("mariner@2.0", "rpm"), ("node-app@2", "npm"), ("alpine@3.12", "apk")] {
        let Some(answer) = image(name).and_then(|image| Answer::of(&image)) else { continue };
        let (packages, judged) = answer.judged(kind);
        assert!(packages > 0 && judged == 0, "{name}: {judged} of {packages} judged");
        no_data(name, kind, &answer);
    }
}

#[test]
fn artifacts_of_java_are_no_data_unless_the_distribution_answers_for_them() {
    for name in ["java-app@1", "java-app@1-old"] {
        let Some(answer) = image(name).and_then(|image| Answer::of(&image)) else { continue };
        let unjudged: BTreeSet<String> = answer.json["unjudged"]
            .as_array()
            .expect("packages")
            .iter()
            .filter(|package| package["type"] == "maven")
            .map(|package| {
                assert_eq!(package["reason"], "no-feed", "{package}");
                [&package["name"], &package["version"]].map(text).join(" ")
            })
            .collect();
        // Whatever dpkg brought lies in /usr; what the application brought nobody answers for.
        let rows = truth(name, "jar.tsv");
        let own = rows.iter().filter(|row| row[0].starts_with("/opt/") && row[4] == "pom.properties");
        let own: BTreeSet<String> = own.map(|row| format!("{}:{} {}", row[1], row[2], row[3])).collect();
        assert!(own.len() > 30, "{name}: {own:?}");
        let lost: Vec<_> = own.difference(&unjudged).collect();
        assert!(lost.is_empty(), "{name}: {lost:?} were judged by nobody and are not told of");
        let (packages, judged) = answer.judged("maven");
        assert!(judged < packages, "{name}: {judged} of {packages} judged");
        if name.ends_with("-old") {
            // Old packages of the distribution are affected; that says nothing of Java's.
            assert_eq!((answer.code, text(&answer.json["conclusion"])), (3, "affected"), "{name}");
            assert!(answer.told("maven", |finding| vec![finding.to_string()]).is_empty(), "{name}");
        } else {
            no_data(name, "maven", &answer);
        }
    }
}

/// The answer that nobody can give.
fn no_data(name: &str, kind: &str, answer: &Answer) {
    assert_eq!(answer.code, 3, "{name}");
    assert_eq!(answer.json["conclusion"], "no-data", "{name}");
    assert!(answer.told(kind, |finding| vec![finding.to_string()]).is_empty(), "{name}");
    assert!(text(&answer.json["summary"]).contains("No data"), "{name}");
}
