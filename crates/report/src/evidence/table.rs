//! The evidence of files for people: a paragraph per file, a fact a line. The facts and their names
//! are those of the JSON document; what is empty or unknown there is left out here.

use std::io::{self, Write};

use owo_colors::OwoColorize as _;
use serde_json::Value;

use super::EvidenceList;
use super::json::facts;
use crate::table::clean;

pub(super) fn write(list: &EvidenceList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut is_first = true;
    for id in &list.selected {
        let Some(facts) = list.analysis.evidence.as_ref().and_then(|evidence| facts(evidence, *id)) else {
            continue;
        };
        if !is_first {
            writeln!(out)?;
        }
        is_first = false;
        writeln!(out, "{}", clean(&list.analysis.files.path(*id).to_string()).bold())?;
        for (name, own) in facts.as_object().into_iter().flatten() {
            lines(name, own, out)?;
        }
    }
    Ok(())
}

fn lines(name: &str, own: &Value, out: &mut dyn Write) -> io::Result<()> {
    let mut line = |name: &str, fact: &str| writeln!(out, "  {name:<20}  {}", clean(fact));
    for (key, fact) in own.as_object().into_iter().flatten() {
        let title = format!("{name} {}", key.replace('_', " "));
        let title = title.trim_start_matches("linkage ").to_owned();
        match fact {
            Value::Null => {}
            Value::Array(facts) => {
                for (position, fact) in facts.iter().enumerate() {
                    line(if position == 0 { &title } else { "" }, &one(fact))?;
                }
            }
            fact => line(&title, &one(fact))?,
        }
    }
    Ok(())
}

/// One fact on one line.
fn one(fact: &Value) -> String {
    match fact {
        Value::String(text) => text.clone(),
        Value::Array(facts) => facts.iter().map(one).collect::<Vec<_>>().join(" "),
        Value::Object(facts) => {
            let known = facts.iter().filter(|(_, fact)| !fact.is_null());
            known.map(|(key, fact)| format!("{key} {}", one(fact))).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
