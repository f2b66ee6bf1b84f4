//! `plimsoll vulns IMAGE`

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{ArgMatches, Args, Command, FromArgMatches as _};
use plimsoll_engine::vulnerabilities::{Advisor, VulnerabilityOptions};
use plimsoll_engine::{Purpose, Question};
use plimsoll_model::{Analysis, Conclusion, Finding, SeverityLevel, Verdict, Vulnerabilities};
use plimsoll_report::explanation::{Explained, Explanation};
use plimsoll_report::vulnerabilities::{VulnerabilityList, Vulns};

use super::{Entry, format, globs};
use crate::arguments::{AttachedVexOption, BaseOption};
use crate::environment::Context;
use crate::exit::Exit;
use crate::message::{Kind, tell_line};
use crate::output::{format_option, write};

pub(super) const ENTRY: Entry = Entry {
    name: "vulns",
    summary: "Show which known vulnerabilities are in an image, and what fixes them",
    examples: "  plimsoll vulns debian:12\n  plimsoll vulns sbom:app.cdx.json --only-fixed\n  plimsoll vulns app:1.5 --fail-on high,fixable\n  plimsoll vulns debian:12 --explain CVE-2023-4911\n  plimsoll vulns app:1.5 --format sarif > plimsoll.sarif",
    declare,
    run,
};

#[derive(Debug, Args)]
struct Arguments {
    /// The image
    image: String,
    /// Only what a newer version fixes
    #[arg(long)]
    only_fixed: bool,
    /// Only this severity or worse: low, medium, high or critical
    #[arg(long, value_name = "LEVEL", value_parser = parse_level)]
    severity: Option<SeverityLevel>,
    /// Only what is known to be exploited (CISA KEV)
    #[arg(long)]
    kev: bool,
    /// Only packages of this name; * and ? match any characters
    #[arg(long, value_name = "NAME")]
    package: Vec<String>,
    /// End with exit code 1 where something of this severity or worse is affected; `any` takes
    /// unknown severity too; `fixable` and `kev` after a comma narrow it down
    #[arg(long, value_name = "LEVEL[,fixable][,kev]", value_parser = parse_threshold)]
    fail_on: Option<Threshold>,
    /// Show the whole chain behind one vulnerability
    #[arg(long, value_name = "ID")]
    explain: Option<String>,
    /// VEX document (OpenVEX, CSAF or CycloneDX) whose statements lift findings
    #[arg(long, value_name = "FILE")]
    vex: Vec<PathBuf>,
    #[command(flatten)]
    base: BaseOption,
    #[command(flatten)]
    attached: AttachedVexOption,
    /// Ignore entries, each with a reason, an owner and an end date
    #[arg(long, value_name = "FILE")]
    ignore: Vec<PathBuf>,
    /// Days since a feed was fetched beyond which it counts as no data
    #[arg(long, value_name = "DAYS")]
    max_age: Option<u32>,
}

/// What makes a run fail.
#[derive(Debug, Clone, Copy)]
struct Threshold {
    level: SeverityLevel,
    fixable: bool,
    kev: bool,
}

fn parse_level(text: &str) -> Result<SeverityLevel, String> {
    if text == "any" {
        return Ok(SeverityLevel::Unknown);
    }
    SeverityLevel::from_word(text)
        .ok_or_else(|| format!("`{text}` is no severity; use any, low, medium, high or critical"))
}

fn parse_threshold(text: &str) -> Result<Threshold, String> {
    let mut words = text.split(',');
    let level = parse_level(words.next().unwrap_or_default())?;
    let mut threshold = Threshold { level, fixable: false, kev: false };
    for word in words {
        match word {
            "fixable" => threshold.fixable = true,
            "kev" => threshold.kev = true,
            _ => return Err(format!("`{word}` narrows nothing down; use fixable or kev")),
        }
    }
    Ok(threshold)
}

impl Threshold {
    fn is_reached(self, finding: &Finding) -> bool {
        finding.verdict == Verdict::Affected
            && finding.severity >= self.level
            && (!self.fixable || finding.fixed_version.is_some())
            && (!self.kev || finding.known_exploited.is_some())
    }
}

