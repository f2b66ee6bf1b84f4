//! Packages as RFC 4180 rows. The first six columns are fixed; what is new goes to the end.
//!
//! `from` is `base` where the package came with a layer of the base image, `own` where it was
//! added to it, either with a question mark where that is but probable, empty where nobody knows.

use std::io::{self, Write};

use super::PackageList;
use crate::buffer::Buffer;
use crate::csv::row;
use crate::place;

const HEADER: [&str; 14] = [
    "type",
    "name",
    "version",
    "arch",
    "source",
    "layer",
    "source_version",
    "size",
    "license",
    "purl",
    "vendor",
    "place",
    "declared",
    "from",
];

pub(super) fn write(list: &PackageList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    row(&mut out.bytes, &HEADER);
    for package in list.packages() {
        let source = package.source.as_ref();
        let text = |value: Option<String>| value.unwrap_or_default();
        row(
            &mut out.bytes,
            &[
                package.kind.as_str(),
                &package.name,
                &package.version,
                package.arch.as_deref().unwrap_or_default(),
                source.map(|source| source.name.as_str()).unwrap_or_default(),
                &text(list.layer(package).map(|layer| layer.digest.to_string())),
                source.and_then(|source| source.version.as_deref()).unwrap_or_default(),
                &text(package.size.map(|bytes| bytes.to_string())),
                &package.licenses.join(";"),
                &text(package.purl.as_ref().map(ToString::to_string)),
                package.vendor.as_deref().unwrap_or_default(),
                &text(package.place.as_ref().map(ToString::to_string)),
                if package.declared { "true" } else { "false" },
                place::whose(list.analysis, package.layer),
            ],
        );
        out.end_row()?;
    }
    out.finish()
}
