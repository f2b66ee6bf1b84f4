//! Reads `composer.lock`.

use super::{DOC, TYPE, package, package_url};
use crate::claim::Claim;
use crate::declared::{LockFiles, Locked};
use crate::reader::Doc;

const LOCK_DOC: Doc = Doc { id: "composer-lock", ..DOC };
const CLAIMS: &[Claim] = &[LockFiles::named("composer.lock")];

pub(super) static LOCKS: LockFiles =
    LockFiles { doc: &LOCK_DOC, revision: 2, claims: CLAIMS, kind: TYPE, parse, package_url };

fn parse(_: &[u8], content: &[u8]) -> Option<Vec<Locked>> {
    let list = package::locked(content)?;
    let packages = list.packages.iter().map(|each| Locked::of(&each.describe()));
    Some(packages.chain((0..list.incomplete).map(|_| Locked::default())).collect())
}
