//! Findings as SARIF 2.1.0 (OASIS), as GitHub's code scanning takes it.
//!
//! A rule per id, a result per finding that is affected (`fail`, with a level by severity) or
//! undecided (`review`). Results stand where the package database lies; the package is the logical
//! location. What a VEX statement or an ignore entry lifts is no result: code scanning shows
//! suppressed results as alerts. Packages that nobody could judge are notifications of the run.

use std::collections::BTreeMap;
use std::io::{self, Write};

use plimsoll_model::{Finding, Package, Verdict};
use serde_json::{Value, json};

use super::words::{Remedy, address, percent, reason, security_severity};
use super::{VulnerabilityList, facts};
use crate::sarif::{Log, escape, fingerprint, image_uri, level};

/// The name of our fingerprint; its number goes up when what it is made of changes.
const FINGERPRINT: &str = "plimsollFinding/v1";

/// A result: the finding, and its rule's position.
type Placed<'a> = (&'a Finding, usize);

pub(super) fn write(list: &VulnerabilityList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
    let mut rules: Vec<Vec<&Finding>> = Vec::new();
    let mut results: Vec<Placed<'_>> = Vec::new();
    for finding in list.open() {
        let position = *positions.entry(&finding.id).or_insert(rules.len());
        match rules.get_mut(position) {
            Some(rule) => rule.push(finding),
            None => rules.push(vec![finding]),
        }
        results.push((finding, position));
    }
    let log = Log {
        rules: rules.iter().map(|findings| rule(findings)),
        invocation: invocation(list),
        properties: properties(list),
        results: results.into_iter().map(|placed| result(list, placed)),
    };
    log.write(out)
}

/// The rule of one id, from all findings with it.
fn rule(findings: &[&Finding]) -> Value {
    let Some(worst) = findings.iter().max_by_key(|finding| (finding.severity, finding.cvss)) else {
        return json!({"id": "none"});
    };
    let summary = findings.iter().find_map(|finding| finding.summary.as_deref());
    let text = summary.map_or_else(|| worst.id.clone(), |summary| format!("{}: {summary}", worst.id));
    let mut tags = vec!["vulnerability".to_owned(), "security".to_owned(), worst.severity.to_string()];
    if findings.iter().any(|finding| finding.known_exploited.is_some()) {
        tags.push("known-exploited".to_owned());
    }
    let mut rule = json!({
        "id": worst.id,
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "defaultConfiguration": {"level": level(worst.severity)},
        "properties": {
            "precision": "very-high",
            "tags": tags,
            "aliases": worst.aliases,
        },
    });
    if let (Some(address), Some(rule)) = (address(&worst.id), rule.as_object_mut()) {
        rule.insert("helpUri".to_owned(), Value::from(address));
    }
    with_severity(rule, worst)
}

/// Adds the number that code scanning sorts by, where there is one.
fn with_severity(mut entry: Value, finding: &Finding) -> Value {
    if let Some(score) = security_severity(finding)
        && let Some(properties) = entry["properties"].as_object_mut()
    {
        properties.insert("security-severity".to_owned(), Value::from(score));
    }
    entry
}

