//! Device nodes.

use plimsoll_model::{FileKind, LintRule, SeverityLevel};

use super::{Answer, MAX_OBSERVATIONS, Rule};
use crate::facts::{Facts, graded};

/// Device nodes.
#[derive(Debug, Clone, Copy)]
pub struct Nodes;

const DOC: LintRule = LintRule {
    id: "device-node",
    title: "Device node",
    severity: SeverityLevel::Low,
    why: "A runtime makes the devices of a container itself. A node in the image is void at best; where devices are allowed, it opens the disk or memory of the host.",
    remedy: "Remove it from the image.",
};

/// Major and minor numbers of what every container has anyway: null, zero, full, random, urandom,
/// tty, console, ptmx (Linux, "devices.txt").
const USUAL: [(u32, u32); 9] = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2), (4, 0)];

impl Rule for Nodes {
    fn doc(&self) -> &'static LintRule {
        &DOC
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        Answer::of(facts.files().map(|files| {
            files
                .filter_map(|file| {
                    let record = facts.analysis.files.record(file);
                    let (major, minor) = record.device()?;
                    let kind = if record.kind == FileKind::Block { "block" } else { "character" };
                    let observation =
                        facts.observe_file(&DOC, file, format!("{kind} device {major}:{minor}"));
                    let severity = match record.kind {
                        FileKind::Block => SeverityLevel::High,
                        // Memory, kernel memory and ports.
                        _ if major == 1 && matches!(minor, 1 | 2 | 4) => SeverityLevel::High,
                        _ if USUAL.contains(&(major, minor)) => SeverityLevel::Negligible,
                        _ => DOC.severity,
                    };
                    Some(graded(observation, severity))
                })
                .take(MAX_OBSERVATIONS + 1)
                .collect()
        }))
    }
}
