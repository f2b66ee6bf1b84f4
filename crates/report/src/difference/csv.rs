//! A comparison as RFC 4180 rows: `kind,change,type,name,before,after`.
//!
//! | kind | type | name | before and after |
//! |---|---|---|---|
//! | package | purl type | name | version as the ecosystem's tool writes it, rpm's epoch included |
//! | file | file, directory, symlink, … (as it is after, if it is) | absolute path, its bytes as they are | mode, `uid:gid`, then size and sha256 of a file, `-> target` of a symbolic link, `major:minor` of a device, then extended attributes (`NAME=0xhex`, the capability in words); where the type differs, it comes first |
//! | config | the setting, such as env or label | its key: variable, label, port, volume; else empty | the value; lists as JSON arrays; `set` for a port or a volume |
//! | layer | layer | digest | bytes as stored or transferred |
//! | vulnerability | purl type of the package | `ID PACKAGE` | `affected`, `not-affected` or `unknown`, the installed version, then the severity where there is a finding; empty where the package is not installed |
//!
//! A vulnerability that is new is `added`, one that is fixed or gone with its package `removed`; one of
//! which a side cannot tell, or whose severity or version changed, is `changed`. One that is there on
//! both sides alike is no difference and has no row.
//!
//! A file that moved is told by two rows, one removed and one added, since a row has one name.

use std::io::{self, Write};

use plimsoll_model::compare::{Change, FileChange, VulnerabilityChange, VulnerabilitySide};
use plimsoll_model::{FileId, FileTable};

use super::rows::{config_rows, layer_rows, setting_text};
use super::{DifferenceView, vulnerabilities};
use crate::buffer::{self, Buffer};
use crate::csv::{end, field, row};

const HEADER: [&str; 6] = ["kind", "change", "type", "name", "before", "after"];

pub(super) fn write(view: &DifferenceView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    row(&mut out.bytes, &HEADER);
    let sections = view.options.sections;
    if sections.packages {
        write_packages(view, &mut out)?;
    }
    if sections.files {
        write_files(view, &mut out)?;
    }
    if sections.config {
        for change in config_rows(view) {
            let text = |side: Option<&plimsoll_model::compare::Setting>| {
                side.map(|setting| setting_text(setting).into_owned()).unwrap_or_default()
            };
            let key = change.key.as_deref().unwrap_or_default();
            let (before, after) = (text(change.before.as_ref()), text(change.after.as_ref()));
            let word = change.change.word();
            row(&mut out.bytes, &["config", word, change.field.word(), key, &before, &after]);
            out.end_row()?;
        }
    }
    if sections.layers {
        for layer in layer_rows(view) {
            let Some(change) = layer.change else { continue };
            let bytes = layer.layer.compressed_size.to_string();
            let (before, after) =
                if change == Change::Removed { (bytes.as_str(), "") } else { ("", bytes.as_str()) };
            let digest = layer.layer.digest.to_string();
            row(&mut out.bytes, &["layer", change.word(), "layer", &digest, before, after]);
            out.end_row()?;
        }
    }
    if let Some(comparison) = vulnerabilities::asked(view) {
        for each in vulnerabilities::rows(view, comparison) {
            let name = format!("{} {}", each.id, each.name);
            let [before, after] = [&each.before, &each.after].map(vulnerable_side);
            let change = match each.change {
                VulnerabilityChange::New => Change::Added,
                VulnerabilityChange::Fixed => Change::Removed,
                VulnerabilityChange::Undetermined | VulnerabilityChange::Remaining => Change::Changed,
            };
            if before == after {
                continue;
            }
            row(
                &mut out.bytes,
                &["vulnerability", change.word(), each.kind.as_str(), &name, &before, &after],
            );
            out.end_row()?;
        }
    }
    out.finish()
}

fn vulnerable_side(side: &Option<VulnerabilitySide>) -> String {
    let Some(side) = side else { return String::new() };
    let severity = side.severity.map(|severity| format!(" {severity}")).unwrap_or_default();
    format!("{} {}{severity}", side.standing.word(), side.version)
}

