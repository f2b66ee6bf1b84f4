//! The verbs: analyse an image, compare images. It owns threads, the cache and the one outbound
//! HTTP client, and puts the other crates together.
//!
//! **Never:** prints, knows an exit code or a page, or reads the environment: whoever calls hands
//! in what it says ([`Settings`]).
//!
//! # Where to start
//!
//! [`Engine::analyse`] turns the name of an image into an [`Analysis`](plimsoll_model::Analysis);
//! [`Engine::ask`] does so with a base that the user named, and with what is attached to it.
//! [`lint::check`] asks the rules, [`explain::find`] says what an id stands for.

pub mod advisories;
mod analyse;
pub mod attached;
mod base;
pub mod credentials;
mod error;
pub mod explain;
mod fragments;
mod late;
mod layers;
pub mod lint;
mod modified;
mod open;
mod progress;
mod sbom;
mod spool;
pub mod transport;
pub mod vulnerabilities;

pub use analyse::{Answer, Engine, Purpose, Question};
pub use credentials::Environment;
pub use error::EngineError;
pub use open::Settings;
pub use plimsoll_catalog::order_versions;
pub use progress::{NoProgress, Progress};
pub use transport::{Proxies, TransportOptions};