fn result(list: &VulnerabilityList<'_>, (finding, rule): Placed<'_>) -> Value {
    let package = list.package(finding);
    let name = package.map_or("", |package| package.name.as_str());
    let mut text = match finding.verdict {
        Verdict::Affected => format!("{name} {} has {}.", finding.version, finding.id),
        _ => format!("Whether {name} {} has {} is not known", finding.version, finding.id),
    };
    if let (Verdict::Unknown(_), Some(reason)) = (finding.verdict, reason(finding)) {
        text.push_str(&format!(": {reason}."));
    }
    if let Some(remedy) = Remedy::of(finding) {
        text.push_str(&format!(" {}", remedy.advice(name)));
    }
    if let Some((position, layer)) = list.layer(finding) {
        let whose = match list.analysis.descent(finding.layer).map(plimsoll_model::Descent::word) {
            Some("base") => " of the base image",
            Some("own") => " of the image's own",
            Some("base?") => ", probably of the base image",
            Some("own?") => ", probably of the image's own",
            _ => "",
        };
        text.push_str(&format!(" It came with layer {position}{whose} ({}).", layer.digest.short()));
    }
    let affected = finding.verdict == Verdict::Affected;
    let result = json!({
        "ruleId": finding.id,
        "ruleIndex": rule,
        "kind": if affected { "fail" } else { "review" },
        // The standard has levels for failures only.
        "level": if affected { level(finding.severity) } else { "none" },
        "message": {"text": text},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": uri(list, finding, package)},
                "region": {"startLine": 1},
            },
            "logicalLocations": [{
                "name": name,
                "fullyQualifiedName": qualified(package, finding),
                "kind": "package",
            }],
        }],
        "partialFingerprints": {FINGERPRINT: known_by(finding, package)},
        "properties": {
            "installedVersion": finding.version,
            "fixedVersion": finding.fixed_version,
            "fix": Remedy::of(finding).map(Remedy::word),
            "cvss": finding.cvss.map(|score| score.to_string()),
            "epss": finding.exploit_probability.map(percent),
            "knownExploited": finding.known_exploited.is_some(),
            "layer": list.layer(finding).map(|(_, layer)| layer.digest.to_string()),
            "baseImage": list.is_base(finding),
            "from": list.analysis.descent(finding.layer).map(plimsoll_model::Descent::word),
        },
    });
    with_severity(result, finding)
}

/// The package with its version, as a package URL where it has one.
fn qualified(package: Option<&Package>, finding: &Finding) -> String {
    let Some(package) = package else { return finding.version.clone() };
    crate::packages::purl(package).map_or_else(
        || format!("{}/{}@{}", package.kind, package.name, finding.version),
        |purl| purl.to_string(),
    )
}

/// The file that says that the package is installed, relative to the root of the image: code
/// scanning takes no absolute path. The image itself where no file says so.
fn uri(list: &VulnerabilityList<'_>, finding: &Finding, package: Option<&Package>) -> String {
    let place = package.and_then(|package| package.place.as_ref());
    let path = finding.evidence.as_ref().or(place).map(|path| escape(path.as_bytes()));
    path.filter(|path| !path.is_empty()).unwrap_or_else(|| image_uri(list.analysis))
}

/// What stays the same while the finding is the same: neither the installed version nor the
/// position, nor anything that a database may change, is part of it.
fn known_by(finding: &Finding, package: Option<&Package>) -> String {
    let of_package = package.map(|package| {
        [
            package.kind.as_str().as_bytes(),
            package.name.as_bytes(),
            package.arch.as_deref().unwrap_or_default().as_bytes(),
            package.place.as_ref().map_or(b"".as_slice(), |place| place.as_bytes()),
        ]
    });
    fingerprint(std::iter::once(finding.id.as_bytes()).chain(of_package.into_iter().flatten()))
}

fn invocation(list: &VulnerabilityList<'_>) -> Value {
    let note = |text: String| json!({"level": "warning", "message": {"text": text}});
    let missing = facts::not_judged(list).into_iter().map(|line| note(format!("Not judged: {line}.")));
    let remarks = facts::remarks(list).into_iter().map(note);
    json!({
        "executionSuccessful": true,
        "toolExecutionNotifications": missing.chain(remarks).collect::<Vec<_>>(),
    })
}

fn properties(list: &VulnerabilityList<'_>) -> Value {
    let identity = &list.analysis.identity;
    let lifted =
        list.answer.findings.len() - list.answer.affected().count() - list.answer.undecided().count();
    json!({
        "image": identity.name,
        "imageDigest": identity.manifest_digest.as_ref().map(ToString::to_string),
        "platform": identity.platform.as_ref().map(ToString::to_string),
        "conclusion": list.answer.conclusion(),
        "summary": facts::headline(list),
        "judged": facts::judged(&list.answer.coverage, None),
        "database": facts::database_line(&list.answer.database, &list.answer.coverage, None),
        "baseImage": list.analysis.base,
        "findingsNotCounted": lifted,
    })
}
