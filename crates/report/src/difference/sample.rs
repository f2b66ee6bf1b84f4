//! Two images made by hand that differ in every way there is, for the tests of every format.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use plimsoll_model::{
    Analysis, Distribution, FileId, FileKind, FileTable, FileTableBuilder, ImageConfig, ImageIdentity, Layer,
    LayerStatistics, NewFile, NodeId, Package, PackageType, Platform, Problem, TreePath,
};

use crate::sample::digest;

/// Orders versions as numbers where they are; anything else has no order.
pub(super) fn order(_: &PackageType, left: &str, right: &str) -> Option<Ordering> {
    let parse =
        |text: &str| -> Option<Vec<u32>> { text.split(['.', '-']).map(|part| part.parse().ok()).collect() };
    Some(parse(left)?.cmp(&parse(right)?))
}

/// Packages written as `type name version [arch] [/place]`, separated by commas.
pub(super) fn packages(text: &str) -> Vec<Package> {
    let mut packages: Vec<Package> = text
        .split(',')
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

/// An image of packages alone, called `name`.
pub(super) fn named(name: &str, text: &str) -> Analysis {
    Analysis {
        identity: ImageIdentity { name: name.to_owned(), ..ImageIdentity::default() },
        packages: packages(text),
        ..Analysis::default()
    }
}

/// Path, mode, user, size (its hash follows from it), link target, owning package.
type Entry = (&'static [u8], u16, u32, u64, &'static str, &'static str);

fn files(entries: &[Entry], packages: &[Package]) -> (FileTable, Vec<(FileId, u32)>) {
    let mut builder = FileTableBuilder::new();
    let mut owners = Vec::new();
    for (path, mode, uid, size, link, owner) in entries {
        let kind = if link.is_empty() { FileKind::File } else { FileKind::Symlink };
        let new = NewFile {
            kind,
            mode: *mode,
            uid: *uid,
            size: *size,
            link: link.as_bytes(),
            implicit: false,
            ..NewFile::IMPLICIT_DIRECTORY
        };
        let mut at = NodeId::ROOT;
        let mut names = path.split(|byte| *byte == b'/').peekable();
        while let Some(name) = names.next() {
            let entry = if names.peek().is_some() { &NewFile::IMPLICIT_DIRECTORY } else { &new };
            at = builder.child(at, name).unwrap_or_else(|| builder.insert(at, name, entry));
        }
        if kind == FileKind::File {
            builder.set_sha256(at, [*size as u8; 32]);
        }
        if let Some(position) = packages.iter().position(|package| package.name == *owner) {
            owners.push((at, position as u32));
        }
    }
    let (table, places) = builder.finish();
    let mut ownership: Vec<(FileId, u32)> =
        owners.into_iter().filter_map(|(node, package)| Some((places[node.index()]?, package))).collect();
    ownership.sort_unstable();
    (table, ownership)
}

fn layer(byte: u8, instruction: &str, compressed_size: u64) -> Layer {
    Layer {
        digest: digest(byte),
        diff_id: Some(digest(byte)),
        media_type: "application/vnd.oci.image.layer.v1.tar+gzip".to_owned(),
        compressed_size,
        unpacked_size: compressed_size * 3,
        instruction: Some(instruction.to_owned()),
        created: None,
        statistics: LayerStatistics::default(),
    }
}

fn image(name: &str, byte: u8, point: &str, text: &str, entries: &[Entry]) -> Analysis {
    let packages = packages(text);
    let (files, ownership) = files(entries, &packages);
    Analysis {
        identity: ImageIdentity {
            name: name.to_owned(),
            manifest_digest: Some(digest(byte)),
            config_digest: Some(digest(byte + 1)),
            platform: Some(Platform::normal("linux", "amd64", None)),
            ..ImageIdentity::default()
        },
        distribution: Some(Distribution {
            id: "debian".to_owned(),
            pretty_name: Some("Debian GNU/Linux 12 (bookworm)".to_owned()),
            point_release: Some(point.to_owned()),
            ..Distribution::default()
        }),
        packages,
        has_files: true,
        files,
        ownership,
        ..Analysis::default()
    }
}

/// What was there first.
pub(super) fn before() -> Analysis {
    let mut image = image(
        "shop:1",
        0x10,
        "12.7",
        "deb bash 5.2 amd64, deb libc6 2.36 amd64, deb libc6 2.36 i386, deb perl 5.36 amd64, \
         deb tzdata 2024.2 all, deb attrs 21.2, pypi attrs 21.2, npm ms 2.0.0 /app/a, \
         npm ms 2.1.3 /app/b, rpm vim 2:7.4-1 x86_64, rpm tar 2:1.26-31 x86_64, deb curl x1 amd64",
        &[
            (b"bin/bash", 0o755, 0, 1_200_000, "", "bash"),
            (b"bin/sh", 0o777, 0, 0, "dash", ""),
            (b"etc/motd", 0o644, 0, 286, "", ""),
            (b"etc/a,b \"c\"", 0o644, 0, 12, "", ""),
            (b"srv/caf\xe9", 0o600, 0, 5, "", ""),
            (b"usr/bin/perl", 0o755, 0, 3_900_000, "", "perl"),
            (b"usr/lib/perl/strict.pm", 0o644, 0, 1_801, "", "perl"),
            (b"usr/lib/perl/warnings.pm", 0o644, 0, 50_011, "", "perl"),
            (b"usr/bin/passwd", 0o4755, 0, 68_248, "", ""),
        ],
    );
    image.config = Some(ImageConfig {
        created: Some("2024-10-17T00:20:20Z".to_owned()),
        entrypoint: vec!["/bin/sh".to_owned(), "-c".to_owned()],
        env: vec!["PATH=/usr/bin:/bin".to_owned(), "LANG=C".to_owned()],
        exposed_ports: vec!["80/tcp".to_owned()],
        labels: BTreeMap::from([("maintainer".to_owned(), "<ops@example.org> | \"team\"".to_owned())]),
        ..ImageConfig::default()
    });
    image.layers = vec![
        layer(0x01, "ADD rootfs.tar / ", 29_000_000),
        layer(0x02, "RUN apt-get install -y perl", 10_200_000),
    ];
    image
}

/// What came of it.
pub(super) fn after() -> Analysis {
    let mut image = image(
        "shop:2",
        0x20,
        "12.8",
        "deb bash 5.10 amd64, deb libc6 2.36 amd64, deb libc6 2.35 i386, deb tzdata 2024.1 all, \
         deb attrs 22.1, pypi attrs 21.3, npm ms 2.1.3 /app/b, rpm vim 3:7.4-1 x86_64, \
         deb zlib1g 1.2 amd64, deb curl x2 amd64",
        &[
            (b"bin/bash", 0o755, 0, 1_300_001, "", "bash"),
            (b"bin/sh", 0o777, 0, 0, "bash", ""),
            (b"etc/issue", 0o644, 0, 286, "", ""),
            (b"etc/a,b \"c\"", 0o640, 7, 12, "", ""),
            (b"srv/caf\xe9", 0o600, 0, 6, "", ""),
            (b"usr/bin/passwd", 0o755, 0, 68_248, "", ""),
            (b"usr/lib/libz.so.1", 0o644, 0, 121_280, "", "zlib1g"),
        ],
    );
    image.config = Some(ImageConfig {
        created: Some("2024-11-12T10:00:00Z".to_owned()),
        entrypoint: vec!["/bin/bash".to_owned()],
        env: vec!["PATH=/bin".to_owned(), "DEBUG=".to_owned()],
        user: "1000".to_owned(),
        ..ImageConfig::default()
    });
    image.layers = vec![
        layer(0x01, "ADD rootfs.tar / ", 29_000_000),
        layer(0x03, "COPY zlib <b>&amp;</b> /usr/lib", 900_000),
    ];
    image.problems =
        vec![Problem::new("dpkg-status-damaged", "/var/lib/dpkg/status", "one paragraph is cut short")];
    image
}
