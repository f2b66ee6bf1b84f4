//! The evidence of files as JSON.

use std::io::{self, Write};

use plimsoll_model::evidence::linkage::{ElfKind, Linkage, Linking, LoadPriority, Named, Position, Relro};
use plimsoll_model::evidence::references::Reference;
use plimsoll_model::evidence::texts::{NotKept, Text};
use plimsoll_model::{Evidence, FileId};
use serde_json::{Value, json};

use super::EvidenceList;
use crate::buffer::Buffer;
use crate::json::{head, rows};

pub(super) fn write(list: &EvidenceList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    head(&mut out, "plimsoll/evidence/1", list.analysis);
    out.text(",\n\"files\": [");
    let files = list.selected.iter().filter_map(|id| {
        let facts = list.analysis.evidence.as_ref().and_then(|evidence| facts(evidence, *id))?;
        let mut file = json!({ "path": list.analysis.files.path(*id).to_string() });
        if let (Some(file), Value::Object(facts)) = (file.as_object_mut(), facts) {
            file.extend(facts);
        }
        Some(file)
    });
    rows(&mut out, files)?;
    out.text("\n}\n");
    out.finish()
}

/// What is known of one file; `None` where it is nothing.
pub(super) fn facts(evidence: &Evidence, id: FileId) -> Option<Value> {
    let mut facts = serde_json::Map::new();
    if let Some(own) = evidence.linkage.get(&id) {
        facts.insert("linkage".to_owned(), linkage(own));
    }
    if let Some(own) = evidence.references.of(id) {
        let row = |one: Reference<'_>| {
            let mut row = json!({ "kind": one.kind.word(), "target": one.target, "line": one.line });
            if !one.by.is_empty() {
                row["by"] = json!(one.by);
            }
            row
        };
        let named: Vec<Value> = evidence.references.rows(own).map(row).collect();
        let own = json!({ "language": own.language.word(), "complete": own.is_complete, "named": named });
        facts.insert("references".to_owned(), own);
    }
    if let Some(text) = evidence.texts.get(&id) {
        let own = match text {
            Text::Kept(content) => json!({ "kept": true, "size": content.len() }),
            Text::NotKept(NotKept::TooLarge(size)) => {
                json!({ "kept": false, "size": size, "reason": "too-large" })
            }
            Text::NotKept(reason) => json!({ "kept": false, "reason": reason.word() }),
        };
        facts.insert("text".to_owned(), own);
    }
    (!facts.is_empty()).then_some(Value::Object(facts))
}

fn named(named: &Named) -> Value {
    match named {
        Named::All(names) => json!({ "names": names, "complete": true }),
        Named::Some(names) => json!({ "names": names, "complete": false }),
        Named::Unknown => Value::Null,
    }
}

fn linkage(own: &Linkage) -> Value {
    let kind = match own.kind {
        ElfKind::Relocatable => "relocatable",
        ElfKind::Executable => "executable",
        ElfKind::Shared => "shared",
        ElfKind::Core => "core",
        ElfKind::Other(_) => "other",
    };
    let linking = match own.linking {
        Linking::Dynamic => "dynamic",
        Linking::Static => "static",
        Linking::None => "none",
    };
    let position = match own.hardening.position {
        Position::Anywhere => Some("anywhere"),
        Position::Fixed => Some("fixed"),
        Position::Library => Some("library"),
        Position::None => None,
    };
    let relro = match own.hardening.relro {
        Relro::No => "no",
        Relro::Partial => "partial",
        Relro::Full => "full",
    };
    let priority = |priority: LoadPriority| match priority {
        LoadPriority::Required => "required",
        LoadPriority::Recommended => "recommended",
        LoadPriority::Suggested => "suggested",
    };
    let versions: Vec<Value> = own
        .version_needs
        .iter()
        .map(|need| {
            let names: Vec<Value> =
                need.versions.iter().map(|(name, weak)| json!({ "name": name, "weak": weak })).collect();
            json!({ "library": need.library, "versions": names })
        })
        .collect();
    let loads: Vec<Value> = own
        .loads
        .iter()
        .map(|note| {
            json!({ "sonames": note.sonames, "feature": note.feature, "priority": priority(note.priority) })
        })
        .collect();
    json!({
        "bits": own.bits,
        "little_endian": own.is_little_endian,
        "machine": own.machine,
        "machine_name": own.machine_name(),
        "kind": kind,
        "linking": linking,
        "interpreter": own.interpreter,
        "soname": own.soname,
        "needed": own.needed,
        "rpath": own.rpath,
        "runpath": own.runpath,
        "version_needs": versions,
        "version_definitions": own.version_definitions,
        "build_id": own.build_id,
        "loads": loads,
        "package": own.package,
        "calls": own.calls.names().collect::<Vec<_>>(),
        "libraries_named": named(&own.libraries_named),
        "paths_named": named(&own.paths_named),
        "hardening": {
            "position": position,
            "relro": relro,
            "no_execute": own.hardening.no_execute,
            "stack_canary": own.hardening.stack_canary,
            "fortified": own.hardening.fortified.map(|(checked, _)| checked),
            "fortifiable": own.hardening.fortified.map(|(_, unchecked)| unchecked),
        },
        "strippable": own.strippable,
        "unread": own.unread.iter().map(|what| what.word()).collect::<Vec<_>>(),
    })
}
