//! The fragments of an image's layers, lent to one reader after the other. What a reader has joined
//! is let go: all fragments of a large image together take as much memory as its merged tree.

use std::collections::HashMap;

use plimsoll_catalog::{LayerFragment, Reader};
use plimsoll_image::Merged;
use plimsoll_model::{FileId, FileTable, LayerFacts};

/// A reader's fragment of one file of one layer.
struct Own {
    /// The layer's position among the different ones.
    layer: usize,
    file: FileId,
    payload: Vec<u8>,
}

/// The fragments of all layers, by the position of their reader.
pub(crate) struct Fragments {
    by_reader: Vec<Vec<Own>>,
}

impl Fragments {
    /// Takes the fragments out of the facts about different layers. Those that nobody reads any more
    /// are dropped, and so are those that are `wanted` by nobody now.
    pub(crate) fn take(
        facts: &mut [LayerFacts],
        readers: &[&'static dyn Reader],
        wanted: impl Fn(&dyn Reader) -> bool,
    ) -> Self {
        let positions: HashMap<&str, usize> = readers
            .iter()
            .enumerate()
            .filter(|(_, reader)| wanted(**reader))
            .map(|(position, reader)| (reader.doc().id, position))
            .collect();
        let mut by_reader: Vec<Vec<Own>> = readers.iter().map(|_| Vec::new()).collect();
        for (layer, facts) in facts.iter_mut().enumerate() {
            for fragment in std::mem::take(&mut facts.fragments) {
                let position = positions.get(fragment.reader.as_str());
                if let Some(own) = position.and_then(|position| by_reader.get_mut(*position)) {
                    own.push(Own { layer, file: fragment.file, payload: fragment.payload });
                }
            }
        }
        Self { by_reader }
    }

    /// Hands the fragments of a reader to `with`, in the order of layers and then of files, and lets
    /// them go. `order` has for each layer of the image its position among the different ones, and
    /// `tables` its table.
    pub(crate) fn lend(
        &mut self,
        reader: usize,
        order: &[usize],
        tables: &[&FileTable],
        merged: &Merged,
        with: &mut dyn FnMut(&[LayerFragment<'_>]),
    ) {
        let own = self.by_reader.get_mut(reader).map(std::mem::take).unwrap_or_default();
        let of_layer = |layer: usize| {
            let start = own.partition_point(|one| one.layer < layer);
            let end = own.partition_point(|one| one.layer <= layer);
            own.get(start..end).unwrap_or_default()
        };
        let mut paths = Vec::new();
        let mut ends = Vec::new();
        let mut path = Vec::new();
        for (layer, table) in order.iter().zip(tables) {
            for one in of_layer(*layer) {
                table.write_path(one.file, &mut path);
                paths.extend_from_slice(&path);
                ends.push(paths.len());
            }
        }
        let mut fragments = Vec::with_capacity(ends.len());
        let (mut ends, mut start) = (ends.into_iter(), 0);
        for (position, layer) in order.iter().enumerate() {
            for (one, end) in of_layer(*layer).iter().zip(ends.by_ref()) {
                fragments.push(LayerFragment {
                    layer: position as u32,
                    path: paths.get(start..end).unwrap_or_default(),
                    file: merged.visible(position, one.file),
                    payload: &one.payload,
                });
                start = end;
            }
        }
        with(&fragments);
    }
}
