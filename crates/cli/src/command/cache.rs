//! `plimsoll cache`: how much is remembered, and forgetting it.

use anyhow::{Result, bail};
use clap::{ArgMatches, Args, Command, FromArgMatches as _};
use plimsoll_report::units;

use super::Entry;
use crate::environment::Context;
use crate::exit::Exit;
use crate::output::write_text;

pub(super) const ENTRY: Entry = Entry {
    name: "cache",
    summary: "Show how much is remembered about layers, or forget it",
    examples: "  plimsoll cache\n  plimsoll cache --clear",
    declare,
    run,
};

#[derive(Debug, Args)]
struct Arguments {
    /// Forget everything; the next look at an image reads it again
    #[arg(long)]
    clear: bool,
}

fn declare(command: Command) -> Command {
    Arguments::augment_args(command)
}

fn run(matches: &ArgMatches, context: &Context) -> Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let Some(cache) = context.engine.cache() else {
        bail!("there is no cache: --no-cache was given, or neither HOME nor XDG_CACHE_HOME is set");
    };
    if arguments.clear {
        cache.clear()?;
    }
    let usage = cache.usage();
    let size = units::size(usage.bytes);
    write_text(&format!("{}\n{} entries, {size}\n", cache.directory().display(), usage.entries))?;
    Ok(Exit::Done)
}
