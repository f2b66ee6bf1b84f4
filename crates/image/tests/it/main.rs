//! Layers and their merged view, proved against the kernel's own overlayfs.

mod hostile;
mod listing;
mod overlay;
mod random;
mod statistics;
mod torture;
