//! Tables whose columns are set apart by lines, for putting two images side by side.

use std::borrow::Cow;
use std::io::{self, Write};

use owo_colors::{AnsiColors, OwoColorize as _};
use unicode_width::UnicodeWidthStr as _;

use crate::buffer::Buffer;
use crate::table::{clean, fit, spaces};

/// How a cell looks on a terminal that has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Faint,
    Colour(AnsiColors),
}

/// One cell.
#[derive(Debug, Clone)]
pub(super) struct Cell<'a> {
    text: Cow<'a, str>,
    tone: Tone,
}

impl<'a> Cell<'a> {
    pub(super) fn new(text: impl Into<Cow<'a, str>>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }
}

impl<'a, T: Into<Cow<'a, str>>> From<T> for Cell<'a> {
    fn from(text: T) -> Self {
        Self::new(text, Tone::Plain)
    }
}

/// One column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Its heading.
    pub(super) title: String,
    /// Whether its cells are numbers and lean to the right.
    pub(super) number: bool,
}

impl Column {
    pub(super) fn text(title: impl Into<String>) -> Self {
        Self { title: title.into(), number: false }
    }

    pub(super) fn number(title: impl Into<String>) -> Self {
        Self { title: title.into(), number: true }
    }
}

const SEPARATOR: &str = " │ ";
const CROSSING: &str = "─┼─";

/// The narrowest that a column of text gets: enough for a name to be recognised.
const LEAST: usize = 12;

/// Writes headings, a line below them, and the rows. Without a width, nothing is cut.
pub(super) fn write(
    out: &mut dyn Write,
    columns: &[Column],
    rows: &[Vec<Cell<'_>>],
    width: Option<usize>,
) -> io::Result<()> {
    let titles: Vec<Cow<'_, str>> = columns.iter().map(|column| clean(&column.title)).collect();
    let mut widths: Vec<usize> = titles.iter().map(|title| title.width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(clean(&cell.text).width());
        }
    }
    if let Some(wanted) = width {
        shrink(columns, &mut widths, wanted);
    }
    let mut out = Buffer::new(out);
    let heading: Vec<(Cow<'_, str>, Style)> =
        titles.into_iter().map(|title| (title, Style::Heading)).collect();
    line(&mut out, columns, &widths, &heading)?;
    let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
    out.text(&rule.join(CROSSING).dimmed().to_string());
    out.text("\n");
    for row in rows {
        let cells: Vec<(Cow<'_, str>, Style)> =
            row.iter().map(|cell| (clean(&cell.text), Style::Tone(cell.tone))).collect();
        line(&mut out, columns, &widths, &cells)?;
    }
    out.finish()
}

enum Style {
    Heading,
    Tone(Tone),
}

/// Takes width off the widest column of text until the grid fits, or none can give.
fn shrink(columns: &[Column], widths: &mut [usize], wanted: usize) {
    let gaps = SEPARATOR.width() * widths.len().saturating_sub(1);
    let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(wanted);
    while excess > 0 {
        let widest = widths
            .iter_mut()
            .zip(columns)
            .filter(|(width, column)| !column.number && **width > LEAST)
            .map(|(width, _)| width)
            .max();
        match widest {
            Some(width) => *width -= 1,
            None => return,
        }
        excess -= 1;
    }
}

fn line(
    out: &mut Buffer<'_>,
    columns: &[Column],
    widths: &[usize],
    cells: &[(Cow<'_, str>, Style)],
) -> io::Result<()> {
    let last = columns.len().saturating_sub(1);
    for (position, ((column, width), (text, style))) in columns.iter().zip(widths).zip(cells).enumerate() {
        if position > 0 {
            out.text(&SEPARATOR.dimmed().to_string());
        }
        let text = fit(text, *width);
        let missing = width.saturating_sub(text.width());
        if column.number {
            spaces(&mut out.bytes, missing);
        }
        if !text.is_empty() {
            match style {
                Style::Heading => out.text(&text.bold().to_string()),
                Style::Tone(Tone::Plain) => out.text(&text),
                Style::Tone(Tone::Faint) => out.text(&text.dimmed().to_string()),
                Style::Tone(Tone::Colour(colour)) => out.text(&text.color(*colour).to_string()),
            }
        }
        if !column.number && position != last {
            spaces(&mut out.bytes, missing);
        }
    }
    while out.bytes.last() == Some(&b' ') {
        out.bytes.pop();
    }
    out.text("\n");
    out.end_row()
}
