//! Layers as a table for people, with a line of totals.

use std::io::{self, Write};

use super::LayerList;
use crate::place;
use crate::table::{Column, note, write as write_table};
use crate::units::{count, size};

const COLUMNS: [Column; 11] = [
    Column::number("Layer"),
    Column::text("From"),
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

/// Where the column stands that tells base from own.
const FROM: usize = 1;

pub(super) fn write(list: &LayerList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rows = list.rows();
    let mut cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let statistics = &row.layer.statistics;
            vec![
                format!("{}/{}", row.position + 1, rows.len()),
                place::whose(list.analysis, u32::try_from(row.position).ok()).to_owned(),
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
    // Without a base there is nothing to tell apart.
    let is_known = list.analysis.base.as_ref().is_some_and(|base| base.layers.is_some());
    let mut columns = COLUMNS.to_vec();
    if !is_known {
        columns.remove(FROM);
        for row in &mut cells {
            row.remove(FROM);
        }
    }
    write_table(out, &columns, &cells, list.width)?;
    note(list.analysis, out)
}

/// Instructions are wrapped by hand with backslashes, tabs and line ends; one space does.
fn one_line(instruction: &str) -> String {
    instruction.split_whitespace().collect::<Vec<_>>().join(" ")
}
