//! What everybody may write.

use plimsoll_model::{FileKind, LintRule, SeverityLevel};

use super::{Answer, MAX_OBSERVATIONS, Rule};
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
            .take(MAX_OBSERVATIONS + 1)
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use plimsoll_model::{Analysis, FileTableBuilder, Layer, NewFile, NodeId};

    use super::*;
    use crate::sample;

    /// An image of one layer with so many files that everybody may write, and what brought them.
    fn image(files: usize, instruction: &str) -> Analysis {
        let mut builder = FileTableBuilder::new();
        let file = NewFile { kind: FileKind::File, mode: 0o666, ..NewFile::IMPLICIT_DIRECTORY };
        for number in 0..files {
            builder.insert(NodeId::ROOT, format!("{number:06}").as_bytes(), &file);
        }
        let layer = Layer {
            digest: plimsoll_model::Digest::sha256([1; 32]),
            diff_id: None,
            media_type: String::new(),
            compressed_size: 0,
            unpacked_size: 0,
            instruction: Some(instruction.to_owned()),
            created: None,
            statistics: Default::default(),
        };
        Analysis { files: builder.finish().0, layers: vec![layer], ..sample::analysis() }
    }

    #[test]
    fn observations_share_their_instruction_and_are_bounded() {
        let lint = sample::check(&image(2, "RUN chmod"), &|id| id == FILES.id);
        let instructions: Vec<&Arc<str>> =
            lint.observations.iter().filter_map(|each| each.instruction.as_ref()).collect();
        assert_eq!(instructions.len(), 2);
        assert!(Arc::ptr_eq(instructions[0], instructions[1]));

        let long = "é".repeat(100_000);
        let lint = sample::check(&image(MAX_OBSERVATIONS + 5, &long), &|id| id == FILES.id);
        assert_eq!(lint.observations.len(), MAX_OBSERVATIONS);
        assert_eq!(
            lint.outcomes[0].no_data.as_deref(),
            Some("more than 50000 were found; the others are not listed")
        );
        let shown = lint.observations[0].instruction.as_deref().unwrap();
        assert!(shown.len() < 5_000 && shown.ends_with('…'), "{}", shown.len());
    }
}
