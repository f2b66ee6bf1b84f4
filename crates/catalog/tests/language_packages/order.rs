//! The orders of versions, compared with what the languages' own tools say of the same pairs:
//! made up of the parts that versions have, from a fixed seed.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use plimsoll_catalog::order_versions;
use plimsoll_model::PackageType;

mod composer;
mod maven;
mod small;

/// A small generator of numbers, the same on every machine (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// Pairs of versions that start with one of `starts` and go on with `parts`; the second is often
/// a change of the first.
fn made_up(starts: &[&str], parts: &[&str], count: usize) -> Vec<(String, String)> {
    let mut numbers = Numbers(0x5eed_0004);
    let version = |numbers: &mut Numbers| {
        let mut words = vec![numbers.pick(starts).to_owned()];
        for _ in 0..numbers.below(5) {
            words.push(numbers.pick(parts).to_owned());
        }
        words
    };
    let mut pairs = Vec::new();
    for _ in 0..count {
        let left = version(&mut numbers);
        let mut right = left.clone();
        match numbers.below(4) {
            0 => right = version(&mut numbers),
            1 => right.truncate(numbers.below(right.len()) + 1),
            2 => right[0] = numbers.pick(starts).to_owned(),
            _ => right.push(numbers.pick(parts).to_owned()),
        }
        pairs.push((left.concat(), right.concat()));
    }
    pairs
}

/// What a program says of each pair, one a line with a tab between: `<`, `=`, `>`, or `?` where
/// it refuses a version. `None` where it cannot be run.
fn ask(command: &mut Command, pairs: &[(String, String)]) -> Option<Vec<char>> {
    let mut input = String::new();
    for (left, right) in pairs {
        writeln!(input, "{left}\t{right}").unwrap();
    }
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let mut stdin = child.stdin.take()?;
    // A program that cannot start does not read; that shows in how it ends.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).is_ok());
    let output = child.wait_with_output().ok()?;
    let _ = writer.join();
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.lines().filter_map(|line| line.chars().next()).collect())
}

fn word(order: Option<Ordering>) -> char {
    match order {
        Some(Ordering::Less) => '<',
        Some(Ordering::Equal) => '=',
        Some(Ordering::Greater) => '>',
        None => '?',
    }
}

fn check(kind: &'static str, tool: &str, command: &mut Command, pairs: &[(String, String)]) {
    let Some(answers) = ask(command, pairs) else {
        eprintln!("skipped: {tool} cannot be run here");
        return;
    };
    compare(kind, tool, pairs, &answers);
}

fn compare(kind: &'static str, tool: &str, pairs: &[(String, String)], answers: &[char]) {
    assert_eq!(answers.len(), pairs.len(), "{tool} did not answer for every pair");
    let kind = PackageType::new(kind);
    let mut seen = BTreeSet::new();
    for ((left, right), expect) in pairs.iter().zip(answers) {
        assert_eq!(word(order_versions(&kind, left, right)), *expect, "{tool}: {left} {right}");
        let back = order_versions(&kind, right, left).map(Ordering::reverse);
        assert_eq!(word(back), *expect, "{tool}: {right} {left}, the other way round");
        seen.insert(*expect);
    }
    assert_eq!(seen.into_iter().collect::<String>(), "<=>?", "every answer should be among them");
}

#[test]
fn python_versions_are_ordered_as_packaging_orders_them() {
    let starts = [
        "0",
        "1",
        "1.0",
        "1.0.0",
        "01.2",
        "2!1.0",
        "v1",
        "1.10",
        "1.9",
        "2024.1",
        " 1.1",
        "1.",
        "",
        "a",
        "99999999999999999999999",
    ];
    let parts = [
        ".0",
        ".1",
        "a",
        "b2",
        "c1",
        "rc",
        "rc1",
        ".rc.1",
        "-rc-1",
        "_alpha",
        "beta.3",
        "preview",
        "pre0",
        ".post",
        ".post1",
        "-1",
        "-",
        "-r2",
        "rev3",
        ".dev",
        ".dev0",
        "dev12",
        "-dev-1",
        "+local",
        "+1",
        ".1a",
        "+Ubuntu.1",
        "+a_b-c",
        "+1.a",
        "!",
        ".",
        "A1",
        "RC2",
        "é",
    ];
    let script = "
import sys
try:
    from packaging.version import Version, InvalidVersion
except ImportError:
    from pip._vendor.packaging.version import Version, InvalidVersion
for line in sys.stdin.buffer.read().decode().split('\\n')[:-1]:
    try:
        a, b = map(Version, line.split('\\t'))
        print('<' if a < b else '>' if a > b else '=')
    except InvalidVersion:
        print('?')
";
    check(
        "pypi",
        "packaging",
        Command::new("python3").args(["-c", script]),
        &made_up(&starts, &parts, 20_000),
    );
}

