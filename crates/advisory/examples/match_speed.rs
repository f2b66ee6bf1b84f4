//! How fast the database opens, looks up and matches, over a folder of shared advisories.
//!
//! `cargo run --release -p plimsoll-advisory --example match_speed -- ADVISORIES DPKG.TSV`
//! where `ADVISORIES` has one folder for each feed and `DPKG.TSV` is a table of name, version,
//! architecture, source and its version. Nothing but what it prints comes of it.

mod folder;

use std::fs;
use std::io::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use plimsoll_advisory::database::Database;
use plimsoll_advisory::matching::{Options, find};
use plimsoll_model::{Analysis, Distribution, NameKind, Package, PackageType, SourcePackage};

use folder::{Choice, build};

fn image(table: &Path) -> Result<Analysis, Error> {
    let mut analysis = Analysis {
        distribution: Some(Distribution {
            id: "debian".into(),
            version_id: Some("12".into()),
            ..Distribution::default()
        }),
        ..Analysis::default()
    };
    for line in fs::read_to_string(table)?.lines().filter(|line| !line.starts_with('#')) {
        let [name, version, arch, source, source_version] = *line.split('\t').collect::<Vec<_>>() else {
            continue;
        };
        let mut package = Package::new(PackageType::new("deb"), name, version);
        package.arch = Some(arch.to_owned());
        package.source =
            Some(SourcePackage { name: source.to_owned(), version: Some(source_version.to_owned()) });
        analysis.packages.push(package);
    }
    Ok(analysis)
}

#[expect(clippy::print_stdout, reason = "an example says what it measured")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [root, table] = arguments.as_slice() else {
        return Err("give a folder of advisories and a table of packages".into());
    };
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("advisories.db");
    let start = Instant::now();
    let everything = Choice { keeps: &|_| true, file: &|_, _, file| file };
    build(root, &path, &everything)?;
    println!("build: {:?}, {} bytes", start.elapsed(), fs::metadata(&path)?.len());
    let mut analysis = image(table)?;
    // Five hundred packages, whatever the table has.
    let packages = analysis.packages.clone();
    analysis.packages = packages.iter().cycle().take(500).cloned().collect();
    let mut best = std::time::Duration::MAX;
    for _ in 0..20 {
        let start = Instant::now();
        let database = Database::open(&path)?;
        let opened = start.elapsed();
        let answer = find(&database, &analysis, &Options::default());
        if start.elapsed() < best {
            best = start.elapsed();
            println!(
                "open {opened:?}, open and match 500 packages {best:?}: {} findings",
                answer.findings.len()
            );
        }
    }
    let database = Database::open(&path)?;
    let names =
        ["openssl", "linux", "nothing-of-that-name", "bash", "zlib", "systemd-of-another-kind", "curl"];
    let start = Instant::now();
    let mut rows = 0;
    const LOOK_UPS: u32 = 200_000;
    for number in 0..LOOK_UPS {
        let name = packages.get(number as usize % packages.len().max(1)).filter(|_| number % 2 == 0);
        let name = name.and_then(|package| package.source.as_ref()).map_or_else(
            || names.get(number as usize / 2 % names.len()).copied().unwrap_or_default(),
            |source| source.name.as_str(),
        );
        // The kernel's thousands of statements are another measure than the look-up.
        if name != "linux" {
            rows +=
                usize::from(!database.statements("deb", Some("debian"), name, NameKind::Source)?.is_empty());
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{:.0} look-ups a second, {rows} of {LOOK_UPS} with an answer", f64::from(LOOK_UPS) / seconds);
    Ok(())
}