fn declare(command: Command) -> Command {
    Arguments::augment_args(command).arg(format_option::<Vulns>())
}

fn run(matches: &ArgMatches, context: &Context) -> Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    // What cannot be answered is refused before anything is read, as everywhere.
    let format = format(matches);
    if arguments.explain.is_some() && !matches!(format, "table" | "json") {
        bail!("--explain is written as table or json, not as {format}");
    }
    let wanted = globs(&arguments.package, false)?;
    let options = VulnerabilityOptions {
        vex: arguments.vex.clone(),
        ignores: arguments.ignore.clone(),
        oldest_fetch: arguments.max_age,
        trust_attached: arguments.attached.trusts(),
    };
    let advisor = Advisor::open(&context.advisories()?, &options)?;
    let key = arguments.attached.key()?;
    let question = Question {
        base: arguments.base.base.as_deref(),
        attachments: arguments.attached.looks(),
        key: key.as_ref(),
        ..Purpose::Overview.into()
    };
    let asked = context.ask(&arguments.image, &question)?;
    let analysis = asked.analysis;
    let answer = advisor.find(&analysis, &asked.vex);
    if let Some(id) = &arguments.explain {
        return explain(&advisor, &analysis, &answer, id, format, context);
    }
    let mut list = VulnerabilityList::new(&analysis, &answer);
    list.now = advisor.now();
    list.width = context.width;
    list.selected.retain(|position| {
        answer.findings.get(*position).is_some_and(|finding| {
            let name = analysis.packages.get(finding.package as usize).map(|package| &package.name);
            (!arguments.only_fixed || finding.fixed_version.is_some())
                && arguments.severity.is_none_or(|level| finding.severity >= level)
                && (!arguments.kev || finding.known_exploited.is_some())
                && wanted.as_ref().is_none_or(|globs| name.is_some_and(|name| globs.is_match(name)))
        })
    });
    if format == "openvex" && list.selected.is_empty() {
        let note = "there is no finding that an OpenVEX document could state, so none is written; \
                    --format cyclonedx-vex and json tell what was judged";
        tell_line(Kind::Note, note);
    }
    write::<Vulns>(format, &list)?;
    context.judge(&[&analysis])?;
    if let Some(note) = arguments.fail_on.and_then(|threshold| uncounted(&answer, threshold)) {
        context.tell_note(&note);
    }
    Ok(outcome(&answer, arguments.fail_on))
}

/// What a threshold by severity cannot see: findings that no feed gives a severity.
fn uncounted(answer: &Vulnerabilities, threshold: Threshold) -> Option<String> {
    let is_unknown = |finding: &&Finding| {
        finding.verdict == Verdict::Affected && finding.severity == SeverityLevel::Unknown
    };
    let count = answer.findings.iter().filter(is_unknown).filter(|each| !threshold.is_reached(each)).count();
    (count > 0 && threshold.level > SeverityLevel::Unknown).then(|| {
        format!("{count} findings of unknown severity do not count for --fail-on; `any` counts them too")
    })
}

/// Findings over the threshold come before missing data; without a threshold only missing data
/// is told by the exit code.
fn outcome(answer: &Vulnerabilities, threshold: Option<Threshold>) -> Exit {
    if threshold.is_some_and(|threshold| answer.findings.iter().any(|each| threshold.is_reached(each))) {
        Exit::Found
    } else if answer.conclusion() == Conclusion::NoData || !answer.is_complete() {
        Exit::Incomplete
    } else {
        Exit::Done
    }
}

fn explain(
    advisor: &Advisor,
    analysis: &Analysis,
    answer: &Vulnerabilities,
    id: &str,
    format: &str,
    context: &Context,
) -> Result<Exit> {
    let statements = advisor.explain(analysis, id)?;
    let view = Explanation {
        analysis,
        answer,
        id,
        statements: &statements,
        now: advisor.now(),
        width: context.width,
    };
    write::<Explained>(format, &view)?;
    Ok(if statements.is_empty() { Exit::Incomplete } else { Exit::Done })
}
