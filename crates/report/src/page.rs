//! What our pages have in common: the frame, the style sheet, and text that stays text. A page
//! needs nothing else: no script, no font, no picture, no network. It follows the reader's choice
//! of light or dark and fits a phone as well as a wide screen.

use std::borrow::Cow;

use crate::table::clean;

/// The style of every page.
const STYLE: &str = include_str!("page/style.css");

/// The style of pages that list vulnerabilities, on top of that.
pub(crate) const VULNERABILITY_STYLE: &str = include_str!("page/vulnerabilities.css");

/// The beginning of a page, up to where its main part opens. The title is escaped already.
pub(crate) fn begin(title: &str, more_style: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{more_style}</style>\n</head>\n<body>\n<main>\n"
    )
}

/// Closes a page.
pub(crate) fn end(page: &mut String, footer: &str) {
    page.push_str("</main>\n<footer>");
    page.push_str(footer);
    page.push_str("</footer>\n</body>\n</html>\n");
}

/// Text that can be nothing but text, in an element and in a quoted attribute.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    let text = clean(text);
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

/// Panics unless every element of a page that is opened is closed, in order.
#[cfg(test)]
pub(crate) fn assert_well_formed(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let body = page.split_once("</style>").unwrap().1;
    for tag in body.split('<').skip(1) {
        let name = tag.split(|c: char| !(c.is_ascii_alphanumeric() || c == '/')).next().unwrap();
        match name.strip_prefix('/') {
            Some("head" | "html") => {}
            Some(name) => assert_eq!(open.pop(), Some(name), "{tag}"),
            None if name == "input" => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_of_an_image_becomes_markup() {
        assert_eq!(super::escape("<b a='\"&\u{202e}'>"), "&lt;b a=&#39;&quot;&amp;\\u{202e}&#39;&gt;");
    }
}
