//! Caches that were left behind.

use std::collections::BTreeSet;

use plimsoll_model::units::{counted, size};
use plimsoll_model::{FileId, FileKind, LintRule, Observation, SeverityLevel};

use super::{Answer, Rule};
use crate::facts::{Facts, graded};

/// Caches of package managers and build tools.
#[derive(Debug, Clone, Copy)]
pub struct LeftBehind;

const DOC: LintRule = LintRule {
    id: "cache-left-behind",
    title: "Cache of a package manager left behind",
    severity: SeverityLevel::Low,
    why: "Everybody downloads it and nothing reads it; it also tells what the image was built from.",
    remedy: "Remove it in the same instruction that fills it, or let it be filled in a cache mount (RUN --mount=type=cache).",
};

/// Caches that lie at one place.
const PLACES: [(&str, &str); 11] = [
    ("var/lib/apt/lists", "apt's package lists"),
    ("var/cache/apt", "apt's cache"),
    ("var/cache/apk", "apk's cache"),
    ("etc/apk/cache", "apk's cache"),
    ("var/cache/yum", "yum's cache"),
    ("var/cache/dnf", "dnf's cache"),
    ("var/cache/libdnf5", "dnf's cache"),
    ("var/cache/zypp", "zypper's cache"),
    ("var/cache/pacman/pkg", "pacman's cache"),
    ("opt/conda/pkgs", "conda's cache"),
    ("usr/local/share/.cache/yarn", "yarn's cache"),
];

/// Caches that lie in somebody's home: the last components of the directory.
const ENDINGS: [(&str, &str); 16] = [
    (".cache/pip", "pip's cache"),
    (".cache/pypoetry", "Poetry's cache"),
    (".cache/uv", "uv's cache"),
    (".cache/yarn", "yarn's cache"),
    (".cache/go-build", "Go's build cache"),
    (".cache/composer", "Composer's cache"),
    (".composer/cache", "Composer's cache"),
    (".npm/_cacache", "npm's cache"),
    (".npm/_logs", "npm's logs"),
    (".cargo/registry", "Cargo's registry"),
    (".cargo/git/db", "Cargo's checkouts"),
    (".gradle/caches", "Gradle's cache"),
    (".m2/repository", "Maven's repository"),
    ("go/pkg/mod/cache", "Go's module cache"),
    (".bundle/cache", "Bundler's cache"),
    (".local/share/NuGet/http-cache", "NuGet's cache"),
];

/// Beyond so many bytes it weighs more than a note.
const WORTH_MENTIONING: u64 = 1_000_000;

impl Rule for LeftBehind {
    fn doc(&self) -> &'static LintRule {
        &DOC
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        Answer::of(facts.files().map(|files| {
            let mut roots: Vec<(FileId, &str)> = PLACES
                .iter()
                .filter_map(|(path, what)| Some((facts.index.resolve(path.as_bytes())?, *what)))
                .collect();
            let last: BTreeSet<&[u8]> = ENDINGS
                .iter()
                .filter_map(|(ending, _)| ending.rsplit('/').next())
                .map(str::as_bytes)
                .collect();
            let mut path = Vec::new();
            for file in files.filter(|file| last.contains(facts.analysis.files.name(*file))) {
                facts.analysis.files.write_path(file, &mut path);
                let found = ENDINGS.iter().find(|(ending, _)| {
                    path.strip_suffix(ending.as_bytes())
                        .is_some_and(|before| before.is_empty() || before.ends_with(b"/"))
                });
                roots.extend(found.map(|(_, what)| (file, *what)));
            }
            roots.sort_unstable();
            roots.dedup_by_key(|(file, _)| *file);
            roots.into_iter().filter_map(|(root, what)| measure(facts, root, what)).collect()
        }))
    }
}

fn measure(facts: &Facts<'_>, root: FileId, what: &str) -> Option<Observation> {
    let table = &facts.analysis.files;
    let inside = (root.0..table.subtree_end(root).0).map(FileId).filter(|file| {
        let record = table.record(*file);
        record.kind == FileKind::File
            && !record.is_hard_link()
            && record.size() > 0
            && facts.distribution_owner(*file).is_none()
    });
    let (mut count, mut bytes) = (0_u64, 0_u64);
    let mut layers = BTreeSet::new();
    for file in inside {
        count += 1;
        bytes += table.record(file).size();
        layers.insert(table.record(file).layer);
    }
    if count == 0 {
        return None;
    }
    let detail = format!("{what}: {} in {}", size(bytes), counted(count, "file"));
    let observation = Facts::observe(&DOC, plimsoll_model::About::file(&table.path(root)), detail);
    // The layer that brought most of it is the one to change; several are told by none.
    let observation = match layers.first() {
        Some(layer) if layers.len() == 1 => facts.in_layer(observation, u32::from(*layer)),
        _ => observation,
    };
    let severity = if bytes >= WORTH_MENTIONING { DOC.severity } else { SeverityLevel::Negligible };
    Some(graded(Observation { bytes: Some(bytes), ..observation }, severity))
}
