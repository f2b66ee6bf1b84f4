//! The commands, one file each. To add one: its file, its `mod` line, its entry in [`ALL`].

mod advisories;
mod cache;
mod completions;
mod diff;
mod explain;
mod files;
mod inspect;
mod layers;
mod lint;
mod man;
mod packages;
mod query;
mod vulns;

use anyhow::Result;
use clap::{ArgMatches, Command};

use crate::environment::Context;
use crate::exit::Exit;

/// A command: help pages, completions and man pages derive from it.
#[derive(Debug)]
pub(crate) struct Entry {
    /// What is typed.
    pub(crate) name: &'static str,
    /// One line about it.
    pub(crate) summary: &'static str,
    /// Command lines to learn from, two spaces before each.
    pub(crate) examples: &'static str,
    /// Adds its arguments.
    pub(crate) declare: fn(Command) -> Command,
    /// Does it.
    pub(crate) run: fn(&ArgMatches, &Context) -> Result<Exit>,
}

/// Every command there is, in the order of the help page.
pub(crate) const ALL: &[Entry] = &[
    inspect::ENTRY,
    packages::ENTRY,
    files::ENTRY,
    layers::ENTRY,
    diff::ENTRY,
    vulns::ENTRY,
    lint::ENTRY,
    explain::ENTRY,
    advisories::ENTRY,
    query::ENTRY,
    cache::ENTRY,
    completions::ENTRY,
    man::ENTRY,
];

/// Runs the command that was typed.
pub(crate) fn run(matches: &ArgMatches, context: &Context) -> Result<Exit> {
    let (name, own) = matches.subcommand().unwrap_or(("", matches));
    match ALL.iter().find(|entry| entry.name == name) {
        Some(entry) => (entry.run)(own, context),
        None => anyhow::bail!("there is no command `{name}`"),
    }
}

/// The format asked for with `--format`.
pub(crate) fn format(matches: &ArgMatches) -> &str {
    matches.get_one::<String>("format").map_or("table", String::as_str)
}

/// A filter of names by globs; no glob lets everything pass.
pub(crate) fn globs(patterns: &[String], whole_paths: bool) -> Result<Option<globset::GlobSet>> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut set = globset::GlobSetBuilder::new();
    for pattern in patterns {
        let text = if whole_paths && !pattern.starts_with('/') && !pattern.starts_with("**/") {
            format!("**/{pattern}")
        } else {
            pattern.clone()
        };
        let glob = globset::GlobBuilder::new(&text).literal_separator(true).backslash_escape(true).build();
        set.add(glob.map_err(|error| anyhow::anyhow!("`{pattern}` is no pattern: {}", error.kind()))?);
    }
    Ok(Some(set.build()?))
}
