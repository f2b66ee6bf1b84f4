//! Reads `packages.lock.json`, and `packages.config` of projects before it.

use plimsoll_model::Problem;
use quick_xml::Reader as XmlReader;
use quick_xml::events::Event;
use serde_json::Value;

use super::{DOC, TYPE, package_url};
use crate::claim::{Claim, Pattern};
use crate::declared::{self, Locked, MAX_LOCK};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

const LOCK_DOC: Doc = Doc { id: "nuget-lock", ..DOC };

/// Reads lock files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Locks;

impl Reader for Locks {
    fn doc(&self) -> &'static Doc {
        &LOCK_DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Name("packages.lock.json"), limit: MAX_LOCK },
            Claim { pattern: Pattern::Name("packages.config"), limit: MAX_LOCK },
        ];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let content = content.strip_prefix(b"\xef\xbb\xbf".as_slice()).unwrap_or(content);
        declared::keep(path, problems, || {
            if path.ends_with(b".json") { of_lock(content) } else { of_config(content) }
        })
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        declared::declare(image, &TYPE, package_url, joined);
    }
}

/// `dependencies`, then a framework, then the name of a package.
fn of_lock(content: &[u8]) -> Option<Vec<Locked>> {
    let value: Value = serde_json::from_slice(content).ok()?;
    let frameworks = value.get("dependencies")?.as_object()?;
    let packages = frameworks.values().filter_map(Value::as_object).flatten();
    let locked =
        packages.filter_map(|(name, entry)| Some(Locked::new(name, entry.get("resolved")?.as_str()?)));
    Some(locked.collect())
}

/// `<packages><package id="…" version="…"/></packages>`. Other programs have files of this name
/// in other formats, which name nothing here.
fn of_config(content: &[u8]) -> Option<Vec<Locked>> {
    let text = String::from_utf8_lossy(content);
    let mut reader = XmlReader::from_str(&text);
    let mut locked = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element))
                if element.local_name().as_ref() == b"package" =>
            {
                let attribute = |wanted: &[u8]| {
                    let found = element.attributes().flatten().find(|each| each.key.as_ref() == wanted)?;
                    Some(String::from_utf8_lossy(&found.value).into_owned())
                };
                if let (Some(name), Some(version)) = (attribute(b"id"), attribute(b"version")) {
                    locked.push(Locked::new(name, version));
                }
            }
            Ok(Event::Eof) | Err(_) => return Some(locked),
            Ok(_) => {}
        }
    }
}
