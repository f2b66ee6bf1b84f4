//! Packages of programming languages from end to end: real files in, packages out, compared with
//! what the languages' own tools say.
//!
//! The images are those that the project's test data builds (`PLIMSOLL_DATA`, by default
//! `~/.cache/plimsoll-data`). What is not there is skipped, saying so.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "in a test a panic is the answer, and a skipped test says so where people look"
)]

mod composer;
mod dotnet;
mod gem;
mod golang;
mod image;
mod java;
mod kinds;
mod locks;
mod mutations;
mod order;
mod programs;
mod tools;
mod truth;
