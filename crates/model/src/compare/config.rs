//! Settings that differ: how the image is run, and what it says about itself.

use std::collections::BTreeMap;

use super::Change;
use crate::analysis::{Analysis, ImageConfig};
use crate::distribution::Distribution;

/// A setting of the image configuration, or a fact of the same rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConfigField {
    /// The platform that the image is for.
    Platform,
    /// The distribution and its release.
    Distribution,
    /// Program that is run.
    Entrypoint,
    /// Default arguments.
    Cmd,
    /// One environment variable, its name in the key.
    Env,
    /// User and group.
    User,
    /// Directory that it starts in.
    WorkingDir,
    /// One port, in the key.
    Port,
    /// One volume, its path in the key.
    Volume,
    /// One label, its name in the key.
    Label,
    /// Health check.
    Healthcheck,
    /// Signal that asks it to stop.
    StopSignal,
    /// Docker's `SHELL`.
    Shell,
    /// Docker's `ONBUILD` triggers.
    OnBuild,
    /// When it was built.
    Created,
    /// Who built it.
    Author,
}

impl ConfigField {
    /// The word that documents use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Distribution => "distribution",
            Self::Entrypoint => "entrypoint",
            Self::Cmd => "cmd",
            Self::Env => "env",
            Self::User => "user",
            Self::WorkingDir => "working-dir",
            Self::Port => "port",
            Self::Volume => "volume",
            Self::Label => "label",
            Self::Healthcheck => "healthcheck",
            Self::StopSignal => "stop-signal",
            Self::Shell => "shell",
            Self::OnBuild => "on-build",
            Self::Created => "created",
            Self::Author => "author",
        }
    }
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// One text.
    Text(String),
    /// A list of words, such as a command and its arguments.
    Words(Vec<String>),
    /// Nothing beyond being there: a port or a volume.
    Present,
}

/// One setting that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigChange {
    /// Which setting.
    pub field: ConfigField,
    /// Which of several, for variables, labels, ports and volumes.
    pub key: Option<String>,
    /// How it differs: added, removed or changed.
    pub change: Change,
    /// What it was; `None` where it was not set.
    pub before: Option<Setting>,
    /// What it is; `None` where it is not set.
    pub after: Option<Setting>,
    /// Whether it is told for information only and leaves two images equal: the time of the
    /// build and its author.
    pub informational: bool,
}

/// Settings that differ, in the order of [`ConfigField`], then by key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigComparison {
    /// Whether both sides have a configuration; an SBOM and a root directory do not, and then
    /// only platform and distribution are compared.
    pub known: bool,
    /// The settings.
    pub changes: Vec<ConfigChange>,
}

/// One setting of one image.
type Settings = BTreeMap<(ConfigField, Option<String>), Setting>;

pub(super) fn compare(before: &Analysis, after: &Analysis) -> ConfigComparison {
    let known = before.config.is_some() && after.config.is_some();
    let (mut left, mut right) = (Settings::new(), Settings::new());
    if let (Some(ours), Some(theirs)) = (&before.config, &after.config) {
        settings_of(ours, &mut left);
        settings_of(theirs, &mut right);
    }
    if let (Some(ours), Some(theirs)) = (&before.identity.platform, &after.identity.platform) {
        left.insert((ConfigField::Platform, None), Setting::Text(ours.to_string()));
        right.insert((ConfigField::Platform, None), Setting::Text(theirs.to_string()));
    }
    let release = |distribution: &Option<Distribution>, settings: &mut Settings| {
        if let Some(distribution) = distribution {
            let text = Setting::Text(describe(distribution));
            settings.insert((ConfigField::Distribution, None), text);
        }
    };
    release(&before.distribution, &mut left);
    release(&after.distribution, &mut right);
    ConfigComparison { known, changes: differences(left, right) }
}

fn differences(mut left: Settings, mut right: Settings) -> Vec<ConfigChange> {
    let keys: std::collections::BTreeSet<_> = left.keys().chain(right.keys()).cloned().collect();
    keys.into_iter()
        .filter_map(|key| {
            let (before, after) = (left.remove(&key), right.remove(&key));
            (before != after).then(|| ConfigChange {
                field: key.0,
                key: key.1,
                change: Change::of_presence(before.is_some(), after.is_some()),
                informational: matches!(key.0, ConfigField::Created | ConfigField::Author),
                before,
                after,
            })
        })
        .collect()
}

/// A distribution for people, with the point release where the title does not hold it.
fn describe(distribution: &Distribution) -> String {
    let title = distribution.title();
    match &distribution.point_release {
        Some(point) if !title.contains(point.as_str()) => format!("{title}, point release {point}"),
        _ => title,
    }
}

fn settings_of(config: &ImageConfig, settings: &mut Settings) {
    let mut put = |field, key: Option<&str>, value| {
        settings.insert((field, key.map(str::to_owned)), value);
    };
    let lists = [
        (ConfigField::Entrypoint, &config.entrypoint),
        (ConfigField::Cmd, &config.cmd),
        (ConfigField::Shell, &config.shell),
        (ConfigField::OnBuild, &config.on_build),
    ];
    for (field, words) in lists {
        if !words.is_empty() {
            put(field, None, Setting::Words(words.clone()));
        }
    }
    if let Some(words) = &config.healthcheck {
        put(ConfigField::Healthcheck, None, Setting::Words(words.clone()));
    }
    let texts = [
        (ConfigField::User, Some(&config.user)),
        (ConfigField::WorkingDir, Some(&config.working_dir)),
        (ConfigField::StopSignal, config.stop_signal.as_ref()),
        (ConfigField::Created, config.created.as_ref()),
        (ConfigField::Author, config.author.as_ref()),
    ];
    for (field, text) in texts {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            put(field, None, Setting::Text(text.clone()));
        }
    }
    // Of a name that is set twice the last counts, as for the program that is run.
    for variable in &config.env {
        let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
        put(ConfigField::Env, Some(name), Setting::Text(value.to_owned()));
    }
    for port in &config.exposed_ports {
        put(ConfigField::Port, Some(port), Setting::Present);
    }
    for volume in &config.volumes {
        put(ConfigField::Volume, Some(volume), Setting::Present);
    }
    for (name, value) in &config.labels {
        put(ConfigField::Label, Some(name), Setting::Text(value.clone()));
    }
}