fn write_packages(view: &DifferenceView<'_>, out: &mut Buffer<'_>) -> io::Result<()> {
    for change in view.comparison.packages.iter().filter(|change| view.takes(change.change)) {
        let (before, after) = change.sides(view.before, view.after);
        let Some(package) = after.or(before) else { continue };
        let version =
            |side: Option<&'_ plimsoll_model::Package>| side.map(|p| p.version.clone()).unwrap_or_default();
        let (old, new) = (version(before), version(after));
        let word = change.change.word();
        row(&mut out.bytes, &["package", word, package.kind.as_str(), &package.name, &old, &new]);
        out.end_row()?;
    }
    Ok(())
}

/// One side of a file: its table and where it is in it.
type Side<'a> = Option<(&'a FileTable, FileId)>;

fn write_files(view: &DifferenceView<'_>, out: &mut Buffer<'_>) -> io::Result<()> {
    let mut scratch = Scratch::default();
    for change in &view.comparison.files.changes {
        let FileChange { before, after, moved, .. } = *change;
        let before: Side<'_> = before.map(|id| (&view.before.files, id));
        let after: Side<'_> = after.map(|id| (&view.after.files, id));
        if !moved {
            if view.takes(change.change()) {
                scratch.row(out, change.change(), before, after)?;
            }
            continue;
        }
        // A move is a change to people who ask for changes, told in the only words there are.
        let wanted = |word| view.takes(word) || view.takes(Change::Changed);
        if wanted(Change::Removed) {
            scratch.row(out, Change::Removed, before, None)?;
        }
        if wanted(Change::Added) {
            scratch.row(out, Change::Added, None, after)?;
        }
    }
    Ok(())
}

/// Memory for the fields of a row, used over and over.
#[derive(Default)]
struct Scratch {
    path: Vec<u8>,
    value: Vec<u8>,
}

impl Scratch {
    fn row(
        &mut self,
        out: &mut Buffer<'_>,
        change: Change,
        before: Side<'_>,
        after: Side<'_>,
    ) -> io::Result<()> {
        let Some((table, id)) = after.or(before) else { return Ok(()) };
        let kind = |side: Side<'_>| side.map(|(table, id)| table.record(id).kind);
        let kinds_differ = before.is_some() && after.is_some() && kind(before) != kind(after);
        table.write_path(id, &mut self.path);
        self.path.insert(0, b'/');
        out.text("file,");
        out.text(change.word());
        out.text(",");
        out.text(table.record(id).kind.word());
        out.text(",");
        field(&mut out.bytes, &self.path);
        for side in [before, after] {
            out.text(",");
            self.value.clear();
            if let Some((table, id)) = side {
                describe(&mut self.value, table, id, kinds_differ);
            }
            field(&mut out.bytes, &self.value);
        }
        end(&mut out.bytes);
        out.end_row()
    }
}

/// Appends what a file is: `0644 0:0 1234 sha256:…`.
fn describe(text: &mut Vec<u8>, table: &FileTable, id: FileId, with_kind: bool) {
    let record = table.record(id);
    if with_kind {
        text.extend_from_slice(record.kind.word().as_bytes());
        text.push(b' ');
    }
    buffer::mode(text, record.mode);
    text.push(b' ');
    buffer::number(text, u64::from(record.uid));
    text.push(b':');
    buffer::number(text, u64::from(record.gid));
    if record.kind == plimsoll_model::FileKind::File {
        text.push(b' ');
        buffer::number(text, record.size());
        if let Some(hash) = record.sha256() {
            text.extend_from_slice(b" sha256:");
            buffer::hex(text, hash);
        }
    }
    if !table.link(id).is_empty() {
        text.extend_from_slice(b" -> ");
        text.extend_from_slice(table.link(id));
    }
    if let Some((major, minor)) = record.device() {
        text.push(b' ');
        buffer::number(text, u64::from(major));
        text.push(b':');
        buffer::number(text, u64::from(minor));
    }
    for (name, value) in table.attributes(id) {
        text.push(b' ');
        text.extend_from_slice(name);
        text.push(b'=');
        if name == b"security.capability" {
            text.extend_from_slice(plimsoll_model::file::describe_capability(value).as_bytes());
        } else {
            text.extend_from_slice(b"0x");
            buffer::hex(text, value);
        }
    }
}
