//! The catalogue of vulnerabilities that are known to be exploited (CISA KEV).

use std::collections::BTreeMap;
use std::io::Read;

use plimsoll_catalog::Doc;
use plimsoll_model::{KnownExploited, Problem};
use serde::Deserialize;

use super::intake::{Cut, clip, read_bounded};
use super::{Feed, FeedFile, FeedRequest, Sink};

const ADDRESS: &str = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json";

/// The largest catalogue that is read. The real one has 1.3 MB.
const MAXIMUM_FILE: u64 = 256 << 20;

/// How many broken entries are said one by one.
const MAXIMUM_PROBLEMS: usize = 20;

static DOC: Doc = Doc {
    id: "kev",
    title: "CISA's catalogue of exploited vulnerabilities",
    summary: "Which flaws are known to be exploited, since when, and whether by ransomware.",
    explanation: "Reads the catalogue's JSON. It says nothing about packages: it is shown beside the flaws that \
        other feeds find.",
};

/// The feed.
#[derive(Debug, Clone, Copy)]
pub struct KnownExploitedFlaws;

impl Feed for KnownExploitedFlaws {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn takes(&self, path: &str) -> bool {
        path.ends_with(".json")
    }

    /// One file, whatever the parts.
    fn requests(&self, _parts: &[String]) -> Vec<FeedRequest> {
        vec![FeedRequest::new(ADDRESS, "known_exploited_vulnerabilities.json").at_most(MAXIMUM_FILE)]
    }

    fn parse(&self, file: FeedFile<'_>, sink: &mut dyn Sink) {
        let (table, problems) = Kev::parse(file.bytes);
        let named = problems.iter().filter(|problem| problem.code.as_str() == DAMAGED).count() as u64;
        problems.into_iter().for_each(|problem| sink.problem(problem));
        sink.left_out(table.unreadable.saturating_sub(named));
        for (cve, entry) in table.entries {
            let ransomware = entry.ransomware;
            sink.known_exploited(
                &cve,
                KnownExploited { added: Some(entry.added), due: entry.due, ransomware },
            );
        }
    }
}

/// The catalogue, by CVE.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kev {
    /// When it was released (RFC 3339), as far as it says.
    pub released: Option<String>,
    /// How many of its entries cannot be read.
    pub unreadable: u64,
    entries: BTreeMap<String, Exploited>,
}

/// What the catalogue says about one vulnerability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exploited {
    /// The day that it was added on, such as `2025-08-25`.
    pub added: String,
    /// The day that US agencies have to have it fixed by.
    pub due: Option<String>,
    /// Whether ransomware is known to use it; `None` where the catalogue does not know.
    pub ransomware: Option<bool>,
}

impl Kev {
    /// Reads the catalogue's JSON. What cannot be read is a problem, and the rest is kept.
    pub fn parse(bytes: &mut dyn Read) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let read = read_bounded(bytes, MAXIMUM_FILE);
        match &read.cut {
            Some(Cut::Limit(limit)) => {
                problems.push(file_problem(format!("it is larger than {limit} bytes, so it was not read")));
                return (Self::default(), problems);
            }
            Some(Cut::Failed(error)) => {
                problems.push(file_problem(format!("reading it failed ({error})")));
                return (Self::default(), problems);
            }
            None => {}
        }
        let catalogue: Catalogue = match serde_json::from_slice(&read.content) {
            Ok(catalogue) => catalogue,
            Err(error) => {
                problems
                    .push(file_problem(format!("it is no catalogue of exploited vulnerabilities ({error})")));
                return (Self::default(), problems);
            }
        };
        let mut entries = BTreeMap::new();
        let (mut broken, promised) = (0_usize, catalogue.count);
        let listed = catalogue.vulnerabilities.len() as u64;
        for value in catalogue.vulnerabilities {
            let entry = match serde_json::from_value::<Entry>(value) {
                Ok(entry) if !entry.id.is_empty() && !entry.added.is_empty() => entry,
                outcome => {
                    broken += 1;
                    if broken <= MAXIMUM_PROBLEMS {
                        let why = outcome.map_or_else(
                            |error| error.to_string(),
                            |entry| format!("{} has no id or no day", clip(&entry.id)),
                        );
                        let detail = format!("one of its entries cannot be read and was left out ({why})");
                        problems.push(Problem::new(DAMAGED, SUBJECT, detail));
                    }
                    continue;
                }
            };
            let ransomware = match entry.ransomware.as_deref() {
                Some("Known") => Some(true),
                _ => None,
            };
            let due = entry.due.filter(|due| !due.is_empty());
            entries.insert(entry.id, Exploited { added: entry.added, due, ransomware });
        }
        if broken > MAXIMUM_PROBLEMS {
            let detail = format!("{} more of its entries cannot be read", broken - MAXIMUM_PROBLEMS);
            problems.push(Problem::new(DAMAGED, SUBJECT, detail));
        }
        if promised.is_some_and(|promised| promised != listed) {
            let detail = format!("it promises {} entries and has {listed}", promised.unwrap_or_default());
            problems.push(Problem::new("kev-incomplete", SUBJECT, detail));
        }
        (Self { released: catalogue.released, unreadable: broken as u64, entries }, problems)
    }

    /// What it says about a CVE.
    #[must_use]
    pub fn get(&self, cve: &str) -> Option<&Exploited> {
        self.entries.get(cve)
    }

    /// How many vulnerabilities it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All of it, by CVE.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Exploited)> {
        self.entries.iter().map(|(cve, entry)| (cve.as_str(), entry))
    }
}

const DAMAGED: &str = "kev-entry-damaged";
const SUBJECT: &str = "known_exploited_vulnerabilities.json";

fn file_problem(detail: String) -> Problem {
    Problem::new("kev-unreadable", SUBJECT, detail)
}

#[derive(Deserialize)]
struct Catalogue {
    #[serde(rename = "dateReleased", default)]
    released: Option<String>,
    #[serde(default)]
    count: Option<u64>,
    vulnerabilities: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "cveID")]
    id: String,
    #[serde(rename = "dateAdded")]
    added: String,
    #[serde(rename = "dueDate", default)]
    due: Option<String>,
    #[serde(rename = "knownRansomwareCampaignUse", default)]
    ransomware: Option<String>,
}
