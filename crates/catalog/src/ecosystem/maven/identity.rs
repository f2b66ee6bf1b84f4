//! What an archive is, and what is packed into it, by what it states.
//!
//! # The rules
//!
//! 1. Every `pom.properties` or `pom.xml` below `META-INF/maven` is an artifact in the archive.
//!    What the files do not state, the directories do, which Maven names after group and artifact.
//! 2. One of them is the archive's own: the one whose artifact its file name has; else, where the
//!    file name has no version or just the same one, the one that the manifest names, the only one
//!    there is, or the only one of the version that the manifest states.
//! 3. Where none is, the archive is what its file name says, `artifact-version.jar`; where that
//!    has no version, what its manifest says: the version of the implementation or bundle, and its
//!    title where that is written like an artifact.
//! 4. A group comes from a pom; from a Jenkins plugin's manifest; from a place in a repository of
//!    Maven or a cache of Gradle; or from a manifest whose `Implementation-Vendor-Id` and
//!    `Bundle-SymbolicName` agree on it. One of the two alone is often not the group (`org.apache`
//!    for Log4j, `com.google` for Guava's `com.google.guava`), so then there is none.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::file_name::{self, Parts};
use super::limits::MAX_WORD;
use super::manifest::Manifest;
use super::pom::Project;
use super::{licence, properties};

/// An artifact in an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Artifact {
    /// `None` where nothing states it.
    pub(super) group: Option<String>,
    pub(super) name: String,
    pub(super) version: String,
    /// Whether the archive is this artifact, and does not merely hold it.
    pub(super) is_own: bool,
    pub(super) licences: Vec<String>,
    pub(super) vendor: Option<String>,
    pub(super) url: Option<String>,
    pub(super) summary: Option<String>,
}

/// What the two files state that lie in one directory of `META-INF/maven`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pom {
    /// Group, artifact and version, as `pom.properties` has them.
    properties: Option<[Option<String>; 3]>,
    project: Option<Project>,
}

/// The poms of an archive, by the names of their directories: the group's and the artifact's.
pub(super) type Poms = BTreeMap<(String, String), Pom>;

/// Everything that an archive states of itself.
#[derive(Debug, Default)]
pub(super) struct Statements<'a> {
    /// The name of its file without the extension.
    pub(super) name: &'a str,
    /// The extension, in lower case.
    pub(super) extension: &'a str,
    pub(super) manifest: Option<Manifest>,
    pub(super) poms: Poms,
    /// Group, artifact and version, as the place in a repository has them.
    pub(super) place: Option<(String, String, String)>,
}

/// What an archive is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Identity {
    /// Its own artifact first.
    pub(super) artifacts: Vec<Artifact>,
    /// Group and artifact of poms that state no version.
    pub(super) without_version: Vec<String>,
    /// Whether nothing says what the archive itself is, and something should.
    pub(super) is_unknown: bool,
}

/// A group or artifact, as Maven allows them.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_WORD
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// A version that somebody filled in: one word that a path may hold.
pub(super) fn is_version(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_WORD
        && !text.contains(|letter: char| {
            letter.is_whitespace() || letter.is_control() || "\\/:\"<>|?*[](){},$".contains(letter)
        })
}

/// A version that an implementation or bundle states: those of other things do not begin with a
/// digit.
fn is_released(text: &str) -> bool {
    is_version(text) && text.starts_with(|first: char| first.is_ascii_digit())
}

/// The numbers at the beginning of a version, without zeros at the end.
fn numbers(version: &str) -> Vec<&str> {
    let end = version.find(|letter: char| letter != '.' && !letter.is_ascii_digit()).unwrap_or(version.len());
    let mut numbers: Vec<&str> = version.get(..end).unwrap_or_default().split('.').collect();
    while numbers.last().is_some_and(|number| number.trim_start_matches('0').is_empty()) {
        numbers.pop();
    }
    numbers
}

/// Whether two spellings are of the same numbers: OSGi writes 31.1.0.jre for 31.1-jre.
fn agree(left: &str, right: &str) -> bool {
    left == right || (!numbers(left).is_empty() && numbers(left) == numbers(right))
}

