//! Modified files as RFC 4180 rows. `from` tells whether what lies there now came with the base
//! image (`base`) or above it (`own`), with a question mark where that is but probable.

use std::io::{self, Write};

use super::{ModifiedList, words};
use crate::buffer::Buffer;
use crate::csv::row;
use crate::place::whose;

pub(super) fn write(list: &ModifiedList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    row(&mut out.bytes, &["path", "changes", "package", "configuration", "from"]);
    for file in &list.files {
        let changes = words(file).join(";");
        let configuration = file.recorded.is_configuration.to_string();
        let path = file.recorded.path.to_string();
        let from = whose(list.analysis, ModifiedList::layer(file, list.analysis));
        row(&mut out.bytes, &[&path, &changes, list.package(file), &configuration, from]);
        out.end_row()?;
    }
    out.finish()
}
