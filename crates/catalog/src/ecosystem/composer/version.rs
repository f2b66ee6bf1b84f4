//! The order of versions of Composer's packages: composer/semver's normal form
//! (`VersionParser::normalize`), compared as PHP's `version_compare` does.
//!
//! A version is up to four numbers and a stability: `dev`, `alpha`, `beta`, `RC`, none, `patch`.
//! A branch, `dev-main`, equals itself, has no order among branches, and is older than every
//! number; a branch named by a number, `2.1.x-dev`, is newer than all of its releases.

use std::cmp::Ordering;

/// What a part of a branch's number that is left open stands for.
const OPEN: &str = "9999999";

/// PHP's `trim`.
const BLANK: [char; 6] = [' ', '\t', '\n', '\r', '\0', '\u{b}'];

/// Which of two versions is newer; `None` where one is none, or both are branches that differ.
pub(super) fn order(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (normalize(left)?, normalize(right)?);
    if left.starts_with("dev-") && right.starts_with("dev-") {
        return (left == right).then_some(Ordering::Equal);
    }
    Some(compare(&canonical(&left), &canonical(&right)))
}

/// The normal form: `1.2.0.0-beta2`, `dev-main`.
pub(super) fn normalize(text: &str) -> Option<String> {
    let text = text.trim_matches(BLANK);
    let text = without_alias(text);
    let text = without_stability_flag(text);
    if matches!(text, "master" | "trunk" | "default") {
        return Some(format!("dev-{text}"));
    }
    if let Some(branch) = strip_prefix_of_any_case(text, "dev-") {
        return Some(format!("dev-{branch}"));
    }
    let text = without_build(text);
    numbered(text).or_else(|| numbered_branch(text))
}

/// `1.0` of `1.0 as 2.0`.
fn without_alias(text: &str) -> &str {
    let word =
        |word: &str| !word.is_empty() && !word.contains([',', ' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
    let alias = || {
        let (version, rest) = text.split_once(' ')?;
        let alias = rest.trim_start_matches(' ').strip_prefix("as ")?.trim_start_matches(' ');
        (word(version) && word(alias)).then_some(version)
    };
    alias().unwrap_or(text)
}

/// `1.0` of `1.0@beta`.
fn without_stability_flag(text: &str) -> &str {
    match text.rsplit_once('@') {
        Some((version, flag))
            if ["stable", "RC", "beta", "alpha", "dev"]
                .iter()
                .any(|word| flag.eq_ignore_ascii_case(word)) =>
        {
            version
        }
        _ => text,
    }
}

/// `1.0` of `1.0+build`.
fn without_build(text: &str) -> &str {
    let blank = |letter: char| letter.is_ascii_whitespace() || letter == '\u{b}';
    match text.split_once('+') {
        Some((version, build))
            if !version.is_empty()
                && !version.contains(|letter: char| letter == ',' || blank(letter))
                && !build.is_empty()
                && !build.contains(blank) =>
        {
            version
        }
        _ => text,
    }
}

fn strip_prefix_of_any_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// Numbers or a date, and a stability behind them.
fn numbered(text: &str) -> Option<String> {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let ends = (1..=text.len()).filter(|end| {
        let at = |place: usize| text.as_bytes().get(place).is_some_and(u8::is_ascii_digit);
        at(end - 1) && !at(*end)
    });
    for end in ends {
        let (numbers, rest) = text.split_at(end);
        let Some(stability) = Stability::parse(rest) else { continue };
        let numbers = classical(numbers).or_else(|| dated(numbers));
        if let Some(numbers) = numbers {
            return Some(stability.behind(numbers));
        }
    }
    None
}

/// One to four numbers, filled up with zeros. The first has at most five digits; what is larger
/// is a date.
fn classical(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('.').collect();
    let digits = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let fits = parts.len() <= 4 && parts.first().is_some_and(|first| first.len() <= 5);
    (fits && parts.iter().all(digits)).then(|| {
        let zeros = std::iter::repeat_n("0", 4 - parts.len());
        parts.iter().copied().chain(zeros).collect::<Vec<_>>().join(".")
    })
}

/// Four digits, one to six pairs of digits, and maybe one to three more digits, with or without
/// a separator before each group. Every separator becomes a dot.
fn dated(text: &str) -> Option<String> {
    let digits = |text: &str, count: usize| {
        text.len() >= count && text.bytes().take(count).all(|byte| byte.is_ascii_digit())
    };
    fn separated(text: &str) -> &str {
        text.strip_prefix(['.', ':', '-']).unwrap_or(text)
    }
    fn is_last(text: &str) -> bool {
        let rest = separated(text);
        text.is_empty() || ((1..=3).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_digit()))
    }
    if !digits(text, 4) {
        return None;
    }
    let mut rest = text.get(4..)?;
    let mut whole = false;
    for _ in 0..6 {
        let pair = separated(rest);
        if !digits(pair, 2) {
            break;
        }
        rest = pair.get(2..)?;
        whole |= is_last(rest);
    }
    whole.then(|| text.replace([':', '-'], "."))
}

/// What follows the numbers.
struct Stability<'a> {
    word: &'a str,
    /// The numbers behind the word, with their separators.
    number: &'a str,
    is_dev: bool,
}

