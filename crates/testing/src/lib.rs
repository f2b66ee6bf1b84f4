//! testing
pub mod hostile_registry;
