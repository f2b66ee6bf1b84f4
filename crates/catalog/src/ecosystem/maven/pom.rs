//! `pom.xml`: a project in Maven's own words, as far as it says what the artifact is.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::Event;
use serde::{Deserialize, Serialize};

/// Elements nest to about ten in real files.
const MAX_DEPTH: usize = 64;
/// The longest text of an element that is kept; names of licences are the longest of interest.
const MAX_TEXT: usize = 1_024;
/// The most properties that are kept; large parents have some hundred.
const MAX_PROPERTIES: usize = 2_000;
/// How often a property may stand for another.
const MAX_STEPS: usize = 16;

/// The most licences that are kept.
const MAX_LICENCES: usize = 20;

/// What a project says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Project {
    /// The group, its parent's where it states none of its own.
    pub(super) group: Option<String>,
    pub(super) artifact: Option<String>,
    /// The version, its parent's where it states none of its own.
    pub(super) version: Option<String>,
    /// Name and address of each licence.
    pub(super) licences: Vec<(String, String)>,
    pub(super) url: Option<String>,
    pub(super) name: Option<String>,
}

/// Texts by the names of the elements around them, below `project`, and the properties.
#[derive(Debug, Default)]
struct Texts {
    elements: BTreeMap<&'static str, String>,
    properties: BTreeMap<String, String>,
    licences: Vec<(String, String)>,
}

/// The elements of interest.
const ELEMENTS: [&str; 8] = [
    "groupId",
    "artifactId",
    "version",
    "name",
    "url",
    "parent/groupId",
    "parent/artifactId",
    "parent/version",
];

impl Project {
    /// Reads a project. What is not well-formed ends it, and what came before counts.
    pub(super) fn parse(content: &[u8]) -> Self {
        let texts = Texts::read(content);
        let get = |name: &str| texts.elements.get(name).and_then(|text| texts.resolve(text));
        Self {
            group: get("groupId").or_else(|| get("parent/groupId")),
            artifact: get("artifactId"),
            version: get("version").or_else(|| {
                // One that is stated and cannot be resolved is not its parent's.
                (!texts.elements.contains_key("version")).then(|| get("parent/version")).flatten()
            }),
            licences: texts.licences.clone(),
            url: get("url"),
            name: get("name"),
        }
    }
}

impl Texts {
    fn read(content: &[u8]) -> Self {
        let mut texts = Self::default();
        let mut reader = Reader::from_reader(content);
        let config = reader.config_mut();
        config.allow_dangling_amp = true;
        config.expand_empty_elements = true;
        let mut open: Vec<String> = Vec::new();
        let mut text = String::new();
        loop {
            match reader.read_event() {
                Ok(Event::Start(start)) => {
                    if open.len() >= MAX_DEPTH {
                        return texts;
                    }
                    let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
                    open.push(name);
                    if open == ["project", "licenses", "license"] && texts.licences.len() < MAX_LICENCES {
                        texts.licences.push(Default::default());
                    }
                    text.clear();
                }
                Ok(Event::End(_)) => {
                    texts.take(&open, text.trim());
                    text.clear();
                    open.pop();
                }
                Ok(Event::Text(piece)) => push(&mut text, &String::from_utf8_lossy(&piece)),
                Ok(Event::CData(piece)) => push(&mut text, &String::from_utf8_lossy(&piece)),
                Ok(Event::GeneralRef(reference)) => {
                    let name = String::from_utf8_lossy(&reference).into_owned();
                    match reference.resolve_char_ref() {
                        Ok(Some(character)) => push(&mut text, character.encode_utf8(&mut [0; 4])),
                        // Entities of a document type are not expanded.
                        _ => push(
                            &mut text,
                            quick_xml::escape::resolve_predefined_entity(&name).unwrap_or_default(),
                        ),
                    }
                }
                Ok(Event::Eof) | Err(_) => return texts,
                Ok(_) => {}
            }
        }
    }

