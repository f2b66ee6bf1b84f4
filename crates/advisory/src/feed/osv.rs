//! OSV: records of one schema from many databases, by ecosystem.

mod archive;
mod ecosystem;
mod events;
mod follow;
mod modified;
mod module;
mod record;
mod semver;
mod translate;

use plimsoll_catalog::Doc;

pub use self::modified::{Increment, increment};
use self::record::{Record, Salvaged, read_json, salvage};
use self::translate::Translator;
use super::intake::{Reporter, read_bounded};
use super::{Answer, Feed, FeedFile, FeedRequest, FollowUp, Kept, Sink};

/// Where the OSV project serves its dumps.
const DUMPS: &str = "https://osv-vulnerabilities.storage.googleapis.com";

/// The largest list of times. The largest real one, of npm, has some 10 MB.
const MAXIMUM_LIST: u64 = 64 << 20;

/// How many YAML nodes one record may have: YAML takes some fifty times the memory of JSON to
/// read, and the largest real YAML record (PyPA) has a few thousand.
const MAXIMUM_YAML_NODES: usize = 250_000;

/// The OSV feed.
#[derive(Debug, Clone, Copy)]
pub struct Osv;

static DOC: Doc = Doc {
    id: "osv",
    title: "OSV",
    summary: "Vulnerabilities of many distributions and languages in one schema.",
    explanation: "Reads OSV records (schema 1.0 to 1.7): the dumps of one ecosystem that the OSV project serves \
        as all.zip, single records, and folders of records in JSON or YAML.\n\n\
        Ranges of versions are worked out by the schema's evaluation algorithm, in the order of their ecosystem. \
        Ranges of commits are left out: no installed package tells its commit. Ecosystems that are not known \
        are counted and said.\n\n\
        A record that rates its packages differently becomes several advisories of one id.",
};

impl Feed for Osv {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    /// Not `all.json`: some databases serve an index of their records under that name.
    fn takes(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        (name.ends_with(".zip") || is_record(name)) && name != "all.json"
    }

    /// The list of times of each ecosystem; without parts, of every ecosystem. What it says that
    /// has changed is asked for next.
    fn requests(&self, parts: &[String]) -> Vec<FeedRequest> {
        let every = || ecosystem::names().map(str::to_owned).collect();
        let ecosystems: Vec<String> = if parts.is_empty() { every() } else { parts.to_vec() };
        ecosystems.iter().map(|part| request(part, LIST).at_most(MAXIMUM_LIST).optional()).collect()
    }

    fn follow(&self, round: &[Answer], kept: &dyn Kept) -> FollowUp {
        follow::follow(round, kept)
    }

    fn is_archive(&self, path: &str) -> bool {
        path.ends_with(".zip")
    }

    fn parse(&self, file: FeedFile<'_>, sink: &mut dyn Sink) {
        let mut reporter = Reporter::new(file.path, sink);
        let mut translator = Translator::default();
        if self.is_archive(file.path) {
            archive::read_entries(file.bytes, &mut reporter, |path, content, reporter| {
                if !file.replaced.contains(path) {
                    read_record(path, content, &mut translator, reporter);
                }
            });
        } else {
            let bytes = read_bounded(file.bytes, archive::MAXIMUM_ENTRY);
            match &bytes.cut {
                Some(cut) => cut.raise(&mut reporter),
                None => read_record(file.path, &bytes.content, &mut translator, &mut reporter),
            }
        }
        translator.finish(&mut reporter);
        reporter.finish();
    }
}

/// The dump of an ecosystem, and the list of when each of its records was changed.
const DUMP: &str = "all.zip";
const LIST: &str = "modified_id.csv";

/// The request for one record of an ecosystem, for increments.
#[must_use]
pub fn record_request(ecosystem: &str, id: &str) -> FeedRequest {
    request(ecosystem, &format!("{id}.json"))
}

fn request(ecosystem: &str, file: &str) -> FeedRequest {
    FeedRequest::new(
        format!("{DUMPS}/{}/{}", escape(ecosystem), escape(file)),
        format!("{}/{}", folder(ecosystem), folder(file)),
    )
}

/// The part of an address for a name: OSV's have spaces, and ids may have anything.
fn escape(name: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// A name as part of a path: nothing that would lead out of the feed's folder.
fn folder(name: &str) -> String {
    let safe = name.replace(['/', '\\', '\0'], "_");
    if safe.starts_with('.') { format!("_{safe}") } else { safe }
}

/// Whether a path is one of a record.
fn is_record(path: &str) -> bool {
    is_yaml(path) || path.ends_with(".json")
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

fn read_record(path: &str, content: &[u8], translator: &mut Translator, reporter: &mut Reporter<'_>) {
    if is_yaml(path) {
        return match read_yaml(content) {
            Ok(record) => translator.translate(record, reporter),
            Err(why) => refuse(path, &why, reporter),
        };
    }
    if content.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return match serde_json::from_slice::<Vec<serde_json::Value>>(content) {
            Ok(records) => {
                for (index, record) in records.into_iter().enumerate() {
                    take(&format!("{path}[{index}]"), salvage(record), translator, reporter);
                }
            }
            Err(error) => refuse(path, &error.to_string(), reporter),
        };
    }
    take(path, read_json(content), translator, reporter);
}

fn take(
    path: &str,
    read: Result<Salvaged, String>,
    translator: &mut Translator,
    reporter: &mut Reporter<'_>,
) {
    match read {
        Ok(Salvaged { record, lost }) => {
            if !lost.is_empty() {
                let lost = lost.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
                let detail =
                    format!("parts of it are not as the OSV schema has them and were left out: {lost}");
                reporter.entry_problem("osv-record-damaged", path, detail);
            }
            translator.translate(record, reporter);
        }
        Err(why) => refuse(path, &why, reporter),
    }
}

fn refuse(path: &str, why: &str, reporter: &mut Reporter<'_>) {
    reporter.entry_problem("osv-record-unreadable", path, format!("it is no OSV record: {why}"));
}

fn read_yaml(content: &[u8]) -> Result<Record, String> {
    let mut options = serde_saphyr::Options::default();
    options.budget = Some(yaml_budget(MAXIMUM_YAML_NODES));
    let record: Record =
        serde_saphyr::from_slice_with_options(content, options).map_err(|error| error.to_string())?;
    if record.id.is_empty() { Err("it has no id".to_owned()) } else { Ok(record) }
}

/// A budget for one YAML document of so many nodes: nothing that feeds write has anchors, and
/// aliases are how small documents are made to grow.
pub(super) fn yaml_budget(nodes: usize) -> serde_saphyr::Budget {
    let mut budget = serde_saphyr::Budget::default();
    budget.max_nodes = nodes;
    budget.max_events = nodes.saturating_mul(3);
    budget.max_aliases = 100;
    budget.max_anchors = 100;
    budget.max_depth = 32;
    budget
}
