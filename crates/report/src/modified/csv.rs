//! Modified files as RFC 4180 rows.

use std::io::{self, Write};

use super::{ModifiedList, words};
use crate::buffer::Buffer;
use crate::csv::row;

pub(super) fn write(list: &ModifiedList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    row(&mut out.bytes, &["path", "changes", "package", "configuration"]);
    for file in &list.files {
        let changes = words(file).join(";");
        let configuration = file.recorded.is_configuration.to_string();
        let path = file.recorded.path.to_string();
        row(&mut out.bytes, &[&path, &changes, list.package(file), &configuration]);
        out.end_row()?;
    }
    out.finish()
}
