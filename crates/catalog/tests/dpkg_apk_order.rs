//! The orders of versions, compared with what `dpkg` and `apk` themselves say about the same
//! pairs: versions of real packages and made-up ones from a fixed seed.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may stop where it cannot go on, and tells what it skips"
)]

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use plimsoll_catalog::order_versions;
use plimsoll_model::PackageType;

/// A small generator of numbers, the same on every machine (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// Pairs of versions made of `parts`; the second is often a change of the first.
fn made_up(parts: &[&str], count: usize) -> Vec<(String, String)> {
    let mut numbers = Numbers(0x5eed_0001);
    let version = |numbers: &mut Numbers, start: &[&str]| {
        let mut words: Vec<&str> = start.to_vec();
        for _ in 0..=numbers.below(6) {
            words.push(numbers.pick(parts));
        }
        words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>()
    };
    let mut pairs = Vec::new();
    for _ in 0..count {
        let left = version(&mut numbers, &["1"]);
        let mut right = left.clone();
        match numbers.below(4) {
            0 => right = version(&mut numbers, &["1"]),
            1 => right.truncate(numbers.below(right.len()) + 1),
            2 => {
                let place = numbers.below(right.len());
                right[place] = numbers.pick(parts).to_owned();
            }
            _ => right.push(numbers.pick(parts).to_owned()),
        }
        pairs.push((left.concat(), right.concat()));
    }
    pairs
}

fn data() -> Option<PathBuf> {
    let data = std::env::var_os("PLIMSOLL_DATA")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/plimsoll-data")))?;
    data.is_dir().then_some(data)
}

/// Neighbours in the list of all versions that one of the truth tables of some name has.
fn real(table: &str) -> Vec<(String, String)> {
    let Some(Ok(images)) = data().map(|data| data.join("out").read_dir()) else {
        eprintln!("skipped: real versions are not among the test data");
        return Vec::new();
    };
    let mut versions = BTreeSet::new();
    for image in images {
        let rows = std::fs::read_to_string(image.unwrap().path().join("truth").join(table));
        for row in rows.unwrap_or_default().lines().filter(|row| !row.starts_with('#')) {
            versions.extend(row.split('\t').nth(1).map(str::to_owned));
        }
    }
    let versions: Vec<String> = versions.into_iter().collect();
    versions.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
}

/// What the tool says of each pair: `<`, `=`, `>`, or `?` where it refuses a version. Two
/// shells share the work, because a process for each question takes its time.
fn ask(shell: impl Fn() -> Command + Sync, script: &str, pairs: &[(String, String)]) -> Vec<char> {
    std::thread::scope(|scope| {
        let shell = &shell;
        let halves = pairs.split_at(pairs.len() / 2);
        let [first, second] =
            [halves.0, halves.1].map(|part| scope.spawn(move || ask_one(shell(), script, part)));
        [first.join().unwrap(), second.join().unwrap()].concat()
    })
}

fn ask_one(mut shell: Command, script: &str, pairs: &[(String, String)]) -> Vec<char> {
    let mut input = String::new();
    for (left, right) in pairs {
        writeln!(input, "{left} {right}").unwrap();
    }
    let mut child = shell
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().filter_map(|line| line.chars().next()).collect()
}

fn check(kind: &'static str, pairs: &[(String, String)], answers: &[char]) {
    assert_eq!(answers.len(), pairs.len(), "the tool did not answer for every pair");
    let kind = PackageType::new(kind);
    let mut seen = BTreeSet::new();
    for ((left, right), expect) in pairs.iter().zip(answers) {
        let word = |order: Option<Ordering>| match order {
            Some(Ordering::Less) => '<',
            Some(Ordering::Equal) => '=',
            Some(Ordering::Greater) => '>',
            None => '?',
        };
        assert_eq!(word(order_versions(&kind, left, right)), *expect, "{left} {right}");
        let back = order_versions(&kind, right, left).map(Ordering::reverse);
        assert_eq!(word(back), *expect, "{right} {left}, the other way round");
        seen.insert(*expect);
    }
    assert_eq!(seen.into_iter().collect::<String>(), "<=>?", "every answer should be among them");
}

