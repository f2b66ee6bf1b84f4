//! `poetry.lock`, `pdm.lock`, `uv.lock` and `pylock.toml`: a table per package.

use serde::Deserialize;
use toml::Value;

use crate::declared::Locked;

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    package: Vec<Entry>,
    /// In the standard's files.
    #[serde(default)]
    packages: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    /// Missing where only the project's own code knows it.
    version: Option<String>,
    /// Poetry's and uv's: where it is to come from, where that is not the usual index.
    source: Option<Value>,
    /// PDM's and the standard's: a directory or an archive of the project's own.
    path: Option<Value>,
    directory: Option<Value>,
    /// PDM's.
    git: Option<String>,
    revision: Option<String>,
    /// The standard's.
    vcs: Option<Value>,
}

impl Entry {
    fn source(&self, key: &str) -> Option<&str> {
        self.source.as_ref()?.get(key)?.as_str()
    }

    /// The project itself, and what lies beside it.
    fn is_local(&self) -> bool {
        self.path.is_some()
            || self.directory.is_some()
            || matches!(self.source("type"), Some("directory" | "file"))
            || ["virtual", "editable", "directory", "path"].iter().any(|kind| self.source(kind).is_some())
    }

    fn origin(&self) -> Option<String> {
        let git =
            |address: &str, commit: Option<&str>| format!("git {address} {}", commit.unwrap_or_default());
        let field = |name: &str| self.vcs.as_ref()?.get(name)?.as_str();
        let told = if let Some(address) = &self.git {
            git(address, self.revision.as_deref())
        } else if self.source("type") == Some("git") {
            git(self.source("url")?, self.source("resolved_reference"))
        } else if let Some(address) = field("url") {
            git(address, field("commit-id"))
        } else {
            git(self.source("git")?, None)
        };
        Some(told.trim_end().to_owned())
    }
}

pub(super) fn parse(content: &[u8]) -> Option<Vec<Locked>> {
    let list: List = toml::from_str(std::str::from_utf8(content).ok()?).ok()?;
    let entries = list.package.into_iter().chain(list.packages);
    let locked = entries.filter(|entry| !entry.is_local()).filter_map(|entry| {
        let origin = entry.origin();
        Some(Locked { origin, ..Locked::new(entry.name, entry.version?) })
    });
    Some(locked.collect())
}
