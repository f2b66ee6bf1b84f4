//! What is kept of a text, and what is said instead.

use plimsoll_model::evidence::texts::NotKept;

use super::{Texts, encoding};
use crate::reader::Reader as _;

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
    check("etc/passwd", b"root:$6$salt$hash:0:0::/root:/bin/sh\n", Some(Err(NotKept::HoldsSecret)));
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
