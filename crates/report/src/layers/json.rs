//! Layers as JSON, with the image's whole history.

use std::io::{self, Write};

use plimsoll_model::Layer;
use serde::Serialize;

use super::LayerList;
use crate::buffer::Buffer;
use crate::json::{head, value};

#[derive(Serialize)]
struct Row<'a> {
    /// Counted from one, the lowest first.
    position: usize,
    #[serde(flatten)]
    layer: &'a Layer,
    packages: u64,
    base: Option<bool>,
}

pub(super) fn write(list: &LayerList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    head(&mut out, "plimsoll/layers/1", list.analysis);
    out.text(",\n\"history\": ");
    value(&mut out.bytes, &list.analysis.history);
    out.text(",\n\"layers\": [");
    for (index, row) in list.rows().into_iter().enumerate() {
        out.text(if index == 0 { "\n" } else { ",\n" });
        let base = crate::place::is_base(list.analysis, u32::try_from(row.position).ok());
        let row = Row { position: row.position + 1, layer: row.layer, packages: row.packages, base };
        value(&mut out.bytes, &row);
        out.end_row()?;
    }
    out.text("\n]\n}\n");
    out.finish()
}
