//! Which packages were judged, by whom, and why the others were not.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Who judged a package, or why nobody could.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coverage {
    /// These feeds speak for its scope.
    Judged {
        /// Ids of the feeds, sorted.
        feeds: Vec<String>,
        /// The scope: a distribution and release (`debian 12`) or a kind of package (`pypi`).
        scope: String,
    },
    /// Its files belong to a package of the distribution, which the distribution's feed judges:
    /// that package's position in [`crate::Analysis::packages`].
    JudgedAsPartOf(u32),
    /// A lock file merely names it.
    NotInstalled,
    /// Nobody could judge it.
    Unknown(NoCoverage),
}

impl Coverage {
    /// Whether somebody judged it.
    #[must_use]
    pub const fn is_judged(&self) -> bool {
        matches!(self, Self::Judged { .. } | Self::JudgedAsPartOf(_))
    }
}

/// Why a package could not be judged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoCoverage {
    /// No feed that is loaded speaks for this kind of package, or for this distribution.
    NoFeed,
    /// A feed for it was loaded, and nothing is in it: its id.
    FeedEmpty(String),
    /// The newest that the feed says is older than the limit.
    FeedTooOld {
        /// Id of the feed.
        feed: String,
        /// Age in days.
        days: u32,
        /// What was allowed.
        limit: u32,
    },
    /// A limit of age was asked for, and the feed states neither dates nor when it was fetched.
    FeedAgeUnknown(String),
    /// Nothing in the image says which distribution it is.
    DistributionUnknown,
    /// The image does not say which release of the distribution it is.
    ReleaseUnknown,
    /// The feeds speak for this distribution, but not for this release: the release.
    ReleaseNotCovered(String),
    /// The installed version is none by the rules of its ecosystem.
    VersionUnparsable,
    /// No order of versions is known for this kind of package.
    NoVersionOrder,
    /// Nothing in the image states the group of a Maven artifact, without which advisories do not
    /// name it.
    GroupUnknown,
    /// The database could not be read where it speaks of this package.
    DatabaseDamaged,
}

impl fmt::Display for NoCoverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFeed => f.write_str("no loaded feed speaks for it"),
            Self::FeedEmpty(feed) => write!(f, "the feed {feed} is empty"),
            Self::FeedTooOld { feed, days, limit } => {
                write!(f, "the feed {feed} is {days} days old, and {limit} are allowed")
            }
            Self::FeedAgeUnknown(feed) => write!(f, "the feed {feed} does not say how old it is"),
            Self::DistributionUnknown => f.write_str("the image does not say which distribution it is"),
            Self::ReleaseUnknown => {
                f.write_str("the image does not say which release of its distribution it is")
            }
            Self::ReleaseNotCovered(release) => {
                write!(f, "the loaded feeds do not speak for release {release}")
            }
            Self::VersionUnparsable => f.write_str("its version is not one of its ecosystem"),
            Self::NoVersionOrder => f.write_str("no order of versions is known for its kind"),
            Self::GroupUnknown => f.write_str("nothing states its group, by which advisories know it"),
            Self::DatabaseDamaged => f.write_str("the advisory database is damaged where it speaks of it"),
        }
    }
}

/// What a feed brought to bear on packages of one kind and scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct FeedCoverage {
    /// Id of the feed.
    pub feed: String,
    /// Statements that it holds about the scope. Few of them about a whole release say that the
    /// feed hardly knows it.
    pub statements: u64,
    /// The latest change of an advisory that speaks of the scope (RFC 3339, UTC); `None` where
    /// its advisories have no dates.
    pub newest: Option<String>,
    /// When its bytes were fetched (RFC 3339, UTC).
    pub fetched_at: Option<String>,
    /// Entries that could not be read.
    pub unreadable: u64,
    /// Set where a file of it was not read to its end: the reason.
    pub incomplete_because: Option<String>,
}

/// How many packages of one kind and scope were judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageSummary {
    /// Purl type.
    pub kind: String,
    /// Distribution and release (`debian 12`); the purl type again for languages.
    pub scope: String,
    /// Installed packages.
    pub packages: u64,
    /// Of those, judged.
    pub judged: u64,
    /// Of those judged, the ones that were judged as part of a package of the distribution.
    pub part_of_others: u64,
    /// Feeds that judged them, sorted by id.
    pub feeds: Vec<FeedCoverage>,
    /// Why the others were not, with how many.
    pub unknown: Vec<(NoCoverage, u64)>,
}

/// Statements that name a package of the image and do not apply to it, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SetAside {
    /// Their advisory was taken back.
    pub withdrawn: u64,
    /// They are about another architecture.
    pub other_architecture: u64,
    /// They are about another module stream.
    pub other_module: u64,
    /// They are about another class of repositories (`eus`, `esm-apps`, `ksplice`, `fips`).
    pub other_repository: u64,
    /// They are about another release.
    pub other_release: u64,
    /// They are about another line of versions of the same name (Oracle's kernels).
    pub other_line: u64,
    /// They are about the distribution at large, where others about the image's own stream of
    /// updates (`eus` of 8.6) decide.
    pub superseded: u64,
}
