//! Semantic versions (Semantic Versioning 2.0.0), which Cargo, npm and Go take, each with a
//! latitude of its own; NuGet orders what comes before a release likewise.

use std::cmp::Ordering;

/// A version, split. Build metadata is checked and dropped: it has no say in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SemanticVersion<'a> {
    /// Major, minor and patch: digits without leading zeros, of any length.
    pub(crate) numbers: [&'a str; 3],
    /// What follows the hyphen; empty in a release.
    prerelease: &'a str,
}

impl<'a> SemanticVersion<'a> {
    /// `major.minor.patch[-prerelease][+build]`.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (rest, build) = split(text, '+');
        let (core, prerelease) = split(rest, '-');
        let mut numbers = core.split('.');
        let version = Self {
            numbers: [numbers.next()?, numbers.next()?, numbers.next()?],
            prerelease: prerelease.unwrap_or_default(),
        };
        let whole = numbers.next().is_none()
            && version.numbers.iter().all(|number| is_number(number))
            && prerelease.is_none_or(|all| all.split('.').all(|word| is_word(word) && !has_idle_zero(word)))
            && build.is_none_or(|all| all.split('.').all(is_word));
        whole.then_some(version)
    }

    /// A release of these numbers.
    pub(crate) fn release(numbers: [&'a str; 3]) -> Option<Self> {
        numbers.iter().all(|number| is_number(number)).then_some(Self { numbers, prerelease: "" })
    }

    /// Which of two versions is newer.
    pub(crate) fn precedence(&self, other: &Self) -> Ordering {
        let numbers = self.numbers.iter().zip(&other.numbers);
        numbers
            .map(|(left, right)| order_numbers(left, right))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| order_prereleases(self.prerelease, other.prerelease, order_words))
    }
}

/// What is before a mark, and what is behind it if it is there.
pub(crate) fn split(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn is_digits(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn has_idle_zero(word: &str) -> bool {
    word.len() > 1 && word.starts_with('0') && is_digits(word)
}

fn is_number(word: &str) -> bool {
    is_digits(word) && !has_idle_zero(word)
}

/// Letters, digits and hyphens, of which there is at least one.
pub(crate) fn is_word(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Digits without leading zeros: the longer number is larger.
fn order_numbers(left: &str, right: &str) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// Numbers before letters.
fn order_words(left: &str, right: &str) -> Ordering {
    match (is_digits(left), is_digits(right)) {
        (true, true) => order_numbers(left, right),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => left.cmp(right),
    }
}

/// A release is newer than what came before it; then word by word, and the longer of two that are
/// alike so far is newer.
pub(crate) fn order_prereleases(
    left: &str,
    right: &str,
    order_words: impl Fn(&str, &str) -> Ordering,
) -> Ordering {
    if left.is_empty() || right.is_empty() {
        return left.is_empty().cmp(&right.is_empty());
    }
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(left), Some(right)) => match order_words(left, right) {
                Ordering::Equal => {}
                order => return order,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(versions: &[&str]) {
        for pair in versions.windows(2) {
            let [left, right] = [pair[0], pair[1]].map(|text| SemanticVersion::parse(text).unwrap());
            assert_eq!(left.precedence(&right), Ordering::Less, "{pair:?}");
            assert_eq!(right.precedence(&left), Ordering::Greater, "{pair:?}");
            assert_eq!(left.precedence(&left), Ordering::Equal, "{pair:?}");
        }
    }

    #[test]
    fn versions_are_ordered_as_the_specification_shows() {
        check(&["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2"]);
        check(&["1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1"]);
        check(&["9.0.0", "10.0.0", "99999999999999999999999999.0.0", "100000000000000000000000000.0.0"]);
    }

    #[test]
    fn build_metadata_has_no_say() {
        let [left, right] = ["1.0.0+20130313144700", "1.0.0+21AF26D3----117B344092BD"]
            .map(|text| SemanticVersion::parse(text).unwrap());
        assert_eq!(left.precedence(&right), Ordering::Equal);
    }

    #[test]
    fn what_the_specification_does_not_allow_is_no_version() {
        for text in [
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "01.2.3",
            "1.2.3-01",
            "1.2.3-",
            "1.2.3+",
            "1.2.3-a..b",
            "v1.2.3",
            "1.2.3-ä",
        ] {
            assert_eq!(SemanticVersion::parse(text), None, "{text}");
        }
    }
}
