//! From the databases of all layers to the packages of the image: which database shows, what
//! its write-ahead log changes, who owns which file, and which layer brought which package.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use plimsoll_model::evidence::recorded::RecordedNames;
use plimsoll_model::evidence::{RecordedDigest, RecordedFile};
use plimsoll_model::path::{MAX_PATH, split};
use plimsoll_model::{FileId, Package, PathIndex, Problem, SourcePackage, TreePath, digest};

use super::damage::{Damage, report_sentences};
use super::fragment::{Format, Fragment, Packages, records};
use super::record::{Bytes, Files, PackageRecord, each_or_same};
use super::{PACKAGE_TYPE, Rpm, sqlite};
use crate::ecosystem::Ecosystem as _;
use crate::reader::{Joined, LayerFragment, LayeredImage};

/// A database file of one layer.
struct Source<'a> {
    layer: u32,
    path: &'a [u8],
    directory: &'a [u8],
    visible: bool,
    fragment: Fragment<'a>,
}

/// A database, and the write-ahead log that goes with it, by their places among the sources.
type Database = (usize, Option<usize>);

/// What the databases say, once logs are applied. Only pairs with a log are read anew.
struct Contents<'a> {
    sources: Vec<Source<'a>>,
    rebuilt: BTreeMap<(usize, usize), Packages>,
}

pub(super) fn join(image: &LayeredImage<'_>, joined: &mut Joined) {
    let sources = decode(image.fragments, &mut joined.problems);
    let shown = shown_databases(&sources);
    if shown.is_empty() {
        return;
    }
    for (place, _) in &shown {
        tell_of_several(&sources, *place, &mut joined.problems);
    }
    let steps = steps(&sources, &shown);
    let mut contents = Contents { sources, rebuilt: BTreeMap::new() };
    for database in &shown {
        contents.rebuild(*database, Some(&mut joined.problems));
    }
    for database in steps.iter().flat_map(|(_, databases)| databases) {
        contents.rebuild(*database, None);
    }
    let layers = Layers::new(&contents, &steps);
    let mut owners = Owners { files: image.files, directories: HashMap::new(), names: HashMap::new() };
    // Two directories with a database each are one installation that was moved or linked:
    // what both of them list is one package. Within one database nothing is merged.
    let mut earlier: HashMap<Vec<u8>, u32> = HashMap::new();
    for database in shown {
        let Some(source) = contents.sources.get(database.0) else { continue };
        let mut own = Vec::new();
        for record in records(contents.records(database)) {
            let Ok(record) = record else {
                let broken = "what was kept of this database cannot be read back; packages are missing";
                report_sentences([broken], source.path, &mut joined.problems);
                break;
            };
            let identity = record.identity();
            let package = earlier.get(&identity).copied().unwrap_or_else(|| {
                let number = joined.packages.len() as u32;
                let mut package = package(&record);
                package.layer = Some(layers.of(&identity).unwrap_or(source.layer));
                package.evidence = Some(TreePath::from_normal(source.path.to_vec()));
                package.purl = Rpm.purl(&package, joined.distribution.as_ref());
                joined.packages.push(package);
                own.push((identity, number));
                number
            });
            owners.add(&record.files, package, &mut joined.owned);
            if joined.with_evidence {
                owners.record(&record.files, package, &mut joined.evidence.recorded);
            }
        }
        earlier.extend(own);
    }
}

fn decode<'a>(fragments: &[LayerFragment<'a>], problems: &mut Vec<Problem>) -> Vec<Source<'a>> {
    let mut sources = Vec::new();
    for each in fragments {
        match Fragment::decode(each.payload) {
            Some(fragment) => sources.push(Source {
                layer: each.layer,
                path: each.path,
                directory: split(each.path).0,
                visible: each.file.is_some(),
                fragment,
            }),
            None => {
                let broken = "what was kept of this database cannot be read back; packages may be missing";
                report_sentences([broken], each.path, problems);
            }
        }
    }
    sources
}

