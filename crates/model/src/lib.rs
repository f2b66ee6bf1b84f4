//! Everything one can say about a container image, as plain, comparable, serialisable data.
//!
//! **Never:** opens a file or a socket, reads the clock or the environment, knows a file format
//! or a package database. Every other crate speaks in these types.
//!
//! # Where to start
//!
//! * [`Analysis`] is the whole answer about one image: its [`ImageIdentity`], [`ImageConfig`],
//!   [`Layer`]s, [`Package`]s, merged [`FileTable`], and every [`Problem`] met on the way.
//! * [`FileTable`] holds the files of one layer or of a merged image, compact enough for a
//!   hundred thousand entries to be copied, searched and compared in milliseconds.
//! * [`LayerFacts`] is what one pass over one layer yields and what is cached by its digest.
//! * [`compare`] turns two analyses into their differences; the order of versions is handed in.
//!
//! # The types at the edge
//!
//! Raw strings stop at the boundary: [`Digest`], [`Reference`], [`TreePath`], [`Platform`] and
//! [`Purl`] can only be built from text that is right.

pub mod advisory;
pub mod analysis;
pub mod attachment;
pub mod base;
pub mod compare;
pub mod digest;
pub mod distribution;
pub mod evidence;
pub mod file;
pub mod finding;
pub mod layer;
pub mod lint;
pub mod owner;
pub mod package;
pub mod path;
pub mod plain;
pub mod platform;
pub mod problem;
pub mod purl;
pub mod reference;
pub mod units;

pub use advisory::{
    Advisory, EndOfLife, FixState, FurtherSupport, NameKind, RangeEnd, Scope, Severity, Statement,
    VersionRange, order_ids,
};
pub use analysis::{Analysis, ImageConfig, ImageIdentity, Layer, LayerStatistics};
pub use attachment::{
    AppliedVex, AttachedContent, AttachedKind, Attachment, AttachmentPlace, Attachments, Signer, Verification,
};
pub use base::{Base, BaseEvidence, Descent};
pub use digest::{Algorithm, Digest, DigestError};
pub use distribution::Distribution;
pub use evidence::{Evidence, Place, Secret};
pub use file::{FileId, FileKind, FileRecord, FileTable, FileTableBuilder, NewFile, NodeId, PathIndex};
pub use finding::{
    Conclusion, Coverage, CoverageSummary, CvssScore, DatabaseFacts, ExploitProbability, FeedCoverage,
    FeedFacts, Finding, FindingSource, KnownExploited, NoCoverage, NotAffectedReason, ScopeFacts, SetAside,
    SeverityLevel, UnknownReason, Verdict, Vulnerabilities,
};
pub use layer::{Fragment, LayerFacts, ReaderRevision};
pub use lint::{About, Lint, LintRule, Observation, RuleOutcome};
pub use owner::ProofOwners;
pub use package::{InstallReason, Package, PackageType, SourcePackage};
pub use path::{PathError, TreePath};
pub use platform::{Platform, PlatformError};
pub use problem::{Problem, ProblemCode};
pub use purl::{Purl, PurlError};
pub use reference::{Reference, ReferenceError};
