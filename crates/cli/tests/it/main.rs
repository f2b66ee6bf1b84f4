//! The program as a user meets it, on real images; and the project as a reader meets it.

mod advisories;
mod architecture;
mod attached;
mod base;
mod commands;
mod debian;
mod dependencies;
mod java;
mod languages;
mod lint;
mod lists;
mod places;
mod reference;
mod refusals;
mod registry;
mod scripts;
mod seed;
mod style;
mod torture;
mod truth;
mod vulnerabilities;
mod workspace;
