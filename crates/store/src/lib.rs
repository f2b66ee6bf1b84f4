//! Remembers: the facts about layers, and the small documents of images, by digest.
//!
//! **Never:** decides anything, or hands out bytes that were not stored whole. What is stored is
//! a pure function of the digest that it is stored under, so nothing ever has to be updated in
//! place, many processes may share one cache, and losing it costs time only. The one exception
//! says so: the names of images that were looked at ([`LayerCache::images`]) are a memory, and
//! whoever uses it tells in the answer that it did.
//!
//! # Where to start
//!
//! [`LayerCache`] is the directory; [`encode`] and [`decode`] are the bytes of one layer's facts.

mod cache;
mod encoding;
mod images;

pub use cache::{CacheError, CacheUsage, LayerCache};
pub use encoding::{DecodeError, decode, encode};
pub use images::KnownImage;
