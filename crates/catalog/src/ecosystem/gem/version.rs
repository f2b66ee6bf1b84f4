//! The order of versions of gems, as RubyGems' `Gem::Version` compares them.
//!
//! A version is numbers and letters between dots, `1.0.0.rc1`; a hyphen means `.pre.`. Runs of
//! digits and of letters are compared one by one, a missing one as zero, and letters come before
//! numbers, so that whatever has letters is before the release.

use std::cmp::Ordering;

/// Letters come before numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Segment<'a> {
    Letters(&'a str),
    /// Its length without leading zeros, and so written: there is no largest one.
    Number(usize, &'a str),
}

const ZERO: Segment<'static> = Segment::Number(0, "");

/// Which of two versions is newer; `None` where RubyGems refuses one of them.
pub(super) fn order(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (canonical(left)?, canonical(right)?);
    let (left, right) = (segments(&left), segments(&right));
    let longest = left.len().max(right.len());
    Some(
        (0..longest)
            .map(|position| {
                let left = left.get(position).copied().unwrap_or(ZERO);
                left.cmp(&right.get(position).copied().unwrap_or(ZERO))
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal),
    )
}

/// The version as it is compared; `None` where it is none. Nothing at all is version 0.
fn canonical(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return Some("0".to_owned());
    }
    let (numbers, before) =
        text.split_once('-').map_or((text, None), |(numbers, before)| (numbers, Some(before)));
    let alphanumeric = |word: &str, also: &[u8]| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || also.contains(&byte))
    };
    let mut words = numbers.split('.');
    let right = words
        .next()
        .is_some_and(|first| first.bytes().all(|byte| byte.is_ascii_digit()) && !first.is_empty())
        && words.all(|word| alphanumeric(word, b""))
        && before.is_none_or(|before| before.split('.').all(|word| alphanumeric(word, b"-")));
    right.then(|| text.replace('-', ".pre."))
}

/// The runs of digits and of letters. Zeros right before the first letters and at the end do not
/// count.
fn segments(version: &str) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    let mut has_letters = false;
    let mut rest = version;
    while let Some(first) = rest.bytes().next() {
        let is_alike = |letter: char| match first.is_ascii_digit() {
            true => letter.is_ascii_digit(),
            false => letter.is_ascii_alphabetic(),
        };
        let end = rest.find(|letter| !is_alike(letter)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if first.is_ascii_digit() {
            let digits = run.trim_start_matches('0');
            segments.push(Segment::Number(digits.len(), digits));
        } else if first.is_ascii_alphabetic() {
            if !has_letters {
                drop_zeros(&mut segments);
            }
            has_letters = true;
            segments.push(Segment::Letters(run));
        }
        rest = if end == 0 { rest.get(1..).unwrap_or_default() } else { after };
    }
    drop_zeros(&mut segments);
    segments
}

fn drop_zeros(segments: &mut Vec<Segment<'_>>) {
    while segments.last() == Some(&ZERO) {
        segments.pop();
    }
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
    fn what_has_letters_comes_before_the_release() {
        check(&["1.0.a", "1.0.a.2", "1.0.b1", "1.0.rc1", "1.0.rc2", "1.0", "1.0.1", "1.9", "1.10"]);
        check(&["1.0.0-alpha", "1.0.0.pre.beta", "1.0.0"]);
    }

    #[test]
    fn zeros_at_the_end_do_not_count() {
        for (left, right) in
            [("1", "1.0.0"), ("1.0.a", "1.a"), ("1.a.0", "1.a"), ("1-x", "1.pre.x"), ("", "0"), ("01", "1")]
        {
            assert_eq!(order(left, right), Some(Ordering::Equal), "{left} {right}");
        }
    }

    #[test]
    fn what_rubygems_refuses_has_no_order() {
        for text in ["junk", "1.", "1..2", "1_2", "a1", "1-", "v1", "1.2+build"] {
            assert_eq!(order(text, "1"), None, "{text}");
        }
    }
}
