//! Modified files as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::{ModifiedList, words};
use crate::buffer::Buffer;
use crate::json::{head, value};
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
    for (position, file) in list.files.iter().enumerate() {
        out.text(if position == 0 { "\n" } else { ",\n" });
        let row = Row {
            path: file.recorded.path.to_string(),
            changes: words(file),
            package: list.package(file),
            configuration: file.recorded.is_configuration,
            base: is_base(list.analysis, ModifiedList::layer(file, list.analysis)),
        };
        value(&mut out.bytes, &row);
        out.end_row()?;
    }
    out.text("\n]\n}\n");
    out.finish()
}
