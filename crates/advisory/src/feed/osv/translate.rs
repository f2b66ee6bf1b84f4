//! From an OSV record to advisories.

use std::collections::{BTreeMap, HashMap};

use plimsoll_model::{Advisory, FixState, PackageType, Severity, Statement};

use super::ecosystem::{Place, narrow, place};
use super::events::{Order, evaluate};
use super::module::{limit, streams_of_title};
use super::record::{Affected, Rating, Record, Reference, Specific};
use crate::feed::intake::{Reporter, Text, clip, known_time};

/// How many ecosystems nobody knows are told apart; the rest are counted together. Real feeds
/// have a handful.
const MAXIMUM_UNKNOWN: usize = 200;

/// How many ecosystem strings are remembered. Red Hat's records have about a thousand.
const MAXIMUM_REMEMBERED: usize = 10_000;

/// Translates the records of one file, and counts what it cannot place.
#[derive(Default)]
pub(super) struct Translator {
    places: HashMap<String, Option<Place>>,
    unknown: BTreeMap<String, u64>,
    unknown_rest: u64,
}

impl Translator {
    /// Hands on what a record says. One record becomes several advisories of the same id where
    /// it rates its packages differently, since a rating belongs to an advisory.
    pub(super) fn translate(&mut self, record: Record, reporter: &mut Reporter<'_>) {
        let Record { id, affected, database_specific, severity, summary, details, .. } = record;
        let summary = summary.and_then(|line| line.0).or_else(|| details.and_then(|line| line.0));
        let withdrawn = record.withdrawn.filter(|time| !time.is_empty());
        let mut common = ratings(severity, reporter, &id);
        common.extend(database_specific.into_iter().flat_map(words));
        common.extend(title_word(&id, summary.as_deref()));

        let mut groups: Vec<(Vec<Severity>, Vec<Statement>)> = Vec::new();
        let mut known: BTreeMap<Vec<Severity>, usize> = BTreeMap::new();
        for mut affected in affected.unwrap_or_default() {
            let mut severities = ratings(affected.severity.take(), reporter, &id);
            severities.extend(affected.database_specific.take().into_iter().flat_map(words));
            severities.extend(affected.ecosystem_specific.take().into_iter().flat_map(words));
            severities.extend(common.iter().cloned());
            let severities = without_repeats(severities);
            let Some(statement) = self.statement(affected, &id, withdrawn.is_some(), reporter) else {
                continue;
            };
            let group = *known.entry(severities).or_insert_with_key(|severities| {
                groups.push((severities.clone(), Vec::new()));
                groups.len() - 1
            });
            if let Some((_, statements)) = groups.get_mut(group) {
                statements.push(statement);
            }
        }
        if groups.is_empty() {
            groups.push((without_repeats(common), Vec::new()));
        }

        if let Some(streams) = streams_of_title(&id, summary.as_deref()) {
            groups.iter_mut().flat_map(|(_, statements)| statements).for_each(|each| limit(each, &streams));
        }

        let references = record.references.unwrap_or_default().into_iter();
        let mut related = record.upstream.unwrap_or_default();
        related.extend(record.related.unwrap_or_default());
        let advisory = Advisory {
            aliases: without_repeats(record.aliases.unwrap_or_default()),
            related: without_repeats(related),
            summary,
            severities: Vec::new(),
            published: known_time(record.published),
            modified: known_time(record.modified),
            withdrawn,
            references: references.map(|Reference { url }| url).filter(|url| !url.is_empty()).collect(),
            statements: Vec::new(),
            id,
        };
        let last = groups.pop();
        for (severities, statements) in groups {
            reporter.advisory(Advisory { severities, statements, ..advisory.clone() });
        }
        if let Some((severities, statements)) = last {
            reporter.advisory(Advisory { severities, statements, ..advisory });
        }
    }

    fn statement(
        &mut self,
        affected: Affected,
        id: &str,
        withdrawn: bool,
        reporter: &mut Reporter<'_>,
    ) -> Option<Statement> {
        let ranges = affected.ranges.unwrap_or_default();
        let versions = affected.versions.unwrap_or_default();
        let Some(package) = affected.package else {
            let detail = "it names no package for some of what it affects (commits or versions alone), \
                          so that part matches nothing";
            reporter.entry_problem("osv-no-package", id, detail);
            return None;
        };
        let Some(mut place) = self.place(&package.ecosystem) else {
            self.count_unknown(&package.ecosystem);
            return None;
        };
        if let Some(purl) = &package.purl {
            narrow(&mut place, purl);
        }

        let mut found = Vec::new();
        let (mut never, mut commits) = (false, false);
        for range in &ranges {
            let order = match range.kind.as_str() {
                "SEMVER" => Order::Semantic,
                "ECOSYSTEM" => Order::Of(PackageType::from_text(&place.scope.kind)),
                "GIT" => {
                    commits = true;
                    continue;
                }
                other => {
                    let detail = format!(
                        "{}: its ranges are of a kind that nobody here knows ({}), so they match nothing",
                        clip(&package.name),
                        clip(other),
                    );
                    reporter.entry_problem("osv-range-unknown", id, detail);
                    continue;
                }
            };
            let outcome = evaluate(&range.events, &order);
            never |= outcome.never;
            found.extend(outcome.ranges);
            if let Some(doubt) = outcome.doubt {
                let detail = format!("the events of {} {doubt}", clip(&package.name));
                reporter.entry_problem("osv-events-doubtful", id, detail);
            }
        }
        let state = if !found.is_empty() || !versions.is_empty() {
            FixState::Ranges
        } else if never {
            FixState::NotAffected
        } else if withdrawn {
            // Publishers empty what they take back, and nothing is lost by it.
            return None;
        } else {
            let why = if commits { "only commits, which no package tells" } else { "no version at all" };
            let detail = format!("{}: it names {why}, so it matches nothing", clip(&package.name));
            reporter.entry_problem(if commits { "osv-commits-only" } else { "osv-no-versions" }, id, detail);
            return None;
        };
        Some(Statement {
            scope: place.scope,
            name: package.name,
            name_kind: place.name_kind,
            architectures: place.architectures,
            module: place.module,
            repository: place.repository,
            state,
            ranges: found,
            versions,
        })
    }

