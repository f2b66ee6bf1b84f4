//! The JSON Schema (draft 2020-12) of every JSON document of our own.
//!
//! A document names its schema in its member `schema`. The number at the end goes up when a
//! member changes its meaning or goes. A new member does not change it: whoever checks a
//! document takes the schema of the release that wrote it.

/// The schema of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// What the document says in its member `schema`.
    pub id: &'static str,
    /// The schema itself, in JSON.
    pub text: &'static str,
}

/// Every schema.
pub const ALL: &[Schema] = &[
    Schema { id: "plimsoll/inspect/1", text: include_str!("../schemas/inspect-1.json") },
    Schema { id: "plimsoll/packages/1", text: include_str!("../schemas/packages-1.json") },
    Schema { id: "plimsoll/files/1", text: include_str!("../schemas/files-1.json") },
    Schema { id: "plimsoll/modified/1", text: include_str!("../schemas/modified-1.json") },
    Schema { id: "plimsoll/evidence/1", text: include_str!("../schemas/evidence-1.json") },
    Schema { id: "plimsoll/layers/1", text: include_str!("../schemas/layers-1.json") },
    Schema { id: "plimsoll/diff/1", text: include_str!("../schemas/diff-1.json") },
    Schema { id: "plimsoll/diff-matrix/1", text: include_str!("../schemas/diff-matrix-1.json") },
    Schema { id: "plimsoll/vulnerabilities/1", text: include_str!("../schemas/vulnerabilities-1.json") },
    Schema { id: "plimsoll/lint/1", text: include_str!("../schemas/lint-1.json") },
    Schema { id: "plimsoll/explanation/1", text: include_str!("../schemas/explanation-1.json") },
    Schema { id: "plimsoll/advisories/1", text: include_str!("../schemas/advisories-1.json") },
];

#[cfg(test)]
pub(crate) mod tests;
