//! Files as JSON. Names are text; where a name is not UTF-8, `path_hex` or `link_hex` has its
//! exact bytes.

use std::io::{self, Write};

use plimsoll_model::FileKind;

use super::{FileList, Row};
use crate::buffer::{self, Buffer};
use crate::json::{head, text};
use crate::place::is_base;

pub(super) fn write(list: &FileList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let layers: Vec<String> = list.analysis.layers.iter().map(|layer| layer.digest.to_string()).collect();
    let mut out = Buffer::new(out);
    head(&mut out, "plimsoll/files/1", list.analysis);
    out.text(",\n\"files\": [");
    let mut path = Vec::new();
    for (position, file) in list.rows().enumerate() {
        out.text(if position == 0 { "\n" } else { ",\n" });
        list.analysis.files.write_path(file.id, &mut path);
        path.insert(0, b'/');
        row(list, &file, &path, &layers, &mut out.bytes);
        out.end_row()?;
    }
    out.text("\n]\n}\n");
    out.finish()
}

fn row(list: &FileList<'_>, file: &Row<'_>, path: &[u8], layers: &[String], bytes: &mut Vec<u8>) {
    let analysis = list.analysis;
    let record = file.record(analysis);
    name(bytes, b"{\"path\":", b",\"path_hex\":\"", path);
    bytes.extend_from_slice(b",\"type\":\"");
    bytes.extend_from_slice(record.kind.word().as_bytes());
    bytes.extend_from_slice(b"\",\"mode\":\"");
    buffer::mode(bytes, record.mode);
    bytes.push(b'"');
    let numbers: [(&[u8], u64); 3] = [
        (b",\"uid\":", record.uid.into()),
        (b",\"gid\":", record.gid.into()),
        (b",\"size\":", record.size()),
    ];
    for (key, value) in numbers {
        bytes.extend_from_slice(key);
        buffer::number(bytes, value);
    }
    bytes.extend_from_slice(b",\"modified\":");
    if record.modified < 0 {
        bytes.push(b'-');
    }
    buffer::number(bytes, record.modified.unsigned_abs());
    if let Some(hash) = record.sha256() {
        bytes.extend_from_slice(b",\"sha256\":\"");
        buffer::hex(bytes, hash);
        bytes.push(b'"');
    }
    if record.is_hard_link() {
        bytes.extend_from_slice(b",\"hard_link\":true");
    }
    bytes.extend_from_slice(b",\"packages\":[");
    let mut first = true;
    file.for_each_owner(analysis, |owner| {
        if !first {
            bytes.push(b',');
        }
        first = false;
        text(bytes, owner.as_bytes());
    });
    bytes.extend_from_slice(b"],\"layer\":");
    match layers.get(usize::from(record.layer)) {
        Some(digest) => {
            text(bytes, digest.as_bytes());
        }
        None => bytes.extend_from_slice(b"null"),
    }
    bytes.extend_from_slice(match is_base(analysis, Some(record.layer.into())) {
        Some(true) => b",\"base\":true",
        Some(false) => b",\"base\":false",
        None => b",\"base\":null",
    });
    if record.kind == FileKind::Symlink {
        name(bytes, b",\"link\":", b",\"link_hex\":\"", analysis.files.link(file.id));
    }
    if let Some((major, minor)) = record.device() {
        bytes.extend_from_slice(b",\"device\":[");
        buffer::number(bytes, major.into());
        bytes.push(b',');
        buffer::number(bytes, minor.into());
        bytes.push(b']');
    }
    attributes(list, file, bytes);
    bytes.push(b'}');
}

fn name(bytes: &mut Vec<u8>, key: &[u8], hex_key: &[u8], value: &[u8]) {
    bytes.extend_from_slice(key);
    if text(bytes, value) {
        bytes.extend_from_slice(hex_key);
        buffer::hex(bytes, value);
        bytes.push(b'"');
    }
}

/// A list of pairs, because the name of an attribute can be any bytes and so no key.
fn attributes(list: &FileList<'_>, file: &Row<'_>, bytes: &mut Vec<u8>) {
    let files = &list.analysis.files;
    let mut first = true;
    for (name, value) in files.attributes(file.id) {
        bytes.extend_from_slice(if first { b",\"xattrs\":[{\"name\":" } else { b",{\"name\":" });
        text(bytes, name);
        bytes.extend_from_slice(b",\"hex\":\"");
        buffer::hex(bytes, value);
        bytes.extend_from_slice(b"\"}");
        first = false;
    }
    if !first {
        bytes.push(b']');
        if let Some(words) = files.capability(file.id) {
            bytes.extend_from_slice(b",\"capability\":");
            text(bytes, words.as_bytes());
        }
    }
}
