//! One bar on standard error for each long read, gone when it is done.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use plimsoll_engine::Progress;

use crate::message::{Kind, tell_line};

/// Reads that end sooner than this show no bar, so that nothing flickers.
const PATIENCE: Duration = Duration::from_millis(250);

/// Draws on standard error.
#[derive(Debug, Default)]
pub(crate) struct Bars {
    silent: bool,
    bar: Mutex<Option<(ProgressBar, std::time::Instant)>>,
}

impl Bars {
    /// Bars, or none where nobody would see them.
    pub(crate) fn new(silent: bool) -> Self {
        Self { silent, ..Self::default() }
    }

    fn with(&self, act: impl FnOnce(&mut Option<(ProgressBar, std::time::Instant)>)) {
        act(&mut self.bar.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Progress for Bars {
    fn begin(&self, what: &str, total: u64) {
        if self.silent {
            return;
        }
        let (template, bar) = if total == 0 {
            ("{spinner} {msg}  {bytes} read, {bytes_per_sec}", ProgressBar::no_length())
        } else {
            ("{msg}  {wide_bar} {bytes}/{total_bytes} {eta}", ProgressBar::new(total))
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
        bar.set_message(what.to_owned());
        self.with(|slot| *slot = Some((bar, std::time::Instant::now())));
    }

    fn notice(&self, text: &str) {
        tell_line(Kind::Note, text);
    }

    fn advance(&self, bytes: u64) {
        if self.silent {
            return;
        }
        self.with(|slot| {
            if let Some((bar, since)) = slot {
                if bar.is_hidden() && since.elapsed() > PATIENCE {
                    bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
                }
                bar.inc(bytes);
            }
        });
    }

    fn end(&self) {
        self.with(|slot| {
            if let Some((bar, _)) = slot.take() {
                bar.finish_and_clear();
            }
        });
    }
}
