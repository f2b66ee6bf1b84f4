//! When to try again, and how long to wait before.

use std::fmt;
use std::time::Duration;

use crate::transport::Headers;

/// How often one request is sent in all, until it is given up.
pub(super) const MAX_TRIES: u32 = 5;

/// The wait before the second try; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest wait that back-off reaches by itself.
const MAX_BACK_OFF: Duration = Duration::from_secs(20);

/// The longest wait that a server may ask for. Docker Hub's pull limit lasts hours: then an
/// error now is of more use than an answer tomorrow.
pub(super) const MAX_ASKED_WAIT: Duration = Duration::from_secs(90);

/// Time, as far as retries and tokens need it: handed in, so that tests do not wait.
pub trait Timing: Send + Sync + fmt::Debug {
    /// Waits.
    fn pause(&self, length: Duration);

    /// Time since some fixed moment. It never goes back.
    fn elapsed(&self) -> Duration;

    /// A random number from 0 up to 1, which keeps clients that failed together from coming
    /// back together.
    fn jitter(&self) -> f64;
}

/// Whether a status says that the same request may succeed later.
pub(super) const fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 502 | 503 | 504)
}

/// The wait before try number `next` (the second is 2): between half of the full back-off and
/// all of it.
pub(super) fn back_off(next: u32, jitter: f64) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << next.saturating_sub(2).min(16));
    // `max` and `min` turn what is no number into a bound; `clamp` would keep it.
    #[expect(clippy::manual_clamp, reason = "not the same for NaN")]
    let jitter = jitter.max(0.0).min(1.0);
    doubled.min(MAX_BACK_OFF).mul_f64(0.5 + jitter / 2.0)
}

/// What `Retry-After` asks for: seconds, or a date. A date is measured against the server's own
/// `Date`, so that our clock does not matter; without one it is not understood.
pub(super) fn retry_after(headers: &Headers) -> Option<Duration> {
    let value = headers.get("retry-after")?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    let now = httpdate::parse_http_date(headers.get("date")?.trim()).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Option<u64> {
        let mut headers = Headers::default();
        for (name, value) in pairs {
            headers.add(name, *value);
        }
        retry_after(&headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = ("Date", "Wed, 21 Oct 2015 07:28:00 GMT");
        assert_eq!(asked(&[("Retry-After", "7")]), Some(7));
        assert_eq!(asked(&[now, ("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT")]), Some(30));
        assert_eq!(asked(&[now, ("retry-after", "Wed, 21 Oct 2015 07:00:00 GMT")]), Some(0));
        assert_eq!(asked(&[("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT")]), None);
        assert_eq!(asked(&[("retry-after", "soon")]), None);
        assert_eq!(asked(&[("retry-after", "-1")]), None);
        assert_eq!(asked(&[]), None);
    }

    #[test]
    fn waits_double_up_to_a_bound() {
        let waits: Vec<u128> = (2..9).map(|next| back_off(next, 1.0).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16000, 20000]);
        assert_eq!(back_off(2, 0.0).as_millis(), 250);
        assert_eq!(back_off(u32::MAX, f64::NAN), MAX_BACK_OFF / 2);
    }
}
