//! Alpine's security database: which version of a package fixed which flaws.
//!
//! Wolfi, Chainguard and MinimOS publish the same form for their packages.

mod document;
mod ids;

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_catalog::Doc;
use plimsoll_model::{Advisory, FixState, NameKind, RangeEnd, Scope, Statement, VersionRange};

use self::document::{Database, Entry, Fixes, Loose};
use super::intake::{Reporter, clip, read_bounded};
use super::{Answer, Feed, FeedFile, FeedRequest, FollowUp, Kept, Sink};

/// The largest file that is read. Alpine's have up to 1 MB, Chainguard's some 30 MB.
const MAXIMUM_FILE: u64 = 512 << 20;

/// How many YAML nodes a file may have. The largest real one (Alpine 3.11) has 4,000; none has
/// been published as YAML since.
const MAXIMUM_YAML_NODES: usize = 2_000_000;

/// The page that lists the releases, and the most that is read of it: the real one has 3 KB.
const INDEX: &str = "index.html";
const MAXIMUM_INDEX: u64 = 1 << 20;

/// Releases that a page of them may list. There have been some thirty.
const MAXIMUM_RELEASES: usize = 200;

/// Releases that are published, where no page lists them.
const RELEASES: &[&str] = &[
    "edge", "v3.23", "v3.22", "v3.21", "v3.20", "v3.19", "v3.18", "v3.17", "v3.16", "v3.15", "v3.14",
    "v3.13", "v3.12", "v3.11", "v3.10",
];

/// Distributions whose files say only by their address whose they are.
const PUBLISHERS: &[(&str, &str)] =
    &[("packages.wolfi.dev", "wolfi"), ("packages.cgr.dev", "chainguard"), ("packages.mini.dev", "minimos")];

/// The Alpine security database.
#[derive(Debug, Clone, Copy)]
pub struct AlpineSecdb;

static DOC: Doc = Doc {
    id: "alpine-secdb",
    title: "Alpine security database",
    summary: "Which version of an Alpine package fixed which flaws, by release.",
    explanation: "Reads the files of the Alpine security database, one for each release and repository, as JSON \
        and in the older YAML, and those that Wolfi, Chainguard and MinimOS publish in the same form.\n\n\
        A flaw that a package fixed in several versions is affected before each of them. The version 0 says that \
        the package never was affected. What is not fixed yet is not in it, so silence is not \"not affected\".\n\n\
        Names are those of origins (source packages). Identifiers with an obvious slip (CVE_2019-2426) are put \
        right, and comments between them are left out.",
};

impl Feed for AlpineSecdb {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn takes(&self, path: &str) -> bool {
        is_yaml(path) || path.ends_with(".json")
    }

    /// The page that lists all releases, or the files of the releases asked for.
    fn requests(&self, parts: &[String]) -> Vec<FeedRequest> {
        if parts.is_empty() {
            let index = FeedRequest::new(format!("{BASE}/"), INDEX).at_most(MAXIMUM_INDEX);
            return vec![index.optional()];
        }
        parts.iter().flat_map(|release| files(release)).collect()
    }

    fn follow(&self, round: &[Answer], kept: &dyn Kept) -> FollowUp {
        let mut fetch = Vec::new();
        if let Some(index) = round.iter().find(|answer| answer.request.path == INDEX) {
            let page = kept.text(INDEX, MAXIMUM_INDEX).filter(|_| index.is_there());
            let listed = page.map(|page| listed(&page)).filter(|listed| !listed.is_empty());
            let releases = listed.unwrap_or_else(|| RELEASES.iter().map(|name| (*name).to_owned()).collect());
            fetch.extend(releases.iter().flat_map(|release| files(release)));
        }
        FollowUp { fetch, ..FollowUp::default() }
    }

    /// The older YAML says what the JSON beside it says.
    fn twin(&self, path: &str) -> Option<String> {
        let stem = path.strip_suffix(".yaml").or_else(|| path.strip_suffix(".yml"))?;
        Some(format!("{stem}.json"))
    }

