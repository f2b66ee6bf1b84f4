//! As whom the image runs.

use plimsoll_model::{About, LintRule, Observation, SeverityLevel};

use super::{Answer, Rule};
use crate::facts::{Facts, NO_PASSWD, PASSWD};

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
    NoData(String),
}

fn who(facts: &Facts<'_>) -> Who {
    let config = match facts.config() {
        Ok(config) => config,
        Err(why) => return Who::NoData(why.to_owned()),
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
    let users = match facts.users() {
        Ok(users) => users,
        Err(why) if why == NO_PASSWD => {
            return Who::Unknown(format!("the user is {user}, and the image has no /etc/passwd"));
        }
        Err(why) => return Who::NoData(why.to_owned()),
    };
    match users.entries.iter().find(|account| account.name == user) {
        Some(account) if account.uid == 0 => Who::Root(format!("the user {user} has the number 0")),
        Some(_) => Who::Other,
        None => match facts.losses(&[PASSWD]) {
            Some(lost) => Who::NoData(lost),
            None => Who::Unknown(format!("the user is {user}, whom /etc/passwd does not have")),
        },
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

#[cfg(test)]
mod tests {
    use plimsoll_model::{Analysis, FileKind, FileTableBuilder, ImageConfig, NewFile, NodeId};

    use super::*;
    use crate::sample;

    /// How both rules come out for a user in an image with a file in /etc.
    fn check(user: &str, name: &str, expect: [(usize, Option<&str>); 2]) {
        let mut builder = FileTableBuilder::new();
        let etc = builder.insert(NodeId::ROOT, b"etc", &NewFile::IMPLICIT_DIRECTORY);
        let file = NewFile { kind: FileKind::File, ..NewFile::IMPLICIT_DIRECTORY };
        builder.insert(etc, name.as_bytes(), &file);
        let analysis = Analysis {
            files: builder.finish().0,
            config: Some(ImageConfig { user: user.to_owned(), ..ImageConfig::default() }),
            ..sample::analysis()
        };
        for (rule, expect) in [ROOT.id, UNKNOWN.id].into_iter().zip(expect) {
            let lint = sample::check(&analysis, &|id| id == rule);
            let outcome = &lint.outcomes[0];
            assert_eq!((outcome.observations, outcome.no_data.as_deref()), expect, "{rule} {user}");
        }
    }

    #[test]
    fn a_name_in_an_image_whose_users_were_not_read_may_be_anybody() {
        let unread = (0, Some("the image has an /etc/passwd that was not read"));
        check("app", "passwd", [unread, unread]);
        check("app", "hosts", [(0, Some("the image does not say which number its user has")), (1, None)]);
        check("1000", "passwd", [(0, None), (0, None)]);
        check("root", "passwd", [(1, None), (0, None)]);
    }
}
