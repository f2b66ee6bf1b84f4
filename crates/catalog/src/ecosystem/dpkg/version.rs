//! The order of Debian versions (deb-version(7)).

use std::cmp::Ordering;

/// `[epoch:]upstream[-revision]`, split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Version<'a> {
    epoch: u32,
    upstream: &'a [u8],
    revision: &'a [u8],
}

/// Which of two versions is newer; `None` where dpkg would refuse one of them.
pub(super) fn order(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (parse(left)?, parse(right)?);
    Some(
        left.epoch
            .cmp(&right.epoch)
            .then_with(|| order_part(left.upstream, right.upstream))
            .then_with(|| order_part(left.revision, right.revision)),
    )
}

/// Splits a version. dpkg only warns of an upstream version that does not start with a digit
/// and of characters that policy forbids, so they are taken here too.
fn parse(text: &str) -> Option<Version<'_>> {
    let text = text.trim_matches([' ', '\t']);
    if text.is_empty() || text.contains([' ', '\t']) {
        return None;
    }
    let (epoch, rest) = match text.split_once(':') {
        Some((epoch, rest)) => (parse_epoch(epoch)?, rest),
        None => (0, text),
    };
    let (upstream, revision) = match rest.rsplit_once('-') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (rest, ""),
    };
    (!upstream.is_empty()).then_some(Version {
        epoch,
        upstream: upstream.as_bytes(),
        revision: revision.as_bytes(),
    })
}

/// dpkg reads it with `strtol`, which takes a sign, and wants it from 0 to `INT_MAX`.
fn parse_epoch(text: &str) -> Option<u32> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'+' => (false, text.get(1..)?),
        b'-' => (true, text.get(1..)?),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let epoch = digits.parse::<i32>().ok()?.unsigned_abs();
    (epoch == 0 || !negative).then_some(epoch)
}

/// Weight of a character outside of numbers: `~` before the end, the end before letters,
/// letters before all else.
fn weight(byte: Option<&u8>) -> i32 {
    match byte {
        Some(b'~') => -1,
        None | Some(b'0'..=b'9') => 0,
        Some(letter) if letter.is_ascii_alphabetic() => i32::from(*letter),
        // dpkg's `char` is signed, so bytes above 127 weigh less than 256.
        Some(other) => i32::from(other.cast_signed()) + 256,
    }
}

/// Compares two upstream versions, or two revisions: by turns a run of non-digits by weight and
/// a run of digits by value.
pub(in crate::ecosystem) fn order_part(mut left: &[u8], mut right: &[u8]) -> Ordering {
    while !left.is_empty() || !right.is_empty() {
        while left.first().is_some_and(|byte| !byte.is_ascii_digit())
            || right.first().is_some_and(|byte| !byte.is_ascii_digit())
        {
            let order = weight(left.first()).cmp(&weight(right.first()));
            if order.is_ne() {
                return order;
            }
            left = left.get(1..).unwrap_or_default();
            right = right.get(1..).unwrap_or_default();
        }
        let (left_number, left_rest) = split_number(left);
        let (right_number, right_rest) = split_number(right);
        let order = left_number.len().cmp(&right_number.len()).then_with(|| left_number.cmp(right_number));
        if order.is_ne() {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
    Ordering::Equal
}

/// The digits at the front without leading zeros, which say nothing, and what follows.
fn split_number(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    let (mut digits, rest) = bytes.split_at(end);
    while let [b'0', after @ ..] = digits {
        digits = after;
    }
    (digits, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, expect: char, right: &str) {
        let read = order(left, right).map_or('?', |order| match order {
            Ordering::Less => '<',
            Ordering::Equal => '=',
            Ordering::Greater => '>',
        });
        assert_eq!(read, expect, "{left} {right}");
        let back = order(right, left).map(Ordering::reverse);
        assert_eq!(back, order(left, right), "{right} {left}");
    }

    #[test]
    fn numbers_count_as_numbers() {
        check("1.9", '<', "1.10");
        check("1.0-9", '<', "1.0-10");
        check("1.007", '=', "1.7");
        check("99999999999999999999", '<', "100000000000000000000");
    }

    #[test]
    fn an_epoch_counts_before_all_else() {
        check("1:1.0", '>', "2.0");
        check("0:1.0", '=', "1.0");
        check("+1:1", '=', "1:1");
    }

    #[test]
    fn a_tilde_comes_before_the_end() {
        check("1.0~rc1", '<', "1.0");
        check("1.0~~", '<', "1.0~");
        check("1.0-1~deb12u1", '<', "1.0-1");
        check("1.0-0", '=', "1.0");
        check("1.0a", '<', "1.0+");
    }

    #[test]
    fn what_dpkg_refuses_has_no_order() {
        for bad in ["", " ", "1 2", ":1", "a:1", "1:", "-1:1", "2147483648:1", "1-", "-1"] {
            check(bad, '?', "1.0");
        }
        check("abc", '>', "1.0");
        check("1_0", '>', "1.0");
    }
}
