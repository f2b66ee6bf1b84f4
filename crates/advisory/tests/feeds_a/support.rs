//! What the tests share: a sink that keeps everything, one line for each statement, and zips
//! written by hand.

use std::fmt::Write as _;
use std::io::Cursor;
use std::path::PathBuf;

use plimsoll_advisory::{Feed, FeedFile, Sink};
use plimsoll_model::{Advisory, FixState, NameKind, Problem, RangeEnd, Severity, Statement, VersionRange};

/// Everything that a feed said.
#[derive(Debug, Default, PartialEq, Eq, Clone)]
pub(crate) struct Said {
    pub(crate) advisories: Vec<Advisory>,
    pub(crate) problems: Vec<Problem>,
}

impl Sink for Said {
    fn advisory(&mut self, advisory: Advisory) {
        self.advisories.push(advisory);
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}

pub(crate) fn parse(feed: &dyn Feed, path: &str, content: &[u8]) -> Said {
    let mut said = Said::default();
    feed.parse(FeedFile::new(path, &mut Cursor::new(content)), &mut said);
    said
}

/// One line for an advisory, one for each statement, one for each problem.
pub(crate) fn show(said: &Said) -> String {
    let mut text = String::new();
    for advisory in &said.advisories {
        text.push_str(&advisory.id);
        for (mark, list) in [("=", &advisory.aliases), ("~", &advisory.related)] {
            for id in list {
                write!(text, " {mark}{id}").unwrap();
            }
        }
        for severity in &advisory.severities {
            match severity {
                Severity::Cvss(vector) => write!(text, " {vector}").unwrap(),
                Severity::Word(word) => write!(text, " {word}").unwrap(),
            }
        }
        if advisory.withdrawn.is_some() {
            text.push_str(" withdrawn");
        }
        text.push('\n');
        for statement in &advisory.statements {
            writeln!(text, "  {}", show_statement(statement)).unwrap();
        }
    }
    for problem in &said.problems {
        writeln!(text, "! {} {}: {}", problem.code, problem.subject, problem.detail).unwrap();
    }
    text
}

pub(crate) fn show_statement(statement: &Statement) -> String {
    let scope = &statement.scope;
    let mut text = scope.kind.clone();
    let parts = [&scope.distribution, &scope.release, &statement.repository, &statement.module];
    for part in parts.into_iter().flatten() {
        write!(text, " {part}").unwrap();
    }
    for architecture in &statement.architectures {
        write!(text, " {architecture}").unwrap();
    }
    let source = if statement.name_kind == NameKind::Source { "source " } else { "" };
    write!(text, ": {source}{}", statement.name).unwrap();
    text.push_str(match statement.state {
        FixState::Ranges => "",
        FixState::WillNotFix => " will not be fixed",
        FixState::NotYetFixed => " is not fixed yet",
        FixState::UnderInvestigation => " is under investigation",
        FixState::NotAffected => " is not affected",
    });
    for range in &statement.ranges {
        write!(text, " {}", show_range(range)).unwrap();
    }
    for version in &statement.versions {
        write!(text, " {version}").unwrap();
    }
    text
}

fn show_range(range: &VersionRange) -> String {
    let introduced = range.introduced.as_deref().unwrap_or("0");
    match &range.end {
        RangeEnd::Fixed(version) => format!("[{introduced}, {version})"),
        RangeEnd::LastAffected(version) => format!("[{introduced}, {version}]"),
        RangeEnd::Open => format!("[{introduced}, …)"),
    }
}

/// Compares what a feed says with lines whose indentation does not matter.
pub(crate) fn check(feed: &dyn Feed, path: &str, content: &str, expect: &str) {
    let trim = |text: &str| {
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(trim(&show(&parse(feed, path, content.as_bytes()))), trim(expect));
}

/// How one entry of a hand-written zip differs from an honest one.
#[derive(Clone, Copy, Default)]
pub(crate) struct Lie {
    /// Promised size, where it is not the true one.
    pub(crate) size: Option<u32>,
    /// Promised checksum.
    pub(crate) crc: Option<u32>,
    /// Point at the data of the first entry.
    pub(crate) on_top_of_first: bool,
}

/// A zip of deflated entries.
pub(crate) fn zip(entries: &[(&str, &[u8], Lie)]) -> Vec<u8> {
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    let mut first = None;
    for (name, content, lie) in entries {
        let packed = deflate(content);
        let crc = lie.crc.unwrap_or_else(|| crc32(content));
        let size = lie.size.unwrap_or(content.len() as u32);
        let (offset, length) = match (lie.on_top_of_first, first) {
            (true, Some(place)) => place,
            _ => (archive.len() as u32, packed.len() as u32),
        };
        let sizes = |out: &mut Vec<u8>| {
            out.extend([20, 0, 0, 0, 8, 0, 0, 0, 0, 0]);
            out.extend(crc.to_le_bytes());
            out.extend(length.to_le_bytes());
            out.extend(size.to_le_bytes());
            out.extend((name.len() as u16).to_le_bytes());
            out.extend([0, 0]);
        };
        if !lie.on_top_of_first || first.is_none() {
            archive.extend(b"PK\x03\x04");
            sizes(&mut archive);
            archive.extend(name.as_bytes());
            archive.extend(&packed);
        }
        first.get_or_insert((offset, length));
        directory.extend(b"PK\x01\x02");
        directory.extend([20, 0]);
        sizes(&mut directory);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = archive.len() as u32;
    let count = (entries.len() as u16).to_le_bytes();
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(count);
    archive.extend(count);
    archive.extend((directory.len() as u32).to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0, 0]);
    archive
}

fn deflate(content: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn crc32(content: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(content);
    crc.sum()
}

/// The folder of real advisories, where it is there.
pub(crate) fn real_folder() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("PLIMSOLL_SHARED").map_or_else(beside, PathBuf::from);
    let folder = shared.join("data/advisories");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no real advisories at {}", folder.display());
    None
}
