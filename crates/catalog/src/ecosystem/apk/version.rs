//! The order of apk versions, as apk-tools 2 compares them, with the commit hash of apk-tools 3.
//!
//! A version is `digits(.digits)*letter?(_suffix digits?)*(~hash)?(-r digits)?`. A component after
//! the first that starts with zeros compares as a fraction: 1.02 is older than 1.1, and 1.00
//! older than 1.0.

use std::cmp::Ordering;

/// What comes next in a version. The order is that of the places in it: where two versions are
/// alike so far, the one whose next part comes later here is older.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// A component after a dot, whose leading zeros count.
    DigitOrZero,
    Digit,
    Letter,
    Suffix,
    SuffixNumber,
    Hash,
    Revision,
    End,
}

/// The value of a part. Only values of the same part are ever compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Value<'a> {
    Number(i64),
    Hash(&'a [u8]),
}

/// A version that is being read: what comes next, and the bytes from there on.
#[derive(Debug, Clone, Copy)]
struct Cursor<'a> {
    next: Part,
    rest: &'a [u8],
}

/// Suffixes of what comes before a release, the earliest first.
const BEFORE: [&[u8]; 4] = [b"alpha", b"beta", b"pre", b"rc"];
/// Suffixes of what comes after it.
const AFTER: [&[u8]; 5] = [b"cvs", b"svn", b"git", b"hg", b"p"];
/// apk-tools refuses numbers of this many digits, which might not fit its integers.
const TOO_MANY_DIGITS: usize = 18;

/// Which of two versions is newer; `None` where one of them is no version of apk's.
pub(super) fn order(left: &str, right: &str) -> Option<Ordering> {
    if !is_version(left) || !is_version(right) {
        return None;
    }
    let (mut left, mut right) = (Cursor::new(left), Cursor::new(right));
    while left.next == right.next && left.next != Part::End {
        let order = left.take()?.cmp(&right.take()?);
        if order.is_ne() {
            return Some(order);
        }
    }
    if left.next == right.next {
        return Some(Ordering::Equal);
    }
    // The one that goes on is newer, unless it goes on with a suffix of what comes before.
    let goes_on_before =
        |mut cursor: Cursor<'_>| Some(cursor.next == Part::Suffix && cursor.take()? < Value::Number(0));
    if goes_on_before(left)? {
        return Some(Ordering::Less);
    }
    if goes_on_before(right)? {
        return Some(Ordering::Greater);
    }
    Some(right.next.cmp(&left.next))
}

fn is_version(text: &str) -> bool {
    let mut cursor = Cursor::new(text);
    while cursor.next != Part::End {
        if cursor.take().is_none() {
            return false;
        }
    }
    text.starts_with(|first: char| first.is_ascii_digit())
}

impl<'a> Cursor<'a> {
    const fn new(text: &'a str) -> Self {
        Self { next: Part::Digit, rest: text.as_bytes() }
    }

    /// The value of the next part, with the cursor moved behind it; `None` where it is none.
    fn take(&mut self) -> Option<Value<'a>> {
        if self.rest.is_empty() {
            self.next = Part::End;
            return Some(Value::Number(0));
        }
        let mut zeros_go_on = false;
        let (value, length) = match self.next {
            // All zeros but the last make it a smaller fraction; the last one and what follows
            // are then a number like any other.
            Part::DigitOrZero if self.rest.first() == Some(&b'0') => {
                let zeros = count(self.rest, |byte| byte == b'0').saturating_sub(1);
                zeros_go_on = true;
                (Value::Number(-i64::try_from(zeros).ok()?), zeros)
            }
            Part::DigitOrZero | Part::Digit | Part::SuffixNumber | Part::Revision => {
                let (number, digits) = number(self.rest)?;
                (Value::Number(number), digits)
            }
            Part::Letter => (Value::Number(i64::from(*self.rest.first()?)), 1),
            Part::Suffix => suffix(self.rest)?,
            Part::Hash => {
                let digits = count(self.rest, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                if digits == 0 {
                    return None;
                }
                (Value::Hash(self.rest.get(..digits)?), digits)
            }
            Part::End => return None,
        };
        self.rest = self.rest.get(length..)?;
        if self.rest.is_empty() {
            self.next = Part::End;
        } else if zeros_go_on {
            self.next = Part::Digit;
        } else {
            self.advance()?;
        }
        Some(value)
    }

