//! `Pipfile.lock`.

use serde_json::Value;

use crate::declared::Locked;

pub(super) fn parse(content: &[u8]) -> Option<Vec<Locked>> {
    let value: Value = serde_json::from_slice(content).ok()?;
    value.get("_meta")?;
    let mut locked = Vec::new();
    for (group, packages) in value.as_object()?.iter().filter(|(group, _)| *group != "_meta") {
        for (name, entry) in packages.as_object().into_iter().flatten() {
            let version = entry.get("version").and_then(Value::as_str);
            let Some(version) = version.and_then(|version| version.strip_prefix("==")) else { continue };
            let origin = (group == "develop").then(|| "development".to_owned());
            locked.push(Locked { origin, ..Locked::new(name, version) });
        }
    }
    Some(locked)
}
