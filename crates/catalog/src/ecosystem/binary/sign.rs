//! What a program says of itself, as data: where its version stands, and how it is written.

/// A program or library that tells its version.
#[derive(Debug)]
pub(super) struct Program {
    /// As its own project spells it, in lower case.
    pub(super) name: &'static str,
    /// Whether one file may well have several copies of it, of several versions.
    pub(super) copies: bool,
    /// Each of them alone proves it.
    pub(super) signs: &'static [Sign],
}

/// A text with a version in it that only this program has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sign {
    /// What stands directly before the version.
    pub(super) before: &'static str,
    /// How the version is written.
    pub(super) shape: Shape,
    /// What follows it directly, one of these; with none, anything that ends a word.
    pub(super) after: &'static [&'static str],
    /// Texts that the file has besides, all of them.
    pub(super) with: &'static [&'static str],
    /// How the name begins that a library gives itself (`DT_SONAME`).
    pub(super) soname: Option<&'static str>,
    /// How every version begins that the program ever had, where its files have other numbers.
    pub(super) begins: &'static str,
    /// Numbers that its files have of something else.
    pub(super) except: &'static [&'static str],
}

/// How a version is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Numbers with dots between them, two or more: `7.0.15`. What a distribution appends
    /// (`-1+deb12u1`) is not part of it.
    Numbers,
    /// Three numbers, not more: `1.6.18`. What a distribution appends is not part of them.
    Three,
    /// `9.2p1`.
    Portable,
    /// Numbers, and a letter or what says that it is no release yet: `1.1.1w`, `9.2p1`,
    /// `3.13.0rc1`, `3.5.0-beta1`.
    Lettered,
    /// As `Lettered`, with three numbers or more: `1.1.1w`, `3.0.15`. What a fork appends
    /// (`+quic`) is not part of it.
    LetteredThree,
    /// `5, version 36, subversion 0`.
    Perl,
    /// `17.0.9+9`, `11.0.33-ea+8`, `1.8.0_412-b08`.
    Java,
    /// Numbers in a string of their own, which another string begins with and continues with
    /// letters and digits: the version and the id of the build, as Redis puts them together.
    WithBuildId,
}

/// Shorter texts are in too many files to be looked for.
pub(super) const SHORTEST_ANCHOR: usize = 5;
/// The id of a build is the name of a machine and a time, or several of these.
const SHORTEST_BUILD_ID: usize = 19;
/// No version is longer.
const MAX_VERSION: usize = 64;

impl Sign {
    /// A version behind a text.
    pub(super) const fn after(before: &'static str, shape: Shape) -> Self {
        Self { before, shape, after: &[], with: &[], soname: None, begins: "", except: &[] }
    }

    /// A version that is a string of its own, in a file that has other texts.
    pub(super) const fn alone(shape: Shape, with: &'static [&'static str]) -> Self {
        Self { before: "", shape, after: &["\0"], with, soname: None, begins: "", except: &[] }
    }

    /// A version that is a string of its own, in a library that calls itself so.
    pub(super) const fn in_library(soname: &'static str, shape: Shape) -> Self {
        Self { before: "", shape, after: &["\0"], with: &[], soname: Some(soname), begins: "", except: &[] }
    }

    /// The same, where one of these follows the version.
    pub(super) const fn then(self, after: &'static [&'static str]) -> Self {
        Self { after, ..self }
    }

    /// The same, where the file has these texts besides.
    pub(super) const fn with(self, with: &'static [&'static str]) -> Self {
        Self { with, ..self }
    }

    /// The same, where this stands before the version.
    pub(super) const fn behind(self, before: &'static str) -> Self {
        Self { before, ..self }
    }

    /// The same, where every version begins so.
    pub(super) const fn beginning(self, begins: &'static str) -> Self {
        Self { begins, ..self }
    }

    /// The same, where these numbers are no versions of it.
    pub(super) const fn except(self, except: &'static [&'static str]) -> Self {
        Self { except, ..self }
    }

    /// The text that is looked for; the version is beside it. `None` where the version is
    /// looked for itself, once the file is known to have everything else.
    pub(super) fn anchor(&self) -> Option<Anchor> {
        if self.before.len() >= SHORTEST_ANCHOR {
            return Some(Anchor::Before(self.before));
        }
        match self.after {
            [only] if only.len() >= SHORTEST_ANCHOR => Some(Anchor::After(only)),
            _ => None,
        }
    }

    /// The version that begins at a place, if everything around it is as it should be.
    pub(super) fn version_at(&self, bytes: &[u8], at: usize) -> Option<String> {
        let rest = bytes.get(at..)?;
        if !bytes.get(..at)?.ends_with(self.before.as_bytes()) {
            return None;
        }
        // One that is a string of its own has no text before it.
        if self.before.len() < SHORTEST_ANCHOR {
            let before = at.checked_sub(self.before.len() + 1).and_then(|before| bytes.get(before));
            if before.is_some_and(|byte| (b' '..=b'~').contains(byte) && self.anchor().is_none()) {
                return None;
            }
        }
        let (version, length) = self.shape.read(rest)?;
        if !version.starts_with(self.begins) || self.except.contains(&version.as_str()) {
            return None;
        }
        let mut after = rest.get(length..)?;
        if matches!(self.anchor(), Some(Anchor::After(_)))
            && after.first().is_some_and(|byte| b"-+~".contains(byte))
        {
            // What a distribution appends stands between the two.
            let suffix = |byte: &&u8| byte.is_ascii_alphanumeric() || b".-+~".contains(byte);
            let length = after.iter().take_while(suffix).count();
            after = if self.after.iter().any(|text| after.starts_with(text.as_bytes())) {
                after
            } else {
                after.get(length..)?
            };
        }
        let ends = if self.after.is_empty() {
            after.first().is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
        } else {
            self.after.iter().any(|text| after.starts_with(text.as_bytes()))
        };
        ends.then_some(version)
    }

    /// Where the version begins that ends at a place.
    pub(super) fn start_before(&self, bytes: &[u8], end: usize) -> Option<usize> {
        let text = bytes.get(end.saturating_sub(MAX_VERSION)..end)?;
        let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b".-+~_".contains(byte);
        let length = text.iter().rev().take_while(is_part).count();
        // What stands before the version may be of the same letters.
        let text = &text[text.len() - length..];
        let first = text.iter().position(u8::is_ascii_digit)?;
        Some(end - length + first)
    }
}

