//! One line per file, short where a file is ordinary, in which every property that counts is
//! compared: path, type, mode, owner, size, content, link target, device, extended attributes.

use std::collections::BTreeMap;

use plimsoll_image::{LayerExpectation, LayerRead, Merged, NoContent, count_bytes, merge, read_layer};
use plimsoll_model::{FileKind, FileTable, path};
use plimsoll_testing::TestImage;
use plimsoll_testing::image_files::hexadecimal;
use sha2::{Digest as _, Sha256};

/// A file as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) path: Vec<u8>,
    pub(crate) kind: FileKind,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) size: u64,
    pub(crate) sha256: Option<[u8; 32]>,
    pub(crate) link: Vec<u8>,
    pub(crate) device: Option<(u32, u32)>,
    pub(crate) attributes: Vec<(Vec<u8>, Vec<u8>)>,
}

/// The text that contents are known by: short ones are shown as they are.
pub(crate) type Contents = BTreeMap<[u8; 32], Vec<u8>>;

/// What the entries of an image hold.
pub(crate) fn contents(image: &TestImage) -> Contents {
    let entries = image.layers.iter().flat_map(|layer| &layer.entries);
    entries.map(|entry| (Sha256::digest(&entry.content).into(), entry.content.clone())).collect()
}

impl Shown {
    /// The line: `dir/ 0700`, `file "content" 4755 1:2 user.x=ff`, `link -> target`,
    /// `null char 1:3 0666`. A directory's 0755, a file's 0644 and the owner 0:0 go unsaid.
    pub(crate) fn line(&self, contents: &Contents) -> String {
        let mut line = path::escape(&self.path);
        let usual = match self.kind {
            FileKind::Directory => 0o755,
            FileKind::Symlink => 0o777,
            _ => 0o644,
        };
        match self.kind {
            FileKind::Directory => line.push('/'),
            FileKind::Symlink => line.push_str(&format!(" -> {}", path::escape(&self.link))),
            FileKind::File => {
                match self.sha256.as_ref().map(|sha256| (sha256, contents.get(sha256))) {
                    Some((_, Some(text))) if text.len() <= 40 => {
                        line.push_str(&format!(" \"{}\"", path::escape(text)));
                    }
                    Some((sha256, _)) => line.push_str(&format!(" {}", &hexadecimal(sha256)[..8])),
                    None => line.push_str(" unhashed"),
                }
                let short = self.sha256.as_ref().and_then(|sha256| contents.get(sha256));
                if short.is_none_or(|text| text.len() > 40 || text.len() as u64 != self.size) {
                    line.push_str(&format!(" {} bytes", self.size));
                }
            }
            other => line.push_str(&format!(" {}", other.word())),
        }
        if let Some((major, minor)) = self.device {
            line.push_str(&format!(" {major}:{minor}"));
        }
        if self.mode != usual {
            line.push_str(&format!(" {:04o}", self.mode));
        }
        if (self.uid, self.gid) != (0, 0) {
            line.push_str(&format!(" {}:{}", self.uid, self.gid));
        }
        for (name, value) in &self.attributes {
            line.push_str(&format!(" {}={}", path::escape(name), hexadecimal(value)));
        }
        line
    }
}

/// Every entry of a table but the root, unless the root is out of the ordinary.
pub(crate) fn listing(table: &FileTable, contents: &Contents) -> Vec<String> {
    let shown = table.ids().map(|id| {
        let record = table.record(id);
        Shown {
            path: table.path(id).as_bytes().to_vec(),
            kind: record.kind,
            mode: u32::from(record.mode),
            uid: record.uid,
            gid: record.gid,
            size: record.size(),
            sha256: record.sha256().copied(),
            link: table.link(id).to_vec(),
            device: record.device(),
            attributes: table.attributes(id).map(|(name, value)| (name.to_vec(), value.to_vec())).collect(),
        }
    });
    lines(shown, contents)
}

/// The lines of a listing; an ordinary root goes unsaid.
pub(crate) fn lines(shown: impl Iterator<Item = Shown>, contents: &Contents) -> Vec<String> {
    shown.map(|shown| shown.line(contents)).filter(|line| line != "/").collect()
}

/// Reads every layer of an image and merges them.
pub(crate) fn read_all(image: &TestImage) -> (Vec<LayerRead>, Merged) {
    let reads: Vec<LayerRead> = image
        .layers
        .iter()
        .map(|layer| {
            let expectation = LayerExpectation {
                digest: Some(layer.digest().parse().unwrap()),
                size: Some(layer.blob.len() as u64),
                diff_id: Some(layer.diff_id().parse().unwrap()),
                ..LayerExpectation::default()
            };
            read_layer(layer.blob.as_slice(), &expectation, &mut NoContent).unwrap()
        })
        .collect();
    let tables: Vec<&FileTable> = reads.iter().map(|read| &read.files).collect();
    let mut merged = merge(&tables);
    count_bytes(&tables, &merged.files, &mut merged.statistics);
    (reads, merged)
}

/// The codes of all problems of an image, sorted.
pub(crate) fn problem_codes(reads: &[LayerRead], merged: &Merged) -> Vec<String> {
    let problems = reads.iter().flat_map(|read| &read.problems).chain(&merged.problems);
    let mut codes: Vec<String> = problems.map(|problem| problem.code.as_str().to_owned()).collect();
    codes.sort();
    codes
}
