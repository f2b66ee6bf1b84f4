//! `plimsoll layers IMAGE`

use anyhow::Result;
use clap::{ArgMatches, Args, Command, FromArgMatches as _};
use plimsoll_engine::Purpose;
use plimsoll_report::layers::{LayerList, Layers};

use super::{Entry, format};
use crate::arguments::BaseOption;
use crate::environment::Context;
use crate::exit::Exit;
use crate::output::{format_option, write};

pub(super) const ENTRY: Entry = Entry {
    name: "layers",
    summary: "List the layers of an image and what each does",
    examples: "  plimsoll layers nginx\n  plimsoll layers docker-archive:image.tar --format json",
    declare,
    run,
};

#[derive(Debug, Args)]
struct Arguments {
    /// The image
    image: String,
    #[command(flatten)]
    base: BaseOption,
}

fn declare(command: Command) -> Command {
    Arguments::augment_args(command).arg(format_option::<Layers>())
}

fn run(matches: &ArgMatches, context: &Context) -> Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let analysis = context.analyse_on(&arguments.image, arguments.base.base.as_deref(), Purpose::Overview)?;
    if analysis.layers.is_empty() {
        context.tell_note(&format!(
            "{} has no layers: it is a directory or a bill of materials",
            arguments.image
        ));
    }
    write::<Layers>(format(matches), &LayerList { analysis: &analysis, width: context.width })?;
    context.judge(&[&analysis])?;
    Ok(Exit::Done)
}
