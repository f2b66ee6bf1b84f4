//! Reads `Gemfile.lock`, and `gems.locked`, which is the same.

use super::{DOC, TYPE, package_url};
use crate::claim::Claim;
use crate::declared::{LockFiles, Locked};
use crate::reader::Doc;

const LOCK_DOC: Doc = Doc { id: "gem-lock", ..DOC };
const CLAIMS: &[Claim] = &[LockFiles::named("Gemfile.lock"), LockFiles::named("gems.locked")];

pub(super) static LOCKS: LockFiles =
    LockFiles { doc: &LOCK_DOC, revision: 2, claims: CLAIMS, kind: TYPE, parse, package_url };

/// Sections of gems, and of the directories of the project's own.
const SECTIONS: [&str; 4] = ["GEM", "GIT", "PATH", "PLUGIN SOURCE"];

/// What Bundler writes: sections without indentation; in those of gems `specs:`, below it a gem
/// by four blanks, and what it needs by six.
fn parse(_: &[u8], content: &[u8]) -> Option<Vec<Locked>> {
    let text = std::str::from_utf8(content).ok()?;
    let (mut section, mut revision, mut in_specifications) = ("", None, false);
    let (mut locked, mut is_lock) = (Vec::new(), text.trim().is_empty());
    for line in text.lines() {
        let inner = line.trim_start_matches(' ');
        match line.len() - inner.len() {
            0 => {
                (section, revision, in_specifications) = (inner.trim_end(), None, false);
                is_lock |= SECTIONS.contains(&section) || section == "DEPENDENCIES";
            }
            2 => {
                in_specifications = inner.trim_end() == "specs:";
                revision = inner.strip_prefix("revision: ").map(str::trim).or(revision);
            }
            4 if in_specifications && SECTIONS.contains(&section) && section != "PATH" => {
                let Some((name, version)) = inner.trim_end().split_once(" (") else { continue };
                let version = version.trim_end_matches(['!', ')']);
                let (version, platform) = version
                    .split_once('-')
                    .map_or((version, None), |(version, platform)| (version, Some(platform)));
                locked.push(Locked {
                    arch: platform.map(str::to_owned),
                    origin: revision.map(|revision| format!("git {revision}")),
                    ..Locked::new(name, version)
                });
            }
            _ => {}
        }
    }
    is_lock.then_some(locked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gems_are_named_with_their_platforms_and_commits() {
        let lock = "GIT\n  remote: https://example.org/mast.git\n  revision: 0a1b2c\n  specs:\n    mast (0.2.0)\n\n\
            PATH\n  remote: .\n  specs:\n    hull (1.0.0)\n\n\
            GEM\n  remote: https://example.org/\n  specs:\n    nokogiri (1.15.4-x86_64-linux)\n      racc (~> 1.4)\n    racc (1.7.1)\n\n\
            PLATFORMS\n  x86_64-linux\n\nDEPENDENCIES\n  hull!\n  nokogiri\n\nBUNDLED WITH\n   2.3.27\n";
        let rows: Vec<String> = parse(b"Gemfile.lock", lock.as_bytes())
            .unwrap()
            .iter()
            .map(|each| format!("{} {} {:?} {:?}", each.name, each.version, each.arch, each.origin))
            .collect();
        assert_eq!(
            rows,
            [
                "mast 0.2.0 None Some(\"git 0a1b2c\")",
                "nokogiri 1.15.4 Some(\"x86_64-linux\") None",
                "racc 1.7.1 None None"
            ]
        );
        assert_eq!(parse(b"Gemfile.lock", b"source 'x'\n"), None);
    }
}
