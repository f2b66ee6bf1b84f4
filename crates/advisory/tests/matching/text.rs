//! Advisories and packages as text.
//!
//! ```text
//! feed almalinux fetched=2026-11-20
//! ALSA-1 related=CVE-2024-1,CVE-2024-2 word=important
//!   rpm almalinux 9 binary openssl < 1:3.0.7-2.el9 arch=x86_64
//! ```
//!
//! A statement is: purl type, distribution (`-` for none), release (`-` for all), which name,
//! the name, ranges (`*`, `< V`, `<= V`, `>= V , < V`, `= V`, joined by `|`), then options.

use std::collections::BTreeMap;

use plimsoll_advisory::database::{Database, DatabaseBuilder, FeedOrigin};
use plimsoll_model::{
    Advisory, Analysis, Distribution, FixState, NameKind, Package, PackageType, RangeEnd, Scope, Severity,
    SourcePackage, Statement, Verdict, VersionRange, Vulnerabilities,
};

/// `key=value` words, and the others.
fn options(words: &[&str]) -> (BTreeMap<String, String>, Vec<String>) {
    let mut options = BTreeMap::new();
    let mut rest = Vec::new();
    for word in words {
        match word.split_once('=') {
            Some((key, value)) if !key.is_empty() && key.chars().all(char::is_alphabetic) => {
                options.insert(key.to_owned(), value.to_owned());
            }
            _ => rest.push((*word).to_owned()),
        }
    }
    (options, rest)
}

fn list(text: Option<&String>) -> Vec<String> {
    text.map(|text| text.split(',').map(str::to_owned).collect()).unwrap_or_default()
}

fn statement(line: &str) -> Statement {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (options, words) = options(&words);
    let some = |word: &str| (word != "-").then(|| word.to_owned());
    let mut ranges = Vec::new();
    let mut versions = Vec::new();
    for range in words[5..].join(" ").split(" | ") {
        let mut introduced = None;
        let mut end = RangeEnd::Open;
        let mut is_range = true;
        for bound in range.split(" , ") {
            match bound.split_once(' ').unwrap_or((bound, "")) {
                ("*", _) => {}
                ("<", version) => end = RangeEnd::Fixed(version.into()),
                ("<=", version) => end = RangeEnd::LastAffected(version.into()),
                (">=", version) => introduced = Some(version.into()),
                ("=", version) => {
                    versions.push(version.to_owned());
                    is_range = false;
                }
                ("", _) => is_range = false,
                other => panic!("no range: {other:?}"),
            }
        }
        if is_range {
            ranges.push(VersionRange { introduced, end });
        }
    }
    Statement {
        scope: Scope { kind: words[0].clone(), distribution: some(&words[1]), release: some(&words[2]) },
        name_kind: if words[3] == "source" { NameKind::Source } else { NameKind::Binary },
        name: words[4].clone(),
        architectures: list(options.get("arch")),
        module: options.get("module").cloned(),
        repository: options.get("repository").cloned(),
        state: match options.get("state").map(String::as_str) {
            None => FixState::Ranges,
            Some("wontfix") => FixState::WillNotFix,
            Some("notyet") => FixState::NotYetFixed,
            Some("investigating") => FixState::UnderInvestigation,
            Some("unaffected") => FixState::NotAffected,
            Some(other) => panic!("no state: {other}"),
        },
        ranges,
        versions,
    }
}

/// A database of what a text says.
pub(crate) fn database(text: &str) -> Database {
    let mut builder =
        DatabaseBuilder::new(Vec::new(), &std::env::temp_dir(), Some("2026-11-24T00:00:00Z".into())).unwrap();
    let mut feed = None;
    let mut pending: Option<Advisory> = None;
    for line in text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()).chain(["feed end"]) {
        if line.starts_with("  ") {
            pending.as_mut().unwrap().statements.push(statement(line));
            continue;
        }
        if let (Some(advisory), Some(feed)) = (pending.take(), feed) {
            builder.add(feed, &advisory).unwrap();
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let (options, words) = options(&words);
        if words[0] == "feed" && words[1] == "end" {
            break;
        }
        if words[0] == "feed" {
            let meant_for = options.get("for").map(|text| {
                let (kind, distribution) = text.split_once(':').unwrap_or((text, ""));
                (kind.to_owned(), Some(distribution.to_owned()).filter(|text| !text.is_empty()))
            });
            feed = Some(
                builder
                    .feed(FeedOrigin {
                        id: words[1].clone(),
                        fetched_at: options.get("fetched").cloned(),
                        meant_for: meant_for.into_iter().collect(),
                        ..FeedOrigin::default()
                    })
                    .unwrap(),
            );
            continue;
        }
        let mut severities: Vec<Severity> =
            list(options.get("word")).into_iter().map(Severity::Word).collect();
        severities.extend(list(options.get("cvss")).into_iter().map(Severity::Cvss));
        pending = Some(Advisory {
            id: words[0].clone(),
            aliases: list(options.get("aliases")),
            related: list(options.get("related")),
            withdrawn: options.get("withdrawn").cloned(),
            modified: options.get("modified").cloned(),
            severities,
            ..Advisory::default()
        });
    }
    Database::from_bytes(builder.finish().unwrap().writer).unwrap()
}

/// An image with these packages. The first line may be `distribution ID [VERSION]`.
pub(crate) fn image(text: &str) -> Analysis {
    let mut analysis = Analysis::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (options, words) = options(&words);
        if words[0] == "distribution" {
            analysis.distribution = Some(Distribution {
                id: words[1].clone(),
                version_id: words.get(2).cloned(),
                cpe_name: options.get("cpe").cloned(),
                ..Distribution::default()
            });
            continue;
        }
        let mut package = Package::new(PackageType::from_text(&words[0]), &*words[1], &*words[2]);
        package.arch = options.get("arch").cloned();
        package.origin = options.get("label").cloned();
        package.declared = options.contains_key("declared");
        package.purl = options.get("purl").map(|purl| purl.parse().unwrap());
        package.source = options.get("source").map(|source| {
            let (name, version) = source.split_once('@').unwrap_or((source, ""));
            SourcePackage {
                name: name.to_owned(),
                version: Some(version.to_owned()).filter(|version| !version.is_empty()),
            }
        });
        analysis.packages.push(package);
    }
    analysis
}

/// Findings, a line each: id, package, verdict, the version that fixes it, the sources.
pub(crate) fn findings(analysis: &Analysis, answer: &Vulnerabilities) -> Vec<String> {
    let line = |finding: &plimsoll_model::Finding| {
        let package = &analysis.packages[finding.package as usize].name;
        let verdict = match finding.verdict {
            Verdict::Affected => "affected".to_owned(),
            other => other.to_string(),
        };
        let fixed = finding.fixed_version.as_ref().map(|version| format!(" fixed {version}"));
        let mut sources: Vec<&str> = finding.sources.iter().map(|source| source.advisory.as_str()).collect();
        sources.dedup();
        format!("{} {package} {verdict}{} by {}", finding.id, fixed.unwrap_or_default(), sources.join(" "))
    };
    answer.findings.iter().map(line).collect()
}
