//! Fetching feeds: which to ask, round by round, and what becomes of those that fail. How one
//! file is fetched is for [`super::download`] to know.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use plimsoll_advisory::feed::{self, Feed};
use plimsoll_advisory::{Answer, FeedRequest, Kept as _, Outcome};
use plimsoll_model::Problem;

use super::download::Downloader;
use super::kept::KeptFiles;
use super::{AdvisoryError, UpdateOptions};
use crate::progress::Progress;
use crate::transport::HttpTransport;

/// Requests to one publisher at the same time: enough to hide the way there, few enough to be
/// welcome.
const AT_ONCE: usize = 6;

/// Rounds of one feed. Red Hat takes four (lists, checksum, archive, documents), Amazon three.
const MAX_ROUNDS: usize = 6;

/// Files of one feed that could not be had and are told one by one.
const MAX_TOLD: usize = 20;

/// How long a transfer may be slower than any real one, where nobody says otherwise.
const PATIENCE: Duration = Duration::from_secs(60);

/// A part of a feed that could not be fetched whole.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// Feed and part (`osv/PyPI`).
    pub(super) part: String,
    /// Why, in one sentence.
    pub(super) why: String,
}

/// What fetching came to.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    /// What failed, by part.
    pub(super) failures: Vec<Failure>,
    /// All that there is to tell.
    pub(super) problems: Vec<Problem>,
}

/// Fetches what was asked for into the store.
pub(super) fn fetch(
    store: &Path,
    options: &UpdateOptions,
    progress: &dyn Progress,
) -> Result<Fetched, AdvisoryError> {
    let wanted = wanted(&options.feeds)?;
    let transport = HttpTransport::new(options.transport.clone());
    let downloader = Downloader {
        transport: &transport,
        is_mirror: options.mirror.is_some(),
        patience: options.transport.idle_timeout.unwrap_or(PATIENCE),
        progress,
    };
    let mut fetched = Fetched::default();
    for (feed, parts) in wanted {
        let kept = KeptFiles::open(store, feed.doc().id);
        let mut job =
            Job { feed, options, downloader: &downloader, kept: &kept, fetched: &mut fetched, told: 0 };
        job.run(&parts);
        if job.told == 0 {
            kept.forget_partial();
        }
        if let Err(error) = kept.save() {
            let detail = format!(
                "what its servers answered cannot be kept ({error}), so all of it is fetched anew the next time"
            );
            fetched.problems.push(Problem::new("feed-state-unwritable", feed.doc().id, detail));
        }
    }
    Ok(fetched)
}

/// A feed, and the parts of it that were named.
type Wanted = (&'static dyn Feed, Vec<String>);

/// The feeds and parts that were named; an empty list of parts stands for all.
fn wanted(named: &[String]) -> Result<Vec<Wanted>, AdvisoryError> {
    let id_of = |name: &String| name.split('/').next().unwrap_or(name).to_owned();
    let is_known = |id: &str| feed::ALL.iter().any(|feed| feed.doc().id == id);
    let unknown: Vec<String> = named.iter().map(id_of).filter(|id| !is_known(id)).collect();
    if !unknown.is_empty() {
        let known: Vec<&str> = feed::ALL.iter().map(|feed| feed.doc().id).collect();
        return Err(AdvisoryError::NoFeed(format!(
            "there is no feed {}; there are {}",
            unknown.join(", "),
            known.join(", ")
        )));
    }
    let mut wanted = Vec::new();
    for feed in feed::ALL {
        let id = feed.doc().id;
        let mine: Vec<&String> = named.iter().filter(|name| id_of(name) == id).collect();
        if named.is_empty() || mine.iter().any(|name| *name == id) {
            wanted.push((*feed, Vec::new()));
        } else if !mine.is_empty() {
            let part = |name: &&String| name.split_once('/').map(|(_, part)| part.to_owned());
            wanted.push((*feed, mine.iter().filter_map(part).collect()));
        }
    }
    Ok(wanted)
}

/// One feed on its way.
struct Job<'a> {
    feed: &'static dyn Feed,
    options: &'a UpdateOptions,
    downloader: &'a Downloader<'a>,
    kept: &'a KeptFiles,
    fetched: &'a mut Fetched,
    told: usize,
}

