//! `plimsoll inspect IMAGE`

use anyhow::Result;
use clap::{ArgMatches, Args, Command, FromArgMatches as _};
use plimsoll_engine::{Purpose, Question};
use plimsoll_report::overview::{Inspection, Overview};

use super::Entry;
use crate::arguments::{BaseOption, KeyOption};
use crate::environment::Context;
use crate::exit::Exit;
use crate::output::{format_option, write};

pub(super) const ENTRY: Entry = Entry {
    name: "inspect",
    summary: "Show what an image is, on one screen",
    examples: "  plimsoll inspect debian:12\n  plimsoll inspect --platform linux/arm64 nginx\n  plimsoll inspect oci:build/image --format json\n  plimsoll inspect registry.example/app:1.5 --base registry.example/base:3 --key cosign.pub",
    declare,
    run,
};

#[derive(Debug, Args)]
struct Arguments {
    /// The image
    image: String,
    /// Do not ask what is attached to it: signatures, attestations, VEX
    #[arg(long)]
    no_attached: bool,
    #[command(flatten)]
    base: BaseOption,
    #[command(flatten)]
    key: KeyOption,
}

fn declare(command: Command) -> Command {
    Arguments::augment_args(command).arg(format_option::<Inspection>())
}

fn run(matches: &ArgMatches, context: &Context) -> Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let key = arguments.key.read()?;
    let question = Question {
        base: arguments.base.base.as_deref(),
        attachments: !arguments.no_attached,
        key: key.as_ref(),
        ..Purpose::Overview.into()
    };
    let analysis = context.ask(&arguments.image, &question)?.analysis;
    let view = Overview { analysis: &analysis, width: context.width };
    write::<Inspection>(super::format(matches), &view)?;
    context.judge_told(&[&analysis])?;
    Ok(Exit::Done)
}
