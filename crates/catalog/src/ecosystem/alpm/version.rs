//! The order of versions of pacman, as vercmp(8) describes it: `[epoch:]version[-release]`.
//!
//! A release counts only where both have one. Runs of digits are numbers, letters go before
//! everything else: `1.0a < 1.0beta < 1.0rc < 1.0 < 1.0.a < 1.0.1`.

use std::cmp::Ordering;

pub(super) fn order(left: &str, right: &str) -> Ordering {
    let (left, right) = (Parts::of(left), Parts::of(right));
    compare(left.epoch, right.epoch).then_with(|| compare(left.version, right.version)).then_with(|| {
        match (left.release, right.release) {
            (Some(left), Some(right)) => compare(left, right),
            _ => Ordering::Equal,
        }
    })
}

struct Parts<'a> {
    epoch: &'a str,
    version: &'a str,
    release: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (epoch, rest) = match text.get(digits..).and_then(|rest| rest.strip_prefix(':')) {
            Some(rest) => (text.get(..digits).filter(|epoch| !epoch.is_empty()).unwrap_or("0"), rest),
            None => ("0", text),
        };
        let (version, release) =
            rest.rsplit_once('-').map_or((rest, None), |(version, release)| (version, Some(release)));
        Self { epoch, version, release }
    }
}

fn compare(left: &str, right: &str) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    while !left.is_empty() && !right.is_empty() {
        let (left_gap, right_gap) = (separators(left), separators(right));
        left = left.get(left_gap..).unwrap_or_default();
        right = right.get(right_gap..).unwrap_or_default();
        if left.is_empty() || right.is_empty() {
            break;
        }
        if left_gap != right_gap {
            return left_gap.cmp(&right_gap);
        }
        let is_number = left.first().is_some_and(u8::is_ascii_digit);
        let is: fn(&u8) -> bool = if is_number { u8::is_ascii_digit } else { u8::is_ascii_alphabetic };
        let (one, left_rest) = split(left, is);
        let (two, right_rest) = split(right, is);
        if two.is_empty() {
            return if is_number { Ordering::Greater } else { Ordering::Less };
        }
        let order = if is_number {
            let (one, two) = (without_zeros(one), without_zeros(two));
            one.len().cmp(&two.len()).then_with(|| one.cmp(two))
        } else {
            one.cmp(two)
        };
        if order.is_ne() {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
    let is_letter = |rest: &[u8]| rest.first().is_some_and(u8::is_ascii_alphabetic);
    match (left.is_empty(), right.is_empty()) {
        (true, true) => Ordering::Equal,
        // Letters that are left over make a version older, anything else makes it newer.
        (true, false) if !is_letter(right) => Ordering::Less,
        _ if is_letter(left) => Ordering::Less,
        _ => Ordering::Greater,
    }
}

fn separators(text: &[u8]) -> usize {
    text.iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count()
}

fn split(text: &[u8], is: fn(&u8) -> bool) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|byte| is(byte)).count())
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    digits.get(digits.iter().take_while(|digit| **digit == b'0').count()..).unwrap_or_default()
}
