//! XML as a stream of tags and text, within limits that no hostile feed gets around.
//!
//! Only what advisories need: no document type, no entities but the five of XML itself and
//! character references, so nothing can expand; a bounded depth, so nothing can nest without end;
//! a bounded size of each tag and of the whole. Whether tags match is left to the caller, who can
//! say what is lost when they do not.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use thiserror::Error;

/// Real feeds nest to about ten; code that walks the elements may recurse this deep.
const MAX_DEPTH: usize = 64;
/// The longest real tag or text (a changelog in an erratum) has some hundred kilobytes.
const MAX_PIECE_BYTES: u64 = 8 << 20;
/// The largest real feed (all of Oracle Linux) has some hundred megabytes unpacked.
const MAX_TOTAL_BYTES: u64 = 2 << 30;

/// Why no more of a file can be read.
#[derive(Debug, Error)]
pub(crate) enum XmlError {
    /// It ends in the middle.
    #[error("it ends in the middle, at byte {0}")]
    Truncated(u64),
    /// It is no XML from here on.
    #[error("it is not XML from byte {position} on: {reason}")]
    Malformed {
        /// Where.
        position: u64,
        /// What the parser says.
        reason: String,
    },
    /// It declares a document type, which could define entities that expand without bound.
    #[error("it declares a document type, which feeds do not need and which is refused")]
    DocumentType,
    /// It nests deeper than any real feed.
    #[error("its elements nest deeper than {MAX_DEPTH}")]
    TooDeep,
    /// One tag or text is larger than any real one.
    #[error("one tag or text is larger than {MAX_PIECE_BYTES} bytes")]
    PieceTooLarge,
    /// It is larger than any real feed.
    #[error("it is larger than {MAX_TOTAL_BYTES} bytes unpacked")]
    TooLarge,
}

impl XmlError {
    /// The kebab-case name of the damage.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Truncated(_) => "feed-truncated",
            Self::Malformed { .. } => "feed-malformed",
            Self::DocumentType => "xml-document-type-refused",
            Self::TooDeep => "xml-too-deep",
            Self::PieceTooLarge | Self::TooLarge => "feed-too-large",
        }
    }
}

/// A tag, a piece of text, or the end.
#[derive(Debug)]
pub(crate) enum Token<'a> {
    /// `<name …>`; `<name/>` gives this and [`Self::Close`].
    Open(Tag<'a>),
    /// `</name>`, with the name of the element that was open.
    Close {
        /// Local name in the closing tag.
        name: String,
        /// Local name of the element that it should have closed; `None` if none was open.
        opened: Option<String>,
    },
    /// A piece of text, references resolved; one text may come in several pieces.
    Text(Cow<'a, str>),
    /// The document is over, and every element was closed.
    End,
}

/// An opening tag.
#[derive(Debug)]
pub(crate) struct Tag<'a> {
    start: BytesStart<'a>,
}

impl Tag<'_> {
    /// How long it is in the document, in bytes: what keeping all of it would cost.
    pub(crate) fn length(&self) -> usize {
        self.start.len()
    }

    /// Name without its prefix.
    pub(crate) fn name(&self) -> String {
        String::from_utf8_lossy(self.start.local_name().as_ref()).into_owned()
    }

    /// The value of an attribute, by its name without prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        let found = self
            .start
            .attributes()
            .with_checks(false)
            .flatten()
            .find(|attribute| attribute.key.local_name().as_ref() == name.as_bytes())?;
        let raw = String::from_utf8_lossy(&found.value);
        Some(match quick_xml::escape::unescape(&raw) {
            Ok(text) => text.trim().to_owned(),
            Err(_) => raw.trim().to_owned(),
        })
    }
}

/// Reads a document, tag by tag.
pub(crate) struct XmlReader<R: BufRead> {
    reader: Reader<Metered<R>>,
    buffer: Vec<u8>,
    open: Vec<String>,
}