/// How names are compared: without case, and with one kind of separator.
fn folded(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

impl Pom {
    /// Takes in one of the two files; of several of one name the last counts, as in Java.
    pub(super) fn add(&mut self, content: &[u8], is_project: bool) {
        if is_project {
            self.project = Some(Project::parse(content));
        } else {
            let get = |key| properties::get(content, key).filter(|value| value.len() <= MAX_WORD);
            self.properties = Some(["groupId", "artifactId", "version"].map(get));
        }
    }

    /// Takes in what another has and this one has not.
    pub(super) fn complete(&mut self, other: Self) {
        self.properties = self.properties.take().or(other.properties);
        self.project = self.project.take().or(other.project);
    }

    /// The artifact; where no version is stated, only its group and name.
    pub(super) fn artifact(&self, directory: &(String, String)) -> Result<Artifact, String> {
        let [group, name, version] = self.properties.clone().unwrap_or_default();
        let project = self.project.clone().unwrap_or_default();
        let first = |stated: Option<String>, project: Option<String>, directory: &str| {
            stated
                .filter(|word| is_id(word))
                .or_else(|| project.filter(|word| is_id(word)))
                .unwrap_or_else(|| directory.to_owned())
        };
        let group = first(group, project.group, &directory.0);
        let name = first(name, project.artifact, &directory.1);
        let version = [version, project.version].into_iter().flatten().find(|word| is_version(word));
        let Some(version) = version else { return Err(format!("{group}:{name}")) };
        let group = Some(group);
        let mut licences = Vec::new();
        for (name, address) in &project.licences {
            licences.extend(licence::of_pom(name, address).filter(|licence| !licences.contains(licence)));
        }
        let url = project.url.filter(|url| url.contains("://"));
        Ok(Artifact { group, name, version, licences, url, summary: project.name, ..Artifact::default() })
    }
}

impl Statements<'_> {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.manifest.as_ref()?.get(name)
    }

    /// Titles that are written like an artifact.
    fn titles(&self) -> impl Iterator<Item = &str> {
        let is_artifact = |title: &&str| {
            is_id(title)
                && title.starts_with(|first: char| first.is_ascii_lowercase())
                && !title.bytes().any(|byte| byte.is_ascii_uppercase())
        };
        let names = ["Artifact-Id", "Short-Name", "Implementation-Title", "Bundle-Name"];
        names.into_iter().filter_map(|name| self.attribute(name)).filter(is_artifact)
    }

    /// The version that the manifest states, and whether Maven wrote it and not OSGi, which
    /// allows fewer forms.
    fn version(&self) -> Option<(&str, bool)> {
        let first_word = |text| str::split_whitespace(text).next().unwrap_or_default();
        let plugin = self.attribute("Plugin-Version").map(first_word).filter(|_| self.is_plugin());
        let own = plugin.or_else(|| self.attribute("Implementation-Version"));
        let bundle = || self.attribute("Bundle-Version").filter(|version| is_released(version));
        own.filter(|version| is_released(version))
            .map(|version| (version, true))
            .or_else(|| bundle().map(|version| (version, false)))
    }

    fn is_plugin(&self) -> bool {
        matches!(self.extension, "hpi" | "jpi")
    }

    /// Whether the archive is a part of a Java runtime, which is no artifact of its own.
    fn is_runtime(&self) -> bool {
        self.attribute("Implementation-Title") == Some("Java Runtime Environment")
    }

    /// Everything that is in the archive.
    pub(super) fn identify(&self) -> Identity {
        let mut identity = Identity::default();
        let mut seen = BTreeSet::new();
        for (directory, pom) in &self.poms {
            match pom.artifact(directory) {
                Ok(artifact) => {
                    let key = (artifact.group.clone(), artifact.name.clone(), artifact.version.clone());
                    if seen.insert(key) {
                        identity.artifacts.push(artifact);
                    }
                }
                Err(name) => identity.without_version.push(name),
            }
        }
        let parts = file_name::split(self.name);
        if self.is_runtime() || matches!(parts.classifier, Some("sources" | "javadoc")) {
            return identity;
        }
        match self.own_pom(&identity.artifacts, parts) {
            Some(own) => identity.artifacts.swap(0, own),
            None => match self.own(parts) {
                Some(own) => identity.artifacts.insert(0, own),
                None => {
                    identity.is_unknown = true;
                    return identity;
                }
            },
        }
        if let Some(own) = identity.artifacts.first_mut() {
            own.is_own = true;
            self.describe(own);
        }
        identity
    }

    /// Which of the artifacts with a pom the archive itself is (rule 2).
    fn own_pom(&self, artifacts: &[Artifact], parts: Parts<'_>) -> Option<usize> {
        let by_place = self.place.as_ref().map(|(_, artifact, _)| artifact.as_str());
        let names = [Some(parts.artifact), Some(self.name), by_place];
        for name in names.into_iter().flatten() {
            let exact = artifacts.iter().position(|artifact| artifact.name == name);
            let alike = || artifacts.iter().position(|artifact| folded(&artifact.name) == folded(name));
            if let Some(own) = exact.or_else(alike) {
                return Some(own);
            }
        }
        let stated = self.version().map(|(version, _)| version);
        let only = |matches: &dyn Fn(&Artifact) -> bool| {
            let mut found = artifacts.iter().enumerate().filter(|(_, artifact)| matches(artifact));
            let first = found.next().map(|(at, _)| at);
            first.filter(|_| found.next().is_none())
        };
        if let Some(version) = parts.version {
            let only = only(&|_| true);
            return only.filter(|at| artifacts.get(*at).is_some_and(|one| agree(&one.version, version)));
        }
        let fits = |artifact: &Artifact| stated.is_none_or(|stated| agree(&artifact.version, stated));
        let symbolic = self.manifest.as_ref().and_then(Manifest::symbolic_name);
        let is_named = |artifact: &Artifact| {
            let group = artifact.group.as_deref().unwrap_or_default();
            let name = artifact.name.as_str();
            self.titles().any(|title| folded(title) == folded(name))
                || symbolic.is_some_and(|symbolic| {
                    symbolic == name || symbolic.strip_prefix(group) == Some(&format!(".{name}"))
                })
        };
        let named = only(&|artifact| fits(artifact) && is_named(artifact));
        if named.is_some() || self.titles().next().is_some() && stated.is_some() {
            // A manifest that names something else is not about any of these.
            return named;
        }
        only(&|_| true)
            .filter(|at| artifacts.get(*at).is_some_and(fits))
            .or_else(|| stated.and_then(|_| only(&fits)))
    }

    /// What the archive is by its place, its file name and its manifest (rule 3).
    fn own(&self, parts: Parts<'_>) -> Option<Artifact> {
        if let Some((group, name, version)) = &self.place {
            let (group, name, version) = (Some(group.clone()), name.clone(), version.clone());
            return Some(Artifact { group, name, version, ..Artifact::default() });
        }
        let stated = self.version();
        let (name, version) = match parts.version.filter(|version| is_version(version)) {
            Some(version) => {
                let exact = stated.filter(|(stated, is_own)| *is_own && agree(stated, version));
                (parts.artifact, exact.map_or(version, |(stated, _)| stated))
            }
            None => {
                let (version, _) = stated?;
                // The name with or without a version of a kind that is not understood.
                let own = folded(self.name);
                let title = self.titles().find(|title| folded(title) == own).or_else(|| self.titles().next());
                (title.unwrap_or(self.name), version)
            }
        };
        if !is_id(name) {
            return None;
        }
        let group = self.group(name);
        Some(Artifact { group, name: name.to_owned(), version: version.to_owned(), ..Artifact::default() })
    }

    /// The group, as the manifest states it (rule 4).
    fn group(&self, artifact: &str) -> Option<String> {
        if let Some(group) = self.attribute("Group-Id").filter(|group| self.is_plugin() && is_id(group)) {
            return Some(group.to_owned());
        }
        let group = self.attribute("Implementation-Vendor-Id").filter(|group| is_id(group))?;
        let symbolic = self.manifest.as_ref().and_then(Manifest::symbolic_name)?;
        // Maven's plugin for bundles: group.artifact; where the group ends in the artifact, or the
        // artifact begins with the group's last part, that part stands once.
        let last = group.rsplit('.').next().unwrap_or_default();
        let rest = artifact.strip_prefix(last).map(|rest| rest.trim_start_matches(['-', '.']));
        let expect = match rest {
            Some("") => group.to_owned(),
            Some(rest) if artifact.len() > last.len() + rest.len() => format!("{group}.{rest}"),
            _ => format!("{group}.{artifact}"),
        };
        let agrees = symbolic == expect || symbolic == format!("{group}.{artifact}");
        agrees.then(|| group.to_owned())
    }

    /// What the manifest adds to the archive's own artifact, if it is about that: in an archive
    /// that many were packed into it is often about one of them.
    fn describe(&self, own: &mut Artifact) {
        if self.version().is_some_and(|(stated, _)| !agree(stated, &own.version)) {
            return;
        }
        if own.licences.is_empty() {
            own.licences = self.attribute("Bundle-License").map(licence::of_bundle).unwrap_or_default();
        }
        let first =
            |names: [&str; 2]| names.into_iter().find_map(|name| self.attribute(name)).map(str::to_owned);
        own.vendor = first(["Implementation-Vendor", "Bundle-Vendor"]);
        own.url =
            own.url.take().or_else(|| first(["Bundle-DocURL", "Url"]).filter(|url| url.contains("://")));
        own.summary = own.summary.take().or_else(|| first(["Implementation-Title", "Bundle-Name"]));
    }
}
