//! The order of Python versions: PEP 440, as the `packaging` library takes it.
//!
//! A version is `v?(N!)?N(.N)*` and then, each optional, `aN`, `bN` or `rcN`, `.postN` or `-N`,
//! `.devN` and `+local`, with other spellings of most.

use std::cmp::Ordering;

/// Digits without leading zeros. There is no largest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Number<'a>(&'a str);

impl<'a> Number<'a> {
    const ZERO: Number<'static> = Number("");

    fn new(digits: &'a str) -> Self {
        Self(digits.trim_start_matches('0'))
    }
}

impl Ord for Number<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(other.0))
    }
}

impl PartialOrd for Number<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Where a version stands before its release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// A development version of the release itself: before everything else of it.
    Development,
    Alpha,
    Beta,
    Candidate,
    Release,
}

/// A word of the local version: letters come before numbers.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Local<'a> {
    Word(String),
    Number(Number<'a>),
}

/// A version, its fields in the order in which they count.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version<'a> {
    epoch: Number<'a>,
    /// Without the zeros at its end.
    release: Vec<Number<'a>>,
    stage: (Stage, Number<'a>),
    after: Option<Number<'a>>,
    /// `false` for a development version, and its number.
    development: (bool, Number<'a>),
    local: Vec<Local<'a>>,
}

/// Which of two versions is newer; `None` where one of them is not of PEP 440.
pub(super) fn order(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (left.to_ascii_lowercase(), right.to_ascii_lowercase());
    Some(parse(&left)?.cmp(&parse(&right)?))
}

/// Text that is read from its beginning.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn digits(&mut self) -> Option<Number<'a>> {
        let end = self.0.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        (!digits.is_empty()).then(|| Number::new(digits))
    }

    fn word(&mut self, word: &str) -> bool {
        self.0.strip_prefix(word).map(|rest| self.0 = rest).is_some()
    }

    fn separator(&mut self) {
        self.0 = self.0.strip_prefix(['-', '_', '.']).unwrap_or(self.0);
    }

    /// One of some words, maybe after a separator, and its number, maybe after another.
    fn marked<T: Copy>(&mut self, words: &[(&str, T)]) -> Option<(T, Number<'a>)> {
        let mut ahead = Cursor(self.0);
        ahead.separator();
        let (_, mark) = words.iter().find(|(word, _)| ahead.word(word))?;
        ahead.separator();
        let number = ahead.digits().unwrap_or(Number::ZERO);
        self.0 = ahead.0;
        Some((*mark, number))
    }
}

fn parse(text: &str) -> Option<Version<'_>> {
    let mut rest = Cursor(text.trim());
    rest.word("v");
    let mut release = vec![rest.digits()?];
    let mut epoch = Number::ZERO;
    if rest.word("!") {
        epoch = std::mem::replace(release.first_mut()?, rest.digits()?);
    }
    while rest.0.strip_prefix('.').is_some_and(|after| after.starts_with(|next: char| next.is_ascii_digit()))
    {
        rest.word(".");
        release.push(rest.digits()?);
    }
    while release.last() == Some(&Number::ZERO) {
        release.pop();
    }
    let stages = [
        ("alpha", Stage::Alpha),
        ("a", Stage::Alpha),
        ("beta", Stage::Beta),
        ("b", Stage::Beta),
        ("preview", Stage::Candidate),
        ("pre", Stage::Candidate),
        ("c", Stage::Candidate),
        ("rc", Stage::Candidate),
    ];
    let stage = rest.marked(&stages);
    let after = implicit_post(&mut rest)
        .or_else(|| rest.marked(&[("post", ()), ("rev", ()), ("r", ())]).map(|(_, number)| number));
    let development = rest.marked(&[("dev", ())]).map(|(_, number)| number);
    let local = if rest.word("+") { parse_local(rest.0)? } else { Vec::new() };
    if local.is_empty() && !rest.0.is_empty() {
        return None;
    }
    let without = match (after, development) {
        (None, Some(_)) => Stage::Development,
        _ => Stage::Release,
    };
    let stage = stage.unwrap_or((without, Number::ZERO));
    let development = (development.is_none(), development.unwrap_or(Number::ZERO));
    Some(Version { epoch, release, stage, after, development, local })
}

/// `-1` is `.post1`.
fn implicit_post<'a>(rest: &mut Cursor<'a>) -> Option<Number<'a>> {
    let mut ahead = Cursor(rest.0.strip_prefix('-')?);
    let number = ahead.digits()?;
    rest.0 = ahead.0;
    Some(number)
}

fn parse_local(text: &str) -> Option<Vec<Local<'_>>> {
    text.split(['-', '_', '.'])
        .map(|word| {
            let right = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
            right.then(|| match word.bytes().all(|byte| byte.is_ascii_digit()) {
                true => Local::Number(Number::new(word)),
                false => Local::Word(word.to_owned()),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(versions: &[&str]) {
        for pair in versions.windows(2) {
            assert_eq!(order(pair[0], pair[1]), Some(Ordering::Less), "{pair:?}");
            assert_eq!(order(pair[1], pair[0]), Some(Ordering::Greater), "{pair:?}");
        }
    }

    #[test]
    fn versions_go_from_development_to_after_the_release() {
        check(&["1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2"]);
        check(&["1.0b2", "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0"]);
        check(&[
            "1.0",
            "1.0+abc.5",
            "1.0+abc.7",
            "1.0+5",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.1.dev1",
            "1!0.1",
        ]);
    }

    #[test]
    fn other_spellings_are_the_same_version() {
        let same =
            [("1.0", "v1"), ("1.0a0", "1.0-Alpha"), ("1.0rc1", "1.0_preview.1"), ("1.0.post4", "1.0-4")];
        for (left, right) in
            same.into_iter().chain([("1.0.post2", "1.0-r2"), ("01.0", "1"), (" 1.0+A_1", "1+a.01")])
        {
            assert_eq!(order(left, right), Some(Ordering::Equal), "{left} {right}");
        }
    }

    #[test]
    fn what_is_not_of_the_standard_has_no_order() {
        for text in [
            "",
            "french toast",
            "1.0+a+",
            "1.0+",
            "1.0-",
            "1.",
            "2004d",
            "1.0.dev1.post1",
            "0.1-bulbasaur",
            "1.0++",
        ] {
            assert_eq!(order(text, "1"), None, "{text}");
        }
    }
}