    /// Sees what the next part is, with the cursor moved behind the sign that says so.
    fn advance(&mut self) -> Option<()> {
        let first = *self.rest.first()?;
        let (next, sign) = match (self.next, first) {
            (Part::Digit | Part::DigitOrZero, b'a'..=b'z') => (Part::Letter, 0),
            (Part::Letter, b'0'..=b'9') => (Part::Digit, 0),
            (Part::Suffix, b'0'..=b'9') => (Part::SuffixNumber, 0),
            (_, b'.') => (Part::DigitOrZero, 1),
            (_, b'_') => (Part::Suffix, 1),
            (_, b'~') => (Part::Hash, 1),
            (_, b'-') if self.rest.get(1) == Some(&b'r') => (Part::Revision, 2),
            _ => return None,
        };
        let goes_back = next < self.next
            && !matches!(
                (next, self.next),
                (Part::DigitOrZero, Part::Digit)
                    | (Part::Suffix, Part::SuffixNumber)
                    | (Part::Digit, Part::Letter)
            );
        if goes_back {
            return None;
        }
        self.next = next;
        self.rest = self.rest.get(sign..)?;
        Some(())
    }
}

fn count(bytes: &[u8], wanted: fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !wanted(*byte)).unwrap_or(bytes.len())
}

/// A number, which may have no digits at all, and how many it has.
fn number(bytes: &[u8]) -> Option<(i64, usize)> {
    let digits = count(bytes, |byte| byte.is_ascii_digit());
    if digits >= TOO_MANY_DIGITS {
        return None;
    }
    let value = bytes.iter().take(digits).fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    Some((value, digits))
}

/// A suffix: below zero before a release, from zero on after it.
fn suffix(bytes: &[u8]) -> Option<(Value<'static>, usize)> {
    let values = (-4..).zip(BEFORE).chain((0..).zip(AFTER));
    values
        .into_iter()
        .find(|(_, name)| bytes.starts_with(name))
        .map(|(value, name)| (Value::Number(value), name.len()))
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
    fn components_count_as_numbers() {
        check("1.9", '<', "1.10");
        check("1.2.3-r9", '<', "1.2.3-r10");
        check("1.2", '<', "1.2.1");
        check("1.2a", '>', "1.2");
        check("1.2a", '<', "1.2b");
        check("1.2-r0", '=', "1.2-r0");
    }

    #[test]
    fn later_components_with_leading_zeros_are_fractions() {
        check("1.02", '<', "1.1");
        check("1.010", '>', "1.01");
        check("1.00", '<', "1.0");
        check("1.0_rc1", '<', "1.0");
        check("01", '=', "1");
    }

    #[test]
    fn suffixes_come_before_or_after_the_release() {
        for (left, right) in [("alpha", "beta"), ("beta", "pre"), ("pre", "rc"), ("rc", "cvs")] {
            check(&format!("1_{left}"), '<', &format!("1_{right}"));
        }
        check("1_rc1", '<', "1");
        check("1_p1", '>', "1");
        check("1_git20240101", '<', "1_p0");
        check("1_alpha2", '<', "1_alpha10");
    }

    #[test]
    fn a_commit_hash_comes_after_what_has_none() {
        check("1.0~ab12", '>', "1.0");
        check("1.0~ab12-r1", '<', "1.0~ab13-r0");
        check("1.0_git1~ab", '>', "1.0~ab");
    }

    #[test]
    fn what_is_no_version_has_no_order() {
        for bad in ["", "foo", "1A", "1.0_foo", "1.0~xyz", "1ab", "1.0_p1a", "999999999999999999", "1~a_p1"] {
            check(bad, '?', "1");
        }
    }
}