    fn parse(&self, file: FeedFile<'_>, sink: &mut dyn Sink) {
        let mut reporter = Reporter::new(file.path, sink);
        let bytes = read_bounded(file.bytes, MAXIMUM_FILE);
        if let Some(cut) = &bytes.cut {
            cut.raise(&mut reporter);
        } else {
            let read = if is_yaml(file.path) { read_yaml(&bytes.content) } else { read_json(&bytes.content) };
            match read {
                Ok(database) => translate(database, &mut reporter),
                Err(why) => {
                    let detail = format!("it is no security database, so nothing of it was read: {why}");
                    reporter.file_problem("secdb-unreadable", detail);
                }
            }
        }
        reporter.finish();
    }
}

const BASE: &str = "https://secdb.alpinelinux.org";

/// The files of a release, named with or without its `v`. The first releases had no community
/// repository.
fn files(release: &str) -> Vec<FeedRequest> {
    let digit = release.starts_with(|first: char| first.is_ascii_digit());
    let release = if digit { format!("v{release}") } else { release.to_owned() };
    let file = |name: &str| {
        let path = format!("{release}/{name}.json");
        FeedRequest::new(format!("{BASE}/{path}"), path).at_most(MAXIMUM_FILE)
    };
    vec![file("main"), file("community").optional()]
}

