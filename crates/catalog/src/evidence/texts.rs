//! Small texts that rules read later, kept as they are.

mod claims;
mod encoding;
mod passwords;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use memchr::memmem;
use plimsoll_model::evidence::texts::{NotKept, Text};
use plimsoll_model::{Problem, path};

use crate::claim::Claim;
use crate::content_names::content_names;
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// Keeps texts.
#[derive(Debug, Clone, Copy)]
pub struct Texts;

/// The most that is kept of a layer, compressed: a thousand licences of ten kilobytes each take
/// three megabytes.
const LAYER_LIMIT: u64 = 8 << 20;

const DOC: Doc = Doc {
    id: "texts",
    title: "Texts",
    summary: "Small texts that rules read: accounts, configuration, entrypoints, licences, metadata.",
    explanation: "Keeps accounts (/etc/passwd, /etc/group, /etc/shadow, /etc/gshadow), os-release, nsswitch.conf, resolver, \
loader, PAM, ssh, sudo, cron and logrotate configuration, repositories of package managers, the \
configuration of the usual servers, scripts that containers are usually entered through, licence \
texts, and metadata of packages. Each kind has a limit of its own, and the texts of one layer \
together have one: 8 MiB compressed.\n\n\
What is larger, is no text, or comes when the layer's limit is reached is not kept, and that is \
known of it: a question about it has no answer, which is not the same as no. A file with a private \
key is not kept, and of the accounts each hash of a password is replaced by its kind (<sha-512>), as is whatever \
else stands in its place and is no usual mark.",
};

impl Reader for Texts {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        2
    }

    fn claims(&self) -> &'static [Claim] {
        claims::CLAIMS
    }

    fn is_on_demand(&self) -> bool {
        true
    }

    fn too_large(&self, _: &[u8], size: u64) -> Option<Vec<u8>> {
        Some(encoding::not_kept(NotKept::TooLarge(size)))
    }

    fn layer_limit(&self) -> u64 {
        LAYER_LIMIT
    }

    fn beyond_layer_limit(&self) -> Option<Vec<u8>> {
        Some(encoding::not_kept(NotKept::LayerLimit))
    }

    fn read(&self, path: &[u8], content: &[u8], _: &mut Vec<Problem>) -> Option<Vec<u8>> {
        if !claims::is_wanted(path, content) {
            return None;
        }
        Some(if memchr::memchr(0, content).is_some() {
            encoding::not_kept(NotKept::NotText)
        } else if memmem::find(content, b"PRIVATE KEY-----").is_some() {
            encoding::not_kept(NotKept::HoldsSecret)
        } else if passwords::has(path) {
            encoding::kept(&passwords::reduce(content))
        } else {
            encoding::kept(content)
        })
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let names = content_names(image);
        let mut known: HashMap<&[u8], Arc<[u8]>> = HashMap::new();
        for fragment in image.shown() {
            let Some(found) = encoding::read(fragment.payload) else {
                joined.problems.push(Problem::new(
                    "text-unreadable",
                    format!("/{}", path::escape(fragment.path)),
                    "what was kept of this text cannot be read back",
                ));
                continue;
            };
            let text = match found {
                Ok(content) => {
                    Text::Kept(known.entry(fragment.payload).or_insert_with(|| content.into()).clone())
                }
                Err(reason) => Text::NotKept(reason),
            };
            for name in names.others(fragment.file) {
                joined.evidence.texts.insert(*name, text.clone());
            }
            joined.evidence.texts.insert(fragment.file, text);
        }
    }
}
