//! Lua rocks: what LuaRocks installs into a tree.

mod data;

use std::cmp::Ordering;
use std::collections::HashMap;

use plimsoll_model::path::split;
use plimsoll_model::{Distribution, Package, PackageType, Problem, Purl, path};
use serde::{Deserialize, Serialize};

use self::data::Value;
use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::described::{Described, add, decode, own, own_tree};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// Lua rocks.
#[derive(Debug, Clone, Copy)]
pub struct Luarocks;

/// The purl type of rocks.
pub const TYPE: PackageType = PackageType::new("luarocks");

/// The longest lists a thousand modules.
const MAX_ROCKSPEC: u64 = 4 << 20;

const DOC: Doc = Doc {
    id: "luarocks",
    title: "Lua rocks",
    summary: "Rocks that LuaRocks installed into a tree.",
    explanation: "Reads NAME-VERSION.rockspec and rock_manifest in lib/luarocks/rocks-*/NAME/VERSION. \
These files are programs of Lua; what LuaRocks installs assigns plain data, which is read without \
running it. A rockspec elsewhere is the recipe of a rock, and no installed one.\n\n\
A rock owns its directory, and the modules, libraries and commands that its manifest lists. \
Its version has the revision of the rockspec behind it, as LuaRocks writes it.",
};

impl Ecosystem for Luarocks {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Rocks]
    }

    fn purl(&self, package: &Package, _: Option<&Distribution>) -> Option<Purl> {
        package_url(package)
    }

    /// LuaRocks' own order is not written down anywhere.
    fn order(&self, _: &str, _: &str) -> Option<Ordering> {
        None
    }
}

fn package_url(package: &Package) -> Option<Purl> {
    Purl::new("luarocks", None, &package.name, Some(&package.version)).ok()
}

/// What is kept of one file.
#[derive(Debug, Serialize, Deserialize)]
enum Note {
    Rock(Box<Described>),
    /// The kind (`lua`, `lib`, `bin`) and path of each file that lies outside of the rock's directory.
    Files(Vec<(String, String)>),
}

/// Where a rock lies: the tree, what LuaRocks calls the version of Lua, name and version.
struct Place<'a> {
    tree: &'a [u8],
    lua: &'a [u8],
    name: &'a [u8],
    version: &'a [u8],
}

/// `TREE/lib/luarocks/rocks-5.1/NAME/VERSION/FILE`.
fn place(file: &[u8]) -> Option<Place<'_>> {
    let (above, version) = split(split(file).0);
    let (above, name) = split(above);
    let (above, rocks) = split(above);
    let lua = rocks.strip_prefix(b"rocks-")?;
    let tree = above.strip_suffix(b"lib/luarocks")?;
    Some(Place { tree: tree.strip_suffix(b"/").unwrap_or(tree), lua, name, version })
}

/// Reads rockspecs and manifests of rocks.
#[derive(Debug, Clone, Copy)]
struct Rocks;

impl Reader for Rocks {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Extension(".rockspec"), limit: MAX_ROCKSPEC },
            Claim { pattern: Pattern::Name("rock_manifest"), limit: MAX_ROCKSPEC },
        ];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let place = place(path)?;
        let (fields, is_whole) = data::parse(&String::from_utf8_lossy(content));
        let is_manifest = split(path).1 == b"rock_manifest";
        let note = if is_manifest {
            Some(Note::Files(files(&fields)))
        } else {
            describe(&fields)
                .filter(|rock| rock.name.as_bytes() == place.name && rock.version.as_bytes() == place.version)
                .map(|rock| Note::Rock(Box::new(rock)))
        };
        if note.is_none() {
            problems.push(Problem::new(
                "rockspec-unreadable",
                format!("/{}", path::escape(path)),
                "it does not state the name and version that its directory has, so this rock is missing from the report",
            ));
        }
        let note = note?;
        let has_list = fields.iter().any(|(name, value)| name == "rock_manifest" && value.is_table());
        if !is_whole || (is_manifest && !has_list) {
            let lost = if is_manifest { "which files the rock owns is" } else { "what else it states is" };
            problems.push(Problem::new(
                "rockspec-partly-read",
                format!("/{}", path::escape(path)),
                format!("it is more than plain data, or damaged, and was read up to there; {lost} not known in full"),
            ));
        }
        postcard::to_allocvec(&note).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let notes = decode::<Note>(image, "rockspec-unreadable", &mut joined.problems);
        let by_path: HashMap<&[u8], &Note> = notes.iter().map(|(file, note)| (file.path, note)).collect();
        for (fragment, note) in &notes {
            let (Note::Rock(described), Some(place)) = (note, place(fragment.path)) else { continue };
            let directory = split(fragment.path).0;
            let mut package = described.package(TYPE);
            package.purl = package_url(&package);
            let index = add(package, fragment, directory, joined);
            own_tree(image, directory, index, joined);
            let Some(Note::Files(files)) = by_path.get([directory, b"/rock_manifest"].concat().as_slice())
            else {
                continue;
            };
            for (kind, file) in files {
                let within = match kind.as_str() {
                    "lua" => [b"/share/lua/", place.lua, b"/"].concat(),
                    "lib" => [b"/lib/lua/", place.lua, b"/"].concat(),
                    _ => b"/bin/".to_vec(),
                };
                own(image, &[place.tree, &within, file.as_bytes()].concat(), index, joined);
            }
        }
    }
}