impl<'a> Stability<'a> {
    /// The words, the longer before what they begin with.
    const WORDS: [&'static str; 9] = ["stable", "beta", "b", "RC", "alpha", "a", "patch", "pl", "p"];

    fn parse(text: &'a str) -> Option<Self> {
        let after = text.strip_prefix(['.', '_', '-']).unwrap_or(text);
        // Without a word the separator may also be the one of `dev`.
        [after, text].into_iter().find_map(Self::parse_word).or_else(|| {
            let is_dev = [after, text].into_iter().any(is_dev);
            (after.is_empty() || is_dev).then_some(Self { word: "", number: "", is_dev })
        })
    }

    fn parse_word(text: &'a str) -> Option<Self> {
        Self::WORDS.iter().find_map(|word| {
            let rest = strip_prefix_of_any_case(text, word)?;
            let word = text.get(..word.len())?;
            let mut end = 0;
            while let Some(after) = rest.get(end..) {
                let digits = after.strip_prefix(['.', '-']).unwrap_or(after);
                let count = digits.bytes().take_while(u8::is_ascii_digit).count();
                if count == 0 {
                    break;
                }
                end += after.len() - digits.len() + count;
            }
            let (number, rest) = rest.split_at(end);
            let is_dev = is_dev(rest);
            (rest.is_empty() || is_dev).then_some(Self { word, number, is_dev })
        })
    }

    fn behind(&self, mut numbers: String) -> String {
        // So spelled, it is nothing at all, and neither is what follows it.
        if self.word == "stable" {
            return numbers;
        }
        if !self.word.is_empty() {
            let word = self.word.to_ascii_lowercase();
            numbers.push('-');
            numbers.push_str(match word.as_str() {
                "a" => "alpha",
                "b" => "beta",
                "p" | "pl" => "patch",
                "rc" => "RC",
                other => other,
            });
            numbers.push_str(self.number.trim_start_matches(['.', '-']));
        }
        if self.is_dev {
            numbers.push_str("-dev");
        }
        numbers
    }
}

fn is_dev(text: &str) -> bool {
    text.strip_prefix(['.', '-']).unwrap_or(text).eq_ignore_ascii_case("dev")
}

/// `2.1.x-dev`, a branch named by a number.
fn numbered_branch(text: &str) -> Option<String> {
    let cut = text.len().checked_sub(3)?;
    let name =
        text.get(..cut).filter(|_| text.get(cut..).is_some_and(|end| end.eq_ignore_ascii_case("dev")))?;
    let name = name.strip_suffix(['.', '-']).unwrap_or(name).trim_matches(BLANK);
    let name = name.strip_prefix(['v', 'V']).unwrap_or(name);
    let mut parts: Vec<&str> = name.split('.').collect();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let open = |part: &str| matches!(part, "x" | "X" | "*");
    let right = parts.len() <= 4
        && parts.iter().enumerate().all(|(place, part)| digits(part) || (place > 0 && open(part)));
    if !right {
        return None;
    }
    for part in &mut parts {
        if open(part) {
            *part = OPEN;
        }
    }
    parts.resize(4, OPEN);
    Some(format!("{}-dev", parts.join(".")))
}

/// The parts that `version_compare` compares: it cuts at separators and between digits and
/// letters.
fn canonical(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut last = None;
    for letter in text.chars() {
        let separates = !letter.is_ascii_alphanumeric();
        let turns = last.is_some_and(|last: char| {
            last.is_ascii_alphanumeric() && last.is_ascii_digit() != letter.is_ascii_digit()
        });
        if last.is_none() {
            out.push(letter);
        } else {
            if (separates || turns) && !out.ends_with('.') {
                out.push('.');
            }
            if !separates {
                out.push(letter);
            }
        }
        last = Some(letter);
    }
    out
}

/// A number, as it is compared with words.
const NUMBER: &str = "#";

fn compare(left: &str, right: &str) -> Ordering {
    let (mut left_parts, mut right_parts) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left_parts.next(), right_parts.next()) {
            (None, None) => return Ordering::Equal,
            (Some(more), None) => {
                return if is_number(more) { Ordering::Greater } else { beside_nothing(more) };
            }
            (None, Some(more)) => {
                return if is_number(more) { Ordering::Less } else { beside_nothing(more).reverse() };
            }
            (Some(left), Some(right)) => match (is_number(left), is_number(right)) {
                (true, true) => number(left).cmp(&number(right)),
                (true, false) => rank(NUMBER).cmp(&rank(right)),
                (false, true) => rank(left).cmp(&rank(NUMBER)),
                (false, false) => rank(left).cmp(&rank(right)),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// A word where the other version has ended.
fn beside_nothing(word: &str) -> Ordering {
    if word.is_empty() { Ordering::Less } else { rank(word).cmp(&rank(NUMBER)) }
}

fn is_number(part: &str) -> bool {
    part.starts_with(|first: char| first.is_ascii_digit())
}

/// C's `strtol`: what is too large is the largest.
fn number(part: &str) -> i64 {
    let digits = part.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(part.len());
    part.get(..digits).and_then(|digits| digits.parse().ok()).unwrap_or(i64::MAX)
}

/// The place of a word, of which the beginning counts; what is not known comes before all.
fn rank(word: &str) -> i8 {
    const RANKS: [(&str, i8); 10] = [
        ("dev", 0),
        ("alpha", 1),
        ("a", 1),
        ("beta", 2),
        ("b", 2),
        ("RC", 3),
        ("rc", 3),
        (NUMBER, 4),
        ("pl", 5),
        ("p", 5),
    ];
    RANKS.iter().find(|(name, _)| word.starts_with(name)).map_or(-1, |(_, rank)| *rank)
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
    fn stabilities_come_before_the_release_and_patches_behind_it() {
        check(&["1.0-dev", "1.0.0-alpha1", "1.0b2", "1.0.0-beta10", "1.0-RC1", "1.0", "1.0-p1", "1.0.0.1"]);
        check(&["v1.9.9", "1.10", "2010.01.02", "20110203-1"]);
    }

    #[test]
    fn a_branch_named_by_a_number_is_newer_than_its_releases() {
        check(&["dev-main", "1.0", "2.1.99", "2.1.x-dev", "2.2.0", "2.x-dev"]);
        assert_eq!(order("dev-main", "dev-main"), Some(Ordering::Equal));
        assert_eq!(order("dev-main", "dev-other"), None);
    }

    #[test]
    fn spelling_has_no_say() {
        for (left, right) in [
            ("v1.0", "1.0.0.0"),
            ("1.0.0+build", "1"),
            ("1.0@beta", "1.0"),
            ("1.0 as 2.0", "1.0"),
            ("1.0rc1", "1.0-RC1"),
        ] {
            assert_eq!(order(left, right), Some(Ordering::Equal), "{left} {right}");
        }
    }

    #[test]
    fn what_composer_refuses_has_no_order() {
        for text in ["", "a", "1.0.0-meh", "1.0.0.0.0", "1.0 2.0", "feature-dev", "1.0.0-alpha.beta"] {
            assert_eq!(order(text, "1.0"), None, "{text}");
        }
    }
}
