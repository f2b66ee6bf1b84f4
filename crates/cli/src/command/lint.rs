//! `plimsoll lint IMAGE`

use anyhow::{Result, bail};
use clap::{ArgMatches, Args, Command, FromArgMatches as _};
use plimsoll_engine::{Purpose, explain, lint};
use plimsoll_model::SeverityLevel;
use plimsoll_report::lint::{LintList, Linting};

use super::{Entry, format};
use crate::arguments::BaseOption;
use crate::environment::Context;
use crate::exit::Exit;
use crate::output::{format_option, write};

pub(super) const ENTRY: Entry = Entry {
    name: "lint",
    summary: "Show what about an image is unsafe: secrets, rights, accounts, leftovers, origins",
    examples: "  plimsoll lint debian:12\n  plimsoll lint app:1.5 --fail-on high --base debian:12\n  plimsoll lint app:1.5 --rule secret-in-file --rule secret-in-history\n  plimsoll lint app:1.5 --severity negligible --skip shell-present\n  plimsoll lint app:1.5 --format sarif > plimsoll.sarif",
    declare,
    run,
};

#[derive(Debug, Args)]
struct Arguments {
    /// The image
    image: String,
    /// Only this severity or worse: negligible, low, medium, high or critical [default: low in
    /// documents for people, negligible in others]
    #[arg(long, value_name = "LEVEL", value_parser = parse_level)]
    severity: Option<SeverityLevel>,
    /// Only this rule; `plimsoll explain` lists them
    #[arg(long, value_name = "RULE", value_parser = parse_rule)]
    rule: Vec<String>,
    /// Leave this rule out
    #[arg(long, value_name = "RULE", value_parser = parse_rule)]
    skip: Vec<String>,
    /// End with exit code 1 where something of this severity or worse is found
    #[arg(long, value_name = "LEVEL", value_parser = parse_level)]
    fail_on: Option<SeverityLevel>,
    /// Days after which an image counts as old
    #[arg(long, value_name = "DAYS", default_value_t = lint::DEFAULT_MAX_AGE)]
    max_age: u32,
    #[command(flatten)]
    base: BaseOption,
}

fn parse_level(text: &str) -> Result<SeverityLevel, String> {
    SeverityLevel::from_word(text)
        .ok_or_else(|| format!("`{text}` is no severity; use negligible, low, medium, high or critical"))
}

fn parse_rule(text: &str) -> Result<String, String> {
    if lint::rules().any(|rule| rule.id == text) {
        return Ok(text.to_owned());
    }
    let near: Vec<&str> =
        explain::near(text).into_iter().filter(|id| lint::rules().any(|rule| rule.id == *id)).collect();
    let hint = if near.is_empty() {
        "`plimsoll explain` lists them".to_owned()
    } else {
        format!("near it: {}", near.join(", "))
    };
    Err(format!("there is no rule `{text}`; {hint}"))
}

fn declare(command: Command) -> Command {
    Arguments::augment_args(command).arg(format_option::<Linting>())
}

fn run(matches: &ArgMatches, context: &Context) -> Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let wanted = |id: &str| {
        (arguments.rule.is_empty() || arguments.rule.iter().any(|rule| rule == id))
            && !arguments.skip.iter().any(|rule| rule == id)
    };
    if !lint::rules().any(|rule| wanted(rule.id)) {
        bail!("--rule and --skip leave no rule to ask");
    }
    let base = arguments.base.base.as_deref();
    let analysis = context.analyse_on(&arguments.image, base, Purpose::Evidence)?;
    // Without a place for advisories there are no dates, which the rule says itself.
    let support_end = match context.advisories() {
        Ok(store) => lint::support_end(&store, &analysis)?,
        Err(_) => None,
    };
    let inputs = lint::Inputs { now: context.now(), max_age_days: Some(arguments.max_age), support_end };
    let answer = lint::check(&analysis, &inputs, &wanted);
    let for_people = matches!(format(matches), "table" | "markdown");
    let usual = if for_people { SeverityLevel::Low } else { SeverityLevel::Unknown };
    let least = arguments.severity.unwrap_or(usual);
    let mut list = LintList::new(&analysis, &answer);
    list.width = context.width;
    list.selected
        .retain(|position| answer.observations.get(*position).is_some_and(|each| each.severity >= least));
    write::<Linting>(format(matches), &list)?;
    context.judge(&[&analysis])?;
    let is_reached = arguments
        .fail_on
        .is_some_and(|threshold| answer.observations.iter().any(|each| each.severity >= threshold));
    // What a package database or a registry does not record is told as "no data" with every image;
    // the answer as a whole is incomplete where the source lacks the configuration or the files.
    let is_incomplete = analysis.config.is_none() || analysis.evidence.is_none();
    Ok(if is_reached {
        Exit::Found
    } else if is_incomplete && answer.without_data().next().is_some() {
        Exit::Incomplete
    } else {
        Exit::Done
    })
}
