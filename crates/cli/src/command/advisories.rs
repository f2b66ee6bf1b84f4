//! `plimsoll advisories`: fetching what publishers say, and what is here of it.

use std::path::PathBuf;

use anyhow::Result;
use clap::{ArgMatches, Args, Command, FromArgMatches as _};
use plimsoll_engine::advisories::{UpdateOptions, Updated};
use plimsoll_report::advisory_status::{Advisories, AdvisoryStatus};
use plimsoll_report::units;

use super::{Entry, format};
use crate::environment::Context;
use crate::exit::Exit;
use crate::message::{Kind, tell_line};
use crate::output::{format_option, write, write_text};

pub(super) const ENTRY: Entry = Entry {
    name: "advisories",
    summary: "Fetch advisories, or show which are here",
    examples: "  plimsoll advisories update\n  plimsoll advisories update debian-tracker osv/PyPI kev epss\n  plimsoll advisories update --from /media/feeds\n  plimsoll advisories status\n  plimsoll advisories export advisories.db",
    declare,
    run,
};

#[derive(Debug, Args)]
struct Update {
    /// Feeds, or parts of them such as osv/PyPI; none for all
    feeds: Vec<String>,
    /// Take the files of this folder, as their publishers serve them, instead of the network
    #[arg(long, value_name = "DIR", conflicts_with_all = ["feeds", "mirror"])]
    from: Option<PathBuf>,
    /// Ask this server, which has each file at FEED/PATH, instead of the publishers
    #[arg(long, value_name = "URL")]
    mirror: Option<String>,
}

#[derive(Debug, Args)]
struct Place {
    /// The file
    file: PathBuf,
}

fn declare(command: Command) -> Command {
    let sub = |name: &'static str, about: &'static str| Command::new(name).about(about);
    command
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Update::augment_args(sub("update", "Fetch feeds and build the database anew")))
        .subcommand(
            sub("status", "Show each feed: rows, newest entry, age").arg(format_option::<Advisories>()),
        )
        .subcommand(Place::augment_args(sub(
            "export",
            "Copy the database to a file, for a machine without a network",
        )))
        .subcommand(Place::augment_args(sub(
            "import",
            "Take an exported database in the place of the one here",
        )))
}

fn run(matches: &ArgMatches, context: &Context) -> Result<Exit> {
    let store = context.advisories()?;
    match matches.subcommand() {
        Some(("update", own)) => {
            let update = Update::from_arg_matches(own)?;
            let updated = match &update.from {
                Some(folder) => store.update_from(folder, context.progress())?,
                None => {
                    let options = UpdateOptions {
                        feeds: update.feeds,
                        mirror: update.mirror,
                        transport: context.transport.clone(),
                    };
                    store.update(&options, context.progress())?
                }
            };
            let exit = tell(&updated)?;
            context.judge_count(updated.problems.len())?;
            Ok(exit)
        }
        Some(("export", own)) => {
            let facts = store.export(&Place::from_arg_matches(own)?.file)?;
            write_text(&format!("{} feeds exported\n", facts.feeds.len()))?;
            Ok(Exit::Done)
        }
        Some(("import", own)) => {
            let facts = store.import(&Place::from_arg_matches(own)?.file)?;
            write_text(&format!("{} feeds imported\n", facts.feeds.len()))?;
            Ok(Exit::Done)
        }
        Some((_, own)) => {
            let database = store.open()?;
            let now = context.now();
            let view = AdvisoryStatus {
                database: database.facts(),
                place: None,
                now: now.as_deref(),
                width: context.width,
            };
            write::<Advisories>(format(own), &view)?;
            Ok(Exit::Done)
        }
        None => anyhow::bail!("there is no such command; see `plimsoll advisories --help`"),
    }
}

/// Says what an update did. Where a feed failed, the answer is incomplete and the exit code says so.
fn tell(updated: &Updated) -> Result<Exit> {
    let rows: u64 = updated.facts.feeds.iter().map(|feed| feed.advisories + feed.enrichments).sum();
    let feeds = units::counted(updated.facts.feeds.len() as u64, "feed");
    write_text(&format!("{feeds}, {}\n", units::counted(rows, "entry")))?;
    for problem in &updated.problems {
        tell_line(Kind::Warning, &problem.to_string());
    }
    Ok(if updated.is_complete() { Exit::Done } else { Exit::Incomplete })
}
