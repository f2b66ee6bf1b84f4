//! Reads `go.mod`: since Go 1.17 it names every module that a build needs.

use std::collections::BTreeMap;

use super::{DOC, TYPE, package_url};
use crate::claim::Claim;
use crate::declared::{LockFiles, Locked};
use crate::reader::Doc;

const LOCK_DOC: Doc = Doc { id: "golang-mod", ..DOC };
const CLAIMS: &[Claim] = &[LockFiles::named("go.mod")];

pub(super) static LOCKS: LockFiles =
    LockFiles { doc: &LOCK_DOC, revision: 2, claims: CLAIMS, kind: TYPE, parse, package_url };

/// What takes a module's place; `None` for a directory.
type Replacement = Option<(String, String)>;

fn parse(_: &[u8], content: &[u8]) -> Option<Vec<Locked>> {
    let text = std::str::from_utf8(content).ok()?;
    let (mut needs, mut replacements, mut block) = (Vec::new(), BTreeMap::new(), String::new());
    let mut is_module = text.trim().is_empty();
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        let mut words: Vec<String> = line.split_whitespace().map(unquote).collect();
        if block.is_empty() {
            let directive = if words.is_empty() { continue } else { words.remove(0) };
            is_module |= directive == "module";
            if words.first().is_some_and(|word| word == "(") {
                block = directive;
            } else {
                read(&directive, &words, &mut needs, &mut replacements);
            }
        } else if words.first().is_some_and(|word| word == ")") {
            block.clear();
        } else {
            read(&block, &words, &mut needs, &mut replacements);
        }
    }
    let locked = needs.into_iter().filter_map(|(path, version): (String, String)| {
        let replaced = replacements
            .get(&(path.clone(), Some(version.clone())))
            .or_else(|| replacements.get(&(path.clone(), None)));
        match replaced {
            None => Some(Locked::new(path, version)),
            Some(replacement) => {
                let (by, at) = replacement.clone()?;
                let origin = Some(format!("replaces {path} {version}"));
                Some(Locked { origin, ..Locked::new(by, at) })
            }
        }
    });
    is_module.then(|| locked.collect())
}

fn unquote(word: &str) -> String {
    word.trim_matches(['"', '`']).to_owned()
}

/// One line of a directive: `require PATH VERSION`, `replace PATH [VERSION] => PATH [VERSION]`.
fn read(
    directive: &str,
    words: &[String],
    needs: &mut Vec<(String, String)>,
    replacements: &mut BTreeMap<(String, Option<String>), Replacement>,
) {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match (directive, words.as_slice()) {
        ("require", [path, version]) => needs.push(((*path).to_owned(), (*version).to_owned())),
        ("replace", [path, rest @ ..]) => {
            let (version, by) = match rest {
                ["=>", by @ ..] => (None, by),
                [version, "=>", by @ ..] => (Some((*version).to_owned()), by),
                _ => return,
            };
            let by = match by {
                [path, version] => Some(((*path).to_owned(), (*version).to_owned())),
                _ => None,
            };
            replacements.insert(((*path).to_owned(), version), by);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_named_as_they_are_replaced() {
        let text = "module example.org/app // comment\n\ngo 1.21\n\nrequire example.org/one v1.0.0\nrequire (\n\
            \texample.org/Two v2.0.0+incompatible // indirect\n\texample.org/old v1.1.0\n\texample.org/here v0.0.0\n)\n\
            replace (\n\texample.org/old => example.org/fork v1.1.1\n\texample.org/one v9.0.0 => ../one\n)\n\
            replace example.org/here => ./here\nexclude example.org/one v1.2.0\n";
        let rows: Vec<String> = parse(b"go.mod", text.as_bytes())
            .unwrap()
            .iter()
            .map(|each| format!("{} {} {}", each.name, each.version, each.origin.as_deref().unwrap_or("-")))
            .collect();
        assert_eq!(
            rows,
            [
                "example.org/one v1.0.0 -",
                "example.org/Two v2.0.0+incompatible -",
                "example.org/fork v1.1.1 replaces example.org/old v1.1.0"
            ]
        );
        assert_eq!(parse(b"go.mod", b"require a v1\n"), None);
    }
}