/// The databases that the image shows: in each directory the one of the backend that rpm
/// prefers. A list made at build time counts only where there is no database.
fn shown_databases(sources: &[Source<'_>]) -> Vec<Database> {
    let visible = || sources.iter().enumerate().filter(|(_, source)| source.visible);
    let mut best: BTreeMap<&[u8], (Format, usize)> = BTreeMap::new();
    for (place, source) in visible().filter(|(_, source)| source.fragment.format != Format::Wal) {
        let rank = (source.fragment.format, place);
        let entry = best.entry(source.directory).or_insert(rank);
        *entry = rank.min(*entry);
    }
    if best.values().any(|(format, _)| !format.is_manifest()) {
        best.retain(|_, (format, _)| !format.is_manifest());
    }
    best.iter()
        .map(|(directory, (_, place))| {
            let wal = visible()
                .find(|(_, source)| source.fragment.format == Format::Wal && source.directory == *directory)
                .map(|(place, _)| place);
            (*place, wal.filter(|_| takes_log(sources, *place)))
        })
        .collect()
}

/// Says where a directory shows databases of several backends: rpm reads one of them alone, and
/// what the others hold does not count.
fn tell_of_several(sources: &[Source<'_>], shown: usize, problems: &mut Vec<Problem>) {
    let Some(chosen) = sources.get(shown) else { return };
    let others = sources.iter().filter(|source| {
        let format = source.fragment.format;
        source.visible
            && source.directory == chosen.directory
            && format != chosen.fragment.format
            && format != Format::Wal
            && !format.is_manifest()
    });
    let count = others.count();
    if count > 0 {
        let subject = format!("/{}", plimsoll_model::path::escape(chosen.directory));
        let detail = format!(
            "there are databases of {} backends here; like rpm, Plimsoll reads the one that rpm prefers, and packages that only another one lists are missing",
            count + 1
        );
        problems.push(Problem::new("rpm-database-several", subject, detail));
    }
}

/// Whether a log may change what a database says: only SQLite's, and only in that mode.
fn takes_log(sources: &[Source<'_>], database: usize) -> bool {
    sources
        .get(database)
        .is_some_and(|source| source.fragment.format == Format::Sqlite && !source.fragment.raw.is_empty())
}

/// For each layer that brings a database or a log, the databases as they stood with it. That a
/// layer in between removed one is not known here; so a log counts only for a database that it
/// came with or after.
fn steps(sources: &[Source<'_>], shown: &[Database]) -> Vec<(u32, Vec<Database>)> {
    let manifests = shown
        .iter()
        .any(|(place, _)| sources.get(*place).is_some_and(|source| source.fragment.format.is_manifest()));
    let mut current: BTreeMap<(&[u8], Format), usize> = BTreeMap::new();
    let mut steps: Vec<(u32, Vec<Database>)> = Vec::new();
    let mut at = 0;
    while let Some(first) = sources.get(at) {
        while let Some(source) = sources.get(at).filter(|source| source.layer == first.layer) {
            current.insert((source.directory, source.fragment.format), at);
            at += 1;
        }
        let mut databases: BTreeMap<&[u8], Database> = BTreeMap::new();
        // Formats come in the order of rpm's preference, so the first of a directory stands.
        for ((directory, format), place) in &current {
            if *format == Format::Wal || format.is_manifest() != manifests {
                continue;
            }
            databases.entry(*directory).or_insert_with(|| {
                let layer = |place: usize| sources.get(place).map(|source| source.layer);
                let wal = current.get(&(*directory, Format::Wal)).copied();
                let wal = wal.filter(|wal| takes_log(sources, *place) && layer(*wal) >= layer(*place));
                (*place, wal)
            });
        }
        steps.push((first.layer, databases.into_values().collect()));
    }
    if let Some((_, last)) = steps.last_mut() {
        *last = shown.to_vec();
    }
    steps
}

impl Contents<'_> {
    /// Reads a database anew where a log with committed transactions goes with it. `problems`
    /// are wanted for what the image shows.
    fn rebuild(&mut self, (place, wal): Database, problems: Option<&mut Vec<Problem>>) {
        let key = (place, wal.unwrap_or(place));
        let Some(source) = self.sources.get(place) else { return };
        if self.rebuilt.contains_key(&key) {
            return;
        }
        let log = wal.and_then(|wal| self.sources.get(wal));
        // What is wrong with the log itself was said when it was read.
        let log = log.and_then(|log| sqlite::Wal::open(log.fragment.raw, &mut Damage::default()));
        let mut sentences = source.fragment.deferred.clone();
        if let Some(log) = log.filter(sqlite::Wal::changes_anything) {
            let mut damage = Damage::default();
            let raw = source.fragment.raw;
            let packages = Packages::read(Format::Sqlite, raw, Some(&log), &mut damage);
            self.rebuilt.insert(key, packages);
            sentences = damage.into_sentences();
        }
        if let Some(problems) = problems {
            report_sentences(sentences, source.path, problems);
        }
    }

    fn rebuilt(&self, (place, wal): Database) -> Option<&Packages> {
        self.rebuilt.get(&(place, wal?))
    }

    fn records(&self, database: Database) -> &[u8] {
        match (self.rebuilt(database), self.sources.get(database.0)) {
            (Some(packages), _) => &packages.records,
            (None, Some(source)) => source.fragment.records,
            (None, None) => &[],
        }
    }

    fn collect_identities<'b>(&'b self, database: Database, into: &mut HashSet<&'b [u8]>) {
        match (self.rebuilt(database), self.sources.get(database.0)) {
            (Some(packages), _) => into.extend(packages.identities.iter().map(Vec::as_slice)),
            (None, Some(source)) => {
                into.extend(source.fragment.identities.iter().map(|identity| identity.0));
            }
            (None, None) => {}
        }
    }
}

/// Who was installed with which layer, the highest first.
struct Layers<'a>(Vec<(u32, HashSet<&'a [u8]>)>);

