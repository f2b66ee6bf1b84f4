//! The verbs: analyse an image, compare images. It owns threads, the cache and the one outbound
//! HTTP client, and puts the other crates together.
//!
//! **Never:** prints, knows an exit code or a page, or reads the environment: whoever calls hands
//! in what it says ([`Settings`]).
//!
//! # Where to start
//!
//! [`lint::check`] asks the rules, [`explain::find`] says what an id stands for.
//!
//! [`Engine::analyse`] turns the name of an image into an [`Analysis`](plimsoll_model::Analysis).

pub mod advisories;
mod analyse;
pub mod credentials;
mod error;
pub mod explain;
mod layers;
pub mod lint;
mod open;
mod progress;
mod sbom;
pub mod transport;
pub mod vulnerabilities;

pub use analyse::{Engine, Purpose};
pub use credentials::Environment;
pub use error::EngineError;
pub use open::Settings;
pub use plimsoll_catalog::order_versions;
pub use progress::{NoProgress, Progress};
pub use transport::{Proxies, TransportOptions};
