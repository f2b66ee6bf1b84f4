//! rpm's databases from end to end: real files in, packages and their files out, compared with
//! what rpm itself says.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "in a test a panic is the answer, and a skipped test says so where people look"
)]

mod conformance;
mod damage;
mod headers;
mod image;
mod layers;
mod order;
mod truth;
