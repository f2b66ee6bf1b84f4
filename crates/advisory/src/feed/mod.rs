//! Publishers' formats, one file each.

pub mod alpine_secdb;
pub mod amazon_updateinfo;
pub mod debian_tracker;
pub mod distro_info;
pub mod endoflife;
pub mod epss;
pub(crate) mod intake;
pub mod kev;
pub mod loss;
pub mod osv;
pub mod oval;
pub mod redhat_vex;
mod request;
pub mod sound;

use std::collections::BTreeSet;
use std::io::{Read, Seek};

use plimsoll_catalog::Doc;
use plimsoll_model::{Advisory, EndOfLife, ExploitProbability, KnownExploited, Problem};

pub use request::{Answer, Digest, FeedRequest, FollowUp, Kept, Outcome};

/// Takes what a feed says, piece by piece, so that no feed has to fit into memory.
pub trait Sink {
    /// One advisory.
    fn advisory(&mut self, advisory: Advisory);

    /// Something in the feed that cannot be used; the rest of the feed goes on.
    fn problem(&mut self, problem: Problem);

    /// So many more entries were left out, beyond those that a problem was raised for one by one.
    fn left_out(&mut self, _entries: u64) {}

    /// A flaw is known to be exploited.
    fn known_exploited(&mut self, _cve: &str, _entry: KnownExploited) {}

    /// How likely a flaw is to be exploited; `day` is the day of the estimate.
    fn exploit_probability(&mut self, _cve: &str, _probability: ExploitProbability, _day: Option<&str>) {}

    /// Until when a release of a distribution gets fixes. `distribution` is its `ID` in
    /// os-release, `release` its `VERSION_ID` or its codename.
    fn end_of_life(&mut self, _distribution: &str, _release: &str, _dates: EndOfLife) {}
}

/// Bytes that can be read from any place: an archive's directory stands at its end.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek + ?Sized> ReadSeek for T {}

/// One file of a feed, as its publisher serves it: decompressed where the transport compressed
/// it, but not unpacked.
pub struct FeedFile<'a> {
    /// Path below the feed's own folder, such as `AlmaLinux/all.zip`.
    pub path: &'a str,
    /// The bytes.
    pub bytes: &'a mut dyn ReadSeek,
    /// Members of this archive that are left out: a newer file of that name lies beside the
    /// archive, or the publisher took the member back.
    pub replaced: &'a BTreeSet<String>,
}

/// No member of an archive is replaced.
static NOTHING: BTreeSet<String> = BTreeSet::new();

impl<'a> FeedFile<'a> {
    /// A file of which everything counts.
    pub fn new(path: &'a str, bytes: &'a mut dyn ReadSeek) -> Self {
        Self { path, bytes, replaced: &NOTHING }
    }
}

impl std::fmt::Debug for FeedFile<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FeedFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A publisher's format.
pub trait Feed: Sync + std::fmt::Debug {
    /// What it is; the id names its folder.
    fn doc(&self) -> &'static Doc;

    /// Whether a file below the feed's folder is one that [`Self::parse`] reads.
    fn takes(&self, path: &str) -> bool;

    /// What to ask for first, for the parts asked for (ecosystems, releases); none for all.
    fn requests(&self, parts: &[String]) -> Vec<FeedRequest>;

    /// What the answers of a round lead to. Rounds go on until a feed asks for nothing more.
    fn follow(&self, _round: &[Answer], _kept: &dyn Kept) -> FollowUp {
        FollowUp::default()
    }

    /// The part of the feed that a file belongs to, which fails and ages by itself: the first
    /// folder of its path, if it has one. `None` for a file of the feed as a whole.
    fn part<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.split_once('/').map(|(part, _)| part)
    }

    /// The path of a file that says the same as this one, in the form that is read in its stead
    /// where both are there.
    fn twin(&self, _path: &str) -> Option<String> {
        None
    }

    /// Whether a file holds many documents, of which single newer ones may lie beside it.
    fn is_archive(&self, _path: &str) -> bool {
        false
    }

    /// Reads one file. Damage goes to the sink as problems, and the rest is read all the same.
    fn parse(&self, file: FeedFile<'_>, sink: &mut dyn Sink);
}

/// The list of members that a publisher took back from an archive, one a line, beside the archive.
pub const WITHDRAWN_LIST: &str = "withdrawn.txt";

/// Every feed there is. Of two that speak of the same, the earlier is believed.
pub const ALL: &[&dyn Feed] = &[
    &osv::Osv,
    &alpine_secdb::AlpineSecdb,
    &debian_tracker::DebianTracker,
    &oval::OracleOval,
    &oval::AzureOval,
    &oval::PhotonOval,
    &redhat_vex::RedHatVex,
    &amazon_updateinfo::AmazonUpdateinfo,
    &kev::KnownExploitedFlaws,
    &epss::ExploitPrediction,
    &distro_info::DistroInfo,
    &endoflife::EndOfLifeDate,
];
