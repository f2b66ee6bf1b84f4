//! A server of files on 127.0.0.1, honest until told otherwise: entity tags, conditional requests
//! and ranges as RFC 9110 has them, and for single paths whatever else a test wants.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::hostile_registry::{HostileRegistry, Reply, Seen, digest};

/// How an answer differs from the honest one.
pub type Fault = dyn Fn(&Seen, Reply) -> Reply + Send + Sync;

#[derive(Default)]
struct State {
    files: BTreeMap<String, Vec<u8>>,
    once: BTreeMap<String, VecDeque<Box<Fault>>>,
    always: BTreeMap<String, Box<Fault>>,
    /// Requests that were told already.
    told: usize,
}

/// The server; it runs until it is dropped.
pub struct FeedServer {
    state: Arc<Mutex<State>>,
    server: HostileRegistry,
}

impl fmt::Debug for FeedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedServer").field("server", &self.server).finish_non_exhaustive()
    }
}

impl FeedServer {
    /// Starts a server without files.
    ///
    /// # Errors
    /// Where there is no port to be had.
    pub fn start() -> io::Result<Self> {
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = Arc::clone(&state);
        let server = HostileRegistry::start(move |seen| {
            let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let path = seen.path().trim_start_matches('/').to_owned();
            let honest = state
                .files
                .get(&path)
                .map_or_else(|| Reply::new(404, "no such file"), |file| honest(seen, file));
            match state.once.get_mut(&path).and_then(VecDeque::pop_front) {
                Some(fault) => fault(seen, honest),
                None => match state.always.get(&path) {
                    Some(fault) => fault(seen, honest),
                    None => honest,
                },
            }
        })?;
        Ok(Self { state, server })
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts a file at a path (`kev/known.json`).
    pub fn put(&self, path: &str, content: impl Into<Vec<u8>>) {
        self.with(|state| state.files.insert(path.to_owned(), content.into()));
    }

    /// Takes a file away.
    pub fn remove(&self, path: &str) {
        self.with(|state| state.files.remove(path));
    }

    /// Changes the next answer for a path; several wait in line.
    pub fn once(&self, path: &str, fault: impl Fn(&Seen, Reply) -> Reply + Send + Sync + 'static) {
        self.with(|state| state.once.entry(path.to_owned()).or_default().push_back(Box::new(fault)));
    }

    /// Changes every answer for a path from now on.
    pub fn always(&self, path: &str, fault: impl Fn(&Seen, Reply) -> Reply + Send + Sync + 'static) {
        self.with(|state| state.always.insert(path.to_owned(), Box::new(fault)));
    }

    /// Answers honestly from now on.
    pub fn mend(&self) {
        self.with(|state| {
            state.once.clear();
            state.always.clear();
        });
    }

    /// `http://127.0.0.1:PORT`
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.server.host())
    }

    /// The paths that were asked for since this was last called, sorted; behind each whether it
    /// was asked for under a condition, or from which byte on.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        let seen = self.server.seen();
        let before = self.with(|state| std::mem::replace(&mut state.told, seen.len()));
        let mut asked: Vec<String> = seen.iter().skip(before).map(describe).collect();
        asked.sort();
        asked
    }
}

fn describe(seen: &Seen) -> String {
    let path = seen.path().trim_start_matches('/');
    match (seen.header("range"), seen.header("if-none-match")) {
        (Some(range), _) => {
            format!("{path} from {}", range.trim_start_matches("bytes=").trim_end_matches('-'))
        }
        (None, Some(_)) => format!("{path} if changed"),
        (None, None) => path.to_owned(),
    }
}

/// What an honest server answers.
fn honest(seen: &Seen, file: &[u8]) -> Reply {
    let tag = format!("\"{}\"", digest(file).get(7..23).unwrap_or_default());
    if seen.header("if-none-match") == Some(&tag) {
        return Reply::new(304, "").with("ETag", tag);
    }
    let start =
        seen.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    match start {
        Some(start) if seen.header("if-range") == Some(&tag) => {
            match file.get(start..).filter(|rest| !rest.is_empty()) {
                Some(rest) => Reply::new(206, rest)
                    .with("Content-Range", format!("bytes {start}-{}/{}", file.len() - 1, file.len()))
                    .with("ETag", tag),
                None => Reply::new(416, ""),
            }
        }
        _ => Reply::new(200, file).with("ETag", tag),
    }
}
