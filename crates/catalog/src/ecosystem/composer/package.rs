//! A package as Composer describes it, in `installed.json` and in `composer.lock` alike.

use std::collections::HashSet;

use plimsoll_model::Package;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{TYPE, package_url};

/// How a branch's version begins; which commit of it is installed is told beside it.
const BRANCH: &str = "dev-";

/// What is kept of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Described {
    pub(super) name: String,
    /// As its author wrote it, which is what `composer show` prints.
    pub(super) version: String,
    licenses: Vec<String>,
    requires: Vec<String>,
    url: Option<String>,
    summary: Option<String>,
    /// The commit of a branch.
    commit: Option<String>,
    /// Whether it is there for development only.
    pub(super) for_development: bool,
    /// Where it lies, seen from the file that describes it; `None` where that is not said.
    pub(super) path: Option<String>,
    /// Whether it is only a list of others.
    pub(super) is_metapackage: bool,
}

impl Described {
    /// `None` where a name or a version is missing.
    pub(super) fn of(entry: &Value) -> Option<Self> {
        let text = |name: &str| {
            let text = entry.get(name)?.as_str()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let (name, version) = (text("name")?, text("version")?);
        let licenses = match entry.get("license") {
            Some(Value::String(license)) => vec![license.clone()],
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let requires = entry.get("require").and_then(Value::as_object).into_iter().flatten();
        let requires = requires.filter_map(|(name, range)| Some(format!("{name} {}", range.as_str()?)));
        let reference = |kind: &str| entry.get(kind)?.get("reference")?.as_str().map(str::to_owned);
        let is_branch = version.starts_with(BRANCH) || version.ends_with("-dev");
        let commit = if is_branch { reference("source").or_else(|| reference("dist")) } else { None };
        Some(Self {
            requires: requires.collect(),
            url: text("homepage"),
            summary: text("description").and_then(|text| text.lines().next().map(str::to_owned)),
            commit: commit.filter(|commit| !commit.is_empty()),
            for_development: false,
            path: text("install-path"),
            is_metapackage: entry.get("type").and_then(Value::as_str) == Some("metapackage"),
            licenses: licenses.into_iter().filter(|license| !license.trim().is_empty()).collect(),
            name,
            version,
        })
    }

    /// The package, without what its place tells.
    pub(super) fn describe(&self) -> Package {
        let mut package = Package::new(TYPE, &*self.name, &*self.version);
        package.licenses.clone_from(&self.licenses);
        package.requires.clone_from(&self.requires);
        package.url.clone_from(&self.url);
        package.summary.clone_from(&self.summary);
        let commit = self.commit.as_ref().map(|commit| format!("commit {commit}"));
        package.origin = match (self.for_development, commit) {
            (true, Some(commit)) => Some(format!("development, {commit}")),
            (true, None) => Some("development".to_owned()),
            (false, commit) => commit,
        };
        package.purl = package_url(&package);
        package
    }
}

/// What a file lists.
#[derive(Debug, Default)]
pub(super) struct List {
    pub(super) packages: Vec<Described>,
    /// How many entries state no name or no version.
    pub(super) incomplete: usize,
}

impl List {
    fn of(entries: &[Value]) -> Self {
        let packages: Vec<Described> = entries.iter().filter_map(Described::of).collect();
        Self { incomplete: entries.len() - packages.len(), packages }
    }
}

/// What `composer/installed.json` lists: since Composer 2 an object, before it a list. `None`
/// where it is neither.
pub(super) fn installed(content: &[u8]) -> Option<List> {
    let value: Value = serde_json::from_slice(content).ok()?;
    let entries = match &value {
        Value::Array(entries) => entries,
        Value::Object(fields) => fields.get("packages")?.as_array()?,
        _ => return None,
    };
    let development = value.get("dev-package-names").and_then(Value::as_array);
    let development: HashSet<&str> = development.into_iter().flatten().filter_map(Value::as_str).collect();
    let mut list = List::of(entries);
    for package in &mut list.packages {
        package.for_development = development.contains(package.name.as_str());
    }
    Some(list)
}

/// What a `composer.lock` names. `None` where it is none.
pub(super) fn locked(content: &[u8]) -> Option<List> {
    let value: Value = serde_json::from_slice(content).ok()?;
    let list = |name: &str| value.get(name).and_then(Value::as_array);
    let mut all = List::of(list("packages")?);
    let development = list("packages-dev").map(|entries| List::of(entries)).unwrap_or_default();
    all.incomplete += development.incomplete;
    let development = development.packages.into_iter();
    all.packages.extend(development.map(|package| Described { for_development: true, ..package }));
    Some(all)
}
