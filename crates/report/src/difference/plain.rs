//! The six columns that `show-pkg-diffs` had in 2017: one row per difference, fields separated
//! by a space, and spaces inside a field written as commas.
//!
//! Image ids are the first twelve digits of the image id, or of the manifest's digest where the
//! source has no image id; a source with neither, such as a directory, goes by its name.

use std::io::{self, Write};

use plimsoll_model::Analysis;

use super::DifferenceView;
use super::rows::package_rows;
use crate::buffer::Buffer;

const HEADER: [&str; 6] =
    ["Image_Id", "Repo_Tag", "Compare_Image_Id", "Package", "Input_Image_Version", "Compare_Image_Version"];

/// The word for a side that does not have the package.
const NOT_INSTALLED: &str = "NOTINSTALLED";

pub(super) fn write(view: &DifferenceView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    row(&mut out, HEADER)?;
    let (before, after) = (id(view.before), id(view.after));
    for package in package_rows(view) {
        let fields = [
            before.as_str(),
            &view.before.identity.name,
            after.as_str(),
            &package.package.name,
            package.before.as_deref().unwrap_or(NOT_INSTALLED),
            package.after.as_deref().unwrap_or(NOT_INSTALLED),
        ];
        row(&mut out, fields)?;
    }
    out.finish()
}

fn id(image: &Analysis) -> String {
    let identity = &image.identity;
    let digest = identity.config_digest.as_ref().or(identity.manifest_digest.as_ref());
    digest.map_or_else(|| identity.name.clone(), plimsoll_model::Digest::short)
}

fn row(out: &mut Buffer<'_>, fields: [&str; 6]) -> io::Result<()> {
    for (position, field) in fields.into_iter().enumerate() {
        if position > 0 {
            out.text(" ");
        }
        // An empty field would shift the ones behind it.
        let field = if field.is_empty() { "none" } else { field };
        let whole = |character: char| {
            if character.is_whitespace() || character.is_control() { ',' } else { character }
        };
        out.text(&field.chars().map(whole).collect::<String>());
    }
    out.text("\n");
    out.end_row()
}
