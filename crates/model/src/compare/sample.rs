//! Small analyses for tests, written as text.

use crate::analysis::{Analysis, ImageConfig};
use crate::file::{FileKind, FileTable, FileTableBuilder, NewFile, NodeId};
use crate::package::{Package, PackageType};
use crate::path::TreePath;

/// Packages written as `type name version [arch] [/place]`, separated by commas.
pub(super) fn packages(text: &str) -> Vec<Package> {
    let mut packages: Vec<Package> = text
        .split(',')
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let mut package = Package::new(PackageType::from_text(words[0]), words[1], words[2]);
            for word in &words[3..] {
                match word.strip_prefix('/') {
                    Some(place) => package.place = Some(TreePath::parse(place.as_bytes()).unwrap()),
                    None => package.arch = Some((*word).to_owned()),
                }
            }
            package
        })
        .collect();
    packages.sort_by(Package::listing_order);
    packages
}

/// An analysis that holds packages and nothing else.
pub(super) fn with_packages(text: &str) -> Analysis {
    Analysis { packages: packages(text), ..Analysis::default() }
}

/// Files written as `/path` for a directory, or `/path content`, `/path -> target`, each with
/// `mode=0644`, `uid=1`, `cap` at will, separated by commas.
pub(super) fn files(text: &str) -> FileTable {
    let mut builder = FileTableBuilder::new();
    for line in text.split(',').filter(|line| !line.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let path = words.next().unwrap().trim_start_matches('/');
        let mut new = NewFile { implicit: false, ..NewFile::IMPLICIT_DIRECTORY };
        let mut content = None;
        let (mut attributes, mut link) = (Vec::new(), Vec::new());
        while let Some(word) = words.next() {
            if let Some(mode) = word.strip_prefix("mode=") {
                new.mode = u16::from_str_radix(mode, 8).unwrap();
            } else if let Some(uid) = word.strip_prefix("uid=") {
                new.uid = uid.parse().unwrap();
            } else if word == "cap" {
                attributes.push((b"security.capability".to_vec(), b"x".to_vec()));
            } else if word == "->" {
                new.kind = FileKind::Symlink;
                link = words.next().unwrap().as_bytes().to_vec();
            } else {
                new.kind = FileKind::File;
                content = Some(word);
            }
        }
        new.size = content.map_or(0, |content| content.len() as u64);
        let new = NewFile { link: &link, attributes: &attributes, ..new };
        let mut at = NodeId::ROOT;
        let mut names = path.split('/').peekable();
        while let Some(name) = names.next() {
            let file = if names.peek().is_none() { &new } else { &NewFile::IMPLICIT_DIRECTORY };
            at = builder
                .child(at, name.as_bytes())
                .unwrap_or_else(|| builder.insert(at, name.as_bytes(), file));
        }
        if let Some(content) = content {
            // No hash, but as good as one for texts of up to 32 bytes.
            let mut hash = [0; 32];
            hash[..content.len()].copy_from_slice(content.as_bytes());
            builder.set_sha256(at, hash);
        }
    }
    builder.finish().0
}

/// An analysis of an image with files, an empty configuration and nothing else.
pub(super) fn with_files(text: &str) -> Analysis {
    Analysis {
        has_files: true,
        files: files(text),
        config: Some(ImageConfig::default()),
        ..Analysis::default()
    }
}

/// Says that the first package whose name is given lists a path.
pub(super) fn own(analysis: &mut Analysis, path: &str, package: &str) {
    let file = analysis.files.index().resolve(path.as_bytes()).unwrap();
    let position = analysis.packages.iter().position(|one| one.name == package).unwrap();
    analysis.ownership.push((file, position as u32));
    analysis.ownership.sort();
}