impl<'a> Layers<'a> {
    fn new(contents: &'a Contents<'_>, steps: &[(u32, Vec<Database>)]) -> Self {
        let mut layers = Vec::with_capacity(steps.len());
        for (layer, databases) in steps.iter().rev() {
            let mut installed = HashSet::new();
            for database in databases {
                contents.collect_identities(*database, &mut installed);
            }
            layers.push((*layer, installed));
        }
        Self(layers)
    }

    /// The lowest layer from which on a package was installed without a break.
    fn of(&self, identity: &[u8]) -> Option<u32> {
        self.0
            .iter()
            .take_while(|(_, installed)| installed.contains(identity))
            .last()
            .map(|(layer, _)| *layer)
    }
}

/// `RPMVERIFY_*`.
mod verified {
    pub(super) const DIGEST: u32 = 1;
    pub(super) const SIZE: u32 = 1 << 1;
    pub(super) const LINK: u32 = 1 << 2;
    pub(super) const USER: u32 = 1 << 3;
    pub(super) const GROUP: u32 = 1 << 4;
    pub(super) const MODE: u32 = 1 << 6;
    pub(super) const CAPABILITIES: u32 = 1 << 8;
}

/// `RPMFILE_*`.
mod attribute {
    pub(super) const CONFIGURATION: u32 = 1;
    pub(super) const MISSING_OK: u32 = 1 << 3;
    pub(super) const GHOST: u32 = 1 << 6;
}

/// Finds the files that packages list.
struct Owners<'a> {
    files: &'a PathIndex<'a>,
    /// Directories that were looked up, links followed. Packages share most of theirs.
    directories: HashMap<Vec<u8>, Option<FileId>>,
    /// Names that were met, each kept once.
    names: HashMap<Vec<u8>, Arc<str>>,
}

