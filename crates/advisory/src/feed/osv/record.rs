//! An OSV record as its schema (1.0 to 1.7) writes it: only what is of use here.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use crate::feed::intake::{Text, summary_line};

/// One record.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) modified: Option<String>,
    pub(super) published: Option<String>,
    pub(super) withdrawn: Option<String>,
    pub(super) aliases: Option<Vec<String>>,
    pub(super) related: Option<Vec<String>>,
    pub(super) upstream: Option<Vec<String>>,
    pub(super) summary: Option<FirstLine>,
    pub(super) details: Option<FirstLine>,
    pub(super) severity: Option<Vec<Rating>>,
    pub(super) affected: Option<Vec<Affected>>,
    pub(super) references: Option<Vec<Reference>>,
    pub(super) database_specific: Option<Specific>,
}

/// What it says about one package.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Affected {
    pub(super) package: Option<Package>,
    pub(super) severity: Option<Vec<Rating>>,
    pub(super) ranges: Option<Vec<Range>>,
    pub(super) versions: Option<Vec<String>>,
    pub(super) ecosystem_specific: Option<Specific>,
    pub(super) database_specific: Option<Specific>,
}

/// A package by ecosystem and name, perhaps with its package URL.
#[derive(Debug, Deserialize)]
pub(super) struct Package {
    pub(super) ecosystem: String,
    pub(super) name: String,
    pub(super) purl: Option<String>,
}

/// A list of events along the versions of a package.
#[derive(Debug, Deserialize)]
pub(super) struct Range {
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) events: Vec<Event>,
}

/// One event. The schema allows one of them in each.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    pub(super) introduced: Option<String>,
    pub(super) fixed: Option<String>,
    pub(super) last_affected: Option<String>,
    pub(super) limit: Option<String>,
}

/// How bad it is: a CVSS vector, or a word of a publisher's scale.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Rating {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) score: String,
}

/// Where to read more.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference {
    pub(super) url: String,
}

/// What databases add in objects of their own, as far as several of them use the same keys.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Specific {
    /// GitHub (`MODERATE`), Bitnami (`High`), curl (`Medium`), Android.
    pub(super) severity: Text,
    /// Ubuntu's priority, and the name that it went by before.
    pub(super) priority: Text,
    pub(super) ubuntu_priority: Text,
    /// Debian's urgency.
    pub(super) urgency: Text,
    /// RustSec: `unmaintained`, `unsound`, `notice`, where it is no vulnerability.
    pub(super) informational: Text,
    /// RustSec: a CVSS vector.
    pub(super) cvss: Text,
}

/// The first line of a text of any length, so that the rest is never kept.
#[derive(Debug)]
pub(super) struct FirstLine(pub(super) Option<String>);

impl<'de> Deserialize<'de> for FirstLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Lines;
        impl Visitor<'_> for Lines {
            type Value = FirstLine;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<FirstLine, E> {
                Ok(FirstLine(summary_line(text)))
            }
        }
        deserializer.deserialize_str(Lines)
    }
}

/// A record read from JSON, and what of it could not be used.
pub(super) struct Salvaged {
    pub(super) record: Record,
    pub(super) lost: Vec<String>,
}

/// Reads a record; where a part of it is not as the schema has it, reads the other parts. An
/// error is a text that is no JSON object with an id.
pub(super) fn read_json(content: &[u8]) -> Result<Salvaged, String> {
    match serde_json::from_slice::<Record>(content) {
        Ok(record) if !record.id.is_empty() => Ok(Salvaged { record, lost: Vec::new() }),
        Ok(_) => Err("it has no id".to_owned()),
        Err(error) => {
            let value: serde_json::Value = match serde_json::from_slice(content) {
                Ok(value) => value,
                Err(_) => return Err(error.to_string()),
            };
            salvage(value)
        }
    }
}

/// Reads what can be read of a record that is not as the schema has it.
pub(super) fn salvage(value: serde_json::Value) -> Result<Salvaged, String> {
    let serde_json::Value::Object(mut parts) = value else { return Err("it is no object".to_owned()) };
    let mut lost = Vec::new();
    let mut record = Record { id: take(&mut parts, "id", &mut lost), ..Record::default() };
    if record.id.is_empty() {
        return Err("it has no id".to_owned());
    }
    record.modified = take(&mut parts, "modified", &mut lost);
    record.published = take(&mut parts, "published", &mut lost);
    record.withdrawn = match parts.remove("withdrawn") {
        None | Some(serde_json::Value::Null) => None,
        Some(serde_json::Value::String(time)) => Some(time),
        // That it was taken back is sure, whatever stands for the time.
        Some(other) => Some(other.to_string()),
    };
    record.aliases = Some(take_list(&mut parts, "aliases", &mut lost));
    record.related = Some(take_list(&mut parts, "related", &mut lost));
    record.upstream = Some(take_list(&mut parts, "upstream", &mut lost));
    record.summary = take(&mut parts, "summary", &mut lost);
    record.details = take(&mut parts, "details", &mut lost);
    record.severity = Some(take_list(&mut parts, "severity", &mut lost));
    record.affected = Some(take_list(&mut parts, "affected", &mut lost));
    record.references = Some(take_list(&mut parts, "references", &mut lost));
    record.database_specific = take(&mut parts, "database_specific", &mut lost);
    Ok(Salvaged { record, lost })
}

type Parts = serde_json::Map<String, serde_json::Value>;

fn take<T: Default + de::DeserializeOwned>(parts: &mut Parts, name: &str, lost: &mut Vec<String>) -> T {
    let Some(value) = parts.remove(name) else { return T::default() };
    serde_json::from_value(value).unwrap_or_else(|error| {
        lost.push(format!("{name} ({error})"));
        T::default()
    })
}

fn take_list<T: de::DeserializeOwned>(parts: &mut Parts, name: &str, lost: &mut Vec<String>) -> Vec<T> {
    let items = match parts.remove(name) {
        None | Some(serde_json::Value::Null) => return Vec::new(),
        Some(serde_json::Value::Array(items)) => items,
        Some(_) => {
            lost.push(format!("{name} (it is no list)"));
            return Vec::new();
        }
    };
    let mut kept = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        match serde_json::from_value(item) {
            Ok(item) => kept.push(item),
            Err(error) => lost.push(format!("{name}[{index}] ({error})")),
        }
    }
    kept
}
