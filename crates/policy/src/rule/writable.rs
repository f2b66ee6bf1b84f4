//! What everybody may write.

use plimsoll_model::{FileKind, LintRule, SeverityLevel};

use super::{Answer, Rule};
use crate::facts::{Facts, graded};

/// Files that everybody may write.
#[derive(Debug, Clone, Copy)]
pub struct Files;

/// Directories that everybody may write, without the sticky bit.
#[derive(Debug, Clone, Copy)]
pub struct Directories;

const FILES: LintRule = LintRule {
    id: "world-writable-file",
    title: "File that everybody may write",
    severity: SeverityLevel::Medium,
    why: "Any user of the container may change it, and whoever runs or believes it next does what that user wrote.",
    remedy: "Take the right away (chmod o-w) in the layer that brings the file.",
};

const DIRECTORIES: LintRule = LintRule {
    id: "world-writable-directory",
    title: "Directory that everybody may write, without the sticky bit",
    severity: SeverityLevel::Medium,
    why: "Any user of the container may remove or replace the files of others in it.",
    remedy: "Set the sticky bit (chmod +t), or take the right away (chmod o-w), in the layer that brings the directory.",
};

fn find(facts: &Facts<'_>, rule: &'static LintRule, kind: FileKind, unless: u16) -> Answer {
    Answer::of(facts.files().map(|files| {
        files
            .filter(|file| {
                let record = facts.analysis.files.record(*file);
                record.kind == kind && record.mode & 0o002 != 0 && record.mode & unless == 0
            })
            .map(|file| {
                let record = facts.analysis.files.record(file);
                let observation = facts.observe_file(rule, file, format!("mode {:04o}", record.mode));
                let is_run = kind == FileKind::File && record.mode & 0o111 != 0;
                graded(observation, if is_run { SeverityLevel::High } else { rule.severity })
            })
            .collect()
    }))
}

impl Rule for Files {
    fn doc(&self) -> &'static LintRule {
        &FILES
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        find(facts, &FILES, FileKind::File, 0)
    }
}

impl Rule for Directories {
    fn doc(&self) -> &'static LintRule {
        &DIRECTORIES
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        find(facts, &DIRECTORIES, FileKind::Directory, 0o1000)
    }
}
