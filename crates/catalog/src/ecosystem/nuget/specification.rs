//! `*.nuspec`: what a package says of itself, in the folder that NuGet unpacks packages to.

use std::collections::HashSet;

use plimsoll_model::Package;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde::{Deserialize, Serialize};

use super::version::Version;
use super::{TYPE, package_url};

/// Elements in elements: a specification has five levels.
const MAX_DEPTH: usize = 64;

/// What is kept of a specification.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Specification {
    pub(super) name: String,
    pub(super) version: String,
    license: Option<String>,
    url: Option<String>,
    vendor: Option<String>,
    summary: Option<String>,
    requires: Vec<String>,
}

impl Specification {
    /// `None` where it does not state a name and a version, as a template for packages does not.
    pub(super) fn parse(content: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(content);
        let mut reader = Reader::from_str(&text);
        let mut found = Self::default();
        let mut above: Vec<String> = Vec::new();
        let mut value = String::new();
        let mut license_is_expression = false;
        let mut seen = HashSet::new();
        loop {
            let event = reader.read_event().ok()?;
            match &event {
                Event::Start(element) | Event::Empty(element) => {
                    let name = String::from_utf8_lossy(element.local_name().as_ref()).into_owned();
                    let attribute = |wanted: &[u8]| {
                        let found = element
                            .attributes()
                            .with_checks(false)
                            .flatten()
                            .find(|each| each.key.as_ref() == wanted)?;
                        let text = String::from_utf8_lossy(&found.value).into_owned();
                        quick_xml::escape::unescape(&text).ok().map(std::borrow::Cow::into_owned)
                    };
                    if name == "license" {
                        license_is_expression = attribute(b"type").as_deref() == Some("expression");
                    }
                    if name == "dependency"
                        && let Some(id) = attribute(b"id")
                    {
                        let range = attribute(b"version").unwrap_or_default();
                        let needed = format!("{id} {range}").trim_end().to_owned();
                        if seen.insert(needed.clone()) {
                            found.requires.push(needed);
                        }
                    }
                    value.clear();
                    if matches!(event, Event::Start(_)) {
                        if above.len() == MAX_DEPTH {
                            return None;
                        }
                        above.push(name);
                    }
                }
                Event::Text(text) => value.push_str(&String::from_utf8_lossy(text)),
                Event::GeneralRef(entity) => {
                    let name = String::from_utf8_lossy(entity).into_owned();
                    let predefined = quick_xml::escape::resolve_predefined_entity(&name).map(str::to_owned);
                    let letter = || entity.resolve_char_ref().ok().flatten().map(String::from);
                    value.push_str(&predefined.or_else(letter)?);
                }
                Event::CData(text) => value.push_str(&String::from_utf8_lossy(text)),
                Event::End(_) => {
                    let path: Vec<&str> = above.iter().map(String::as_str).collect();
                    let given = value.trim();
                    let given = (!given.is_empty()).then(|| given.to_owned());
                    if let ["package", "metadata", field] = path.as_slice() {
                        match *field {
                            "id" => found.name = given.unwrap_or_default(),
                            "version" => found.version = given.unwrap_or_default(),
                            "license" if license_is_expression => found.license = given,
                            "projectUrl" => found.url = given,
                            "authors" => found.vendor = given,
                            "description" => {
                                found.summary = given.and_then(|text| text.lines().next().map(str::to_owned));
                            }
                            _ => {}
                        }
                    }
                    above.pop();
                    value.clear();
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let whole = !found.name.is_empty() && Version::parse(&found.version).is_some();
        whole.then_some(found)
    }

    /// The package, without what its place tells.
    pub(super) fn describe(&self) -> Package {
        let mut package = Package::new(TYPE, &*self.name, &*self.version);
        package.licenses = self.license.iter().cloned().collect();
        package.url.clone_from(&self.url);
        package.vendor.clone_from(&self.vendor);
        package.summary.clone_from(&self.summary);
        package.requires.clone_from(&self.requires);
        package.purl = package_url(&package);
        package
    }
}