/// A text that is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// It ends where the version begins.
    Before(&'static str),
    /// It begins where the version ends.
    After(&'static str),
}

impl Shape {
    /// A version at the beginning of a text, and how many bytes it takes there.
    fn read(self, text: &[u8]) -> Option<(String, usize)> {
        let text = text.get(..MAX_VERSION).unwrap_or(text);
        let (version, length) = match self {
            Self::Numbers => {
                let numbers = numbers(text)?;
                (numbers.to_vec(), numbers.len())
            }
            Self::Lettered => {
                let length = lettered(text)?;
                (text.get(..length)?.to_vec(), length)
            }
            Self::LetteredThree => {
                let count = numbers(text)?.split(|byte| *byte == b'.').count();
                let length = lettered(text).filter(|_| count >= 3)?;
                (text.get(..length)?.to_vec(), length)
            }
            Self::Three => {
                let numbers =
                    numbers(text).filter(|numbers| numbers.split(|byte| *byte == b'.').count() == 3)?;
                (numbers.to_vec(), numbers.len())
            }
            Self::Portable => {
                let length = numbers(text)?.len();
                let rest = text.get(length..)?.strip_prefix(b"p")?;
                let length = length + 1 + rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                (text.get(..length)?.to_vec(), length)
            }
            Self::Perl => return perl(text),
            Self::Java => {
                let length = java(text)?;
                (text.get(..length)?.to_vec(), length)
            }
            Self::WithBuildId => {
                let numbers = numbers(text)?;
                (numbers.to_vec(), numbers.len())
            }
        };
        Some((String::from_utf8(version).ok()?, length))
    }

    /// Whether a file with these bytes says so of a version that was found in it.
    pub(super) fn is_confirmed(self, version: &str, bytes: &[u8]) -> bool {
        if self != Self::WithBuildId {
            return true;
        }
        let mut places = memchr::memmem::find_iter(bytes, version.as_bytes());
        places.any(|at| {
            let rest = bytes.get(at + version.len()..).unwrap_or_default();
            let is_id = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'-';
            rest.iter().take(SHORTEST_BUILD_ID).take_while(is_id).count() == SHORTEST_BUILD_ID
        })
    }
}

/// Numbers with dots between them, two or more.
fn numbers(text: &[u8]) -> Option<&[u8]> {
    let mut length = 0;
    let mut count = 0;
    loop {
        let digits = text.get(length..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || digits > 10 {
            break;
        }
        length += digits;
        count += 1;
        if text.get(length) != Some(&b'.') {
            break;
        }
        length += 1;
    }
    let numbers = text.get(..length)?;
    let numbers = numbers.strip_suffix(b".").unwrap_or(numbers);
    (count >= 2).then_some(numbers)
}

/// The length of numbers with what says that they are a patch or no release yet.
fn lettered(text: &[u8]) -> Option<usize> {
    const BEFORE_RELEASE: [&[u8]; 7] = [b"alpha", b"beta", b"rc", b"dev", b"pre", b"preview", b"b"];
    let length = numbers(text)?.len();
    let rest = text.get(length..)?;
    let count = |text: &[u8], is: fn(&u8) -> bool| text.iter().take_while(|byte| is(byte)).count();
    let letters = count(rest, u8::is_ascii_lowercase);
    if (1..=7).contains(&letters) {
        return Some(length + letters + count(rest.get(letters..)?, u8::is_ascii_digit));
    }
    if let Some(rest) = rest.strip_prefix(b"-") {
        let letters = count(rest, u8::is_ascii_lowercase);
        if BEFORE_RELEASE.contains(&rest.get(..letters)?) {
            let is_part: fn(&u8) -> bool = |byte| byte.is_ascii_digit() || *byte == b'.';
            return Some(length + 1 + letters + count(rest.get(letters..)?, is_part));
        }
    }
    Some(length)
}

fn perl(text: &[u8]) -> Option<(String, usize)> {
    let length = text.iter().take_while(|byte| byte.is_ascii_graphic() || **byte == b' ').count();
    let text = std::str::from_utf8(text.get(..length)?).ok()?;
    let (revision, rest) = text.split_once(", version ")?;
    let (version, rest) = rest.split_once(", subversion ")?;
    let subversion: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let length = text.len() - rest.len() + subversion.len();
    [revision, version, &subversion]
        .into_iter()
        .all(is_number)
        .then(|| (format!("{revision}.{version}.{subversion}"), length))
}

/// The length of a version of Java: what a builder appends (`-Debian`, `-LTS`) is not part of it.
fn java(text: &[u8]) -> Option<usize> {
    let mut length = numbers(text)?.len();
    let digits = |from: usize| {
        text.get(from..).map_or(0, |rest| rest.iter().take_while(|byte| byte.is_ascii_digit()).count())
    };
    if text.get(length..).is_some_and(|rest| rest.starts_with(b"-ea")) {
        length += 3;
    }
    match text.get(length) {
        Some(b'+') if digits(length + 1) > 0 => length += 1 + digits(length + 1),
        Some(b'_') if digits(length + 1) > 0 => {
            length += 1 + digits(length + 1);
            if text.get(length..).is_some_and(|rest| rest.starts_with(b"-b")) && digits(length + 2) > 0 {
                length += 2 + digits(length + 2);
            }
        }
        _ => {}
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sign: Sign, text: &str, expect: Option<&str>) {
        let at = text.find(|c: char| c.is_ascii_digit()).unwrap();
        assert_eq!(sign.version_at(text.as_bytes(), at).as_deref(), expect, "{text:?}");
    }

    #[test]
    fn a_version_is_read_where_its_sign_says() {
        let sign = |shape| Sign::after("program/", shape);
        check(sign(Shape::Numbers), "program/1.22.1\0", Some("1.22.1"));
        check(sign(Shape::Numbers), "program/1.22.1-9+deb12u1", Some("1.22.1"));
        check(sign(Shape::Numbers), "program/1.22.1a ", None);
        check(sign(Shape::Numbers), "program/2 ", None);
        check(sign(Shape::Numbers), "other/1.22.1\0", None);
        check(sign(Shape::Lettered), "program/1.1.1w  11 Sep", Some("1.1.1w"));
        check(sign(Shape::Lettered), "program/3.5.0-beta1 ", Some("3.5.0-beta1"));
        check(sign(Shape::Lettered), "program/5.1.9-0+deb12u1", Some("5.1.9"));
        check(sign(Shape::Java), "program/17.0.9+9-Debian", Some("17.0.9+9"));
        check(sign(Shape::Java), "program/11.0.33-ea+8-post-1-Debian)", Some("11.0.33-ea+8"));
        check(sign(Shape::Three), "program/1.2.3.4 ", None);
        check(sign(Shape::Portable), "program/9.2p1 Debian", Some("9.2p1"));
        check(sign(Shape::Java), "program/1.8.0_412-b08)", Some("1.8.0_412-b08"));
        check(sign(Shape::Perl), "program/5, version 36, subversion 0 (%-p)", Some("5.36.0"));
        check(sign(Shape::Perl), "program/5, version , subversion 0 (%-p)", None);
        check(sign(Shape::Numbers).then(&["\0", " ("]), "program/1.2 (x", Some("1.2"));
        check(sign(Shape::Numbers).then(&["\0", " ("]), "program/1.2 x", None);
        check(Sign::alone(Shape::Numbers, &[]), "\x001.2.3\0", Some("1.2.3"));
        check(Sign::alone(Shape::Numbers, &[]), "x1.2.3\0", None);
        let released = Sign::alone(Shape::Numbers, &[]).then(&[", released 20"]);
        check(released, " version 2.6.12-1+deb12u4, released 2026", Some("2.6.12"));
        check(released.except(&["2.6.12"]), " version 2.6.12, released 2026", None);
        check(Sign::alone(Shape::Numbers, &[]).behind("v"), "\0v1.2.3\0", Some("1.2.3"));
    }

    #[test]
    fn a_version_is_confirmed_by_what_continues_it() {
        let bytes = b"\x007.0.15\0\x006.0.0\0A7.0.151790282056000000000\0";
        assert!(Shape::WithBuildId.is_confirmed("7.0.15", bytes));
        assert!(!Shape::WithBuildId.is_confirmed("6.0.0", bytes));
        assert!(Shape::Numbers.is_confirmed("6.0.0", bytes));
    }
}
