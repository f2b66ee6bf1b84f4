//! The order of opam's versions: that of Debian's, `upstream[-revision]`, without an epoch.

use std::cmp::Ordering;

use crate::ecosystem::dpkg::order_part;

/// Which of two versions is newer; `None` where opam would refuse one of them.
pub(super) fn order(left: &str, right: &str) -> Option<Ordering> {
    if !is_version(left) || !is_version(right) {
        return None;
    }
    let split = |text| str::rsplit_once(text, '-').unwrap_or((text, ""));
    let ((left, left_revision), (right, right_revision)) = (split(left), split(right));
    let upstream = order_part(left.as_bytes(), right.as_bytes());
    Some(upstream.then_with(|| order_part(left_revision.as_bytes(), right_revision.as_bytes())))
}

/// Letters, digits and `-_+.~`.
fn is_version(text: &str) -> bool {
    let is_in = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'.' | b'~');
    !text.is_empty() && text.bytes().all(is_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_opam_orders_them() {
        let check = |left: &str, expect: Option<Ordering>, right: &str| {
            assert_eq!(order(left, right), expect, "{left} {right}");
            assert_eq!(order(right, left), expect.map(Ordering::reverse), "{right} {left}");
        };
        let (less, equal) = (Some(Ordering::Less), Some(Ordering::Equal));
        check("1.0~beta1", less, "1.0");
        check("1.0", less, "1.0+1");
        check("1.9", less, "1.10");
        check("1.0", equal, "1.00");
        check("0.9", less, "v0.9");
        check("1.0-9", less, "1.0-10");
        check("1.0-1", less, "1.0a");
        check("1.0", None, "");
        check("1.0", None, "1:0");
    }
}
