//! Amazon Linux: the `updateinfo.xml` that yum repositories carry beside their packages.

mod repository;

use std::collections::HashSet;
use std::io::BufRead;

use plimsoll_catalog::Doc;
use plimsoll_model::{
    Advisory, FixState, NameKind, Problem, RangeEnd, Scope, Severity, Statement, VersionRange,
};

use super::{Answer, Feed, FeedFile, FeedRequest, FollowUp, Kept, Sink};
use crate::statement::{join_architectures, utc, without_zero_epoch};
use crate::unpack::unpack;
use crate::xml::{Tag, Token, XmlReader};

/// Longest text that is kept of an element; descriptions are left out.
const MAX_TEXT_BYTES: usize = 4096;
/// Most packages, and references, of one update; the largest real ones have some hundreds.
const MAX_LISTED: usize = 50_000;
/// Most that is kept of one update; the largest real ones have some hundred kilobytes.
const MAX_UPDATE_BYTES: usize = 16 << 20;
/// How many damaged updates of one file are named one by one.
const MAX_NAMED_PROBLEMS: usize = 20;

static DOC: Doc = Doc {
    id: "amazon-updateinfo",
    title: "Amazon Linux security updates",
    summary: "Amazon's own updates (ALAS) for Amazon Linux, as its repositories carry them.",
    explanation: "\
Each update becomes an advisory that names its CVEs, and one statement for each package it lists: older \
than the version listed is affected. Names are those of binary packages.\n\
\n\
The file does not say what release it is for; its path does, by its first folder: `1` (or `2018.03`), \
`2`, `2022` or `2023` (or `al2023`). A folder `extras/NAME` makes the repository class \
`amzn2extra-NAME`, as yum calls it.\n\
\n\
The feed lists what was fixed. A flaw that Amazon has not fixed is not in it.",
};

/// Amazon Linux updates.
#[derive(Debug)]
pub struct AmazonUpdateinfo;

impl Feed for AmazonUpdateinfo {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn takes(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".bz2")).unwrap_or(name);
        stem.ends_with("updateinfo.xml")
    }

    /// Parts are releases (`2023`). Lists of mirrors come first, then what they lead to.
    fn requests(&self, parts: &[String]) -> Vec<FeedRequest> {
        repository::requests(parts)
    }

    fn follow(&self, round: &[Answer], kept: &dyn Kept) -> FollowUp {
        repository::follow(round, kept)
    }

    fn parse(&self, file: FeedFile<'_>, sink: &mut dyn Sink) {
        let path = file.path.to_owned();
        let Some((release, repository)) = place(&path) else {
            return sink.problem(Problem::new(
                "release-unknown",
                path,
                "The path does not tell the release of Amazon Linux. Nothing of the file is used.",
            ));
        };
        match unpack(file.bytes) {
            Ok(source) => read(&path, &release, repository.as_deref(), XmlReader::new(source), sink),
            Err(error) => sink.problem(Problem::new(
                "feed-unreadable",
                path,
                format!("The file cannot be read: {error}. Nothing of it is used."),
            )),
        }
    }
}

/// Release and class of repository of a path.
fn place(path: &str) -> Option<(String, Option<String>)> {
    let folders: Vec<&str> = path.split('/').collect();
    let release = folders.iter().find_map(|folder| {
        let number = folder.strip_prefix("al").unwrap_or(folder);
        match number {
            "2018.03" | "1" => Some("1"),
            "2" => Some("2"),
            "2022" => Some("2022"),
            "2023" => Some("2023"),
            _ => None,
        }
    })?;
    let extra = folders.iter().position(|folder| *folder == "extras").and_then(|at| folders.get(at + 1));
    let repository =
        extra.filter(|name| !name.contains("updateinfo")).map(|name| format!("amzn2extra-{name}"));
    Some((release.to_owned(), repository))
}

fn read<R: BufRead>(
    path: &str,
    release: &str,
    repository: Option<&str>,
    mut xml: XmlReader<R>,
    sink: &mut dyn Sink,
) {
    let mut update: Option<Update> = None;
    let mut around: Vec<String> = Vec::new();
    let mut lost = false;
    let (mut updates, mut problems) = (0_u64, 0_usize);
    let mut report = |sink: &mut dyn Sink, code: &'static str, detail: String| {
        problems += 1;
        if problems <= MAX_NAMED_PROBLEMS {
            sink.problem(Problem::new(code, path, detail));
        }
    };
    loop {
        match xml.next() {
            Ok(Token::Open(tag)) if tag.name() == "update" => {
                if around.is_empty() {
                    around = xml.open_elements();
                } else {
                    if update.is_some() {
                        report(sink, "update-damaged", "An update begins before another ends.".to_owned());
                    }
                    xml.resume_in(&around);
                }
                update = Some(Update::default());
                lost = false;
            }
            Ok(Token::Open(tag)) => {
                if let Some(update) = &mut update {
                    update.open(&tag);
                }
            }
            Ok(Token::Text(text)) => {
                if let Some(update) = &mut update {
                    update.text(&text);
                }
            }
            Ok(Token::Close { name, opened }) => {
                if lost {
                    if name == "updates" {
                        xml.resume_in(&[]);
                        lost = false;
                    }
                } else if opened.as_deref() != Some(name.as_str()) {
                    let id = update.take().map(|update| update.id).unwrap_or_default();
                    let detail = format!(
                        "Update `{id}` is damaged: `</{name}>` closes `<{}>`. What stands up to the next \
                         update is left out.",
                        opened.unwrap_or_default()
                    );
                    report(sink, "update-damaged", detail);
                    lost = true;
                } else if name == "update" {
                    updates += 1;
                    match update.take().map(|update| update.into_advisory(release, repository)) {
                        Some(Ok(advisory)) => sink.advisory(advisory),
                        Some(Err(reason)) => report(sink, "update-unusable", reason),
                        None => {}
                    }
                } else if let Some(update) = &mut update {
                    update.text = None;
                }
            }
            Ok(Token::End) => break,
            Err(error) => {
                let detail =
                    format!("Reading stops after {updates} updates: {error}. What follows is missing.");
                report(sink, error.code(), detail);
                break;
            }
        }
    }
    if updates == 0 {
        report(sink, "feed-empty", "It holds no update that could be read.".to_owned());
    }
    if problems > MAX_NAMED_PROBLEMS {
        let more = problems - MAX_NAMED_PROBLEMS;
        sink.left_out(more as u64);
        let detail = format!("It has {more} more problems like these.");
        sink.problem(Problem::new("update-more-problems", path, detail));
    }
}

