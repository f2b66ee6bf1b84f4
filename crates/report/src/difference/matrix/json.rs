//! A matrix as JSON, schema `plimsoll/diff-matrix/1`.

use std::io::{self, Write};

use plimsoll_model::{ImageIdentity, Package, TreePath};
use serde::Serialize;

use super::MatrixView;
use crate::buffer::Buffer;
use crate::json::value;

#[derive(Serialize)]
struct Row<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    /// One per image; `null` where it does not have the package.
    images: Vec<Option<Side<'a>>>,
}

#[derive(Serialize)]
struct Side<'a> {
    version: &'a str,
    arch: Option<&'a str>,
    place: Option<&'a TreePath>,
}

fn side(package: &Package) -> Side<'_> {
    Side { version: &package.version, arch: package.arch.as_deref(), place: package.place.as_ref() }
}

pub(super) fn write(view: &MatrixView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    out.text("{\n\"schema\": \"plimsoll/diff-matrix/1\",\n\"images\": [");
    for (position, image) in view.images.iter().enumerate() {
        out.text(if position == 0 { "\n" } else { ",\n" });
        let identity: &ImageIdentity = &image.identity;
        value(&mut out.bytes, identity);
    }
    out.text("\n],\n\"same\": ");
    value(&mut out.bytes, &view.matrix.same);
    out.text(",\n\"packages\": [");
    for (position, row) in view.rows().into_iter().enumerate() {
        out.text(if position == 0 { "\n" } else { ",\n" });
        let images = row.packages.iter().map(|cell| cell.map(side)).collect();
        value(&mut out.bytes, &Row { kind: row.package.kind.as_str(), name: &row.package.name, images });
        out.end_row()?;
    }
    out.text("\n]\n}\n");
    out.finish()
}
