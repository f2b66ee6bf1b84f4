//! `plimsoll packages IMAGE [NAME…]`

use anyhow::Result;
use clap::{ArgMatches, Args, Command, FromArgMatches as _};
use plimsoll_engine::Purpose;
use plimsoll_report::packages::{PackageList, Packages};

use super::{Entry, format, globs};
use crate::arguments::BaseOption;
use crate::environment::Context;
use crate::exit::Exit;
use crate::output::{format_option, write};

pub(super) const ENTRY: Entry = Entry {
    name: "packages",
    summary: "List the packages of an image",
    examples: "  plimsoll packages debian:12\n  plimsoll packages debian:12 'lib*' openssl\n  plimsoll packages nginx --format spdx > nginx.spdx.json\n  plimsoll packages dir:/ --format csv",
    declare,
    run,
};

#[derive(Debug, Args)]
struct Arguments {
    /// The image
    image: String,
    /// Only packages of these names; * and ? match any characters
    names: Vec<String>,
    /// List what lock files merely name as well
    #[arg(long)]
    declared: bool,
    #[command(flatten)]
    base: BaseOption,
}

fn declare(command: Command) -> Command {
    Arguments::augment_args(command).arg(format_option::<Packages>())
}

fn run(matches: &ArgMatches, context: &Context) -> Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let wanted = globs(&arguments.names, false)?;
    let analysis = context.analyse_on(&arguments.image, arguments.base.base.as_deref(), Purpose::Overview)?;
    let selected = (0..analysis.packages.len())
        .filter(|position| {
            let package = &analysis.packages[*position];
            (arguments.declared || !package.declared)
                && wanted.as_ref().is_none_or(|globs| globs.is_match(&package.name))
        })
        .collect();
    for name in &arguments.names {
        if globs(std::slice::from_ref(name), false)?
            .is_some_and(|globs| !analysis.packages.iter().any(|package| globs.is_match(&package.name)))
        {
            context.tell_note(&format!("no package of {} is called {name}", arguments.image));
        }
    }
    let view = PackageList { analysis: &analysis, selected, width: context.width };
    write::<Packages>(format(matches), &view)?;
    context.judge(&[&analysis])?;
    Ok(Exit::Done)
}
