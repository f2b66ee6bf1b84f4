//! Layers and their merged view, proved against the kernel's own overlayfs.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "in tests, helpers included")]

mod attached;
mod forms;
mod hostile;
mod listing;
mod overlay;
mod random;
mod statistics;
mod torture;
