//! Feeds in OVAL, CSAF VEX and updateinfo: small documents written by hand, the real ones where
//! they are, and damaged ones.

#![expect(clippy::unwrap_used, reason = "functions that tests share may fail as tests do")]
#![expect(clippy::print_stderr, reason = "tests say what they skip, and how long loading took")]

mod amazon;
mod mutation;
mod oracle;
mod other_oval;
mod real_oval;
mod real_redhat;
mod redhat;

use std::path::PathBuf;

use plimsoll_advisory::{Feed, FeedFile, Sink};
use plimsoll_model::{Advisory, NameKind, Problem, RangeEnd, Statement};

/// Keeps all that a feed says.
#[derive(Debug, Default)]
struct Collected {
    advisories: Vec<Advisory>,
    problems: Vec<Problem>,
}

impl Sink for Collected {
    fn advisory(&mut self, advisory: Advisory) {
        self.advisories.push(advisory);
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}

fn parse(feed: &dyn Feed, path: &str, bytes: &[u8]) -> Collected {
    let mut bytes = std::io::Cursor::new(bytes);
    assert!(feed.takes(path), "{path} is not taken");
    let mut collected = Collected::default();
    feed.parse(FeedFile::new(path, &mut bytes), &mut collected);
    collected
}

impl Collected {
    /// One line for each advisory, statement and problem.
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for advisory in &self.advisories {
            let severities: Vec<String> =
                advisory.severities.iter().map(|severity| format!("{severity:?}")).collect();
            lines.push(format!(
                "{} [{}] {} {}",
                advisory.id,
                advisory.aliases.iter().chain(&advisory.related).cloned().collect::<Vec<_>>().join(" "),
                severities.join(" "),
                advisory.published.as_ref().or(advisory.modified.as_ref()).map_or("-", String::as_str)
            ));
            lines.extend(advisory.statements.iter().map(|statement| format!("  {}", line(statement))));
        }
        lines.extend(self.problems.iter().map(|problem| format!("! {}", problem.code)));
        lines
    }
}

fn line(statement: &Statement) -> String {
    let mut said = format!(
        "{}:{} {}{}",
        statement.scope.distribution.as_deref().unwrap_or("-"),
        statement.scope.release.as_deref().unwrap_or("*"),
        if statement.name_kind == NameKind::Source { "source " } else { "" },
        statement.name
    );
    if !statement.architectures.is_empty() {
        said += &format!(" ({})", statement.architectures.join(","));
    }
    for label in statement.module.iter().chain(&statement.repository) {
        said += &format!(" in {label}");
    }
    said += &format!(" {:?}", statement.state);
    for range in &statement.ranges {
        assert_eq!(range.introduced, None);
        match &range.end {
            RangeEnd::Fixed(version) => said += &format!(" < {version}"),
            RangeEnd::LastAffected(version) => said += &format!(" <= {version}"),
            RangeEnd::Open => said += " open",
        }
    }
    for version in &statement.versions {
        said += &format!(" = {version}");
    }
    said
}

/// A folder of the shared advisories; `None`, and a word about it, where it is not there.
fn shared(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("PLIMSOLL_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = root.join("data/advisories").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there", path.display());
    None
}
