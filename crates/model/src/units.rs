//! Numbers as people read them.

/// A size in decimal units: `999 B`, `12.3 kB`, `39.2 MB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    // Tenths of the unit, rounded half up; 999.95 of one unit is 1.0 of the next.
    let mut scale = 1_000_u128;
    let mut tenths = 0;
    for unit in UNITS {
        tenths = (u128::from(bytes) * 10 + scale / 2) / scale;
        if tenths < 10_000 {
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
        scale *= 1_000;
    }
    format!("{}.{} EB", tenths / 10, tenths % 10)
}

/// A count with its digits in groups of three: `139,711`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count and its noun: `1 file`, `2 files`, `3 entries`.
#[must_use]
pub fn counted(number: u64, noun: &str) -> String {
    let number_text = count(number);
    let stem = noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']));
    match stem {
        _ if number == 1 => format!("{number_text} {noun}"),
        Some(stem) => format!("{number_text} {stem}ies"),
        None => format!("{number_text} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_decimal_and_a_decimal_unit() {
        let check = |bytes, expect: &str| assert_eq!(size(bytes), expect);
        check(0, "0 B");
        check(999, "999 B");
        check(1_000, "1.0 kB");
        check(39_249_999, "39.2 MB");
        check(999_949, "999.9 kB");
        check(999_950, "1.0 MB");
        check(3_790_000_000, "3.8 GB");
        check(u64::MAX, "18.4 EB");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(139_711), "139,711");
        assert_eq!(count(1_000_000), "1,000,000");
        assert_eq!(counted(1, "file"), "1 file");
        assert_eq!(counted(2_000, "file"), "2,000 files");
    }
}
