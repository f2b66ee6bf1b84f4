//! From feed bytes to advisories, from advisories to one database, and from the database and a
//! list of packages to findings.
//!
//! **Never:** downloads anything, reads the clock, or takes what it does not understand for
//! "not affected": an answer is affected, not affected, or unknown and why.
//!
//! # Where to start
//!
//! * [`Feed`] is a publisher's format: which requests fetch it, and what its bytes say.
//! * [`feed::ALL`] is the list that everything else derives from.
//! * [`database::DatabaseBuilder`] compiles advisories, [`database::Database`] looks them up.
//! * [`matching::find`] judges the packages of an image, [`matching::explain`] says how.

mod csaf;
pub mod cvss;
pub mod database;
pub mod feed;
mod flavour;
pub mod matching;
mod statement;
mod unpack;
pub mod vex;
mod xml;

pub use feed::{Answer, Digest, Feed, FeedFile, FeedRequest, FollowUp, Kept, Outcome, ReadSeek, Sink};
