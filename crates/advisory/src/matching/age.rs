//! How old feeds are, by a clock that is handed in.

use plimsoll_model::{FeedFacts, NoCoverage};

/// How old a feed may be. Limits count only where `now` is given.
#[derive(Debug, Clone, Copy, Default)]
pub struct AgeLimits<'a> {
    /// The time to judge by (RFC 3339, UTC).
    pub now: Option<&'a str>,
    /// Days since a feed was fetched; `None` for any.
    pub fetched: Option<u32>,
    /// Days since the newest entry of a feed about a distribution or a language; `None` for
    /// any. This is what notices old data that was fetched, or copied, lately.
    pub newest: Option<u32>,
}

/// Why a feed is not fresh enough. `newest` is its newest entry about the scope in question.
///
/// A feed with no dates of its own (Alpine's secdb, Debian's tracker) is as old as its last
/// fetch, for both limits.
pub(super) fn fault(feed: &FeedFacts, newest: Option<&str>, limits: &AgeLimits<'_>) -> Option<NoCoverage> {
    let now = days(limits.now?)?;
    let fetched = feed.fetched_at.as_deref().and_then(days);
    let newest = newest.and_then(days).or(fetched);
    for (limit, day) in [(limits.fetched, fetched.or(newest)), (limits.newest, newest)] {
        let Some(limit) = limit else { continue };
        let Some(day) = day else { return Some(NoCoverage::FeedAgeUnknown(feed.id.clone())) };
        let days = u32::try_from(now - day).unwrap_or(0);
        if days > limit {
            return Some(NoCoverage::FeedTooOld { feed: feed.id.clone(), days, limit });
        }
    }
    None
}

/// Days from 1970-01-01 to the date that a text starts with (`2024-03-01…`), in the Gregorian
/// calendar.
pub(super) fn days(text: &str) -> Option<i64> {
    let mut parts = text.get(..10)?.split('-');
    let mut number = || parts.next()?.parse::<i64>().ok();
    let (year, month, day) = (number()?, number()?, number()?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Counting years from March puts the leap day last.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_the_calendar_has_them() {
        for (text, expect) in [
            ("1970-01-01", Some(0)),
            ("2000-02-29T12:00:00Z", Some(11_016)),
            ("2024-03-01", Some(19_783)),
            ("2026-11-24T09:50:48Z", Some(20_781)),
            ("1969-12-31", Some(-1)),
            ("2024-13-01", None),
            ("soon", None),
            ("2024-é01-1", None),
        ] {
            assert_eq!(days(text), expect, "{text}");
        }
    }

    fn check(fetched: Option<&str>, newest: Option<&str>, limits: (Option<u32>, Option<u32>), expect: &str) {
        let feed =
            FeedFacts { id: "f".into(), fetched_at: fetched.map(str::to_owned), ..FeedFacts::default() };
        let limits = AgeLimits { now: Some("2026-11-24T00:00:00Z"), fetched: limits.0, newest: limits.1 };
        let found = fault(&feed, newest, &limits).map_or_else(String::new, |why| why.to_string());
        assert_eq!(found, expect);
    }

    #[test]
    fn a_feed_may_be_old_by_its_fetch_or_by_its_newest_entry() {
        let old = "the feed f is 24 days old, and 7 are allowed";
        check(Some("2026-11-20"), Some("2026-11-19"), (Some(7), Some(30)), "");
        check(Some("2026-10-31"), Some("2026-10-30"), (Some(7), None), old);
        check(Some("2026-11-24"), Some("2026-10-31"), (Some(7), Some(7)), old);
        check(Some("2026-11-24"), None, (Some(7), Some(7)), "");
        check(None, None, (Some(7), None), "the feed f does not say how old it is");
        check(None, None, (None, None), "");
    }
}
