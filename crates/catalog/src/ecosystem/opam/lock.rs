//! `*.opam.locked`, as `opam lock` writes it: an opam file whose dependencies name one version.

use super::{DOC, TYPE, package_url, syntax};
use crate::claim::{Claim, Pattern};
use crate::declared::{LockFiles, Locked};
use crate::reader::Doc;

const LOCK_DOC: Doc = Doc { id: "opam-lock", ..DOC };
/// A project with five hundred packages locks them in 50 KB.
const MAX_LOCK: u64 = 16 << 20;
const CLAIMS: &[Claim] = &[Claim { pattern: Pattern::Extension(".opam.locked"), limit: MAX_LOCK }];

pub(super) static LOCKS: LockFiles =
    LockFiles { doc: &LOCK_DOC, revision: 1, claims: CLAIMS, kind: TYPE, parse, package_url };

fn parse(_: &[u8], content: &[u8]) -> Option<Vec<Locked>> {
    let (fields, is_whole) = syntax::parse(std::str::from_utf8(content).ok()?);
    is_whole.then_some(())?;
    let depends = syntax::field(&fields, "depends")?;
    let locked =
        depends.marked_texts().into_iter().filter_map(|(name, mark)| Some(Locked::new(name, exact(mark?)?)));
    Some(locked.collect())
}

/// The one version that a condition allows: of `{= "1.0"}` and `{with-test & = "1.0"}`, but not of
/// `{>= "1.0"}`, nor what a variable is compared with (`{os = "linux"}`).
fn exact(mark: &str) -> Option<&str> {
    const SIGN: &str = "= \"";
    mark.match_indices(SIGN).find_map(|(at, _)| {
        mark.get(..at)?.trim_end().ends_with(['{', '&', '(']).then_some(())?;
        Some(mark.get(at + SIGN.len()..)?.split_once('"')?.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_locked_to_a_version_is_named() {
        let text = "opam-version: \"2.0\"\nname: \"app\"\ndepends: [\n  \"hull\" {= \"1.2.0~beta1\"}\n  \
            \"keel\" {= \"v0.9\" & with-test}\n  \"mast\"\n  \"spar\" {>= \"2.0\"}\n  \"jib\" {os != \"win32\" & = \"2.0\"}\n]\n";
        let named = parse(b"app.opam.locked", text.as_bytes()).unwrap();
        assert_eq!(
            named,
            [Locked::new("hull", "1.2.0~beta1"), Locked::new("keel", "v0.9"), Locked::new("jib", "2.0")]
        );
        assert_eq!(parse(b"app.opam.locked", b"depends: ["), None);
        assert_eq!(parse(b"app.opam.locked", b"name: \"app\""), None);
    }
}
