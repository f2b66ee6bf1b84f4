//! package.json of a package.

use plimsoll_model::Package;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{TYPE, package_url};

/// What is kept of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) name: String,
    pub(super) version: String,
    licenses: Vec<String>,
    requires: Vec<String>,
    url: Option<String>,
    summary: Option<String>,
}

/// The fields that are looked at. Old manifests have values of any kind in them.
#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    name: Value,
    #[serde(default)]
    version: Value,
    #[serde(default)]
    license: Value,
    #[serde(default)]
    licenses: Value,
    #[serde(default)]
    dependencies: Value,
    #[serde(default)]
    homepage: Value,
    #[serde(default)]
    description: Value,
}

impl Manifest {
    /// `None` where the manifest lacks a name or a version.
    pub(super) fn parse(content: &[u8]) -> Result<Option<Self>, serde_json::Error> {
        let value: Value = serde_json::from_slice(content)?;
        if !value.is_object() {
            return Ok(None);
        }
        let fields: Fields = serde_json::from_value(value)?;
        let text =
            |value: &Value| value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let (Some(name), Some(version)) = (text(&fields.name), text(&fields.version)) else {
            return Ok(None);
        };
        let mut licenses = licenses(&fields.license);
        if licenses.is_empty() {
            licenses = self::licenses(&fields.licenses);
        }
        let requires = fields.dependencies.as_object().into_iter().flatten();
        let requires = requires
            .map(|(name, range)| match range.as_str() {
                Some(range) if !range.is_empty() => format!("{name}@{range}"),
                _ => name.clone(),
            })
            .collect();
        let (url, summary) = (text(&fields.homepage), text(&fields.description));
        let summary = summary.and_then(|summary| summary.lines().next().map(str::to_owned));
        Ok(Some(Self { name, version, licenses, requires, url, summary }))
    }

    /// The package, without what its place tells.
    pub(super) fn describe(&self) -> Package {
        let mut package = Package::new(TYPE, &*self.name, &*self.version);
        package.licenses.clone_from(&self.licenses);
        package.requires.clone_from(&self.requires);
        package.url.clone_from(&self.url);
        package.summary.clone_from(&self.summary);
        package.purl = package_url(&package);
        package
    }
}

/// An SPDX expression; in old manifests an object with the licence's `type`, or a list of either.
pub(super) fn licenses(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => vec![text.trim().to_owned()],
        Value::Object(fields) => fields.get("type").map(licenses).unwrap_or_default(),
        // Objects in objects end with the value; lists in lists are no licences.
        Value::Array(items) => items.iter().filter(|item| !item.is_array()).flat_map(licenses).collect(),
        _ => Vec::new(),
    }
}