#[derive(Debug, Default)]
struct Update {
    is_damaged: bool,
    id: String,
    title: String,
    severity: String,
    issued: String,
    updated: String,
    flaws: Vec<String>,
    seen: HashSet<String>,
    bytes: usize,
    references: Vec<String>,
    packages: Vec<Package>,
    overflow: bool,
    text: Option<Target>,
}

#[derive(Debug)]
struct Package {
    name: String,
    version: String,
    architecture: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum Target {
    Id,
    Title,
    Severity,
}

impl Update {
    fn open(&mut self, tag: &Tag<'_>) {
        self.text = None;
        self.bytes += tag.length();
        if self.bytes > MAX_UPDATE_BYTES {
            self.overflow = true;
            return;
        }
        match tag.name().as_str() {
            "id" if self.id.is_empty() => self.text = Some(Target::Id),
            "title" if self.title.is_empty() => self.text = Some(Target::Title),
            "severity" => self.text = Some(Target::Severity),
            "issued" => self.issued = tag.attribute("date").unwrap_or_default(),
            "updated" => self.updated = tag.attribute("date").unwrap_or_default(),
            "reference" if self.references.len() < MAX_LISTED => {
                if let Some(url) = tag.attribute("href").filter(|url| !url.is_empty()) {
                    self.references.push(url);
                }
                let is_flaw = tag.attribute("type").is_some_and(|kind| kind.eq_ignore_ascii_case("cve"));
                if let Some(id) = tag.attribute("id").filter(|_| is_flaw)
                    && self.seen.insert(id.clone())
                {
                    self.flaws.push(id);
                }
            }
            "package" if self.packages.len() < MAX_LISTED => {
                let (Some(name), Some(version), Some(release)) =
                    (tag.attribute("name"), tag.attribute("version"), tag.attribute("release"))
                else {
                    self.is_damaged = true;
                    return;
                };
                let epoch = tag.attribute("epoch").filter(|epoch| !epoch.is_empty());
                let version = format!("{}:{version}-{release}", epoch.as_deref().unwrap_or("0"));
                let architecture = tag.attribute("arch").filter(|arch| !arch.is_empty());
                self.packages.push(Package { name, version, architecture });
            }
            "reference" | "package" => self.overflow = true,
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let into = match self.text {
            Some(Target::Id) => &mut self.id,
            Some(Target::Title) => &mut self.title,
            Some(Target::Severity) => &mut self.severity,
            None => return,
        };
        if into.len() + text.len() <= MAX_TEXT_BYTES {
            into.push_str(text);
        }
    }

    fn into_advisory(self, release: &str, repository: Option<&str>) -> Result<Advisory, String> {
        let id = self.id.trim().to_owned();
        if id.is_empty() {
            return Err("An update has no id and is left out.".to_owned());
        }
        if self.is_damaged || self.overflow || self.packages.is_empty() {
            return Err(format!(
                "Update `{id}` names no package, too many, or one without a version, and is left out."
            ));
        }
        let statements = self
            .packages
            .into_iter()
            .filter(|package| package.architecture.as_deref() != Some("src"))
            .map(|package| Statement {
                scope: Scope {
                    kind: "rpm".to_owned(),
                    distribution: Some("amzn".to_owned()),
                    release: Some(release.to_owned()),
                },
                name: package.name,
                name_kind: NameKind::Binary,
                architectures: package.architecture.into_iter().collect(),
                module: None,
                repository: repository.map(str::to_owned),
                state: FixState::Ranges,
                ranges: vec![VersionRange {
                    introduced: None,
                    end: RangeEnd::Fixed(without_zero_epoch(&package.version).to_owned()),
                }],
                versions: Vec::new(),
            })
            .collect();
        let word = self.severity.trim().to_ascii_lowercase();
        Ok(Advisory {
            id,
            related: self.flaws,
            summary: Some(self.title.trim().to_owned()).filter(|title| !title.is_empty()),
            severities: Some(word).filter(|word| !word.is_empty()).map(Severity::Word).into_iter().collect(),
            published: utc(&self.issued),
            modified: utc(&self.updated),
            references: self.references,
            statements: join_architectures(statements),
            ..Advisory::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expect: Option<(&str, Option<&str>)>) {
        let found = place(path);
        let found = found.as_ref().map(|(release, repository)| (release.as_str(), repository.as_deref()));
        assert_eq!(found, expect, "{path}");
    }

    #[test]
    fn the_path_tells_release_and_repository() {
        check("2/core/x86_64/updateinfo.xml.gz", Some(("2", None)));
        check("2018.03/updateinfo.xml.gz", Some(("1", None)));
        check("al2023/core/updateinfo.xml.gz", Some(("2023", None)));
        check("2/extras/docker/latest/x86_64/updateinfo.xml.gz", Some(("2", Some("amzn2extra-docker"))));
        check("updateinfo.xml.gz", None);
    }
}
