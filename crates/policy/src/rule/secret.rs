//! Secrets, in files of any layer and in the configuration.

use plimsoll_catalog::evidence::secrets::{
    FoundSecret, SecretKind, find_rule, scan_instruction, scan_setting,
};
use plimsoll_model::{About, LintRule, Observation, Secret, SeverityLevel};

use super::{Answer, Rule};
use crate::facts::{Facts, graded, is_of_distribution};

/// Secrets in files.
#[derive(Debug, Clone, Copy)]
pub struct InFile;

/// Secrets in the environment.
#[derive(Debug, Clone, Copy)]
pub struct InEnvironment;

/// Secrets in labels.
#[derive(Debug, Clone, Copy)]
pub struct InLabel;

/// Secrets in the commands that the image runs.
#[derive(Debug, Clone, Copy)]
pub struct InCommand;

/// Secrets in the history.
#[derive(Debug, Clone, Copy)]
pub struct InHistory;

const WHY: &str = "Everybody who can pull the image has it, for as long as the image is anywhere; removing it in a later layer hides it from nobody.";
const REMEDY: &str = "Take it back or change it where it is valid, then build without it: RUN --mount=type=secret for the build, secrets of the orchestrator at run time.";

const FILE: LintRule = LintRule {
    id: "secret-in-file",
    title: "Secret in a file",
    severity: SeverityLevel::High,
    why: WHY,
    remedy: REMEDY,
};
const ENVIRONMENT: LintRule = LintRule {
    id: "secret-in-environment",
    title: "Secret in the environment",
    severity: SeverityLevel::High,
    why: WHY,
    remedy: REMEDY,
};
const LABEL: LintRule = LintRule {
    id: "secret-in-label",
    title: "Secret in a label",
    severity: SeverityLevel::High,
    why: WHY,
    remedy: REMEDY,
};
const COMMAND: LintRule = LintRule {
    id: "secret-in-command",
    title: "Secret in a command that the image runs",
    severity: SeverityLevel::High,
    why: WHY,
    remedy: REMEDY,
};
const HISTORY: LintRule = LintRule {
    id: "secret-in-history",
    title: "Secret in the history",
    severity: SeverityLevel::High,
    why: WHY,
    remedy: REMEDY,
};

/// How bad a secret of a rule is, where it is real.
fn severity(id: &str, is_verified: bool) -> SeverityLevel {
    match (find_rule(id).map(|rule| rule.kind), is_verified) {
        (Some(SecretKind::Key), true) => SeverityLevel::Critical,
        (Some(SecretKind::Token), true) => SeverityLevel::Critical,
        (Some(SecretKind::Key | SecretKind::Token), false) => SeverityLevel::High,
        (Some(SecretKind::ProtectedKey), _) => SeverityLevel::Medium,
        (Some(SecretKind::Password) | None, _) => SeverityLevel::High,
    }
}

fn title(id: &str) -> &str {
    find_rule(id).map_or(id, |rule| rule.title)
}

/// Beyond the value, what was found: never the value.
fn describe(id: &str, shown: &str, is_verified: bool, more: u32) -> String {
    let shown = if shown == "…" { String::new() } else { format!(" ({shown})") };
    let verified = if is_verified { ", its form or checksum verified" } else { "" };
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    format!("{}{shown}{verified}{more}", title(id))
}

fn in_setting(rule: &'static LintRule, about: &About, found: Vec<FoundSecret>) -> Vec<Observation> {
    found
        .into_iter()
        .map(|each| {
            let detail = describe(each.rule, &each.shown, each.is_verified, each.more);
            let observation = Facts::observe(rule, about.clone(), detail);
            graded(
                Observation { secret: Some(each.rule.to_owned()), ..observation },
                severity(each.rule, each.is_verified),
            )
        })
        .collect()
}

/// Places where packages of languages are installed as they were published: what is in them,
/// everybody has who fetches the package.
const PUBLISHED: [&str; 7] = [
    "/node_modules/",
    "/site-packages/",
    "/dist-packages/",
    "/gems/",
    "/pkg/mod/",
    "/.cargo/registry/",
    "/usr/share/nodejs/",
];

/// Directories that the distribution's packages alone fill, where one that a later layer removed
/// leaves files that nobody lists any more.
const DISTRIBUTION: [&str; 6] =
    ["/usr/share/", "/usr/lib/", "/usr/include/", "/usr/src/", "/usr/bin/", "/usr/lib64/"];

/// Whether everybody has a file anyway: it came with a package of the distribution, which is
/// public. What a package installs below /etc is meant to be changed, so it is no excuse there.
fn is_public(facts: &Facts<'_>, secret: &Secret) -> bool {
    if secret.place.path.as_bytes().starts_with(b"etc/") {
        return false;
    }
    let file = secret.place.file.or_else(|| facts.index.resolve(secret.place.path.as_bytes()));
    file.is_some_and(|file| facts.analysis.owners(file).any(is_of_distribution))
}

