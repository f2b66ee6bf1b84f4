//! What a package.json says a package is entered by, as Node's documentation of packages has it.

use memchr::memmem;
use plimsoll_model::evidence::references::ReferenceKind;
use serde_json::Value;

use super::collection::Collection;

/// How deeply conditions of `exports` are followed; real ones nest four times at most.
const MAX_DEPTH: u32 = 16;

/// Members that name files, whether as text, as a map or as lists of these.
const ENTRIES: &[&str] = &["main", "module", "browser", "bin", "exports", "imports", "type"];

pub(super) fn read(content: &[u8], found: &mut Collection) {
    let content = content.strip_prefix(b"\xef\xbb\xbf".as_slice()).unwrap_or(content);
    let Ok(Value::Object(manifest)) = serde_json::from_slice::<Value>(content) else { return };
    for name in ENTRIES {
        let Some(value) = manifest.get(*name) else { continue };
        let mark = format!("\"{name}\"");
        let at = memmem::find(content, mark.as_bytes()).unwrap_or(0);
        add(value, content, at, name, MAX_DEPTH, found);
    }
    if let Some(scripts) = manifest.get("scripts").and_then(Value::as_object) {
        let at = memmem::find(content, b"\"scripts\"").unwrap_or(0);
        for name in ["prestart", "start", "poststart"] {
            if let Some(Value::String(text)) = scripts.get(name) {
                found.add(content, at, ReferenceKind::Directive, text.as_bytes(), "scripts");
            }
        }
    }
}

fn add(value: &Value, content: &[u8], at: usize, by: &'static str, depth: u32, found: &mut Collection) {
    match value {
        Value::String(target) => found.add(content, at, ReferenceKind::Directive, target.as_bytes(), by),
        Value::Array(values) if depth > 0 => {
            values.iter().for_each(|value| add(value, content, at, by, depth - 1, found));
        }
        Value::Object(values) if depth > 0 => {
            values.values().for_each(|value| add(value, content, at, by, depth - 1, found));
        }
        _ => {}
    }
}
