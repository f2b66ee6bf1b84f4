//! What the lock files of yarn, pnpm and Bun name. npm's own say where a package lies, so these
//! are read with the packages.

mod bun;
mod pnpm;
#[cfg(test)]
mod tests;
mod yarn;

use super::{DOC, TYPE, package_url};
use crate::claim::Claim;
use crate::declared::{LockFiles, Locked};
use crate::reader::Doc;

const LOCK_DOC: Doc = Doc { id: "npm-lock", ..DOC };
const CLAIMS: &[Claim] =
    &[LockFiles::named("yarn.lock"), LockFiles::named("pnpm-lock.yaml"), LockFiles::named("bun.lock")];

pub(super) static LOCKS: LockFiles =
    LockFiles { doc: &LOCK_DOC, revision: 2, claims: CLAIMS, kind: TYPE, parse, package_url };

fn parse(name: &[u8], content: &[u8]) -> Option<Vec<Locked>> {
    let text = std::str::from_utf8(content).ok()?;
    match name {
        b"yarn.lock" => yarn::parse(text),
        b"bun.lock" => bun::parse(text),
        _ => pnpm::parse(text),
    }
}

/// Name and what follows of `@scope/name@^1.0.0`.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let at = text.get(1..)?.find('@')? + 1;
    Some((text.get(..at)?, text.get(at + 1..)?))
}
