//! The JSON of the Debian security tracker: what becomes of each flaw in each release.

mod release;
mod stream;

use std::collections::BTreeMap;

use plimsoll_catalog::Doc;
use plimsoll_model::{Advisory, FixState, NameKind, RangeEnd, Scope, Severity, Statement, VersionRange};
use serde_json::{Map, Value};

use super::intake::{Reporter, clip, summary_line};
use super::{Feed, FeedFile, FeedRequest, Sink};

/// The most that is read of the file. The real one has some 70 MB.
const MAXIMUM_FILE: u64 = 2 << 30;

/// The Debian security tracker.
#[derive(Debug, Clone, Copy)]
pub struct DebianTracker;

static DOC: Doc = Doc {
    id: "debian-tracker",
    title: "Debian security tracker",
    summary: "What becomes of each flaw in each source package and release of Debian.",
    explanation: "Reads the tracker's JSON: source packages, their flaws, and for each release whether it is \
        resolved (and since which version), open or undetermined.\n\n\
        Open flaws that Debian decided to ignore, and those of packages whose support ended, will not be fixed. \
        The urgency is kept as Debian's word for the severity. A flaw with different urgencies in different \
        releases becomes several advisories of one id, and every source package has its own.",
};

impl Feed for DebianTracker {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn takes(&self, path: &str) -> bool {
        path.ends_with(".json")
    }

    /// One file has all releases.
    fn requests(&self, _parts: &[String]) -> Vec<FeedRequest> {
        vec![
            FeedRequest::new(
                "https://security-tracker.debian.org/tracker/data/json".to_owned(),
                "tracker.json".to_owned(),
            )
            .at_most(MAXIMUM_FILE),
        ]
    }

    fn parse(&self, file: FeedFile<'_>, sink: &mut dyn Sink) {
        let mut reporter = Reporter::new(file.path, sink);
        let mut unknown = BTreeMap::new();
        let read = stream::read(file.bytes, MAXIMUM_FILE, &mut |source, id, value| {
            translate(source, id, value, &mut unknown, &mut reporter);
        });
        if let Err(error) = read {
            let detail =
                format!("the file breaks off or is no JSON from here on, so the rest was not read: {error}");
            reporter.file_problem("debian-tracker-damaged", detail);
        }
        for (codename, count) in unknown {
            let name = clip(&codename);
            let detail = format!(
                "{count} statements are about {name:?}, a release that nobody here knows; they are kept under its name"
            );
            reporter.file_problem("debian-release-unknown", detail);
        }
        reporter.finish();
    }
}

/// Hands on what the tracker says about one flaw in one source package.
fn translate(
    source: &str,
    id: &str,
    value: Value,
    unknown: &mut BTreeMap<String, u64>,
    reporter: &mut Reporter<'_>,
) {
    let entry = format!("{source}/{id}");
    let Value::Object(mut parts) = value else {
        let detail = "it is no object, so it was left out";
        return reporter.entry_problem("debian-entry-damaged", &entry, detail);
    };
    let releases = match parts.remove("releases") {
        Some(Value::Object(releases)) => releases,
        // An empty list is how the tracker's generator writes an empty map.
        Some(Value::Array(list)) if list.is_empty() => Map::new(),
        _ => {
            let detail = "it has no releases, so it was left out";
            return reporter.entry_problem("debian-entry-damaged", &entry, detail);
        }
    };
    let summary = parts.get("description").and_then(Value::as_str).and_then(summary_line);
    let references = vec![format!("https://security-tracker.debian.org/tracker/{id}")];
    let mut groups: Vec<(Option<String>, Vec<Statement>)> = Vec::new();
    for (codename, value) in &releases {
        let Value::Object(release) = value else {
            let detail = format!("{} is no object, so it was left out", clip(codename));
            reporter.entry_problem("debian-entry-damaged", &entry, detail);
            continue;
        };
        let number = release::number(codename);
        if number.is_none() {
            release::count(unknown, codename);
        }
        let urgency = text(release, "urgency").map(|word| word.trim_end_matches('*').to_lowercase());
        let ended = urgency.as_deref() == Some("end-of-life");
        let (state, ranges) = state(release, ended, &entry, reporter);
        let statement = Statement {
            scope: Scope {
                kind: "deb".to_owned(),
                distribution: Some("debian".to_owned()),
                release: Some(number.unwrap_or(codename).to_owned()),
            },
            name: source.to_owned(),
            name_kind: NameKind::Source,
            architectures: Vec::new(),
            module: None,
            repository: None,
            state,
            ranges,
            versions: Vec::new(),
        };
        let urgency = urgency.filter(|word| !word.is_empty() && word != "not yet assigned");
        match groups.iter_mut().find(|(known, _)| *known == urgency) {
            Some((_, statements)) => statements.push(statement),
            None => groups.push((urgency, vec![statement])),
        }
    }
    if groups.is_empty() {
        groups.push((None, Vec::new()));
    }
    for (urgency, statements) in groups {
        reporter.advisory(Advisory {
            id: id.to_owned(),
            summary: summary.clone(),
            severities: urgency.map(Severity::Word).into_iter().collect(),
            references: references.clone(),
            statements,
            ..Advisory::default()
        });
    }
}

/// What becomes of a flaw in one release.
fn state(
    release: &Map<String, Value>,
    ended: bool,
    entry: &str,
    reporter: &mut Reporter<'_>,
) -> (FixState, Vec<VersionRange>) {
    let fixed = text(release, "fixed_version").filter(|version| !version.is_empty());
    match (text(release, "status"), fixed) {
        // "0" is the tracker's way of saying that no version ever was affected.
        (Some("resolved"), Some("0")) => (FixState::NotAffected, Vec::new()),
        (Some("resolved"), Some(version)) => {
            let end = RangeEnd::Fixed(version.to_owned());
            (FixState::Ranges, vec![VersionRange { introduced: None, end }])
        }
        (Some("open"), _) => {
            let ignored = ended || text(release, "nodsa_reason") == Some("ignored");
            (if ignored { FixState::WillNotFix } else { FixState::NotYetFixed }, Vec::new())
        }
        (Some("undetermined"), _) => (FixState::UnderInvestigation, Vec::new()),
        (status, _) => {
            let detail = match status {
                Some("resolved") => {
                    "it is resolved and names no version, so it counts as undetermined".to_owned()
                }
                Some(other) => format!("its status {} is unknown, so it counts as undetermined", clip(other)),
                None => "it has no status, so it counts as undetermined".to_owned(),
            };
            reporter.entry_problem("debian-status-unknown", entry, detail);
            (FixState::UnderInvestigation, Vec::new())
        }
    }
}

fn text<'v>(object: &'v Map<String, Value>, key: &str) -> Option<&'v str> {
    object.get(key).and_then(Value::as_str)
}
