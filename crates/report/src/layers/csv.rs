//! Layers as RFC 4180 rows.

use std::io::{self, Write};

use super::LayerList;
use crate::buffer::Buffer;
use crate::csv::row;
use crate::place;

const HEADER: [&str; 17] = [
    "position",
    "digest",
    "diff_id",
    "media_type",
    "compressed_size",
    "unpacked_size",
    "added",
    "changed",
    "removed",
    "packages",
    "content_bytes",
    "hidden_bytes",
    "rewritten_bytes",
    "duplicate_bytes",
    "created",
    "instruction",
    "from",
];

pub(super) fn write(list: &LayerList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    row(&mut out.bytes, &HEADER);
    for each in list.rows() {
        let layer = each.layer;
        let statistics = &layer.statistics;
        let number = |value: u64| value.to_string();
        row(
            &mut out.bytes,
            &[
                &(each.position + 1).to_string(),
                &layer.digest.to_string(),
                &layer.diff_id.as_ref().map(ToString::to_string).unwrap_or_default(),
                &layer.media_type,
                &number(layer.compressed_size),
                &number(layer.unpacked_size),
                &number(statistics.added),
                &number(statistics.changed),
                &number(statistics.removed),
                &number(each.packages),
                &number(statistics.content_bytes),
                &number(statistics.hidden_bytes),
                &number(statistics.rewritten_bytes),
                &number(statistics.duplicate_bytes),
                layer.created.as_deref().unwrap_or_default(),
                layer.instruction.as_deref().unwrap_or_default(),
                place::whose(list.analysis, u32::try_from(each.position).ok()),
            ],
        );
        out.end_row()?;
    }
    out.finish()
}
