//! An image made by hand, for the tests of every document.

use plimsoll_model::{
    Analysis, AttachedContent, AttachedKind, Attachment, AttachmentPlace, Attachments, Base, BaseEvidence,
    Digest, Distribution, FileId, FileKind, FileTable, FileTableBuilder, ImageConfig, ImageIdentity,
    InstallReason, Layer, LayerStatistics, NewFile, NodeId, Package, PackageType, Platform, Problem, Purl,
    Signer, SourcePackage, TreePath, Verification,
};

/// What was written, as text without its colours.
pub(crate) fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut plain = String::new();
    let mut rest = text.as_ref();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain + rest
}

/// A digest whose hash is one byte over and over.
pub(crate) fn digest(byte: u8) -> Digest {
    Digest::sha256([byte; 32])
}

/// Two layers, four packages, a dozen files, one problem.
pub(crate) fn analysis() -> Analysis {
    let (files, ownership) = files();
    Analysis {
        identity: identity(),
        config: Some(config()),
        distribution: Some(distribution()),
        layers: layers(),
        base: None,
        attachments: None,
        history: vec!["ADD rootfs.tar / ".to_owned(), "RUN npm install left-pad".to_owned()],
        packages: packages(),
        has_files: true,
        files,
        ownership,
        part_of: Vec::new(),
        evidence: None,
        problems: vec![Problem::new(
            "rpm-database-damaged",
            "/var/lib/rpm/Packages",
            "page 7 is cut short, so its packages are missing",
        )],
    }
}

/// The same image, of which the lower layer is known to be the base.
pub(crate) fn analysis_with_base() -> Analysis {
    let base = Base {
        name: Some("docker.io/library/debian:12".to_owned()),
        digest: Some(digest(0xdd)),
        layers: Some(1),
        evidence: BaseEvidence::Remembered,
        reason: "looked at before on this machine; its layers are the lowest of the image".to_owned(),
    };
    Analysis { base: Some(base), ..analysis() }
}

/// What is attached to it: a signature by a certificate, an attestation in the index, a VEX
/// document signed with a key, an artefact of another kind.
pub(crate) fn attachments() -> Attachments {
    let content = |byte, kind, media_type: &str, predicate: Option<&str>, signer| AttachedContent {
        kind,
        digest: digest(byte),
        media_type: media_type.to_owned(),
        size: 700,
        predicate_type: predicate.map(str::to_owned),
        signer,
        verification: Verification::NotVerified,
    };
    let artifact = |byte, artifact_type: Option<&str>, place, contents| Attachment {
        digest: digest(byte),
        media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
        artifact_type: artifact_type.map(str::to_owned),
        size: 500,
        annotations: Default::default(),
        subject: digest(0xbb),
        place,
        contents,
    };
    let certificate = Signer::Certificate {
        identity: "release@example.org".to_owned(),
        issuer: Some("https://accounts.example.org".to_owned()),
    };
    Attachments {
        artifacts: vec![
            artifact(
                0x31,
                None,
                AttachmentPlace::Index,
                vec![content(
                    0x41,
                    AttachedKind::Provenance,
                    "application/vnd.in-toto+json",
                    Some("https://slsa.dev/provenance/v1"),
                    Signer::Nobody,
                )],
            ),
            artifact(
                0x32,
                None,
                AttachmentPlace::CosignTag,
                vec![content(
                    0x42,
                    AttachedKind::Signature,
                    "application/vnd.dev.cosign.simplesigning.v1+json",
                    None,
                    certificate,
                )],
            ),
            artifact(
                0x33,
                Some("application/vnd.dev.sigstore.bundle.v0.3+json"),
                AttachmentPlace::Referrers,
                vec![content(
                    0x43,
                    AttachedKind::Vex,
                    "application/vnd.dev.sigstore.bundle.v0.3+json",
                    Some("https://openvex.dev/ns/v0.2.0"),
                    Signer::Key { hint: None },
                )],
            ),
            artifact(0x34, Some("application/vnd.example.notes"), AttachmentPlace::Referrers, Vec::new()),
        ],
        problems: vec![Problem::new("attachment-not-read", digest(0x35).to_string(), "it is not there")],
    }
}

