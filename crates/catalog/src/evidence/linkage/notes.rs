//! Notes that say what a file is and what it loads while it runs.

use std::sync::Arc;

use plimsoll_model::digest::hex;
use plimsoll_model::evidence::linkage::{LoadNote, LoadPriority};
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
/// The most libraries of notes that are kept of a file: systemd's have some twenty.
const MAX_LOADS: usize = 512;
/// The longest note about libraries that is read: real ones have some hundred bytes.
const MAX_LOADS_NOTE: usize = 64 << 10;
/// The most names of one library that are kept: real ones have two at most.
const MAX_SONAMES: usize = 64;

/// What notes tell.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) build_id: Option<Box<str>>,
    pub(super) loads: Vec<LoadNote>,
    pub(super) package: Option<Arc<str>>,
    /// Whether one of the notes that count is damaged or too long, or there are too many.
    pub(super) is_short: bool,
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
            (b"GNU", BUILD_ID) if told.build_id.is_none() => {
                if note.content.len() <= MAX_BUILD_ID {
                    told.build_id = Some(hex(note.content).into());
                } else {
                    told.is_short = true;
                }
            }
            (b"FDO", PACKAGE) if told.package.is_none() => {
                let text = std::str::from_utf8(note.content).ok();
                let text = text.filter(|text| text.len() <= MAX_PACKAGE);
                told.package = text.map(|text| text.trim_end_matches('\0').trim().into());
                told.is_short |= text.is_none();
            }
            (b"FDO", LOADS) => told.is_short |= take_loads(note.content, &mut told.loads).is_none(),
            _ => {}
        }
    }
    told
}

/// Adds the libraries of a note; `None` where it is damaged, or there are too many.
fn take_loads(content: &[u8], told: &mut Vec<LoadNote>) -> Option<()> {
    let room = MAX_LOADS.checked_sub(told.len()).filter(|room| *room > 0)?;
    let end = content.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let json = content.get(..end).filter(|json| json.len() <= MAX_LOADS_NOTE)?;
    let loads: Vec<Load> = serde_json::from_slice(json).ok()?;
    let is_short = loads.len() > room;
    told.extend(loads.into_iter().take(room).map(|load| LoadNote {
        sonames: match load.soname {
            Sonames::List(names) => names.into_iter().take(MAX_SONAMES).collect(),
            Sonames::One(name) => vec![name],
        },
        feature: load.feature,
        priority: match load.priority.as_deref() {
            Some("required") => LoadPriority::Required,
            Some("suggested") => LoadPriority::Suggested,
            _ => LoadPriority::Recommended,
        },
    }));
    (!is_short).then_some(())
}
