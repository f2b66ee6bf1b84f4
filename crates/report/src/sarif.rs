//! The frame of a SARIF 2.1.0 log (OASIS), and what all of ours write alike. It is written row by row:
//! a rule and a result a line.

use std::io::{self, Write};

use plimsoll_model::{Analysis, SeverityLevel};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::buffer::Buffer;
use crate::json::{rows, value};
use crate::packages::bill::{TOOL, VERSION};

/// Where the standard's own schema lies.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// One run of ours.
pub(crate) struct Log<R, T> {
    /// What results refer to by their position.
    pub(crate) rules: R,
    /// How it went.
    pub(crate) invocation: Value,
    /// What the run is about.
    pub(crate) properties: Value,
    /// What was found.
    pub(crate) results: T,
}

impl<R: Iterator<Item = Value>, T: Iterator<Item = Value>> Log<R, T> {
    /// Writes it.
    pub(crate) fn write(self, out: &mut dyn Write) -> io::Result<()> {
        let mut out = Buffer::new(out);
        out.text("{\n\"$schema\": ");
        value(&mut out.bytes, SCHEMA);
        out.text(",\n\"version\": \"2.1.0\",\n\"runs\": [{\n\"tool\": {\"driver\": {\"name\": ");
        value(&mut out.bytes, TOOL);
        out.text(", \"version\": ");
        value(&mut out.bytes, VERSION);
        out.text(", \"rules\": [");
        rows(&mut out, self.rules)?;
        out.text("}},\n\"invocations\": [");
        value(&mut out.bytes, &self.invocation);
        out.text("],\n\"properties\": ");
        value(&mut out.bytes, &self.properties);
        out.text(",\n\"columnKind\": \"utf16CodeUnits\",\n\"results\": [");
        rows(&mut out, self.results)?;
        out.text("\n}]\n}\n");
        out.finish()
    }
}

/// Where a result is that no file of the image stands for: at the image itself.
pub(crate) fn image_uri(analysis: &Analysis) -> String {
    let name = escape(analysis.identity.name.as_bytes());
    if name.is_empty() { "image".to_owned() } else { name }
}

/// What stays the same while these parts do, by which a result is known again.
pub(crate) fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let hash: [u8; 32] = hasher.finalize().into();
    plimsoll_model::digest::hex(&hash)
}

/// The standard's level of a severity.
pub(crate) const fn level(severity: SeverityLevel) -> &'static str {
    match severity {
        SeverityLevel::Critical | SeverityLevel::High => "error",
        SeverityLevel::Medium => "warning",
        SeverityLevel::Low | SeverityLevel::Negligible | SeverityLevel::Unknown => "note",
    }
}

/// Bytes as a relative reference of RFC 3986: no scheme and no authority can come of them.
pub(crate) fn escape(bytes: &[u8]) -> String {
    let mut text = String::new();
    let bytes = bytes.iter().skip_while(|byte| **byte == b'/');
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
