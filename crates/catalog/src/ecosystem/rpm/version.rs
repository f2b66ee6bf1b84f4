//! rpm's order of versions, after the rules of `rpmvercmp` and `rpmverOverlap` in rpm 4.15 and later.

use std::cmp::Ordering;

/// Orders two `[epoch:]version[-release]`; `None` where one of them has no version.
///
/// A missing epoch is zero. Where one side has no release only the versions count, so that a
/// statement without a release covers every release: the rule of rpm's dependencies
/// (`rpmverOverlap`). Installed packages always have one.
pub(super) fn order(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (Evr::parse(left)?, Evr::parse(right)?);
    let epochs = compare(left.epoch, right.epoch);
    Some(epochs.then_with(|| compare(left.version, right.version)).then_with(|| {
        match (left.release, right.release) {
            (Some(left), Some(right)) => compare(left, right),
            _ => Ordering::Equal,
        }
    }))
}

/// Epoch, version and release.
struct Evr<'a> {
    epoch: &'a [u8],
    version: &'a [u8],
    release: Option<&'a [u8]>,
}

impl<'a> Evr<'a> {
    /// Splits at the first colon if only digits are before it, and at the last hyphen.
    fn parse(text: &'a str) -> Option<Self> {
        if text.bytes().any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control()) {
            return None;
        }
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => (epoch, rest),
            _ => ("", text),
        };
        let (version, release) = match rest.rsplit_once('-') {
            Some((version, release)) => (version, Some(release.as_bytes())),
            None => (rest, None),
        };
        let epoch = if epoch.is_empty() { "0" } else { epoch };
        (!version.is_empty()).then_some(Self {
            epoch: epoch.as_bytes(),
            version: version.as_bytes(),
            release,
        })
    }
}

/// Orders two versions, or two releases, segment by segment.
fn compare(mut left: &[u8], mut right: &[u8]) -> Ordering {
    loop {
        left = skip_separators(left);
        right = skip_separators(right);
        match (left.first(), right.first()) {
            // A tilde sorts before everything, the end included.
            (Some(b'~'), Some(b'~')) | (Some(b'^'), Some(b'^')) => {
                left = left.get(1..).unwrap_or_default();
                right = right.get(1..).unwrap_or_default();
                continue;
            }
            (Some(b'~'), _) => return Ordering::Less,
            (_, Some(b'~')) => return Ordering::Greater,
            // A caret sorts after the end and before everything else.
            (Some(b'^'), None) => return Ordering::Greater,
            (None, Some(b'^')) => return Ordering::Less,
            (Some(b'^'), _) => return Ordering::Less,
            (_, Some(b'^')) => return Ordering::Greater,
            (None, None) => return Ordering::Equal,
            // Whoever has something left is newer.
            (Some(_), None) => return Ordering::Greater,
            (None, Some(_)) => return Ordering::Less,
            (Some(first), Some(_)) => {
                let numeric = first.is_ascii_digit();
                let (left_segment, left_rest) = take_segment(left, numeric);
                let (right_segment, right_rest) = take_segment(right, numeric);
                if right_segment.is_empty() {
                    // A number is newer than letters.
                    return if numeric { Ordering::Greater } else { Ordering::Less };
                }
                let order = if numeric {
                    let (left, right) = (strip_zeros(left_segment), strip_zeros(right_segment));
                    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
                } else {
                    left_segment.cmp(right_segment)
                };
                if order.is_ne() {
                    return order;
                }
                (left, right) = (left_rest, right_rest);
            }
        }
    }
}

fn split_where(bytes: &[u8], ends: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| ends(*byte)).unwrap_or(bytes.len());
    bytes.split_at_checked(end).unwrap_or((bytes, &[]))
}

fn skip_separators(version: &[u8]) -> &[u8] {
    split_where(version, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'~' | b'^')).1
}

fn take_segment(version: &[u8], numeric: bool) -> (&[u8], &[u8]) {
    split_where(version, |byte| if numeric { !byte.is_ascii_digit() } else { !byte.is_ascii_alphabetic() })
}

fn strip_zeros(digits: &[u8]) -> &[u8] {
    split_where(digits, |byte| byte != b'0').1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expect: Ordering) {
        assert_eq!(order(left, right), Some(expect), "{left} and {right}");
        assert_eq!(order(right, left), Some(expect.reverse()), "{right} and {left}");
    }

    #[test]
    fn numbers_count_as_numbers() {
        check("1.10-1", "1.9-1", Ordering::Greater);
        check("1.010", "1.10", Ordering::Equal);
        check("2.50", "2.5", Ordering::Greater);
    }

    #[test]
    fn the_epoch_goes_first_and_a_missing_one_is_zero() {
        check("1:1.0-1", "2.0-1", Ordering::Greater);
        check("0:1.0-1", "1.0-1", Ordering::Equal);
    }

    #[test]
    fn a_tilde_is_older_and_a_caret_newer_than_the_plain_version() {
        check("1.0~rc1", "1.0", Ordering::Less);
        check("1.0^git1", "1.0", Ordering::Greater);
        check("1.0^git1", "1.0.1", Ordering::Less);
        check("1.0~rc1^git1", "1.0~rc1", Ordering::Greater);
    }

    #[test]
    fn without_a_release_only_the_versions_count() {
        check("1.0-5", "1.0", Ordering::Equal);
        check("1.0-5", "1.0-4", Ordering::Greater);
    }

    #[test]
    fn numbers_are_newer_than_letters() {
        check("1.1", "1.a", Ordering::Greater);
        check("1.0a", "1.0", Ordering::Greater);
    }

    #[test]
    fn what_has_no_version_has_no_order() {
        assert_eq!(order("", "1"), None);
        assert_eq!(order("1:", "1"), None);
        assert_eq!(order("1.0 beta", "1"), None);
    }
}
