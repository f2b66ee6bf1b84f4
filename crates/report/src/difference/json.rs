//! A comparison as JSON, schema `plimsoll/diff/1`: the two images, the verdict, the packages, and
//! the other parts where they were asked for. What is not known is `null`.

use std::io::{self, Write};

use plimsoll_model::compare::{
    ConfigChange, FileChange, PackageTotals, Setting, VulnerabilityChange, VulnerabilityComparison,
    VulnerabilityCoverage, VulnerabilitySide,
};
use plimsoll_model::{
    Analysis, Digest, Distribution, FileId, FileTable, ImageIdentity, Package, Problem, SourcePackage,
    TreePath,
};
use serde::Serialize;

use super::rows::{config_rows, group_rows, layer_rows, package_rows};
use super::{DifferenceView, vulnerabilities};
use crate::buffer::{self, Buffer};
use crate::json::{member, text, value};
use crate::vulnerabilities::entries::DatabaseEntry;

const SCHEMA: &str = "plimsoll/diff/1";

#[derive(Serialize)]
struct Image<'a> {
    image: &'a ImageIdentity,
    distribution: Option<&'a Distribution>,
    created: Option<&'a str>,
    compressed_size: Option<u64>,
    unpacked_size: Option<u64>,
    content_size: Option<u64>,
    layers: usize,
    packages: usize,
    problems: &'a [Problem],
}

#[derive(Serialize)]
struct Totals {
    removed: u64,
    added: u64,
    upgraded: u64,
    downgraded: u64,
    changed: u64,
    /// Negative where the image after is larger.
    compressed_bytes_saved: Option<i128>,
    content_bytes_saved: Option<i128>,
}

#[derive(Serialize)]
struct PackageEntry<'a> {
    change: &'static str,
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    before: Option<PackageSide<'a>>,
    after: Option<PackageSide<'a>>,
}

#[derive(Serialize)]
struct PackageSide<'a> {
    version: &'a str,
    arch: Option<&'a str>,
    place: Option<&'a TreePath>,
    source: Option<&'a SourcePackage>,
    size: Option<u64>,
    layer: Option<&'a Digest>,
}

#[derive(Serialize)]
struct Group<'a> {
    package: Option<GroupPackage<'a>>,
    whole: Option<&'static str>,
    removed: u64,
    added: u64,
    changed: u64,
    moved: u64,
    bytes_before: u64,
    bytes_after: u64,
}

#[derive(Serialize)]
struct GroupPackage<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct ConfigEntry<'a> {
    change: &'static str,
    setting: &'static str,
    key: Option<&'a str>,
    before: Option<Value<'a>>,
    after: Option<Value<'a>>,
    informational: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Value<'a> {
    Text(&'a str),
    Words(&'a [String]),
    Present(bool),
}

#[derive(Serialize)]
struct LayerEntry<'a> {
    /// `null` for a layer that both have.
    change: Option<&'static str>,
    digest: &'a Digest,
    diff_id: Option<&'a Digest>,
    /// Its position in the image, the lowest 1.
    before: Option<usize>,
    after: Option<usize>,
    compressed_size: u64,
    unpacked_size: u64,
    instruction: Option<&'a str>,
}

pub(super) fn write(view: &DifferenceView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    let comparison = view.comparison;
    let sizes = comparison.sizes;
    out.text("{\n\"schema\": ");
    value(&mut out.bytes, SCHEMA);
    let sides = [
        ("before", view.before, sizes.compressed.0, sizes.unpacked.0, sizes.content.0),
        ("after", view.after, sizes.compressed.1, sizes.unpacked.1, sizes.content.1),
    ];
    for (name, analysis, compressed_size, unpacked_size, content_size) in sides {
        member(
            &mut out,
            name,
            &Image {
                image: &analysis.identity,
                distribution: analysis.distribution.as_ref(),
                created: analysis.config.as_ref().and_then(|config| config.created.as_deref()),
                compressed_size,
                unpacked_size,
                content_size,
                layers: analysis.layers.len(),
                packages: analysis.installed().count(),
                problems: &analysis.problems,
            },
        );
    }
    member(&mut out, "verdict", comparison.verdict.word());
    member(&mut out, "summary", comparison.verdict.sentence());
    let PackageTotals { removed, added, upgraded, downgraded, changed } = comparison.totals;
    member(
        &mut out,
        "totals",
        &Totals {
            removed,
            added,
            upgraded,
            downgraded,
            changed,
            compressed_bytes_saved: sizes.compressed_saved(),
            content_bytes_saved: sizes.content_saved(),
        },
    );
    let sections = view.options.sections;
    if sections.packages {
        write_packages(view, &mut out)?;
    }
    if sections.files {
        write_files(view, &mut out)?;
    }
    if sections.config {
        out.text(",\n\"config\": {\"known\": ");
        value(&mut out.bytes, &comparison.config.known);
        list(&mut out, "changes", config_rows(view).map(config_entry))?;
        out.text("}");
    }
    if sections.layers {
        out.text(",\n\"layers\": {\"known\": ");
        value(&mut out.bytes, &comparison.layers.known);
        out.text(", \"common\": ");
        value(&mut out.bytes, &comparison.layers.common);
        let entries = layer_rows(view).into_iter().map(|row| LayerEntry {
            change: row.change.map(plimsoll_model::compare::Change::word),
            digest: &row.layer.digest,
            diff_id: row.layer.diff_id.as_ref(),
            before: row.positions.0,
            after: row.positions.1,
            compressed_size: row.layer.compressed_size,
            unpacked_size: row.layer.unpacked_size,
            instruction: row.layer.instruction.as_deref(),
        });
        list(&mut out, "layers", entries)?;
        out.text("}");
    }
    if let Some(comparison) = vulnerabilities::asked(view) {
        write_vulnerabilities(view, comparison, &mut out)?;
    }
    out.text("\n}\n");
    out.finish()
}