fn identity() -> ImageIdentity {
    ImageIdentity {
        name: "debian:12".to_owned(),
        reference: Some("docker.io/library/debian:12".to_owned()),
        index_digest: Some(digest(0xaa)),
        manifest_digest: Some(digest(0xbb)),
        config_digest: Some(digest(0xcc)),
        platform: Some(Platform::normal("linux", "amd64", None)),
        platforms: vec![
            Platform::normal("linux", "amd64", None),
            Platform::normal("linux", "arm", Some("v7")),
        ],
    }
}

fn config() -> ImageConfig {
    ImageConfig {
        created: Some("2024-10-17T00:20:20.5Z".to_owned()),
        entrypoint: vec!["/usr/bin/app".to_owned(), "--name".to_owned(), "two words".to_owned()],
        cmd: vec!["serve".to_owned()],
        env: vec!["PATH=/usr/bin:/bin".to_owned(), "LANG=C.UTF-8".to_owned()],
        working_dir: "/srv".to_owned(),
        exposed_ports: vec!["80/tcp".to_owned()],
        volumes: vec!["/data".to_owned()],
        labels: [("maintainer".to_owned(), "app@example.org".to_owned())].into(),
        healthcheck: Some(vec!["CMD-SHELL".to_owned(), "curl -f localhost".to_owned()]),
        ..ImageConfig::default()
    }
}

fn distribution() -> Distribution {
    Distribution {
        id: "debian".to_owned(),
        name: Some("Debian GNU/Linux".to_owned()),
        pretty_name: Some("Debian GNU/Linux 12 (bookworm)".to_owned()),
        version_id: Some("12".to_owned()),
        codename: Some("bookworm".to_owned()),
        point_release: Some("12.7".to_owned()),
        evidence: "/usr/lib/os-release".to_owned(),
        ..Distribution::default()
    }
}

fn layers() -> Vec<Layer> {
    let layer = |byte, instruction: &str, compressed_size, statistics| Layer {
        digest: digest(byte),
        diff_id: Some(digest(byte + 1)),
        media_type: "application/vnd.oci.image.layer.v1.tar+gzip".to_owned(),
        compressed_size,
        unpacked_size: compressed_size * 3,
        instruction: Some(instruction.to_owned()),
        created: Some("2024-10-17T00:20:20Z".to_owned()),
        statistics,
    };
    vec![
        layer(
            0x10,
            "ADD rootfs.tar / ",
            31_000_000,
            LayerStatistics {
                added: 7,
                content_bytes: 80_000_000,
                hidden_bytes: 1_200_000,
                ..LayerStatistics::default()
            },
        ),
        layer(
            0x20,
            "RUN npm install left-pad",
            1_500_000,
            LayerStatistics {
                added: 3,
                changed: 1,
                removed: 2,
                content_bytes: 4_000_000,
                ..LayerStatistics::default()
            },
        ),
    ]
}

fn packages() -> Vec<Package> {
    let deb = |name: &str, version: &str| Package {
        arch: Some("amd64".to_owned()),
        vendor: Some("Matthias Klose <doko@debian.org>".to_owned()),
        purl: Some(
            Purl::new("deb", Some("debian"), name, Some(version))
                .unwrap()
                .with_qualifier("arch", "amd64")
                .with_qualifier("distro", "debian-12"),
        ),
        layer: Some(0),
        evidence: Some(TreePath::parse(b"/var/lib/dpkg/status").unwrap()),
        ..Package::new(PackageType::new("deb"), name, version)
    };
    vec![
        Package {
            size: Some(7_164_928),
            licenses: vec!["GPL-3.0-or-later".to_owned()],
            reason: InstallReason::Explicit,
            url: Some("http://tiswww.case.edu/php/chet/bash/bashtop.html".to_owned()),
            summary: Some("GNU Bourne Again SHell".to_owned()),
            requires: vec!["base-files (>= 2.1.12)".to_owned()],
            ..deb("bash", "5.2.15-2+b7")
        },
        Package {
            size: Some(13_126_656),
            source: Some(SourcePackage { name: "glibc".to_owned(), version: None }),
            licenses: vec!["LGPL-2.1-or-later".to_owned(), "BSD, as of Berkeley".to_owned()],
            ..deb("libc6", "2.36-9+deb12u8")
        },
        Package {
            source: Some(SourcePackage {
                name: "shadow".to_owned(),
                version: Some("1:4.13+dfsg1-1".to_owned()),
            }),
            ..deb("passwd", "1:4.13+dfsg1-1+b1")
        },
        Package {
            licenses: vec!["(MIT OR WTFPL)".to_owned()],
            purl: Some(Purl::new("npm", None, "left-pad", Some("1.3.0")).unwrap()),
            layer: Some(1),
            place: Some(TreePath::parse(b"/srv/node_modules/left-pad").unwrap()),
            ..Package::new(PackageType::new("npm"), "left-pad", "1.3.0")
        },
        Package { declared: true, ..Package::new(PackageType::new("npm"), "only-named", "0.1.0") },
    ]
}

