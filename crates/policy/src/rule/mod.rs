//! The rules, one file for each or for each family. To add one: its file, its `mod` line, its
//! entry in [`ALL`].
//!
//! A rule passes where it saw what it is about and found nothing wrong with it. Where what it is
//! about is not there at all, it says so as "no data" instead: rules about accounts without an
//! `/etc/passwd`, about package sources without any, about packages and who lists a file without
//! packages, about files without files. That there is no shell, no cache or no SSH server in an
//! image of a single program is what their rules are there to find out: those pass.

pub mod account;
pub mod age;
pub mod cache;
pub mod device;
pub mod exposure;
pub mod health;
pub mod history;
pub mod leftover;
pub mod origin;
pub mod privilege;
pub mod secret;
pub mod ssh;
pub mod tool;
pub mod unowned;
pub mod user;
pub mod writable;

use plimsoll_model::{LintRule, Observation};

use crate::facts::Facts;

/// One thing to find.
pub trait Rule: Sync + std::fmt::Debug {
    /// What it is.
    fn doc(&self) -> &'static LintRule;

    /// Looks for it.
    fn check(&self, facts: &Facts<'_>) -> Answer;
}

/// Observations of one rule that are kept. Real images have some hundreds; a hostile one may have
/// millions of files that everybody may write, and each would be a line of the report.
pub(crate) const MAX_OBSERVATIONS: usize = 50_000;

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// What it found.
    pub observations: Vec<Observation>,
    /// What it could not look at, and why.
    pub no_data: Option<String>,
}

impl Answer {
    /// It saw all that it needed, and this is what it found.
    #[must_use]
    pub const fn found(observations: Vec<Observation>) -> Self {
        Self { observations, no_data: None }
    }

    /// The same with no more than are kept; what is beyond is told.
    #[must_use]
    pub(crate) fn bounded(mut self) -> Self {
        if self.observations.len() > MAX_OBSERVATIONS {
            self.observations.truncate(MAX_OBSERVATIONS);
            let more = format!("more than {MAX_OBSERVATIONS} were found; the others are not listed");
            self.no_data = Some(self.no_data.map_or_else(|| more.clone(), |why| format!("{why}; {more}")));
        }
        self
    }

    /// It could not look.
    #[must_use]
    pub fn no_data(why: impl Into<String>) -> Self {
        Self { observations: Vec::new(), no_data: Some(why.into()) }
    }

    /// What it found, or why it could not look.
    #[must_use]
    pub fn of(outcome: Result<Vec<Observation>, &'static str>) -> Self {
        outcome.map_or_else(Self::no_data, Self::found)
    }
}

/// Every rule there is, in the order in which they are asked and listed.
pub const ALL: &[&dyn Rule] = &[
    &user::RunsAsRoot,
    &user::UnknownUser,
    &secret::InFile,
    &secret::InEnvironment,
    &secret::InLabel,
    &secret::InCommand,
    &secret::InHistory,
    &account::EmptyPassword,
    &account::WeakPassword,
    &account::Password,
    &account::SecondRoot,
    &account::SharedUser,
    &account::ServiceShell,
    &ssh::AuthorizedKeys,
    &ssh::HostKeys,
    &ssh::Server,
    &ssh::Settings,
    &privilege::SetUser,
    &privilege::SetGroup,
    &privilege::Capability,
    &writable::Files,
    &writable::Directories,
    &device::Nodes,
    &exposure::Ports,
    &exposure::Volumes,
    &health::Missing,
    &history::AddFromAddress,
    &history::PipeToShell,
    &history::Unauthenticated,
    &history::TrustedHost,
    &history::CertificatesUnchecked,
    &history::ChangedToWritable,
    &history::Sudo,
    &history::ListsKept,
    &history::ReleaseUpgrade,
    &origin::ForeignPackages,
    &origin::UnsignedPackages,
    &origin::ForeignSources,
    &origin::UncheckedSources,
    &unowned::Executables,
    &tool::Shells,
    &tool::PackageManagers,
    &tool::Compilers,
    &tool::Debuggers,
    &tool::NetworkTools,
    &cache::LeftBehind,
    &leftover::OfBuild,
    &age::OldImage,
    &age::EndOfLife,
];

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn every_rule_says_what_it_is() {
        let mut ids: Vec<&str> = ALL.iter().map(|rule| rule.doc().id).collect();
        let count = ids.len();
        for rule in ALL {
            let doc = rule.doc();
            assert!(
                doc.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            );
            for text in [doc.why, doc.remedy] {
                assert!(text.ends_with('.') && text.len() > 20, "{}: {text}", doc.id);
            }
            assert!(!doc.title.ends_with('.') && !doc.title.is_empty(), "{}", doc.id);
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
