//! The order of versions of Maven artifacts, as Maven's own `ComparableVersion` has it (3.8).
//!
//! A version is read into items, numbers and words, that form lists in lists: a hyphen, and every
//! change between digits and letters, begins a list inside the one at hand. Since nothing follows
//! such a list in its own, the lists are a chain, and are compared without recursion.

use std::cmp::Ordering;

/// Known words in their order; between `snapshot` and `sp` is the release itself.
const QUALIFIERS: [&str; 7] = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    /// Maven keeps numbers of up to 9, of up to 18, and of more digits differently, and never
    /// looks at the values of two that it keeps differently. Zeros before the number do not
    /// count, but where there is nothing else they all do.
    Number { kept: u8, digits: String },
    /// Lower case.
    Word(String),
}

impl Item {
    fn number(text: &str) -> Self {
        let stripped = text.trim_start_matches('0');
        let length = if stripped.is_empty() { text.len() } else { stripped.len() };
        let kept = match length {
            0..=9 => 0,
            10..=18 => 1,
            _ => 2,
        };
        Self::Number { kept, digits: stripped.to_owned() }
    }

    /// A word; of one letter right before a number, `a`, `b` and `m` are abbreviations.
    fn word(text: &str, before_number: bool) -> Self {
        let word = match text {
            "a" if before_number => "alpha",
            "b" if before_number => "beta",
            "m" if before_number => "milestone",
            "ga" | "final" | "release" => "",
            "cr" => "rc",
            other => other,
        };
        Self::Word(word.to_owned())
    }

    fn of(text: &str, is_number: bool) -> Self {
        if is_number { Self::number(text) } else { Self::word(text, false) }
    }

    /// How it stands to nothing at all.
    fn against_nothing(&self) -> Ordering {
        match self {
            Self::Number { digits, .. } if digits.is_empty() => Ordering::Equal,
            Self::Number { .. } => Ordering::Greater,
            Self::Word(word) => rank(word).cmp(&rank("")),
        }
    }

    /// How it stands to a list: any number is newer, any word older.
    fn against_list(&self) -> Ordering {
        match self {
            Self::Number { .. } => Ordering::Greater,
            Self::Word(_) => Ordering::Less,
        }
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number { kept, digits }, Self::Number { kept: other_kept, digits: other_digits }) => kept
                .cmp(other_kept)
                .then_with(|| digits.len().cmp(&other_digits.len()))
                .then_with(|| digits.cmp(other_digits)),
            (Self::Number { .. }, Self::Word(_)) => Ordering::Greater,
            (Self::Word(_), Self::Number { .. }) => Ordering::Less,
            (Self::Word(left), Self::Word(right)) => {
                // Unknown words are ordered as Java orders them, by UTF-16.
                let units = |word: &str| word.encode_utf16().collect::<Vec<_>>();
                rank(left).cmp(&rank(right)).then_with(|| match rank(left) {
                    UNKNOWN => units(left).cmp(&units(right)),
                    _ => Ordering::Equal,
                })
            }
        }
    }
}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The rank of a word that Maven does not know: newer than every one that it does.
const UNKNOWN: usize = QUALIFIERS.len();

fn rank(word: &str) -> usize {
    QUALIFIERS.iter().position(|known| *known == word).unwrap_or(UNKNOWN)
}

/// Which of two versions is newer; `None` where one is none: nothing at all, or with a property
/// that was never filled in. Maven itself orders any text.
pub(super) fn order(left: &str, right: &str) -> Option<Ordering> {
    Some(compare(&read(left)?, &read(right)?))
}

/// The chain of lists.
fn read(text: &str) -> Option<Vec<Vec<Item>>> {
    let text = text.to_lowercase();
    // Digits of other scripts count as digits in Java; no version has any.
    let is_foreign = |letter: char| letter.is_numeric() && !letter.is_ascii_digit();
    if text.is_empty() || text.contains("${") || text.contains(is_foreign) {
        return None;
    }
    let mut chain = Chain { done: Vec::new(), list: Vec::new() };
    let (mut in_number, mut start) = (false, 0);
    for (at, letter) in text.char_indices() {
        let run = text.get(start..at).unwrap_or_default();
        match letter {
            '.' | '-' => {
                chain.list.push(if run.is_empty() { Item::number("0") } else { Item::of(run, in_number) });
                start = at + 1;
                if letter == '-' {
                    chain.descend();
                }
            }
            '0'..='9' => {
                if !in_number && !run.is_empty() {
                    chain.descend_unless_empty();
                    chain.list.push(Item::word(run, true));
                    start = at;
                    chain.descend();
                }
                in_number = true;
            }
            _ => {
                if in_number && !run.is_empty() {
                    chain.list.push(Item::number(run));
                    start = at;
                    chain.descend();
                }
                in_number = false;
            }
        }
    }
    let run = text.get(start..).unwrap_or_default();
    if !run.is_empty() {
        if !in_number {
            chain.descend_unless_empty();
        }
        chain.list.push(Item::of(run, in_number));
    }
    Some(chain.finish())
}

