//! The real dumps of OSV, counted and compared field by field by other means: a plain reading of
//! the raw JSON.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use plimsoll_advisory::feed::osv::{Osv, increment};
use plimsoll_catalog::order_versions;
use plimsoll_model::{Advisory, FixState, PackageType, RangeEnd, Severity, VersionRange};
use serde_json::Value;

use crate::support::{Said, parse, real_folder, show_statement};

/// The records of a dump, by a zip reader of the test's own.
fn raw_records(archive: &[u8]) -> Vec<Value> {
    let mut records = Vec::new();
    let zip = rawzip::ZipArchive::from_slice(archive).unwrap();
    let mut entries = zip.entries();
    while let Some(entry) = entries.next_entry().unwrap() {
        let data = zip.get_entry(entry.wayfinder()).unwrap();
        let reader = flate2::bufread::DeflateDecoder::new(data.data());
        records.push(serde_json::from_reader(std::io::BufReader::new(reader)).unwrap());
    }
    records
}

fn load(folder: &Path, ecosystem: &str) -> (Said, Vec<Value>) {
    let archive = std::fs::read(folder.join(ecosystem).join("all.zip")).unwrap();
    let start = std::time::Instant::now();
    let said = parse(&Osv, &format!("{ecosystem}/all.zip"), &archive);
    let took = start.elapsed();
    let statements: usize = said.advisories.iter().map(|advisory| advisory.statements.len()).sum();
    eprintln!("{ecosystem}: {} advisories, {statements} statements, {took:?}", said.advisories.len());
    (said, raw_records(&archive))
}

fn texts<'v>(record: &'v Value, key: &str) -> Vec<&'v str> {
    record[key].as_array().map(|list| list.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

fn set<'s>(list: impl IntoIterator<Item = &'s str>) -> BTreeSet<String> {
    list.into_iter().map(str::to_owned).collect()
}

/// What one affected package of a raw record comes to, in the words of [`show_statement`], where
/// its events come in pairs of introduced and fixed, as nearly all do; `None` where they do not.
fn plain_statement(affected: &Value) -> Option<String> {
    let (name, ecosystem) =
        (affected["package"]["name"].as_str()?, affected["package"]["ecosystem"].as_str()?);
    let place = match ecosystem {
        "PyPI" => "pypi: ".to_owned(),
        "Go" => "golang: ".to_owned(),
        "crates.io" => "cargo: ".to_owned(),
        other => match other.split_once(':')? {
            ("AlmaLinux", release) => format!("rpm almalinux {release}: "),
            ("Alpaquita", release) => format!("apk alpaquita {release}: source "),
            ("BellSoft Hardened Containers", release) => {
                format!("apk bellsoft-hardened-containers {release}: source ")
            }
            _ => return None,
        },
    };
    let mut text = format!("{place}{name}");
    for range in affected["ranges"].as_array().into_iter().flatten().filter(|range| range["type"] != "GIT") {
        let mut events = range["events"].as_array()?.iter().peekable();
        while let Some(event) = events.next() {
            let introduced = event["introduced"].as_str()?;
            let introduced = if introduced == "0.0.0-0" { "0" } else { introduced };
            match events.next() {
                None => text.push_str(&format!(" [{introduced}, …)")),
                // Introduced and fixed at once is nothing.
                Some(end) if end["fixed"].as_str() == Some(introduced) => {}
                Some(end) => text.push_str(&format!(" [{introduced}, {})", end["fixed"].as_str()?)),
            }
        }
    }
    for version in affected["versions"].as_array().into_iter().flatten() {
        text.push_str(&format!(" {}", version.as_str()?));
    }
    Some(text)
}

/// The words of a shown statement, with its ranges in an order of their own: records list them
/// in any.
fn sorted(shown: &str) -> Vec<String> {
    let mut parts: Vec<String> = shown.replace(", ", ",").split(' ').map(str::to_owned).collect();
    parts.sort_unstable();
    parts
}

