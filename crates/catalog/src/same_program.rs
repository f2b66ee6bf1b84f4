//! Programs that a distribution's package tells already.
//!
//! What a program says of itself (`openssl 3.0.15`) is news only where no package tells it. A file that
//! a distribution's package lists, in the very version of that package, is that package and is not
//! listed twice. One of another version inside a package (vendored) stays: it is decided by owner
//! and version, never by owner alone.

use std::collections::HashMap;

use plimsoll_model::{FileId, PackageType, PathIndex};

use crate::ecosystem::{alpm, apk, binary, dpkg, rpm};
use crate::reader::Joined;

/// The kinds of package that distributions install files by.
const DISTRIBUTION: [PackageType; 4] = [alpm::TYPE, apk::TYPE, dpkg::TYPE, rpm::PACKAGE_TYPE];

/// Leaves out the programs that are their package's.
pub(crate) fn leave_out(joined: &mut Joined, files: &PathIndex<'_>) {
    let is_program: Vec<bool> = joined.packages.iter().map(|package| package.kind == binary::TYPE).collect();
    if !is_program.contains(&true) {
        return;
    }
    let is_listed: Vec<bool> =
        joined.packages.iter().map(|package| DISTRIBUTION.contains(&package.kind)).collect();
    // Where each program was read.
    let mut proofs: HashMap<FileId, Vec<u32>> = HashMap::new();
    for (position, package) in (0_u32..).zip(&joined.packages) {
        if package.kind == binary::TYPE
            && let Some(file) = package.evidence.as_ref().and_then(|path| files.resolve(path.as_bytes()))
        {
            proofs.entry(file).or_default().push(position);
        }
    }
    let mut is_known = vec![false; joined.packages.len()];
    for (file, owner) in &joined.owned {
        let Some(programs) = proofs.get(file).filter(|_| is_listed[*owner as usize]) else { continue };
        for program in programs {
            let (owner, program_version) =
                (&joined.packages[*owner as usize], &joined.packages[*program as usize].version);
            is_known[*program as usize] |= shares_version(&owner.version, program_version);
        }
    }
    let mut place = Vec::with_capacity(is_known.len());
    let mut kept = 0_u32;
    for known in &is_known {
        place.push((!known).then_some(kept));
        kept += u32::from(!known);
    }
    joined.owned = joined
        .owned
        .iter()
        .filter_map(|(file, package)| Some((*file, place.get(*package as usize).copied().flatten()?)))
        .collect();
    let mut known = is_known.iter();
    joined.packages.retain(|_| known.next() != Some(&true));
}

/// Whether a distribution's version (`1:38.0.4-3+deb12u1`) is of this upstream version
/// (`38.0.4`), or of a longer or shorter spelling of it.
#[must_use]
pub fn shares_version(distribution: &str, upstream: &str) -> bool {
    let version = distribution.split_once(':').map_or(distribution, |(_, rest)| rest);
    let version = version.rsplit_once('-').map_or(version, |(version, _)| version);
    let upstream = upstream.strip_prefix('v').unwrap_or(upstream);
    let continues = |long: &str, short: &str| {
        !short.is_empty()
            && long.strip_prefix(short).is_some_and(|rest| {
                rest.is_empty() || rest.starts_with(|next: char| !next.is_ascii_alphanumeric())
            })
    };
    continues(version, upstream) || continues(upstream, version)
}

#[cfg(test)]
mod tests {
    use plimsoll_model::{FileKind, FileTableBuilder, NewFile, NodeId, Package, TreePath};

    use super::*;

    #[test]
    fn versions_are_the_same_up_to_what_the_distribution_adds() {
        let check = |distribution: &str, upstream: &str, expect: bool| {
            assert_eq!(shares_version(distribution, upstream), expect, "{distribution} {upstream}");
        };
        check("38.0.4-3+deb12u1", "38.0.4", true);
        check("1:2.31.0+dfsg-1", "2.31.0", true);
        check("3.11.2-1", "3.11.2", true);
        check("2022.9.24-1", "2022.9.24", true);
        check("1.26-r0", "1.26.0", true);
        check("65.5.0-4.el9", "59.6.0", false);
        check("3.11.2-1", "3.1", false);
        check("3.11.2-1", "", false);
    }

    /// Packages as `KIND NAME VERSION`; the program's file is listed by all of them.
    fn check(packages: &[&str], expect: &[&str]) {
        let mut builder = FileTableBuilder::new();
        let file = NewFile { implicit: false, kind: FileKind::File, ..NewFile::IMPLICIT_DIRECTORY };
        builder.insert(NodeId::ROOT, b"tool", &file);
        let (table, _) = builder.finish();
        let index = table.index();
        let file = index.resolve(b"tool").unwrap();
        let mut joined = Joined::default();
        for (position, text) in (0..).zip(packages) {
            let words: Vec<&str> = text.split(' ').collect();
            let mut package = Package::new(PackageType::from_text(words[0]), words[1], words[2]);
            package.evidence = TreePath::parse(b"/tool").ok();
            joined.packages.push(package);
            joined.owned.push((file, position));
        }
        leave_out(&mut joined, &index);
        let told = |package: u32| {
            let package = &joined.packages[package as usize];
            format!("{} {} {}", package.kind, package.name, package.version)
        };
        let owners: Vec<String> = joined.owned.iter().map(|(_, package)| told(*package)).collect();
        assert_eq!(owners, expect, "{packages:?}");
        assert_eq!(joined.packages.len(), expect.len());
    }

    #[test]
    fn a_program_is_left_out_where_its_package_tells_it_and_kept_where_it_is_vendored() {
        check(&["generic openssl 3.0.15", "deb libssl3 3.0.15-1~deb12u1"], &["deb libssl3 3.0.15-1~deb12u1"]);
        check(
            &["generic openssl 3.5.0", "rpm agent 7.1-1", "generic zlib 7.1"],
            &["generic openssl 3.5.0", "rpm agent 7.1-1"],
        );
        check(&["generic node 20.1.0", "npm node 20.1.0"], &["generic node 20.1.0", "npm node 20.1.0"]);
        check(&["generic node 20.1.0"], &["generic node 20.1.0"]);
    }
}
