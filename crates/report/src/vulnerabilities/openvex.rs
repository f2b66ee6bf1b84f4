//! Findings as OpenVEX 0.2.0 statements about the image, one per vulnerability and state, with the
//! packages as subcomponents.
//!
//! The time is that of the database, so that the same image and database give the same bytes. A
//! statement speaks of one vulnerability, and the format's schema asks for at least one: without a
//! finding there is no document to write, and nothing is written. "No known vulnerability" cannot
//! be said in this format; CycloneDX and our JSON say it, and how much was judged.

use std::collections::BTreeMap;
use std::io::{self, Write};

use plimsoll_model::{Finding, NotAffectedReason, Package, Verdict};
use serde_json::{Map, Value, json};

use super::words::{Remedy, reason};
use super::{VulnerabilityList, newest};
use crate::buffer::Buffer;
use crate::json::value;
use crate::packages::PackageList;
use crate::packages::bill::{TOOL, VERSION, uuid};
use crate::units::utc_seconds;

/// The time of a document whose database and image state none.
const NO_TIME: &str = "1970-01-01T00:00:00Z";

pub(super) fn write(list: &VulnerabilityList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let bill = PackageList::installed(list.analysis);
    let database = &list.answer.database;
    let created = list.analysis.config.as_ref().and_then(|config| config.created.as_deref());
    let time = [database.built_at.as_deref(), newest(database), created].into_iter().flatten();
    let time = time.filter_map(utc_seconds).next();
    let product = bill.image_purl().map_or_else(
        || format!("https://plimsoll.invalid/image/{}", plain(&list.analysis.identity.name)),
        |purl| purl.to_string(),
    );
    let mut statements: Vec<Value> = Vec::new();
    for findings in groups(list) {
        statements.extend(statement(list, &findings, &product));
    }
    if statements.is_empty() {
        return out.flush();
    }
    let mut content = Vec::new();
    value(&mut content, &statements);
    let mut out = Buffer::new(out);
    out.text("{\n\"@context\": \"https://openvex.dev/ns/v0.2.0\",\n\"@id\": ");
    let uuid = uuid("openvex", bill.image_digest(), &content);
    value(&mut out.bytes, &format!("https://plimsoll.invalid/openvex/{uuid}"));
    out.text(",\n\"author\": \"Plimsoll\",\n\"role\": \"Scanner\",\n\"timestamp\": ");
    value(&mut out.bytes, time.as_deref().unwrap_or(NO_TIME));
    out.text(",\n\"version\": 1,\n\"tooling\": ");
    value(&mut out.bytes, &format!("{TOOL} {VERSION}"));
    out.text(",\n\"statements\": [");
    for (position, statement) in statements.iter().enumerate() {
        out.text(if position == 0 { "\n" } else { ",\n" });
        value(&mut out.bytes, statement);
        out.end_row()?;
    }
    out.text("\n]\n}\n");
    out.finish()
}

/// Findings that one statement can speak of.
fn groups<'a>(list: &VulnerabilityList<'a>) -> Vec<Vec<&'a Finding>> {
    let mut positions = BTreeMap::new();
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in list.findings() {
        let remedy = Remedy::of(finding).map(|remedy| (remedy.word(), remedy.text()));
        let key = (&finding.id, finding.verdict, reason(finding), remedy);
        let position = *positions.entry(key).or_insert(groups.len());
        match groups.get_mut(position) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

fn statement(list: &VulnerabilityList<'_>, findings: &[&Finding], product: &str) -> Option<Value> {
    let first = findings.first()?;
    let mut packages: Vec<&Package> = Vec::new();
    let mut subcomponents: Vec<Value> = Vec::new();
    for package in findings.iter().filter_map(|finding| list.package(finding)) {
        let subcomponent = json!({"@id": identifier(package)});
        if !subcomponents.contains(&subcomponent) {
            subcomponents.push(subcomponent);
            packages.push(package);
        }
    }
    let mut entry = Map::new();
    let mut set = |name: &str, value: Value| entry.insert(name.to_owned(), value);
    let mut vulnerability = json!({"name": first.id});
    if let Some(members) = vulnerability.as_object_mut() {
        if let Some(summary) = findings.iter().find_map(|finding| finding.summary.as_deref()) {
            members.insert("description".to_owned(), summary.into());
        }
        let mut aliases = first.aliases.clone();
        aliases.dedup();
        if !aliases.is_empty() {
            members.insert("aliases".to_owned(), aliases.into());
        }
    }
    set("vulnerability", vulnerability);
    set("products", json!([{"@id": product, "subcomponents": subcomponents}]));
    let why = reason(first);
    match first.verdict {
        Verdict::Affected => {
            set("status", "affected".into());
            let mut names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
            names.dedup();
            let remedy = Remedy::of(first).unwrap_or(Remedy::NotYet);
            set("action_statement", remedy.advice(&names.join(", ")).into());
        }
        Verdict::NotAffected(NotAffectedReason::VexFixed) => {
            set("status", "fixed".into());
            set("status_notes", why.unwrap_or_default().into());
        }
        Verdict::NotAffected(_) => {
            set("status", "not_affected".into());
            set("impact_statement", why.unwrap_or_default().into());
        }
        Verdict::Unknown(_) => {
            set("status", "under_investigation".into());
            set("status_notes", why.unwrap_or_default().into());
        }
    }
    Some(Value::Object(entry))
}

/// The package URL, or an address of our own where there is none.
fn identifier(package: &Package) -> String {
    crate::packages::purl(package).map_or_else(
        || {
            let [kind, name, version] = [package.kind.as_str(), &package.name, &package.version].map(plain);
            format!("https://plimsoll.invalid/package/{kind}/{name}/{version}")
        },
        |purl| purl.to_string(),
    )
}

/// Text as a segment of an address.
fn plain(text: &str) -> String {
    crate::sarif::escape(text.as_bytes()).replace('/', "%2F")
}
