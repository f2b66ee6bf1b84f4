//! From bytes to layers to the merged tree: sources, manifests, decompression, archives,
//! whiteouts.
//!
//! **Never:** knows what a package is, puts a path of an image on the host's file system, opens
//! a socket by itself (the registry speaks its protocol over a transport that is handed in), or
//! believes a byte before its digest is verified.
//!
//! # Where to start
//!
//! * [`source`] finds an image, wherever it is, and says what its layers are.
//! * [`read_layer`] is the one pass over a layer: verified, hashed, every entry once.
//! * [`merge`] lays layers over each other as overlayfs does.
//! * [`limits`] is everything that hostile images run into.

mod decompress;
mod hashing;
pub mod history;
pub mod layer;
pub mod limits;
mod links;
pub mod manifest;
mod merge;
mod read_ahead;
mod room;
pub mod source;
pub mod tar;
pub mod transport;
mod upper;

pub use decompress::{Compression, decompress};
pub use hashing::{Hasher, HashingReader, digest_of};
pub use layer::{ContentReader, FIRST_BYTES, LayerError, LayerExpectation, LayerRead, NoContent, read_layer};
pub use merge::{Merged, count_bytes, merge};
pub use room::Room;
