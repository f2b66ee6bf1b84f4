//! What Python's lock files name: those of Poetry, PDM, uv and pipenv, the standard's
//! (`pylock.toml`), and what a `requirements.txt` pins.

mod pipfile;
mod requirements;
mod tables;

use super::{DOC, TYPE, package_url};
use crate::claim::Claim;
use crate::declared::{LockFiles, Locked};
use crate::reader::Doc;

const LOCK_DOC: Doc = Doc { id: "pypi-lock", ..DOC };
const CLAIMS: &[Claim] = &[
    LockFiles::named("poetry.lock"),
    LockFiles::named("pdm.lock"),
    LockFiles::named("uv.lock"),
    LockFiles::named("pylock.toml"),
    LockFiles::named("Pipfile.lock"),
    LockFiles::named("requirements.txt"),
];

pub(super) static LOCKS: LockFiles =
    LockFiles { doc: &LOCK_DOC, revision: 2, claims: CLAIMS, kind: TYPE, parse, package_url };

fn parse(name: &[u8], content: &[u8]) -> Option<Vec<Locked>> {
    match name {
        b"Pipfile.lock" => pipfile::parse(content),
        b"requirements.txt" => Some(requirements::parse(content)),
        _ => tables::parse(content),
    }
}