/// Appends a member that is a list, one entry per line.
fn list<T: Serialize>(out: &mut Buffer<'_>, name: &str, entries: impl Iterator<Item = T>) -> io::Result<()> {
    out.text(", \"");
    out.text(name);
    out.text("\": [");
    for (position, entry) in entries.enumerate() {
        out.text(if position == 0 { "\n" } else { ",\n" });
        value(&mut out.bytes, &entry);
        out.end_row()?;
    }
    out.text("\n]");
    Ok(())
}

fn write_packages(view: &DifferenceView<'_>, out: &mut Buffer<'_>) -> io::Result<()> {
    fn side<'a>(analysis: &'a Analysis, package: Option<&'a Package>) -> Option<PackageSide<'a>> {
        package.map(|package| PackageSide {
            version: &package.version,
            arch: package.arch.as_deref(),
            place: package.place.as_ref(),
            source: package.source.as_ref(),
            size: package.size,
            layer: package
                .layer
                .and_then(|layer| analysis.layers.get(layer as usize))
                .map(|layer| &layer.digest),
        })
    }
    out.text(",\n\"packages\": [");
    for (position, row) in package_rows(view).into_iter().enumerate() {
        out.text(if position == 0 { "\n" } else { ",\n" });
        value(
            &mut out.bytes,
            &PackageEntry {
                change: row.change.word(),
                kind: row.package.kind.as_str(),
                name: &row.package.name,
                before: side(view.before, row.sides.0),
                after: side(view.after, row.sides.1),
            },
        );
        out.end_row()?;
    }
    out.text("\n]");
    Ok(())
}

#[derive(Serialize)]
struct VulnerabilityEntry<'a> {
    change: &'static str,
    id: &'a str,
    severity: &'static str,
    known_exploited: bool,
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    before: Option<VulnerabilitySideEntry<'a>>,
    after: Option<VulnerabilitySideEntry<'a>>,
}

#[derive(Serialize)]
struct VulnerabilitySideEntry<'a> {
    state: &'static str,
    version: &'a str,
    severity: Option<&'static str>,
    fixed_version: Option<&'a str>,
}

fn write_vulnerabilities(
    view: &DifferenceView<'_>,
    comparison: &VulnerabilityComparison,
    out: &mut Buffer<'_>,
) -> io::Result<()> {
    let coverage = |coverage: &VulnerabilityCoverage| {
        serde_json::json!({
            "conclusion": coverage.conclusion,
            "packages": coverage.packages,
            "unjudged": coverage.unjudged,
            "feeds": coverage.feeds(),
            "attached_vex": coverage.attached_vex,
        })
    };
    fn side(side: &VulnerabilitySide) -> VulnerabilitySideEntry<'_> {
        VulnerabilitySideEntry {
            state: side.standing.word(),
            version: &side.version,
            severity: side.severity.map(plimsoll_model::SeverityLevel::word),
            fixed_version: side.fixed_version.as_deref(),
        }
    }
    out.text(",\n\"vulnerabilities\": {\"database\": ");
    value(&mut out.bytes, &DatabaseEntry::of(&comparison.database));
    member(out, "same_database", &comparison.same_database);
    member(out, "before", &coverage(&comparison.before));
    member(out, "after", &coverage(&comparison.after));
    let totals: serde_json::Map<String, serde_json::Value> = VulnerabilityChange::ALL
        .into_iter()
        .map(|change| (change.word().to_owned(), comparison.count(change).into()))
        .chain([("severity_changes".to_owned(), comparison.severity_changes().into())])
        .collect();
    member(out, "totals", &totals);
    let entries = vulnerabilities::rows(view, comparison).map(|row| VulnerabilityEntry {
        change: row.change.word(),
        id: &row.id,
        severity: row.severity().word(),
        known_exploited: row.known_exploited,
        kind: row.kind.as_str(),
        name: &row.name,
        before: row.before.as_ref().map(side),
        after: row.after.as_ref().map(side),
    });
    list(out, "rows", entries)?;
    out.text("}");
    Ok(())
}

