//! The feeds of OSV, Alpine's secdb, Debian's tracker, KEV and EPSS: what they say of hand-written
//! files, of real ones, and of damaged ones.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::print_stderr, reason = "tests say what they skip and how long loading takes")]

mod alpine;
mod debian;
mod enrichment;
mod hostile;
mod lifecycles;
mod osv;
mod real;
mod real_small;
mod support;
