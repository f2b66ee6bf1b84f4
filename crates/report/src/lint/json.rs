//! Observations as JSON, schema `plimsoll/lint/1`: every rule that was asked with how it came out,
//! and everything known about each observation. A fact that is not known is `null`.

use std::io::{self, Write};

use plimsoll_model::{About, Observation, RuleOutcome};
use serde::Serialize;

use super::{LintList, words};
use crate::buffer::Buffer;
use crate::json::{head, member, rows};
use crate::vulnerabilities::entries::LayerEntry;

#[derive(Serialize)]
struct RuleEntry<'a> {
    id: &'a str,
    title: &'a str,
    severity: &'static str,
    outcome: &'static str,
    observations: usize,
    no_data: Option<&'a str>,
    why: &'a str,
    remedy: &'a str,
}

#[derive(Serialize)]
struct ObservationEntry<'a> {
    rule: &'a str,
    severity: &'static str,
    about: &'a About,
    line: Option<u32>,
    detail: &'a str,
    secret: Option<&'a str>,
    package: Option<&'a str>,
    bytes: Option<u64>,
    hidden: bool,
    layer: Option<LayerEntry<'a>>,
    instruction: Option<&'a str>,
}

pub(super) fn write(list: &LintList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    head(&mut out, "plimsoll/lint/1", list.analysis);
    member(&mut out, "distribution", &list.analysis.distribution);
    member(&mut out, "summary", &words::headline(list.lint));
    out.text(",\n\"severities\": {");
    for (position, (level, number)) in words::totals(list.lint).into_iter().enumerate() {
        let comma = if position == 0 { "" } else { "," };
        out.text(&format!("{comma}\"{level}\":{number}"));
    }
    out.text("},\n\"rules\": [");
    rows(&mut out, list.lint.outcomes.iter().map(rule))?;
    out.text(",\n\"observations\": [");
    rows(&mut out, list.observations().map(|each| entry(list, each)))?;
    out.text("\n}\n");
    out.finish()
}

fn rule(outcome: &RuleOutcome) -> RuleEntry<'_> {
    RuleEntry {
        id: outcome.rule.id,
        title: outcome.rule.title,
        severity: outcome.rule.severity.word(),
        outcome: match outcome {
            RuleOutcome { observations: 1.., .. } => "found",
            RuleOutcome { no_data: Some(_), .. } => "no-data",
            RuleOutcome { .. } => "passed",
        },
        observations: outcome.observations,
        no_data: outcome.no_data.as_deref(),
        why: outcome.rule.why,
        remedy: outcome.rule.remedy,
    }
}

fn entry<'a>(list: &LintList<'a>, each: &'a Observation) -> ObservationEntry<'a> {
    ObservationEntry {
        rule: each.rule,
        severity: each.severity.word(),
        about: &each.about,
        line: each.line,
        detail: &each.detail,
        secret: each.secret.as_deref(),
        package: each.package.as_deref(),
        bytes: each.bytes,
        hidden: each.is_hidden,
        layer: list.layer(each).map(|(position, layer)| LayerEntry {
            position,
            digest: &layer.digest,
            // Told beside the layer, where it holds no secret.
            instruction: each.instruction.as_deref(),
            base: each.is_base,
        }),
        instruction: each.instruction.as_deref(),
    }
}
