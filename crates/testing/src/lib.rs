//! What the tests of all crates share: images written as text, and a registry that misbehaves.
//!
//! **Never:** part of anything that ships; every other crate has it as a dev-dependency only.
//! It depends on no crate of ours, so that what it builds is judged by nobody's own reading.
//!
//! # Where to start
//!
//! * [`image_from_text`] builds a whole image, layer by layer, from lines of text.
//! * [`hostile_registry`] answers HTTP as a test wants.
//! * [`feed_server`] serves files, honestly or not.

pub mod feed_server;
pub mod hostile_registry;
pub mod image_files;
pub mod image_text;
pub mod tar_entry;
mod words;

pub use image_files::{Compression, TestImage, TestLayer};
pub use image_text::image_from_text;
