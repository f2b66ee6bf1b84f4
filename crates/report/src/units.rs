//! Numbers and times as people read them. Machine formats carry exact bytes instead.

pub use plimsoll_model::units::{count, counted, size};

/// What a feed lacks, in words: entries that could not be read, and why a file ends early.
pub(crate) fn incomplete(unreadable: u64, because: Option<&str>) -> Option<String> {
    let entries = (unreadable > 0).then(|| format!("{} could not be read", counted(unreadable, "entry")));
    let parts: Vec<String> = entries.into_iter().chain(because.map(str::to_owned)).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// A moment of RFC 3339 in whole seconds, UTC, as SPDX writes it (`2024-10-17T00:20:20Z`).
/// `None` where the text is no such moment, or one before 1970: the zero times that tools
/// write when they know none.
#[must_use]
pub fn utc_seconds(text: &str) -> Option<String> {
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let sign = |at: usize, wanted: &[u8]| text.as_bytes().get(at).is_some_and(|byte| wanted.contains(byte));
    let signs = sign(4, b"-") && sign(7, b"-") && sign(10, b"Tt ") && sign(13, b":") && sign(16, b":");
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let days = days_from_civil(year, month, day);
    let valid =
        signs && civil_from_days(days) == (year, month, day) && (hour < 24 && minute < 60 && second <= 60);
    let rest = text.get(19..)?;
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()),
        None => rest,
    };
    let offset = match zone.as_bytes() {
        b"Z" | b"z" => 0,
        [b'+' | b'-', _, _, b':', _, _] => {
            let at = text.len() - 5;
            let minutes = number(at, at + 2)? * 60 + number(at + 3, at + 5)?;
            if zone.starts_with('-') { -minutes } else { minutes }
        }
        _ => return None,
    };
    let seconds = days * 86_400 + hour * 3_600 + (minute - offset) * 60 + second.min(59);
    if !valid || seconds < 0 {
        return None;
    }
    let (year, month, day) = civil_from_days(seconds.div_euclid(86_400));
    let time = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (time / 3_600, time / 60 % 60, time % 60);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

/// The day of a moment (`2024-10-17` of `2024-10-17T00:20:20Z`); the text itself where it is none.
#[must_use]
pub fn day(moment: &str) -> &str {
    match moment.get(..10) {
        Some(day) if days_of(day).is_some() => day,
        _ => moment,
    }
}

/// Whole days from one day or moment of RFC 3339 (UTC) to another, by the calendar; `None` where
/// either is none. Negative where the second is the earlier.
#[must_use]
pub fn days_between(from: &str, to: &str) -> Option<i64> {
    Some(days_of(to.get(..10)?)? - days_of(from.get(..10)?)?)
}

/// How old something is, in words: `today`, `1 day old`, `12 days old`. `None` where either is no
/// moment, or where it lies ahead.
#[must_use]
pub fn age(of: &str, now: &str) -> Option<String> {
    match u64::try_from(days_between(of, now)?).ok()? {
        0 => Some("of today".to_owned()),
        days => Some(format!("{} old", counted(days, "day"))),
    }
}

fn days_of(day: &str) -> Option<i64> {
    let mut parts = day.split('-').map(|part| {
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<i64>().ok()).flatten()
    });
    let date = (parts.next()??, parts.next()??, parts.next()??);
    let days = days_from_civil(date.0, date.1, date.2);
    let (year, month, number) = date;
    (civil_from_days(days) == date && day == format!("{year:04}-{month:02}-{number:02}")).then_some(days)
}

/// Days since 1970-01-01 in the Gregorian calendar, counted in eras of 400 years that begin
/// with March, so that the leap day is a year's last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_are_declined() {
        let check = |number, noun, expect: &str| assert_eq!(counted(number, noun), expect);
        check(1, "entry", "1 entry");
        check(2, "entry", "2 entries");
        check(1_000, "key", "1,000 keys");
        check(0, "file", "0 files");
        assert_eq!(incomplete(2, Some("cut off")).as_deref(), Some("2 entries could not be read; cut off"));
        assert_eq!(incomplete(0, None), None);
    }

    #[test]
    fn ages_count_days_of_the_calendar() {
        let check = |of, now, expect| assert_eq!(age(of, now).as_deref(), expect, "{of}");
        check("2026-06-30T23:59:59Z", "2026-07-01T00:00:00Z", Some("1 day old"));
        check("2024-02-28", "2024-03-01T10:00:00Z", Some("2 days old"));
        check("2026-07-01T00:00:00Z", "2026-07-01T12:00:00Z", Some("of today"));
        check("2027-01-01T00:00:00Z", "2026-07-01T12:00:00Z", None);
        for nothing in ["", "soon", "2026-13-01", "2026-1-001", "+026-01-01", "2026-02-3\u{e9}"] {
            check(nothing, "2026-07-01T12:00:00Z", None);
            assert_eq!(day(nothing), nothing);
        }
        assert_eq!(day("2024-10-17T00:20:20Z"), "2024-10-17");
    }

    #[test]
    fn moments_come_out_in_utc_and_whole_seconds() {
        let check = |text, expect| assert_eq!(utc_seconds(text).as_deref(), expect, "{text}");
        check("2024-10-17T00:20:20Z", Some("2024-10-17T00:20:20Z"));
        check("2024-02-29T23:59:59.123456789Z", Some("2024-02-29T23:59:59Z"));
        check("2024-12-31T23:30:00-01:00", Some("2025-01-01T00:30:00Z"));
        check("2024-03-01T00:30:00+01:00", Some("2024-02-29T23:30:00Z"));
        check("1970-01-01T00:00:00Z", Some("1970-01-01T00:00:00Z"));
        for text in [
            "",
            "0001-01-01T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-10-17",
            "2024-10-17T00:20:20",
            "2024-10-17T25:00:00Z",
            "2024-10-17T00:20:20+aé:0",
            "yesterday at noon, or so",
        ] {
            check(text, None);
        }
    }
}
