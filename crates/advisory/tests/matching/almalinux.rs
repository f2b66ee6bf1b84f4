//! AlmaLinux roots made around the versions that the feed names, against a plain reading of its
//! raw records and the real rpm's order of versions.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::process::Command;

use plimsoll_advisory::matching::{Options, find};
use plimsoll_model::{Analysis, Distribution, Package, PackageType, UnknownReason, Verdict};
use serde_json::Value;

use crate::{places, shared};

/// What the raw feed says of one release: name to fixes.
type Raw = BTreeMap<String, Vec<Fix>>;

struct Fix {
    version: String,
    ids: Vec<String>,
    /// The module streams that the erratum's title names; none of ordinary builds.
    streams: Vec<String>,
}

/// `name:stream` words of a title, by a plain look at its words.
fn streams(title: &str) -> Vec<String> {
    let words = title.split_whitespace().flat_map(|word| word.trim_end_matches(',').split('/'));
    let is_stream = |word: &&str| {
        let parts: Vec<&str> = word.split(':').collect();
        matches!(parts[..], [name, stream] if !stream.is_empty() && !name.starts_with("ALSA-"))
    };
    words.filter(is_stream).map(str::to_owned).collect()
}

fn raw(archive: &[u8], ecosystem: &str) -> Raw {
    let zip = rawzip::ZipArchive::from_slice(archive).unwrap();
    let mut entries = zip.entries();
    let mut raw = Raw::new();
    while let Some(entry) = entries.next_entry().unwrap() {
        let data = zip.get_entry(entry.wayfinder()).unwrap().data();
        let mut content = Vec::new();
        if entry.compression_method() == rawzip::CompressionMethod::STORE {
            content.extend_from_slice(data);
        } else {
            flate2::read::DeflateDecoder::new(data).read_to_end(&mut content).unwrap();
        }
        let record: Value = serde_json::from_slice(&content).unwrap();
        assert!(record.get("withdrawn").is_none());
        let texts = |key: &str| {
            let values = record[key].as_array().cloned().unwrap_or_default();
            values.iter().map(|value| value.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let own = record["id"].as_str().unwrap().to_owned();
        let mut ids: Vec<String> = [texts("related"), texts("aliases"), texts("upstream")].concat();
        ids.retain(|id| id.starts_with("CVE-"));
        ids.sort();
        ids.dedup();
        if ids.is_empty() {
            ids.push(own);
        }
        for affected in record["affected"].as_array().unwrap() {
            if affected["package"]["ecosystem"] != ecosystem {
                continue;
            }
            let name = affected["package"]["name"].as_str().unwrap();
            for range in affected["ranges"].as_array().unwrap() {
                let events = range["events"].as_array().unwrap();
                assert_eq!(events[0]["introduced"], "0");
                let fixed = events[1]["fixed"].as_str().unwrap();
                let titled = streams(record["summary"].as_str().unwrap_or_default());
                let streams = if is_modular(fixed) { titled } else { Vec::new() };
                let fix = Fix { version: fixed.to_owned(), ids: ids.clone(), streams };
                raw.entry(name.to_owned()).or_default().push(fix);
            }
        }
    }
    raw
}

/// For each pair whether rpm calls the left one older; asked in few calls.
fn is_older(pairs: &BTreeSet<(String, String)>) -> BTreeMap<(String, String), bool> {
    let pairs: Vec<&(String, String)> = pairs.iter().collect();
    let mut answers = BTreeMap::new();
    for batch in pairs.chunks(500) {
        let calls: Vec<String> =
            batch.iter().map(|(left, right)| format!("rpm.vercmp('{left}','{right}')")).collect();
        let script = format!("%{{lua: print(table.concat({{{}}}, ' '))}}", calls.join(","));
        let output = Command::new("rpm").args(["--eval", &script]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let numbers: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(numbers.len(), batch.len(), "{}", String::from_utf8_lossy(&output.stderr));
        answers.extend(batch.iter().zip(numbers).map(|(pair, number)| ((*pair).clone(), number == "-1")));
    }
    answers
}

fn is_modular(version: &str) -> bool {
    version.contains(".module_") || version.contains(".module+")
}

#[test]
fn findings_in_made_roots_are_those_of_the_raw_errata_and_the_real_rpm() {
    let built = shared::build(|feed, path| feed == "osv" && path.starts_with("AlmaLinux/"));
    let (Some((database, _)), Some(archive)) =
        (built, places::shared("data/advisories/osv/AlmaLinux/all.zip"))
    else {
        return;
    };
    if Command::new("rpm").arg("--version").output().is_err() {
        eprintln!("skipped: there is no rpm");
        return;
    }
    let archive = std::fs::read(archive).unwrap();
    for release in ["8", "9", "10"] {
        let raw = raw(&archive, &format!("AlmaLinux:{release}"));
        // Each package in a version that some erratum names: that one is done, later ones are
        // not. Packages of modules have the label of that erratum's stream; every third has lost
        // it, as in a bill of materials.
        let packages: Vec<(String, String, Option<String>)> = raw
            .iter()
            .enumerate()
            .map(|(position, (name, fixes))| {
                let fix = &fixes[position % fixes.len()];
                let label = fix.streams.first().filter(|_| position % 3 > 0);
                (name.clone(), fix.version.clone(), label.map(|stream| format!("{stream}:8060:abc")))
            })
            .collect();
        let made = |(name, version, label): &(String, String, Option<String>)| {
            let mut package = Package::new(PackageType::new("rpm"), &**name, &**version);
            package.origin.clone_from(label);
            package
        };
        let analysis = Analysis {
            distribution: Some(Distribution {
                id: "almalinux".into(),
                version_id: Some(format!("{release}.4")),
                ..Distribution::default()
            }),
            packages: packages.iter().map(made).collect(),
            ..Analysis::default()
        };
        let mut pairs = BTreeSet::new();
        for (name, version, _) in &packages {
            pairs.extend(raw[name].iter().map(|fix| (version.clone(), fix.version.clone())));
        }
        let older = is_older(&pairs);
        let mut expected: BTreeMap<String, bool> = BTreeMap::new();
        for (name, version, label) in &packages {
            // Builds of modules and ordinary builds are two lines of versions.
            let fixes: Vec<&Fix> =
                raw[name].iter().filter(|fix| is_modular(&fix.version) == is_modular(version)).collect();
            let only = |stream: &String| fixes.iter().all(|fix| fix.streams.contains(stream));
            let sure = fixes.iter().flat_map(|fix| &fix.streams).any(only);
            for fix in &fixes {
                let own = |stream: &String| {
                    label.as_ref().is_some_and(|label| label.starts_with(&format!("{stream}:")))
                };
                if !older[&(version.clone(), fix.version.clone())]
                    || (label.is_some() && !fix.streams.is_empty() && !fix.streams.iter().any(own))
                {
                    continue;
                }
                // Where the label is lost, the stream is known only if there is but one.
                let is_sure = label.is_some() || fix.streams.is_empty() || sure;
                for id in &fix.ids {
                    let known = expected.entry(format!("{name} {id}")).or_default();
                    *known |= is_sure;
                }
            }
        }
        let expected: BTreeSet<String> = expected
            .into_iter()
            .map(|(finding, sure)| if sure { finding } else { format!("{finding} unknown") })
            .collect();
        let answer = find(&database, &analysis, &Options::default());
        let found: BTreeSet<String> = answer
            .findings
            .iter()
            .map(|finding| {
                let unknown = match finding.verdict {
                    Verdict::Affected => "",
                    Verdict::Unknown(UnknownReason::LineUnknown) => " unknown",
                    other => panic!("{} {other}", finding.id),
                };
                let name = &analysis.packages[finding.package as usize].name;
                format!("{name} {}{unknown}", finding.id)
            })
            .collect();
        let missing: Vec<&String> = expected.difference(&found).take(10).collect();
        let surplus: Vec<&String> = found.difference(&expected).take(10).collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "{release}: missing {missing:?}, surplus {surplus:?}"
        );
        assert!(!found.is_empty(), "{release}: nothing was tested");
        let unknown = found.iter().filter(|finding| finding.ends_with(" unknown")).count();
        eprintln!(
            "almalinux {release}: {} packages, {} findings, {unknown} of them undecided",
            packages.len(),
            found.len()
        );
    }
}
