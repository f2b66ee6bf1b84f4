//! `plimsoll query --image=A show-pkg-diffs B`: the spelling of 2017, for those who know it.

use anyhow::{Result, bail};
use clap::{ArgMatches, Args, Command, FromArgMatches as _};
use plimsoll_engine::{Purpose, order_versions};
use plimsoll_model::compare::compare;
use plimsoll_report::difference::{Difference, DifferenceView, Options};

use super::{Entry, format};
use crate::environment::Context;
use crate::exit::Exit;
use crate::output::{format_option, write};

pub(super) const ENTRY: Entry = Entry {
    name: "query",
    summary: "Compare the packages of images, in the spelling of 2017",
    examples: "  plimsoll query --image=oraclelinux:7 show-pkg-diffs oraclelinux:7-slim\n  plimsoll query --plain --image=oraclelinux:7 show-pkg-diffs oraclelinux:7-slim",
    declare,
    run,
};

#[derive(Debug, Args)]
struct Arguments {
    /// The image to start from
    #[arg(long)]
    image: String,
    /// The question; there is one
    #[arg(value_parser = ["show-pkg-diffs"])]
    question: String,
    /// The images to compare it with
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<String>,
    /// The original's six columns, separated by spaces
    #[arg(long)]
    plain: bool,
}

fn declare(command: Command) -> Command {
    Arguments::augment_args(command).arg(format_option::<Difference>())
}

fn run(matches: &ArgMatches, context: &Context) -> Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let format = if arguments.plain { "plain" } else { format(matches) };
    if arguments.images.len() > 1 && !matches!(format, "table" | "plain" | "markdown") {
        bail!(
            "{format} is one document for one comparison: ask for one image at a time, or use `plimsoll diff`"
        );
    }
    let before = context.analyse(&arguments.image, Purpose::Overview)?;
    for (position, image) in arguments.images.iter().enumerate() {
        if position > 0 && format != "plain" {
            crate::output::write_text("\n")?;
        }
        let after = context.analyse(image, Purpose::Overview)?;
        let comparison = compare(&before, &after, &order_versions);
        let options = Options { width: context.width, ..Options::default() };
        let view = DifferenceView { before: &before, after: &after, comparison: &comparison, options };
        write::<Difference>(format, &view)?;
        context.judge(&[&before, &after])?;
    }
    Ok(Exit::Done)
}
