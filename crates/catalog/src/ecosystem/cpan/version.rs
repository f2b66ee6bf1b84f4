//! The order of versions of Perl, as `version.pm` has it.
//!
//! A version with a `v` before it, or with two dots, is a list of numbers; any other is a
//! fraction, whose digits count in threes: `1.5` is `1.500`. Underscores have no say.

use std::cmp::Ordering;

pub(super) fn order(left: &str, right: &str) -> Option<Ordering> {
    let (mut left, mut right) = (numbers(left)?, numbers(right)?);
    let length = left.len().max(right.len());
    left.resize(length, 0);
    right.resize(length, 0);
    Some(left.cmp(&right))
}

fn numbers(version: &str) -> Option<Vec<u64>> {
    let version = version.replace('_', "");
    let dotted = version.strip_prefix('v');
    if dotted.is_some() || version.matches('.').count() >= 2 {
        return dotted.unwrap_or(&version).split('.').map(number).collect();
    }
    let (whole, fraction) = version.split_once('.').unwrap_or((&version, ""));
    let mut numbers = vec![number(whole)?];
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    for digits in fraction.as_bytes().chunks(3) {
        let digits = std::str::from_utf8(digits).ok()?;
        numbers.push(number(&format!("{digits:0<3}"))?);
    }
    Some(numbers)
}

fn number(digits: &str) -> Option<u64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}