    /// Keeps the text of an element that ends, if it is of interest.
    fn take(&mut self, open: &[String], text: &str) {
        let Some((root, path)) = open.split_first() else { return };
        if root != "project" || text.is_empty() {
            return;
        }
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["properties", name] => {
                if self.properties.len() < MAX_PROPERTIES {
                    self.properties.insert((*name).to_owned(), text.to_owned());
                }
            }
            ["licenses", "license", part] => {
                if let Some(licence) = self.licences.last_mut() {
                    match *part {
                        "name" => text.clone_into(&mut licence.0),
                        "url" => text.clone_into(&mut licence.1),
                        _ => {}
                    }
                }
            }
            path => {
                let path = path.join("/");
                if let Some(name) = ELEMENTS.iter().find(|name| **name == path) {
                    self.elements.insert(name, text.to_owned());
                }
            }
        }
    }

    /// A text with its properties filled in; `None` where that cannot be done.
    fn resolve(&self, text: &str) -> Option<String> {
        let mut text = text.to_owned();
        for _ in 0..MAX_STEPS {
            let Some((before, rest)) = text.split_once("${") else { return Some(text) };
            let (name, after) = rest.split_once('}')?;
            text = format!("{before}{}{after}", self.property(name)?);
            if text.len() > MAX_TEXT {
                return None;
            }
        }
        None
    }

    fn property(&self, name: &str) -> Option<&str> {
        let own = name.strip_prefix("project.").or_else(|| name.strip_prefix("pom.")).unwrap_or(name);
        let path = own.replace('.', "/");
        let stated = self.elements.get(path.as_str()).map(String::as_str);
        let inherited = || match path.as_str() {
            "groupId" | "version" => self.elements.get(format!("parent/{path}").as_str()).map(String::as_str),
            _ => None,
        };
        self.properties.get(name).map(String::as_str).or(stated).or_else(inherited)
    }
}

fn push(text: &mut String, piece: &str) {
    if text.len() + piece.len() <= MAX_TEXT {
        text.push_str(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, expect: &str) {
        let project = Project::parse(content.as_bytes());
        let word = |word: Option<String>| word.unwrap_or_else(|| "?".to_owned());
        let found = [project.group, project.artifact, project.version].map(word).join(":");
        assert_eq!(found, expect, "{content}");
    }

    #[test]
    fn what_a_project_does_not_state_is_its_parents() {
        check(
            r#"<?xml version="1.0"?><project xmlns="x"><!-- c --><groupId> a.b </groupId>
            <artifactId>c</artifactId><version>1</version>
            <dependencies><dependency><artifactId>d</artifactId></dependency></dependencies></project>"#,
            "a.b:c:1",
        );
        let parent = "<parent><groupId>p</groupId><artifactId>q</artifactId><version>3</version></parent>";
        check(&format!("<project>{parent}<artifactId>c</artifactId></project>"), "p:c:3");
        check(&format!("<project>{parent}<artifactId>c</artifactId><version>4</version></project>"), "p:c:4");
    }

    #[test]
    fn properties_are_filled_in_or_nothing_is_said() {
        let pom = |version: &str| {
            format!(
                "<project><parent><groupId>p</groupId><version>3</version></parent>\
                 <groupId>${{project.parent.groupId}}.x</groupId><artifactId>c</artifactId>\
                 <version>{version}</version><properties><revision>7${{suffix}}</revision>\
                 <suffix>-b</suffix><loop>${{loop}}</loop><p.v>9</p.v></properties></project>"
            )
        };
        check(&pom("${revision}"), "p.x:c:7-b");
        check(&pom("${p.v}.${parent.version}"), "p.x:c:9.3");
        check(&pom("${unknown}"), "p.x:c:?");
        check(&pom("${loop}"), "p.x:c:?");
        check(&pom("${open"), "p.x:c:?");
    }

    #[test]
    fn entities_are_not_expanded_and_damage_ends_the_reading() {
        check("<project><groupId>a&amp;b&#45;c&bomb;</groupId><artifactId>c</artifactId>", "a&b-c:c:?");
        check("<project><groupId>a</groupId></project", "a:?:?");
        check("<other><groupId>a</groupId></other>", "?:?:?");
        check(&"<project>".repeat(1_000), "?:?:?");
    }

    #[test]
    fn licences_have_a_name_and_an_address() {
        let project = Project::parse(
            b"<project><licenses><license><name>MIT</name><url>u</url></license><license><name>B</name></license></licenses></project>",
        );
        assert_eq!(project.licences, [("MIT".to_owned(), "u".to_owned()), ("B".to_owned(), String::new())]);
    }
}