/// Compares a dump record by record; gives how many statements were compared and which not.
fn check_dump(folder: &Path, ecosystem: &str) -> (Said, usize, Vec<String>) {
    let (said, records) = load(folder, ecosystem);
    assert_eq!(said.advisories.len(), records.len(), "records of {ecosystem}");
    let mut compared = 0;
    let mut others = Vec::new();
    for (advisory, record) in said.advisories.iter().zip(&records) {
        assert_eq!(Some(advisory.id.as_str()), record["id"].as_str());
        check_fields(advisory, record);
        let raw = record["affected"].as_array().map(Vec::as_slice).unwrap_or_default();
        let shown: Vec<String> = advisory.statements.iter().map(show_statement).collect();
        let plain: Vec<Option<String>> = raw.iter().map(plain_statement).collect();
        if shown.len() != raw.len() || plain.iter().any(Option::is_none) {
            others.push(advisory.id.clone());
            continue;
        }
        for (shown, plain) in shown.iter().zip(plain.into_iter().flatten()) {
            let plain = with_streams(plain, record);
            if sorted(shown) == sorted(&plain) {
                compared += 1;
            } else {
                others.push(format!("{}: {shown} and not {plain}", advisory.id));
            }
        }
    }
    (said, compared, others)
}

/// A plain statement about builds of a module, with the streams that the erratum's title names.
fn with_streams(plain: String, record: &Value) -> String {
    let Some((place, rest)) = plain.split_once(": ").filter(|_| plain.contains(".module_")) else {
        return plain;
    };
    let words = record["summary"].as_str().unwrap_or_default().split([' ', '/']);
    let streams: BTreeSet<&str> = words
        .filter(|word| word.contains(':') && !word.ends_with(':') && !word.starts_with("ALSA-"))
        .collect();
    if streams.is_empty() {
        return plain;
    }
    let streams: Vec<&str> = streams.into_iter().collect();
    format!("{place} {}: {rest}", streams.join("|"))
}

fn check_fields(advisory: &Advisory, record: &Value) {
    let id = &advisory.id;
    let mut related = set(texts(record, "related"));
    related.extend(set(texts(record, "upstream")));
    assert_eq!(set(advisory.related.iter().map(String::as_str)), related, "{id}");
    assert_eq!(set(advisory.aliases.iter().map(String::as_str)), set(texts(record, "aliases")), "{id}");
    assert_eq!(advisory.withdrawn.as_deref(), record["withdrawn"].as_str(), "{id}");
    // Go writes the year 1 where it does not know.
    let time = |key: &str| record[key].as_str().filter(|time| !time.starts_with("0001"));
    assert_eq!(advisory.published.as_deref(), time("published"), "{id}");
    assert_eq!(advisory.modified.as_deref(), time("modified"), "{id}");
    let references = record["references"].as_array().map_or(0, Vec::len);
    assert_eq!(advisory.references.len(), references, "{id}");
    let scores = record["severity"].as_array().into_iter().flatten();
    let scores: BTreeSet<String> =
        scores.filter_map(|rating| rating["score"].as_str()).map(str::to_owned).collect();
    let vectors: BTreeSet<String> = advisory
        .severities
        .iter()
        .filter_map(|severity| match severity {
            Severity::Cvss(vector) => Some(vector.clone()),
            Severity::Word(_) => None,
        })
        .collect();
    assert_eq!(vectors, scores, "{id}");
    for vector in &vectors {
        assert!(plimsoll_advisory::cvss::base_score(vector).is_some(), "{id}: {vector}");
    }
    if let Some(summary) =
        record["summary"].as_str().filter(|text| text.lines().count() == 1 && text.len() < 200)
    {
        assert_eq!(advisory.summary.as_deref(), Some(summary.trim()), "{id}");
    }
}

#[test]
fn almalinux_says_what_its_records_say() {
    let Some(folder) = real_folder() else { return };
    for dump in ["osv", "osv-earlier"] {
        let (said, compared, others) = check_dump(&folder.join(dump), "AlmaLinux");
        assert_eq!(said.problems, []);
        assert_eq!(others, [""; 0]);
        assert_eq!(compared, if dump == "osv" { 69_160 } else { 66_089 });
        let words = |word: &str| {
            let word = Severity::Word(word.to_owned());
            said.advisories.iter().filter(|advisory| advisory.severities.contains(&word)).count()
        };
        if dump == "osv" {
            assert_eq!(said.advisories.len(), 5_637);
            assert_eq!(
                [words("critical"), words("important"), words("moderate"), words("low")],
                [34, 2_362, 1_889, 154]
            );
        }
    }
}

