//! Facts to documents: what a person, a spreadsheet or another program reads about an image,
//! and bills of materials back into facts.
//!
//! **Never:** opens a file or a socket, reads the clock, the environment or the terminal, knows
//! an ecosystem's rules, decides whether something is good or bad. A document is a pure function
//! of the view that is handed in, so the same view gives the same bytes.
//!
//! # Where to start
//!
//! * A [`Document`] is a kind of answer (`packages`, `files`, …). Each has a directory of its
//!   own, one file per format in it, and a list of its formats that everything else derives from:
//!   [`Document::FORMATS`].
//! * A view says what a document is about: [`overview::Overview`], [`packages::PackageList`],
//!   [`files::FileList`], [`layers::LayerList`], [`vulnerabilities::VulnerabilityList`]. All borrow
//!   an [`Analysis`].
//! * [`sbom::read`] turns a CycloneDX or SPDX document back into an [`Analysis`] of packages.
//! * [`schemas::ALL`] holds the JSON Schema of every JSON document of our own.
//!
//! To add a format: write `DOCUMENT/FORMAT.rs` with a function `write(view, out)`, and name it
//! in the document's `FORMATS`.
//!
//! [`Analysis`]: plimsoll_model::Analysis

pub mod advisory_status;
mod buffer;
mod csv;
pub mod difference;
pub mod evidence;
pub mod explanation;
pub mod files;
mod format;
mod json;
pub mod layers;
pub mod lint;
mod markdown;
pub mod modified;
pub mod overview;
pub mod packages;
mod page;
mod place;
mod sarif;
pub mod sbom;
pub mod schemas;
mod table;
pub mod units;
pub mod vulnerabilities;

pub use format::{Document, Format, find};

#[cfg(test)]
mod sample;
