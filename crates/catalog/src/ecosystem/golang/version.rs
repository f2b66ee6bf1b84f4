//! The order of versions of Go modules, as `golang.org/x/mod/semver` compares them, and of Go
//! itself, as its `go/version` does.
//!
//! Modules have `v` and a semantic version, of which minor and patch may be missing;
//! pseudo-versions are such versions, and `+incompatible` has no say. Advisories write the same
//! without the `v`. Go itself has `1.22`, `1.22rc1`, `1.22.1`.

use std::cmp::Ordering;

use crate::semantic_version::SemanticVersion;

/// Which of two versions is newer; `None` where one of them is neither a module's nor Go's.
pub(super) fn order(left: &str, right: &str) -> Option<Ordering> {
    let bare = |text: &str| text.strip_prefix('v').is_none();
    match (module(left), module(right)) {
        (Some(left), Some(right)) => Some(left.precedence(&right)),
        _ if bare(left) && bare(right) => Some(Release::parse(left)?.cmp(&Release::parse(right)?)),
        _ => None,
    }
}

/// Whether a text is a module's version, with or without the letter, of three numbers.
pub(super) fn is_version(text: &str) -> bool {
    SemanticVersion::parse(text.strip_prefix('v').unwrap_or(text)).is_some()
}

/// A module's version. Short ones take neither a prerelease nor build metadata.
fn module(text: &str) -> Option<SemanticVersion<'_>> {
    let text = text.strip_prefix('v').unwrap_or(text);
    if let Some(version) = SemanticVersion::parse(text) {
        return Some(version);
    }
    let mut numbers = text.split('.');
    let numbers = [numbers.next()?, numbers.next().unwrap_or("0"), numbers.next().map_or("0", |_| "")];
    SemanticVersion::release(numbers)
}

/// A release of Go, its fields in the order in which they count.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Release<'a> {
    major: u64,
    minor: u64,
    /// `None` in 1.21 and later where it is not written: that names the language, which is older
    /// than its first release; and in what comes before a release.
    patch: Option<u64>,
    /// Empty, `alpha`, `beta` or `rc`, and its number.
    stage: (&'a str, u64),
}

impl<'a> Release<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix("go").unwrap_or(text);
        let (major, rest) = number(text)?;
        if rest.is_empty() {
            return Some(Self { major, minor: 0, patch: Some(0), stage: ("", 0) });
        }
        let (minor, rest) = number(rest.strip_prefix('.')?)?;
        if rest.is_empty() {
            // The first release of Go 1.20 and before is called 1.20.
            let patch = (major == 1 && minor < 21).then_some(0);
            return Some(Self { major, minor, patch, stage: ("", 0) });
        }
        if let Some(rest) = rest.strip_prefix('.') {
            let (patch, rest) = number(rest)?;
            return rest.is_empty().then_some(Self { major, minor, patch: Some(patch), stage: ("", 0) });
        }
        let digits = rest.find(|letter: char| letter.is_ascii_digit())?;
        let (stage, rest) = rest.split_at(digits);
        let known = matches!(stage, "alpha" | "beta" | "rc");
        let (number, rest) = number(rest)?;
        (known && rest.is_empty()).then_some(Self { major, minor, patch: None, stage: (stage, number) })
    }
}

/// Digits without a leading zero, and what follows.
fn number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let idle = digits.len() > 1 && digits.starts_with('0');
    if idle { None } else { Some((digits.parse().ok()?, rest)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(versions: &[&str]) {
        for pair in versions.windows(2) {
            assert_eq!(order(pair[0], pair[1]), Some(Ordering::Less), "{pair:?}");
            assert_eq!(order(pair[1], pair[0]), Some(Ordering::Greater), "{pair:?}");
        }
    }

    #[test]
    fn a_pseudo_version_comes_before_the_release_that_it_leads_to() {
        check(&["v0.0.0-20190101000000-0123456789ab", "v0.0.0-20220722155237-a158d28d115b", "v0.0.1"]);
        check(&[
            "v1.2.3",
            "v1.2.4-0.20220722155237-a158d28d115b",
            "v1.2.4-pre.0.20220722155237-a158d28d115b",
            "v1.2.4",
        ]);
    }

    #[test]
    fn build_metadata_and_the_letter_have_no_say() {
        assert_eq!(order("v2.0.0+incompatible", "v2.0.0"), Some(Ordering::Equal));
        assert_eq!(order("1.8.0", "v1.8.0"), Some(Ordering::Equal));
        assert_eq!(order("v1.2", "v1.2.0"), Some(Ordering::Equal));
        assert_eq!(order("0", "v0.0.1"), Some(Ordering::Less));
    }

    #[test]
    fn releases_of_go_are_ordered_as_go_does() {
        check(&["go1.20rc1", "go1.20", "go1.20.1", "go1.21rc2", "go1.21.0", "go1.21.10", "go1.22"]);
        check(&["1.9.7", "1.10beta1", "1.10rc1", "1.10"]);
    }

    #[test]
    fn what_is_no_version_has_no_order() {
        for text in
            ["(devel)", "", "v1.2.3.4", "v1.2-pre", "v01.2.3", "latest", "devel go1.23-abc", "go1.22-custom"]
        {
            assert_eq!(order(text, "v1.0.0"), None, "{text}");
            assert_eq!(order("1.0.0", text), None, "{text}");
        }
    }
}
