//! Documents to standard output.

use std::io::{self, BufWriter, Write};

use anyhow::{Context as _, Result};
use clap::Arg;
use clap::builder::{PossibleValue, PossibleValuesParser};
use plimsoll_report::{Document, find};

/// The `--format` option of a document, with every format that there is.
pub(crate) fn format_option<D: Document>() -> Arg {
    let values: Vec<PossibleValue> =
        D::FORMATS.iter().map(|format| PossibleValue::new(format.id).help(format.summary)).collect();
    Arg::new("format")
        .long("format")
        .short('f')
        .value_name("FORMAT")
        .help("How to write the answer")
        .default_value(D::FORMATS.first().map_or("table", |format| format.id))
        .value_parser(PossibleValuesParser::new(values))
}

/// Writes a document in the format asked for. Colours stay only where a terminal shows them.
pub(crate) fn write<D: Document>(format: &str, view: &D::View<'_>) -> Result<()> {
    let format = find::<D>(format).context("there is no such format")?;
    if format.id == "table" {
        let out = anstream::AutoStream::auto(io::stdout());
        finish(out, |out| (format.write)(view, out))
    } else {
        // Machine formats are bytes: a file name may hold anything, an escape sequence too.
        finish(io::stdout().lock(), |out| (format.write)(view, out))
    }
}

/// Writes text for people.
pub(crate) fn write_text(text: &str) -> Result<()> {
    finish(io::stdout().lock(), |out| out.write_all(text.as_bytes()))
}

fn finish<W: Write>(out: W, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = BufWriter::with_capacity(128 * 1024, out);
    write(&mut out).and_then(|()| out.flush()).context("cannot write the answer")
}
