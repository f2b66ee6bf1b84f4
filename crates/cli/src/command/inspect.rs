//! `plimsoll inspect IMAGE`

use anyhow::Result;
use clap::{ArgMatches, Args, Command, FromArgMatches as _};
use plimsoll_engine::Purpose;
use plimsoll_report::overview::{Inspection, Overview};

use super::Entry;
use crate::environment::Context;
use crate::exit::Exit;
use crate::output::{format_option, write};

pub(super) const ENTRY: Entry = Entry {
    name: "inspect",
    summary: "Show what an image is, on one screen",
    examples: "  plimsoll inspect debian:12\n  plimsoll inspect --platform linux/arm64 nginx\n  plimsoll inspect oci:build/image --format json",
    declare,
    run,
};

#[derive(Debug, Args)]
struct Arguments {
    /// The image
    image: String,
}

fn declare(command: Command) -> Command {
    Arguments::augment_args(command).arg(format_option::<Inspection>())
}

fn run(matches: &ArgMatches, context: &Context) -> Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let analysis = context.analyse(&arguments.image, Purpose::Overview)?;
    let view = Overview { analysis: &analysis, width: context.width };
    write::<Inspection>(super::format(matches), &view)?;
    context.judge_told(&[&analysis])?;
    Ok(Exit::Done)
}