impl Job<'_> {
    fn id(&self) -> &'static str {
        self.feed.doc().id
    }

    fn run(&mut self, parts: &[String]) {
        let mut round = self.feed.requests(parts);
        if round.is_empty() {
            let why = format!("it has no part {}", parts.join(", "));
            self.fail(self.id().to_owned(), self.id(), &why);
        }
        let mut answered: BTreeMap<String, Vec<Outcome>> = BTreeMap::new();
        for _ in 0..MAX_ROUNDS {
            if round.is_empty() {
                break;
            }
            let answers = self.ask(&round);
            for answer in &answers {
                answered.entry(self.part_of(&answer.request.path)).or_default().push(answer.outcome);
            }
            let next = self.feed.follow(&answers, self.kept);
            self.fetched.problems.extend(next.problems);
            for (path, why) in next.failed {
                self.fail(self.part_of(&path), &path, &why);
            }
            for path in &next.drop {
                if let Err(error) = self.kept.remove(path) {
                    self.fail(self.part_of(path), path, &format!("it cannot be removed ({error})"));
                }
            }
            for (path, content) in &next.write {
                if let Err(error) = self.kept.write(path, content) {
                    self.fail(self.part_of(path), path, &format!("it cannot be written ({error})"));
                }
            }
            round = next.fetch;
        }
        // What a feed still asks for then, no publisher ever meant to be asked for.
        for request in round {
            let why = format!("it is asked for in more than {MAX_ROUNDS} rounds, as no real feed is");
            self.fail(self.part_of(&request.path), &request.path, &why);
        }
        // What a publisher may not have is no failure, unless somebody asked for it by name.
        let absent = |outcomes: &[Outcome]| outcomes.iter().all(|outcome| *outcome == Outcome::Absent);
        for (part, _) in answered.into_iter().filter(|(_, outcomes)| !parts.is_empty() && absent(outcomes)) {
            let what = part.rsplit('/').next().unwrap_or(&part).to_owned();
            self.fail(part, &what, "the publisher has nothing by that name");
        }
    }

    /// Feed and part of a file.
    fn part_of(&self, path: &str) -> String {
        self.feed.part(path).map_or_else(|| self.id().to_owned(), |part| format!("{}/{part}", self.id()))
    }

    fn fail(&mut self, part: String, what: &str, why: &str) {
        let subject = format!("{} {what}", self.id());
        let detail = format!("it could not be fetched: {why}; what was there before stays in use");
        if self.told < MAX_TOLD {
            self.fetched.problems.push(Problem::new("feed-not-fetched", subject, detail));
        } else if self.told == MAX_TOLD {
            let detail = "more of its files could not be fetched";
            self.fetched.problems.push(Problem::new("feed-not-fetched", self.id(), detail));
        }
        self.told += 1;
        if !self.fetched.failures.iter().any(|failure| failure.part == part) {
            self.fetched.failures.push(Failure { part, why: format!("{what} could not be fetched: {why}") });
        }
    }

    /// Fetches the files of one round, a few at once; answers stand in the order of requests.
    fn ask(&mut self, round: &[FeedRequest]) -> Vec<Answer> {
        let what = match round {
            [one] => format!("{} {}", self.id(), one.path),
            several => format!("{}: {} files", self.id(), several.len()),
        };
        self.downloader.progress.begin(&what, 0);
        let next = AtomicUsize::new(0);
        let outcomes = Mutex::new(Vec::with_capacity(round.len()));
        let work = || {
            while let Some((index, request)) = {
                let index = next.fetch_add(1, Ordering::Relaxed);
                round.get(index).map(|request| (index, request))
            } {
                let outcome = self.downloader.fetch(request, &self.address(request), self.kept);
                outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((index, outcome));
            }
        };
        if round.len() == 1 {
            work();
        } else {
            thread::scope(|scope| {
                for _ in 0..AT_ONCE.min(round.len()) {
                    scope.spawn(work);
                }
            });
        }
        self.downloader.progress.end();
        let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
        outcomes.sort_by_key(|(index, _)| *index);
        let mut answers = Vec::with_capacity(round.len());
        for (request, (_, outcome)) in round.iter().zip(outcomes) {
            let is_gone = |outcome| {
                outcome == Outcome::Absent
                    && self.feed.takes(&request.path)
                    && self.kept.open(&request.path).is_some()
            };
            let outcome = match outcome {
                Ok(outcome) if !is_gone(outcome) => Ok(outcome),
                Ok(_) => Err("the server does not have it any more".to_owned()),
                Err(error) => Err(error.to_string()),
            };
            let outcome = outcome.unwrap_or_else(|error| {
                let why = format!("{error} ({})", self.address(request));
                self.fail(self.part_of(&request.path), &request.path, &why);
                Outcome::Failed
            });
            if outcome == Outcome::Fetched {
                for path in &request.replaces {
                    if let Err(error) = self.kept.remove(path) {
                        self.fail(self.part_of(path), path, &format!("it cannot be removed ({error})"));
                    }
                }
            }
            answers.push(Answer { request: request.clone(), outcome });
        }
        answers
    }

    fn address(&self, request: &FeedRequest) -> String {
        match &self.options.mirror {
            Some(mirror) => {
                format!("{}/{}/{}", mirror.trim_end_matches('/'), self.id(), escape(&request.path))
            }
            None => request.url.clone(),
        }
    }
}

