//! Programs that give whoever runs them more rights than they have.

use plimsoll_model::{FileId, FileKind, LintRule, Observation, SeverityLevel};

use super::{Answer, MAX_OBSERVATIONS, Rule};
use crate::facts::{Facts, graded};

/// Programs that run as their owner.
#[derive(Debug, Clone, Copy)]
pub struct SetUser;

/// Programs that run as their group.
#[derive(Debug, Clone, Copy)]
pub struct SetGroup;

/// Programs with capabilities.
#[derive(Debug, Clone, Copy)]
pub struct Capability;

const SET_USER: LintRule = LintRule {
    id: "setuid-file",
    title: "Program that runs as its owner",
    severity: SeverityLevel::High,
    why: "Whoever may run it has its owner's rights while it runs, and for good if it has a flaw. A container that runs one program hardly ever needs one.",
    remedy: "Take the bit off (chmod u-s) in the layer that brings the file, or run with no-new-privileges, which makes it void. Those that came with a package of the distribution are usual and weigh less.",
};

const SET_GROUP: LintRule = LintRule {
    id: "setgid-file",
    title: "Program that runs as its group",
    severity: SeverityLevel::Medium,
    why: "Whoever may run it has its group's rights while it runs, and for good if it has a flaw.",
    remedy: "Take the bit off (chmod g-s) in the layer that brings the file, or run with no-new-privileges, which makes it void. Those that came with a package of the distribution are usual and weigh less.",
};

const CAPABILITY: LintRule = LintRule {
    id: "file-capability",
    title: "Program with capabilities",
    severity: SeverityLevel::Medium,
    why: "Whoever may run it may do part of what root may: read every file, open raw sockets, change the network.",
    remedy: "Remove them (setcap -r) in the layer that sets them, or give the container itself the one capability that it needs.",
};

/// Files whose mode has a bit, graded by whether the distribution ships them.
fn with_bit(facts: &Facts<'_>, rule: &'static LintRule, bit: u16, usual: SeverityLevel) -> Answer {
    Answer::of(facts.files().map(|files| {
        files
            .filter(|file| {
                let record = facts.analysis.files.record(*file);
                record.kind == FileKind::File && record.mode & bit != 0
            })
            .map(|file| tell(facts, rule, file, usual))
            .take(MAX_OBSERVATIONS + 1)
            .collect()
    }))
}

fn tell(facts: &Facts<'_>, rule: &'static LintRule, file: FileId, usual: SeverityLevel) -> Observation {
    let record = facts.analysis.files.record(file);
    let id = if rule.id == SET_USER.id { record.uid } else { record.gid };
    let what = if rule.id == SET_USER.id { "user" } else { "group" };
    let who = if id == 0 { "root".to_owned() } else { id.to_string() };
    let detail = format!("it runs as {what} {who}, mode {:04o}", record.mode);
    match facts.distribution_owner(file) {
        Some(package) => {
            let detail = format!("{detail}; usual for the package {}", package.name);
            graded(facts.observe_file(rule, file, detail), usual)
        }
        None if id == 0 => facts.observe_file(rule, file, detail),
        None => graded(facts.observe_file(rule, file, detail), SeverityLevel::Medium),
    }
}

impl Rule for SetUser {
    fn doc(&self) -> &'static LintRule {
        &SET_USER
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        with_bit(facts, &SET_USER, 0o4000, SeverityLevel::Low)
    }
}

impl Rule for SetGroup {
    fn doc(&self) -> &'static LintRule {
        &SET_GROUP
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        with_bit(facts, &SET_GROUP, 0o2000, SeverityLevel::Negligible)
    }
}

/// Capabilities that come close to being root.
const SEVERE: [&str; 8] = [
    "cap_sys_admin",
    "cap_sys_ptrace",
    "cap_sys_module",
    "cap_dac_override",
    "cap_dac_read_search",
    "cap_setuid",
    "cap_setfcap",
    "cap_chown",
];

/// Programs that distributions give capabilities to, with the one that each has.
const USUAL: [(&[u8], &str); 12] = [
    (b"ping", "cap_net_raw"),
    (b"arping", "cap_net_raw"),
    (b"clockdiff", "cap_net_raw"),
    (b"fping", "cap_net_raw"),
    (b"mtr-packet", "cap_net_raw"),
    (b"newuidmap", "cap_setuid"),
    (b"newgidmap", "cap_setgid"),
    (b"suexec", "cap_setgid,cap_setuid"),
    (b"dumpcap", "cap_net_admin,cap_net_raw"),
    (b"systemd-detect-virt", "cap_dac_override,cap_sys_ptrace"),
    (b"gnome-keyring-daemon", "cap_ipc_lock"),
    (b"snap-confine", "cap_sys_admin"),
];

fn is_usual(name: &[u8], capability: &str) -> bool {
    let granted = capability.split('=').next().unwrap_or_default();
    USUAL.contains(&(name, granted))
}

impl Rule for Capability {
    fn doc(&self) -> &'static LintRule {
        &CAPABILITY
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        Answer::of(facts.files().map(|files| {
            files
                .filter_map(|file| Some((file, facts.analysis.files.capability(file)?)))
                .map(|(file, capability)| {
                    let observation = facts.observe_file(&CAPABILITY, file, format!("it has {capability}"));
                    let name = facts.analysis.files.name(file);
                    // The scripts of packages set capabilities, which leaves no trace: what a
                    // distribution's program usually has is known by its name.
                    let usual = facts.distribution_owner(file).filter(|_| is_usual(name, &capability));
                    let (severity, detail) = match usual {
                        Some(package) => (
                            SeverityLevel::Negligible,
                            format!("it has {capability}; usual for the package {}", package.name),
                        ),
                        None if SEVERE.iter().any(|name| capability.contains(name)) => {
                            (SeverityLevel::High, observation.detail.clone())
                        }
                        None => (CAPABILITY.severity, observation.detail.clone()),
                    };
                    graded(Observation { detail, ..observation }, severity)
                })
                .take(MAX_OBSERVATIONS + 1)
                .collect()
        }))
    }
}
