//! Differences between analyses.
