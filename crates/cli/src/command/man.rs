//! `plimsoll man [DIR]`

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{ArgMatches, Args, Command, FromArgMatches as _};

use super::Entry;
use crate::environment::Context;
use crate::exit::Exit;
use crate::output::write_text;

pub(super) const ENTRY: Entry = Entry {
    name: "man",
    summary: "Write the man pages",
    examples: "  plimsoll man | man -l -\n  plimsoll man ~/.local/share/man/man1",
    declare,
    run,
};

#[derive(Debug, Args)]
struct Arguments {
    /// Directory for one page per command; without it the main page is shown
    directory: Option<PathBuf>,
}

fn declare(command: Command) -> Command {
    Arguments::augment_args(command)
}

fn run(matches: &ArgMatches, _: &Context) -> Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let mut line = crate::arguments::command_line();
    for entry in super::ALL {
        line = line.mut_subcommand(entry.name, |own| own.disable_help_subcommand(true));
    }
    line = line.disable_help_subcommand(true);
    line.build();
    let Some(directory) = arguments.directory else {
        let mut page = Vec::new();
        clap_mangen::Man::new(line).render(&mut page)?;
        write_text(&String::from_utf8_lossy(&page))?;
        return Ok(Exit::Done);
    };
    fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    clap_mangen::generate_to(line, &directory)
        .with_context(|| format!("cannot write to {}", directory.display()))?;
    Ok(Exit::Done)
}
