//! What to fetch of an ecosystem after its list of times: single records where few have changed
//! since its dump, else the dump.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{DUMP, LIST, MAXIMUM_LIST, folder, increment, record_request, request};
use crate::feed::intake::{Reporter, Text, read_bounded};
use crate::feed::{Answer, FollowUp, Kept, Outcome, Sink, WITHDRAWN_LIST};

/// Beyond so many records one by one, the dump is the smaller request: a record is some 5 KB and
/// an answer of its own, the largest dump some 200 MB.
const MAXIMUM_RECORDS: usize = 500;

/// The same in proportion: a tenth of the records, one by one, takes as long as all in one.
const ONE_IN: usize = 10;

/// When so many records lie beside the dump, it is fetched anew and takes their place.
const MAXIMUM_BESIDE: usize = 2_000;

/// A list that lacks more than one in ten of the records that are kept is not believed: that many
/// are never taken back at once.
const MAXIMUM_GONE: usize = 20;

/// The head of a record.
#[derive(Deserialize)]
struct Dated {
    #[serde(default)]
    id: String,
    #[serde(default)]
    modified: Text,
}

pub(super) fn follow(round: &[Answer], kept: &dyn Kept) -> FollowUp {
    let mut all = FollowUp::default();
    for answer in round {
        if let Some(part) = answer.request.path.strip_suffix(LIST).and_then(|path| path.strip_suffix('/')) {
            all.extend(follow_list(part, answer, kept));
        }
    }
    all
}

/// The ecosystem's own name: its folder may be spelled otherwise, its address is not.
fn ecosystem_of(answer: &Answer, part: &str) -> String {
    let named = super::ecosystem::names().find(|name| folder(name) == part).map(str::to_owned);
    // What is no ecosystem that we know is asked for as the user wrote it.
    named.unwrap_or_else(|| {
        let address = answer.request.url.rsplit('/').nth(1).unwrap_or(part);
        if address == super::escape(part) { part.to_owned() } else { address.to_owned() }
    })
}

fn follow_list(part: &str, answer: &Answer, kept: &dyn Kept) -> FollowUp {
    let ecosystem = ecosystem_of(answer, part);
    let dump_path = format!("{part}/{DUMP}");
    let withdrawn_path = format!("{part}/{WITHDRAWN_LIST}");
    let paths = kept.paths(&format!("{part}/"));
    let beside: Vec<&String> = paths.iter().filter(|path| path.ends_with(".json")).collect();
    let has_dump = paths.contains(&dump_path);
    let whole = || {
        let mut dump = request(&ecosystem, DUMP);
        // A publisher that has no list of an ecosystem may have nothing of it.
        dump.is_optional = answer.outcome == Outcome::Absent;
        dump.replaces = beside.iter().map(|path| (*path).clone()).collect();
        dump.replaces.push(withdrawn_path.clone());
        FollowUp { fetch: vec![dump], ..FollowUp::default() }
    };
    // A list that could not be had says nothing, and its failure is told already.
    if answer.outcome == Outcome::Failed && has_dump {
        return FollowUp::default();
    }
    let list = kept.text(&answer.request.path, MAXIMUM_LIST).filter(|_| answer.is_there());
    let Some(list) = list.filter(|_| has_dump && beside.len() < MAXIMUM_BESIDE) else { return whole() };
    let Some(stored) = stored(part, &dump_path, &beside, kept) else { return whole() };
    let increment = increment(&stored, &list);
    let (fetch, gone) = (increment.fetch.len(), increment.gone.len());
    let many = fetch > MAXIMUM_RECORDS || fetch * ONE_IN > increment.listed;
    let doubtful = gone > MAXIMUM_GONE && gone * ONE_IN > stored.len();
    // A change of a record without a time cannot be seen; the dump's tag tells whether it changed.
    if many || doubtful || increment.undated > 0 || !increment.problems.is_empty() {
        return whole();
    }
    let taken_back: BTreeSet<&str> = increment.gone.iter().map(String::as_str).collect();
    let drop = beside
        .iter()
        .filter(|path| {
            let name = path.strip_prefix(part).and_then(|name| name.strip_prefix('/')).unwrap_or(path);
            name.strip_suffix(".json").is_some_and(|id| taken_back.contains(id))
        })
        .map(|path| (*path).clone())
        .collect();
    let mut gone = String::new();
    for id in &increment.gone {
        gone.push_str(&folder(&format!("{id}.json")));
        gone.push('\n');
    }
    let write = if gone.is_empty() && !paths.contains(&withdrawn_path) {
        Vec::new()
    } else {
        vec![(withdrawn_path, gone)]
    };
    let record = |id: &String| record_request(&ecosystem, id).at_most(super::archive::MAXIMUM_ENTRY);
    FollowUp { fetch: increment.fetch.iter().map(record).collect(), drop, write, ..FollowUp::default() }
}

/// Ids and times of all records that are kept; `None` where the dump cannot be read whole.
fn stored(
    part: &str,
    dump: &str,
    beside: &[&String],
    kept: &dyn Kept,
) -> Option<BTreeMap<String, Option<String>>> {
    let mut stored = BTreeMap::new();
    let mut take = |content: &[u8]| {
        let Ok(Dated { id, modified }) = serde_json::from_slice(content) else { return false };
        !id.is_empty() && stored.insert(id, modified.0).is_none_or(|_| true)
    };
    let mut doubts = Doubts(false);
    let mut archive = kept.open(dump)?;
    let mut reporter = Reporter::new(part, &mut doubts);
    super::archive::read_entries(&mut *archive, &mut reporter, |path, content, reporter| {
        if !path.ends_with(".json") || !take(content) {
            reporter.file_problem("osv-record-unreadable", "");
        }
    });
    reporter.finish();
    for path in beside {
        let content = read_bounded(&mut kept.open(path)?, super::archive::MAXIMUM_ENTRY);
        doubts.0 |= content.cut.is_some() || !take(&content.content);
    }
    (!doubts.0).then_some(stored)
}

/// Whether anything was wrong.
struct Doubts(bool);

impl Sink for Doubts {
    fn advisory(&mut self, _: plimsoll_model::Advisory) {}

    fn problem(&mut self, _: plimsoll_model::Problem) {
        self.0 = true;
    }
}
