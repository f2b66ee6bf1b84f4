//! Files to facts: what the files of an image say about what is installed in it.
//!
//! **Never:** decides whether something is good or bad, knows an advisory, opens a file or a
//! socket. Readers are handed the bytes of the files that they claim, once, during the one pass
//! over a layer; what needs several layers is joined later from their [`Fragment`]s.
//!
//! # Where to start
//!
//! * [`Reader`] is the whole contract: which files it claims, what it makes of one file
//!   ([`Reader::read`]), and what it makes of the fragments of all layers ([`Reader::join`]).
//! * [`Content`] is how a reader sees a file that is too large for memory.
//! * [`Ecosystem`] is a kind of package: its readers, its package URLs, its order of versions.
//! * [`ecosystem::ALL`] and [`evidence::ALL`] are the lists that everything else derives from.
//! * [`Claims`] is the compiled matcher that decides, per archive entry, who wants its bytes.
//!
//! [`Fragment`]: plimsoll_model::Fragment

pub mod address;
pub mod claim;
pub mod content;
mod content_names;
mod declared;
mod described;
pub mod ecosystem;
pub mod evidence;
pub mod executable;
mod own_path;
mod passed_over;
pub mod reader;
mod same_software;
mod semantic_version;
mod zip;

pub use claim::{Claim, ClaimId, Claims, FIRST_BYTES, Pattern, is_text};
pub use content::{Content, NoScratch, Scratch};
pub use ecosystem::{Ecosystem, order_versions};
pub use reader::{Doc, Joined, LayerFragment, LayeredImage, Lend, Reader, join, readers};
pub use same_software::is_same_software;