const SEMANTIC_STARTS: [&str; 12] = [
    "0.0.0",
    "1.0.0",
    "1.2.3",
    "1.10.0",
    "1.9.0",
    "v1.2.3",
    "01.2.3",
    "1.2",
    "1",
    "1.2.3.4",
    "18446744073709551615.0.0",
    "10.20.30",
];
const SEMANTIC_PARTS: [&str; 18] = [
    "-alpha",
    "-0",
    "-1",
    "-10",
    "-rc.1",
    ".1",
    ".2",
    ".10",
    ".beta",
    ".01",
    ".x-y",
    "+build",
    "+001",
    "-",
    "--",
    ".",
    "+incompatible",
    "-0.20220722155237-a158d28d115b",
];

#[test]
fn npm_versions_are_ordered_as_node_semver_orders_them() {
    let mut starts = SEMANTIC_STARTS.to_vec();
    starts.extend(["9007199254740991.0.0", "9007199254740992.0.0", " 1.2.3", "=1.2.3", "V1.2.3"]);
    let script = "
const { execSync } = require('child_process');
let semver;
try { semver = require(execSync('npm root -g').toString().trim() + '/npm/node_modules/semver'); }
catch { semver = require('/usr/share/nodejs/semver'); }
for (const line of require('fs').readFileSync(0, 'utf8').split('\\n').slice(0, -1)) {
  const [a, b] = line.split('\\t');
  if (!semver.valid(a) || !semver.valid(b)) { console.log('?'); continue; }
  console.log('<=>'[semver.compare(a, b) + 1]);
}
";
    check(
        "npm",
        "node-semver",
        Command::new("node").args(["-e", script]),
        &made_up(&starts, &SEMANTIC_PARTS, 20_000),
    );
}

/// A folder that is removed again.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A program around the package that Go's own tools order versions with, whose source Go brings.
fn go_program() -> Option<Folder> {
    let root = Command::new("go").args(["env", "GOROOT"]).output().ok()?;
    let root = String::from_utf8(root.stdout).ok()?;
    let source = Path::new(root.trim()).join("src/cmd/vendor/golang.org/x/mod/semver/semver.go");
    let folder = Folder(std::env::temp_dir().join(format!("plimsoll-go-order-{}", std::process::id())));
    std::fs::create_dir_all(folder.0.join("semver")).ok()?;
    std::fs::copy(source, folder.0.join("semver/semver.go")).ok()?;
    std::fs::write(folder.0.join("go.mod"), "module order\n\ngo 1.13\n").ok()?;
    let main = "package main

import (
	\"bufio\"
	\"fmt\"
	\"os\"
	\"strings\"

	\"order/semver\"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		pair := strings.Split(lines.Text(), \"\\t\")
		if !semver.IsValid(pair[0]) || !semver.IsValid(pair[1]) {
			fmt.Println(\"?\")
			continue
		}
		fmt.Println(string(\"<=>\"[semver.Compare(pair[0], pair[1])+1]))
	}
}
";
    std::fs::write(folder.0.join("main.go"), main).ok()?;
    Some(folder)
}

#[test]
fn go_versions_are_ordered_as_go_orders_them() {
    let Some(folder) = go_program() else {
        eprintln!("skipped: Go is not installed");
        return;
    };
    let starts = [
        "v0.0.0", "v1.0.0", "v1.2.3", "v1.10.0", "v1.9.0", "v01.2.3", "v1.2", "v1", "v1.2.3.4", "v2.0.0",
        "v", "vv1.0.0",
    ];
    let mut command = Command::new("go");
    command.args(["run", "."]).current_dir(&folder.0).env("GOFLAGS", "-mod=mod").env("GOTOOLCHAIN", "local");
    check("golang", "golang.org/x/mod/semver", &mut command, &made_up(&starts, &SEMANTIC_PARTS, 20_000));
}

/// What the `semver` crate, which Cargo uses, said of pairs that [`made_up`] gave.
#[test]
fn crate_versions_are_ordered_as_cargo_orders_them() {
    let table = include_str!("../fixtures/order/cargo.tsv");
    let mut pairs = Vec::new();
    let mut answers = Vec::new();
    for row in table.lines() {
        let fields: Vec<&str> = row.split('\t').collect();
        pairs.push((fields[1].to_owned(), fields[2].to_owned()));
        answers.push(fields[0].chars().next().unwrap());
    }
    compare("cargo", "semver", &pairs, &answers);
}

#[test]
fn gem_versions_are_ordered_as_rubygems_orders_them() {
    let starts = [
        "0",
        "1",
        "1.0",
        "1.0.0",
        "01.2",
        "1.10",
        "1.9",
        "2024.1",
        " 1.1",
        "1.",
        "",
        "a",
        "99999999999999999999999",
    ];
    let parts = [
        ".0", ".1", ".10", ".a", ".b2", "a", "rc1", ".rc.1", ".pre", "-alpha", "-1", "-", ".", ".A", ".00",
        ".0a", "_", "+1",
    ];
    let script = "
STDIN.each_line(chomp: true) do |line|
  a, b = line.split(\"\\t\", 2)
  if Gem::Version.correct?(a) && Gem::Version.correct?(b)
    puts '<=>'[(Gem::Version.new(a) <=> Gem::Version.new(b)) + 1]
  else
    puts '?'
  end
end
";
    check("gem", "RubyGems", Command::new("ruby").args(["-e", script]), &made_up(&starts, &parts, 20_000));
}
