//! What is kept of a text, and what is said instead.

use std::sync::Arc;

use plimsoll_model::evidence::texts::{NotKept, Text};

use super::{Texts, encoding};
use crate::ecosystem::dpkg::sample_image::{Sample, read};
use crate::reader::Reader as _;

use Sample::File;

fn check(path: &str, content: &[u8], expect: Option<Result<&[u8], NotKept>>) {
    let payload = Texts.read(path.as_bytes(), content, &mut Vec::new());
    let found = payload.map(|payload| encoding::read(&payload).unwrap());
    assert_eq!(found.as_ref().map(|found| found.as_deref().map_err(|reason| *reason)), expect, "{path}");
}

#[test]
fn a_text_is_kept_as_it_is() {
    check("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n", Some(Ok(b"root:x:0:0:root:/root:/bin/sh\n")));
    check("usr/local/bin/start", b"#!/bin/sh\nexec app\n", Some(Ok(b"#!/bin/sh\nexec app\n")));
}

#[test]
fn programs_secrets_and_what_is_no_text_are_not_kept() {
    check("usr/local/bin/app", b"\x7fELF\0", None);
    check("etc/nginx/nginx.conf", b"a\0b", Some(Err(NotKept::NotText)));
    let key = b"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n";
    check("app/entrypoint.sh", key, Some(Err(NotKept::HoldsSecret)));
}

#[test]
fn what_is_too_large_says_how_large() {
    let payload = Texts.too_large(b"etc/passwd", 1 << 40).unwrap();
    assert_eq!(encoding::read(&payload), Some(Err(NotKept::TooLarge(1 << 40))));
    let payload = Texts.beyond_layer_limit().unwrap();
    assert_eq!(encoding::read(&payload), Some(Err(NotKept::LayerLimit)));
}

#[test]
fn hashes_of_passwords_are_reduced_to_their_kind() {
    check(
        "etc/shadow",
        b"root:$6$salt$hash:19000:0:99999:7:::\nbin:*:19000::::::\n",
        Some(Ok(b"root:<sha-512>:19000:0:99999:7:::\nbin:*:19000::::::\n")),
    );
    check("etc/passwd-", b"root:$1$a$b:0:0::/:\n", Some(Ok(b"root:<md5>:0:0::/:\n")));
}

/// What later rules read is kept as it is, whatever distribution writes it.
#[test]
fn texts_of_every_kind_that_is_promised_are_kept() {
    let promised = [
        // Accounts.
        "etc/passwd",
        "etc/group",
        "etc/shadow",
        "etc/gshadow",
        // The distribution.
        "etc/os-release",
        "usr/lib/os-release",
        // Entrypoints.
        "docker-entrypoint.sh",
        "usr/local/bin/docker-entrypoint.sh",
        "docker-entrypoint.d/10-a.sh",
        "opt/app/entrypoint.sh",
        "start.sh",
        // Configuration.
        "etc/nginx/nginx.conf",
        "etc/nginx/conf.d/default.conf",
        "etc/apache2/apache2.conf",
        "usr/local/apache2/conf/httpd.conf",
        "etc/ssh/sshd_config",
        "etc/mysql/my.cnf",
        "usr/local/etc/php/php.ini",
        "etc/sudoers",
        "etc/pam.d/login",
        "etc/nsswitch.conf",
        "etc/crontab",
        "etc/apt/sources.list.d/debian.sources",
        "etc/yum.repos.d/a.repo",
        "etc/apk/repositories",
        // Licences.
        "usr/share/doc/bash/copyright",
        "usr/share/common-licenses/GPL-3",
        "usr/share/licenses/bash/COPYING",
        "app/node_modules/a/LICENSE",
        "app/node_modules/b/license",
        // Metadata of packages.
        "app/node_modules/a/package.json",
        "usr/lib/python3/dist-packages/a-1.dist-info/METADATA",
        "usr/lib/python3/dist-packages/a-1.egg-info/PKG-INFO",
    ];
    let layer: Vec<Sample<'_>> = promised.iter().map(|path| File(path, "#!/bin/sh\nx:y\n")).collect();
    let read = read(&[&Texts], &[&layer]);
    let kept: Vec<&Text> = read.joined.evidence.texts.values().collect();
    assert_eq!(kept.len(), promised.len(), "{kept:?}");
    assert!(kept.iter().all(|text| matches!(text, Text::Kept(_))), "{kept:?}");
}

#[test]
fn equal_texts_are_held_once() {
    let read = read(
        &[&Texts],
        &[&[File("a/LICENSE", "MIT"), File("b/LICENSE", "MIT")], &[File("c/LICENSE", "MIT")]],
    );
    let texts: Vec<&Arc<[u8]>> = read
        .joined
        .evidence
        .texts
        .values()
        .filter_map(|text| match text {
            Text::Kept(content) => Some(content),
            Text::NotKept(_) => None,
        })
        .collect();
    assert_eq!(texts.len(), 3);
    assert!(texts.iter().all(|text| Arc::ptr_eq(text, texts[0])));
}

#[test]
fn a_layer_keeps_no_more_than_its_limit() {
    assert_eq!(Texts.layer_limit(), 8 << 20);
    assert!(Texts.beyond_layer_limit().is_some(), "what comes later says why it is not there");
}