impl Owners<'_> {
    fn add(&mut self, listed: &Files<'_>, package: u32, owned: &mut Vec<(FileId, u32)>) {
        if listed.directory_indexes.is_empty() {
            let paths = listed.names.members().enumerate();
            let installed = paths.filter(|(position, _)| listed.is_installed(*position));
            owned.extend(installed.filter_map(|(_, path)| Some((self.files.resolve(path)?, package))));
            return;
        }
        let directories: Vec<Option<FileId>> =
            listed.directories.members().map(|path| self.directory(path)).collect();
        for (position, (name, directory)) in listed.names.members().zip(&listed.directory_indexes).enumerate()
        {
            let Some(Some(directory)) = directories.get(*directory as usize).copied() else {
                continue;
            };
            if !listed.is_installed(position) {
                continue;
            }
            // The root itself is listed as nothing in "/".
            let file = if name.is_empty() { Some(directory) } else { self.files.child(directory, name) };
            owned.extend(file.map(|file| (file, package)));
        }
    }

    /// Keeps what the header says of each file, as far as `rpm --verify` looks at it: of a ghost,
    /// which the package does not bring, neither content nor size nor type; of what is no regular
    /// file, no content and no size.
    fn record(&mut self, listed: &Files<'_>, package: u32, recorded: &mut Vec<RecordedFile>) {
        let directories: Vec<&[u8]> = listed.directories.members().collect();
        let mut digests = listed.each_digest();
        let [mut users, mut groups, mut links, mut capabilities] =
            [listed.users, listed.groups, listed.links, listed.capabilities].map(each_or_same);
        for (position, name) in listed.names.members().enumerate() {
            let digest = digests.next().flatten();
            let (user, group, link, capability) = (users(), groups(), links(), capabilities());
            if !listed.is_installed(position) {
                continue;
            }
            let directory = match listed.directory_indexes.get(position) {
                Some(place) => directories.get(*place as usize).copied().unwrap_or_default(),
                None => b"",
            };
            if directory.len() + name.len() > MAX_PATH {
                continue;
            }
            let Ok(path) = TreePath::parse(&[directory, name].concat()) else { continue };
            let file = match self.directory(directory) {
                Some(place) if !directory.is_empty() && !name.is_empty() => self.files.child(place, name),
                _ => self.files.resolve(path.as_bytes()),
            };
            let at = |list: &[u32]| list.get(position).copied().unwrap_or_default();
            let (flags, unverified) = (at(&listed.flags), at(&listed.unverified));
            let mode = listed.modes.get(position).copied();
            let is_ghost = flags & attribute::GHOST != 0;
            let is_regular = mode.is_none_or(|mode| mode & 0o170_000 == 0o100_000);
            let looks = |what: u32| unverified & what == 0;
            let has_content = is_regular && !is_ghost;
            let digest = digest.map(|digest| match listed.digest_algorithm {
                1 => digest.try_into().map_or(RecordedDigest::Other, RecordedDigest::Md5),
                2 => digest.try_into().map_or(RecordedDigest::Other, RecordedDigest::Sha1),
                8 => digest.try_into().map_or(RecordedDigest::Other, RecordedDigest::Sha256),
                _ => RecordedDigest::Other,
            });
            let mut name =
                |text: Option<&[u8]>, what| text.filter(|_| looks(what)).map(|text| self.name(text));
            let named = RecordedNames {
                user: name(user, verified::USER),
                group: name(group, verified::GROUP),
                link: link
                    .filter(|link| !link.is_empty() && !is_ghost && looks(verified::LINK))
                    .map(Arc::from),
                capabilities: name(Some(capability.unwrap_or_default()), verified::CAPABILITIES)
                    .filter(|_| is_regular),
            };
            recorded.push(RecordedFile {
                package,
                path,
                file,
                named: Some(Box::new(named)),
                digest: digest.filter(|_| has_content && looks(verified::DIGEST)),
                size: listed.sizes.get(position).copied().filter(|_| has_content && looks(verified::SIZE)),
                mode: mode
                    .filter(|_| looks(verified::MODE))
                    .map(|mode| if is_ghost { mode & 0o7777 } else { mode }),
                owner: None,
                is_configuration: flags & attribute::CONFIGURATION != 0,
                may_be_missing: is_ghost || flags & attribute::MISSING_OK != 0,
            });
        }
    }

    fn name(&mut self, text: &[u8]) -> Arc<str> {
        if let Some(known) = self.names.get(text) {
            return Arc::clone(known);
        }
        let name: Arc<str> = String::from_utf8_lossy(text).into();
        self.names.insert(text.to_vec(), Arc::clone(&name));
        name
    }

    fn directory(&mut self, path: &[u8]) -> Option<FileId> {
        if let Some(known) = self.directories.get(path) {
            return *known;
        }
        let found = self.files.follow(path);
        self.directories.insert(path.to_vec(), found);
        found
    }
}

fn package(record: &PackageRecord<'_>) -> Package {
    let text = |field: Option<Bytes<'_>>| field.filter(|text| !text.0.is_empty()).map(Bytes::to_text);
    Package {
        arch: text(record.arch),
        source: record.source.and_then(source_package),
        licenses: text(record.license).into_iter().collect(),
        size: record.size,
        vendor: text(record.vendor),
        signing_key: record.signing_key.map(|id| digest::hex(&id)),
        origin: text(record.modularity),
        requires: record.requires.texts().collect(),
        provides: record.provides.texts().collect(),
        url: text(record.url),
        summary: text(record.summary),
        ..Package::new(PACKAGE_TYPE, record.name.to_text(), record.full_version())
    }
}

/// Name and version out of the file name of a source package, `NAME-VERSION-RELEASE.src.rpm`
/// (`.nosrc.rpm` where parts of the source are left out).
fn source_package(file: Bytes<'_>) -> Option<SourcePackage> {
    let stem = file.0.strip_suffix(b".src.rpm").or_else(|| file.0.strip_suffix(b".nosrc.rpm"))?;
    let release_at = memchr::memrchr(b'-', stem)?;
    let name_end = memchr::memrchr(b'-', stem.get(..release_at)?)?;
    Some(SourcePackage {
        name: Bytes(stem.get(..name_end)?).to_text(),
        version: Some(Bytes(stem.get(name_end + 1..)?).to_text()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, expect: Option<(&str, &str)>) {
        let found = source_package(Bytes(file.as_bytes()));
        let expect = expect.map(|(name, version)| SourcePackage {
            name: name.to_owned(),
            version: Some(version.to_owned()),
        });
        assert_eq!(found, expect, "{file}");
    }

    #[test]
    fn the_source_package_is_named_by_its_file() {
        check("bash-4.2.46-20.el7_2.src.rpm", Some(("bash", "4.2.46-20.el7_2")));
        check(
            "java-1.8.0-openjdk-1.8.0.121-0.b13.el7_3.nosrc.rpm",
            Some(("java-1.8.0-openjdk", "1.8.0.121-0.b13.el7_3")),
        );
        check("(none)", None);
        check("bash.src.rpm", None);
    }
}