/// The releases that a page links to: `<a href="v3.20/">`. A name becomes part of an address and
/// of a path, so only numbers and `edge` pass.
fn listed(page: &str) -> Vec<String> {
    let is_release = |name: &str| {
        let numbers = |text: &str| {
            let parts: Vec<&str> = text.split('.').collect();
            let number =
                |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            parts.len() == 2 && parts.iter().all(number)
        };
        name == "edge" || name.strip_prefix('v').is_some_and(numbers)
    };
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let names: BTreeSet<&str> = links
        .map(|link| link.trim_start_matches("./").trim_end_matches('/'))
        .filter(|name| is_release(name))
        .take(MAXIMUM_RELEASES)
        .collect();
    names.into_iter().map(str::to_owned).collect()
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

fn read_json(content: &[u8]) -> Result<Database, String> {
    serde_json::from_slice(content).map_err(|error| error.to_string())
}

fn read_yaml(content: &[u8]) -> Result<Database, String> {
    let mut options = serde_saphyr::Options::default();
    options.budget = Some(super::osv::yaml_budget(MAXIMUM_YAML_NODES));
    serde_saphyr::from_slice_with_options(content, options).map_err(|error| error.to_string())
}

fn translate(database: Database, reporter: &mut Reporter<'_>) {
    let Some(place) = Place::find(&database, reporter.path()) else {
        let detail =
            "it says neither which release nor whose packages it is about, so nothing of it was read";
        return reporter.file_problem("secdb-release-unknown", detail);
    };
    for (index, entry) in database.packages.into_iter().enumerate() {
        let number = format!("packages[{index}]");
        let Loose::Is(Entry { pkg: Loose::Is(package) }) = entry else {
            let detail = "it is no package with its fixes, so it was left out";
            reporter.entry_problem("secdb-entry-damaged", &number, detail);
            continue;
        };
        let Some(name) = package.name.0.filter(|name| !name.is_empty()) else {
            reporter.entry_problem("secdb-entry-damaged", &number, "it has no name, so it was left out");
            continue;
        };
        match package.secfixes {
            Loose::Is(fixes) => translate_package(&name, fixes, &place, reporter),
            Loose::Missing => {}
            Loose::Other => {
                let detail = "its fixes are not a list of versions, so they were left out";
                reporter.entry_problem("secdb-entry-damaged", &name, detail);
            }
        }
    }
}

struct Place {
    scope: Scope,
    repository: Option<String>,
}

impl Place {
    /// Where the packages of a file are: Alpine's say their release, other publishers' files are
    /// known by their address. A file that lost its head is known by its path (`v3.10/main`).
    fn find(database: &Database, path: &str) -> Option<Self> {
        let prefix = database.urlprefix.0.as_deref().unwrap_or_default();
        let publisher = PUBLISHERS.iter().find(|(host, _)| prefix.contains(host)).map(|(_, id)| *id);
        let mut folders = path.rsplit('/');
        let file = folders.next().unwrap_or_default();
        let release =
            database.distroversion.0.as_deref().or_else(|| folders.next()).filter(|text| is_release(text));
        if publisher.is_none() && release.is_none() {
            return None;
        }
        let stem = file.split_once('.').map_or(file, |(stem, _extension)| stem);
        let named = matches!(stem, "main" | "community").then(|| stem.to_owned());
        Some(Self {
            scope: Scope {
                kind: "apk".to_owned(),
                distribution: Some(publisher.unwrap_or("alpine").to_owned()),
                release: match publisher {
                    Some(_) => None,
                    None => release.map(|text| text.strip_prefix('v').unwrap_or(text).to_owned()),
                },
            },
            repository: database.reponame.0.clone().filter(|name| !name.is_empty()).or(named),
        })
    }
}

fn is_release(text: &str) -> bool {
    let number = text.strip_prefix('v').unwrap_or(text);
    text == "edge" || number.starts_with(|first: char| first.is_ascii_digit())
}

/// What all lines of a package say about one identifier.
#[derive(Default)]
struct Flaw {
    aliases: BTreeSet<String>,
    related: BTreeSet<String>,
    fixed: BTreeSet<String>,
    never: bool,
}

/// A name that lines of several flaws give (`XSA-297` stands beside four CVEs, a line each) is
/// another name of none of them, else they would count as one.
fn keep_shared_apart(flaws: &mut BTreeMap<String, Flaw>) {
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for alias in flaws.values().flat_map(|flaw| &flaw.aliases) {
        *uses.entry(alias.clone()).or_default() += 1;
    }
    for flaw in flaws.values_mut() {
        let (shared, own) =
            std::mem::take(&mut flaw.aliases).into_iter().partition(|alias| uses.get(alias) > Some(&1));
        flaw.aliases = own;
        let mut shared: BTreeSet<String> = shared;
        flaw.related.append(&mut shared);
    }
}

fn translate_package(name: &str, fixes: Fixes, place: &Place, reporter: &mut Reporter<'_>) {
    if fixes.odd > 0 {
        let detail = format!("{} of its fixes are not as they should be, so they were left out", fixes.odd);
        reporter.entry_problem("secdb-entry-damaged", name, detail);
    }
    let mut flaws: BTreeMap<String, Flaw> = BTreeMap::new();
    for (version, lines) in fixes.versions {
        for line in lines {
            let read = ids::read(&line);
            if !read.repaired.is_empty() || read.ids.is_empty() {
                let what =
                    if read.ids.is_empty() { "names no flaw" } else { "has an identifier with a slip in it" };
                let detail = format!("{name} {}: {:?} {what}", clip(&version), clip(&line));
                let code = if read.ids.is_empty() { "secdb-id-unknown" } else { "secdb-id-repaired" };
                reporter.entry_problem(code, name, detail);
            }
            for named in read.ids {
                let flaw = flaws.entry(named.id).or_default();
                flaw.aliases.extend(named.aliases);
                flaw.related.extend(named.related);
                if version == "0" {
                    flaw.never = true;
                } else {
                    flaw.fixed.insert(version.clone());
                }
            }
        }
    }
    keep_shared_apart(&mut flaws);
    for (id, flaw) in flaws {
        // "Never affected" beside a version that fixed it contradicts itself; what can be wrong
        // in the safe direction stands.
        let state = if flaw.fixed.is_empty() { FixState::NotAffected } else { FixState::Ranges };
        if flaw.never && !flaw.fixed.is_empty() {
            let detail = format!("{name} never was affected by {id} and fixed it, so the fix stands");
            reporter.entry_problem("secdb-contradiction", name, detail);
        }
        let range = |version| VersionRange { introduced: None, end: RangeEnd::Fixed(version) };
        let statement = Statement {
            scope: place.scope.clone(),
            name: name.to_owned(),
            name_kind: NameKind::Source,
            architectures: Vec::new(),
            module: None,
            repository: place.repository.clone(),
            state,
            ranges: flaw.fixed.into_iter().map(range).collect(),
            versions: Vec::new(),
        };
        reporter.advisory(Advisory {
            id,
            aliases: flaw.aliases.into_iter().collect(),
            related: flaw.related.into_iter().collect(),
            statements: vec![statement],
            ..Advisory::default()
        });
    }
}
