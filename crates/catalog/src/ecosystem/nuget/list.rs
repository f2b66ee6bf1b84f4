//! `*.deps.json`: what an application is made of, as the build wrote it for the host that starts
//! it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How the build names the parts of .NET itself that an application brings along.
const RUNTIME_PACK: &str = "runtimepack.";

/// What placeholder files are called: "nothing to see here".
const PLACEHOLDER: &str = "_._";

/// What kind of thing is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    /// The application, or another project that was built with it.
    Project,
    Package,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) kind: Kind,
    pub(super) requires: Vec<String>,
    /// Its files, seen from the list; each may lie under one of several names.
    pub(super) files: Vec<Vec<String>>,
}

/// What a list holds.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) entries: Vec<Listed>,
    /// How many packages and projects state no name or no version.
    pub(super) incomplete: usize,
}

#[derive(Deserialize)]
struct List {
    #[serde(rename = "runtimeTarget")]
    target: Value,
    targets: BTreeMap<String, BTreeMap<String, Target>>,
    libraries: BTreeMap<String, Library>,
}

#[derive(Deserialize)]
struct Library {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Default, Deserialize)]
struct Target {
    #[serde(default)]
    dependencies: BTreeMap<String, Value>,
    #[serde(default)]
    runtime: BTreeMap<String, Value>,
    #[serde(default)]
    native: BTreeMap<String, Value>,
    #[serde(default)]
    resources: BTreeMap<String, Value>,
    #[serde(default, rename = "runtimeTargets")]
    runtime_targets: BTreeMap<String, Value>,
}

/// `None` where it is no such list. Entries that are neither packages nor projects, such as
/// assemblies that a project refers to by file, are not told: these speak for themselves.
pub(super) fn parse(content: &[u8]) -> Option<Entries> {
    let mut list: List = serde_json::from_slice(content).ok()?;
    // In old lists the name itself, not in an object.
    let target = list.target.as_str().or_else(|| list.target.get("name")?.as_str())?;
    let mut entries = list.targets.remove(target).unwrap_or_default();
    let mut found = Entries::default();
    for (key, library) in &list.libraries {
        let (name, version) = key.rsplit_once('/').unwrap_or((key, ""));
        let (kind, name) = match library.kind.as_str() {
            "package" => (Kind::Package, name),
            "project" => (Kind::Project, name),
            "runtimepack" => (Kind::Package, name.strip_prefix(RUNTIME_PACK).unwrap_or(name)),
            _ => continue,
        };
        if name.is_empty() || version.is_empty() {
            found.incomplete += 1;
            continue;
        }
        let entry = entries.remove(key).unwrap_or_default();
        found.entries.push(Listed {
            name: name.to_owned(),
            version: version.to_owned(),
            kind,
            requires: requires(&entry),
            files: files(&entry),
        });
    }
    Some(found)
}

fn requires(entry: &Target) -> Vec<String> {
    let all = entry.dependencies.iter();
    all.filter_map(|(name, version)| Some(format!("{name} {}", version.as_str()?))).collect()
}

/// The build leaves a file under its path in the package, or directly beside the list; one in a
/// language below the language's name.
fn files(entry: &Target) -> Vec<Vec<String>> {
    let is_file = |path: &&String| !path.ends_with(PLACEHOLDER);
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let beside = entry.runtime.keys().chain(entry.native.keys()).filter(is_file);
    let beside = beside.map(|path| vec![last(path), path.clone()]);
    let translated = entry.resources.iter().filter(|(path, _)| is_file(path)).map(|(path, fields)| {
        let locale = fields.get("locale").and_then(Value::as_str).unwrap_or_default();
        vec![format!("{locale}/{}", last(path)), path.clone()]
    });
    let elsewhere = entry.runtime_targets.keys().filter(is_file).map(|path| vec![path.clone()]);
    let mut files: Vec<Vec<String>> = beside.chain(translated).chain(elsewhere).collect();
    for names in &mut files {
        names.dedup();
    }
    files
}
