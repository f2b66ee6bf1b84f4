//! A matrix in GitHub's Markdown.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::super::NOT_INSTALLED;
use super::{MatrixView, needed};
use crate::markdown::{MAX_ROWS, code, rest};

pub(super) fn write(view: &MatrixView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rows = view.rows();
    let extras = needed(&rows);
    let mut text = format!("**{}**\n", view.summary());
    if !rows.is_empty() {
        text.push_str("\n| Package |");
        for extra in &extras {
            let _ = write!(text, " {} |", extra.title());
        }
        for name in view.names() {
            let _ = write!(text, " {} |", code(&name));
        }
        let _ = writeln!(text, "\n|---|{}", "---|".repeat(extras.len() + view.images.len()));
    }
    for row in rows.iter().take(MAX_ROWS) {
        let _ = write!(text, "| {} |", code(&row.package.name));
        for extra in &extras {
            let _ = write!(text, " {} |", code(&extra.of(row.package)));
        }
        for version in &row.versions {
            let cell = version.as_deref().map_or_else(|| NOT_INSTALLED.to_owned(), code);
            let _ = write!(text, " {cell} |");
        }
        text.push('\n');
    }
    rest(&mut text, rows.len());
    out.write_all(text.as_bytes())?;
    out.flush()
}
