//! The order of versions of NuGet packages, after NuGet's "Package versioning": Semantic
//! Versioning 2.0.0 with up to four numbers, of which all but the first may be missing, leading
//! zeros without meaning, letters of either case alike, and build metadata without a say.

use std::cmp::Ordering;

use crate::semantic_version::{is_word, order_prereleases, split};

/// A version, split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version<'a> {
    numbers: [u32; 4],
    /// What follows the hyphen; empty in a release.
    prerelease: &'a str,
}

impl<'a> Version<'a> {
    /// `None` where NuGet refuses it.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let (rest, build) = split(text, '+');
        let (core, prerelease) = split(rest, '-');
        let mut numbers = [0; 4];
        let mut places = numbers.iter_mut();
        for number in core.split('.') {
            // NuGet counts in 32 bits with a sign.
            let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            let number = number.parse::<u32>().ok().filter(|number| digits && *number <= i32::MAX as u32)?;
            *places.next()? = number;
        }
        let right = [prerelease, build].into_iter().flatten().all(|all| all.split('.').all(is_word));
        right.then_some(Self { numbers, prerelease: prerelease.unwrap_or_default() })
    }

    /// Which of two versions is newer.
    fn precedence(&self, other: &Self) -> Ordering {
        self.numbers
            .cmp(&other.numbers)
            .then_with(|| order_prereleases(self.prerelease, other.prerelease, order_words))
    }
}

/// Which of two versions is newer; `None` where one of them is none.
pub(super) fn order(left: &str, right: &str) -> Option<Ordering> {
    Some(Version::parse(left)?.precedence(&Version::parse(right)?))
}

/// Numbers before letters, of which case does not count.
fn order_words(left: &str, right: &str) -> Ordering {
    // A number that does not fit 32 bits is a word to NuGet.
    let number = |word: &str| word.parse::<i32>().ok();
    match (number(left), number(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => {
            let folded = |word: &str| word.to_ascii_uppercase();
            folded(left).cmp(&folded(right))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(versions: &[&str]) {
        for (position, left) in versions.iter().enumerate() {
            assert_eq!(order(left, left), Some(Ordering::Equal), "{left}");
            for right in &versions[position + 1..] {
                assert_eq!(order(left, right), Some(Ordering::Less), "{left} {right}");
                assert_eq!(order(right, left), Some(Ordering::Greater), "{right} {left}");
            }
        }
    }

    /// The examples of NuGet's documentation and of Semantic Versioning's.
    #[test]
    fn versions_are_ordered_as_the_specification_shows() {
        check(&[
            "1.0.1-aaa",
            "1.0.1-alpha10",
            "1.0.1-alpha2",
            "1.0.1-beta",
            "1.0.1-open",
            "1.0.1-rc.2",
            "1.0.1-rc.10",
            "1.0.1-zzz",
            "1.0.1",
        ]);
        check(&[
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0",
        ]);
        check(&["1.0.0", "1.0.0.1", "1.0.1", "1.2", "1.10", "2"]);
    }

    #[test]
    fn versions_that_nuget_normalises_to_one_are_equal() {
        for (left, right) in [
            ("1.00", "1.0"),
            ("1.01.1", "1.1.1"),
            ("1.00.0.1", "1.0.0.1"),
            ("1.0.0.0", "1.0.0"),
            ("1.0.01.0", "1.0.1"),
            ("1.0.7+r3456", "1.0.7"),
            ("1.0.0-BETA", "1.0.0-beta"),
            ("1", "1.0.0.0"),
        ] {
            assert_eq!(order(left, right), Some(Ordering::Equal), "{left} {right}");
        }
    }

    #[test]
    fn what_nuget_refuses_has_no_order() {
        for text in [
            "",
            "a",
            "v1.0",
            "1.",
            ".1",
            "1.2.3.4.5",
            "1.0-",
            "1.0+",
            "1.0-a..b",
            "1.0-ä",
            "2147483648",
            "1.0-a_b",
        ] {
            assert_eq!(order(text, "1.0"), None, "{text}");
        }
    }

    /// Any three versions of these parts are in an order: it is never contradicted.
    #[test]
    fn the_order_is_total() {
        let parts =
            ["1", "1.0", "1.1-a", "1.1-A.2", "1.1-2", "1.1-2147483648", "1.1-a.10", "1.1.0.0-b", "1.1+x"];
        let triples = parts.iter().flat_map(|a| parts.iter().map(move |b| (a, b)));
        for ((a, b), c) in triples.flat_map(|pair| parts.iter().map(move |c| (pair, c))) {
            let [ab, bc, ac, ba] =
                [(a, b), (b, c), (a, c), (b, a)].map(|(left, right)| order(left, right).unwrap());
            assert_eq!(ab, ba.reverse(), "{a} {b}");
            assert!(ab.is_gt() || bc.is_gt() || ac.is_le(), "{a} {b} {c}");
        }
    }
}
