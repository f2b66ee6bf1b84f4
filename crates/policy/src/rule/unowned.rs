//! Programs of which no package knows.

use std::cmp::Reverse;

use plimsoll_model::{About, FileId, FileKind, LintRule, Observation, SeverityLevel};

use super::{Answer, Rule};
use crate::facts::{Facts, is_of_distribution};

/// Executable files that no package lists.
#[derive(Debug, Clone, Copy)]
pub struct Executables;

const DOC: LintRule = LintRule {
    id: "unowned-executable",
    title: "Executable files that no package lists",
    severity: SeverityLevel::Low,
    why: "Nobody says where they are from, who renews them, or whether a known flaw is in them: no advisory speaks of a file that belongs to no package.",
    remedy: "Install them from a package, or record what they are in a bill of materials. `plimsoll files IMAGE --unowned` lists them all.",
};

/// How many of the largest are named.
const NAMED: usize = 5;

impl Rule for Executables {
    fn doc(&self) -> &'static LintRule {
        &DOC
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        let files = match facts.files() {
            Ok(files) => files,
            Err(why) => return Answer::no_data(why),
        };
        if !facts.analysis.installed().any(is_of_distribution) {
            return Answer::no_data("no package database says which files are known");
        }
        let table = &facts.analysis.files;
        let mut found: Vec<FileId> = files
            .filter(|file| {
                let record = table.record(*file);
                record.kind == FileKind::File
                    && record.mode & 0o111 != 0
                    && record.size() > 0
                    && !record.is_hard_link()
                    && facts.analysis.owners(*file).next().is_none()
            })
            .collect();
        if found.is_empty() {
            return Answer::default();
        }
        let bytes: u64 = found.iter().map(|file| table.record(*file).size()).sum();
        found.sort_by_key(|file| (Reverse(table.record(*file).size()), *file));
        let count = found.len();
        let names: Vec<String> = found.iter().take(NAMED).map(|file| table.path(*file).to_string()).collect();
        let rest = if count > NAMED { ", …" } else { "" };
        let noun = if count == 1 { "file" } else { "files" };
        let detail = format!("{count} {noun}, the largest {}{rest}", names.join(", "));
        let observation = Facts::observe(&DOC, About::Image, detail);
        let layers: std::collections::BTreeSet<u16> =
            found.iter().map(|file| table.record(*file).layer).collect();
        let observation = match layers.first() {
            Some(layer) if layers.len() == 1 => facts.in_layer(observation, u32::from(*layer)),
            _ => observation,
        };
        Answer::found(vec![Observation { bytes: Some(bytes), ..observation }])
    }
}
