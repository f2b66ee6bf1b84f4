//! How much memory a large database takes to build, and then to use.
//!
//! `cargo run --release -p plimsoll-advisory --example build_memory -- 400000` makes that many
//! advisories with ten statements each, and prints times and the highest memory of the process.

use std::fs::{self, File};
use std::io::BufWriter;
use std::time::Instant;

use plimsoll_advisory::database::{Database, DatabaseBuilder, FeedOrigin, changed_names};
use plimsoll_model::{Advisory, FixState, NameKind, RangeEnd, Scope, Severity, Statement, VersionRange};

fn advisory(number: u32) -> Advisory {
    let statement = |each: u32| Statement {
        scope: Scope {
            kind: "rpm".into(),
            distribution: Some("rhel".into()),
            release: Some((7 + each % 3).to_string()),
        },
        // Some names have many statements, most have few.
        name: format!(
            "package-{}",
            number.wrapping_mul(2_654_435_761).wrapping_add(each * 7919) % (1 << (each + 8))
        ),
        name_kind: NameKind::Binary,
        architectures: vec!["x86_64".into(), "aarch64".into()],
        module: None,
        repository: Some("baseos".into()),
        state: FixState::Ranges,
        ranges: vec![VersionRange {
            introduced: None,
            end: RangeEnd::Fixed(format!("1:{}.{}.{each}-12.el9_2", number % 17, number % 101)),
        }],
        versions: Vec::new(),
    };
    Advisory {
        id: format!("RHSA-2024:{number}"),
        related: (0..3).map(|each| format!("CVE-2024-{}", number * 3 + each)).collect(),
        summary: Some(format!("Important: package {number} security update")),
        severities: vec![Severity::Word("important".into())],
        modified: Some("2024-05-07T15:12:28Z".into()),
        references: (0..6).map(|each| format!("https://example.com/{number}/{each}/page.html")).collect(),
        statements: (0..10).map(statement).collect(),
        ..Advisory::default()
    }
}

fn memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: not known").to_owned()
}

#[expect(clippy::print_stdout, reason = "an example says what it measured")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: u32 = std::env::args().nth(1).ok_or("give a number of advisories")?.parse()?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("advisories.db");
    let start = Instant::now();
    let mut builder = DatabaseBuilder::new(BufWriter::new(File::create(&path)?), folder.path(), None)?;
    let feed = builder.feed(FeedOrigin { id: "made".into(), ..FeedOrigin::default() })?;
    for number in 0..count {
        builder.add(feed, &advisory(number))?;
    }
    builder.finish()?;
    println!("build: {:?}, {} bytes, {}", start.elapsed(), fs::metadata(&path)?.len(), memory());
    let start = Instant::now();
    let database = Database::open(&path)?;
    println!("open: {:?}", start.elapsed());
    let start = Instant::now();
    println!("changed: {}, {:?}", changed_names(&database, &database)?.len(), start.elapsed());
    let start = Instant::now();
    let mut builder = DatabaseBuilder::new(std::io::sink(), folder.path(), None)?;
    builder.carry_over(&database, "made")?;
    builder.finish()?;
    println!("carried over: {:?}, {}", start.elapsed(), memory());
    Ok(())
}
