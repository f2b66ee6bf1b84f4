//! Notes that say what a file is and what it loads while it runs.

use plimsoll_model::evidence::linkage::{LoadNote, LoadPriority};
use std::fmt::Write as _;
use std::sync::Arc;

use serde::Deserialize;

use crate::executable::Note;

/// `NT_GNU_BUILD_ID`.
const BUILD_ID: u32 = 3;
/// UAPI.11, package metadata for executables.
const PACKAGE: u32 = 0xcafe_1a7e;
/// UAPI.12, dlopen metadata for executables.
const LOADS: u32 = 0x407c_0c0a;
/// The longest build id that counts: those of linkers have 20 bytes, those made by hand 32.
const MAX_BUILD_ID: usize = 64;
/// The longest package metadata that is kept: real ones have 300 bytes.
const MAX_PACKAGE: usize = 8 << 10;
/// The most notes about libraries that are kept of a file: systemd's have some twenty.
const MAX_LOADS: usize = 512;

/// What notes tell.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) build_id: Option<Box<str>>,
    pub(super) loads: Vec<LoadNote>,
    pub(super) package: Option<Arc<str>>,
}

#[derive(Deserialize)]
struct Load {
    soname: Sonames,
    feature: Option<Arc<str>>,
    priority: Option<String>,
}

/// The specification asks for a list; early writers wrote one name alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Sonames {
    List(Vec<Arc<str>>),
    One(Arc<str>),
}

pub(super) fn read(notes: &[Note<'_>]) -> Told {
    let mut told = Told::default();
    for note in notes {
        match (note.owner, note.kind) {
            (b"GNU", BUILD_ID) if told.build_id.is_none() && note.content.len() <= MAX_BUILD_ID => {
                let mut hex = String::with_capacity(note.content.len() * 2);
                for byte in note.content {
                    // Writing to a string cannot fail.
                    let _ = write!(hex, "{byte:02x}");
                }
                told.build_id = Some(hex.into());
            }
            (b"FDO", PACKAGE) if told.package.is_none() && note.content.len() <= MAX_PACKAGE => {
                let text = std::str::from_utf8(note.content).ok();
                told.package = text.map(|text| text.trim_end_matches('\0').trim().into());
            }
            (b"FDO", LOADS) => {
                let end = note.content.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                let json = note.content.get(..end).unwrap_or_default();
                let Ok(loads) = serde_json::from_slice::<Vec<Load>>(json) else { continue };
                let room = MAX_LOADS.saturating_sub(told.loads.len());
                told.loads.extend(loads.into_iter().take(room).map(|load| LoadNote {
                    sonames: match load.soname {
                        Sonames::List(names) => names,
                        Sonames::One(name) => vec![name],
                    },
                    feature: load.feature,
                    priority: match load.priority.as_deref() {
                        Some("required") => LoadPriority::Required,
                        Some("suggested") => LoadPriority::Suggested,
                        _ => LoadPriority::Recommended,
                    },
                }));
            }
            _ => {}
        }
    }
    told
}
