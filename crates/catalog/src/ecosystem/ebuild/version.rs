//! Versions of Portage, and their order (Package Manager Specification, 3.2 and 3.3).

use std::cmp::Ordering;

/// A version, split: `1.2b_rc3_p4-r5`.
struct Version<'a> {
    /// Digits; the first is the one before all dots.
    numbers: Vec<&'a str>,
    letter: Option<u8>,
    /// The rank and the digits of each.
    suffixes: Vec<(u8, &'a str)>,
    /// Digits; empty where there is none, which is the same as zero.
    revision: &'a str,
}

/// What suffixes are called, the lowest first. That there is none comes just before `p`.
const SUFFIXES: [&str; 5] = ["alpha", "beta", "pre", "rc", "p"];
const PATCH: u8 = 4;

/// Which of two versions is newer; `None` where one is none.
pub(super) fn order(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (Version::parse(left)?, Version::parse(right)?);
    Some(
        order_numbers(&left.numbers, &right.numbers)
            .then_with(|| left.letter.cmp(&right.letter))
            .then_with(|| order_suffixes(&left.suffixes, &right.suffixes))
            .then_with(|| by_value(left.revision, right.revision)),
    )
}

/// Name and version of `NAME-VERSION`; `None` where it has none.
pub(super) fn split_name(text: &str) -> Option<(&str, &str)> {
    let (rest, last) = text.rsplit_once('-')?;
    let cut = match last.strip_prefix('r') {
        Some(revision) if is_digits(revision) => rest.rfind('-')?,
        _ => rest.len(),
    };
    let (name, version) = (text.get(..cut)?, text.get(cut + 1..)?);
    (!name.is_empty() && Version::parse(version).is_some()).then_some((name, version))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (text, revision) = match text.rsplit_once("-r") {
            Some((text, revision)) if is_digits(revision) => (text, revision),
            Some(_) => return None,
            None => (text, ""),
        };
        let mut parts = text.split('_');
        let core = parts.next()?;
        let letter = core.bytes().last().filter(u8::is_ascii_lowercase);
        let numbers: Vec<&str> = core.get(..core.len() - usize::from(letter.is_some()))?.split('.').collect();
        let suffixes = parts.map(|part| {
            let name = part.trim_end_matches(|c: char| c.is_ascii_digit());
            let rank = SUFFIXES.iter().position(|known| *known == name)?;
            Some((rank as u8, part.get(name.len()..)?))
        });
        let suffixes = suffixes.collect::<Option<Vec<_>>>()?;
        numbers.iter().all(|number| is_digits(number)).then_some(Self { numbers, letter, suffixes, revision })
    }
}

/// As numbers, of any length.
fn by_value(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// The first as numbers; those behind a dot too, unless one of a pair begins with a zero: then
/// both are what stands behind a decimal point. Of two that are alike so far the longer is newer.
fn order_numbers(left: &[&str], right: &[&str]) -> Ordering {
    for (place, (left, right)) in left.iter().zip(right).enumerate() {
        let order = if place > 0 && (left.starts_with('0') || right.starts_with('0')) {
            left.trim_end_matches('0').cmp(right.trim_end_matches('0'))
        } else {
            by_value(left, right)
        };
        if order.is_ne() {
            return order;
        }
    }
    left.len().cmp(&right.len())
}

fn order_suffixes(left: &[(u8, &str)], right: &[(u8, &str)]) -> Ordering {
    for place in 0..left.len().max(right.len()) {
        let order = match (left.get(place), right.get(place)) {
            (Some(left), Some(right)) => left.0.cmp(&right.0).then_with(|| by_value(left.1, right.1)),
            (Some(left), None) => suffix_against_none(left.0),
            (None, Some(right)) => suffix_against_none(right.0).reverse(),
            (None, None) => Ordering::Equal,
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

const fn suffix_against_none(rank: u8) -> Ordering {
    if rank == PATCH { Ordering::Greater } else { Ordering::Less }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, expect: Option<Ordering>, right: &str) {
        assert_eq!(order(left, right), expect, "{left} {right}");
        assert_eq!(order(right, left), expect.map(Ordering::reverse), "{right} {left}");
    }

    #[test]
    fn versions_are_ordered_as_the_specification_has_it() {
        let (less, equal) = (Some(Ordering::Less), Some(Ordering::Equal));
        check("1.9", less, "1.10");
        check("1.02", less, "1.1");
        check("1.010", equal, "1.01");
        check("1", less, "1.0");
        check("1.2", less, "1.2b");
        check("1.2b", less, "1.2.0");
        check("1_alpha", less, "1_beta");
        check("1_beta2", less, "1_pre");
        check("1_pre", less, "1_rc9");
        check("1_rc9", less, "1");
        check("1", less, "1_p");
        check("1_p", equal, "1_p0");
        check("1_p", less, "1_p_p");
        check("1_p_alpha", less, "1_p");
        check("1", equal, "1-r0");
        check("1-r9", less, "1-r10");
        check("1", None, "1.a");
        check("1", None, "");
        check("1", None, "1-1");
        check("1", None, "1_what");
        check("18446744073709551616", less, "18446744073709551617");
    }

    #[test]
    fn the_version_is_at_the_end_of_the_name() {
        let check = |text: &str, expect: Option<(&str, &str)>| assert_eq!(split_name(text), expect, "{text}");
        check("ahoy-1.2.3-r1", Some(("ahoy", "1.2.3-r1")));
        check("gtk+-3.24.0", Some(("gtk+", "3.24.0")));
        check("font-adobe-100dpi-1.0.4", Some(("font-adobe-100dpi", "1.0.4")));
        check("ahoy-9999", Some(("ahoy", "9999")));
        check("ahoy", None);
        check("ahoy-r1", None);
        check("-1", None);
        check("", None);
    }
}
