//! Modified files as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::{ModifiedList, words};
use crate::buffer::Buffer;
use crate::json::{head, rows};
use crate::place::is_base;

#[derive(Serialize)]
struct Row<'a> {
    path: String,
    changes: Vec<&'static str>,
    package: &'a str,
    configuration: bool,
    base: Option<bool>,
}

pub(super) fn write(list: &ModifiedList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    head(&mut out, "plimsoll/modified/1", list.analysis);
    out.text(",\n\"files\": [");
    let files = list.files.iter().map(|file| Row {
        path: file.recorded.path.to_string(),
        changes: words(file),
        package: list.package(file),
        configuration: file.recorded.is_configuration,
        base: is_base(list.analysis, ModifiedList::layer(file, list.analysis)),
    });
    rows(&mut out, files)?;
    out.text("\n}\n");
    out.finish()
}
