//! METADATA and PKG-INFO: fields as in a letter's head, then the description.

use plimsoll_model::Package;
use serde::{Deserialize, Serialize};

use super::TYPE;

/// A licence field longer than this is the text of the licence itself.
const MAX_LICENSE: usize = 200;
/// What setuptools writes for a field that it was not given.
const NOT_GIVEN: &str = "UNKNOWN";

/// What is kept of the head.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) licenses: Vec<String>,
    pub(super) requires: Vec<String>,
    pub(super) url: Option<String>,
    pub(super) summary: Option<String>,
}

impl Metadata {
    /// `None` where the name or the version is missing.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut metadata = Self::default();
        let (mut expression, mut license, mut classified) = (None, None, Vec::new());
        let mut home = None;
        for (field, value) in fields(text) {
            let is = |name: &str| field.eq_ignore_ascii_case(name);
            let given = !value.is_empty() && value != NOT_GIVEN;
            if !given {
                continue;
            }
            if is("Name") && metadata.name.is_empty() {
                metadata.name = value;
            } else if is("Version") && metadata.version.is_empty() {
                metadata.version = value;
            } else if is("Summary") {
                metadata.summary = value.lines().next().map(str::to_owned);
            } else if is("License-Expression") {
                expression = Some(value);
            } else if is("License") {
                license = (!value.contains('\n') && value.len() <= MAX_LICENSE).then_some(value);
            } else if is("Classifier") {
                classified.extend(license_of_classifier(&value).map(str::to_owned));
            } else if is("Home-page") {
                metadata.url = Some(value);
            } else if is("Project-URL") {
                home = home.or_else(|| home_page(&value).map(str::to_owned));
            } else if is("Requires-Dist") && !is_extra(&value) {
                metadata.requires.push(value);
            }
        }
        metadata.url = metadata.url.or(home);
        metadata.licenses = expression.or(license).map_or(classified, |license| vec![license]);
        (!metadata.name.is_empty() && !metadata.version.is_empty()).then_some(metadata)
    }

    /// The package, without what its place tells.
    pub(super) fn describe(&self) -> Package {
        let mut package = Package::new(TYPE, &*self.name, &*self.version);
        package.licenses.clone_from(&self.licenses);
        package.requires.clone_from(&self.requires);
        package.url.clone_from(&self.url);
        package.summary.clone_from(&self.summary);
        package
    }
}

/// The fields with their values; lines that start with white space go on with the line before.
fn fields(text: &str) -> Vec<(&str, String)> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for line in text.lines().take_while(|line| !line.is_empty()) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push('\n');
                value.push_str(line.trim());
            }
        } else if let Some((field, value)) = line.split_once(':') {
            fields.push((field.trim(), value.trim().to_owned()));
        }
    }
    fields
}

/// `MIT License` of `License :: OSI Approved :: MIT License`. `OSI Approved` alone names none.
fn license_of_classifier(classifier: &str) -> Option<&str> {
    let name = classifier.strip_prefix("License :: ")?;
    let name = name.strip_prefix("OSI Approved :: ").unwrap_or(name).trim();
    (name != "OSI Approved").then_some(name)
}

/// The address of `Homepage, https://…`, whose label is written in many ways.
fn home_page(entry: &str) -> Option<&str> {
    let (label, url) = entry.split_once(',')?;
    let label: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
    label.eq_ignore_ascii_case("homepage").then(|| url.trim())
}

/// Whether a requirement is only there with an extra that somebody must ask for.
fn is_extra(requirement: &str) -> bool {
    requirement.split_once(';').is_some_and(|(_, marker)| marker.contains("extra"))
}
