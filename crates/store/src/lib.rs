//! Remembers: the facts about layers, and the small documents of images, by digest.
//!
//! **Never:** decides anything, or hands out bytes that were not stored whole. What is stored is
//! a pure function of the digest that it is stored under, so nothing ever has to be updated in
//! place, many processes may share one cache, and losing it costs time only.
//!
//! # Where to start
//!
//! [`LayerCache`] is the directory; [`encode`] and [`decode`] are the bytes of one layer's facts.

mod cache;
mod encoding;

pub use cache::{CacheError, CacheUsage, LayerCache};
pub use encoding::{DecodeError, decode, encode};