fn config_entry(change: &ConfigChange) -> ConfigEntry<'_> {
    fn side(setting: &Setting) -> Value<'_> {
        match setting {
            Setting::Text(text) => Value::Text(text),
            Setting::Words(words) => Value::Words(words),
            Setting::Present => Value::Present(true),
        }
    }
    ConfigEntry {
        change: change.change.word(),
        setting: change.field.word(),
        key: change.key.as_deref(),
        before: change.before.as_ref().map(side),
        after: change.after.as_ref().map(side),
        informational: change.informational,
    }
}

fn write_files(view: &DifferenceView<'_>, out: &mut Buffer<'_>) -> io::Result<()> {
    let files = &view.comparison.files;
    out.text(",\n\"files\": {\"known\": ");
    value(&mut out.bytes, &files.known);
    out.text(", \"unverified\": ");
    value(&mut out.bytes, &files.unverified);
    let groups = group_rows(view).into_iter().map(|row| Group {
        package: row.owner.map(|package| GroupPackage { kind: package.kind.as_str(), name: &package.name }),
        whole: row.whole.map(plimsoll_model::compare::Change::word),
        removed: row.counts.removed,
        added: row.counts.added,
        changed: row.counts.changed,
        moved: row.counts.moved,
        bytes_before: row.counts.bytes_before,
        bytes_after: row.counts.bytes_after,
    });
    list(out, "groups", groups)?;
    out.text(", \"changes\": [");
    let mut path = Vec::new();
    let wanted = files.changes.iter().filter(|change| view.takes(change.change()));
    for (position, change) in wanted.enumerate() {
        out.text(if position == 0 { "\n" } else { ",\n" });
        write_file(view, change, &mut path, &mut out.bytes);
        out.end_row()?;
    }
    out.text("\n]}");
    Ok(())
}

/// Appends one file, by hand: there may be a hundred thousand.
fn write_file(view: &DifferenceView<'_>, change: &FileChange, path: &mut Vec<u8>, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(b"{\"change\":\"");
    let word = if change.moved { "moved" } else { change.change().word() };
    bytes.extend_from_slice(word.as_bytes());
    bytes.extend_from_slice(b"\",\"differs\":[");
    for (position, word) in change.aspects.words().enumerate() {
        bytes.extend_from_slice(if position == 0 { b"\"" } else { b",\"" });
        bytes.extend_from_slice(word.as_bytes());
        bytes.push(b'"');
    }
    bytes.push(b']');
    let sides = [
        (&b",\"before\":"[..], &view.before.files, change.before),
        (b",\"after\":", &view.after.files, change.after),
    ];
    for (name, table, id) in sides {
        bytes.extend_from_slice(name);
        match id {
            Some(id) => write_side(table, id, path, bytes),
            None => bytes.extend_from_slice(b"null"),
        }
    }
    bytes.push(b'}');
}

fn write_side(table: &FileTable, id: FileId, path: &mut Vec<u8>, bytes: &mut Vec<u8>) {
    let record = table.record(id);
    table.write_path(id, path);
    path.insert(0, b'/');
    bytes.extend_from_slice(b"{\"path\":");
    let lossy = text(bytes, path);
    bytes.extend_from_slice(b",\"type\":\"");
    bytes.extend_from_slice(record.kind.word().as_bytes());
    bytes.extend_from_slice(b"\",\"mode\":\"");
    buffer::mode(bytes, record.mode);
    bytes.extend_from_slice(b"\",\"uid\":");
    buffer::number(bytes, u64::from(record.uid));
    bytes.extend_from_slice(b",\"gid\":");
    buffer::number(bytes, u64::from(record.gid));
    if record.kind == plimsoll_model::FileKind::File {
        bytes.extend_from_slice(b",\"size\":");
        buffer::number(bytes, record.size());
    }
    if let Some(hash) = record.sha256() {
        bytes.extend_from_slice(b",\"sha256\":\"");
        buffer::hex(bytes, hash);
        bytes.push(b'"');
    }
    if !table.link(id).is_empty() {
        bytes.extend_from_slice(b",\"link\":");
        text(bytes, table.link(id));
    }
    if let Some((major, minor)) = record.device() {
        bytes.extend_from_slice(b",\"device\":\"");
        buffer::number(bytes, u64::from(major));
        bytes.push(b':');
        buffer::number(bytes, u64::from(minor));
        bytes.push(b'"');
    }
    if let Some(capability) = table.capability(id) {
        bytes.extend_from_slice(b",\"capability\":");
        text(bytes, capability.as_bytes());
    }
    if lossy {
        // The path as written cannot be told from one that really holds `\xNN`.
        bytes.extend_from_slice(b",\"path_hex\":\"");
        buffer::hex(bytes, path);
        bytes.push(b'"');
    }
    bytes.push(b'}');
}
