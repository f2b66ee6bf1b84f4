//! As whom the image runs.

use plimsoll_model::{About, LintRule, Observation, SeverityLevel};

use super::{Answer, Rule};
use crate::facts::Facts;

/// The image runs as root.
#[derive(Debug, Clone, Copy)]
pub struct RunsAsRoot;

/// The image names a user that it does not have.
#[derive(Debug, Clone, Copy)]
pub struct UnknownUser;

const ROOT: LintRule = LintRule {
    id: "runs-as-root",
    title: "Runs as root",
    severity: SeverityLevel::Medium,
    why: "Whoever takes over the program has root's rights inside the container, and a flaw of the kernel or the runtime away from that, root's on the host.",
    remedy: "Make a user in the image and name it with USER, best by its number, so that an orchestrator can see that it is not root.",
};

const UNKNOWN: LintRule = LintRule {
    id: "user-unknown",
    title: "Runs as a user that the image does not have",
    severity: SeverityLevel::High,
    why: "No runtime starts a container as a user whose name the image's /etc/passwd does not have.",
    remedy: "Make the user in the image, or name it by its number.",
};

/// What `User` of the configuration comes to.
enum Who {
    Root(String),
    Other,
    Unknown(String),
    NoData(&'static str),
}

fn who(facts: &Facts<'_>) -> Who {
    let config = match facts.config() {
        Ok(config) => config,
        Err(why) => return Who::NoData(why),
    };
    let user = config.user.split(':').next().unwrap_or_default();
    if user.is_empty() {
        return Who::Root("no user is named, which means root".to_owned());
    }
    if let Ok(number) = user.parse::<u32>() {
        return if number == 0 { Who::Root("the user is 0".to_owned()) } else { Who::Other };
    }
    if user == "root" {
        return Who::Root("the user is root".to_owned());
    }
    let evidence = match facts.evidence() {
        Ok(evidence) => evidence,
        Err(why) => return Who::NoData(why),
    };
    let Some(users) = &evidence.accounts.users else {
        return Who::Unknown(format!("the user is {user}, and the image has no /etc/passwd"));
    };
    match users.entries.iter().find(|account| account.name == user) {
        Some(account) if account.uid == 0 => Who::Root(format!("the user {user} has the number 0")),
        Some(_) => Who::Other,
        None => Who::Unknown(format!("the user is {user}, whom /etc/passwd does not have")),
    }
}

impl Rule for RunsAsRoot {
    fn doc(&self) -> &'static LintRule {
        &ROOT
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        match who(facts) {
            Who::Root(detail) => Answer::found(vec![setting(&ROOT, detail)]),
            Who::Other => Answer::default(),
            Who::Unknown(_) => Answer::no_data("the image does not say which number its user has"),
            Who::NoData(why) => Answer::no_data(why),
        }
    }
}

impl Rule for UnknownUser {
    fn doc(&self) -> &'static LintRule {
        &UNKNOWN
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        match who(facts) {
            Who::Unknown(detail) => Answer::found(vec![setting(&UNKNOWN, detail)]),
            Who::Root(_) | Who::Other => Answer::default(),
            Who::NoData(why) => Answer::no_data(why),
        }
    }
}

fn setting(rule: &'static LintRule, detail: String) -> Observation {
    Facts::observe(rule, About::Setting("User".to_owned()), detail)
}
