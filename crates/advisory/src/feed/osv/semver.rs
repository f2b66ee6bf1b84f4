//! The precedence of semantic versions (SemVer 2.0.0, section 11), which OSV's `SEMVER` ranges
//! are ordered by whatever their ecosystem is.

use std::cmp::Ordering;

/// Which of two semantic versions comes later; `None` where one of them is none. A leading `v`
/// and missing minor and patch numbers are forgiven, as databases write them.
pub(super) fn order(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (Version::parse(left)?, Version::parse(right)?);
    Some(left.cmp(&right))
}

/// Whether a version is the very first that SemVer can write, so that a range that starts there
/// starts at the beginning.
pub(super) fn is_first(version: &str) -> bool {
    matches!(version, "0" | "0.0.0-0")
}

struct Version<'a> {
    core: [&'a str; 3],
    prerelease: Option<&'a str>,
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let text = text.split_once('+').map_or(text, |(version, _build)| version);
        let (numbers, prerelease) = match text.split_once('-') {
            Some((numbers, prerelease)) => (numbers, Some(prerelease)),
            None => (text, None),
        };
        let mut core = ["0"; 3];
        let mut parts = numbers.split('.');
        let first = parts.next()?;
        let places = core.iter_mut();
        for (place, part) in places.zip(std::iter::once(first).chain(parts.by_ref())) {
            if !is_number(part) {
                return None;
            }
            *place = part;
        }
        let identifiers = |text: &str| text.split('.').all(is_identifier);
        if parts.next().is_some() || !prerelease.is_none_or(identifiers) {
            return None;
        }
        Some(Self { core, prerelease })
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = self.core.iter().zip(&other.core);
        numbers.map(|(left, right)| order_numbers(left, right)).find(|order| order.is_ne()).unwrap_or_else(
            || match (self.prerelease, other.prerelease) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(left), Some(right)) => order_prereleases(left, right),
            },
        )
    }
}

fn order_prereleases(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => match (is_number(left), is_number(right)) {
                (true, true) => order_numbers(left, right),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => left.cmp(right),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Orders decimal numbers of any length, as dates and hashes in versions make them long.
fn order_numbers(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expect: Option<Ordering>) {
        assert_eq!(order(left, right), expect, "{left} against {right}");
        assert_eq!(order(right, left), expect.map(Ordering::reverse), "{right} against {left}");
    }

    #[test]
    fn the_specification_s_own_examples_ascend() {
        let ascending = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "2.0.0",
            "2.1.0",
            "2.1.1",
        ];
        for pair in ascending.windows(2) {
            check(pair[0], pair[1], Some(Ordering::Less));
        }
    }

    #[test]
    fn builds_leading_v_and_missing_numbers_make_no_difference() {
        check("1.2.3+linux", "1.2.3", Some(Ordering::Equal));
        check("v1.2.3", "1.2.3", Some(Ordering::Equal));
        check("1.2", "1.2.0", Some(Ordering::Equal));
    }

    #[test]
    fn numbers_may_be_longer_than_any_integer() {
        check("1.0.99999999999999999999999", "1.0.100000000000000000000000", Some(Ordering::Less));
        check("0.0.0-20190101000000-abc", "0.0.0-20200101000000-abc", Some(Ordering::Less));
    }

    #[test]
    fn what_is_no_semantic_version_has_no_order() {
        for text in ["", "one", "1.2.3.4", "1..2", "1.0.0-", "1.0.0-a..b", "1.0.0-a b"] {
            check(text, "1.0.0", None);
        }
    }
}
