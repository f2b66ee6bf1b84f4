//! Tables for a terminal: columns that line up whatever the script, within a width if one is
//! given.
//!
//! Names in an image are hostile: a cell is cleaned of everything that could move the cursor,
//! change colours or turn the direction of text.

use std::borrow::Cow;
use std::io::{self, Write};

use owo_colors::{AnsiColors, OwoColorize as _};
pub(crate) use plimsoll_model::plain::plain as clean;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::buffer::Buffer;

const GAP: &str = "  ";

/// To which side a column's cells lean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// Its heading.
    pub(crate) title: &'static str,
    /// To which side its cells lean.
    pub(crate) align: Align,
    /// How narrow it may get where the table is too wide; `None` where it may not shrink.
    pub(crate) least: Option<usize>,
}

impl Column {
    /// A column of text that keeps its width.
    pub(crate) const fn text(title: &'static str) -> Self {
        Self { title, align: Align::Left, least: None }
    }

    /// A column of text that may be cut.
    pub(crate) const fn cut(title: &'static str, least: usize) -> Self {
        Self { title, align: Align::Left, least: Some(least) }
    }

    /// A column of numbers.
    pub(crate) const fn number(title: &'static str) -> Self {
        Self { title, align: Align::Right, least: None }
    }
}

/// Writes a table with bold headings. Without a width, nothing is cut.
pub(crate) fn write(
    out: &mut dyn Write,
    columns: &[Column],
    rows: &[Vec<String>],
    width: Option<usize>,
) -> io::Result<()> {
    write_toned(out, columns, rows, width, &|_, _| None)
}

/// The colour of a cell, by its row and column.
type Tone<'a> = &'a dyn Fn(usize, usize) -> Option<AnsiColors>;

/// The same with cells in colour.
pub(crate) fn write_toned(
    out: &mut dyn Write,
    columns: &[Column],
    rows: &[Vec<String>],
    width: Option<usize>,
    tone: Tone<'_>,
) -> io::Result<()> {
    let rows: Vec<Vec<Cow<'_, str>>> =
        rows.iter().map(|row| row.iter().map(|cell| clean(cell)).collect()).collect();
    let mut widths: Vec<usize> = columns.iter().map(|column| column.title.width()).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    if let Some(width) = width {
        shrink(columns, &mut widths, width);
    }
    let mut out = Buffer::new(out);
    let titles: Vec<Cow<'_, str>> = columns.iter().map(|column| column.title.into()).collect();
    line(&mut out, columns, &widths, &titles, &|text, _| text.bold().to_string())?;
    for (position, row) in rows.iter().enumerate() {
        line(&mut out, columns, &widths, row, &|text, column| match tone(position, column) {
            Some(colour) if !text.is_empty() => text.color(colour).to_string(),
            _ => text.to_owned(),
        })?;
    }
    out.finish()
}

/// Takes width off the widest columns that allow it until the table fits, or none is left.
fn shrink(columns: &[Column], widths: &mut [usize], wanted: usize) {
    loop {
        let total = widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1);
        let widest = widths
            .iter_mut()
            .zip(columns)
            .filter(|(width, column)| column.least.is_some_and(|least| **width > least))
            .max_by_key(|(width, _)| **width);
        match widest {
            Some((width, _)) if total > wanted => *width -= 1,
            _ => return,
        }
    }
}

fn line(
    out: &mut Buffer<'_>,
    columns: &[Column],
    widths: &[usize],
    cells: &[Cow<'_, str>],
    style: &dyn Fn(&str, usize) -> String,
) -> io::Result<()> {
    let last = columns.len().saturating_sub(1);
    for (position, ((column, width), cell)) in columns.iter().zip(widths).zip(cells).enumerate() {
        if position > 0 {
            out.text(GAP);
        }
        let cell = fit(cell, *width);
        let missing = width.saturating_sub(cell.width());
        if column.align == Align::Right {
            spaces(&mut out.bytes, missing);
        }
        out.text(&style(&cell, position));
        if column.align == Align::Left && position != last {
            spaces(&mut out.bytes, missing);
        }
    }
    while out.bytes.last() == Some(&b' ') {
        out.bytes.pop();
    }
    out.text("\n");
    out.end_row()
}

/// Appends spaces.
pub(crate) fn spaces(bytes: &mut Vec<u8>, count: usize) {
    bytes.resize(bytes.len() + count, b' ');
}

/// Text cut to a width in terminal cells, with an ellipsis where something is missing.
pub(crate) fn fit(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let mut kept = String::new();
    let mut used = 0;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used + 1 > width {
            break;
        }
        kept.push(character);
    }
    kept.push('…');
    Cow::Owned(kept)
}

/// Writes, under columns that tell base from own, what is known of the base image.
pub(crate) fn note(analysis: &plimsoll_model::Analysis, out: &mut dyn Write) -> io::Result<()> {
    match crate::place::base_note(analysis) {
        Some(note) => writeln!(out, "\n{}", clean(&note)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [Column::cut("Name", 6), Column::number("Size"), Column::cut("About", 5)];

    fn check(rows: &[[&str; 3]], width: Option<usize>) -> String {
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
        let mut bytes = Vec::new();
        write(&mut bytes, &COLUMNS, &rows, width).unwrap();
        crate::sample::plain(&bytes)
    }

    #[test]
    fn columns_line_up_in_every_script() {
        insta::assert_snapshot!(check(&[["bash", "6.0 MB", "shell"], ["日本語", "1 B", ""]], None), @r"
        Name      Size  About
        bash    6.0 MB  shell
        日本語     1 B
        ");
    }

    #[test]
    fn a_narrow_terminal_cuts_the_widest_column() {
        insta::assert_snapshot!(check(&[["a-very-long-name", "1 B", "what it is for"]], Some(24)), @"
        Name      Size  About
        a-very-…   1 B  what it…
        ");
    }

    #[test]
    fn a_cell_cannot_drive_the_terminal() {
        insta::assert_snapshot!(check(&[["a\u{1b}[31mb\n", "", "\u{202e}gpj"]], None), @r"
        Name            Size  About
        a\x1b[31mb\x0a        \u{202e}gpj
        ");
    }
}
