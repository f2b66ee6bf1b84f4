//! The layers out of a daemon's export, which is a `docker save` archive that is read as it
//! comes and never held.
//!
//! Three forms are in use. Podman writes `DIFF-ID.tar`, Docker since version 25
//! `blobs/sha256/DIGEST`, Docker before it `ID/layer.tar` with an id that says nothing. The list
//! that maps paths to layers, `manifest.json`, comes last in all of them. Where the names do not
//! tell which layer is which (the old form, and compressed blobs of containerd's store), the
//! daemon is therefore asked twice: once for the list and once for the layers.

use std::collections::BTreeMap;
use std::io::Read;

use serde::Deserialize;

use super::super::archive::{join, normal};
use super::super::{DeliverLayer, ImageLayer, SourceError};
use crate::decompress::decompress;
use crate::limits::{MAX_ARCHIVE_ENTRIES, MAX_DOCUMENT};
use crate::tar::{EntryKind, TarError, TarReader, Window};

/// How many links an entry may be behind.
const MAX_LINKS: usize = 8;

type OpenExport<'a> = dyn Fn() -> Result<Box<dyn Read + Send>, SourceError> + 'a;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    #[serde(default)]
    layers: Vec<String>,
}

/// What one reading of an export found besides layers.
#[derive(Default)]
struct Export {
    list: Vec<Listed>,
    links: BTreeMap<String, String>,
    has_list: bool,
}

/// Hands out the layers that are wanted, uncompressed, in the order in which they come.
pub(super) fn deliver_layers(
    name: &str,
    open: &OpenExport<'_>,
    wanted: &[&ImageLayer],
    deliver: &mut DeliverLayer<'_>,
) -> Result<(), SourceError> {
    // Equal layers are stored once.
    let mut missing: BTreeMap<String, &ImageLayer> =
        wanted.iter().map(|layer| (layer.digest.hex(), *layer)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let export = read(name, open()?, &BTreeMap::new(), &mut missing, deliver)?;
    if missing.is_empty() {
        return Ok(());
    }
    if !export.has_list {
        return Err(SourceError::Missing { what: format!("manifest.json in the export of {name}") });
    }
    let mut places: BTreeMap<String, String> = BTreeMap::new();
    for (hex, layer) in &missing {
        let path = export.list.iter().find_map(|listed| listed.layers.get(layer.index));
        if let Some(path) = path {
            places.insert(export.target(path), hex.clone());
        }
    }
    read(name, open()?, &places, &mut missing, deliver)?;
    match missing.into_values().next() {
        Some(layer) => {
            Err(SourceError::Missing { what: format!("layer {} in the export of {name}", layer.digest) })
        }
        None => Ok(()),
    }
}

impl Export {
    /// The entry that a path of the list leads to.
    fn target(&self, path: &str) -> String {
        let mut at = normal(path.as_bytes());
        for _ in 0..MAX_LINKS {
            match self.links.get(&at) {
                Some(next) => at.clone_from(next),
                None => break,
            }
        }
        at
    }
}

/// The layer that an entry's name speaks of, by the hex digits of its digest.
fn named(path: &str) -> Option<&str> {
    path.strip_prefix("blobs/sha256/")
        .or_else(|| path.strip_suffix(".tar"))
        .or_else(|| path.strip_suffix("/layer.tar"))
}

/// Reads an export until all that is missing was delivered, or to its end.
fn read(
    name: &str,
    stream: Box<dyn Read + Send>,
    places: &BTreeMap<String, String>,
    missing: &mut BTreeMap<String, &ImageLayer>,
    deliver: &mut DeliverLayer<'_>,
) -> Result<Export, SourceError> {
    let damaged = |error: TarError| match error {
        TarError::Read { source, .. } => SourceError::Read { what: format!("the export of {name}"), source },
        TarError::Damaged { .. } => {
            SourceError::Damaged { what: format!("the export of {name}"), why: error.to_string() }
        }
    };
    let mut export = Export::default();
    let mut tar = TarReader::new(Window::new(stream, None, u64::MAX));
    let mut entries = 0;
    while let Some(entry) = tar.next_entry().map_err(damaged)? {
        entries += 1;
        if entries > MAX_ARCHIVE_ENTRIES {
            let why = format!("it has more than {MAX_ARCHIVE_ENTRIES} entries");
            return Err(SourceError::Damaged { what: format!("the export of {name}"), why });
        }
        let path = normal(&entry.path);
        match entry.kind {
            EntryKind::Symlink => {
                let target = join(&path, &entry.link);
                export.links.insert(path, target);
            }
            EntryKind::HardLink => {
                export.links.insert(path, normal(&entry.link));
            }
            EntryKind::File if path == "manifest.json" && entry.size <= MAX_DOCUMENT => {
                let mut bytes = Vec::new();
                tar.read_content(&mut |piece| bytes.extend_from_slice(piece), &mut |_| false)
                    .map_err(damaged)?;
                export.list = serde_json::from_slice(&bytes).map_err(|cause| SourceError::Damaged {
                    what: format!("manifest.json in the export of {name}"),
                    why: cause.to_string(),
                })?;
                export.has_list = true;
            }
            EntryKind::File => {
                let hex = places.get(&path).map(String::as_str).or_else(|| named(&path));
                let Some(layer) = hex.and_then(|hex| missing.remove(hex)) else { continue };
                let (_, plain) = decompress(tar.content_reader()).map_err(|source| SourceError::Read {
                    what: format!("layer {} in the export of {name}", layer.digest),
                    source,
                })?;
                deliver(layer, plain);
                if missing.is_empty() {
                    break;
                }
            }
            _ => {}
        }
    }
    Ok(export)
}