struct Entry {
    path: &'static [u8],
    layer: u16,
    mode: u16,
    size: u64,
    kind: FileKind,
    link: &'static [u8],
    attributes: Vec<(Vec<u8>, Vec<u8>)>,
    owners: &'static [u32],
}

fn entries() -> Vec<Entry> {
    let file = |path: &'static [u8], mode, size, layer, owners| Entry {
        path,
        layer,
        mode,
        size,
        owners,
        kind: FileKind::File,
        link: b"",
        attributes: Vec::new(),
    };
    let net_raw = vec![1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    vec![
        Entry { kind: FileKind::Symlink, link: b"usr/bin", ..file(b"bin", 0o777, 7, 0, &[]) },
        Entry { kind: FileKind::Char, ..file(b"dev/null", 0o666, 0, 0, &[]) },
        file(b"etc/a,b \"c\"", 0o644, 3, 1, &[]),
        file(b"srv/caf\xe9", 0o600, 5, 1, &[]),
        file(b"srv/node_modules/left-pad/index.js", 0o644, 1_200, 1, &[3]),
        Entry { kind: FileKind::Directory, ..file(b"usr/bin", 0o755, 0, 0, &[0, 2]) },
        file(b"usr/bin/bash", 0o755, 1_265_648, 0, &[0]),
        file(b"usr/bin/passwd", 0o4755, 68_248, 0, &[2]),
        Entry {
            attributes: vec![(b"security.capability".to_vec(), net_raw)],
            ..file(b"usr/bin/ping", 0o755, 90_568, 0, &[])
        },
        file(b"usr/lib/libc.so.6", 0o755, 1_922_136, 0, &[1, 2]),
        file(b"var/cache/big", 0o644, 50_000_000, 1, &[]),
    ]
}

fn files() -> (FileTable, Vec<(FileId, u32)>) {
    let mut builder = FileTableBuilder::new();
    let mut owners: Vec<(NodeId, u32)> = Vec::new();
    for entry in entries() {
        let new = NewFile {
            kind: entry.kind,
            mode: entry.mode,
            size: entry.size,
            device: (1, 3),
            modified: 1_700_000_000,
            link: entry.link,
            attributes: &entry.attributes,
            implicit: false,
            ..NewFile::IMPLICIT_DIRECTORY
        };
        let mut scratch = FileTableBuilder::new();
        let mut at = NodeId::ROOT;
        let names: Vec<&[u8]> = entry.path.split(|byte| *byte == b'/').collect();
        let (last, directories) = names.split_last().unwrap();
        for name in directories {
            at = builder
                .child(at, name)
                .unwrap_or_else(|| builder.insert(at, name, &NewFile::IMPLICIT_DIRECTORY));
        }
        let own = scratch.insert(NodeId::ROOT, last, &new);
        if entry.kind == FileKind::File {
            scratch.set_sha256(own, [entry.size as u8; 32]);
        }
        let (table, places) = scratch.finish();
        let node = builder.insert_from(at, &table, places[own.index()].unwrap(), entry.layer);
        owners.extend(entry.owners.iter().map(|package| (node, *package)));
    }
    let (table, places) = builder.finish();
    let mut ownership: Vec<(FileId, u32)> =
        owners.into_iter().filter_map(|(node, package)| Some((places[node.index()]?, package))).collect();
    ownership.sort_unstable();
    (table, ownership)
}
