//! `plimsoll diff A B [C…]`

use anyhow::{Result, bail};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches as _};
use plimsoll_engine::advisories::AdvisoryError;
use plimsoll_engine::vulnerabilities::{Advisor, VulnerabilityError, VulnerabilityOptions};
use plimsoll_engine::{Purpose, Question, order_versions};
use plimsoll_model::Analysis;
use plimsoll_model::compare::{Rules, Verdict, compare_by, compare_many};
use plimsoll_report::difference::matrix::{MatrixView, PackageMatrix};
use plimsoll_report::difference::{Difference, DifferenceView, Only, Options, Sections};
use plimsoll_report::{Document as _, find};

use super::{Entry, format};
use crate::arguments::AttachedVexOption;
use crate::environment::Context;
use crate::exit::Exit;
use crate::output::{format_option, write};

pub(super) const ENTRY: Entry = Entry {
    name: "diff",
    summary: "Show what differs between two images, or more",
    examples: "  plimsoll diff oraclelinux:7 oraclelinux:7-slim\n  plimsoll diff app:1.4 app:1.5 --all --format markdown\n  plimsoll diff debian:12 debian:12-slim --vulns\n  plimsoll diff --exit-code docker-archive:before.tar docker-archive:after.tar\n  plimsoll diff python:3.12 python:3.12-slim python:3.12-alpine",
    declare,
    run,
};

#[derive(Debug, Args)]
struct Arguments {
    /// The images, the one to start from first; three or more make a matrix of packages
    #[arg(required = true, num_args = 2.., value_name = "IMAGE")]
    images: Vec<String>,
    /// Show files too
    #[arg(long)]
    files: bool,
    /// Show the configuration too
    #[arg(long)]
    config: bool,
    /// Show layers too
    #[arg(long)]
    layers: bool,
    /// Show vulnerabilities too: new, fixed, and still there
    #[arg(long)]
    vulns: bool,
    /// Show everything; vulnerabilities where advisories are on this machine
    #[arg(long)]
    all: bool,
    /// Name every single file, also of packages that came or went as a whole
    #[arg(long)]
    every_file: bool,
    /// Count a file whose modification time alone differs as changed
    #[arg(long)]
    times: bool,
    /// End with exit code 1 where the images differ
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    attached: AttachedVexOption,
}

fn declare(command: Command) -> Command {
    let only = Arg::new("only")
        .long("only")
        .value_name("CHANGE")
        .help("Show only this kind of change; totals stay those of the whole comparison")
        .value_parser(PossibleValuesParser::new(Only::ALL.map(|(_, word)| word)));
    Arguments::augment_args(command).arg(only).arg(format_option::<Difference>())
}

fn run(matches: &ArgMatches, context: &Context) -> Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let outcome = match arguments.images.as_slice() {
        [before, after] => compare_two([before, after], &arguments, matches, context)?,
        several => compare_several(several, &arguments, matches, context)?,
    };
    Ok(if arguments.exit_code { outcome } else { Exit::Done })
}

fn compare_two(
    images: [&str; 2],
    arguments: &Arguments,
    matches: &ArgMatches,
    context: &Context,
) -> Result<Exit> {
    let advisor = advisor(arguments, context)?;
    let key = arguments.attached.key()?;
    let question = Question {
        attachments: advisor.is_some() && arguments.attached.looks(),
        key: key.as_ref(),
        ..Purpose::Digests.into()
    };
    let [before, after] = images;
    let (before, after) = (context.ask(before, &question)?, context.ask(after, &question)?);
    let (attached_before, attached_after) = (before.vex, after.vex);
    let (before, after) = (&before.analysis, &after.analysis);
    let mut comparison = compare_by(before, after, &order_versions, Rules { times: arguments.times });
    if let Some(advisor) = advisor {
        let (old, new) = (advisor.find(before, &attached_before), advisor.find(after, &attached_after));
        comparison = comparison.with_vulnerabilities((before, &old), (after, &new));
    }
    let options = Options {
        sections: Sections {
            packages: true,
            files: arguments.files || arguments.every_file || arguments.all,
            config: arguments.config || arguments.all,
            layers: arguments.layers || arguments.all,
        },
        only: only(matches),
        every_file: arguments.every_file,
        width: context.width,
    };
    let view = DifferenceView { before, after, comparison: &comparison, options };
    write::<Difference>(format(matches), &view)?;
    context.judge(&[before, after])?;
    Ok(match comparison.verdict {
        Verdict::Identical | Verdict::ContentEqual => Exit::Done,
        Verdict::Undetermined => Exit::Incomplete,
        Verdict::Different => Exit::Found,
    })
}

fn compare_several(
    images: &[String],
    arguments: &Arguments,
    matches: &ArgMatches,
    context: &Context,
) -> Result<Exit> {
    let details = [
        (arguments.files, "--files"),
        (arguments.every_file, "--every-file"),
        (arguments.config, "--config"),
        (arguments.layers, "--layers"),
        (arguments.vulns, "--vulns"),
        (arguments.all, "--all"),
        (arguments.times, "--times"),
    ];
    let asked: Vec<&str> = details.into_iter().filter(|(asked, _)| *asked).map(|(_, name)| name).collect();
    if !asked.is_empty() {
        bail!("three images or more are compared by their packages only: leave out {}", asked.join(", "));
    }
    if only(matches).is_some() {
        bail!("--only is for two images: among three or more nothing is before or after");
    }
    let format = format(matches);
    if find::<PackageMatrix>(format).is_none() {
        let formats: Vec<&str> = PackageMatrix::FORMATS.iter().map(|format| format.id).collect();
        bail!("three images or more are not written as {format}; use {}", formats.join(", "));
    }
    let analyses: Vec<Analysis> =
        images.iter().map(|image| context.analyse(image, Purpose::Digests)).collect::<Result<_>>()?;
    let seen: Vec<&Analysis> = analyses.iter().collect();
    let matrix = compare_many(&seen);
    let view = MatrixView { images: &seen, matrix: &matrix, width: context.width };
    write::<PackageMatrix>(format, &view)?;
    context.judge(&seen)?;
    Ok(if matrix.rows.is_empty() { Exit::Done } else { Exit::Found })
}

/// Who judges the images. `--all` shows what it can; `--vulns` alone asks for it.
fn advisor(arguments: &Arguments, context: &Context) -> Result<Option<Advisor>> {
    if !arguments.vulns && !arguments.all {
        return Ok(None);
    }
    let store = match context.advisories() {
        Ok(store) => store,
        Err(_) if !arguments.vulns => return Ok(None),
        Err(error) => return Err(error),
    };
    let options = VulnerabilityOptions {
        trust_attached: arguments.attached.trusts(),
        ..VulnerabilityOptions::default()
    };
    match Advisor::open(&store, &options) {
        Err(VulnerabilityError::Advisories(AdvisoryError::NoDatabase)) if !arguments.vulns => Ok(None),
        other => Ok(Some(other?)),
    }
}

fn only(matches: &ArgMatches) -> Option<Only> {
    let wanted = matches.get_one::<String>("only")?;
    Only::ALL.iter().find(|(_, word)| word == wanted).map(|(only, _)| *only)
}
