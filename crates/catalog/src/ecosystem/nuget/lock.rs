//! Reads `packages.lock.json`, and `packages.config` of projects before it.

use quick_xml::Reader as XmlReader;
use quick_xml::events::Event;
use serde_json::Value;

use super::{DOC, TYPE, package_url};
use crate::claim::Claim;
use crate::declared::{LockFiles, Locked};
use crate::reader::Doc;

const LOCK_DOC: Doc = Doc { id: "nuget-lock", ..DOC };
const CLAIMS: &[Claim] = &[LockFiles::named("packages.lock.json"), LockFiles::named("packages.config")];

pub(super) static LOCKS: LockFiles =
    LockFiles { doc: &LOCK_DOC, revision: 2, claims: CLAIMS, kind: TYPE, parse, package_url };

fn parse(name: &[u8], content: &[u8]) -> Option<Vec<Locked>> {
    if name.ends_with(b".json") { of_lock(content) } else { of_config(content) }
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
                    let found = element
                        .attributes()
                        .with_checks(false)
                        .flatten()
                        .find(|each| each.key.as_ref() == wanted)?;
                    Some(String::from_utf8_lossy(&found.value).into_owned())
                };
                let or_none = Option::unwrap_or_default;
                locked.push(Locked::new(or_none(attribute(b"id")), or_none(attribute(b"version"))));
            }
            Ok(Event::Eof) => return Some(locked),
            // What comes behind the damage is one entry that cannot be read, or more.
            Err(_) if !locked.is_empty() => {
                locked.push(Locked::default());
                return Some(locked);
            }
            Err(_) => return Some(locked),
            Ok(_) => {}
        }
    }
}