/// A path as part of an address: names of ecosystems have spaces, ids of records may have more.
fn escape(path: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~' | b'+' | b':') {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(named: &[&str], expect: &str) {
        let named: Vec<String> = named.iter().map(|name| (*name).to_owned()).collect();
        let found = match wanted(&named) {
            Ok(wanted) => wanted
                .iter()
                .map(|(feed, parts)| format!("{} {}", feed.doc().id, parts.join(",")).trim().to_owned())
                .collect::<Vec<_>>()
                .join("; "),
            Err(error) => error.to_string(),
        };
        assert!(found.starts_with(expect), "{found}");
    }

    #[test]
    fn feeds_and_parts_are_taken_by_name() {
        check(&["osv/PyPI", "osv/Go", "kev"], "osv PyPI,Go; kev");
        check(&["osv/PyPI", "osv"], "osv");
        check(&[], "osv; alpine-secdb; debian-tracker; ");
    }

    #[test]
    fn one_unknown_name_refuses_all() {
        check(&["kev", "nosuch"], "there is no feed nosuch; there are osv, alpine-secdb, ");
        check(&["oval/oracle"], "there is no feed oval;");
    }

    /// A feed that asks for one file more after every answer.
    #[derive(Debug)]
    struct Endless;

    const ENDLESS: plimsoll_catalog::Doc =
        plimsoll_catalog::Doc { id: "endless", title: "", summary: "", explanation: "" };

    impl Feed for Endless {
        fn doc(&self) -> &'static plimsoll_catalog::Doc {
            &ENDLESS
        }

        fn takes(&self, _: &str) -> bool {
            true
        }

        fn requests(&self, _: &[String]) -> Vec<FeedRequest> {
            vec![FeedRequest::new("", "part/a")]
        }

        fn follow(&self, round: &[Answer], _: &dyn plimsoll_advisory::Kept) -> plimsoll_advisory::FollowUp {
            let more = round.iter().map(|answer| FeedRequest::new("", format!("{}a", answer.request.path)));
            plimsoll_advisory::FollowUp { fetch: more.collect(), ..Default::default() }
        }

        fn parse(&self, _: plimsoll_advisory::FeedFile<'_>, _: &mut dyn plimsoll_advisory::Sink) {}
    }

    #[test]
    fn what_is_still_asked_for_after_the_last_round_has_failed() {
        let place = tempfile::tempdir().unwrap();
        let server = plimsoll_testing::feed_server::FeedServer::start().unwrap();
        for length in 1..10 {
            server.put(&format!("endless/part/{}", "a".repeat(length)), "x");
        }
        let options = UpdateOptions {
            feeds: Vec::new(),
            mirror: Some(server.url()),
            transport: crate::TransportOptions::default(),
        };
        let transport = HttpTransport::new(options.transport.clone());
        let downloader = Downloader {
            transport: &transport,
            is_mirror: true,
            patience: PATIENCE,
            progress: &crate::NoProgress,
        };
        let kept = KeptFiles::open(place.path(), "endless");
        let mut fetched = Fetched::default();
        Job {
            feed: &Endless,
            options: &options,
            downloader: &downloader,
            kept: &kept,
            fetched: &mut fetched,
            told: 0,
        }
        .run(&[]);
        assert_eq!(server.asked().len(), MAX_ROUNDS);
        let last = fetched.problems.last().unwrap();
        assert!(last.detail.contains("more than 6 rounds"), "{last}");
        assert_eq!(fetched.failures.len(), 1);
        assert_eq!(fetched.failures[0].part, "endless/part");
    }

    #[test]
    fn paths_become_addresses() {
        assert_eq!(escape("Rocky Linux/all.zip"), "Rocky%20Linux/all.zip");
    }
}
