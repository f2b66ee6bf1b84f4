//! Packages as a table for people.

use std::io::{self, Write};

use super::PackageList;
use crate::place;
use crate::table::{Column, note, write as write_table};
use crate::units::size;

const COLUMNS: [Column; 8] = [
    Column::cut("Name", 16),
    Column::cut("Version", 12),
    Column::text("Type"),
    Column::text("Arch"),
    Column::number("Size"),
    Column::cut("Source", 8),
    Column::cut("Licence", 8),
    Column::text("Layer"),
];

/// Columns that stay even when they are empty in every row.
const ALWAYS: usize = 3;

pub(super) fn write(list: &PackageList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; COLUMNS.len()]> = list
        .packages()
        .map(|package| {
            [
                package.name.clone(),
                package.version.clone(),
                package.kind.to_string(),
                package.arch.clone().unwrap_or_default(),
                package.size.map(size).unwrap_or_default(),
                package.source.as_ref().map(|source| source.name.clone()).unwrap_or_default(),
                package.licenses.join(", "),
                place::layer(list.analysis, package.layer),
            ]
        })
        .collect();
    let shown: Vec<bool> = (0..COLUMNS.len())
        .map(|column| {
            column < ALWAYS || rows.iter().any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()))
        })
        .collect();
    let columns: Vec<Column> = keep(COLUMNS, &shown);
    let rows: Vec<Vec<String>> = rows.into_iter().map(|row| keep(row, &shown)).collect();
    write_table(out, &columns, &rows, list.width)?;
    note(list.analysis, out)
}

fn keep<T, const N: usize>(cells: [T; N], shown: &[bool]) -> Vec<T> {
    cells.into_iter().zip(shown).filter(|(_, shown)| **shown).map(|(cell, _)| cell).collect()
}
