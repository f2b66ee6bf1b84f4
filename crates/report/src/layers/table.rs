//! Layers as a table for people, with a line of totals.

use std::io::{self, Write};

use super::LayerList;
use crate::table::{Column, write as write_table};
use crate::units::{count, size};

const COLUMNS: [Column; 10] = [
    Column::number("Layer"),
    Column::text("Digest"),
    Column::number("Compressed"),
    Column::number("Unpacked"),
    Column::number("Added"),
    Column::number("Changed"),
    Column::number("Removed"),
    Column::number("Packages"),
    Column::number("Hidden"),
    Column::cut("Instruction", 12),
];

pub(super) fn write(list: &LayerList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rows = list.rows();
    let mut cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let statistics = &row.layer.statistics;
            vec![
                format!("{}/{}", row.position + 1, rows.len()),
                row.layer.digest.short(),
                size(row.layer.compressed_size),
                size(row.layer.unpacked_size),
                count(statistics.added),
                count(statistics.changed),
                count(statistics.removed),
                count(row.packages),
                size(statistics.hidden_bytes),
                row.layer.instruction.as_deref().map_or_else(|| "unknown".to_owned(), one_line),
            ]
        })
        .collect();
    let total = |pick: fn(&super::Row<'_>) -> u64| rows.iter().map(pick).fold(0, u64::saturating_add);
    cells.push(vec![
        "total".to_owned(),
        String::new(),
        size(total(|row| row.layer.compressed_size)),
        size(total(|row| row.layer.unpacked_size)),
        count(total(|row| row.layer.statistics.added)),
        count(total(|row| row.layer.statistics.changed)),
        count(total(|row| row.layer.statistics.removed)),
        count(total(|row| row.packages)),
        size(total(|row| row.layer.statistics.hidden_bytes)),
        String::new(),
    ]);
    write_table(out, &COLUMNS, &cells, list.width)
}

/// Instructions are wrapped by hand with backslashes, tabs and line ends; one space does.
fn one_line(instruction: &str) -> String {
    instruction.split_whitespace().collect::<Vec<_>>().join(" ")
}
