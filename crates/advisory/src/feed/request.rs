//! What a feed asks for and what it learns of the answers: plain values. Somebody else downloads.

use plimsoll_model::Problem;

use super::ReadSeek;

/// The largest file of any feed. The largest real ones, OSV's dump of all ecosystems and Red
/// Hat's archive of documents, have about one gigabyte.
const LARGEST_FILE: u64 = 4 << 30;

/// One file to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRequest {
    /// Address.
    pub url: String,
    /// Path below the feed's own folder that it is kept under.
    pub path: String,
    /// The most bytes that are taken.
    pub limit: u64,
    /// Whether the publisher may not have it, which is then no failure.
    pub is_optional: bool,
    /// Which state of the file this is, in the publisher's own words (a time, a digest); kept
    /// with the file, so that the next update can compare.
    pub stamp: Option<String>,
    /// Its size in bytes, where the publisher states it.
    pub size: Option<u64>,
    /// Its digest, where the publisher states one.
    pub digest: Option<Digest>,
    /// Paths of kept files that this one makes superfluous once it has come.
    pub replaces: Vec<String>,
}

/// A digest that a publisher states. Weaker ones than these prove nothing, and are not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256 in lower-case hexadecimal digits.
    Sha256(String),
    /// SHA-512 in lower-case hexadecimal digits.
    Sha512(String),
}

impl Digest {
    /// Reads a digest as publishers write it; `None` where the way of digesting is unknown or too
    /// weak, or the digits are not as many as it has.
    #[must_use]
    pub fn parse(kind: &str, digits: &str) -> Option<Self> {
        let digits = digits.trim().to_ascii_lowercase();
        let fits = |length| digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        match kind.trim().to_ascii_lowercase().as_str() {
            "sha256" if fits(64) => Some(Self::Sha256(digits)),
            "sha512" if fits(128) => Some(Self::Sha512(digits)),
            _ => None,
        }
    }
}

impl FeedRequest {
    /// A file that the publisher must have.
    #[must_use]
    pub fn new(url: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            path: path.into(),
            limit: LARGEST_FILE,
            is_optional: false,
            stamp: None,
            size: None,
            digest: None,
            replaces: Vec::new(),
        }
    }

    /// The same with a smaller limit on its bytes.
    #[must_use]
    pub fn at_most(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// The same for a file that the publisher may not have.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// The same with the state that the publisher says it has.
    #[must_use]
    pub fn stamped(mut self, stamp: impl Into<String>) -> Self {
        self.stamp = Some(stamp.into());
        self
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It came, and is kept.
    Fetched,
    /// The publisher says that the kept file is still the present one.
    Unchanged,
    /// The publisher does not have it; of an optional one only.
    Absent,
    /// It could not be had. Whatever was kept of it before is still there.
    Failed,
}

/// A request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was asked for.
    pub request: FeedRequest,
    /// What became of it.
    pub outcome: Outcome,
}

impl Answer {
    /// Whether there is a file now, new or as before.
    #[must_use]
    pub const fn is_there(&self) -> bool {
        matches!(self.outcome, Outcome::Fetched | Outcome::Unchanged)
    }
}

/// What the answers of a round lead to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FollowUp {
    /// What to ask for next.
    pub fetch: Vec<FeedRequest>,
    /// Paths of kept files that are to be removed now.
    pub drop: Vec<String>,
    /// Small files that the feed keeps for itself: path and content.
    pub write: Vec<(String, String)>,
    /// Paths of files that cannot be had because an answer leads nowhere, and why.
    pub failed: Vec<(String, String)>,
    /// What in the answers is not understood; the rest of them counts.
    pub problems: Vec<Problem>,
}

impl FollowUp {
    /// Adds another feed part's.
    pub fn extend(&mut self, other: Self) {
        self.fetch.extend(other.fetch);
        self.drop.extend(other.drop);
        self.write.extend(other.write);
        self.failed.extend(other.failed);
        self.problems.extend(other.problems);
    }
}

/// The files of a feed that are kept from earlier.
pub trait Kept {
    /// Paths of the files below a folder of the feed's (`PyPI/`, or nothing for all), sorted.
    fn paths(&self, below: &str) -> Vec<String>;

    /// The stamp of the request that a kept file came by.
    fn stamp(&self, path: &str) -> Option<String>;

    /// Opens a kept file; `None` where there is none.
    fn open(&self, path: &str) -> Option<Box<dyn ReadSeek>>;
}

impl dyn Kept + '_ {
    /// The text of a kept file, up to so many bytes; `None` where there is none, or it has more.
    #[must_use]
    pub fn text(&self, path: &str, limit: u64) -> Option<String> {
        use std::io::Read as _;
        let mut bytes = Vec::new();
        self.open(path)?.take(limit + 1).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 <= limit).then(|| String::from_utf8_lossy(&bytes).into_owned())
    }
}
