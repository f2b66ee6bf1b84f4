//! What to fetch of Red Hat's documents, round by round: the lists, the archive that they name
//! (with its checksum), then the documents that were changed after the archive was made.

use std::collections::BTreeSet;

use super::changes::{archive, plan};
use super::{BASE, MAX_DOCUMENT_BYTES};
use crate::feed::{Answer, Digest, FeedRequest, FollowUp, Kept, WITHDRAWN_LIST};

pub(super) const LATEST: &str = "archive_latest.txt";
pub(super) const CHANGES: &str = "changes.csv";
pub(super) const DELETIONS: &str = "deletions.csv";
const CHECKSUM: &str = ".sha256";
const ARCHIVE: &str = ".tar.zst";

/// The name of an archive, or its checksum, is one short line.
pub(super) const MAX_LINE_FILE: u64 = 4096;
/// The real lists have some five megabytes.
pub(super) const MAX_LIST: u64 = 32 << 20;
/// How many documents are fetched one by one. There are some fifty thousand in all; a new archive
/// is made every few days, and in between some thousands change.
const MAX_DOCUMENTS: usize = 20_000;

pub(super) fn follow(round: &[Answer], kept: &dyn Kept) -> FollowUp {
    let answered = |end: &str| round.iter().find(|answer| answer.request.path.ends_with(end));
    if let Some(latest) = answered(LATEST) {
        let text = kept.text(LATEST, MAX_LINE_FILE).filter(|_| latest.is_there());
        return match text.as_deref().map(archive) {
            Some(Some((request, _))) if kept.open(&request.path).is_none() => {
                let (url, path) = (request.url + CHECKSUM, request.path + CHECKSUM);
                let checksum = FeedRequest::new(url, path).at_most(MAX_LINE_FILE).optional();
                FollowUp { fetch: vec![checksum], ..FollowUp::default() }
            }
            Some(None) => FollowUp {
                failed: vec![(LATEST.to_owned(), "it names no archive of documents".to_owned())],
                ..FollowUp::default()
            },
            // The archive is here, or its name could not be had, which is told already.
            _ => documents(kept),
        };
    }
    if let Some(checksum) = answered(CHECKSUM) {
        return fetch_archive(checksum, kept);
    }
    if answered(ARCHIVE).is_some() { documents(kept) } else { FollowUp::default() }
}

fn fetch_archive(checksum: &Answer, kept: &dyn Kept) -> FollowUp {
    let path = &checksum.request.path;
    let name = path.strip_suffix(CHECKSUM).unwrap_or(path);
    let mut request = FeedRequest::new(format!("{BASE}{name}"), name);
    if checksum.is_there() {
        let text = kept.text(path, MAX_LINE_FILE).unwrap_or_default();
        request.digest = Digest::parse("sha256", text.split_whitespace().next().unwrap_or_default());
        if request.digest.is_none() {
            let failed = vec![(path.clone(), "it holds no SHA-256 digest".to_owned())];
            return FollowUp { failed, ..FollowUp::default() };
        }
    }
    // Of two archives the older one would bring back what the newer one has changed.
    let is_old = |other: &String| {
        other != name && other != path && (other.ends_with(ARCHIVE) || other.ends_with(CHECKSUM))
    };
    request.replaces = kept.paths("").into_iter().filter(is_old).collect();
    FollowUp { fetch: vec![request], ..FollowUp::default() }
}

/// The documents that differ from those in the archive. Without an archive there is nothing to
/// differ from, and fifty thousand requests are no substitute for it.
fn documents(kept: &dyn Kept) -> FollowUp {
    let paths = kept.paths("");
    let days = paths.iter().filter_map(|path| archive(path).map(|(_, day)| day));
    let (Some(day), Some(changes)) = (days.max(), kept.text(CHANGES, MAX_LIST)) else {
        return FollowUp::default();
    };
    let deletions = kept.text(DELETIONS, MAX_LIST).unwrap_or_default();
    let singles: BTreeSet<&str> = paths
        .iter()
        .map(String::as_str)
        .filter(|path| path.contains('/') && path.ends_with(".json"))
        .collect();
    let stamps: std::collections::BTreeMap<&str, String> =
        singles.iter().filter_map(|path| Some((*path, kept.stamp(path)?))).collect();
    let plan = plan(&changes, &deletions, |path| {
        let stamp = stamps.get(path).map(String::as_str);
        // The archive holds what was there on its day.
        Some(stamp.filter(|stamp| *stamp > day.as_str()).unwrap_or(&day))
    });
    if plan.fetch.len() > MAX_DOCUMENTS {
        let why = format!(
            "it lists {} documents that changed after the archive was made, more than can be believed",
            plan.fetch.len()
        );
        return FollowUp { failed: vec![(CHANGES.to_owned(), why)], ..FollowUp::default() };
    }
    let in_archive = |path: &&str| stamps.get(*path).is_some_and(|stamp| *stamp <= day);
    let withdrawn: BTreeSet<&str> = plan.drop.iter().map(String::as_str).collect();
    let drop = singles.iter().filter(|path| withdrawn.contains(*path) || in_archive(path));
    let drop = drop.map(|path| (*path).to_owned()).collect();
    let mut list = plan.drop.join("\n");
    list.push('\n');
    let fetch = plan.fetch.into_iter().map(|request| request.at_most(MAX_DOCUMENT_BYTES)).collect();
    FollowUp {
        fetch,
        drop,
        write: vec![(WITHDRAWN_LIST.to_owned(), list)],
        failed: Vec::new(),
        problems: plan.problems,
    }
}
