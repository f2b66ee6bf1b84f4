//! Alpine 3.10 and 3.11 against the raw secdb: the real images, and roots made of every origin
//! that the secdb names.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::{Answer, image, place, raw, raw_feeds, same, text, truth};

/// Orders versions of the plain form `1.2.3b-r4`; `None` for others.
fn order(left: &str, right: &str) -> Option<Ordering> {
    fn parts(version: &str) -> Option<(Vec<u64>, String, u64)> {
        let (version, release) = version.split_once("-r")?;
        let letter = version.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        let numbers = version.strip_suffix(letter)?.split('.');
        // A later part with a leading zero is compared as a fraction, which is another rule.
        if letter.len() > 1 || numbers.clone().skip(1).any(|part| part.len() > 1 && part.starts_with('0')) {
            return None;
        }
        let numbers = numbers.map(|part| part.parse().ok()).collect::<Option<_>>()?;
        Some((numbers, letter.to_owned(), release.parse().ok()?))
    }
    Some(parts(left)?.cmp(&parts(right)?))
}

/// The ids of a line: its CVEs, else its first word. Words in parentheses are comments,
/// `CVE-????-?????` is a CVE not yet given, and two lines have a slip in their CVE.
fn ids(line: &str) -> Vec<String> {
    let line = line.replace("CVE_2019-2426", "CVE-2019-2426").replace("CVE 2018-16859", "CVE-2018-16859");
    let line = line.split('(').next().expect("a line");
    let words: Vec<String> =
        line.split_whitespace().filter(|word| !word.contains('?')).map(str::to_owned).collect();
    let cves: Vec<String> = words.iter().filter(|word| word.starts_with("CVE-")).cloned().collect();
    if cves.is_empty() { words.into_iter().take(1).collect() } else { cves }
}

/// Origin to its fixes: version and line.
type Secdb = BTreeMap<String, Vec<(String, String)>>;

fn secdb(feeds: &Path, release: &str) -> Secdb {
    let mut secdb = Secdb::new();
    for repository in ["main", "community"] {
        let file = raw::json(&feeds.join(format!("alpine-secdb/v{release}/{repository}.json")));
        for package in file["packages"].as_array().expect("packages") {
            let fixes = secdb.entry(text(&package["pkg"]["name"]).to_owned()).or_default();
            for (version, lines) in package["pkg"]["secfixes"].as_object().into_iter().flatten() {
                let lines = lines.as_array().into_iter().flatten();
                fixes.extend(lines.map(|line| (version.clone(), text(line).to_owned())));
            }
        }
    }
    secdb
}

/// `package id fixed`: what is fixed in a later version than the installed one. A flaw that a
/// package fixed twice is done with the later version only. The version 0 says that the package
/// never was affected.
fn expected(installed: &[[String; 3]], secdb: &Secdb) -> BTreeSet<String> {
    let mut fixes: BTreeMap<(String, String), String> = BTreeMap::new();
    for [package, version, origin] in installed {
        for (fixed, line) in secdb.get(origin).into_iter().flatten().filter(|(fixed, _)| fixed != "0") {
            if order(version, fixed).unwrap_or_else(|| panic!("{version} {fixed}")).is_lt() {
                for id in ids(line) {
                    let known = fixes.entry((package.clone(), id)).or_default();
                    if known.is_empty() || order(known, fixed).expect("plain versions").is_lt() {
                        known.clone_from(fixed);
                    }
                }
            }
        }
    }
    fixes.into_iter().map(|((package, id), fixed)| format!("{package} {id} {fixed}")).collect()
}

fn told(answer: &Answer) -> BTreeSet<String> {
    answer.told("apk", |finding| {
        assert_eq!(finding["state"], "affected", "{}", finding["id"]);
        vec![[&finding["package"]["name"], &finding["id"], &finding["fixed_version"]].map(text).join(" ")]
    })
}

/// A root with these packages.
fn root(release: &str, installed: &[[String; 3]]) -> String {
    let root = place(&format!("alpine-{release}"));
    std::fs::create_dir_all(root.join("lib/apk/db")).expect("a directory");
    std::fs::create_dir_all(root.join("etc")).expect("a directory");
    std::fs::write(root.join("etc/os-release"), format!("ID=alpine\nVERSION_ID={release}.9\n"))
        .expect("a file");
    let entry =
        |[name, version, origin]: &[String; 3]| format!("P:{name}\nV:{version}\nA:x86_64\no:{origin}\n\n");
    let entries: Vec<String> = installed.iter().map(entry).collect();
    std::fs::write(root.join("lib/apk/db/installed"), entries.concat()).expect("a file");
    format!("dir:{}", root.display())
}

#[test]
fn alpine_images_have_what_the_raw_secdb_says() {
    let Some(feeds) = raw_feeds() else { return };
    for release in ["3.10", "3.11"] {
        let name = format!("alpine@{release}");
        let Some(answer) = image(&name).and_then(|image| Answer::of(&image)) else { continue };
        let rows = truth(&name, "apk.tsv");
        let installed: Vec<[String; 3]> =
            rows.iter().map(|row| [row[0].clone(), row[1].clone(), row[3].clone()]).collect();
        let secdb = secdb(&feeds, release);
        same(&name, &told(&answer), &expected(&installed, &secdb));
        assert_eq!(
            (answer.code, answer.judged("apk")),
            (0, (rows.len() as u64, rows.len() as u64)),
            "{name}"
        );
    }
}

#[test]
fn roots_of_every_origin_have_what_the_raw_secdb_says() {
    let Some(feeds) = raw_feeds() else { return };
    for release in ["3.10", "3.11"] {
        let secdb = secdb(&feeds, release);
        let plain = |version: &String| version == "0" || order(version, version).is_some();
        let (usable, others): (Vec<_>, Vec<_>) =
            secdb.iter().partition(|(_, fixes)| fixes.iter().all(|(version, _)| plain(version)));
        // Versions with suffixes (`_p1`, `_rc2`) are compared with the real apk elsewhere.
        assert!(others.len() * 5 < usable.len(), "{} of {}", others.len(), usable.len());
        let mut installed = Vec::new();
        for (position, (origin, fixes)) in usable.into_iter().enumerate() {
            // The first version ever, one of the fixed ones, and a part of it by another name.
            let fixed = fixes.get(position % fixes.len().max(1)).map(|(version, _)| version.clone());
            let fixed = fixed.filter(|version| version != "0").unwrap_or_else(|| "0.1-r0".to_owned());
            let version = if position % 3 == 0 { "0.1-r0".to_owned() } else { fixed };
            installed.push([origin.clone(), version.clone(), origin.clone()]);
            installed.push([format!("{origin}-part"), version, origin.clone()]);
        }
        let answer = Answer::of(&root(release, &installed)).expect("an answer");
        let found = told(&answer);
        assert!(found.len() > 500, "{release}: {}", found.len());
        same(&format!("origins of {release}"), &found, &expected(&installed, &secdb));
        let named: Vec<&Value> =
            answer.findings().iter().filter(|finding| finding["package"]["type"] != "apk").collect();
        assert!(named.is_empty(), "{named:?}");
    }
}
