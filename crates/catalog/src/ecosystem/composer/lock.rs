//! Reads `composer.lock`.

use plimsoll_model::Problem;

use super::{DOC, MAX_LIST, TYPE, package, package_url};
use crate::claim::{Claim, Pattern};
use crate::declared;
use crate::reader::{Doc, Joined, LayeredImage, Reader};

const LOCK_DOC: Doc = Doc { id: "composer-lock", ..DOC };

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
        const CLAIMS: &[Claim] = &[Claim { pattern: Pattern::Name("composer.lock"), limit: MAX_LIST }];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        declared::keep(path, problems, || {
            let packages = package::locked(content)?;
            Some(packages.iter().map(|each| declared::Locked::of(&each.describe())).collect())
        })
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        declared::declare(image, &TYPE, package_url, joined);
    }
}
