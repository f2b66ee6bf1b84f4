//! The layers of an image: `plimsoll layers`.

mod csv;
mod json;
mod table;

use plimsoll_model::{Analysis, Layer};

use crate::format::{Document, Format};

/// The layers of one image, the lowest first.
#[derive(Debug, Clone, Copy)]
pub struct LayerList<'a> {
    /// The image.
    pub analysis: &'a Analysis,
    /// Columns of the terminal; `None` cuts nothing.
    pub width: Option<usize>,
}

/// One layer and the number of installed packages that it brought.
struct Row<'a> {
    position: usize,
    layer: &'a Layer,
    packages: u64,
}

impl<'a> LayerList<'a> {
    fn rows(&self) -> Vec<Row<'a>> {
        let mut rows: Vec<Row<'_>> = self
            .analysis
            .layers
            .iter()
            .enumerate()
            .map(|(position, layer)| Row { position, layer, packages: 0 })
            .collect();
        for package in self.analysis.installed() {
            let row = package.layer.and_then(|position| rows.get_mut(position as usize));
            if let Some(row) = row {
                row.packages += 1;
            }
        }
        rows
    }
}

/// The document of `plimsoll layers`.
#[derive(Debug, Clone, Copy)]
pub struct Layers;

impl Document for Layers {
    type View<'a> = LayerList<'a>;

    const FORMATS: &'static [Format<Self>] = ALL;
}

/// Every format of the list of layers.
pub const ALL: &[Format<Layers>] = &[
    Format { id: "table", summary: "columns for people", write: table::write },
    Format { id: "json", summary: "everything known about each layer", write: json::write },
    Format { id: "csv", summary: "RFC 4180, one row per layer", write: csv::write },
];

#[cfg(test)]
mod tests;