    fn place(&mut self, ecosystem: &str) -> Option<Place> {
        if let Some(known) = self.places.get(ecosystem) {
            return known.clone();
        }
        let found = place(ecosystem);
        if self.places.len() < MAXIMUM_REMEMBERED {
            self.places.insert(ecosystem.to_owned(), found.clone());
        }
        found
    }

    fn count_unknown(&mut self, ecosystem: &str) {
        if let Some(count) = self.unknown.get_mut(ecosystem) {
            *count += 1;
        } else if self.unknown.len() < MAXIMUM_UNKNOWN {
            self.unknown.insert(ecosystem.to_owned(), 1);
        } else {
            self.unknown_rest += 1;
        }
    }

    /// Says what could not be placed, once for each ecosystem.
    pub(super) fn finish(self, reporter: &mut Reporter<'_>) {
        const CODE: &str = "osv-ecosystem-unknown";
        for (ecosystem, count) in self.unknown {
            let name = clip(&ecosystem);
            let detail = format!(
                "{count} statements are about packages of {name:?}, an ecosystem that nobody here knows, \
                 so they match nothing"
            );
            reporter.file_problem(CODE, detail);
        }
        if self.unknown_rest > 0 {
            let detail =
                format!("{} statements are about packages of still other ecosystems", self.unknown_rest);
            reporter.file_problem(CODE, detail);
        }
    }
}

fn ratings(ratings: Option<Vec<Rating>>, reporter: &mut Reporter<'_>, id: &str) -> Vec<Severity> {
    let rated = ratings.unwrap_or_default().into_iter();
    rated
        .filter_map(|Rating { kind, score }| {
            let score = score.trim();
            if score.is_empty() {
                return None;
            }
            if !kind.starts_with("CVSS") {
                return Some(Severity::Word(score.to_lowercase()));
            }
            if crate::cvss::base_score(score).is_none() {
                let detail = format!("its {} vector cannot be scored ({})", clip(&kind), clip(score));
                reporter.entry_problem("cvss-vector-damaged", id, detail);
            }
            Some(Severity::Cvss(score.to_owned()))
        })
        .collect()
}

fn words(specific: Specific) -> Vec<Severity> {
    let Specific { severity, priority, ubuntu_priority, urgency, informational, cvss } = specific;
    let words = [severity, priority, ubuntu_priority, urgency, informational].into_iter();
    let word = |Text(text): Text| {
        let text = text?;
        let word = text.trim();
        // Some databases put a vector there. A score without its vector says too little.
        if crate::cvss::base_score(word).is_some() {
            return Some(Severity::Cvss(word.to_owned()));
        }
        let is_word = word.chars().count() <= 40 && word.starts_with(char::is_alphabetic);
        is_word.then(|| Severity::Word(word.to_lowercase()))
    };
    let vector = cvss.0.filter(|vector| crate::cvss::base_score(vector).is_some()).map(Severity::Cvss);
    words.filter_map(word).chain(vector).collect()
}

/// The word that errata of Red Hat and its rebuilds have before their title, which is the only
/// rating of theirs in OSV: `Important: kernel security update`.
fn title_word(id: &str, summary: Option<&str>) -> Option<Severity> {
    let prefix = id.split_once('-')?.0;
    let vendor = ["AL", "RH", "RL", "RX"].iter().find_map(|vendor| prefix.strip_prefix(vendor))?;
    let (word, _) = summary?.split_once(": ")?;
    let erratum = matches!(vendor, "SA" | "BA" | "EA");
    let rating = matches!(word, "Critical" | "Important" | "Moderate" | "Low");
    (erratum && rating).then(|| Severity::Word(word.to_lowercase()))
}

/// The list without repeats, in the order of first appearance.
fn without_repeats<T: Ord + Clone>(mut list: Vec<T>) -> Vec<T> {
    if list.len() > 1 {
        let mut seen = std::collections::BTreeSet::new();
        list.retain(|item| seen.insert(item.clone()));
    }
    list
}
