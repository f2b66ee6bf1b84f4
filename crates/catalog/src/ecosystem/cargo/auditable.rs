//! The list of crates in an executable, in the format of the `auditable-serde` crate.

use std::io::Read as _;

use flate2::read::ZlibDecoder;
use serde::{Deserialize, Serialize};

use crate::executable::binary::Binary;

const SECTION: &[u8] = b".dep-v0";

/// A list of a thousand crates has 200 KB; `auditable-info` takes 8 MiB.
const MAX_LIST: u64 = 8 << 20;

/// How many sections without names are unpacked in search of the list. Each may point to the same
/// bytes, and few begin like compressed ones.
const MAX_CANDIDATES: usize = 16;

/// A crate that is in an executable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) version: String,
    /// `crates.io`, `registry`, `git`, `local` or another word.
    pub(super) source: String,
    /// Whether it is what was built.
    pub(super) root: bool,
    /// The crates that it needs and that are in the executable, as `name version`.
    pub(super) requires: Vec<String>,
}

/// What an executable says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    Crates(Vec<Crate>),
    /// There is a list, but this is what is wrong with it.
    Unreadable(&'static str),
}

#[derive(Deserialize)]
struct List {
    packages: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    version: String,
    source: String,
    /// `build` or `runtime`, the usual one, which is left out.
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    dependencies: Vec<usize>,
    #[serde(default)]
    root: bool,
}

impl Listed {
    fn is_in_it(&self) -> bool {
        self.kind.as_deref() != Some("build")
    }
}

pub(super) fn find(executable: &Binary<'_>) -> Found {
    if let Some(section) = executable.section(SECTION) {
        return match executable.kept.at(section.offset, section.size) {
            Some(compressed) => read(compressed),
            None if executable.kept.is_whole() => Found::Unreadable("the file ends before it"),
            None => Found::Unreadable("the executable is large and the list not in its usual place"),
        };
    }
    // Where the names of the sections were not kept, the list is known by how it begins.
    let nameless = executable.sections.iter().filter(|section| section.name.is_none());
    nameless
        .filter_map(|section| executable.kept.at(section.offset, section.size))
        .filter(|bytes| bytes.first() == Some(&0x78))
        .take(MAX_CANDIDATES)
        .map(read)
        .find(|found| matches!(found, Found::Crates(_)))
        .unwrap_or(Found::Nothing)
}

fn read(compressed: &[u8]) -> Found {
    let mut text = Vec::new();
    let mut list = ZlibDecoder::new(compressed).take(MAX_LIST + 1);
    if list.read_to_end(&mut text).is_err() {
        return Found::Unreadable("its compression is damaged");
    }
    if text.len() as u64 > MAX_LIST {
        return Found::Unreadable("it is larger than any such list");
    }
    let Ok(List { packages }) = serde_json::from_slice::<List>(&text) else {
        return Found::Unreadable("it is not in the format of such lists");
    };
    // Each edge of the graph becomes a text, and the list may repeat one number for every two bytes.
    let bytes = |index: &usize| packages.get(*index).map_or(0, |it| it.name.len() + it.version.len() + 1);
    let edges = packages.iter().flat_map(|package| package.dependencies.iter().map(bytes));
    if edges.sum::<usize>() as u64 > MAX_LIST {
        return Found::Unreadable("its crates need more than those of any such list");
    }
    if packages.iter().any(|package| package.name.is_empty() || package.version.is_empty()) {
        return Found::Unreadable("it has crates without a name or a version");
    }
    let name = |index: &usize| {
        let needed = packages.get(*index).filter(|needed| needed.is_in_it())?;
        Some(format!("{} {}", needed.name, needed.version))
    };
    let there = packages.iter().filter(|package| package.is_in_it());
    let crates = there.map(|package| Crate {
        name: package.name.clone(),
        version: package.version.clone(),
        source: package.source.clone(),
        root: package.root,
        requires: package.dependencies.iter().filter_map(name).collect(),
    });
    Found::Crates(crates.collect())
}
