//! A matrix on a terminal.

use std::io::{self, Write};

use owo_colors::OwoColorize as _;

use super::super::NOT_INSTALLED;
use super::super::grid::{self, Cell, Column, Tone};
use super::{MatrixView, needed};

pub(super) fn write(view: &MatrixView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rows = view.rows();
    let extras = needed(&rows);
    let mut columns = vec![Column::text("Package")];
    columns.extend(extras.iter().map(|extra| Column::text(extra.title())));
    columns.extend(view.names().into_iter().map(Column::text));
    let cells: Vec<Vec<Cell<'_>>> = rows
        .iter()
        .map(|row| {
            let mut cells = vec![Cell::from(row.package.name.as_str())];
            cells.extend(extras.iter().map(|extra| Cell::from(extra.of(row.package))));
            cells.extend(row.versions.iter().map(|version| {
                version.as_deref().map_or_else(|| Cell::new(NOT_INSTALLED, Tone::Faint), Cell::from)
            }));
            cells
        })
        .collect();
    if !cells.is_empty() {
        grid::write(out, &columns, &cells, view.width)?;
        writeln!(out)?;
    }
    writeln!(out, "{}", view.summary().bold())
}
