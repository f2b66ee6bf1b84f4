//! How long it takes to bring ten thousand stored answers up to date after an update of the
//! database, and whether all come out as if every list had been matched anew.
//!
//! `cargo run --release -p plimsoll-advisory --example rematch_speed -- ADVISORIES IMAGES [LISTS]`
//! where `ADVISORIES` is a folder of shared advisories with `osv` and `osv-earlier` in it, and
//! `IMAGES` has a folder for each image with its package lists (`truth/dpkg.tsv`, `apk.tsv`,
//! `rpm.tsv`). The old database has AlmaLinux's earlier records, and lacks one in two hundred of
//! all others. Nothing but what it prints comes of it.

mod folder;

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use plimsoll_advisory::database::Database;
use plimsoll_advisory::matching::{Changes, ListIndex, Options, Renewal, Renewer, find};
use plimsoll_model::{Advisory, Analysis, Distribution, Package, PackageType, SourcePackage};

use folder::{Choice, Failure};

/// Lists that are made where no other number is given.
const LISTS: u32 = 10_000;

/// A number that follows from these parts alone.
fn hash(parts: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

/// Builds the newer or the older database.
fn build(root: &Path, path: &Path, is_old: bool) -> Result<Database, Failure> {
    let keeps = |advisory: &Advisory| {
        !is_old || advisory.id.starts_with("AL") || !hash(&[&advisory.id]).is_multiple_of(200)
    };
    let file = |feed: &str, name: &str, file: PathBuf| {
        let earlier = root.join("osv-earlier").join(name);
        if is_old && feed == "osv" && earlier.is_file() { earlier } else { file }
    };
    folder::build(root, path, &Choice { keeps: &keeps, file: &file })?;
    Ok(Database::open(path)?)
}

/// The package lists of the real images, each with the distributions that it is taken for.
fn images(folder: &Path) -> Result<Vec<(Distribution, Vec<Package>)>, Failure> {
    let mut names: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    names.sort();
    let mut images = Vec::new();
    for path in names {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let release = name.split_once('@').map_or("", |(_, tag)| tag);
        let release: String =
            release.chars().take_while(|letter| letter.is_ascii_digit() || *letter == '.').collect();
        for (table, kind) in [("dpkg", "deb"), ("apk", "apk"), ("rpm", "rpm")] {
            let Ok(text) = fs::read_to_string(path.join(format!("truth/{table}.tsv"))) else { continue };
            let packages: Vec<Package> = text
                .lines()
                .filter(|line| !line.starts_with('#'))
                .filter_map(|line| package(kind, &line.split('\t').collect::<Vec<_>>()))
                .collect();
            let taken_for: &[(&str, &str)] = match kind {
                "deb" => &[("debian", "12")],
                "apk" if name.starts_with("alpine@") => &[("alpine", "")],
                "apk" => &[("alpine", "3.10")],
                // Rebuilds of one another, whose packages have the same names.
                _ => &[("almalinux", "8.6"), ("ol", "7.9"), ("almalinux", "9.2")],
            };
            for (id, version) in taken_for {
                let version = if version.is_empty() { release.clone() } else { (*version).to_owned() };
                let distribution = Distribution {
                    id: (*id).to_owned(),
                    version_id: Some(version),
                    ..Distribution::default()
                };
                images.push((distribution, packages.clone()));
            }
        }
    }
    Ok(images)
}

fn package(kind: &'static str, fields: &[&str]) -> Option<Package> {
    let source = |name: &str, version: Option<&str>| {
        Some(SourcePackage { name: name.to_owned(), version: version.map(str::to_owned) })
    };
    Some(match (kind, fields) {
        ("deb", [name, version, arch, from, from_version, ..]) => Package {
            arch: Some((*arch).to_owned()),
            source: source(from, Some(from_version)),
            ..Package::new(PackageType::new(kind), *name, *version)
        },
        ("apk", [name, version, arch, origin, ..]) => Package {
            arch: Some((*arch).to_owned()),
            source: source(origin, None),
            ..Package::new(PackageType::new(kind), *name, *version)
        },
        ("rpm", [name, epoch, version, release, arch, source_rpm, ..]) => {
            let epoch = if *epoch == "(none)" { String::new() } else { format!("{epoch}:") };
            let file = source_rpm.strip_suffix(".src.rpm").unwrap_or(source_rpm);
            let mut parts = file.rsplitn(3, '-');
            let (from_release, from_version) = (parts.next()?, parts.next()?);
            Package {
                arch: Some((*arch).to_owned()),
                source: source(parts.next()?, Some(&format!("{from_version}-{from_release}"))),
                ..Package::new(PackageType::new(kind), *name, format!("{epoch}{version}-{release}"))
            }
        }
        _ => return None,
    })
}

/// A list made of a real one: most of its packages, not the same ones each time.
fn list(number: u32, images: &[(Distribution, Vec<Package>)]) -> Analysis {
    let Some((distribution, packages)) = images.get(number as usize % images.len().max(1)) else {
        return Analysis::default();
    };
    let text = number.to_string();
    Analysis {
        distribution: Some(distribution.clone()),
        packages: packages
            .iter()
            .filter(|package| !hash(&[&text, &package.name]).is_multiple_of(4))
            .cloned()
            .collect(),
        ..Analysis::default()
    }
}

#[expect(clippy::print_stdout, reason = "an example says what it measured")]
fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (root, folder, lists) = match arguments.as_slice() {
        [root, folder] => (root, folder, LISTS),
        [root, folder, lists] => (root, folder, lists.parse()?),
        _ => return Err("give a folder of advisories and a folder of images".into()),
    };
    let place = tempfile::tempdir()?;
    let start = Instant::now();
    let old = build(Path::new(root), &place.path().join("old.db"), true)?;
    let new = build(Path::new(root), &place.path().join("new.db"), false)?;
    println!("two databases built in {:.1?}", start.elapsed());
    let images = images(Path::new(folder))?;
    if images.is_empty() {
        return Err("there is no package list below the folder of images".into());
    }
    let options = Options::default();

    let (mut packages, mut index, mut indexing) = (0, ListIndex::default(), Duration::ZERO);
    for number in 0..lists {
        let analysis = list(number, &images);
        packages += analysis.packages.len();
        let start = Instant::now();
        index.insert(number, &analysis);
        indexing += start.elapsed();
    }
    println!(
        "{lists} lists of {} real ones: {packages} packages, {} names, indexed in {indexing:.2?}",
        images.len(),
        index.names()
    );

    let start = Instant::now();
    let changes = Changes::between(&old, &new)?;
    let holding = index.holding(&changes);
    let finding = start.elapsed();
    println!(
        "{} names and {} flaws changed; {} lists hold one of the names: {finding:.2?}",
        changes.names().len(),
        changes.flaws(),
        holding.len()
    );

    let mut renewer = Renewer::new((&old, &new), &changes);
    let (mut matched, mut updating, mut anew, mut findings, mut moved) =
        (0, Duration::ZERO, Duration::ZERO, 0, 0);
    for number in 0..lists {
        let analysis = list(number, &images);
        let mut answer = find(&old, &analysis, &options);
        let before = answer.findings.clone();
        let start = Instant::now();
        let held = holding.contains(&number);
        let done = renewer.bring_up_to_date(held, &analysis, &mut answer, &options)?;
        updating += start.elapsed();
        matched += u32::from(done != Renewal::Refreshed);
        let start = Instant::now();
        let expected = find(&new, &analysis, &options);
        anew += start.elapsed();
        if answer != expected {
            return Err(format!("list {number} came out differently").into());
        }
        findings += expected.findings.len();
        moved += u32::from(before != expected.findings);
    }
    println!(
        "brought up to date in {:.2?}: {matched} matched where a name changed, {} only refreshed; {moved} have other findings now",
        finding + updating,
        lists - matched
    );
    println!("everything matched anew: {anew:.2?}, {findings} findings, all {lists} answers the same");
    Ok(())
}
