//! package-lock.json and npm-shrinkwrap.json, of lock file versions 1 to 3.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::manifest::licenses;

const MODULES: &str = "node_modules/";

/// Nested dependencies of version 1: npm itself makes a handful; each is a call.
const MAX_NESTING: usize = 64;
/// Bytes of all places together, which in version 1 each have those above in them. A lock file of
/// 5 MB has 1 MB of them.
const MAX_PLACES: usize = 64 << 20;

/// What a lock file names.
#[derive(Debug, Default)]
pub(super) struct Lock {
    pub(super) locked: Vec<Locked>,
    /// Whether all of it was read: neither nesting nor places went beyond what is taken.
    pub(super) is_whole: bool,
}

/// A package that a lock file names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Locked {
    /// Where npm would put it, seen from the lock file.
    pub(super) path: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) licenses: Vec<String>,
}

/// `None` where this is no lock file.
pub(super) fn parse(content: &[u8]) -> Option<Lock> {
    let value: Value = serde_json::from_slice(content).ok()?;
    let fields = value.as_object()?;
    let (mut locked, mut room) = (Vec::new(), Some(MAX_PLACES));
    if let Some(packages) = fields.get("packages") {
        for (path, entry) in packages.as_object()? {
            locked.extend(of_path(path, entry));
        }
    } else if let Some(dependencies) = fields.get("dependencies") {
        nested("", dependencies.as_object()?, 0, &mut room, &mut locked);
    } else if !fields.contains_key("lockfileVersion") && !fields.contains_key("name") {
        return None;
    }
    Some(Lock { locked, is_whole: room.is_some() })
}

/// Versions 2 and 3: `"node_modules/a/node_modules/b": { "version": … }`. The project itself,
/// its workspaces and the links to them are not packages that npm fetches.
fn of_path(path: &str, entry: &Value) -> Option<Locked> {
    let (_, place) = path.rsplit_once(MODULES)?;
    if entry.get("link").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let name = entry.get("name").and_then(Value::as_str).unwrap_or(place);
    let version = entry.get("version")?.as_str()?;
    let licenses = entry.get("license").map(licenses).unwrap_or_default();
    locked(path.to_owned(), name, version, licenses)
}

/// Version 1: `"a": { "version": …, "dependencies": { "b": … } }`. What is fetched from
/// elsewhere than the registry has an address in the version's place, and no version. `room` is what
/// may still be taken, `None` once that was not enough.
fn nested(
    above: &str,
    dependencies: &Map<String, Value>,
    depth: usize,
    room: &mut Option<usize>,
    all: &mut Vec<Locked>,
) {
    if depth == MAX_NESTING {
        *room = None;
    }
    for (name, entry) in dependencies {
        *room = room.and_then(|room| room.checked_sub(above.len() + MODULES.len() + name.len()));
        if room.is_none() {
            return;
        }
        let path = format!("{above}{MODULES}{name}");
        let version = entry.get("version").and_then(Value::as_str).unwrap_or_default();
        let real = version.strip_prefix("npm:").and_then(|alias| alias.rsplit_once('@'));
        let (name, version) = real.unwrap_or((name, version));
        if !version.contains([':', '/']) {
            all.extend(locked(path.clone(), name, version, Vec::new()));
        }
        if let Some(below) = entry.get("dependencies").and_then(Value::as_object) {
            nested(&format!("{path}/"), below, depth + 1, room, all);
        }
    }
}

fn locked(path: String, name: &str, version: &str, licenses: Vec<String>) -> Option<Locked> {
    let whole = !name.is_empty() && !version.is_empty();
    whole.then(|| Locked { path, name: name.to_owned(), version: version.to_owned(), licenses })
}
