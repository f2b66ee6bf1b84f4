//! Evidence read from the files of real images, compared with what the usual tools say of the
//! same files.
//!
//! Needs the images that the project's test data builds (`PLIMSOLL_DATA`, by default
//! `~/.cache/plimsoll-data`) and the tools; what is not there is skipped, saying so.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may stop where it cannot go on, and tells what it skips"
)]

mod files;
mod linkage;
mod references;
