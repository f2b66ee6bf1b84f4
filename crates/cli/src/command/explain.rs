//! `plimsoll explain [ID]`

use std::fmt::Write as _;

use anyhow::{Result, bail};
use clap::{ArgMatches, Args, Command, FromArgMatches as _};
use plimsoll_engine::explain::{all, find, near};

use super::Entry;
use crate::environment::Context;
use crate::exit::Exit;
use crate::output::write_text;

pub(super) const ENTRY: Entry = Entry {
    name: "explain",
    summary: "Say what an id stands for: a rule, a secret, a reader, a feed, a problem",
    examples: "  plimsoll explain\n  plimsoll explain runs-as-root\n  plimsoll explain github-token\n  plimsoll explain file-not-read",
    declare,
    run,
};

#[derive(Debug, Args)]
struct Arguments {
    /// The id; without one, all ids are listed
    id: Option<String>,
}

fn declare(command: Command) -> Command {
    Arguments::augment_args(command)
}

fn run(matches: &ArgMatches, _: &Context) -> Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let mut text = String::new();
    let Some(id) = arguments.id else {
        let all = all();
        let width = all.iter().map(|each| each.id.len()).max().unwrap_or(0);
        let mut kind = "";
        for each in &all {
            if each.kind != kind {
                kind = each.kind;
                let _ = writeln!(text, "{}{kind}:", if text.is_empty() { "" } else { "\n" });
            }
            let _ = writeln!(text, "  {:width$}  {}", each.id, each.title);
        }
        write_text(&text)?;
        return Ok(Exit::Done);
    };
    let found = find(&id);
    if found.is_empty() {
        let near = near(&id);
        if near.is_empty() {
            bail!("nothing is called `{id}`; `plimsoll explain` lists all ids");
        }
        bail!("nothing is called `{id}`; near it: {}", near.join(", "));
    }
    for (position, each) in found.iter().enumerate() {
        let gap = if position == 0 { "" } else { "\n" };
        let _ = writeln!(text, "{gap}{}: {} ({})", each.id, each.title, each.kind);
        for (heading, part) in &each.parts {
            let _ = writeln!(text, "\n{heading}\n  {}", part.replace('\n', "\n  ").replace("\n  \n", "\n\n"));
        }
    }
    write_text(&text)?;
    Ok(Exit::Done)
}