#[test]
fn debian_versions_are_ordered_as_dpkg_orders_them() {
    if Command::new("dpkg").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: dpkg is not installed");
        return;
    }
    let parts = [
        "0", "1", "9", "00", "10", ".", ".", "-", "-", "+", "~", "~", "a", "Z", "rc", "deb12u", ":", "_", "é",
    ];
    let mut pairs = made_up(&parts, 1_500);
    pairs.extend(real("dpkg.tsv"));
    let script = "while read -r a b; do dpkg --compare-versions \"$a\" lt \"$b\"; \
        case $? in 0) echo '<';; 1) if dpkg --compare-versions \"$a\" gt \"$b\"; then echo '>'; else echo '='; fi;; *) echo '?';; esac; done";
    let answers = ask(|| Command::new("sh"), script, &pairs);
    check("deb", &pairs, &answers);
}

/// The root of an Alpine image, unpacked for as long as this lives.
struct Root(PathBuf);

impl Root {
    fn unpack() -> Result<Self, &'static str> {
        let layout = data().ok_or("no test data")?.join("out/alpine@3.20/oci");
        let root = Command::new("id").arg("-u").output().is_ok_and(|answer| answer.stdout == b"0\n");
        if !root {
            return Err("only root can change the root directory");
        }
        let json = |path: &Path| -> Option<serde_json::Value> {
            serde_json::from_slice(&std::fs::read(path).ok()?).ok()
        };
        let blob =
            |digest: &serde_json::Value| Some(layout.join("blobs").join(digest.as_str()?.replace(':', "/")));
        let layer = json(&layout.join("index.json"))
            .and_then(|index| json(&blob(&index["manifests"][0]["digest"])?))
            .and_then(|manifest| blob(&manifest["layers"][0]["digest"]))
            .ok_or("alpine@3.20 is not among the test data")?;
        let folder = std::env::temp_dir().join(format!("plimsoll-apk-order-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|_| "no temporary directory")?;
        let root = Self(folder);
        let unpacked = Command::new("tar").arg("-xzf").arg(layer).arg("-C").arg(&root.0).status();
        if unpacked.is_ok_and(|status| status.success()) { Ok(root) } else { Err("tar failed") }
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn alpine_versions_are_ordered_as_apk_orders_them() {
    let root = match Root::unpack() {
        Ok(root) => root,
        Err(why) => {
            eprintln!("skipped: {why}");
            return;
        }
    };
    let parts = [
        "0",
        "1",
        "9",
        "00",
        "010",
        "10",
        ".",
        ".",
        ".0",
        ".1",
        "a",
        "b",
        "_alpha",
        "_beta",
        "_pre",
        "_rc",
        "_cvs",
        "_svn",
        "_git",
        "_hg",
        "_p",
        "_p1",
        "_x",
        "-r",
        "-r0",
        "-r10",
        "99999999999999999",
    ];
    let mut pairs = made_up(&parts, 2_000);
    // apk-tools 2 also takes a version without a first number, which apk-tools 3 and we refuse.
    let starts_right = |version: &str| version.starts_with(|first: char| first.is_ascii_digit());
    pairs.retain(|(left, right)| starts_right(left) && starts_right(right));
    pairs.extend(real("apk.tsv"));
    let shell = || {
        let mut shell = Command::new("chroot");
        shell.arg(&root.0).arg("/bin/sh");
        shell
    };
    let script = "while read -r a b; do answer=; \
        if /sbin/apk version -qc \"$a\" && /sbin/apk version -qc \"$b\"; then answer=$(/sbin/apk version -t \"$a\" \"$b\"); else answer='?'; fi >/dev/null </dev/null; \
        echo \"${answer:-none}\"; done";
    let answers = ask(shell, script, &pairs);
    check("apk", &pairs, &answers);
}
