//! Files as lines for people, in the manner of `ls -l`.
//!
//! The rows are made twice, once for the widths of the columns and once for the eye, because
//! keeping a hundred thousand of them in between would cost more than making them again.

use std::io::{self, Write};

use owo_colors::OwoColorize as _;
use plimsoll_model::path::escape;
use plimsoll_model::{FileKind, FileRecord};
use unicode_width::UnicodeWidthStr as _;

use super::{FileList, Row};
use crate::buffer::{self, Buffer};
use crate::place::{base_note, whose};
use crate::table::{clean, fit, spaces};
use crate::units::size;

const TITLES: [&str; COLUMNS + 2] = ["Mode", "Owner", "Size", "Layer", "Package", "Path"];

/// How many columns have a width, between the mode and the path.
const COLUMNS: usize = 4;

/// The widest that the column of packages gets: enough for nearly every name.
const WIDEST_PACKAGE: usize = 24;

/// Characters of the mode as `ls` writes it.
const MODE: usize = 10;

pub(super) fn write(list: &FileList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut widths = [0; COLUMNS];
    for (width, title) in widths.iter_mut().zip(TITLES.iter().skip(1)) {
        *width = title.len();
    }
    let mut cells = [const { String::new() }; COLUMNS];
    for row in list.rows() {
        fill(list, &row, &mut cells);
        for (width, cell) in widths.iter_mut().zip(&cells) {
            *width = (*width).max(display_width(cell));
        }
    }
    widths[COLUMNS - 1] = widths[COLUMNS - 1].min(WIDEST_PACKAGE);
    let mut out = Buffer::new(out);
    heading(&mut out, &widths);
    let mut path = Vec::new();
    for row in list.rows() {
        let record = row.record(list.analysis);
        out.bytes.extend_from_slice(&mode_letters(record));
        fill(list, &row, &mut cells);
        for (position, (width, cell)) in widths.iter().zip(&cells).enumerate() {
            out.text("  ");
            let cell = fit(cell, *width);
            let missing = width.saturating_sub(display_width(&cell));
            if is_number(position) {
                spaces(&mut out.bytes, missing);
            }
            out.text(&cell);
            if !is_number(position) {
                spaces(&mut out.bytes, missing);
            }
        }
        out.text("  /");
        list.analysis.files.write_path(row.id, &mut path);
        name(&mut out, &path);
        if record.kind == FileKind::Symlink {
            out.text(" -> ");
            name(&mut out, list.analysis.files.link(row.id));
        }
        if let Some(words) = list.analysis.files.capability(row.id) {
            out.text(" [");
            out.text(&words);
            out.text("]");
        }
        out.text("\n");
        out.end_row()?;
    }
    if let Some(note) = base_note(list.analysis) {
        out.text("\n");
        out.text(&clean(&note));
        out.text("\n");
    }
    out.finish()
}

const fn is_number(column: usize) -> bool {
    column == 1 || column == 2
}

fn heading(out: &mut Buffer<'_>, widths: &[usize; COLUMNS]) {
    let widths = std::iter::once(MODE).chain(widths.iter().copied()).chain([0]);
    for (position, (title, width)) in TITLES.iter().zip(widths).enumerate() {
        let missing = width.saturating_sub(title.len());
        let right = position.checked_sub(1).is_some_and(is_number);
        if position > 0 {
            out.text("  ");
        }
        if right {
            spaces(&mut out.bytes, missing);
        }
        out.text(&title.bold().to_string());
        if !right {
            spaces(&mut out.bytes, missing);
        }
    }
    out.text("\n");
}

fn fill(list: &FileList<'_>, row: &Row<'_>, cells: &mut [String; COLUMNS]) {
    let [owner, bytes, layer, package] = cells;
    let record = row.record(list.analysis);
    let mut digits = Vec::with_capacity(24);
    buffer::number(&mut digits, record.uid.into());
    digits.push(b':');
    buffer::number(&mut digits, record.gid.into());
    owner.clear();
    owner.extend(digits.iter().map(|byte| char::from(*byte)));
    bytes.clear();
    match (record.device(), record.kind) {
        (Some((major, minor)), _) => bytes.push_str(&format!("{major}, {minor}")),
        (None, FileKind::File) => bytes.push_str(&size(record.size())),
        (None, _) => {}
    }
    layer.clear();
    let layers = list.analysis.layers.len();
    if usize::from(record.layer) < layers {
        layer.push_str(&format!("{}/{layers}", record.layer + 1));
        let whose = whose(list.analysis, Some(record.layer.into()));
        if !whose.is_empty() {
            layer.push(' ');
            layer.push_str(whose);
        }
    }
    package.clear();
    row.for_each_owner(list.analysis, |name| {
        if !package.is_empty() {
            package.push(';');
        }
        package.push_str(&clean(name));
    });
}

/// The width of a cell; nearly all of them are ASCII.
fn display_width(cell: &str) -> usize {
    if cell.is_ascii() { cell.len() } else { cell.width() }
}

/// A name with nothing in it that acts on a terminal.
fn name(out: &mut Buffer<'_>, name: &[u8]) {
    if name.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        out.bytes.extend_from_slice(name);
    } else {
        out.text(&clean(&escape(name)));
    }
}

/// Type and permissions in ten letters, as POSIX has `ls` write them.
fn mode_letters(record: &FileRecord) -> [u8; MODE] {
    let kind = match record.kind {
        FileKind::Directory => b'd',
        FileKind::Symlink => b'l',
        FileKind::Fifo => b'p',
        FileKind::Char => b'c',
        FileKind::Block => b'b',
        FileKind::File | FileKind::HardLink | FileKind::Whiteout => b'-',
    };
    let has = |bit: u16| record.mode & bit != 0;
    let plain = |bit: u16, letter: u8| if has(bit) { letter } else { b'-' };
    let special = |run: u16, bit: u16, letter: u8| match (has(run), has(bit)) {
        (true, true) => letter,
        (false, true) => letter.to_ascii_uppercase(),
        (true, false) => b'x',
        (false, false) => b'-',
    };
    [
        kind,
        plain(0o400, b'r'),
        plain(0o200, b'w'),
        special(0o100, 0o4000, b's'),
        plain(0o040, b'r'),
        plain(0o020, b'w'),
        special(0o010, 0o2000, b's'),
        plain(0o004, b'r'),
        plain(0o002, b'w'),
        special(0o001, 0o1000, b't'),
    ]
}
