//! What building the image left in it.

use plimsoll_model::{FileKind, LintRule, SeverityLevel};

use super::{Answer, Rule};
use crate::facts::{Facts, graded};

/// Files of a build that the program does not need.
#[derive(Debug, Clone, Copy)]
pub struct OfBuild;

const DOC: LintRule = LintRule {
    id: "build-leftover",
    title: "Files of the build or of version control",
    severity: SeverityLevel::Negligible,
    why: "A directory of git has the whole history, with everything that was ever committed by mistake; the files of the build tell how and where the image is made.",
    remedy: "Name them in .dockerignore.",
};

const FILES: [&[u8]; 8] = [
    b"Dockerfile",
    b"Containerfile",
    b".dockerignore",
    b".containerignore",
    b"docker-compose.yml",
    b"docker-compose.yaml",
    b"compose.yaml",
    b"Vagrantfile",
];

const DIRECTORIES: [&[u8]; 3] = [b".git", b".svn", b".hg"];

impl Rule for OfBuild {
    fn doc(&self) -> &'static LintRule {
        &DOC
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        Answer::of(facts.files().map(|files| {
            files
                .filter_map(|file| {
                    let record = facts.analysis.files.record(file);
                    let name = facts.analysis.files.name(file);
                    if facts.analysis.owners(file).next().is_some() {
                        return None;
                    }
                    if record.kind == FileKind::File && FILES.contains(&name) {
                        return Some(facts.observe_file(&DOC, file, "a file of the build"));
                    }
                    let has_content = facts.analysis.files.children(file).next().is_some();
                    let is_store =
                        record.kind == FileKind::Directory && DIRECTORIES.contains(&name) && has_content;
                    is_store.then(|| {
                        graded(
                            facts.observe_file(&DOC, file, "a store of version control"),
                            SeverityLevel::Medium,
                        )
                    })
                })
                .collect()
        }))
    }
}