fn describe(fields: &[(String, Value)]) -> Option<Described> {
    let field = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value);
    let about = field("description");
    let text = |name: &str| about.and_then(|about| about.get(name)).and_then(Value::text).map(str::to_owned);
    Some(Described {
        name: field("package").and_then(Value::text)?.to_owned(),
        version: field("version").and_then(Value::text)?.to_owned(),
        licenses: text("license").into_iter().collect(),
        requires: field("dependencies").map(Value::texts).unwrap_or_default(),
        url: text("homepage"),
        summary: text("summary"),
        vendor: text("maintainer"),
        ..Described::default()
    })
}

/// The files of a manifest that lie outside of the rock's directory.
fn files(fields: &[(String, Value)]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let manifest = fields.iter().find(|(name, _)| name == "rock_manifest").map(|(_, value)| value);
    for kind in ["lua", "lib", "bin"] {
        let mut open: Vec<(String, &Value)> =
            manifest.and_then(|all| all.get(kind)).map(|all| (String::new(), all)).into_iter().collect();
        while let Some((directory, value)) = open.pop() {
            for (name, value) in value.fields() {
                let path = if directory.is_empty() { name.clone() } else { format!("{directory}/{name}") };
                match value {
                    Value::Text(_) => found.push((kind.to_owned(), path)),
                    _ => open.push((path, value)),
                }
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::dpkg::sample_image::{Sample, read, soon};

    #[test]
    fn a_rock_is_told_with_everything_that_it_states() {
        let rockspec = "rockspec_format = '1.0'\npackage = \"ahoy\"\nversion = \"1.2.0-1\"\ndescription = {\n   summary = \"Says \\\"ahoy\\\"\",\n   \
            detailed = [[\npackage = \"other\"\n]],\n   homepage = \"https://example.org\", license = \"MIT\"\n}\n\
            -- version = \"2\"\ndependencies = { \"lua >= 5.1, < 5.5\" }\nbuild = { type = \"builtin\", modules = { [\"a.b\"] = 'a.lua' } }\n";
        let manifest = "rock_manifest = {\n   [\"ahoy-1.2.0-1.rockspec\"] = \"9a\",\n   bin = {\n      ahoy = \"7a\"\n   },\n   \
            lua = {\n      a = {\n         [\"b.lua\"] = \"f0\"\n      }\n   }\n}\n";
        let home = "usr/local/lib/luarocks/rocks-5.1/ahoy/1.2.0-1";
        let read = read(
            &[&Rocks],
            &[&[
                Sample::File(&format!("{home}/ahoy-1.2.0-1.rockspec"), rockspec),
                Sample::File(&format!("{home}/rock_manifest"), manifest),
                Sample::File("usr/local/share/lua/5.1/a/b.lua", ""),
                Sample::File("usr/local/bin/ahoy", ""),
                Sample::File("src/ahoy-1.2.0-1.rockspec", rockspec),
                Sample::File(
                    "usr/local/lib/luarocks/rocks-5.1/other/1.2.0-1/other-1.2.0-1.rockspec",
                    rockspec,
                ),
            ]],
        );
        let [package] = read.joined.packages.as_slice() else { panic!("{:?}", read.joined.packages) };
        assert_eq!(package.purl.as_ref().unwrap().to_string(), "pkg:luarocks/ahoy@1.2.0-1");
        assert_eq!(package.licenses, ["MIT"]);
        assert_eq!(package.summary.as_deref(), Some("Says \"ahoy\""));
        assert_eq!(package.requires, ["lua >= 5.1, < 5.5"]);
        let paths = read.paths_of("ahoy");
        for path in ["/usr/local/bin/ahoy", "/usr/local/share/lua/5.1/a/b.lua"] {
            assert!(paths.iter().any(|each| each == path), "{path} of {paths:?}");
        }
        let [problem] = read.problems.as_slice() else { panic!("{:?}", read.problems) };
        assert_eq!(problem.code.as_str(), "rockspec-unreadable");
    }

    #[test]
    fn comments_that_are_never_closed_end_a_file_and_are_not_looked_through_again() {
        let home = "lib/luarocks/rocks-5.1/a/1-1/a-1-1.rockspec";
        for opened in ["--[[\n", "--[==[\n", "--[", "{[[", "--[========================================[\n"] {
            let text = format!("package = 'a'\nversion = '1-1'\nx = {}", opened.repeat(300_000));
            let read = soon(|| read(&[&Rocks], &[&[Sample::File(home, &text)]]));
            assert_eq!(read.joined.packages.len(), 1, "{opened}");
            let [problem] = read.problems.as_slice() else { panic!("{opened}: {:?}", read.problems) };
            assert_eq!(problem.code.as_str(), "rockspec-partly-read");
        }
    }

    #[test]
    fn what_of_a_rock_could_not_be_read_is_told() {
        let home = "lib/luarocks/rocks-5.1/a/1-1";
        let rockspec = "package = 'a'\nversion = '1-1'\n-- [[ the end ]]\n";
        let deep = format!("rock_manifest = {}", "{".repeat(100_000));
        for manifest in ["", "other = {}", "rock_manifest = 'a'", &deep, "rock_manifest = {}\nprint('a')"] {
            let read = read(
                &[&Rocks],
                &[&[
                    Sample::File(&format!("{home}/a-1-1.rockspec"), rockspec),
                    Sample::File(&format!("{home}/rock_manifest"), manifest),
                ]],
            );
            assert_eq!(read.joined.packages.len(), 1);
            let [problem] = read.problems.as_slice() else { panic!("{:?}", read.problems) };
            assert_eq!(problem.subject, format!("/{home}/rock_manifest"));
        }
    }
}