/// Whether it is a host key that shows, which `ssh-host-key` tells.
fn is_host_key(facts: &Facts<'_>, secret: &Secret) -> bool {
    let known = |evidence: &plimsoll_model::Evidence| {
        evidence.ssh.host_keys.iter().any(|key| key.place.path == secret.place.path)
    };
    !secret.place.is_hidden() && facts.evidence().is_ok_and(known)
}

fn tell(facts: &Facts<'_>, secret: &Secret) -> Option<Observation> {
    if is_public(facts, secret) || is_host_key(facts, secret) {
        return None;
    }
    let path = secret.place.path.to_string();
    let mut detail = describe(&secret.rule, &secret.shown, secret.is_verified, secret.more);
    let mut level = severity(&secret.rule, secret.is_verified);
    let owned = secret.place.file.is_some_and(|file| facts.analysis.owners(file).next().is_some());
    if PUBLISHED.iter().any(|place| path.contains(place)) {
        detail.push_str("; it lies in a package as it was published");
        level = SeverityLevel::Negligible;
    } else if owned && !path.starts_with("/etc/") {
        level = level.min(SeverityLevel::Low);
    } else if secret.place.is_hidden() && DISTRIBUTION.iter().any(|place| path.starts_with(place)) {
        detail.push_str("; it lies where the distribution's packages do");
        level = SeverityLevel::Low;
    }
    if secret.place.is_hidden() {
        detail.push_str(&format!("; removed later, still in layer {}", secret.place.layer + 1));
    }
    let line = Some(secret.line).filter(|line| *line > 0);
    let observation = facts.observe_place(&FILE, &secret.place, detail);
    Some(graded(Observation { line, secret: Some(secret.rule.clone()), ..observation }, level))
}

/// How many files that were not looked through to their end are named.
const NAMED: usize = 3;

impl Rule for InFile {
    fn doc(&self) -> &'static LintRule {
        &FILE
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        let secrets = match facts.evidence() {
            Ok(evidence) => &evidence.secrets,
            Err(why) => return Answer::no_data(why),
        };
        let unscanned: Vec<String> = secrets
            .unscanned
            .iter()
            .filter(|each| each.place.file.is_none_or(|file| facts.distribution_owner(file).is_none()))
            .map(|each| each.place.path.to_string())
            .collect();
        let no_data = (!unscanned.is_empty()).then(|| {
            let named = unscanned.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
            let rest = if unscanned.len() > NAMED { ", …" } else { "" };
            format!("{} large texts were looked through only in part: {named}{rest}", unscanned.len())
        });
        Answer {
            observations: secrets.found.iter().filter_map(|secret| tell(facts, secret)).collect(),
            no_data,
        }
    }
}

impl Rule for InEnvironment {
    fn doc(&self) -> &'static LintRule {
        &ENVIRONMENT
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        Answer::of(facts.config().map(|config| {
            let settings = config.env.iter().map(|each| each.split_once('=').unwrap_or((each, "")));
            settings
                .flat_map(|(name, value)| {
                    in_setting(
                        &ENVIRONMENT,
                        &About::Setting(format!("Env[{name}]")),
                        scan_setting(name, value),
                    )
                })
                .collect()
        }))
    }
}

impl Rule for InLabel {
    fn doc(&self) -> &'static LintRule {
        &LABEL
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        Answer::of(facts.config().map(|config| {
            let labels = config.labels.iter();
            labels
                .flat_map(|(name, value)| {
                    in_setting(&LABEL, &About::Setting(format!("Labels[{name}]")), scan_setting(name, value))
                })
                .collect()
        }))
    }
}

impl Rule for InCommand {
    fn doc(&self) -> &'static LintRule {
        &COMMAND
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        Answer::of(facts.config().map(|config| {
            let commands = [
                ("Entrypoint", config.entrypoint.join(" ")),
                ("Cmd", config.cmd.join(" ")),
                ("Healthcheck", config.healthcheck.as_deref().unwrap_or_default().join(" ")),
                ("OnBuild", config.on_build.join("\n")),
            ];
            commands
                .into_iter()
                .flat_map(|(field, line)| {
                    in_setting(&COMMAND, &About::Setting(field.to_owned()), scan_instruction(&line))
                })
                .collect()
        }))
    }
}

impl Rule for InHistory {
    fn doc(&self) -> &'static LintRule {
        &HISTORY
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        Answer::of(facts.instructions().map(|steps| {
            steps
                .iter()
                .flat_map(|step| {
                    let found = scan_instruction(step.line);
                    in_setting(&HISTORY, &About::Instruction(step.position), found).into_iter().map(|each| {
                        // The instruction holds the secret: it is not repeated.
                        let placed = step.layer.map_or(each.clone(), |layer| facts.in_layer(each, layer));
                        Observation { instruction: None, ..placed }
                    })
                })
                .collect()
        }))
    }
}
