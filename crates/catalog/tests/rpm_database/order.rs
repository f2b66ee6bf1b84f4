//! The order of versions agrees with the installed rpm's own, pair by pair.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::process::Command;

use plimsoll_catalog::Ecosystem as _;
use plimsoll_catalog::ecosystem::rpm::Rpm;

use crate::image::{fixtures, shared, truth};

/// Numbers that look random and are the same in every run (xorshift).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// What rpm says about each pair: `-1`, `0` or `1`.
fn ask_rpm(pairs: &[(String, String)]) -> Option<Vec<Ordering>> {
    let mut orders = Vec::new();
    // One argument of a command may not be longer than 128 KiB.
    for batch in pairs.chunks(1_000) {
        let list: String = batch.iter().map(|(left, right)| format!("{left} {right} ")).collect();
        let script = format!(
            "%{{lua: for a, b in string.gmatch('{list}', '(%S+) (%S+) ') do print(rpm.vercmp(a, b) .. '\\n') end}}"
        );
        let output = Command::new("rpm").args(["--eval", &script]).output().ok()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        orders.extend(String::from_utf8(output.stdout).unwrap().split_ascii_whitespace().map(
            |sign| match sign {
                "-1" => Ordering::Less,
                "0" => Ordering::Equal,
                "1" => Ordering::Greater,
                other => panic!("rpm answered {other}"),
            },
        ));
    }
    Some(orders)
}

/// Leaves out pairs of which only one has a release: rpm orders those in two ways, one for
/// dependencies, which is ours, and one for Lua, which is what can be asked here.
fn check(pairs: Vec<(String, String)>) {
    let pairs: Vec<_> = pairs
        .into_iter()
        .filter(|(left, right)| is_version(left) && is_version(right))
        .filter(|(left, right)| left.contains('-') == right.contains('-'))
        .collect();
    assert!(pairs.len() > 4_000, "{}", pairs.len());
    let Some(expect) = ask_rpm(&pairs) else {
        eprintln!("skipped: rpm is not installed");
        return;
    };
    assert_eq!(expect.len(), pairs.len());
    for ((left, right), expect) in pairs.iter().zip(&expect) {
        assert_eq!(Rpm.order(left, right), Some(*expect), "{left} and {right}");
    }
    assert!(expect.contains(&Ordering::Less) && expect.contains(&Ordering::Greater));
}

/// Every version of the truth tables.
fn real_versions() -> Vec<String> {
    let folders = [Some(fixtures()), shared("data/rpmdb")];
    let mut versions = BTreeSet::new();
    for folder in folders.into_iter().flatten() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "tsv") {
                for row in truth(&path) {
                    let fields: Vec<&str> = row.split('\t').collect();
                    let epoch = if fields[1] == "(none)" { String::new() } else { format!("{}:", fields[1]) };
                    versions.insert(format!("{epoch}{}-{}", fields[2], fields[3]));
                }
            }
        }
    }
    versions.into_iter().collect()
}

#[test]
fn real_versions_are_ordered_as_rpm_orders_them() {
    let versions = real_versions();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut pick = || versions[random.below(versions.len())].clone();
    check((0..6_000).map(|_| (pick(), pick())).collect());
}

#[test]
fn versions_that_differ_little_are_ordered_as_rpm_orders_them() {
    let versions = real_versions();
    let mut random = Random(0xd1b5_4a32_d192_ed03);
    let mut alter = |version: &str| {
        let mut text: Vec<u8> = version.bytes().collect();
        let at = random.below(text.len());
        let new = b"0129az.~^-_+:"[random.below(13)];
        match random.below(3) {
            0 => text.insert(at, new),
            1 => text[at] = new,
            _ => drop(text.remove(at)),
        }
        String::from_utf8(text).unwrap()
    };
    let altered = versions.iter().cycle().take(8_000).map(|version| (version.clone(), alter(version)));
    check(altered.collect());
}

#[test]
fn invented_versions_are_ordered_as_rpm_orders_them() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut invent = || -> String {
        let length = 1 + random.below(7);
        (0..length).map(|_| char::from(b"0001129aabZ...~~^^-_+:"[random.below(22)])).collect()
    };
    check((0..20_000).map(|_| (invent(), invent())).collect());
}

/// Whether rpm itself takes a text for a version: it refuses some that it could still order.
fn is_version(text: &str) -> bool {
    let rest = text.split_once(':').map_or(text, |(_, rest)| rest);
    let parts: Vec<&str> = rest.split('-').collect();
    Rpm.order(text, text).is_some() && parts.len() <= 2 && parts.iter().all(|part| !part.is_empty())
}
