//! What a daemon says about an image (Docker Engine API: `/images/NAME/json` and `/history`),
//! turned into the configuration that it was made from.

use std::collections::BTreeMap;

use plimsoll_model::{Digest, ImageIdentity, Reference};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::docker_archive::LAYER_TYPE;
use super::super::{Image, SourceError, image_from};
use crate::manifest::{Descriptor, DocumentError, INDEX_TYPES};

/// An inspected image.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Inspected {
    #[serde(default)]
    id: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    created: Value,
    #[serde(default)]
    author: Value,
    #[serde(default)]
    architecture: Value,
    #[serde(default)]
    os: Value,
    #[serde(default)]
    variant: Value,
    #[serde(default)]
    os_version: Value,
    #[serde(default)]
    config: Value,
    #[serde(rename = "RootFS", default)]
    root: Root,
    /// Given by daemons that keep images in containerd's store, whose id is this descriptor's
    /// digest and not the configuration's.
    #[serde(default)]
    descriptor: Option<Descriptor>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Root {
    #[serde(default)]
    layers: Option<Vec<Digest>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Step {
    created: i64,
    created_by: Option<String>,
    size: i64,
    comment: Option<String>,
}

fn unreadable(what: &str) -> impl Fn(serde_json::Error) -> SourceError {
    move |cause| SourceError::Document {
        what: what.to_owned(),
        source: DocumentError::Json { what: "daemon's answer", cause: cause.to_string() },
    }
}

impl Inspected {
    pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<Self, SourceError> {
        serde_json::from_slice(bytes).map_err(unreadable(name))
    }

    /// The id as other requests take it.
    pub(super) fn id(&self) -> Option<&str> {
        self.id.parse::<Digest>().is_ok().then_some(self.id.as_str())
    }

    /// The image. A history that is damaged or does not fit the layers is left out.
    pub(super) fn image(self, name: &str, asked: &str, history: &[u8]) -> Result<Image, SourceError> {
        let layers = self.root.layers.clone().unwrap_or_default();
        let history: Vec<Step> = serde_json::from_slice(history).unwrap_or_default();
        let configuration = json!({
            "created": self.created.as_str(),
            "author": self.author.as_str(),
            "architecture": self.architecture.as_str(),
            "os": self.os.as_str(),
            "variant": self.variant.as_str(),
            "os.version": self.os_version.as_str(),
            "config": self.config,
            "rootfs": { "type": "layers", "diff_ids": layers },
            "history": history_of(&history, layers.len()),
        });
        let blobs: Vec<Descriptor> = layers
            .iter()
            .map(|diff_id| Descriptor {
                media_type: LAYER_TYPE.to_owned(),
                digest: diff_id.clone(),
                size: 0,
                platform: None,
                annotations: BTreeMap::new(),
                artifact_type: None,
                urls: Vec::new(),
            })
            .collect();
        let mut identity = ImageIdentity {
            name: name.to_owned(),
            reference: self.reference(asked),
            ..ImageIdentity::default()
        };
        let id = self.id.parse::<Digest>().ok();
        match &self.descriptor {
            Some(kept) if INDEX_TYPES.contains(&kept.media_type.as_str()) => identity.index_digest = id,
            Some(_) => identity.manifest_digest = id,
            None => identity.config_digest = id,
        }
        image_from(identity, configuration.to_string().as_bytes(), &blobs)
    }

    /// The full reference of the tag that was asked for, or of the image's first.
    fn reference(&self, asked: &str) -> Option<String> {
        let full = |text: &String| text.parse::<Reference>().ok().map(|reference| reference.to_string());
        let tags: Vec<String> = self.repo_tags.iter().flatten().filter_map(full).collect();
        let asked = full(&asked.to_owned());
        tags.iter().find(|tag| Some(*tag) == asked.as_ref()).or(tags.first()).cloned()
    }
}

/// The history as a configuration has it, the oldest first.
///
/// The daemon's list lacks the mark for steps that made no layer. A step with content made one;
/// if there are as many of these as layers, all others made none. Otherwise some layer is empty,
/// and which step made it cannot be told: then no step is marked, the numbers do not agree, and
/// no layer is given an instruction.
fn history_of(list: &[Step], layers: usize) -> Vec<Value> {
    let with_content = list.iter().filter(|step| step.size > 0).count();
    list.iter()
        .rev()
        .map(|step| {
            json!({
                "created": timestamp(step.created),
                "created_by": step.created_by,
                "comment": step.comment,
                "empty_layer": with_content == layers && step.size <= 0,
            })
        })
        .collect()
}

/// Seconds since 1970 as RFC 3339 writes them; nothing for years that have not four digits.
/// The calendar is Howard Hinnant's `civil_from_days`.
fn timestamp(seconds: i64) -> Option<String> {
    const YEAR_10000: i64 = 253_402_300_800;
    if !(1..YEAR_10000).contains(&seconds) {
        return None;
    }
    let (days, time) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339_wants_them() {
        let check = |seconds, expect: &str| assert_eq!(timestamp(seconds).as_deref().unwrap_or("-"), expect);
        check(1_795_400_042, "2026-11-23T02:14:02Z");
        check(951_782_400, "2000-02-29T00:00:00Z");
        check(1_709_251_199, "2024-02-29T23:59:59Z");
        check(253_402_300_799, "9999-12-31T23:59:59Z");
        check(0, "-");
        check(i64::MIN, "-");
        check(i64::MAX, "-");
    }

    #[test]
    fn steps_are_given_to_layers_only_where_that_is_certain() {
        let made = |sizes: &[i64], layers: usize| -> usize {
            let list: Vec<Step> = sizes.iter().map(|size| Step { size: *size, ..Step::default() }).collect();
            history_of(&list, layers).iter().filter(|step| step["empty_layer"] == true).count()
        };
        assert_eq!(made(&[0, 5, 0, 7], 2), 2);
        assert_eq!(made(&[0, 5, 0, 7], 3), 0);
        assert_eq!(made(&[], 3), 0);
    }
}
