//! Findings as CycloneDX 1.6: the bill of materials of the installed packages, with
//! `vulnerabilities` that point into it.
//!
//! States of analysis: affected is `exploitable`, a VEX statement that says "fixed" is `resolved`,
//! whatever else lifts a finding is `not_affected`, and what is undecided is `in_triage`. What could
//! not be judged is told in properties of the document's metadata.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use plimsoll_model::{Finding, NotAffectedReason, Severity, SeverityLevel, Verdict};
use serde_json::{Map, Value, json};

use super::words::{Remedy, address, exploited, fraction, reason};
use super::{VulnerabilityList, facts, newest};
use crate::buffer::Buffer;
use crate::json::value;
use crate::packages::PackageList;
use crate::packages::bill::{one_line, uuid};
use crate::packages::cyclonedx::write_bill;

pub(super) fn write(list: &VulnerabilityList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let bill = PackageList::installed(list.analysis);
    let groups = groups(list);
    let mut content = Vec::new();
    // Writing to memory does not fail.
    let _ = super::json::write(list, &mut content);
    let mut out = Buffer::new(out);
    let uuid = uuid("cyclonedx-vex", bill.image_digest(), &content);
    let references = write_bill(&bill, &uuid, &metadata(list), &mut out)?;
    let references: BTreeMap<usize, String> = bill.selected.iter().copied().zip(references).collect();
    out.text(",\n\"vulnerabilities\": [");
    for (position, findings) in groups.iter().enumerate() {
        out.text(if position == 0 { "\n" } else { ",\n" });
        value(&mut out.bytes, &vulnerability(list, findings, &references, position));
        out.end_row()?;
    }
    out.text("\n]\n}\n");
    out.finish()
}

fn metadata(list: &VulnerabilityList<'_>) -> Vec<(&'static str, String)> {
    let database = &list.answer.database;
    let mut properties = vec![("conclusion", facts::headline(list))];
    let known = [("database-built-at", database.built_at.as_deref()), ("database-newest", newest(database))];
    properties.extend(known.into_iter().filter_map(|(name, date)| Some((name, date?.to_owned()))));
    properties.extend(database.feeds.iter().map(|feed| ("feed", feed.id.clone())));
    properties.extend(facts::judged(&list.answer.coverage, None).into_iter().map(|line| ("judged", line)));
    properties.extend(crate::place::base_note(list.analysis).map(|note| ("base-image", note)));
    properties
        .extend(facts::attached(&list.answer.attached_vex).into_iter().map(|line| ("attached-vex", line)));
    properties.extend(facts::not_judged(list).into_iter().map(|line| ("not-judged", line)));
    properties
}