/// Lists in lists: those above, and the one at hand.
struct Chain {
    done: Vec<Vec<Item>>,
    list: Vec<Item>,
}

impl Chain {
    fn descend(&mut self) {
        self.done.push(std::mem::take(&mut self.list));
    }

    fn descend_unless_empty(&mut self) {
        if !self.list.is_empty() {
            self.descend();
        }
    }

    /// Takes away what counts as nothing at the end of each list, and empty lists at the end.
    fn finish(mut self) -> Vec<Vec<Item>> {
        self.descend();
        let mut lists = self.done;
        for list in &mut lists {
            while list.last().is_some_and(|item| item.against_nothing().is_eq()) {
                list.pop();
            }
        }
        while lists.len() > 1 && lists.last().is_some_and(Vec::is_empty) {
            lists.pop();
        }
        lists
    }
}

/// What is at one place of a list.
enum Member<'a> {
    Item(&'a Item),
    /// The list inside, which is the last member.
    List,
    Nothing,
}

fn member(lists: &[Vec<Item>], level: usize, at: usize) -> Member<'_> {
    let Some(list) = lists.get(level) else { return Member::Nothing };
    match list.get(at) {
        Some(item) => Member::Item(item),
        None if at == list.len() && level + 1 < lists.len() => Member::List,
        None => Member::Nothing,
    }
}

fn compare(left: &[Vec<Item>], right: &[Vec<Item>]) -> Ordering {
    let (mut level, mut at) = (0, 0);
    loop {
        let order = match (member(left, level, at), member(right, level, at)) {
            (Member::Nothing, Member::Nothing) => return Ordering::Equal,
            (Member::List, Member::List) => {
                level += 1;
                at = 0;
                continue;
            }
            (Member::Item(left), Member::Item(right)) => left.cmp(right),
            (Member::Item(item), Member::Nothing) => item.against_nothing(),
            (Member::Nothing, Member::Item(item)) => item.against_nothing().reverse(),
            (Member::Item(item), Member::List) => item.against_list(),
            (Member::List, Member::Item(item)) => item.against_list().reverse(),
            (Member::List, Member::Nothing) => return lists_against_nothing(left, level + 1),
            (Member::Nothing, Member::List) => return lists_against_nothing(right, level + 1).reverse(),
        };
        if order.is_ne() {
            return order;
        }
        at += 1;
    }
}

/// The first item from a list on that counts as something decides.
fn lists_against_nothing(lists: &[Vec<Item>], level: usize) -> Ordering {
    let items = lists.iter().skip(level).flatten();
    items.map(Item::against_nothing).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the oldest to the newest.
    fn check(versions: &str) {
        let versions: Vec<&str> = versions.split_whitespace().collect();
        for (at, left) in versions.iter().enumerate() {
            for right in &versions[at + 1..] {
                assert_eq!(order(left, right), Some(Ordering::Less), "{left} {right}");
                assert_eq!(order(right, left), Some(Ordering::Greater), "{right} {left}");
            }
        }
    }

    fn check_equal(versions: &str) {
        let versions: Vec<&str> = versions.split_whitespace().collect();
        for pair in versions.windows(2) {
            assert_eq!(order(pair[0], pair[1]), Some(Ordering::Equal), "{pair:?}");
        }
    }

    #[test]
    fn qualifiers_come_before_and_after_the_release() {
        check("1-alpha 1-beta 1-milestone 1-rc 1-SNAPSHOT 1 1-sp 1-abc 1-xyz 1-1 1.1");
        check("2.0-beta9 2.0-rc1 2.0-rc2 2.0 2.0.1 2.3 2.12.0 2.17.1");
        check("4.3.29.RELEASE 4.3.30.RELEASE 5.0.0.M1 5.0.0.RC1 5.0.0.RELEASE");
        check("31.1-android 31.1-jre 32.0-android");
    }

    #[test]
    fn the_same_version_has_many_spellings() {
        check_equal("1 1.0 1.0.0 1-0 1.0-0 1-ga 1.0.FINAL 1-release 01");
        check_equal("1-cr1 1-rc1 1RC1");
        check_equal("1a1 1-alpha-1 1.0-alpha-1");
    }

    #[test]
    fn numbers_may_be_of_any_length() {
        check("1.20190101 1.20190101123456 1.99999999999999999998 1.99999999999999999999");
        check("9.4.12.v20180830 9.4.13.v20181111");
    }

    #[test]
    fn what_is_no_version_has_no_order() {
        for text in ["", "${project.version}", "1.${build}", "١.٢"] {
            assert_eq!(order(text, "1"), None, "{text}");
        }
    }

    #[test]
    fn a_long_version_of_many_lists_is_read_to_its_end() {
        let long = "1-".repeat(100_000);
        assert_eq!(order(&format!("{long}1"), &format!("{long}2")), Some(Ordering::Less));
    }
}
