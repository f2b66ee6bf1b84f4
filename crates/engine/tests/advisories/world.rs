//! A server, a store, and updates from the one into the other.

use std::path::PathBuf;
use std::time::Duration;

use plimsoll_advisory::database::Database;
use plimsoll_engine::advisories::{AdvisoryStore, UpdateOptions, Updated};
use plimsoll_engine::{NoProgress, TransportOptions};
use plimsoll_model::{FeedFacts, NameKind};
use plimsoll_testing::feed_server::FeedServer;

pub(crate) struct World {
    pub(crate) server: FeedServer,
    pub(crate) store: AdvisoryStore,
    pub(crate) place: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let store = AdvisoryStore::new(place.path());
        Self { server: FeedServer::start().unwrap(), store, place }
    }

    pub(crate) fn options(&self, feeds: &[&str]) -> UpdateOptions {
        UpdateOptions {
            feeds: feeds.iter().map(|feed| (*feed).to_owned()).collect(),
            mirror: Some(self.server.url()),
            transport: TransportOptions {
                idle_timeout: Some(Duration::from_secs(1)),
                ..TransportOptions::default()
            },
        }
    }

    /// Updates, and gives what there is to tell, as `code subject: detail` without the port.
    pub(crate) fn update(&self, feeds: &[&str]) -> Vec<String> {
        let updated = self.store.update(&self.options(feeds), &NoProgress);
        let Updated { problems, .. } = updated.unwrap_or_else(|error| panic!("{error}"));
        problems
            .iter()
            .map(|problem| format!("{} {}: {}", problem.code, problem.subject, problem.detail))
            .map(|text| text.replace(&self.server.url(), "SERVER"))
            .collect()
    }

    pub(crate) fn database(&self) -> Database {
        self.store.open().unwrap()
    }

    pub(crate) fn feed(&self, id: &str) -> FeedFacts {
        let database = self.database();
        let found = database.feeds().iter().find(|feed| feed.id == id).cloned();
        found.unwrap_or_else(|| panic!("no feed {id} in {:?}", database.feeds()))
    }

    /// Ids of the advisories about a package of a language.
    pub(crate) fn ids(&self, kind: &str, name: &str) -> Vec<String> {
        let database = self.database();
        let statements = database.statements(kind, None, name, NameKind::Binary).unwrap();
        let mut ids: Vec<String> = statements
            .rows()
            .unwrap()
            .iter()
            .map(|row| database.advisory(row.advisory).unwrap().1.id)
            .collect();
        ids.sort();
        ids
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        !self.database().advisories_named(id).unwrap().is_empty()
    }

    /// Files below the store, without the database.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut pending = vec![self.place.path().join(folder)];
        while let Some(directory) = pending.pop() {
            for entry in std::fs::read_dir(directory).into_iter().flatten() {
                let path: PathBuf = entry.unwrap().path();
                if path.is_dir() {
                    pending.push(path);
                } else {
                    let below = path.strip_prefix(self.place.path().join(folder)).unwrap();
                    found.push(below.display().to_string());
                }
            }
        }
        found.sort();
        found
    }
}

/// A catalogue of exploited flaws.
pub(crate) fn kev(cves: &[&str]) -> String {
    let entries: Vec<String> = cves
        .iter()
        .map(|cve| format!(r#"{{"cveID":"{cve}","dateAdded":"2026-01-02","dueDate":"2026-02-03"}}"#))
        .collect();
    format!(r#"{{"count":{},"vulnerabilities":[{}]}}"#, cves.len(), entries.join(","))
}

pub(crate) const KEV: &str = "kev/known_exploited_vulnerabilities.json";

/// A zip of stored members.
pub(crate) fn zip(members: &[(String, String)]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let offset = archive.len() as u32;
        let mut crc = crc32(content.as_bytes()).to_le_bytes().to_vec();
        crc.extend((content.len() as u32).to_le_bytes());
        crc.extend((content.len() as u32).to_le_bytes());
        let name_length = (name.len() as u16).to_le_bytes();
        archive.extend(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0");
        archive.extend(&crc);
        archive.extend(name_length);
        archive.extend([0, 0]);
        archive.extend(name.as_bytes());
        archive.extend(content.as_bytes());
        directory.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0");
        directory.extend(&crc);
        directory.extend(name_length);
        directory.extend([0; 12]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = archive.len() as u32;
    let count = (members.len() as u16).to_le_bytes();
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(count);
    archive.extend(count);
    archive.extend((directory.len() as u32).to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0, 0]);
    archive
}

/// The checksum of zip (CRC-32 of ISO 3309), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}
