//! What the machine and the user's environment say: read here and nowhere else.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{ArgMatches, FromArgMatches as _};
use plimsoll_engine::{Engine, NoProgress, Progress, Settings};
use plimsoll_model::Analysis;

use crate::arguments::Common;
use crate::exit::Strict;
use crate::progress::Bars;

/// Bytes that the cache may take before the entries unused for longest go. The facts about a
/// large image of a hundred thousand files take about thirty megabytes.
const CACHE_CAPACITY: u64 = 4 * 1024 * 1024 * 1024;

/// What a command needs besides its own arguments.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) engine: Engine,
    strict: bool,
    progress: Box<dyn Progress>,
    /// Columns of the terminal on standard output, if it is one.
    pub(crate) width: Option<usize>,
}

impl Context {
    pub(crate) fn read(matches: &ArgMatches) -> Result<Self> {
        let common = Common::from_arg_matches(matches).context("cannot read the options")?;
        set_color(&common.color);
        let threads = common.threads.map(std::num::NonZero::get).or_else(|| {
            std::thread::available_parallelism().ok().map(std::num::NonZero::get)
        });
        let cache = if common.no_cache { None } else { common.cache_dir.or_else(default_cache) };
        let engine = Engine::new(Settings {
            cache,
            cache_capacity: CACHE_CAPACITY,
            threads: threads.unwrap_or(1),
            platform: common.platform,
        });
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let progress: Box<dyn Progress> =
            if terminal && !common.quiet { Box::new(Bars::new()) } else { Box::new(NoProgress) };
        let width = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
        Ok(Self { engine, strict: common.strict, progress, width })
    }

    /// Analyses an image, showing how far it is.
    pub(crate) fn analyse(&self, image: &str) -> Result<Analysis> {
        Ok(self.engine.analyse(image, &*self.progress)?)
    }

    /// What `--strict` makes of the problems met; to be asked once the answer has been shown.
    pub(crate) fn judge(&self, analyses: &[&Analysis]) -> Result<()> {
        let count: usize = analyses.iter().map(|analysis| analysis.problems.len()).sum();
        if self.strict && count > 0 { Err(Strict(count).into()) } else { Ok(()) }
    }
}

fn set_color(when: &str) {
    let choice = match when {
        "always" => anstream::ColorChoice::Always,
        "never" => anstream::ColorChoice::Never,
        _ => return,
    };
    choice.write_global();
}

/// `$XDG_CACHE_HOME/plimsoll`, or `~/.cache/plimsoll` (XDG Base Directory Specification).
fn default_cache() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("plimsoll"))
}
