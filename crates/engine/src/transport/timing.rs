//! Real time, for waits between retries and for the life of tokens.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::thread;
use std::time::{Duration, Instant};

use plimsoll_image::source::registry::Timing;

/// The machine's own clock.
#[derive(Debug)]
pub struct SystemTiming {
    start: Instant,
}

impl SystemTiming {
    /// Starts counting now.
    #[must_use]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemTiming {
    fn default() -> Self {
        Self::new()
    }
}

impl Timing for SystemTiming {
    fn pause(&self, length: Duration) {
        thread::sleep(length);
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn jitter(&self) -> f64 {
        // Seeded by the system for every process; that is random enough to spread clients.
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u128(self.start.elapsed().as_nanos());
        (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