impl<R: BufRead> XmlReader<R> {
    /// A reader at the start of a document.
    pub(crate) fn new(source: R) -> Self {
        let mut reader =
            Reader::from_reader(Metered { source, piece: MAX_PIECE_BYTES, total: MAX_TOTAL_BYTES });
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        config.expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), open: Vec::new() }
    }

    /// The elements that are open, the outermost first.
    pub(crate) fn open_elements(&self) -> Vec<String> {
        self.open.clone()
    }

    /// Goes on as if these elements were open: after damage, the caller knows better.
    pub(crate) fn resume_in(&mut self, elements: &[String]) {
        elements.clone_into(&mut self.open);
    }

    /// The next tag or piece of text.
    ///
    /// # Errors
    /// Nothing more of the document can be read.
    pub(crate) fn next(&mut self) -> Result<Token<'_>, XmlError> {
        self.buffer.clear();
        self.reader.get_mut().piece = MAX_PIECE_BYTES;
        let position = self.reader.buffer_position();
        // What the meter says is looked at only when reading fails: the event borrows the buffer.
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => return Err(failure(&error, self.reader.get_ref(), position)),
        };
        match event {
            Event::Start(start) | Event::Empty(start) => {
                if self.open.len() >= MAX_DEPTH {
                    return Err(XmlError::TooDeep);
                }
                let tag = Tag { start };
                self.open.push(tag.name());
                Ok(Token::Open(tag))
            }
            Event::End(end) => {
                let name = String::from_utf8_lossy(end.local_name().as_ref()).into_owned();
                Ok(Token::Close { name, opened: self.open.pop() })
            }
            Event::Text(text) => Ok(Token::Text(lossy(text.into_inner()))),
            Event::CData(text) => Ok(Token::Text(lossy(text.into_inner()))),
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref() {
                    Ok(Some(character)) => character.to_string(),
                    _ => {
                        let name = String::from_utf8_lossy(&reference.into_inner()).into_owned();
                        quick_xml::escape::resolve_predefined_entity(&name)
                            .map_or_else(|| format!("&{name};"), str::to_owned)
                    }
                };
                Ok(Token::Text(Cow::Owned(resolved)))
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => Ok(Token::Text(Cow::Borrowed(""))),
            Event::DocType(_) => Err(XmlError::DocumentType),
            Event::Eof if self.open.is_empty() => Ok(Token::End),
            Event::Eof => Err(XmlError::Truncated(position)),
        }
    }
}

fn lossy(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

fn failure<R>(error: &quick_xml::Error, meter: &Metered<R>, position: u64) -> XmlError {
    if meter.total == 0 {
        return XmlError::TooLarge;
    }
    if meter.piece == 0 {
        return XmlError::PieceTooLarge;
    }
    match error {
        quick_xml::Error::Syntax(_) => XmlError::Truncated(position),
        quick_xml::Error::Io(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => {
            XmlError::Truncated(position)
        }
        other => XmlError::Malformed { position, reason: other.to_string() },
    }
}

/// Counts what is read, of the current piece and in all, and fails when either is used up. The
/// parser buffers a whole tag before anybody can look at it, so the limit must lie below it.
struct Metered<R> {
    source: R,
    piece: u64,
    total: u64,
}

impl<R: BufRead> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(into.len());
        if let (Some(from), Some(to)) = (available.get(..count), into.get_mut(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let left = self.piece.min(self.total);
        if left == 0 {
            return Err(io::Error::other("a limit of size was reached"));
        }
        let available = self.source.fill_buf()?;
        let count = available.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        Ok(available.get(..count).unwrap_or(available))
    }

    fn consume(&mut self, count: usize) {
        self.source.consume(count);
        self.piece = self.piece.saturating_sub(count as u64);
        self.total = self.total.saturating_sub(count as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tags and texts in a line, or the code of the error.
    fn check(document: &str, expect: &str) {
        let mut reader = XmlReader::new(document.as_bytes());
        let mut said = String::new();
        loop {
            match reader.next() {
                Ok(Token::Open(tag)) => {
                    said += &format!("<{}", tag.name());
                    if let Some(value) = tag.attribute("a") {
                        said += &format!(" a={value}");
                    }
                    said.push('>');
                }
                Ok(Token::Close { name, opened }) if opened.as_deref() == Some(&name) => said += "</>",
                Ok(Token::Close { name, .. }) => said += &format!("</!{name}>"),
                Ok(Token::Text(text)) => said += text.trim(),
                Ok(Token::End) => break,
                Err(error) => {
                    said += error.code();
                    break;
                }
            }
            if said.len() > 10_000 {
                break;
            }
        }
        assert_eq!(said, expect);
    }

    #[test]
    fn tags_attributes_and_text_come_in_order() {
        check(
            "<?xml version='1.0'?><x:r a='1 &lt; 2'><b/>one &amp; &#65;<!-- c --></x:r>",
            "<r a=1 < 2><b></>one&A</>",
        );
        check("<a><![CDATA[<b>]]></a>", "<a><b></>");
    }

    #[test]
    fn tags_that_do_not_match_are_told_to_the_caller() {
        check("<a><b></a></a>", "<a><b></!a></>");
        check("</a>", "</!a>");
    }

    #[test]
    fn a_cut_document_is_truncated() {
        check("<a><b>", "<a><b>feed-truncated");
        check("<a><b", "<a>feed-truncated");
    }

    #[test]
    fn a_document_type_is_refused_and_unknown_entities_stay_as_they_are() {
        check("<!DOCTYPE a [<!ENTITY b 'cccc'>]><a>&b;</a>", "xml-document-type-refused");
        check("<a>&b;</a>", "<a>&b;</>");
    }

    #[test]
    fn a_million_nested_elements_are_refused_at_once() {
        let expect = "<a>".repeat(MAX_DEPTH) + "xml-too-deep";
        check(&"<a>".repeat(1_000_000), &expect);
    }

    #[test]
    fn one_huge_tag_is_refused() {
        check(&format!("<a b='{}'/>", "x".repeat(9 << 20)), "feed-too-large");
        check(&format!("<a>{}</a>", "x".repeat(9 << 20)), "<a>feed-too-large");
    }
}
