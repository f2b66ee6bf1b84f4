//! Observations as SARIF 2.1.0 (OASIS), as GitHub's code scanning takes it.
//!
//! A rule per rule that was asked, a result per observation. Rules without data are notifications
//! of the run: a run without results and with such is no clean image.

use std::io::{self, Write};

use plimsoll_model::{About, LintRule, Observation, SeverityLevel};
use serde_json::{Value, json};

use super::{LintList, words};
use crate::sarif::{Log, escape, fingerprint, image_uri, level};

/// The name of our fingerprint; its number goes up when what it is made of changes.
const FINGERPRINT: &str = "plimsollObservation/v1";

pub(super) fn write(list: &LintList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rules: Vec<&LintRule> = list.lint.outcomes.iter().map(|outcome| outcome.rule).collect();
    let index = |each: &Observation| rules.iter().position(|rule| rule.id == each.rule);
    let log = Log {
        rules: rules.iter().map(|each| rule(each)),
        invocation: invocation(list),
        properties: json!({"image": list.analysis.identity.name, "summary": words::headline(list.lint)}),
        results: list.observations().map(|each| result(list, each, index(each))),
    };
    log.write(out)
}

/// GitHub orders alerts by a number of CVSS's scale, which it takes for rules tagged `security`. What
/// nobody knows has none: 0.0 would say that it is harmless.
const fn number(severity: SeverityLevel) -> Option<&'static str> {
    Some(match severity {
        SeverityLevel::Critical => "9.5",
        SeverityLevel::High => "8.0",
        SeverityLevel::Medium => "5.5",
        SeverityLevel::Low => "2.0",
        SeverityLevel::Negligible => "0.0",
        SeverityLevel::Unknown => return None,
    })
}

/// Properties with the number of a severity, where it has one.
fn graded(severity: SeverityLevel, mut properties: Value) -> Value {
    if let (Some(number), Some(members)) = (number(severity), properties.as_object_mut()) {
        members.insert("security-severity".to_owned(), number.into());
    }
    properties
}

fn rule(rule: &LintRule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.remedy},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": graded(rule.severity, json!({"tags": ["security", rule.severity.word()]})),
    })
}

fn result(list: &LintList<'_>, each: &Observation, index: Option<usize>) -> Value {
    let place = list.layer(each).map_or_else(String::new, |(position, layer)| {
        format!(" It is in layer {position} ({}).", layer.digest.short())
    });
    let uri = match &each.about {
        About::File(path) => escape(path.as_bytes()),
        _ => String::new(),
    };
    let uri = if uri.is_empty() { image_uri(list.analysis) } else { uri };
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": {"uri": uri},
            "region": {"startLine": each.line.unwrap_or(1)},
        },
    });
    if !matches!(each.about, About::File(_))
        && let Some(location) = location.as_object_mut()
    {
        location.insert(
            "logicalLocations".to_owned(),
            json!([{"name": each.about.to_string(), "kind": "resource"}]),
        );
    }
    json!({
        "ruleId": each.rule,
        "ruleIndex": index,
        "kind": "fail",
        "level": level(each.severity),
        "message": {"text": format!("{}: {}.{place}", each.about, each.detail)},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: known_by(each)},
        "properties": graded(each.severity, json!({
            "secret": each.secret,
            "package": each.package,
            "bytes": each.bytes,
            "hidden": each.is_hidden,
            "layer": list.layer(each).map(|(_, layer)| layer.digest.to_string()),
            "baseImage": each.is_base,
        })),
    })
}

/// What stays the same while the observation is the same: neither line nor layer is part of it.
fn known_by(each: &Observation) -> String {
    let about = each.about.to_string();
    fingerprint([each.rule, &about, each.secret.as_deref().unwrap_or_default()].map(str::as_bytes))
}

fn invocation(list: &LintList<'_>) -> Value {
    let notes = words::without_data(list.lint);
    let notes: Vec<Value> = notes
        .into_iter()
        .map(|line| json!({"level": "note", "message": {"text": format!("No data for {line}.")}}))
        .collect();
    json!({"executionSuccessful": true, "toolExecutionNotifications": notes})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_knows_the_severity_of_has_no_number() {
        let check = |severity, expect: Value| {
            assert_eq!(graded(severity, json!({}))["security-severity"], expect, "{severity}");
        };
        check(SeverityLevel::High, "8.0".into());
        check(SeverityLevel::Negligible, "0.0".into());
        check(SeverityLevel::Unknown, Value::Null);
    }
}
