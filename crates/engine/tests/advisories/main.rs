//! Feeds over the network, from a server of our own that is honest or not: what is asked for,
//! what is kept, and what the database then says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::print_stderr, reason = "tests say what they skip")]

mod amazon;
mod faults;
mod osv;
mod redhat;
mod several;
mod world;
