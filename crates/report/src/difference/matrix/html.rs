//! A matrix as one page that needs nothing else, in the style of the comparison of two.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::super::NOT_INSTALLED;
use super::{MatrixView, needed};
use crate::page::{self, escape};

pub(super) fn write(view: &MatrixView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rows = view.rows();
    let extras = needed(&rows);
    let names = view.names();
    let mut page = page::begin(&escape(&names.join(", ")), "");
    let _ = write!(
        page,
        "<header>\n<p class=\"kicker\">Image comparison</p>\n<h1>{} images side by side</h1>\n\
         </header>\n<section class=\"part\">\n<h2>Packages<small>{}</small></h2>\n",
        names.len(),
        view.summary()
    );
    if !rows.is_empty() {
        page.push_str("<table class=\"matrix\">\n<thead><tr><th>Package</th>");
        for extra in &extras {
            let _ = write!(page, "<th>{}</th>", extra.title());
        }
        for name in &names {
            let _ = write!(page, "<th>{}</th>", escape(name));
        }
        page.push_str("</tr></thead>\n<tbody>\n");
    }
    for row in &rows {
        let _ = write!(page, "<tr><th scope=\"row\">{}</th>", escape(&row.package.name));
        for extra in &extras {
            let _ = write!(page, "<td class=\"extra\">{}</td>", escape(&extra.of(row.package)));
        }
        for (version, name) in row.versions.iter().zip(&names) {
            let (class, text) = version
                .as_deref()
                .map_or(("missing", NOT_INSTALLED.into()), |version| ("value", escape(version)));
            let _ = write!(page, "<td class=\"{class}\" data-side=\"{}\">{text}</td>", escape(name));
        }
        page.push_str("</tr>\n");
    }
    if !rows.is_empty() {
        page.push_str("</tbody>\n</table>\n");
    }
    page.push_str("</section>\n");
    page::end(&mut page, "Compared by Plimsoll");
    out.write_all(page.as_bytes())?;
    out.flush()
}
