//! Files as RFC 4180 rows. The first eleven columns are fixed; what is new goes to the end.
//! Names are written as their bytes, whatever those are.

use std::io::{self, Write};

use plimsoll_model::FileKind;

use super::FileList;
use crate::buffer::{self, Buffer};
use crate::csv::{end, field, row};
use crate::place;

const HEADER: [&str; 15] = [
    "path",
    "type",
    "mode",
    "uid",
    "gid",
    "size",
    "sha256",
    "package",
    "layer",
    "link",
    "xattrs",
    "modified",
    "device",
    "capability",
    "from",
];

pub(super) fn write(list: &FileList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let analysis = list.analysis;
    let layers: Vec<String> = analysis.layers.iter().map(|layer| layer.digest.to_string()).collect();
    let mut out = Buffer::new(out);
    row(&mut out.bytes, &HEADER);
    let (mut path, mut text) = (Vec::new(), Vec::new());
    for file in list.rows() {
        let record = file.record(analysis);
        let bytes = &mut out.bytes;
        analysis.files.write_path(file.id, &mut path);
        path.insert(0, b'/');
        field(bytes, &path);
        bytes.push(b',');
        bytes.extend_from_slice(record.kind.word().as_bytes());
        bytes.push(b',');
        buffer::mode(bytes, record.mode);
        for value in [u64::from(record.uid), u64::from(record.gid), record.size()] {
            bytes.push(b',');
            buffer::number(bytes, value);
        }
        bytes.push(b',');
        if let Some(hash) = record.sha256() {
            buffer::hex(bytes, hash);
        }
        bytes.push(b',');
        text.clear();
        file.for_each_owner(analysis, |name| {
            if !text.is_empty() {
                text.push(b';');
            }
            text.extend_from_slice(name.as_bytes());
        });
        field(bytes, &text);
        bytes.push(b',');
        if let Some(digest) = layers.get(usize::from(record.layer)) {
            bytes.extend_from_slice(digest.as_bytes());
        }
        bytes.push(b',');
        if record.kind == FileKind::Symlink {
            field(bytes, analysis.files.link(file.id));
        }
        bytes.push(b',');
        text.clear();
        let mut capability = false;
        for (name, value) in analysis.files.attributes(file.id) {
            if !text.is_empty() {
                text.push(b';');
            }
            text.extend_from_slice(name);
            text.push(b'=');
            buffer::hex(&mut text, value);
            capability |= name == b"security.capability";
        }
        field(bytes, &text);
        bytes.push(b',');
        if record.modified < 0 {
            bytes.push(b'-');
        }
        buffer::number(bytes, record.modified.unsigned_abs());
        bytes.push(b',');
        if let Some((major, minor)) = record.device() {
            buffer::number(bytes, u64::from(major));
            bytes.push(b':');
            buffer::number(bytes, u64::from(minor));
        }
        bytes.push(b',');
        if capability {
            let words = analysis.files.capability(file.id).unwrap_or_default();
            field(bytes, words.as_bytes());
        }
        bytes.push(b',');
        bytes.extend_from_slice(place::whose(analysis, Some(record.layer.into())).as_bytes());
        end(bytes);
        out.end_row()?;
    }
    out.finish()
}
