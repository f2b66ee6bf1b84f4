//! Secrets: keys, tokens and passwords that lie in the files of an image, in any of its layers.
//!
//! A family of rules is one file; [`rules`] lists them all. The secret itself is never kept: what
//! is kept is its rule, its place, and as much of its beginning as all of its kind share.

mod binary;
mod client_file;
mod cloud;
mod forge;
mod json;
mod key;
mod login;
mod registry;
mod rule;
mod scan;
mod service;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use plimsoll_model::evidence::UnscannedFile;
use plimsoll_model::{Place, Problem, Secret, TreePath};
use serde::{Deserialize, Serialize};

pub use self::rule::{SecretKind, SecretRule};
pub use self::scan::{FoundSecret, Scan, scan_file, scan_instruction, scan_setting};

use self::rule::Finder;
use crate::claim::{Claim, Pattern};
use crate::executable::MAX_WHOLE;
use crate::reader::{Doc, Joined, LayerFragment, LayeredImage, Reader};

/// Finds secrets in files.
#[derive(Debug, Clone, Copy)]
pub struct Secrets;

/// How much of a text is looked through. Nearly all are shorter; larger ones are data.
const MAX_TEXT: u64 = 4 << 20;

/// A setting of an image that is named like a secret and has a value.
pub(crate) const NAMED_SETTING: SecretRule = SecretRule {
    id: "secret-setting",
    title: "Setting that is named like a secret",
    opens: "whatever the setting of that name opens",
    kind: SecretKind::Password,
    finder: Finder::Near(&[], |_, _| None),
};

/// Every rule, family by family.
pub fn rules() -> impl Iterator<Item = &'static SecretRule> {
    const SETTING: &[SecretRule] = &[NAMED_SETTING];
    let families: [&'static [SecretRule]; 9] = [
        key::RULES,
        binary::RULES,
        cloud::RULES,
        forge::RULES,
        registry::RULES,
        service::RULES,
        login::RULES,
        client_file::RULES,
        SETTING,
    ];
    families.into_iter().flatten()
}

/// The rule of an id.
#[must_use]
pub fn find_rule(id: &str) -> Option<&'static SecretRule> {
    rules().find(|rule| rule.id == id)
}

const DOC: Doc = Doc {
    id: "secrets",
    title: "Secrets",
    summary: "Keys, tokens and passwords in files, in whichever layer they lie.",
    explanation: "Looks every text file through for keys, for tokens of well-known services (by their \
form, and their checksum where they have one) and for passwords in the files where programs keep \
them. Binary private keys and key stores are read too. A file that a later layer removed is looked \
through as well: whoever has the image has its layers.\n\n\
Kept are the rule, the file, the line and the layer, never the secret. Of texts beyond four megabytes, \
and of those with more than 200,000 places where a secret may stand, only the beginning is looked through, which the \
answer tells. Archives inside the image and UTF-16 \
are not looked into. Values that documentation uses, and fields of templates, are left out.",
};

/// What is kept of one file.
#[derive(Debug, Serialize, Deserialize)]
struct Fragment {
    /// Bytes looked through, where there may be more.
    cut_at: Option<u64>,
    found: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    rule: String,
    line: u32,
    shown: String,
    is_verified: bool,
    more: u32,
}

impl Reader for Secrets {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        2
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Text, limit: MAX_TEXT },
            Claim { pattern: Pattern::Magic(binary::DER), limit: MAX_WHOLE },
            Claim { pattern: Pattern::Magic(binary::JKS), limit: MAX_WHOLE },
        ];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], _: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let scan = scan_file(path, content);
        let found: Vec<Entry> = scan
            .found
            .into_iter()
            .map(|each| Entry {
                rule: each.rule.to_owned(),
                line: each.line,
                shown: each.shown,
                is_verified: each.is_verified,
                more: each.more,
            })
            .collect();
        let size = content.len() as u64;
        let is_text = memchr::memchr(0, content.get(..1024).unwrap_or(content)).is_none();
        let cut_at = (size == MAX_TEXT && is_text).then_some(size);
        let cut_at = scan.stopped_at.map(|at| at as u64).or(cut_at);
        if found.is_empty() && cut_at.is_none() {
            return None;
        }
        postcard::to_allocvec(&Fragment { cut_at, found }).ok()
    }

    fn is_on_demand(&self) -> bool {
        true
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        // A layer that changes the owner of a file brings it again: what it says is told once,
        // with the lowest layer that has it, and shows if any of them does.
        let mut told: BTreeMap<(&[u8], &[u8]), Told<'_>> = BTreeMap::new();
        for fragment in image.fragments {
            told.entry((fragment.path, fragment.payload))
                .and_modify(|(known, _)| {
                    if fragment.file.is_some() {
                        *known = fragment;
                    }
                })
                .or_insert((fragment, fragment.layer));
        }
        let mut told: Vec<Told<'_>> = told.into_values().collect();
        told.sort_by(|left, right| left.0.path.cmp(right.0.path).then(left.1.cmp(&right.1)));
        for (fragment, layer) in told {
            add(image, fragment, layer, joined);
        }
    }
}

/// A fragment, and the lowest layer that has the same.
type Told<'a> = (&'a LayerFragment<'a>, u32);

fn add(image: &LayeredImage<'_>, fragment: &LayerFragment<'_>, layer: u32, joined: &mut Joined) {
    let path = TreePath::from_normal(fragment.path.to_vec());
    let Ok(kept) = postcard::from_bytes::<Fragment>(fragment.payload) else {
        joined.problems.push(Problem::new(
            "secrets-unreadable",
            path.to_string(),
            "what was kept about secrets in this file cannot be read back",
        ));
        return;
    };
    let place = Place { path, file: fragment.file, layer };
    let longer = |size: u64| fragment.file.is_none_or(|file| image.files.table().record(file).size() > size);
    if let Some(scanned) = kept.cut_at.filter(|scanned| longer(*scanned)) {
        joined.evidence.secrets.unscanned.push(UnscannedFile { place: place.clone(), scanned });
    }
    joined.evidence.secrets.found.extend(kept.found.into_iter().map(|entry| Secret {
        rule: entry.rule,
        place: place.clone(),
        line: entry.line,
        shown: entry.shown,
        is_verified: entry.is_verified,
        more: entry.more,
    }));
}