/// Findings of which everything but the package is the same stand together: an entry has one
/// analysis, for all that it affects.
fn groups<'a>(list: &VulnerabilityList<'a>) -> Vec<Vec<&'a Finding>> {
    let mut positions = BTreeMap::new();
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in list.findings() {
        let remedy = Remedy::of(finding).map(|remedy| (remedy.word(), remedy.text()));
        let key = (&finding.id, finding.verdict, reason(finding), remedy, finding.severity, finding.cvss);
        let position = *positions.entry(key).or_insert(groups.len());
        match groups.get_mut(position) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

fn vulnerability(
    list: &VulnerabilityList<'_>,
    findings: &[&Finding],
    references: &BTreeMap<usize, String>,
    position: usize,
) -> Value {
    let Some(first) = findings.first() else { return json!({}) };
    let mut entry = Map::new();
    let mut set = |name: &str, value: Value| entry.insert(name.to_owned(), value);
    set("bom-ref", format!("vulnerability-{}", position + 1).into());
    set("id", one_line(&first.id).into());
    if let Some(source) = first.sources.first() {
        set("source", json!({"name": source.feed}));
    }
    if !first.aliases.is_empty() {
        let alias = |id: &String| json!({"id": one_line(id), "source": {"name": family(id)}});
        set("references", first.aliases.iter().map(alias).collect());
    }
    set("ratings", ratings(first, findings).into());
    if let Some(summary) = findings.iter().find_map(|finding| finding.summary.as_deref()) {
        set("description", summary.into());
    }
    if let Some(remedy) = Remedy::of(first) {
        let names: BTreeSet<&str> = findings
            .iter()
            .filter_map(|finding| list.package(finding))
            .map(|package| package.name.as_str())
            .collect();
        let names: Vec<&str> = names.into_iter().collect();
        set("recommendation", remedy.advice(&names.join(", ")).into());
    }
    let advisories: Vec<Value> = std::iter::once(&first.id)
        .chain(&first.aliases)
        .filter_map(|id| address(id))
        .map(|url| json!({"url": url}))
        .collect();
    if !advisories.is_empty() {
        set("advisories", advisories.into());
    }
    set("analysis", analysis(first));
    let mut affects: Vec<Value> = Vec::new();
    for finding in findings {
        let Some(reference) = references.get(&(finding.package as usize)) else { continue };
        let entry = json!({
            "ref": reference,
            "versions": [{"version": limited(&finding.version), "status": status(finding.verdict)}],
        });
        if !affects.contains(&entry) {
            affects.push(entry);
        }
    }
    set("affects", affects.into());
    let property = |name: &str, value: String| json!({"name": format!("plimsoll:{name}"), "value": value});
    let mut properties = Vec::new();
    if let Some(probability) = first.exploit_probability {
        properties.push(property("epss", fraction(probability.score)));
        properties.push(property("epss-percentile", fraction(probability.percentile)));
    }
    properties
        .extend(first.known_exploited.as_ref().map(|entry| property("known-exploited", exploited(entry))));
    properties.extend(first.fixed_version.clone().map(|version| property("fixed-version", version)));
    let sources: BTreeSet<String> = findings
        .iter()
        .flat_map(|finding| &finding.sources)
        .map(|source| format!("{} {}", source.feed, source.advisory))
        .collect();
    properties.extend(sources.into_iter().map(|source| property("advisory", source)));
    if !properties.is_empty() {
        set("properties", properties.into());
    }
    Value::Object(entry)
}

/// The format takes versions of up to 1,024 characters.
fn limited(version: &str) -> String {
    version.chars().take(1_024).collect()
}

/// Whose ids an id is one of: `CVE` of `CVE-2024-1`.
fn family(id: &str) -> String {
    one_line(id.split_once('-').map_or(id, |(family, _)| family))
}

const fn status(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Affected => "affected",
        Verdict::NotAffected(_) => "unaffected",
        Verdict::Unknown(_) => "unknown",
    }
}

const fn severity(level: SeverityLevel) -> &'static str {
    match level {
        SeverityLevel::Negligible => "info",
        other => other.word(),
    }
}

/// The rating that was decided on, then each that a publisher states.
fn ratings(first: &Finding, findings: &[&Finding]) -> Vec<Value> {
    let mut decided = json!({"severity": severity(first.severity), "method": "other"});
    if let (Some(score), Some(decided)) = (first.cvss, decided.as_object_mut()) {
        decided.insert("score".to_owned(), Value::from(f64::from(score.0) / 10.0));
    }
    let mut ratings = vec![decided];
    for source in findings.iter().flat_map(|finding| &finding.sources) {
        for stated in &source.severities {
            let rating = match stated {
                Severity::Cvss(vector) => {
                    json!({"source": {"name": source.feed}, "method": method(vector), "vector": vector})
                }
                Severity::Word(word) => json!({
                    "source": {"name": source.feed},
                    "severity": severity(SeverityLevel::from_word(word).unwrap_or_default()),
                    "method": "other",
                    "justification": word,
                }),
            };
            if !ratings.contains(&rating) {
                ratings.push(rating);
            }
        }
    }
    ratings
}

fn method(vector: &str) -> &'static str {
    match vector.split_once('/').map_or(vector, |(version, _)| version) {
        "CVSS:4.0" => "CVSSv4",
        "CVSS:3.1" => "CVSSv31",
        "CVSS:3.0" => "CVSSv3",
        other if other.starts_with("CVSS:") => "other",
        _ => "CVSSv2",
    }
}

fn analysis(finding: &Finding) -> Value {
    let state = match finding.verdict {
        Verdict::Affected => "exploitable",
        Verdict::NotAffected(NotAffectedReason::VexFixed) => "resolved",
        Verdict::NotAffected(_) => "not_affected",
        Verdict::Unknown(_) => "in_triage",
    };
    let mut analysis = json!({"state": state});
    let Some(members) = analysis.as_object_mut() else { return analysis };
    if finding.verdict == Verdict::Affected {
        let response = match Remedy::of(finding) {
            Some(Remedy::Fixed(_)) => Some("update"),
            Some(Remedy::WillNotFix) => Some("will_not_fix"),
            Some(Remedy::NotYet) | None => None,
        };
        if let Some(response) = response {
            members.insert("response".to_owned(), json!([response]));
        }
    }
    let detail: Vec<String> = reason(finding).into_iter().chain(finding.disagreement.clone()).collect();
    if !detail.is_empty() {
        members.insert("detail".to_owned(), detail.join("; ").into());
    }
    analysis
}