#[test]
fn alpaquita_says_what_its_records_say() {
    let Some(folder) = real_folder() else { return };
    let (said, compared, others) = check_dump(&folder.join("osv"), "Alpaquita");
    assert_eq!(said.problems, []);
    assert_eq!(others, [""; 0]);
    assert_eq!((said.advisories.len(), compared), (16_989, 34_649));
    assert_eq!(said.advisories.iter().filter(|advisory| advisory.withdrawn.is_some()).count(), 4_588);
}

#[test]
fn go_says_what_its_records_say() {
    let Some(folder) = real_folder() else { return };
    let (said, compared, others) = check_dump(&folder.join("osv"), "Go");
    assert_eq!(said.problems, []);
    assert_eq!(others, [""; 0]);
    assert_eq!(compared, 6_125);
    assert_eq!(said.advisories.len(), 4_291);
    let statements: usize = said.advisories.iter().map(|advisory| advisory.statements.len()).sum();
    assert_eq!(statements, 6_125);
}

#[test]
fn rust_says_what_its_records_say() {
    let Some(folder) = real_folder() else { return };
    let (said, compared, others) = check_dump(&folder.join("osv"), "crates-io");
    assert_eq!(said.problems, []);
    assert_eq!(others, [""; 0]);
    assert_eq!((said.advisories.len(), compared), (1_206, 1_206));
}

#[test]
fn python_says_what_its_records_say() {
    let Some(folder) = real_folder() else { return };
    let (said, compared, others) = check_dump(&folder.join("osv"), "PyPI");
    assert_eq!(said.problems, []);
    // Withdrawn and emptied; and the one range that ends with the last affected version.
    assert_eq!(others, ["PYSEC-2022-15", "PYSEC-2022-42969"]);
    assert_eq!(compared, 2_659);
    assert_eq!(said.advisories.len(), 2_661);
    for advisory in &said.advisories {
        for statement in &advisory.statements {
            assert_eq!(statement.state, FixState::Ranges);
            assert!(!statement.ranges.is_empty() || !statement.versions.is_empty(), "{}", advisory.id);
        }
    }
}

/// The evaluation algorithm of the schema, word by word, over the raw events of one range.
fn specified(
    order: &dyn Fn(&str, &str) -> Option<Ordering>,
    version: &str,
    events: &[Value],
) -> Option<bool> {
    let version_of = |event: &Value| -> (bool, String) {
        let (key, value) = event.as_object().unwrap().iter().next().unwrap();
        let value = value.as_str().unwrap();
        (key == "introduced" && (value == "0" || value == "0.0.0-0"), value.to_owned())
    };
    let mut sorted: Vec<&Value> = events.iter().collect();
    for end in (1..sorted.len()).rev() {
        for index in 0..end {
            let (left, right) = (version_of(sorted[index]), version_of(sorted[index + 1]));
            let swap = match (left.0, right.0) {
                (true, _) => false,
                (false, true) => true,
                (false, false) => order(&left.1, &right.1)?.is_gt(),
            };
            if swap {
                sorted.swap(index, index + 1);
            }
        }
    }
    let mut vulnerable = false;
    for event in sorted {
        let (first, at) = version_of(event);
        let reached = first || order(version, &at)?.is_ge();
        let passed = !first && order(version, &at)?.is_gt();
        if event["introduced"].is_string() && reached {
            vulnerable = true;
        } else if (event["fixed"].is_string() && reached) || (event["last_affected"].is_string() && passed) {
            vulnerable = false;
        }
    }
    Some(vulnerable)
}

fn in_range(
    order: &dyn Fn(&str, &str) -> Option<Ordering>,
    version: &str,
    range: &VersionRange,
) -> Option<bool> {
    let begun = match &range.introduced {
        None => true,
        Some(introduced) => order(version, introduced)?.is_ge(),
    };
    let ended = match &range.end {
        RangeEnd::Fixed(fixed) => order(version, fixed)?.is_ge(),
        RangeEnd::LastAffected(last) => order(version, last)?.is_gt(),
        RangeEnd::Open => false,
    };
    Some(begun && !ended)
}

