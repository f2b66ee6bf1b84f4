//! Imports against the languages' own parsers: Python's `ast`, and the parser of JavaScript that
//! Node.js has in itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use plimsoll_catalog::Reader as _;
use plimsoll_catalog::evidence::references::ReferencesReader;
use plimsoll_model::evidence::references::{Language, ReferenceKind};

use crate::files::{for_each, has_tool, scratch};

type Named = BTreeMap<(String, String), u32>;
type Rows<'a> = (Language, bool, Vec<(ReferenceKind, u32, &'a str, &'a str)>);

/// What a parser says of each file, one `number TAB kind TAB line TAB target` a line; `-` for a
/// file that it refuses.
const PYTHON: &str = r#"
import ast, os, sys, warnings
warnings.simplefilter("ignore")
for name in sorted(os.listdir(sys.argv[1])):
    try:
        tree = ast.parse(open(os.path.join(sys.argv[1], name), "rb").read())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        print(name, "-", 0, "-", sep="\t")
        continue
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                print(name, "import", node.lineno, alias.name, sep="\t")
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            print(name, "import", node.lineno, module, sep="\t")
            for alias in node.names:
                if alias.name != "*":
                    dot = "" if module.endswith(".") else "."
                    print(name, "member", node.lineno, module + dot + alias.name, sep="\t")
"#;

const JAVASCRIPT: &str = r#"
const acorn = require("internal/deps/acorn/acorn/dist/acorn");
const walk = require("internal/deps/acorn/acorn-walk/dist/walk");
const fs = require("fs");
const directory = process.argv[2];
for (const name of fs.readdirSync(directory).sort()) {
  const text = fs.readFileSync(directory + "/" + name, "utf8");
  let tree;
  for (const sourceType of ["module", "script"]) {
    try {
      tree = acorn.parse(text, { ecmaVersion: "latest", sourceType, locations: true, allowHashBang: true, allowReturnOutsideFunction: true });
      break;
    } catch {}
  }
  if (!tree) { console.log([name, "-", 0, "-"].join("\t")); continue; }
  const say = (line, source) => {
    const text = source.type === "Literal" && typeof source.value === "string" && !source.raw.includes("\\") ? source.value
      : source.type === "TemplateLiteral" && source.quasis.length === 1 && !source.quasis[0].value.raw.includes("\\") ? source.quasis[0].value.raw : undefined;
    if (text !== undefined && text !== "" && Buffer.byteLength(text) <= 512) console.log([name, "import", line, text].join("\t"));
  };
  walk.full(tree, (node) => {
    if (["ImportDeclaration", "ExportAllDeclaration", "ExportNamedDeclaration"].includes(node.type) && node.source) say(node.source.loc.start.line, node.source);
    if (node.type === "ImportExpression") say(node.loc.start.line, node.source);
    if (node.type === "CallExpression" && node.arguments.length) {
      const callee = node.callee;
      const isRequire = (node) => node.type === "Identifier" && node.name === "require";
      if (isRequire(callee) || callee.type === "MemberExpression" && !callee.computed && isRequire(callee.object) && callee.property.name === "resolve") say(callee.loc.start.line, node.arguments[0]);
    }
  });
}
"#;

/// Ours and theirs of every file with one of these endings.
fn check(image: &str, endings: &[&[u8]], kinds: &[ReferenceKind], parse: impl Fn(&Path) -> Option<String>) {
    let directory = scratch(&format!("references-{image}"));
    let mut ours: Vec<(String, Named)> = Vec::new();
    let (mut bytes, mut sources) = (0, 0);
    for_each(image, |path, content| {
        if !endings.iter().any(|ending| path.ends_with(ending)) || content.len() > 4 << 20 {
            return;
        }
        let Some(payload) = ReferencesReader.read(path, content, &mut Vec::new()) else { return };
        let (_, is_complete, rows): Rows<'_> = postcard::from_bytes(&payload).unwrap();
        assert!(is_complete, "{}", String::from_utf8_lossy(path));
        std::fs::write(directory.join(format!("{:06}", ours.len())), content).unwrap();
        let rows = rows.into_iter().filter(|(kind, ..)| kinds.contains(kind));
        // What a call names is no statement: theirs does not list it for Python.
        let rows = rows.filter(|(_, _, _, by)| !matches!(*by, "import_module" | "__import__"));
        let mut named = Named::new();
        for (kind, line, target, _) in rows {
            // The same target by other words is another row; the parser tells each but once.
            let first = named.entry((kind.word().to_owned(), target.to_owned())).or_insert(line);
            *first = line.min(*first);
        }
        ours.push((String::from_utf8_lossy(path).into_owned(), named));
        bytes += payload.len();
        sources += content.len();
    });
    if ours.is_empty() {
        return;
    }
    let Some(said) = parse(&directory) else { return };
    let _ = std::fs::remove_dir_all(&directory);
    let mut theirs: Vec<Named> = vec![Named::new(); ours.len()];
    let mut refused = BTreeSet::new();
    for line in said.lines() {
        let fields: Vec<&str> = line.splitn(4, '\t').collect();
        let [name, kind, line, target] = fields.as_slice() else { continue };
        let file: usize = name.parse().unwrap();
        if *kind == "-" {
            refused.insert(file);
            continue;
        }
        let line: u32 = line.parse().unwrap();
        let first = theirs[file].entry(((*kind).to_owned(), (*target).to_owned())).or_insert(line);
        *first = line.min(*first);
    }
    let (mut differences, mut compared) = (Vec::new(), 0);
    for (number, (path, ours)) in ours.iter().enumerate() {
        let theirs = &theirs[number];
        if refused.contains(&number) {
            continue;
        }
        compared += theirs.len();
        let more: Vec<_> = ours.iter().filter(|(key, line)| theirs.get(*key) != Some(line)).collect();
        let less: Vec<_> = theirs.iter().filter(|(key, line)| ours.get(*key) != Some(line)).collect();
        if !more.is_empty() || !less.is_empty() {
            differences.push(format!("{path}: only ours {more:?}, only theirs {less:?}"));
        }
    }
    eprintln!(
        "{image}: {} files of {sources} bytes, {bytes} bytes of facts, {} refused by the parser, {compared} imports, {} files differ",
        ours.len(),
        refused.len(),
        differences.len()
    );
    assert!(compared > 0);
    assert!(differences.is_empty(), "{}", differences[..differences.len().min(25)].join("\n"));
}

#[test]
fn python_imports_are_those_that_python_itself_finds() {
    if !has_tool("python3") {
        return;
    }
    for image in ["python-app@1", "debian@12"] {
        check(image, &[b".py"], &[ReferenceKind::Import, ReferenceKind::Member], |directory| {
            let output = Command::new("python3").args(["-c", PYTHON]).arg(directory).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        });
    }
}

#[test]
fn javascript_imports_are_those_that_the_parser_of_node_finds() {
    if !has_tool("node") {
        return;
    }
    check("node-app@2", &[b".js", b".mjs", b".cjs"], &[ReferenceKind::Import], |directory| {
        let script = directory.with_extension("parse.js");
        std::fs::write(&script, JAVASCRIPT).unwrap();
        let output =
            Command::new("node").arg("--expose-internals").arg(&script).arg(directory).output().unwrap();
        if !output.status.success() {
            eprintln!("skipped: this node has no parser in itself");
            return None;
        }
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    });
}
