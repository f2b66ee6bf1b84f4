//! What feeds share when they take bytes in: a limit on the bytes, a limit on the problems that
//! one file may raise, and the one line that an advisory keeps of a long text.

mod text;

use std::collections::BTreeMap;
use std::io::{self, Read};

use plimsoll_model::{Advisory, EndOfLife, Problem};

pub(crate) use self::text::Text;
use super::Sink;
use super::loss::{self, Loss};

/// How many problems of one kind a file may raise one by one. The rest of them are counted and
/// said in one more: a feed of a million broken entries is one broken feed, not a million.
const PROBLEMS_OF_A_KIND: u64 = 20;

/// How long the line is that stands for an advisory's text, in characters. Publishers ask
/// themselves for 120 or so; some put paragraphs there.
const SUMMARY_CHARACTERS: usize = 300;

/// Hands on what one file of a feed says, and counts problems where there are too many to say.
pub(crate) struct Reporter<'a> {
    sink: &'a mut dyn Sink,
    path: &'a str,
    raised: BTreeMap<&'static str, u64>,
}

impl<'a> Reporter<'a> {
    /// A reporter for the file at `path`.
    pub(crate) fn new(path: &'a str, sink: &'a mut dyn Sink) -> Self {
        Self { sink, path, raised: BTreeMap::new() }
    }

    /// The file's path below the feed's folder.
    pub(crate) fn path(&self) -> &'a str {
        self.path
    }

    /// Hands on an advisory.
    pub(crate) fn advisory(&mut self, advisory: Advisory) {
        self.sink.advisory(advisory);
    }

    /// Hands on until when a release gets fixes.
    pub(crate) fn end_of_life(&mut self, distribution: &str, release: &str, dates: EndOfLife) {
        self.sink.end_of_life(distribution, release, dates);
    }

    /// Raises a problem with the whole file.
    pub(crate) fn file_problem(&mut self, code: &'static str, detail: impl Into<String>) {
        self.sink.problem(Problem::new(code, self.path, detail));
    }

    /// Raises a problem with one entry of the file, or counts it.
    pub(crate) fn entry_problem(&mut self, code: &'static str, entry: &str, detail: impl Into<String>) {
        let raised = self.raised.entry(code).or_default();
        *raised += 1;
        if *raised <= PROBLEMS_OF_A_KIND {
            self.sink.problem(Problem::new(code, format!("{}#{}", self.path, clip(entry)), detail));
        }
    }

    /// Says what was only counted.
    pub(crate) fn finish(self) {
        for (code, raised) in self.raised {
            let counted = raised.saturating_sub(PROBLEMS_OF_A_KIND);
            if counted > 0 {
                let detail = format!("{counted} more entries of this file have the same problem");
                self.sink.problem(Problem::new(code, self.path, detail));
                if loss::of(code) == Loss::Entry {
                    // The line above is one of them.
                    self.sink.left_out(counted - 1);
                }
            }
        }
    }
}

/// What could be read of a file within a limit, and why that is not all, if it is not.
pub(crate) struct Bytes {
    /// The bytes.
    pub(crate) content: Vec<u8>,
    /// What kept the rest away.
    pub(crate) cut: Option<Cut>,
}

/// Why a file was not read to its end.
pub(crate) enum Cut {
    /// It is larger than the limit, which is this many bytes.
    Limit(u64),
    /// Reading failed.
    Failed(io::Error),
}

impl Cut {
    /// Raises the problem that says so.
    pub(crate) fn raise(&self, reporter: &mut Reporter<'_>) {
        match self {
            Self::Limit(limit) => reporter.file_problem(
                "feed-file-too-large",
                format!("the file is larger than {limit} bytes, so the rest of it was not read"),
            ),
            Self::Failed(error) => reporter.file_problem(
                "feed-file-unreadable",
                format!("reading the file failed ({error}), so the rest of it was not read"),
            ),
        }
    }
}

/// Reads a whole file, but no more than `limit` bytes of it.
pub(crate) fn read_bounded(bytes: &mut dyn Read, limit: u64) -> Bytes {
    let mut content = Vec::new();
    let read = bytes.take(limit.saturating_add(1)).read_to_end(&mut content);
    let cut = match read {
        Err(error) => Some(Cut::Failed(error)),
        Ok(_) if content.len() as u64 > limit => {
            content.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            Some(Cut::Limit(limit))
        }
        Ok(_) => None,
    };
    Bytes { content, cut }
}

/// The first line of a text that says anything, cut to a length that fits into a table.
pub(crate) fn summary_line(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(match line.char_indices().nth(SUMMARY_CHARACTERS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(line).trim_end()),
        None => line.to_owned(),
    })
}

/// A name out of a feed, short enough to be part of a message.
pub(crate) fn clip(name: &str) -> &str {
    const CHARACTERS: usize = 120;
    name.char_indices().nth(CHARACTERS).and_then(|(end, _)| name.get(..end)).unwrap_or(name)
}

/// A time as RFC 3339 has it, or nothing where the publisher writes the zero time of its
/// programming language for "not known" (Go's year 1).
pub(crate) fn known_time(time: Option<String>) -> Option<String> {
    time.filter(|time| !time.is_empty() && !time.starts_with("0001-"))
}