/// Puts every version that a record mentions to our ranges and to the schema's algorithm. Gives
/// how many were put, which are affected by ours alone, and which by the algorithm alone.
fn probe(folder: &Path, ecosystem: &str) -> (usize, BTreeSet<String>, BTreeSet<String>) {
    let (said, records) = load(folder, ecosystem);
    let (mut probes, mut ours_alone, mut theirs_alone) = (0, BTreeSet::new(), BTreeSet::new());
    for (advisory, record) in said.advisories.iter().zip(&records) {
        let raw = record["affected"].as_array().map(Vec::as_slice).unwrap_or_default();
        for (statement, affected) in advisory.statements.iter().zip(raw) {
            let kind = PackageType::from_text(&statement.scope.kind);
            let order = |left: &str, right: &str| order_versions(&kind, left, right);
            let ranges = affected["ranges"].as_array().map(Vec::as_slice).unwrap_or_default();
            let ranges: Vec<&[Value]> = ranges
                .iter()
                .filter(|range| range["type"] != "GIT")
                .map(|range| range["events"].as_array().unwrap().as_slice())
                .collect();
            let mentioned = ranges.iter().flat_map(|events| events.iter());
            let mut versions: BTreeSet<&str> = mentioned
                .filter_map(|event| event.as_object()?.values().next()?.as_str())
                .filter(|version| *version != "0")
                .collect();
            versions.extend(texts(affected, "versions"));
            for version in versions {
                let theirs: Option<Vec<bool>> =
                    ranges.iter().map(|events| specified(&order, version, events)).collect();
                let ours: Option<Vec<bool>> =
                    statement.ranges.iter().map(|range| in_range(&order, version, range)).collect();
                let (Some(theirs), Some(ours)) = (theirs, ours) else { continue };
                let (theirs, ours) = (theirs.contains(&true), ours.contains(&true));
                probes += 1;
                let case = || format!("{} {version}", advisory.id);
                if ours && !theirs {
                    ours_alone.insert(case());
                } else if theirs && !ours {
                    theirs_alone.insert(case());
                }
            }
        }
    }
    eprintln!("{ecosystem}: {probes} versions put to both");
    (probes, ours_alone, theirs_alone)
}

#[test]
fn ranges_hold_what_the_schema_s_algorithm_holds() {
    let Some(folder) = real_folder() else { return };
    let folder = folder.join("osv");
    for (ecosystem, least) in [("AlmaLinux", 69_000), ("Alpaquita", 34_000)] {
        let (probes, ours_alone, theirs_alone) = probe(&folder, ecosystem);
        assert!(probes >= least, "{ecosystem}: {probes}");
        assert_eq!((ours_alone, theirs_alone), (BTreeSet::new(), BTreeSet::new()), "{ecosystem}");
    }
    for ecosystem in ["Go", "PyPI", "crates-io"] {
        let (_, ours_alone, theirs_alone) = probe(&folder, ecosystem);
        assert_eq!(theirs_alone, BTreeSet::new(), "{ecosystem}: affected versions must not be lost");
        // Pairs that touch or overlap: what the publisher lists as affected stays so.
        let records: BTreeSet<&str> = ours_alone.iter().filter_map(|case| case.split(' ').next()).collect();
        let known = ["PYSEC-2021-114", "PYSEC-2022-42972", "PYSEC-2023-72"];
        assert!(records.iter().all(|id| known.contains(id)), "{ecosystem}: {ours_alone:?}");
    }
}

#[test]
fn the_increment_of_three_weeks_is_what_the_two_lists_differ_in() {
    let Some(folder) = real_folder() else { return };
    let (said, _) = load(&folder.join("osv-earlier"), "AlmaLinux");
    let stored: BTreeMap<String, Option<String>> =
        said.advisories.into_iter().map(|advisory| (advisory.id, advisory.modified)).collect();
    let list =
        |dump: &str| std::fs::read_to_string(folder.join(dump).join("AlmaLinux/modified_id.csv")).unwrap();
    let (before, now) = (list("osv-earlier"), list("osv"));
    let before: BTreeSet<&str> = before.lines().collect();
    let expect: Vec<&str> =
        now.lines().filter(|line| !before.contains(line)).filter_map(|line| line.split(',').nth(1)).collect();
    let found = increment(&stored, &now);
    assert_eq!(found.fetch, expect);
    assert_eq!((found.gone.len(), found.undated, found.listed, found.problems.len()), (0, 0, 5_637, 0));
    assert!(found.fetch.len() >= 199, "{}", found.fetch.len());
    let nothing = increment(&stored, &list("osv-earlier"));
    assert_eq!((nothing.fetch.len(), nothing.gone.len()), (0, 0));
}
