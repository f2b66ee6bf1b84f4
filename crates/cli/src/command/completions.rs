//! `plimsoll completions SHELL`

use anyhow::Result;
use clap::{ArgMatches, Args, Command, FromArgMatches as _};
use clap_complete::Shell;

use super::Entry;
use crate::environment::Context;
use crate::exit::Exit;
use crate::output::write_text;

pub(super) const ENTRY: Entry = Entry {
    name: "completions",
    summary: "Write a completion script for a shell",
    examples: "  plimsoll completions bash > ~/.local/share/bash-completion/completions/plimsoll\n  plimsoll completions fish > ~/.config/fish/completions/plimsoll.fish",
    declare,
    run,
};

#[derive(Debug, Args)]
struct Arguments {
    /// The shell
    shell: Shell,
}

fn declare(command: Command) -> Command {
    Arguments::augment_args(command)
}

fn run(matches: &ArgMatches, _: &Context) -> Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::arguments::command_line(), "plimsoll", &mut script);
    write_text(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
