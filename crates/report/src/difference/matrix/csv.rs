//! A matrix as RFC 4180 rows: type, name, then one column per image with the version as the
//! ecosystem's own tool writes it, empty where the image does not have the package.

use std::io::{self, Write};

use super::MatrixView;
use crate::buffer::Buffer;
use crate::csv::row;

pub(super) fn write(view: &MatrixView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    let names = view.names();
    let mut header = vec!["type", "name"];
    header.extend(names.iter().map(AsRef::as_ref));
    row(&mut out.bytes, &header);
    for line in view.rows() {
        let mut fields = vec![line.package.kind.as_str(), line.package.name.as_str()];
        fields.extend(line.packages.iter().map(|cell| cell.map_or("", |package| package.version.as_str())));
        row(&mut out.bytes, &fields);
        out.end_row()?;
    }
    out.finish()
}
