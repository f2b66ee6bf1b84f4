//! Databases and matching, from the outside: rules as tables, and real feeds against an
//! independent reading of their raw files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::print_stderr, reason = "tests say what they skip and what they found")]

mod almalinux;
mod alpine;
mod debian;
mod owners;
mod places;
mod rematch;
mod rules;
mod shared;
mod streams;
mod text;
