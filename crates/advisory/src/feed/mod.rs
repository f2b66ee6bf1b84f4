//! Publishers' formats, one file each.

pub mod alpine_secdb;
pub mod amazon_updateinfo;
pub mod debian_tracker;
pub(crate) mod intake;
pub mod osv;
pub mod oval;
pub mod redhat_vex;

use std::io::Read;

use plimsoll_catalog::Doc;
use plimsoll_model::{Advisory, Problem};

/// Takes what a feed says, piece by piece, so that no feed has to fit into memory.
pub trait Sink {
    /// One advisory.
    fn advisory(&mut self, advisory: Advisory);

    /// Something in the feed that cannot be used; the rest of the feed goes on.
    fn problem(&mut self, problem: Problem);
}

/// One file of a feed, as its publisher serves it: decompressed where the transport compressed
/// it, but not unpacked.
pub struct FeedFile<'a> {
    /// Path below the feed's own folder, such as `AlmaLinux/all.zip`.
    pub path: &'a str,
    /// The bytes.
    pub bytes: &'a mut dyn Read,
}

impl std::fmt::Debug for FeedFile<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FeedFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// One file to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRequest {
    /// Address.
    pub url: String,
    /// Path below the feed's own folder that it is kept under.
    pub path: String,
}

/// A publisher's format.
pub trait Feed: Sync + std::fmt::Debug {
    /// What it is; the id names its folder.
    fn doc(&self) -> &'static Doc;

    /// Whether a file below the feed's folder is one that [`Self::parse`] reads.
    fn takes(&self, path: &str) -> bool;

    /// The files that make up the whole feed, for the parts asked for (ecosystems, releases).
    fn requests(&self, parts: &[String]) -> Vec<FeedRequest>;

    /// Reads one file. Damage goes to the sink as problems, and the rest is read all the same.
    fn parse(&self, file: FeedFile<'_>, sink: &mut dyn Sink);
}

/// Problems that lose no entry: what was meant was read, or was never about a package.
const HARMLESS: &[&str] = &[
    "cvss-vector-damaged",
    "debian-status-unknown",
    "osv-commits-only",
    "osv-ecosystem-unknown",
    "osv-no-package",
    "secdb-contradiction",
    "secdb-id-repaired",
];

/// Whether a problem met in a feed means that entries of it may be missing.
#[must_use]
pub fn loses_entries(problem: &Problem) -> bool {
    !HARMLESS.contains(&problem.code.as_str())
}

/// Every feed there is.
pub const ALL: &[&dyn Feed] = &[
    &osv::Osv,
    &alpine_secdb::AlpineSecdb,
    &debian_tracker::DebianTracker,
    &oval::OracleOval,
    &oval::AzureOval,
    &oval::PhotonOval,
    &redhat_vex::RedHatVex,
    &amazon_updateinfo::AmazonUpdateinfo,
];
