//! The one table of exit codes, for all commands.

use std::io;
use std::process::ExitCode;

use plimsoll_engine::advisories::AdvisoryError;
use plimsoll_engine::vulnerabilities::VulnerabilityError;

use crate::message::{Kind, tell_line};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done; same, clean, pass.
    Done,
    /// What was asked about was found: different, over the threshold, fail.
    Found,
    /// Wrong use, or input that cannot be read.
    Unusable,
    /// The answer is incomplete, or there is no data for one.
    Incomplete,
}

/// The table as help pages show it.
pub(crate) const TABLE: &str = "\
Exit codes:
  0  done (same, clean, pass)
  1  what was asked about was found (different, over the threshold, fail)
  2  wrong use or unreadable input
  3  incomplete or no data";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Found => 1,
            Exit::Unusable => 2,
            Exit::Incomplete => 3,
        })
    }
}

/// Damage was met and the user asked to be strict about it.
#[derive(Debug)]
pub(crate) struct Strict(pub(crate) usize);

impl std::fmt::Display for Strict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (count, word) = (self.0, if self.0 == 1 { "problem" } else { "problems" });
        write!(
            f,
            "the answer may be incomplete: {count} {word} met, and --strict was given; `plimsoll inspect` names them"
        )
    }
}

impl std::error::Error for Strict {}

/// Tells of an error and gives its exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe))
    {
        // Whoever read our output has seen enough.
        return Exit::Done.into();
    }
    tell_line(Kind::Error, &whole_message(error));
    exit_of(error).into()
}

/// What an error stands for: no data and an incomplete answer are no wrong use.
fn exit_of(error: &anyhow::Error) -> Exit {
    let advisories = error.chain().find_map(|cause| {
        // A transparent error is no cause of its own: what it wraps is not in the chain.
        let wrapped = cause.downcast_ref::<VulnerabilityError>().and_then(|error| match error {
            VulnerabilityError::Advisories(error) => Some(error),
            VulnerabilityError::Document { .. } => None,
        });
        wrapped.or_else(|| cause.downcast_ref::<AdvisoryError>())
    });
    let no_data = matches!(advisories, Some(AdvisoryError::NoDatabase | AdvisoryError::NothingFetched(_)));
    if no_data || error.downcast_ref::<Strict>().is_some() { Exit::Incomplete } else { Exit::Unusable }
}

/// The message with its causes, each said once: most messages of ours hold their cause already.
fn whole_message(error: &anyhow::Error) -> String {
    let mut message = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if message.contains(&text) {
            continue;
        }
        if !message.is_empty() {
            message.push_str(": ");
        }
        message.push_str(&text);
    }
    message
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    fn check(error: impl Into<anyhow::Error>, expect: Exit) {
        let error = error.into();
        assert_eq!(exit_of(&error), expect, "{error}");
        let told = Err::<(), _>(error).context("what was being done").unwrap_err();
        assert_eq!(exit_of(&told), expect, "{told:#}");
    }

    #[test]
    fn no_data_is_no_wrong_use_whoever_asked_for_it() {
        check(AdvisoryError::NoDatabase, Exit::Incomplete);
        check(VulnerabilityError::from(AdvisoryError::NoDatabase), Exit::Incomplete);
        check(Strict(1), Exit::Incomplete);
        let document = VulnerabilityError::Document { file: "a".to_owned(), reason: "b".to_owned() };
        check(document, Exit::Unusable);
        check(anyhow::anyhow!("anything else"), Exit::Unusable);
    }
}
